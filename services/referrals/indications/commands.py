"""Record versions of indications: lists of one organisation, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.referrals.clients.domain import SealedBsn
from services.referrals.indications.domain import Content, Outcome
from shared.database import Connection
from shared.problems import Conflict, Kind, NotFound, register
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent

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
    records = [_record(ordinal, arrival) for ordinal, arrival in enumerate(arrivals)]
    log = processing.as_json() | {"traceparent": current_traceparent()}
    rows = await connection.fetch("select * from record_indications($1, $2)", records, log)
    return [
        Result(Outcome(row["outcome"]), row["fields"], row["current"])
        for row in sorted(rows, key=lambda r: r["ordinal"])
    ]


def _record(ordinal: int, arrival: Arrival) -> dict[str, Any]:
    municipality, assignment_number = arrival.number
    record: dict[str, Any] = {
        "ordinal": ordinal,
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
