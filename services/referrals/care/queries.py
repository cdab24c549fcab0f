"""Read periods of care: those that row-level security lets the caller see. Each read is logged with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Text, cast, func, literal, select, tuple_

from services.referrals.care.domain import Status
from services.referrals.care.tables import care_period
from services.referrals.indications.queries import product_of
from shared.conditions import equal, in_force
from shared.database import Connection, fetch
from shared.processing_log import ProcessingRecord

Place = tuple[str, int, date]
"""Municipality, assignment number and first day."""

# A municipality may find two providers here, when one named a number that is not its own: what counts goes first.
_FOUND = """
select * from care_period where municipality = $1 and assignment_number = $2 and valid_from = $3
order by status <> 'accepted', status <> 'waiting', provider limit 1
"""
_ONE = f"select shown_care_period(c) from ({_FOUND}) f join care_period c using (id)"  # noqa: S608 - our own text
_HISTORY = f"""
select h.care_period, h.outcome, h.refusal, h.version, h.sent_at, h.recorded_at, h.valid_to as to, h.reason_of_ending,
       h.withdrawal, h.reason
from care_period_history h join ({_FOUND}) c on c.id = h.care_period
where $4::timestamptz is null or (h.sent_at, h.recorded_at) < ($4, $5)
order by h.sent_at desc, h.recorded_at desc limit $6
"""  # noqa: S608 - our own text
_WAITING = """
select count(*) as periods, coalesce(extract(epoch from moment() - min(waiting_since)), 0) as oldest
from care_period where status = 'waiting'
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; all that is given must hold."""

    municipality: str | None = None
    provider: str | None = None
    assignment_number: int | None = None
    product: str | None = None
    status: Status | None = None
    active_on: date | None = None
    withdrawn: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the filter as conditions on the table."""
        row = care_period.c
        conditions = equal(
            (self.municipality, row.municipality),
            (self.provider, row.provider),
            (self.assignment_number, row.assignment_number),
            (self.product, product_of(row.indication)),
            (self.status, row.status),
            (self.withdrawn, row.withdrawn),
        )
        if self.active_on is not None:
            conditions += in_force(self.active_on, row.valid_from, row.valid_to)
            conditions += [row.withdrawn.is_(False), row.status != Status.REFUSED]
        return conditions


async def one(connection: Connection, place: Place, processing: ProcessingRecord) -> dict[str, Any] | None:
    """Read one period as it is now."""
    found: dict[str, Any] | None = await connection.fetchval(_ONE, *place)
    if found:
        await _log(connection, processing, [found["id"]])
    return found


async def many(
    connection: Connection,
    narrowed: Filter,
    *,
    after: Sequence[Any] | None,
    limit: int,
    processing: ProcessingRecord,
) -> list[dict[str, Any]]:
    """Read a page of periods and the one after it (`limit` in all), in the order of their keys after one of these."""
    row = care_period.c
    key = (row.municipality, row.assignment_number, row.valid_from, row.provider)
    shown = select(func.shown_care_period(care_period.table_valued())).where(*narrowed.conditions())
    if after:
        municipality, number, first, provider = after
        last_key = (
            literal(municipality, Text),
            literal(number, Integer),
            cast(literal(first, Text), Date),
            literal(provider, Text),
        )
        shown = shown.where(tuple_(*key) > tuple_(*last_key))
    rows = await fetch(connection, shown.order_by(*key).limit(limit))
    found: list[dict[str, Any]] = [each[0] for each in rows]
    # The last one only tells that there is a next page; nobody sees it.
    await _log(connection, processing, [each["id"] for each in found[: limit - 1]])
    return found


async def history(
    connection: Connection,
    place: Place,
    *,
    after: Sequence[Any] | None,
    limit: int,
    processing: ProcessingRecord,
) -> list[dict[str, Any]]:
    """Read what was kept of one period, the newest moment of sending first, after a key of sent and recorded moment."""
    moments = after or (None, None)
    rows = await connection.fetch(_HISTORY, *place, *moments, limit)
    await _log(connection, processing, list({row["care_period"] for row in rows}))
    return [dict(row) for row in rows]


async def waiting(connection: Connection) -> dict[str, Any]:
    """Count the periods that wait for their indication, and give the age of the oldest in seconds. For the worker."""
    (row,) = await connection.fetch(_WAITING)
    return dict(row)


async def _log(connection: Connection, processing: ProcessingRecord, ids: Sequence[object]) -> None:
    if ids:
        await connection.execute("select log_care_periods($1, $2)", ids, processing.as_json())
