"""Every loop of every worker as an object that a test steps: the real ones, over real engines, in one process."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol

from services.availability.schema import TOPICS as OF_CONTRACTS
from services.availability.search.projection import derive as derive_offers
from services.contracts.valuation.projection import INDICATION, Valuation, follow_own_journal, promise
from services.monitoring.facts.projection import Spans
from shared.consumer.consumer import Consumer
from shared.consumer.recompute import Recompute
from shared.consumer.watermarks import Watermarks
from shared.database import Database
from shared.events.topics import TOPICS
from shared.journal.relay import Relay
from shared.journal.sequencer import Sequencer
from tests.unit.monitoring.inputs import REGION

READ: dict[str, tuple[str, ...]] = {
    "contracts": (INDICATION,),
    "availability": OF_CONTRACTS,
    "monitoring": tuple(TOPICS),
}
"""What each service reads of others."""
_TWO_PROCESSES = ("contracts", "monitoring")


class Loop(Protocol):
    """What a side task repeats, and how it is ended."""

    async def step(self) -> object: ...

    async def close(self) -> None: ...


class _Sequencing:
    """A sequencer with the transaction of its worker around each step."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sequencer = Sequencer()

    async def step(self) -> bool:
        async with self._database.transaction() as connection:
            return bool(await self._sequencer.step(connection))

    async def close(self) -> None:
        """Nothing is held between steps."""


class Loops:
    """The loops by name, as in `monitoring consumer 2`. Any of them can be thrown away and built anew."""

    def __init__(self, workers: Mapping[str, Database], bootstrap: str) -> None:
        self._builders = dict(_publishing(workers, bootstrap) + _reading(workers, bootstrap))
        self._running: dict[str, Loop] = {name: build() for name, build in self._builders.items()}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._builders)

    async def step(self, *names: str, beside: Coroutine[Any, Any, None] | None = None) -> None:
        """Step these at once (none: all of them), and do something else meanwhile."""
        steps: list[Awaitable[object]] = [self._running[name].step() for name in names or self.names]
        # All are waited for, so that none of them goes on in the background when one fails.
        outcomes = await asyncio.gather(*steps, *([beside] if beside else []), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def rebuild(self, name: str) -> None:
        """End one and begin again with a new one, as a process does that was started anew."""
        await self._running[name].close()
        self._running[name] = self._builders[name]()

    async def close(self) -> None:
        for loop in self._running.values():
            await loop.close()


Builders = list[tuple[str, Callable[[], Loop]]]


def _publishing(workers: Mapping[str, Database], bootstrap: str) -> Builders:
    return [
        each
        for service in ("referrals", "contracts")
        for each in (
            (f"{service} sequencer", partial(_Sequencing, workers[service])),
            (
                f"{service} relay",
                partial(Relay, workers[service], bootstrap, service=service, oin=REGION.oin),
            ),
        )
    ]


def _reading(workers: Mapping[str, Database], bootstrap: str) -> Builders:
    derive = {
        "contracts": {
            "derive": Valuation(REGION).derive,
            "before": follow_own_journal,
            "emptied": promise,
        },
        "availability": {"derive": derive_offers},
        "monitoring": {"derive": Spans(REGION).derive},
    }
    found: Builders = []
    for service, topics in READ.items():
        for number in (1, 2) if service in _TWO_PROCESSES else (1,):
            news = asyncio.Event()
            consumer = partial(
                Consumer, workers[service], bootstrap, service=service, topics=topics, applied=news
            )
            watermarks = partial(Watermarks, workers[service], bootstrap, topics=topics, moved=news)
            recompute = partial(Recompute, workers[service], service=service, **derive[service])
            found += [
                (f"{service} consumer {number}", consumer),
                (f"{service} watermarks {number}", watermarks),
                (f"{service} recompute {number}", recompute),
            ]
    return found
