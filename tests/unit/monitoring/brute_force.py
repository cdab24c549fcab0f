"""Figures recomputed from every day of every indication, apart from the platform's own spans and SQL."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from typing import TypeVar
from uuid import UUID

from services.contracts.valuation.domain import value_line
from services.monitoring.figures.domain import UNKNOWN, Dimension, FigureRequest
from shared.events.contracts import AgreementState, ProductState, ValuationState
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.events.state import State
from tests.unit.contracts.valuation.by_day import by_day, half_up, newest_then
from tests.unit.monitoring.inputs import REGION, at

StateT = TypeVar("StateT", bound=State)

# Open ends are followed to here: later than any period that is asked for.
END = date(2024, 12, 31)
EVER = 10_000
Answer = dict[tuple[object, ...], tuple[int, int | None, dict[str, int]]]


@dataclass(frozen=True)
class World:
    """All histories. `valued_until`: up to which minute the newest valuation of each indication had come."""

    indications: list[list[Known[IndicationState]]]
    agreements: list[Known[AgreementState]]
    products: list[Known[ProductState]]
    valued_until: list[int | None]

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
    """One day of one indication, with all that a figure can ask of it."""

    day: date
    client: UUID
    indication: UUID
    status: str
    valued: bool
    cents: int
    group: dict[Dimension, str | None] = field(hash=False)


def days_of(world: World, minute: int) -> Iterator[Day]:
    """Every day of every indication as known at a minute."""
    for number, versions in enumerate(world.indications):
        known = upto(versions, minute)
        if not known:
            continue
        newest = max(known, key=lambda each: each.version)
        until = world.valued_until[number]
        valued = upto(versions, min(minute, until)) if until is not None else []
        if not valued or max(each.version for each in valued) != newest.version or until is None:
            yield from _pending(newest)
        else:
            yield from _valued(world, newest, min(minute, until))


def _pending(known: Known[IndicationState]) -> Iterator[Day]:
    state, day = known.state, known.state.valid_from
    while day <= (state.valid_to or END) and not state.withdrawn:
        yield Day(day, state.client_id, known.aggregate, "pending", False, 0, _group(state, None, day))
        day += timedelta(days=1)


def _valued(world: World, known: Known[IndicationState], minute: int) -> Iterator[Day]:
    state = known.state
    contracts = [
        one
        for one in newest_then(world.agreements, at(minute))
        if (one.provider, one.product) == (state.provider, state.product)
    ]
    products = [one for one in newest_then(world.products, at(minute)) if one.code == state.product]
    product = products[0] if products else None
    worth = by_day(state, contracts, product, horizon=REGION.horizon, end=END)
    cents = dict(zip(worth, _gains([running for _, _, running in worth.values()]), strict=True))
    for (_, _, contracted, valued), run in groupby(worth, lambda day: (day.year, day.month, *worth[day][:2])):
        shared = _shared(state.municipality, {day: cents[day] for day in run})
        for day, amount in shared.items():
            status = "contracted" if contracted else "bespoke"
            group = _group(state, product, day)
            yield Day(day, state.client_id, known.aggregate, status, valued, amount, group)


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


def _group(state: IndicationState, product: ProductState | None, day: date) -> dict[Dimension, str | None]:
    care = None
    if product is not None:
        care = "other"
        if product.segment == 1 and product.residential:
            care = "segment1-residential"
        elif product.segment == 2 and (product.family or product.housing):
            care = "segment2-family" if product.family else "segment2-housing"
    return {
        Dimension.MUNICIPALITY: state.municipality,
        Dimension.SUB_REGION: REGION.sub_region_on(state.municipality, day),
        Dimension.SEGMENT: str(product.segment) if product else None,
        Dimension.CARE_GROUP: care,
        Dimension.PRODUCT: state.product,
        Dimension.PROVIDER: state.provider,
        Dimension.REFERRER: state.referrer,
    }


Count = Callable[[list[Day]], int]
CLIENTS: Count = lambda days: len({day.client for day in days})  # noqa: E731
PROVIDERS: Count = lambda days: len({day.group[Dimension.PROVIDER] for day in days})  # noqa: E731
CENTS: Count = lambda days: sum(day.cents for day in days)  # noqa: E731
# Per figure: what is counted, on days of which status, divided by all clients or not, and what stands beside it.
FIGURES: dict[str, tuple[Count, str | None, bool, tuple[str, ...]]] = {
    "unique-clients": (CLIENTS, None, False, ()),
    "clients-at-contracted-providers": (CLIENTS, "contracted", False, ("incomplete",)),
    "clients-at-bespoke-providers": (CLIENTS, "bespoke", False, ("incomplete",)),
    "providers-used": (PROVIDERS, None, False, ()),
    "contracted-providers-used": (PROVIDERS, "contracted", False, ("incomplete",)),
    "bespoke-providers-used": (PROVIDERS, "bespoke", False, ("incomplete",)),
    "granted-amount": (CENTS, None, False, ("not_valued", "incomplete")),
    "granted-amount-per-client": (CENTS, None, True, ("not_valued", "incomplete")),
    "referrer-shares": (CLIENTS, None, True, ()),
}
_SEGMENTED = {Dimension.SEGMENT, Dimension.CARE_GROUP}


def answer(figure: str, request: FigureRequest, days: Sequence[Day]) -> Answer:
    """The rows of a figure that have anything in them, by period and group; a total has a row for each period."""
    count, status, divided, beside = FIGURES[figure]
    shares = figure == "referrer-shares"
    by = [*request.by, *([Dimension.REFERRER] if shares and Dimension.REFERRER not in request.by else [])]
    if not _SEGMENTED.isdisjoint({*request.by, *request.filters}) and "incomplete" not in beside:
        beside = (*beside, "incomplete")
    found: Answer = {}
    for index in range(request.periods):
        inside = [day for day in days if _period(request, day.day) == index]
        rows: dict[tuple[object, ...], list[Day]] = defaultdict(list)
        for day in inside:
            rows[tuple(day.group[each] or "" for each in by)].append(day)
        if not by:
            rows[()] = inside
        for group, members in rows.items():
            chosen = [day for day in members if _passes(request, day, set())]
            value = count([day for day in chosen if status in (None, day.status)])
            pool = chosen
            if shares:
                rest = [
                    (each, text)
                    for each, text in zip(by, group, strict=True)
                    if each is not Dimension.REFERRER
                ]
                alike = [day for day in inside if all((day.group[each] or "") == text for each, text in rest)]
                pool = [day for day in alike if _passes(request, day, {Dimension.REFERRER})]
            counted = {
                "not_valued": len({d.indication for d in chosen if d.status != "pending" and not d.valued}),
                "incomplete": len(
                    {
                        d.indication
                        for d in members
                        if d.status == "pending" and _passes(request, d, _SEGMENTED)
                    }
                ),
            }
            per = CLIENTS(pool) if divided else None
            row = (value, per, {name: counted[name] for name in beside})
            if not by or (value if shares else value or per or any(row[2].values())):
                found[index, *group] = row
    return found


def _period(request: FigureRequest, day: date) -> int:
    return (day.year * 12 + day.month - 1 - request.first_month) // request.kind.months


def _passes(request: FigureRequest, day: Day, left_out: set[Dimension]) -> bool:
    return all(
        day.group[each] in values or (day.group[each] is None and UNKNOWN in values)
        for each, values in request.filters.items()
        if each not in left_out
    )
