"""From all that is known of one indication to its spans: the rows that every figure is read from.

A span is a stretch of an indication on which nothing that a figure asks about changes, for as long as it was
known so. Days decide what is a stretch; then only months are kept, which is exact for every period of a
figure. One pure function derives them, so that late, repeated and reordered events end in the same rows.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate, pairwise
from uuid import UUID

from shared.events.contracts import LineEntry, Stretch, ValuationState
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.values.codes import ReferrerType
from shared.values.period import Period, first_day, last_day, month_of
from shared.values.region import Region

# The last month of an open end: later than any month that a figure can ask for, and still a smallint.
OPEN_END = 32767
_ONE_DAY = timedelta(days=1)


class Status(StrEnum):
    """Whether there was an agreement on the days of a span; `pending`: not valued yet, so not known yet."""

    CONTRACTED = "contracted"
    BESPOKE = "bespoke"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Fact:
    """What a span says. `running_cents`: the granted cents up to and including each month from the first."""

    client: UUID
    municipality: str
    sub_region: str | None
    product: str
    segment: int | None
    residential: bool
    family: bool
    housing: bool
    provider: str
    referrer: ReferrerType | None
    status: Status
    valued: bool
    first_month: int
    last_month: int
    running_cents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A fact, known from a moment on until (not including) another; None: known so now."""

    fact: Fact
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True, slots=True)
class _Part:
    """Days in one sub-region with one status. `cents`: per month, and may stop early (at the horizon)."""

    sub_region: str | None
    status: Status
    valued: bool
    first_month: int
    last_month: int
    cents: tuple[int, ...]


def spans(
    indications: Sequence[Known[IndicationState]], valuation: ValuationState | None, region: Region
) -> list[Span]:
    """All spans of one indication, from all its versions and its newest valuation (None: none came yet)."""
    line = valuation.line if valuation else ()
    known: dict[Fact, datetime] = {}
    answer: list[Span] = []
    for moment in sorted({*(each.known_at for each in indications), *(each.known_from for each in line)}):
        facts = dict.fromkeys(_facts_as_of(moment, indications, line, region))
        ended = [fact for fact in known if fact not in facts]
        answer.extend(Span(fact, known.pop(fact), moment) for fact in ended)
        for fact in facts:
            known.setdefault(fact, moment)
    return answer + [Span(fact, since, None) for fact, since in known.items()]


def _facts_as_of(
    moment: datetime,
    indications: Sequence[Known[IndicationState]],
    line: Sequence[LineEntry],
    region: Region,
) -> Iterator[Fact]:
    versions = [each for each in indications if each.known_at <= moment]
    newest = max(versions, key=lambda each: each.version, default=None)
    if newest is None or newest.state.withdrawn:
        return
    position = bisect_right(line, moment, key=lambda each: each.known_from)
    entry = line[position - 1] if position else None
    if entry is not None and entry.indication_version != newest.version:
        # Its value is of another version: what this one is worth has still to come.
        entry = None
    for part in _merged(_parts(newest.state, entry, region)):
        yield _fact(newest.state, entry, part)


def _fact(state: IndicationState, entry: LineEntry | None, part: _Part) -> Fact:
    return Fact(
        client=state.client_id,
        municipality=state.municipality,
        sub_region=part.sub_region,
        product=state.product,
        segment=entry.segment if entry else None,
        residential=entry is not None and entry.residential,
        family=entry is not None and entry.family,
        housing=entry is not None and entry.housing,
        provider=state.provider,
        referrer=state.referrer,
        status=part.status,
        valued=part.valued,
        first_month=part.first_month,
        last_month=part.last_month,
        running_cents=tuple(accumulate(part.cents)),
    )


def _parts(state: IndicationState, entry: LineEntry | None, region: Region) -> Iterator[_Part]:
    """The stretches, cut where the municipality changes its sub-region; in order of days."""
    whole = Period(state.valid_from, state.valid_to)
    for sub_region, belongs in _sub_regions(state.municipality, region):
        if entry is None:
            if (days := whole.intersection(belongs)) is not None:
                yield _part(sub_region, Status.PENDING, days, ())
            continue
        for stretch in entry.stretches:
            days = Period(stretch.valid_from, stretch.valid_to).intersection(belongs)
            if days is not None:
                status = Status.CONTRACTED if stretch.contracted else Status.BESPOKE
                yield _part(sub_region, status, days, _cents_of(stretch, days) if stretch.valued else None)


def _part(sub_region: str | None, status: Status, days: Period, cents: tuple[int, ...] | None) -> _Part:
    return _Part(
        sub_region=sub_region,
        status=status,
        valued=cents is not None and status is not Status.PENDING,
        first_month=month_of(days.valid_from),
        last_month=OPEN_END if days.valid_to is None else month_of(days.valid_to),
        cents=cents or (),
    )


def _sub_regions(municipality: str, region: Region) -> Iterator[tuple[str | None, Period]]:
    # A client's former or later municipality may lie outside the region.
    changes = region.sub_region_changes(municipality) if municipality in region else ((date.min, None),)
    for (start, name), (following, _) in pairwise(changes):
        yield name, Period(start, following - _ONE_DAY)
    start, name = changes[-1]
    yield name, Period(start, None)


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
        answer.append(_share(amount, until, count) - _share(amount, before, count))
    return tuple(answer)


def _share(amount: int, days: int, of_days: int) -> int:
    """Half up, of the days up to a day: so that the shares add up to the amount."""
    return (2 * amount * days + of_days) // (2 * of_days)


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
