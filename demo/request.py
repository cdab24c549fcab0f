"""One call of a public API, as the example sends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

ItemT = TypeVar("ItemT")
Body = dict[str, Any]

CONTRACT_MANAGER = "contract-manager"
MUNICIPALITY = "municipality"
PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Request:
    """A call to send.

    Calls of a lower `stage` are all answered first; calls of one `line` arrive one after the other, in order.
    `organisation` None is the only one that the role has.
    """

    stage: int
    service: str
    method: str
    path: str
    body: Body
    role: str
    organisation: str | None
    line: str

    def __str__(self) -> str:
        return f"{self.method} {self.service}{self.path}"


class Draw:
    """Choices from a fixed seed. Only `Random.random` is promised to stay the same from Python to Python."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - an example must come out the same each time

    def below(self, limit: int) -> int:
        """A whole number from 0 up to and not including `limit`."""
        return int(self._random.random() * limit)

    def between(self, first: int, last: int) -> int:
        """A whole number from `first` up to and including `last`."""
        return first + self.below(last - first + 1)

    def one_of(self, items: Sequence[ItemT]) -> ItemT:
        """One of the items."""
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return self._random.random() < share

    def shuffled(self, items: Sequence[ItemT]) -> list[ItemT]:
        """The same items in another order."""
        left, order = list(items), []
        while left:
            order.append(left.pop(self.below(len(left))))
        return order
