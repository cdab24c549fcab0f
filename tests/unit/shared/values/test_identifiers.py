from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.values import identifiers
from shared.values.money import MOST_CENTS, Cents

GOOD: list[tuple[TypeAdapter[Any], object]] = [
    (TypeAdapter(identifiers.Agb), "01234567"),
    (TypeAdapter(identifiers.MunicipalityCode), "0794"),
    (TypeAdapter(identifiers.Oin), "00000099000000010010"),
    (TypeAdapter(identifiers.ProductCode), "43A09"),
    (TypeAdapter(identifiers.ProductCode), "43B99"),
    (TypeAdapter(identifiers.Postcode4), "5701"),
    (TypeAdapter(identifiers.Postcode), "5701"),
    (TypeAdapter(identifiers.Postcode), "5701 AB"),
    (TypeAdapter(identifiers.Brin), "12AB"),
    (TypeAdapter(identifiers.Brin), "12AB00"),
    (TypeAdapter(identifiers.AssignmentNumber), 0),
    (TypeAdapter(identifiers.AssignmentNumber), 999_999_999),
    (TypeAdapter(identifiers.BirthYear), 2011),
    (TypeAdapter(Cents), 0),
    (TypeAdapter(Cents), MOST_CENTS),
]
BAD: list[tuple[TypeAdapter[Any], object, str]] = [
    (TypeAdapter(identifiers.Agb), "1234567", "8 digits"),
    (TypeAdapter(identifiers.Agb), "12345678\n", "8 digits"),
    (TypeAdapter(identifiers.Agb), "1234567٣", "8 digits"),
    (TypeAdapter(identifiers.MunicipalityCode), "794", "leading zero"),
    (TypeAdapter(identifiers.Oin), "99", "20 digits"),
    (TypeAdapter(identifiers.ProductCode), "43a09", "43A09"),
    (TypeAdapter(identifiers.ProductCode), "99A09", "43A09"),
    (TypeAdapter(identifiers.Postcode4), "5701AB", "four digits"),
    (TypeAdapter(identifiers.Postcode4), "0701", "four digits"),
    (TypeAdapter(identifiers.Postcode), "5701 ab", "capitals"),
    (TypeAdapter(identifiers.Brin), "AB12", "BRIN"),
    (TypeAdapter(identifiers.AssignmentNumber), -1, "greater than"),
    (TypeAdapter(identifiers.AssignmentNumber), 1_000_000_000, "less than"),
    (TypeAdapter(identifiers.BirthYear), 1911, "greater than"),
    (TypeAdapter(Cents), -1, "greater than"),
    (TypeAdapter(Cents), MOST_CENTS + 1, "less than"),
    (TypeAdapter(Cents), "12", "integer"),
    (TypeAdapter(Cents), 12.0, "integer"),
    (TypeAdapter(Cents), True, "integer"),
]


@pytest.mark.parametrize(("adapter", "value"), GOOD)
def test_a_right_value_is_kept_as_it_is(adapter: TypeAdapter[Any], value: object) -> None:
    assert adapter.validate_python(value) == value


@pytest.mark.parametrize(("adapter", "value", "remedy"), BAD)
def test_a_wrong_value_is_answered_with_its_remedy(
    adapter: TypeAdapter[Any], value: object, remedy: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    assert remedy in caught.value.errors()[0]["msg"]


def test_the_schema_carries_pattern_and_example() -> None:
    shown = TypeAdapter(identifiers.Agb).json_schema()
    assert (shown["type"], shown["pattern"], shown["examples"]) == ("string", "^[0-9]{8}$", ["98000001"])
