"""From what was so at a moment to spans over time."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from shared.events.known import Known
from shared.events.state import State
from shared.values.period import Period, month_of

FactT = TypeVar("FactT", bound=Hashable)
FactT_co = TypeVar("FactT_co", bound=Hashable, covariant=True)
StateT = TypeVar("StateT", bound=State)

# The last month of an open end: later than any month that a figure can ask for, and still a smallint.
OPEN_END = 32767


@dataclass(frozen=True, slots=True)
class Span(Generic[FactT_co]):
    """A fact, known from a moment on until (not including) another; None: known so now."""

    fact: FactT_co
    known_from: datetime
    known_to: datetime | None


def over_time(
    moments: Iterable[datetime], facts_at: Callable[[datetime], Iterable[FactT]]
) -> list[Span[FactT]]:
    """The facts of all moments at which something became known; what stays the same stays one span."""
    known: dict[FactT, datetime] = {}
    answer: list[Span[FactT]] = []
    for moment in sorted(set(moments)):
        facts = dict.fromkeys(facts_at(moment))
        ended = [fact for fact in known if fact not in facts]
        answer.extend(Span(fact, known.pop(fact), moment) for fact in ended)
        for fact in facts:
            known.setdefault(fact, moment)
    return answer + [Span(fact, since, None) for fact, since in known.items()]


def newest_at(moment: datetime, versions: Iterable[Known[StateT]]) -> Known[StateT] | None:
    """The highest version of one aggregate that was known at a moment, whatever came first."""
    known = (each for each in versions if each.known_at <= moment)
    return max(known, key=lambda each: each.version, default=None)


def all_at(moment: datetime, aggregates: Iterable[Sequence[Known[StateT]]]) -> list[Known[StateT]]:
    """The newest that was known at a moment of each of several aggregates."""
    return [newest for versions in aggregates if (newest := newest_at(moment, versions)) is not None]


def by_aggregate(versions: Iterable[Known[StateT]]) -> dict[UUID, list[Known[StateT]]]:
    """Versions of several aggregates, per aggregate."""
    found: dict[UUID, list[Known[StateT]]] = {}
    for each in versions:
        found.setdefault(each.aggregate, []).append(each)
    return found


def months(days: Period) -> tuple[int, int]:
    """The first and the last month that days touch."""
    return month_of(days.valid_from), OPEN_END if days.valid_to is None else month_of(days.valid_to)


def share(amount: int, days: int, of_days: int) -> int:
    """An amount up to a day, half up: so that the differences between days add up to the amount."""
    return (2 * amount * days + of_days) // (2 * of_days)
