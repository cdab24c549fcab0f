"""A version of an aggregate as a reader knows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

StateT = TypeVar("StateT")


@dataclass(frozen=True, slots=True)
class Known(Generic[StateT]):
    """One version of an aggregate, and the moment from which it is known."""

    aggregate: UUID
    version: int
    known_at: datetime
    state: StateT
