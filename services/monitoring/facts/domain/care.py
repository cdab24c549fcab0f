"""Care that was given under an indication: its months, where it started and ended, and how long it was waited for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.monitoring.facts.domain.history import History, Subject, sub_regions
from services.monitoring.facts.domain.knowledge import Span, all_at, by_aggregate, months, over_time
from shared.events.known import Known
from shared.events.referrals import CareState
from shared.values.period import Period
from shared.values.region import Region


@dataclass(frozen=True, slots=True)
class Care:
    """Days of one period of care in one sub-region.

    `started`: its first day lies in the first month; `ended`: its last day lies in the last month. `first_start`: and it
    is the first care of its indication; then `waited_days` are the days since the decision (None: not known when).
    """

    care: UUID
    subject: Subject
    sub_region: str | None
    pending: bool
    first_month: int
    last_month: int
    started: bool
    ended: bool
    first_start: bool
    waited_days: int | None


def care_spans(
    indication: UUID, history: History, versions: Sequence[Known[CareState]], region: Region
) -> list[Span[Care]]:
    """All spans of care under one indication, from all versions of all its periods of care.

    Care was given whatever becomes of its indication: it counts until it is withdrawn itself.
    """
    periods = list(by_aggregate(versions).values())

    def facts_at(moment: datetime) -> Iterator[Care]:
        known = [
            each
            for each in all_at(moment, periods)
            if each.state.indication == indication and not each.state.withdrawn
        ]
        first = min(known, key=lambda each: (each.state.valid_from, each.aggregate), default=None)
        for each in known:
            yield from _parts(each, history, moment, region, first=each is first)

    return over_time({*history.moments, *(each.known_at for each in versions)}, facts_at)


def _parts(
    care: Known[CareState], history: History, moment: datetime, region: Region, *, first: bool
) -> Iterator[Care]:
    """The care, cut where the municipality changes its sub-region."""
    then = history.at(moment)
    if then is None:
        return
    state = care.state
    waited = _waited(state, history, moment) if first else None
    whole = Period(state.valid_from, state.valid_to)
    for sub_region, belongs in sub_regions(then.state.municipality, region):
        if (days := whole.intersection(belongs)) is not None:
            started = days.valid_from == state.valid_from
            first_month, last_month = months(days)
            yield Care(
                care=care.aggregate,
                subject=then.subject,
                sub_region=sub_region,
                pending=then.entry is None,
                first_month=first_month,
                last_month=last_month,
                started=started,
                ended=days.valid_to is not None and days.valid_to == state.valid_to,
                first_start=first and started,
                waited_days=waited if started else None,
            )


def _waited(state: CareState, history: History, moment: datetime) -> int | None:
    """The days from the first decision to the start; care that began before the decision did not wait for it: 0."""
    decided = history.decided_on(moment)
    return None if decided is None else max(0, (state.valid_from - decided).days)
