"""What was claimed: the cents of a claim, spread over the months of the days that it is for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from uuid import UUID

from services.monitoring.facts.domain.history import History, Subject, sub_regions
from services.monitoring.facts.domain.knowledge import Span, months, newest_at, over_time, share
from shared.events.contracts import ClaimState
from shared.events.known import Known
from shared.values.period import Period, first_day, last_day
from shared.values.region import Region


@dataclass(frozen=True, slots=True)
class Claimed:
    """Days of a claim in one sub-region. `running_cents`: up to and including each month from the first."""

    indication: UUID
    subject: Subject
    sub_region: str | None
    pending: bool
    first_month: int
    last_month: int
    running_cents: tuple[int, ...]


def claim_spans(
    versions: Sequence[Known[ClaimState]], histories: Mapping[UUID, History], region: Region
) -> list[Span[Claimed]]:
    """All spans of one claim, from all its versions and the histories of the indications that these name.

    What was claimed is claimed whatever becomes of its indication: it counts until it is credited.
    """
    named = {each.state.indication for each in versions} & histories.keys()
    moments = {each.known_at for each in versions}.union(*(histories[each].moments for each in named))

    def facts_at(moment: datetime) -> Iterator[Claimed]:
        newest = newest_at(moment, versions)
        if newest is not None and newest.state.indication in named and not newest.state.withdrawn:
            yield from _parts(newest.state, histories[newest.state.indication], moment, region)

    return over_time(moments, facts_at)


def _parts(claim: ClaimState, history: History, moment: datetime, region: Region) -> Iterator[Claimed]:
    """The claim, cut where the municipality changes its sub-region."""
    then = history.at(moment)
    if then is None:
        return
    whole = Period(claim.valid_from, claim.valid_to)
    for sub_region, belongs in sub_regions(then.state.municipality, region):
        if (days := whole.intersection(belongs)) is not None:
            first_month, last_month = months(days)
            cents = (
                _cents_of(claim, max(days.valid_from, first_day(month)), _until(days, month))
                for month in range(first_month, last_month + 1)
            )
            yield Claimed(
                indication=claim.indication,
                subject=then.subject,
                sub_region=sub_region,
                pending=then.entry is None,
                first_month=first_month,
                last_month=last_month,
                running_cents=tuple(accumulate(cents)),
            )


def _until(days: Period, month: int) -> date:
    return min(days.valid_to or date.max, last_day(month))


def _cents_of(claim: ClaimState, first: date, last: date) -> int:
    """The cents of some days: rounded from the claim's first day on, so that all days add up to the whole."""
    count = (claim.valid_to - claim.valid_from).days + 1
    before, until = (first - claim.valid_from).days, (last - claim.valid_from).days + 1
    return share(claim.cents, until, count) - share(claim.cents, before, count)
