"""Record versions of periods of care: lists of one provider, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.referrals.care.domain import WAITING_DAYS, Key, Outcome, Refusal, Version
from services.referrals.indications.commands import MomentsTaken
from shared.database import Connection
from shared.deliveries.kinds import Judged, judged
from shared.deliveries.kinds import Outcome as CountedAs
from shared.problems import Conflict, Kind, NotFound, register
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent
from shared.values.period import Period

_RECORD = "select * from record_care_periods($1, $2) order by ordinal"
_COUNTED_AS = {
    Outcome.CREATED: CountedAs.CREATED,
    Outcome.APPLIED: CountedAs.CHANGED,
    Outcome.UNCHANGED: CountedAs.UNCHANGED,
    Outcome.SUPERSEDED: CountedAs.SUPERSEDED,
}
_OUTSIDE = {Refusal.FROM_OUTSIDE: "from", Refusal.TO_OUTSIDE: "to"}


class CareOutsideIndication(Conflict):
    """Care starts and stops within the period of its indication. Correct the day, or ask the municipality."""


class CareOverlaps(Conflict):
    """Two periods of care of one indication may not have a day in common. Stop or withdraw the other one first."""


class CareHasStop(Conflict):
    """A start cannot be deleted after a stop. Send the period without `to` and with a newer moment first."""


class IndicationTakesNoCare(Conflict):
    """The indication was withdrawn, so no care starts under it. Ask the municipality for the new assignment number."""


register(
    {
        CareOutsideIndication: Kind(
            409,
            "outside-indication",
            "Outside the indication's period",
            "Buiten de periode van de toewijzing",
        ),
        CareOverlaps: Kind(409, "care-overlaps", "Periods of care overlap", "Zorgperiodes overlappen"),
        CareHasStop: Kind(409, "care-has-stop", "Care has a stop", "De zorg heeft een stop"),
        IndicationTakesNoCare: Kind(
            409, "indication-takes-no-care", "Indication takes no care", "Toewijzing is ingetrokken voor zorg"
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A version of a period to record: a start, a start with its stop, or a withdrawal."""

    key: Key
    version: Version


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an arrival, and the period as it is now (None when it is not there).

    `days` are those of the indication, when its number is known.
    """

    outcome: Outcome
    refusal: Refusal | None
    days: Period | None
    other: Period | None
    current: dict[str, Any] | None

    def accepted(self) -> dict[str, Any]:
        """Give the period; raises the problem when the arrival was refused."""
        if self.outcome is Outcome.UNKNOWN or self.refusal is Refusal.NOT_YOURS:
            raise NotFound
        if self.outcome is Outcome.MOMENT_TAKEN:
            raise MomentsTaken
        if self.outcome is Outcome.STOPPED:
            raise CareHasStop
        if self.refusal is Refusal.INDICATION_WITHDRAWN:
            raise IndicationTakesNoCare
        if self.refusal in _OUTSIDE and self.days:
            raise _outside(_OUTSIDE[self.refusal], self.days)
        if self.refusal is Refusal.OVERLAPS and self.other:
            raise _overlaps(self.other)
        if self.current is None:
            raise NotFound
        return self.current


async def record(
    connection: Connection, arrivals: Sequence[Arrival], processing: ProcessingRecord
) -> list[Result]:
    """Record versions of periods, one after the other in one call; results in the order given."""
    return await _record_rows(connection, [as_row(arrival) for arrival in arrivals], processing)


async def apply_delivered(
    connection: Connection, rows: Sequence[dict[str, Any]], processing: ProcessingRecord
) -> list[Judged]:
    """Record rows of a delivery, made by `as_row`; what became of each."""
    return [judged(result, _COUNTED_AS) for result in await _record_rows(connection, rows, processing)]


# What `mode=full` of a delivery is compared with.
DELIVERED_BEFORE = """
select distinct municipality || '/' || lpad(assignment_number::text, 9, '0') as key,
       municipality || '/' || assignment_number as number
from care_period where provider = $1 and not withdrawn and status <> 'refused'
"""


async def _record_rows(
    connection: Connection, rows: Sequence[dict[str, Any]], processing: ProcessingRecord
) -> list[Result]:
    records = [{**row, "ordinal": ordinal} for ordinal, row in enumerate(rows)]
    log = processing.as_json() | {"traceparent": current_traceparent()}
    return [
        Result(
            Outcome(row["outcome"]),
            Refusal(row["refusal"]) if row["refusal"] else None,
            _period(row["indication_from"], row["indication_to"]),
            _period(row["other_from"], row["other_to"]),
            row["current"],
        )
        for row in await connection.fetch(_RECORD, records, log)
    ]


async def refuse_long_waiting(connection: Connection) -> int:
    """Refuse what has waited for its indication too long; gives how many there were. For the worker."""
    refused: int = await connection.fetchval("select refuse_long_waiting_care($1)", WAITING_DAYS)
    return refused


def as_row(arrival: Arrival) -> dict[str, Any]:
    """Write a version as the database takes it, and as it waits in a delivery."""
    key, version = arrival.key, arrival.version
    return {
        "municipality": key.municipality,
        "assignmentNumber": key.assignment_number,
        "from": key.valid_from,
        "provider": key.provider,
        "sentAt": version.sent_at.isoformat(),
        "to": version.valid_to,
        "reasonOfEnding": version.reason_of_ending,
        "withdrawal": version.withdrawal,
        "reason": version.reason,
    }


def _period(first: date | None, last: date | None) -> Period | None:
    return Period(first, last) if first else None


def _outside(field: str, days: Period) -> CareOutsideIndication:
    detail = f"`{field}` lies outside of the indication, which runs {_in_words(days)}."
    return CareOutsideIndication(
        detail, field=field, indicationFrom=days.valid_from.isoformat(), indicationTo=_last(days)
    )


def _overlaps(other: Period) -> CareOverlaps:
    detail = f"There is care under this indication {_in_words(other)}. Stop or withdraw it first."
    return CareOverlaps(detail, overlapsFrom=other.valid_from.isoformat(), overlapsTo=_last(other))


def _last(period: Period) -> str | None:
    return period.valid_to.isoformat() if period.valid_to else None


def _in_words(period: Period) -> str:
    return f"from {period.valid_from} " + (f"to {period.valid_to}" if period.valid_to else "on, without end")
