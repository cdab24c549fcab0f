"""Every loop of every worker as an object that a test steps: the real ones, over real engines, in one process."""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any, Protocol

import asyncpg

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
from tests.waiting import until

READ: dict[str, tuple[str, ...]] = {
    "contracts": (INDICATION,),
    "availability": OF_CONTRACTS,
    "monitoring": tuple(TOPICS),
}
"""What each service reads of others."""
NAMES = (
    "referrals sequencer",
    "referrals relay",
    "contracts sequencer",
    "contracts relay",
    "availability sequencer",
    "availability relay",
    *(
        f"{service} {kind} {number}"
        for service, processes in (("contracts", 2), ("availability", 1), ("monitoring", 2))
        for number in range(1, processes + 1)
        for kind in ("consumer", "watermarks", "recompute")
    ),
)
"""All loops: those of contracts and of monitoring twice, as with two processes."""
_SETTLED = """
select min(known_through) >= $1 and count(known_through) = $2 and not exists (select from {reader}.dirty)
from {reader}.recompute_through
"""
_DERIVING: dict[str, dict[str, Any]] = {
    "contracts": {"derive": Valuation(REGION).derive, "before": follow_own_journal, "emptied": promise},
    "availability": {"derive": derive_offers},
    "monitoring": {"derive": Spans(REGION).derive},
}


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
        self._workers = workers
        self._bootstrap = bootstrap
        self._running: dict[str, Loop] = {name: self._build(name) for name in NAMES}

    async def step(self, *names: str, beside: Coroutine[Any, Any, None] | None = None) -> None:
        """Step these at once (none: all of them), and do something else meanwhile."""
        steps: list[Awaitable[object]] = [self._running[name].step() for name in names or NAMES]
        # All are waited for, so that none of them goes on in the background when one fails.
        outcomes = await asyncio.gather(*steps, *([beside] if beside else []), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def rebuild(self, name: str) -> None:
        """End one and begin again with a new one, as a process does that was started anew."""
        await self._running[name].close()
        self._running[name] = self._build(name)

    async def close(self) -> None:
        """End all of them; what a client says at its end is of no interest."""
        await asyncio.gather(*(loop.close() for loop in self._running.values()), return_exceptions=True)

    def _build(self, name: str) -> Loop:
        service, kind, *_ = name.split()
        worker, topics = self._workers[service], READ.get(service, ())
        match kind:
            case "sequencer":
                return _Sequencing(worker)
            case "relay":
                return Relay(worker, self._bootstrap, service=service, oin=REGION.oin)
            case "consumer":
                news = asyncio.Event()
                return Consumer(worker, self._bootstrap, service=service, topics=topics, applied=news)
            case "watermarks":
                return Watermarks(worker, self._bootstrap, topics=topics, moved=asyncio.Event())
        return Recompute(worker, service=service, **_DERIVING[service])


async def settle(loops: Loops, administrator: asyncpg.Connection) -> None:
    """Give everything its moment, then step every loop until every reader has derived all up to now."""
    await loops.step("referrals sequencer", "contracts sequencer", "availability sequencer")
    now = await administrator.fetchval("select referrals.moment()")

    async def settled() -> bool:
        await loops.step()
        reached = [
            await administrator.fetchval(_SETTLED.format(reader=reader), now, len(topics))
            for reader, topics in READ.items()
        ]
        return all(reached)

    await until(settled, within=60)
