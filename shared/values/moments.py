"""Moments are UTC, to the microsecond. What has no offset is refused: nobody knows when it was."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.values.period import EARLIEST_DAY, LATEST_DAY

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_RFC3339_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}")


class NoOffsetError(ValueError):
    """A moment without an offset from UTC."""

    def __init__(self) -> None:
        super().__init__("A moment needs its offset from UTC, such as 2023-08-10T09:00:00Z.")


def now() -> datetime:
    """The one reader of the clock in these programs; the database has its own, `moment()`."""
    return datetime.now(UTC)


def to_utc(moment: datetime) -> datetime:
    """The same moment in UTC; NoOffsetError when it has no offset."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise NoOffsetError
    return moment.astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in Amsterdam, in UTC: what a date means in `asOf`."""
    midnight = datetime.combine(day + timedelta(days=1), time(), AMSTERDAM)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


def moment_text(moment: datetime) -> str:
    """A moment as it is written on the wire: RFC 3339 in UTC with all six decimals."""
    return to_utc(moment).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _rfc3339(value: object) -> object:
    # Pydantic itself would also read 1680307200 and "2023-04-01" as a moment.
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC3339_START.match(value)):
        return value
    raise PydanticCustomError(
        "moment",
        "Write a moment with date, time and offset from UTC, such as 2023-08-10T09:00:00Z.",
    )


def _kept(moment: datetime) -> datetime:
    # Before the conversion, which fails at both ends of the calendar. A slip of the keyboard in the year of a
    # decision would be the newest for centuries, and no correction of it would count.
    if not EARLIEST_DAY.year <= moment.year <= LATEST_DAY.year:
        raise PydanticCustomError("moment", "A moment lies in the years 1990 to 2199; check its year.")
    return to_utc(moment)


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_kept),
    BeforeValidator(_rfc3339, json_schema_input_type=AwareDatetime),
    Field(description="A moment with its offset; kept in UTC", examples=["2023-08-10T09:00:00Z"]),
]
