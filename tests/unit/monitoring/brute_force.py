"""Figures recomputed from every day of everything, apart from the platform's own spans and SQL."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.contracts.valuation.domain import value_line
from services.monitoring.accounts.domain import Accounts
from services.monitoring.context.domain import ContextFigure, place_of
from services.monitoring.figures.domain import Dimension
from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, ClaimState, ProductState, ValuationState
from shared.events.known import Known
from shared.events.referrals import CareState, IndicationState
from shared.events.state import State
from shared.values.moments import AMSTERDAM
from tests.unit.contracts.valuation.by_day import by_day, covers, half_up, newest_then
from tests.unit.monitoring.inputs import REGION, at

StateT = TypeVar("StateT", bound=State)

# Open ends are followed to here: later than any period that is asked for.
END = date(2024, 12, 31)
EVER = 10_000
# How long a report is valid at most, in days: a month of 31 and a week of grace.
VALID = 38


class Told(NamedTuple):
    """What the service was told itself, and in which minute (no two in the same)."""

    minute: int
    what: Accounts | ContextFigure


@dataclass(frozen=True)
class World:
    """All histories. `valued_until`: up to which minute the newest valuation of each indication had come."""

    indications: list[list[Known[IndicationState]]]
    agreements: list[Known[AgreementState]]
    products: list[Known[ProductState]]
    valued_until: list[int | None]
    care: list[Known[CareState]] = field(default_factory=list)
    claims: list[Known[ClaimState]] = field(default_factory=list)
    reports: list[Known[ReportState]] = field(default_factory=list)
    told: list["Told"] = field(default_factory=list)

    def valuation(self, number: int) -> ValuationState | None:
        """What contract management published last of an indication."""
        until = self.valued_until[number]
        if until is None:
            return None
        line = value_line(
            upto(self.indications[number], until),
            upto(self.agreements, until),
            upto(self.products, until),
            REGION.horizon,
        )
        newest = self.indications[number][0].state
        return ValuationState(municipality=newest.municipality, provider=newest.provider, line=tuple(line))


def upto(versions: Iterable[Known[StateT]], minute: int) -> list[Known[StateT]]:
    """What was known by a minute."""
    return [known for known in versions if known.known_at <= at(minute)]


@dataclass(frozen=True)
class Day:
    """One day of one thing, with all that a figure can ask of it.

    `thing`: the indication, the period of care, the claim or the report. `first` and `last` day of a period of care;
    `waited`: the days since the decision, on the first day of the first care of its indication (None elsewhere).
    """

    kind: str
    day: date
    thing: UUID
    group: dict[Dimension, str | None]
    client: UUID | None = None
    indication: UUID | None = None
    status: str = "known"
    valued: bool = True
    cents: int = 0
    first: bool = False
    last: bool = False
    first_start: bool = False
    waited: int | None = None
    weeks: int | None = None


class Then(NamedTuple):
    """An indication as known at a minute, and since when that is valued (None: not yet)."""

    newest: Known[IndicationState]
    valued: int | None


def days_of(world: World, minute: int) -> Iterator[Day]:
    """Every day of everything as known at a minute."""
    known = {
        versions[0].aggregate: then
        for number, versions in enumerate(world.indications)
        if (then := _then(world, number, minute)) is not None
    }
    for then in known.values():
        if not then.newest.state.withdrawn:
            yield from (
                _pending(then.newest) if then.valued is None else _valued(world, then.newest, then.valued)
            )
    yield from _cared(world, known, minute)
    yield from _claimed(world, known, minute)
    yield from _offered(world, minute)
    yield from _told(world, minute)


def _then(world: World, number: int, minute: int) -> Then | None:
    versions, until = world.indications[number], world.valued_until[number]
    known = upto(versions, minute)
    if not known:
        return None
    newest = max(known, key=lambda each: each.version)
    valued = upto(versions, min(minute, until)) if until is not None else []
    if until is None or not valued or max(each.version for each in valued) != newest.version:
        return Then(newest, None)
    return Then(newest, min(minute, until))


def _each(first: date, last: date | None) -> Iterator[date]:
    day = first
    while day <= (last or END):
        yield day
        day += timedelta(days=1)


def _pending(known: Known[IndicationState]) -> Iterator[Day]:
    state = known.state
    for day in _each(state.valid_from, state.valid_to):
        yield Day(
            *("granted", day, known.aggregate, _group(state, None, day)),
            *(state.client_id, known.aggregate, "pending"),
            valued=False,
        )


def _product(world: World, code: str, minute: int) -> ProductState | None:
    return next((one for one in newest_then(world.products, at(minute)) if one.code == code), None)


def _valued(world: World, known: Known[IndicationState], minute: int) -> Iterator[Day]:
    state = known.state
    contracts = [
        one
        for one in newest_then(world.agreements, at(minute))
        if (one.provider, one.product) == (state.provider, state.product)
    ]
    product = _product(world, state.product, minute)
    worth = by_day(state, contracts, product, horizon=REGION.horizon, end=END)
    cents = dict(zip(worth, _gains([running for _, _, running in worth.values()]), strict=True))
    for (_, _, contracted, valued), run in groupby(worth, lambda day: (day.year, day.month, *worth[day][:2])):
        shared = _shared(state.municipality, {day: cents[day] for day in run})
        for day, amount in shared.items():
            status = "contracted" if contracted else "bespoke"
            group = _group(state, product, day)
            yield Day(
                *("granted", day, known.aggregate, group, state.client_id, known.aggregate, status),
                valued=valued,
                cents=amount,
            )


def _gains(running: Sequence[Fraction]) -> list[int]:
    rounded = [0, *map(half_up, running)]
    return [after - before for before, after in pairwise(rounded)]


def _shared(municipality: str, cents: dict[date, int]) -> dict[date, int]:
    """Within a month that is cut by a change of sub-region its cents go by days, half up."""
    parts = [list(part) for _, part in groupby(cents, lambda day: REGION.sub_region_on(municipality, day))]
    if len(parts) == 1:
        return cents
    total, done, answer = sum(cents.values()), 0, dict.fromkeys(cents, 0)
    for part in parts:
        until = done + len(part)
        answer[part[0]] = half_up(Fraction(total * until, len(cents))) - half_up(
            Fraction(total * done, len(cents))
        )
        done = until
    return answer


def _newest(versions: Iterable[Known[StateT]], minute: int) -> list[Known[StateT]]:
    """The newest version of each aggregate as known at a minute."""
    found: dict[UUID, Known[StateT]] = {}
    for known in upto(versions, minute):
        if known.aggregate not in found or known.version > found[known.aggregate].version:
            found[known.aggregate] = known
    return list(found.values())


def _given(world: World, then: Then, day: date) -> tuple[dict[Dimension, str | None], str]:
    """The group of a day of what hangs on an indication, and whether its segment is known."""
    state = then.newest.state
    if then.valued is None:
        return _group(state, None, day), "pending"
    return _group(state, _product(world, state.product, then.valued), day), "known"


def _cared(world: World, known: dict[UUID, Then], minute: int) -> Iterator[Day]:
    given = [each for each in _newest(world.care, minute) if not each.state.withdrawn]
    for care in given:
        state, indication = care.state, care.state.indication
        if indication not in known:
            continue
        alike = [
            (each.state.valid_from, each.aggregate) for each in given if each.state.indication == indication
        ]
        first_start = min(alike) == (state.valid_from, care.aggregate)
        waited = _waited(world, indication, minute, state.valid_from)
        for day in _each(state.valid_from, state.valid_to):
            first = day == state.valid_from
            group, status = _given(world, known[indication], day)
            yield Day(
                *("care", day, care.aggregate, group, known[indication].newest.state.client_id, indication),
                status=status,
                first=first,
                last=day == state.valid_to,
                first_start=first and first_start,
                waited=waited,
            )


def _waited(world: World, indication: UUID, minute: int, start: date) -> int | None:
    decided = [
        each.state.decided_at.astimezone(AMSTERDAM).date()
        for versions in world.indications
        for each in upto(versions, minute)
        if each.aggregate == indication and each.state.decided_at is not None
    ]
    return max(0, (start - min(decided)).days) if decided else None


def _claimed(world: World, known: dict[UUID, Then], minute: int) -> Iterator[Day]:
    for claim in _newest(world.claims, minute):
        state, indication = claim.state, claim.state.indication
        if state.withdrawn or indication not in known:
            continue
        whole = list(_each(state.valid_from, state.valid_to))
        running = [Fraction(state.cents * number, len(whole)) for number in range(1, len(whole) + 1)]
        for day, cents in zip(whole, _gains(running), strict=True):
            group, status = _given(world, known[indication], day)
            yield Day(*("claimed", day, claim.aggregate, group, None, indication), status=status, cents=cents)


def _offered(world: World, minute: int) -> Iterator[Day]:
    reports = _newest(world.reports, minute)
    agreements = [one for one in newest_then(world.agreements, at(minute)) if not one.withdrawn]
    for report in reports:
        state = report.state
        later = [each.state.reference_date for each in reports if _same_series(each.state, state)]
        for day in _each(state.reference_date, state.reference_date + timedelta(days=VALID - 1)):
            replaced = any(state.reference_date < other <= day for other in later)
            contracted = any(
                (one.provider, one.product) == (state.provider, state.product) and covers(one, day)
                for one in agreements
            )
            if contracted and not replaced:
                waits = (state.intake_weeks, state.start_weeks)
                weeks = None if None in waits else sum(each or 0 for each in waits)
                product = _product(world, state.product, minute)
                group = {
                    **_of_product(product),
                    Dimension.PRODUCT: state.product,
                    Dimension.PROVIDER: state.provider,
                }
                yield Day("offered", day, report.aggregate, group, weeks=weeks)


def _told(world: World, minute: int) -> Iterator[Day]:
    """Of accounts the last day of their year, of a context figure the day of reference; `status` is its level."""
    newest: dict[str, Accounts | ContextFigure] = {}
    for told in sorted(world.told, key=lambda each: each.minute):
        before = newest.get(told.what.key)
        if told.minute <= minute and (before is None or told.what.stated_on >= before.stated_on):
            newest[told.what.key] = told.what
    for one in newest.values():
        if isinstance(one, Accounts):
            day = date(one.year, 12, 31)
            place = {
                Dimension.MUNICIPALITY: one.municipality,
                Dimension.SUB_REGION: REGION.sub_region_on(one.municipality, day),
            }
            yield Day("accounts", day, UUID(int=0), place, cents=one.cents)
        else:
            level, municipality, sub_region = place_of(REGION, one.area, one.reference_date)
            place = {Dimension.MUNICIPALITY: municipality, Dimension.SUB_REGION: sub_region}
            yield Day("context", one.reference_date, UUID(int=0), place, status=level, cents=one.amount)


def _same_series(one: ReportState, other: ReportState) -> bool:
    return (one.provider, one.product, one.location) == (other.provider, other.product, other.location)


def _of_product(product: ProductState | None) -> dict[Dimension, str | None]:
    care = None
    if product is not None:
        care = "other"
        if product.segment == 1 and product.residential:
            care = "segment1-residential"
        elif product.segment == 2 and (product.family or product.housing):
            care = "segment2-family" if product.family else "segment2-housing"
    return {
        Dimension.SEGMENT: str(product.segment) if product else None,
        Dimension.CARE_GROUP: care,
        Dimension.RESIDENTIAL: None if care is None else "false" if care == "other" else "true",
    }


def _group(state: IndicationState, product: ProductState | None, day: date) -> dict[Dimension, str | None]:
    return {
        **_of_product(product),
        Dimension.MUNICIPALITY: state.municipality,
        Dimension.SUB_REGION: REGION.sub_region_on(state.municipality, day),
        Dimension.PRODUCT: state.product,
        Dimension.PROVIDER: state.provider,
        Dimension.REFERRER: state.referrer,
    }
