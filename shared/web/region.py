"""The municipality in a path, when it must be one of the region's."""

from typing import Annotated

from fastapi import Depends, Request

from shared.problems import FieldError, InvalidInput
from shared.values.identifiers import MunicipalityCode
from shared.values.region import MunicipalityNotInRegionError, Region


def _in_region(request: Request, municipality: MunicipalityCode) -> str:
    region: Region = request.app.state.region
    try:
        return region.require(municipality)
    except MunicipalityNotInRegionError as error:
        raise InvalidInput([FieldError("municipality", str(error), parameter="municipality")]) from error


InRegion = Annotated[str, Depends(_in_region)]
"""The code in the path; refused with 400 when the region file has no such municipality. Needs `app.state.region`."""
