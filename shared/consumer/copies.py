"""Copies as typed values: the versions of aggregates, each with the moment from which it is known."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from asyncpg import Record

from shared.events.known import Known
from shared.events.state import State

StateT = TypeVar("StateT", bound=State)
KeyT = TypeVar("KeyT")


Grouped = defaultdict[KeyT, list[Known[StateT]]]


def grouped(
    rows: Iterable[Record], model: type[StateT], key: Callable[[Known[StateT]], KeyT]
) -> Grouped[KeyT, StateT]:
    """Read rows of a copy table (aggregate, version, known_at, state), by a key of theirs; none under an unknown key."""
    found: Grouped[KeyT, StateT] = defaultdict(list)
    for row in rows:
        known = Known(row["aggregate"], row["version"], row["known_at"], model.model_validate(row["state"]))
        found[key(known)].append(known)
    return found
