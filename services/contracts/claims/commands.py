"""Claim, correct and credit: lists of one provider, in the caller's transaction; and decide what waited, in the worker's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.contracts.claims.domain import REFUSALS, WAITS, Content, Fact, Outcome, refusal
from shared.database import Connection
from shared.deliveries.kinds import Judged, judged
from shared.deliveries.kinds import Outcome as CountedAs
from shared.problems import NotFound
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent

# What `mode=full` of a delivery is compared with.
DELIVERED_BEFORE = """
select reference as key, reference as number from claim where provider = $1 and status <> 'credited'
"""
_COUNTED_AS = {
    Outcome.CREATED: CountedAs.CREATED,
    Outcome.APPLIED: CountedAs.CHANGED,
    Outcome.UNCHANGED: CountedAs.UNCHANGED,
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a provider sends under one of its references: what it claims, or with None that it takes the claim back."""

    provider: str
    reference: str
    content: Content | None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an arrival, the facts of a refusal, and the claim as it is now (None when it is not there)."""

    outcome: Outcome
    facts: Mapping[str, Fact]
    current: dict[str, Any] | None

    def accepted(self) -> dict[str, Any]:
        """Give the claim; raises the problem when the arrival was refused."""
        if self.current is None and self.outcome is Outcome.UNKNOWN:
            raise NotFound
        if self.outcome in REFUSALS:
            raise refusal(self.outcome, self.facts)
        return self.current or {}


async def record(
    connection: Connection, arrivals: Sequence[Arrival], processing: ProcessingRecord
) -> list[Result]:
    """Record claims and credits of different references, all in one call; results in the order given."""
    return await _record_rows(connection, [as_row(each) for each in arrivals], processing)


async def apply_delivered(
    connection: Connection, rows: Sequence[dict[str, Any]], processing: ProcessingRecord
) -> list[Judged]:
    """Record rows of a delivery, made by `as_row`, of different references; what became of each."""
    return [judged(result, _COUNTED_AS) for result in await _record_rows(connection, rows, processing)]


async def _record_rows(
    connection: Connection, rows: Sequence[dict[str, Any]], processing: ProcessingRecord
) -> list[Result]:
    log = processing.as_json() | {"traceparent": current_traceparent()}
    found = await connection.fetch("select * from record_claims($1, $2)", list(rows), log)
    return [Result(Outcome(row["outcome"]), row["facts"], row["current"]) for row in found]


def as_row(arrival: Arrival) -> dict[str, Any]:
    """Write a claim or a credit as the database takes it, and as it waits in a delivery."""
    record: dict[str, Any] = {"provider": arrival.provider, "reference": arrival.reference}
    if arrival.content is not None:
        municipality, assignment_number = arrival.content.number
        record |= {
            "municipality": municipality,
            "assignmentNumber": assignment_number,
            "from": arrival.content.period.valid_from,
            "to": arrival.content.period.valid_to,
            "cents": arrival.content.cents,
        }
    return record


async def settle(connection: Connection, indications: Collection[UUID]) -> None:
    """Keep what can be claimed under indications whose value was just recorded, and decide what waited for them."""
    await connection.execute("select settle_claims($1)", list(indications))


async def refuse_late(connection: Connection) -> int:
    """Refuse what has waited too long for its number; how many that were, at most 1,000 in a call."""
    refused: int = await connection.fetchval("select refuse_late_claims($1)", WAITS)
    return refused
