"""Identifiers of the national standards. Each says in its message how to put a wrong value right."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of an identifier: the pattern of the whole, and the remedy to answer a wrong value with."""

    code: str
    pattern: str
    remedy: str
    example: str

    def check(self, value: str) -> str:
        """The value itself; an error of type `code` with the remedy when it has another form."""
        # fullmatch on ASCII classes: `\d` and a trailing newline would let other digits and line ends in.
        if re.fullmatch(self.pattern, value) is None:
            raise PydanticCustomError(self.code, "{remedy}", {"remedy": self.remedy})
        return value

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shown: dict[str, Any] = handler(schema)
        return shown | {"pattern": f"^{self.pattern}$", "examples": [self.example]}


Agb = Annotated[
    str,
    Shape(
        "agb",
        "[0-9]{8}",
        "An AGB code is 8 digits, leading zeros kept; look it up in the AGB register.",
        "98000001",
    ),
]
MunicipalityCode = Annotated[
    str,
    Shape(
        "municipality-code",
        "[0-9]{4}",
        "A municipality is its CBS code of 4 digits, leading zero kept, such as 0794.",
        "0794",
    ),
]
Oin = Annotated[
    str,
    Shape(
        "oin",
        "[0-9]{20}",
        "An OIN is 20 digits, leading zeros kept; look it up in the OIN register of Logius.",
        "00000099000000001000",
    ),
]
ProductCode = Annotated[
    str,
    Shape(
        "product-code",
        "[3-5][0-9][0-9A-Z]{3}",
        "A product code is the category (2 digits) followed by 3 digits or capitals, such as 43A09.",
        "43A09",
    ),
]
Postcode4 = Annotated[
    str,
    Shape(
        "postcode4",
        "[1-9][0-9]{3}",
        "Give only the four digits of the postcode, such as 5701.",
        "5701",
    ),
]
# A provider's location is public: it may be given to the street.
Postcode = Annotated[
    str,
    Shape(
        "postcode",
        "[1-9][0-9]{3}( ?[A-Z]{2})?",
        "A postcode is four digits, with or without two capitals, such as 5701 or 5701 AB.",
        "5701 AB",
    ),
]
Brin = Annotated[
    str,
    Shape(
        "brin",
        "[0-9]{2}[A-Z]{2}([0-9]{2})?",
        "A school is its BRIN of 2 digits and 2 capitals, with or without the 2 digits of the location.",
        "12AB00",
    ),
]


def _digits(value: object) -> object:
    # Pydantic reads "+1", " 1" and "1_0" too: several addresses of one indication.
    if isinstance(value, str) and re.fullmatch("[0-9]+", value) is None:
        raise PydanticCustomError("assignment-number", "An assignment number is 1 to 9 digits.")
    return value


AssignmentNumber = Annotated[
    int,
    BeforeValidator(_digits, json_schema_input_type=int),
    Field(ge=0, le=999_999_999, description="Toewijzingnummer, unique within a municipality"),
]
BirthYear = Annotated[
    int,
    Field(strict=True, ge=1990, le=2199, description="The client's year of birth", examples=[2011]),
]
