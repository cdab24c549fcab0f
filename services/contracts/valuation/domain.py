"""What an indication is worth and whether it is contracted, per day, as known at every moment.

The rules are 4 and 5 of the domain notes: budget, else volume times the indication's own agreed tariff, else
the agreement's tariff on the day, else the catalogue tariff on the day; a day without any is *not valued*.
All sums are exact whole numbers over one denominator; only what a month holds is rounded, cumulatively.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, groupby, pairwise
from math import lcm
from typing import TypeVar
from uuid import UUID

from shared.events.contracts import AgreementState, LineEntry, ProductState, Stretch, Tariff
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.events.state import State
from shared.values.codes import Frequency, Unit
from shared.values.money import MOST_CENTS
from shared.values.period import Period, days_in, first_day, last_day, month_of

StateT = TypeVar("StateT", bound=State)
Dated = AgreementState | Tariff

_ONE_DAY = timedelta(days=1)
_MINUTES_PER = {Unit.MINUTE: 1, Unit.HOUR: 60}
# A day of a month is 1/28 to 1/31 of it: over this denominator all four are whole numbers.
_PARTS_OF_A_MONTH = lcm(28, 29, 30, 31)


@dataclass(frozen=True, slots=True)
class _Worth:
    """What a day is worth before its tariff: `quantity` (of a month: its parts) over `denominator`."""

    quantity: int
    denominator: int
    by_month: bool = False

    def of_a_day(self, month: int) -> int:
        return self.quantity * (_PARTS_OF_A_MONTH // days_in(month) if self.by_month else 1)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Days on which nothing changes. `tariff` is None on days that are not valued, 1 cent under a budget."""

    days: Period
    contracted: bool
    tariff: int | None

    @property
    def valued(self) -> bool:
        return self.tariff is not None


def value_line(
    indications: Sequence[Known[IndicationState]],
    agreements: Iterable[Known[AgreementState]],
    products: Iterable[Known[ProductState]],
    horizon: date,
) -> list[LineEntry]:
    """The value of one indication as known at every moment, oldest first; equal neighbours are one entry.

    `indications` are all versions of that one aggregate; the others may hold more than it needs.
    An open end is valued up to and including `horizon`. Without a version there is no line.
    """
    if not indications:
        return []
    wanted = {(known.state.provider, known.state.product) for known in indications}
    offers = _ever(agreements, lambda state: (state.provider, state.product) in wanted)
    catalogue = _ever(products, lambda state: state.code in {product for _, product in wanted})
    first = min(known.known_at for known in indications)
    known_ats = [known.known_at for versions in (indications, offers, catalogue) for known in versions]
    line: list[LineEntry] = []
    for moment in sorted({max(first, known_at) for known_at in known_ats}):
        [indication] = as_of(indications, moment)
        entry = _entry(moment, indication, _states(offers, moment), _states(catalogue, moment), horizon)
        if not line or entry != line[-1].model_copy(update={"known_from": moment}):
            line.append(entry)
    return line


def as_of(versions: Iterable[Known[StateT]], moment: datetime) -> list[Known[StateT]]:
    """Of each aggregate the highest version that was known at the moment, whatever came first."""
    newest: dict[UUID, Known[StateT]] = {}
    for known in versions:
        if known.known_at <= moment and (
            known.aggregate not in newest or newest[known.aggregate].version < known.version
        ):
            newest[known.aggregate] = known
    return list(newest.values())


def _states(versions: Iterable[Known[StateT]], moment: datetime) -> list[StateT]:
    return [known.state for known in as_of(versions, moment)]


def _ever(versions: Iterable[Known[StateT]], matches: Callable[[StateT], bool]) -> list[Known[StateT]]:
    # By aggregate, not by version: a version that no longer matches still replaces the one that did.
    every = list(versions)
    aggregates = {known.aggregate for known in every if matches(known.state)}
    return [known for known in every if known.aggregate in aggregates]


def _entry(
    moment: datetime,
    indication: Known[IndicationState],
    agreements: Iterable[AgreementState],
    products: Iterable[ProductState],
    horizon: date,
) -> LineEntry:
    state = indication.state
    product = next((product for product in products if product.code == state.product), None)
    own = [
        agreement
        for agreement in agreements
        if (agreement.provider, agreement.product) == (state.provider, state.product)
        and not agreement.withdrawn
    ]
    return LineEntry(
        known_from=moment,
        indication_version=indication.version,
        segment=product and product.segment,
        residential=product is not None and product.residential,
        family=product is not None and product.family,
        housing=product is not None and product.housing,
        stretches=() if state.withdrawn else tuple(_stretches(state, own, product, horizon)),
    )


def _stretches(
    state: IndicationState,
    agreements: Sequence[AgreementState],
    product: ProductState | None,
    horizon: date,
) -> Iterator[Stretch]:
    """Maximal runs of days with the same answers, with the cents of the months that each touches."""
    worth = _worth(state, product)
    pieces = _pieces(state, worth, agreements, product.tariffs if product else ())
    priced = _priced(pieces, worth, horizon if state.valid_to is None else date.max)
    for (contracted, valued), run in groupby(priced, lambda each: (each[0].contracted, each[0].valued)):
        parts = list(run)
        cents: dict[int, int] = {}
        for month, gained in chain.from_iterable(gains for _, gains in parts):
            cents[month] = cents.get(month, 0) + gained
        # No reader can take an amount beyond this, and nobody can have meant it.
        meant = valued and max(cents.values(), default=0) <= MOST_CENTS
        yield Stretch.model_validate(
            {
                "from": parts[0][0].days.valid_from,
                "to": parts[-1][0].days.valid_to,
                "contracted": contracted,
                "valued": meant,
                "cents": tuple(cents.values()) if meant else (0,) * len(cents),
            }
        )


def _priced(
    pieces: Iterable[_Piece], worth: _Worth | None, closes: date
) -> Iterator[tuple[_Piece, list[tuple[int, int]]]]:
    """Each piece with the cents that each of its months gains, rounded over all pieces together."""
    exact = 0
    for piece in pieces:
        gains: list[tuple[int, int]] = []
        for month, days in _days_by_month(piece.days.until(closes)):
            before = exact
            if worth is not None and piece.tariff is not None:
                exact += worth.of_a_day(month) * piece.tariff * days
            gains.append((month, _rounded_gain(before, exact, worth)))
        yield piece, gains


def _rounded_gain(before: int, after: int, worth: _Worth | None) -> int:
    """The cents between two running totals, each rounded half up: so parts add up to the whole."""
    if worth is None or before == after:
        return 0
    twice = 2 * worth.denominator
    return (2 * after + worth.denominator) // twice - (2 * before + worth.denominator) // twice


def _days_by_month(days: Period | None) -> Iterator[tuple[int, int]]:
    if days is None or days.valid_to is None:
        return
    for month in range(month_of(days.valid_from), month_of(days.valid_to) + 1):
        first, last = max(days.valid_from, first_day(month)), min(days.valid_to, last_day(month))
        yield month, (last - first).days + 1


def _worth(state: IndicationState, product: ProductState | None) -> _Worth | None:
    """What each day is worth before its tariff; None when the indication cannot be valued on any day."""
    days = Period(state.valid_from, state.valid_to).days
    if state.budget_cents is not None:
        return None if days is None else _Worth(state.budget_cents, days)
    converted = _converted_volume(state, product)
    if converted is None:
        return None
    volume, denominator = converted
    if state.frequency is Frequency.MONTH:
        return _Worth(volume, denominator * _PARTS_OF_A_MONTH, by_month=True)
    spread = {Frequency.DAY: 1, Frequency.WEEK: 7, Frequency.WHOLE_PERIOD: days}
    per = spread.get(state.frequency) if state.frequency else None
    return _Worth(volume, denominator * per) if per else None


def _converted_volume(state: IndicationState, product: ProductState | None) -> tuple[int, int] | None:
    """The volume in the unit of its tariff, as a fraction; None when the units cannot be compared."""
    # An indication's own tariff is agreed per unit of that indication; the others per unit of the product.
    if state.volume is None:
        return None
    if state.agreed_tariff_cents is not None:
        return state.volume, 1
    if product is None or state.unit is None:
        return None
    if state.unit == product.unit:
        return state.volume, 1
    given, priced = _MINUTES_PER.get(state.unit), _MINUTES_PER.get(product.unit)
    return None if given is None or priced is None else (state.volume * given, priced)


def _pieces(
    state: IndicationState,
    worth: _Worth | None,
    agreements: Sequence[AgreementState],
    tariffs: Sequence[Tariff],
) -> Iterator[_Piece]:
    for days in _cut(Period(state.valid_from, state.valid_to), chain(agreements, tariffs)):
        agreement = _valid_on(days.valid_from, agreements)
        catalogue = _valid_on(days.valid_from, tariffs)
        tariff = _tariff(state, agreement, catalogue) if worth else None
        yield _Piece(days, agreement is not None, tariff)


def _tariff(state: IndicationState, agreement: AgreementState | None, catalogue: Tariff | None) -> int | None:
    if state.budget_cents is not None:
        return 1
    if state.agreed_tariff_cents is not None:
        return state.agreed_tariff_cents
    if agreement is not None and agreement.tariff_cents is not None:
        return agreement.tariff_cents
    return catalogue.cents if catalogue else None


DatedT = TypeVar("DatedT", AgreementState, Tariff)


def _valid_on(day: date, dated: Iterable[DatedT]) -> DatedT | None:
    # They do not overlap; should they ever, the newest start decides, so that the answer stays one answer.
    valid = [one for one in dated if day in Period(one.valid_from, one.valid_to)]
    return max(valid, key=lambda one: one.valid_from, default=None)


def _cut(whole: Period, dated: Iterable[Dated]) -> Iterator[Period]:
    """The period in pieces, cut where any of the dated things starts or has ended."""
    starts = {whole.valid_from}
    for one in dated:
        starts.add(one.valid_from)
        if one.valid_to is not None:
            starts.add(one.valid_to + _ONE_DAY)
    inside = sorted(start for start in starts if start in whole)
    for start, following in pairwise(inside):
        yield Period(start, following - _ONE_DAY)
    yield Period(inside[-1], whole.valid_to)
