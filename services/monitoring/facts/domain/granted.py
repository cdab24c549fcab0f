"""What an indication grants: its days and their value, contracted or bespoke, per month."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import accumulate

from services.monitoring.facts.domain.history import History, Subject, Then, sub_regions
from services.monitoring.facts.domain.knowledge import Span, months, over_time, share
from shared.events.contracts import Stretch, ValuationState
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.values.period import Period, first_day, last_day, month_of
from shared.values.region import Region


class Status(StrEnum):
    """Whether there was an agreement on the days of a span; `pending`: not valued yet, so not known yet."""

    CONTRACTED = "contracted"
    BESPOKE = "bespoke"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Granted:
    """Days of an indication. `running_cents`: the granted cents up to and including each month from the first."""

    subject: Subject
    sub_region: str | None
    status: Status
    valued: bool
    first_month: int
    last_month: int
    running_cents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """Days in one sub-region with one status. `cents`: per month, and may stop early (at the horizon)."""

    sub_region: str | None
    status: Status
    valued: bool
    first_month: int
    last_month: int
    cents: tuple[int, ...]


def granted_spans(
    indications: Sequence[Known[IndicationState]], valuation: ValuationState | None, region: Region
) -> list[Span[Granted]]:
    """All spans of one indication, from all its versions and its newest valuation (None: none came yet)."""
    history = History(indications, valuation.line if valuation else ())

    def facts_at(moment: datetime) -> Iterator[Granted]:
        then = history.at(moment)
        if then is not None and not then.state.withdrawn:
            yield from (_granted(then, part) for part in _merged(_parts(then, region)))

    return over_time(history.moments, facts_at)


def _granted(then: Then, part: _Part) -> Granted:
    return Granted(
        subject=then.subject,
        sub_region=part.sub_region,
        status=part.status,
        valued=part.valued,
        first_month=part.first_month,
        last_month=part.last_month,
        running_cents=tuple(accumulate(part.cents)),
    )


def _parts(then: Then, region: Region) -> Iterator[_Part]:
    """The stretches, cut where the municipality changes its sub-region; in order of days."""
    whole = Period(then.state.valid_from, then.state.valid_to)
    for sub_region, belongs in sub_regions(then.state.municipality, region):
        if then.entry is None:
            if (days := whole.intersection(belongs)) is not None:
                yield _part(sub_region, Status.PENDING, days, ())
            continue
        for stretch in then.entry.stretches:
            days = Period(stretch.valid_from, stretch.valid_to).intersection(belongs)
            if days is not None:
                status = Status.CONTRACTED if stretch.contracted else Status.BESPOKE
                yield _part(sub_region, status, days, _cents_of(stretch, days) if stretch.valued else None)


def _part(sub_region: str | None, status: Status, days: Period, cents: tuple[int, ...] | None) -> _Part:
    first_month, last_month = months(days)
    return _Part(
        sub_region=sub_region,
        status=status,
        valued=cents is not None and status is not Status.PENDING,
        first_month=first_month,
        last_month=last_month,
        cents=cents or (),
    )


def _cents_of(stretch: Stretch, days: Period) -> tuple[int, ...]:
    """The cents of the months of some days of a stretch; a month that is cut is shared by its days."""
    start = month_of(stretch.valid_from)
    answer = []
    for month in range(month_of(days.valid_from), start + len(stretch.cents)):
        if days.valid_to is not None and month > month_of(days.valid_to):
            break
        first = max(stretch.valid_from, first_day(month))
        last = min(stretch.valid_to or date.max, last_day(month))
        amount, count = stretch.cents[month - start], (last - first).days + 1
        before = (max(days.valid_from, first) - first).days
        until = (min(days.valid_to or date.max, last) - first).days + 1
        answer.append(share(amount, until, count) - share(amount, before, count))
    return tuple(answer)


def _merged(parts: Iterator[_Part]) -> Iterator[_Part]:
    """Parts of one kind that touch the same month become one: no figure could tell them apart."""
    latest: dict[tuple[str | None, Status, bool], _Part] = {}
    for part in parts:
        key = (part.sub_region, part.status, part.valued)
        earlier = latest.get(key)
        if earlier is not None and part.first_month <= earlier.last_month:
            latest[key] = _joined(earlier, part)
            continue
        if earlier is not None:
            yield earlier
        latest[key] = part
    yield from latest.values()


def _joined(earlier: _Part, later: _Part) -> _Part:
    offset = later.first_month - earlier.first_month
    cents = [0] * max(len(earlier.cents), offset + len(later.cents)) if earlier.valued else []
    for start, part in ((0, earlier), (offset, later)):
        for position, amount in enumerate(part.cents):
            cents[start + position] += amount
    return replace(earlier, last_month=max(earlier.last_month, later.last_month), cents=tuple(cents))
