import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from shared.values.bsn import Bsn, InvalidBsnError

VALID = "999900006"


class Delivery(BaseModel):
    bsn: Bsn
    others: list[Bsn] = []


def eleven_test(number: str) -> bool:
    a, b, c, d, e, f, g, h, i = map(int, number)
    return (9 * a + 8 * b + 7 * c + 6 * d + 5 * e + 4 * f + 3 * g + 2 * h - i) % 11 == 0


@given(st.integers(0, 999_999_999).map("{:09d}".format))
def test_only_numbers_that_pass_the_eleven_test_are_accepted(number: str) -> None:
    try:
        accepted = Bsn(number).reveal() == number
    except InvalidBsnError:
        accepted = False
    assert accepted is (eleven_test(number) and number != "000000000")


@pytest.mark.parametrize(
    "wrong",
    ["", "99990000", "0999900006", "9999 00006", "9999.00.006", "999900006\n", "９99900006", "000000000"],
)
def test_other_spellings_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidBsnError):
        Bsn(wrong)


@pytest.mark.parametrize("wrong", ["123456789", "not a number", 999900006, None, ["999900006"], {"a": 1}])
def test_an_error_never_repeats_what_was_given(wrong: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Delivery.model_validate({"bsn": wrong})
    error = caught.value
    assert error.errors(include_url=False) == [
        {
            "type": "bsn",
            "loc": ("bsn",),
            "msg": str(InvalidBsnError()),
            "input": "<withheld>",
        }
    ]
    assert repr(wrong).strip("'") not in str(error) + error.json()


def test_an_error_names_the_place_of_the_wrong_number() -> None:
    with pytest.raises(ValidationError) as caught:
        Delivery.model_validate_json(json.dumps({"bsn": VALID, "others": [VALID, "123456789"]}))
    assert [line["loc"] for line in caught.value.errors()] == [("others", 1)]


def test_it_is_not_printed_pickled_or_serialised() -> None:
    delivery = Delivery.model_validate_json(f'{{"bsn": "{VALID}"}}')
    assert VALID not in f"{delivery} {delivery!r} {delivery.bsn} {delivery.bsn!r} {delivery.bsn:>20}"
    assert delivery.bsn.reveal() == VALID
    with pytest.raises(TypeError):
        pickle.dumps(delivery.bsn)
    with pytest.raises(PydanticSerializationError):
        delivery.model_dump_json()
    with pytest.raises(TypeError):
        json.dumps({"bsn": delivery.bsn})


def test_equal_numbers_are_equal() -> None:
    assert Bsn(VALID) == Bsn(VALID)
    assert len({Bsn(VALID), Bsn(VALID), Bsn("999990007")}) == 2


@pytest.mark.parametrize(("number", "official"), [(VALID, True), ("999990007", True), ("111222333", False)])
def test_official_test_numbers_are_recognised(number: str, official: bool) -> None:  # noqa: FBT001
    assert Bsn(number).is_official_test_number is official


def test_the_schema_shows_its_form_and_that_it_is_never_answered() -> None:
    shown = Delivery.model_json_schema()["properties"]["bsn"]
    assert (shown["type"], shown["pattern"], shown["writeOnly"]) == ("string", "^[0-9]{9}$", True)
