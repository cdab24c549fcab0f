"""The rows of every figure, counted from days: what each figure means, once more and as plainly as possible."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from services.monitoring.figures.domain import UNKNOWN, Dimension, FigureRequest, Group, Number
from tests.unit.monitoring.brute_force import Day

Row = tuple[Number | None, int | None, dict[str, Number | None], tuple[Number | None, int | None] | None]
Answer = dict[tuple[object, ...], Row]
Count = Callable[[list[Day]], Number | None]
SEGMENTED = {Dimension.SEGMENT, Dimension.CARE_GROUP, Dimension.RESIDENTIAL}
ALL_CARE = {*SEGMENTED, Dimension.PRODUCT, Dimension.PROVIDER, Dimension.REFERRER}


def _clients(days: list[Day]) -> int:
    return len({day.client for day in days})


def _things(days: list[Day]) -> int:
    return len({day.thing for day in days})


def _providers(days: list[Day]) -> int:
    return len({day.group[Dimension.PROVIDER] for day in days})


def _cents(days: list[Day]) -> int:
    return sum(day.cents for day in days)


def _of_status(count: Count, status: str) -> Count:
    return lambda days: count([day for day in days if day.status == status])


def _not_valued(days: list[Day]) -> int:
    return len({day.indication for day in days if day.status != "pending" and not day.valued})


def _waits(days: list[Day]) -> list[int]:
    return [day.waited for day in days if day.first_start and day.waited is not None]


def _weeks(days: list[Day]) -> list[int]:
    return [day.weeks for day in days if day.weeks is not None]


@dataclass(frozen=True)
class Rule:
    """What is counted on days of which kind, divided by what on days of which kind, and what stands beside it.

    `whole`: what the denominator is not divided and not filtered by.
    """

    kind: str
    value: Count
    per: tuple[str, Count] | None = None
    beside: dict[str, Count] = field(default_factory=dict)
    incomplete: bool = False
    whole: set[Dimension] = field(default_factory=set)
    per_inhabitant: bool = False


_BY_STATUS = {"contracted": "clients-at-contracted-providers", "bespoke": "clients-at-bespoke-providers"}
RULES: dict[str, Rule] = {
    "unique-clients": Rule("granted", _clients),
    "providers-used": Rule("granted", _providers),
    **{
        f"{status}-providers-used": Rule("granted", _of_status(_providers, status), incomplete=True)
        for status in _BY_STATUS
    },
    **{
        key: Rule("granted", _of_status(_clients, status), incomplete=True)
        for status, key in _BY_STATUS.items()
    },
    "granted-amount": Rule("granted", _cents, beside={"not_valued": _not_valued}, incomplete=True),
    "granted-amount-per-client": Rule(
        "granted", _cents, ("granted", _clients), {"not_valued": _not_valued}, incomplete=True
    ),
    "referrer-shares": Rule("granted", _clients, ("granted", _clients), whole={Dimension.REFERRER}),
    "share-of-clients": Rule("granted", _clients, ("granted", _clients), whole=ALL_CARE),
    "bespoke-indications": Rule("granted", _of_status(_things, "bespoke"), incomplete=True),
    "claimed-amount": Rule("claimed", _cents),
    "claimed-amount-per-client": Rule("claimed", _cents, ("granted", _clients)),
    "share-of-claimed-amount": Rule("claimed", _cents, ("claimed", _cents), whole=ALL_CARE),
    "redemption-rate": Rule(
        "claimed", _cents, ("granted", _cents), {"not_valued": _not_valued}, incomplete=True
    ),
    "annual-costs": Rule(
        "accounts",
        lambda days: _cents(days) if days else None,
        beside={"delivered": lambda days: len({day.group[Dimension.MUNICIPALITY] for day in days})},
    ),
    "share-of-young-inhabitants": Rule("granted", _clients, whole=ALL_CARE, per_inhabitant=True),
    "clients-in-care": Rule("care", _clients),
    "clients-starting-care": Rule(
        "care",
        lambda days: _clients([day for day in days if day.first]),
        beside={"starts": lambda days: _things([day for day in days if day.first])},
    ),
    "clients-ending-care": Rule(
        "care",
        lambda days: _clients([day for day in days if day.last]),
        beside={"stops": lambda days: _things([day for day in days if day.last])},
    ),
    "days-from-decision-to-start": Rule(
        "care",
        lambda days: float(median(_waits(days))) if _waits(days) else None,
        beside={
            "mean": lambda days: sum(_waits(days)) / len(_waits(days)) if _waits(days) else None,
            "cases": lambda days: len(_waits(days)),
            "without_decision": lambda days: len(
                [day for day in days if day.first_start and day.waited is None]
            ),
        },
    ),
    "contracted-providers-in-availability-indicator": Rule("offered", _providers),
    "reported-waiting-range": Rule(
        "offered",
        lambda days: max(_weeks(days), default=None),
        beside={
            "shortest": lambda days: min(_weeks(days), default=None),
            "reports": lambda days: _things([day for day in days if day.weeks is not None]),
            "unknown_waits": lambda days: _things([day for day in days if day.weeks is None]),
        },
    ),
}


def row_of(group: Group) -> Row:
    """A row of the platform's answer, to lay beside one of these."""
    beside = {measure.value: count for measure, count in group.beside.items()}
    return group.value, group.per, beside, group.previous


def is_in_it(row: Row) -> bool:
    """Whether a row holds anything but zeros."""
    value, per, beside, previous = row
    return bool(value or per or any(beside.values()) or any(previous or ()))


def in_it(answer: Answer, request: FigureRequest, figure: str) -> Answer:
    """Without the rows that hold nothing but zeros, which only a total must have."""
    total = not request.by and figure != "referrer-shares"
    return {key: row for key, row in answer.items() if total or is_in_it(row)}


def answer(figure: str, request: FigureRequest, days: Sequence[Day]) -> Answer:
    """The rows of a figure that have anything in them, by period and group; a total has a row for each period."""
    rule = RULES[figure]
    numbers = [day for day in days if day.kind == "context" and rule.per_inhabitant]
    kinds = {rule.kind, rule.per[0] if rule.per else rule.kind}
    days = [day for day in days if day.kind in kinds]
    always = [Dimension.REFERRER] if figure == "referrer-shares" else []
    by = [*request.by, *(each for each in always if each not in request.by)]
    shares = not rule.whole.isdisjoint(by)
    found: Answer = {}
    for index in range(request.periods):
        inside = [day for day in days if _period(request, day.day) == index]
        before = [day for day in days if _period(request, day.day) == index - 1] if request.compare else []
        indexes = (index, index - 1) if request.compare else (index,)
        young = {each: _young(request, each, numbers) for each in indexes}
        groups = {tuple(day.group[each] or "" for each in by) for day in (*inside, *before)}
        if not shares:
            groups |= {_group_of(by, day) for held in young.values() for day in held}
        for group in groups if by else [()]:
            value, per, beside = _cell(rule, request, by, group, inside)
            previous = _cell(rule, request, by, group, before)[:2] if request.compare else None
            if rule.per_inhabitant:
                per = _inhabitants(request, by, group, young[index])
            if rule.per_inhabitant and previous is not None:
                previous = (previous[0], _inhabitants(request, by, group, young[index - 1]))
            row = (value, per, beside, previous)
            if not by or (value or (previous and previous[0]) if shares else is_in_it(row)):
                found[index, *group] = row
    return found


def _cell(
    rule: Rule, request: FigureRequest, by: Sequence[Dimension], group: tuple[str, ...], days: Sequence[Day]
) -> tuple[Number | None, int | None, dict[str, Number | None]]:
    members = [
        day for day in days if all((day.group[d] or "") == text for d, text in zip(by, group, strict=True))
    ]
    chosen = [day for day in members if _passes(request, day, set())]
    per: int | None = None
    if rule.per is not None:
        kind, count = rule.per
        pool = list(_of_whole(rule.whole, request, by, group, days)) if rule.whole else chosen
        per = int(count([day for day in pool if day.kind == kind]) or 0)
    basis = rule.per[0] if rule.per else rule.kind
    beside = {name: count([d for d in chosen if d.kind == basis]) for name, count in rule.beside.items()}
    derived = not SEGMENTED.isdisjoint({*request.by, *request.filters}) and rule.kind != "offered"
    if rule.incomplete or derived:
        waiting = (day for day in members if day.status == "pending" and day.kind == basis)
        beside["incomplete"] = len({day.indication for day in waiting if _passes(request, day, SEGMENTED)})
    return rule.value([day for day in chosen if day.kind == rule.kind]), per, beside


_LEVELS = {Dimension.MUNICIPALITY: "municipality", Dimension.SUB_REGION: "sub-region"}


def _group_of(by: Sequence[Dimension], day: Day) -> tuple[str, ...]:
    return tuple(day.group.get(each) or "" for each in by)


def _young(request: FigureRequest, index: int, numbers: Sequence[Day]) -> list[Day]:
    """The numbers of the places that are asked for, of each the newest that held at the start of a period."""
    asked = [each for each in _LEVELS if each in {*request.by, *request.filters}]
    level = _LEVELS[asked[0]] if asked else "region"
    start = request.first_month + index * request.kind.months
    newest: dict[str, Day] = {}
    for day in sorted(numbers, key=lambda each: each.day):
        month = day.day.year * 12 + day.day.month - 1
        if day.status == level and month <= start < month + 12:
            area = {"municipality": Dimension.MUNICIPALITY, "sub-region": Dimension.SUB_REGION}.get(level)
            newest[str(day.group[area]) if area else ""] = day
    return [day for day in newest.values() if _passes(request, day, ALL_CARE)]


def _inhabitants(
    request: FigureRequest, by: Sequence[Dimension], group: tuple[str, ...], held: Sequence[Day]
) -> int | None:
    places = [(each, text) for each, text in zip(by, group, strict=True) if each in _LEVELS]
    found = [day for day in held if all((day.group[each] or "") == text for each, text in places)]
    finest = next((each for each in _LEVELS if each in {*request.by, *request.filters}), None)
    whole = finest is None or finest in by or len(found) == len(request.filters.get(finest, found))
    return sum(day.cents for day in found) if found and whole else None


def _of_whole(
    whole: set[Dimension],
    request: FigureRequest,
    by: Sequence[Dimension],
    group: tuple[str, ...],
    days: Sequence[Day],
) -> Iterator[Day]:
    rest = [(each, text) for each, text in zip(by, group, strict=True) if each not in whole]
    for day in days:
        if all((day.group[each] or "") == text for each, text in rest) and _passes(request, day, whole):
            yield day


def _period(request: FigureRequest, day: date) -> int:
    return (day.year * 12 + day.month - 1 - request.first_month) // request.kind.months


def _passes(request: FigureRequest, day: Day, left_out: set[Dimension]) -> bool:
    return all(
        day.group[each] in values or (day.group[each] is None and UNKNOWN in values)
        for each, values in request.filters.items()
        if each not in left_out
    )
