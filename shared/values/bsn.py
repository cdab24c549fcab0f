"""The citizen service number (BSN): read at the edge, kept by the client vault, shown to nobody."""

import re
from typing import Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError, core_schema
from stdnum.nl import bsn

from shared.values.withheld import Withheld

_REMEDY = "A BSN is 9 digits, leading zeros kept, that pass the 11-test; check it for a typing error."


class InvalidBsnError(ValueError):
    """Not a BSN. Holds no part of what was given."""

    def __init__(self) -> None:
        super().__init__(_REMEDY)


class Bsn(Withheld):
    """A BSN that passes the 11-test. Printing, pickling or serialising it gives nothing away."""

    def __init__(self, number: str) -> None:
        # The library would also drop dots and add leading zeros: two spellings of one child.
        if re.fullmatch("[0-9]{9}", number) is None or not bsn.is_valid(number):
            raise InvalidBsnError
        super().__init__(number)

    @property
    def is_official_test_number(self) -> bool:
        """Whether it lies in the range that the government keeps for tests (999900006 to 999999990)."""
        return "999900006" <= self.reveal() <= "999999990"

    @classmethod
    def _parse(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            try:
                return cls(value)
            except InvalidBsnError:
                pass
        # An error that pydantic makes here itself would carry the input; one that it is handed keeps ours.
        wrong = InitErrorDetails(type=PydanticCustomError("bsn", _REMEDY), input="<withheld>")
        raise ValidationError.from_exception_data(cls.__name__, [wrong], hide_input=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source, handler
        return core_schema.no_info_plain_validator_function(cls._parse)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        del schema, handler
        return {"type": "string", "pattern": "^[0-9]{9}$", "writeOnly": True, "description": "BSN"}
