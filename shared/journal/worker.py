"""The side tasks of a worker whose service publishes: sequencer, relay, and what metrics say about them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from shared import metrics
from shared.database import Database
from shared.journal.relay import Relay
from shared.journal.sequencer import ClockJumpError, Sequencer
from shared.process import Step, forever
from shared.service_worker import ServiceWorker

# Without anything to sequence the promise still has to move on.
_PROMISE_SECONDS = 0.1
_OBSERVE = """
select s.position - r.cursor + (select count(*) from journal_pending) as backlog,
    coalesce(extract(epoch from moment() - (
        select least((select j.recorded_at from journal_position p join journal j using (id)
                      where p.position > r.cursor order by p.position limit 1),
                     (select min(j.recorded_at) from journal_pending p join journal j using (id))))), 0) as oldest
from sequencer s, relay r
"""


def publish(worker: ServiceWorker, *, oin: str) -> None:
    """Add the side tasks that bring the service's journal out."""
    database, service, bootstrap = worker.database, worker.service, worker.bootstrap
    # One sequencer for the life of the process: it remembers the clock over the loop's failures.
    news = asyncio.Event()
    sequencing = _Sequencing(database, Sequencer(), service, news)
    worker.add("sequencer", forever("sequencer", lambda: nullcontext(sequencing.step), service=service))

    @asynccontextmanager
    async def relay() -> AsyncIterator[Step]:
        one = Relay(database, bootstrap, service=service, oin=oin, replication=worker.replication)
        try:
            yield one.step
        finally:
            await one.close()

    # Called when there is something to send; looks all the same, since another process may have sequenced it.
    worker.add("relay", forever("relay", relay, service=service, idle_seconds=_PROMISE_SECONDS, news=news))
    worker.add(
        "journal_metrics",
        forever("journal_metrics", _observing(database, service), service=service, idle_seconds=2),
    )


class _Sequencing:
    def __init__(self, database: Database, sequencer: Sequencer, service: str, news: asyncio.Event) -> None:
        self._database = database
        self._sequencer = sequencer
        self._service = service
        self._news = news
        self._last = 0.0

    async def step(self) -> bool:
        pending = await self._database.look("select exists(select from journal_pending)")
        if not pending and time.monotonic() - self._last < _PROMISE_SECONDS:
            return False
        self._last = time.monotonic()
        try:
            async with self._database.transaction() as connection:
                taken = await self._sequencer.step(connection)
        except ClockJumpError:
            metrics.sequencer_refused_jumps_total.labels(self._service).inc()
            raise
        self._news.set()
        return taken > 0


def _observing(database: Database, service: str) -> Callable[[], AbstractAsyncContextManager[Step]]:
    async def step() -> bool:
        async with database.transaction() as connection:
            (row,) = await connection.fetch(_OBSERVE)
        metrics.journal_backlog_events.labels(service).set(row["backlog"])
        metrics.journal_oldest_unpublished_seconds.labels(service).set(float(row["oldest"]))
        return False

    return lambda: nullcontext(step)
