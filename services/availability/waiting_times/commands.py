"""Report waiting times: lists of one provider, in the caller's transaction."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from services.availability.waiting_times.domain import (
    Decision,
    Outcome,
    Refusal,
    Said,
    StillCorrect,
    violations,
)
from services.availability.waiting_times.schemas import ReportResult, read, refused
from shared.database import Connection
from shared.tracing import current_traceparent

_REPORT = "select * from report_waiting_times($1, $2, $3) order by ordinal"


async def report(connection: Connection, provider: str, said: Sequence[Said]) -> list[Decision]:
    """Record what one provider says, all in one call; what became of each, in the order given."""
    if not said:
        return []
    rows = await connection.fetch(_REPORT, provider, [_record(each) for each in said], current_traceparent())
    return [
        Decision(Outcome(row["outcome"]), tuple(map(Refusal, row["refusals"])), row["confirmed"])
        for row in rows
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
    if broken := [*_broken(provider, said, today)]:
        return ReportResult(outcome=Outcome.REFUSED, errors=refused(broken, place))
    return said


def _broken(provider: str, said: Said, today: date) -> Iterator[Refusal]:
    if said.provider != provider:
        yield Refusal.ANOTHER_PROVIDER
    yield from violations(said, today)


def _result(said: Said, decision: Decision, place: int) -> ReportResult:
    confirmed = decision.confirmed if isinstance(said, StillCorrect) else None
    errors = refused(decision.refusals, place)
    return ReportResult(outcome=decision.outcome, confirmed=confirmed, errors=errors)


def _record(said: Said) -> dict[str, Any]:
    record: dict[str, Any] = {"location": said.location, "referenceDate": said.reference_date}
    if isinstance(said, StillCorrect):
        return record
    return record | {"product": said.product, "state": said.model_dump(mode="json", by_alias=True)}
