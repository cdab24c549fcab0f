"""Waiting for the journal to go on, for all callers of a process at once.

However many wait, the process asks its database once per pause where the journal stands; who finds it moved looks for
itself, a few at a time, so that those who wait never take the connections of those who do not.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from shared import metrics
from shared.web import Transactions

LARGEST_CROWD: Final = 200
PAUSE_SECONDS: Final = 0.2
_LOOKS_AT_ONCE: Final = 3
_STAND = "select r.generation, s.position from relay r, sequencer s"


class Stand(NamedTuple):
    """How far a journal is: what is in the feed changes only when this does."""

    generation: int
    position: int


class WaitingRoom:
    """Where the callers of one process wait."""

    def __init__(self, service: str) -> None:
        self.looks = asyncio.Semaphore(_LOOKS_AT_ONCE)
        self._gauge = metrics.events_waiting_callers.labels(service)
        self._crowd = 0
        self._looking: asyncio.Task[Stand] | None = None
        self._looked_at = 0.0

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Take a place for the time of the block; False when all are taken."""
        if self._crowd >= LARGEST_CROWD:
            yield False
            return
        self._crowd += 1
        self._gauge.set(self._crowd)
        try:
            yield True
        finally:
            self._crowd -= 1
            self._gauge.set(self._crowd)

    async def stand(self, transactions: Transactions) -> Stand:
        """Tell where the journal stands, no longer than a pause ago. Raises what the database raises."""
        loop = asyncio.get_running_loop()
        known_since = loop.time() - self._looked_at
        if self._looking is None or (self._looking.done() and known_since >= PAUSE_SECONDS):
            self._looked_at = loop.time()
            self._looking = asyncio.ensure_future(_look(transactions))
        # One who leaves may not end the look of the others.
        return await asyncio.shield(self._looking)


async def _look(transactions: Transactions) -> Stand:
    async with transactions() as connection:
        (row,) = await connection.fetch(_STAND)
    return Stand(*row)
