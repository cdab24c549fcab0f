"""Record versions of indications: lists of one organisation, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.referrals.clients.domain import SealedBsn
from services.referrals.indications.domain import Content, Outcome
from shared.database import Connection
from shared.deliveries.kinds import Judged, judged
from shared.deliveries.kinds import Outcome as CountedAs
from shared.problems import Conflict, Kind, NotFound, register
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent

_COUNTED_AS = {
    Outcome.CREATED: CountedAs.CREATED,
    Outcome.APPLIED: CountedAs.CHANGED,
    Outcome.UNCHANGED: CountedAs.UNCHANGED,
    Outcome.SUPERSEDED: CountedAs.SUPERSEDED,
}
Number = tuple[str, int]
"""Municipality and assignment number."""


class MomentsTaken(Conflict):
    """A version with these moments is known with other content. Send the correction with newer moments."""


class IndicationWithdrawn(Conflict):
    """This indication was withdrawn, which uses its number up. Grant the help under a new assignment number."""


class FixedFieldsDiffer(Conflict):
    """These fields were fixed by the first version. Use a new assignment number, or give an administrativeReason."""


register(
    {
        MomentsTaken: Kind(409, "moments-taken", "Moments are taken", "Momenten zijn bezet"),
        IndicationWithdrawn: Kind(
            409, "indication-withdrawn", "Indication was withdrawn", "Toewijzing is ingetrokken"
        ),
        FixedFieldsDiffer: Kind(409, "fixed-fields", "Fixed fields differ", "Vaste velden verschillen"),
    }
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A version to record. With a BSN and content it grants or corrects; without, it withdraws."""

    number: Number
    decided_at: datetime
    sent_at: datetime
    bsn: SealedBsn | None = None
    content: Content | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an arrival, and the indication as it is now (None when it is not there)."""

    outcome: Outcome
    fields: Sequence[str]
    current: dict[str, Any] | None

    def accepted(self) -> dict[str, Any]:
        """Give the indication; raises the problem when the arrival was refused."""
        if self.current is None:
            raise NotFound
        if self.outcome is Outcome.MOMENTS_TAKEN:
            raise MomentsTaken
        if self.outcome is Outcome.WITHDRAWN:
            raise IndicationWithdrawn
        if self.outcome is Outcome.FIXED:
            raise FixedFieldsDiffer(fields=list(self.fields))
        return self.current


async def record(
    connection: Connection, arrivals: Sequence[Arrival], processing: ProcessingRecord
) -> list[Result]:
    """Record versions of different numbers (each at most once), all in one call; results in the order given."""
    return await _record_rows(connection, [as_row(arrival) for arrival in arrivals], processing)


async def apply_delivered(
    connection: Connection, rows: Sequence[dict[str, Any]], processing: ProcessingRecord
) -> list[Judged]:
    """Record rows of a delivery, made by `as_row`, of different numbers; what became of each."""
    return [judged(result, _COUNTED_AS) for result in await _record_rows(connection, rows, processing)]


# What `mode=full` of a delivery is compared with.
DELIVERED_BEFORE = """
select municipality || '/' || lpad(assignment_number::text, 9, '0') as key, assignment_number::text as number
from indication where municipality = $1 and not withdrawn
"""


async def _record_rows(
    connection: Connection, rows: Sequence[dict[str, Any]], processing: ProcessingRecord
) -> list[Result]:
    records = [{**row, "ordinal": ordinal} for ordinal, row in enumerate(rows)]
    log = processing.as_json() | {"traceparent": current_traceparent()}
    found = await connection.fetch("select * from record_indications($1, $2)", records, log)
    return [
        Result(Outcome(row["outcome"]), row["fields"], row["current"])
        for row in sorted(found, key=lambda r: r["ordinal"])
    ]


def as_row(arrival: Arrival) -> dict[str, Any]:
    """Write a version as the database takes it, and as it waits in a delivery: its BSN sealed."""
    municipality, assignment_number = arrival.number
    record: dict[str, Any] = {
        "municipality": municipality,
        "assignmentNumber": assignment_number,
        "decidedAt": arrival.decided_at.isoformat(),
        "sentAt": arrival.sent_at.isoformat(),
        "withdrawal": arrival.content is None,
        "reason": arrival.reason,
    }
    if arrival.bsn is not None:
        record |= {
            "content": arrival.content,
            "bsnIndex": arrival.bsn.index.hex(),
            "bsnSealed": arrival.bsn.sealed.hex(),
            "keyVersion": arrival.bsn.key_version,
        }
    return record
