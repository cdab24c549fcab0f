"""The municipality in a path, when it must be one of the region's."""

from typing import Annotated

from fastapi import Depends, Request

from shared.problems import FieldError, InvalidInput
from shared.values.identifiers import MunicipalityCode
from shared.values.region import MunicipalityNotInRegionError, Region


def require_in_region(
    request: Request, municipality: str, *, pointer: str | None = None, parameter: str | None = None
) -> str:
    """Give the code when the region file has it. Raises InvalidInput that says where it stands. Needs `app.state.region`."""
    region: Region = request.app.state.region
    try:
        return region.require(municipality)
    except MunicipalityNotInRegionError as error:
        wrong = FieldError("municipality", str(error), pointer=pointer, parameter=parameter)
        raise InvalidInput([wrong]) from error


def _in_region(request: Request, municipality: MunicipalityCode) -> str:
    return require_in_region(request, municipality, parameter="municipality")


InRegion = Annotated[str, Depends(_in_region)]
"""The code in the path; refused with 400 when the region file has no such municipality. Needs `app.state.region`."""
