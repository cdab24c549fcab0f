from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.values.moments import Moment, NoOffsetError, end_of_day, moment_text, to_utc


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2023, 8, 10), "2023-08-10T21:59:59.999999Z"),
        (date(2023, 1, 10), "2023-01-10T22:59:59.999999Z"),
        (date(2023, 3, 25), "2023-03-25T22:59:59.999999Z"),
        (date(2023, 3, 26), "2023-03-26T21:59:59.999999Z"),
        (date(2023, 10, 29), "2023-10-29T22:59:59.999999Z"),
    ],
)
def test_a_day_ends_at_midnight_in_amsterdam_in_summer_and_winter(day: date, end: str) -> None:
    assert moment_text(end_of_day(day)) == end


def test_a_moment_is_kept_in_utc() -> None:
    moment = TypeAdapter(Moment).validate_python("2023-08-10T09:00:00.000001+02:00")
    assert moment == datetime(2023, 8, 10, 7, 0, 0, 1, tzinfo=UTC)
    assert moment.tzinfo is UTC
    assert to_utc(datetime(2023, 8, 10, 9, tzinfo=timezone(timedelta(hours=2)))).hour == 7


@pytest.mark.parametrize("wrong", ["2023-08-10T09:00:00", "2023-08-10", 1680307200, "1680307200", None, ""])
def test_a_moment_without_an_offset_or_a_time_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(wrong)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(NoOffsetError):
        to_utc(datetime(2023, 8, 10))  # noqa: DTZ001


def test_the_wire_format_always_has_six_decimals() -> None:
    assert moment_text(datetime(2023, 8, 10, tzinfo=UTC)) == "2023-08-10T00:00:00.000000Z"
