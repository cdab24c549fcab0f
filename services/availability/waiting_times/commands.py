"""Report waiting times: lists of one provider, in the caller's transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from services.availability.waiting_times.domain import (
    Decision,
    Outcome,
    Refusal,
    Said,
    StillCorrect,
    broken,
    violations,
)
from services.availability.waiting_times.schemas import ReportResult, read, refused
from shared.database import Connection
from shared.deliveries.kinds import Judged
from shared.deliveries.kinds import Outcome as CountedAs
from shared.problems import InvalidInput
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent

_REPORT = "select * from report_waiting_times($1, $2, $3) order by ordinal"


async def report(connection: Connection, provider: str, said: Sequence[Said]) -> list[Decision]:
    """Record what one provider says, all in one call; what became of each, in the order given."""
    return await _report_rows(connection, provider, [as_row(each) for each in said])


async def _report_rows(
    connection: Connection, provider: str, rows: Sequence[dict[str, Any]]
) -> list[Decision]:
    if not rows:
        return []
    found = await connection.fetch(_REPORT, provider, list(rows), current_traceparent())
    return [
        Decision(Outcome(row["outcome"]), tuple(map(Refusal, row["refusals"])), row["confirmed"])
        for row in found
    ]


async def report_each(
    connection: Connection, provider: str, given: Sequence[object], today: date
) -> list[ReportResult]:
    """Judge reports as they came, each by itself, and record the good ones; one result for each, in the order given."""
    found = [_judged(provider, each, place, {"reports": given}, today) for place, each in enumerate(given)]
    good = [each for each in found if not isinstance(each, ReportResult)]
    decisions = iter(await report(connection, provider, good))
    return [
        each if isinstance(each, ReportResult) else _result(each, next(decisions), place)
        for place, each in enumerate(found)
    ]


def _judged(provider: str, given: object, place: int, body: object, today: date) -> Said | ReportResult:
    said = read(given, place, body)
    if isinstance(said, list):
        return ReportResult(outcome=Outcome.REFUSED, errors=said)
    if wrong := [*_broken(provider, said, today)]:
        return ReportResult(outcome=Outcome.REFUSED, errors=refused(wrong, place))
    return said


def _broken(provider: str, said: Said, today: date) -> Iterator[Refusal]:
    if said.provider != provider:
        yield Refusal.ANOTHER_PROVIDER
    yield from violations(said, today)


def _result(said: Said, decision: Decision, place: int) -> ReportResult:
    confirmed = decision.confirmed if isinstance(said, StillCorrect) else None
    errors = refused(decision.refusals, place)
    return ReportResult(outcome=decision.outcome, confirmed=confirmed, errors=errors)


def as_row(said: Said) -> dict[str, Any]:
    """Write what was said as the database takes it, and as it waits in a delivery."""
    record: dict[str, Any] = {"location": said.location, "referenceDate": said.reference_date}
    if isinstance(said, StillCorrect):
        return record
    return record | {"product": said.product, "state": said.model_dump(mode="json", by_alias=True)}


# --- of a delivery ---

# What `mode=full` of a delivery is compared with.
DELIVERED_BEFORE = """
select location || '/' || reference_date || '/' || product as key,
       location || ' ' || product || ' ' || reference_date as number
from report where provider = $1
"""
_COUNTED_AS = {
    Outcome.CREATED: CountedAs.CREATED,
    Outcome.CHANGED: CountedAs.CHANGED,
    Outcome.UNCHANGED: CountedAs.UNCHANGED,
    Outcome.CONFIRMED: CountedAs.CREATED,
}


async def apply_delivered(
    connection: Connection, rows: Sequence[dict[str, Any]], processing: ProcessingRecord
) -> list[Judged]:
    """Record rows of a delivery, made by `as_row`, each said once; what became of each.

    What is still correct is said of what was reported before: the reports first, then each of a location's confirmations
    beside those of earlier days.
    """
    decisions: dict[int, Decision] = {}
    for places in _in_turn(rows):
        turn = [rows[place] for place in places]
        found = await _report_rows(connection, processing.organisation, turn)
        decisions |= dict(zip(places, found, strict=True))
    return [_counted(decisions[place]) for place in range(len(rows))]


def _in_turn(rows: Sequence[dict[str, Any]]) -> list[list[int]]:
    turns: defaultdict[int, list[int]] = defaultdict(list, {0: []})
    confirmations: Counter[str] = Counter()
    for place in sorted(range(len(rows)), key=lambda place: rows[place]["referenceDate"]):
        if "product" not in rows[place]:
            confirmations[rows[place]["location"]] += 1
        turns[0 if "product" in rows[place] else confirmations[rows[place]["location"]]].append(place)
    return [turns[turn] for turn in sorted(turns)]


def _counted(decision: Decision) -> Judged:
    if decision.outcome is Outcome.REFUSED:
        return InvalidInput([*broken(decision.refusals)])
    return _COUNTED_AS[decision.outcome]
