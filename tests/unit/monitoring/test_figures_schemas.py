"""What can be asked of a figure, as it is written in a query."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from services.monitoring.figures.domain import Dimension
from services.monitoring.figures.schemas import FigureQuery
from shared.problems import InvalidInput
from tests.unit.monitoring.inputs import HELMOND, REGION


def query(**parameters: object) -> FigureQuery:
    return FigureQuery.model_validate({"from": "2023-04"} | parameters)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-08-10", datetime(2023, 8, 10, 21, 59, 59, 999_999, tzinfo=UTC)),
        ("2023-01-10", datetime(2023, 1, 10, 22, 59, 59, 999_999, tzinfo=UTC)),
        ("2023-08-10T09:00:00Z", datetime(2023, 8, 10, 9, tzinfo=UTC)),
        ("2023-08-10T09:00:00+02:00", datetime(2023, 8, 10, 7, tzinfo=UTC)),
        ("2023-08-10T09:00:00 02:00", datetime(2023, 8, 10, 7, tzinfo=UTC)),
    ],
)
def test_a_date_is_the_end_of_that_day_in_amsterdam_and_a_moment_itself(text: str, moment: datetime) -> None:
    assert query(asOf=text).as_of == moment


@pytest.mark.parametrize("text", ["2023-08-10T09:00:00", "10-08-2023", "yesterday", "1691658000"])
def test_a_moment_needs_its_offset(text: str) -> None:
    with pytest.raises(ValidationError):
        query(asOf=text)


def test_periods_go_from_the_first_to_the_last() -> None:
    asked = query(period="quarter", to="2023-12").requested(REGION)
    assert [asked.label(index) for index in range(asked.periods)] == ["2023-Q2", "2023-Q3", "2023-Q4"]


def test_filters_and_breakdowns_are_what_was_asked() -> None:
    asked = query(by=["segment", "segment", "product"], segment=["2"], referrer=["04", "unknown"]).requested(
        REGION
    )
    assert asked.by == (Dimension.SEGMENT, Dimension.PRODUCT)
    assert asked.filters == {Dimension.SEGMENT: ("2",), Dimension.REFERRER: ("04", "unknown")}


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"municipality": ["0001"]}, ["municipality"]),
        ({"subRegion": ["Elders"]}, ["subRegion"]),
        ({"to": "2023-03"}, ["to"]),
        ({"from": "1990", "to": "2199"}, ["to"]),
        (
            {"municipality": [HELMOND, "0001"], "subRegion": ["x"], "to": "2022"},
            ["to", "municipality", "subRegion"],
        ),
    ],
)
def test_what_the_region_does_not_hold_is_named(parameters: dict[str, object], named: list[str]) -> None:
    with pytest.raises(InvalidInput) as raised:
        query(**parameters).requested(REGION)
    assert [error.parameter for error in raised.value.errors] == named


@pytest.mark.parametrize(
    "parameters",
    [
        {"segment": ["6"]},
        {"referrer": ["99"]},
        {"careGroup": ["x"]},
        {"by": ["team"]},
        {"pageSize": 10_001},
        {"x": 1},
    ],
)
def test_what_is_on_no_list_is_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        query(**parameters)
