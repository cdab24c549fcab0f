"""The side tasks of a worker whose service reads others' topics: consumer, watermarks, recompute loop, metrics."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress

from shared import metrics
from shared.consumer.consumer import Consumer
from shared.consumer.recompute import Recompute
from shared.consumer.watermarks import Watermarks
from shared.database import Database
from shared.process import Step, forever
from shared.service_worker import ServiceWorker

_IDLE_SECONDS = 0.1
_OBSERVE = """
select w.topic, coalesce(extract(epoch from moment() - w.known_through), 'infinity') as age,
       (select count(*) from parked p where p.topic = w.topic and not p.discarded) as parked
from watermark w
"""


def consume(worker: ServiceWorker, recompute: Recompute, *, topics: Sequence[str]) -> None:
    """Add the side tasks that bring others' topics in and derive from them."""
    database, service, bootstrap = worker.database, worker.service, worker.bootstrap
    news = asyncio.Event()

    @asynccontextmanager
    async def consumer() -> AsyncIterator[Step]:
        one = Consumer(database, bootstrap, service=service, topics=topics, applied=news)
        try:
            yield one.step
        finally:
            await one.close()

    @asynccontextmanager
    async def watermarks() -> AsyncIterator[Step]:
        one = Watermarks(database, bootstrap, topics=topics, moved=news)
        try:
            yield one.step
        finally:
            await one.close()

    @asynccontextmanager
    async def recomputing() -> AsyncIterator[Step]:
        yield _woken_by(news, recompute)

    worker.add("consumer", forever("consumer", consumer, service=service, idle_seconds=0))
    worker.add("watermarks", forever("watermarks", watermarks, service=service, idle_seconds=0))
    worker.add("recompute", forever("recompute", recomputing, service=service, idle_seconds=0))
    worker.add(
        "consumer_metrics",
        forever("consumer_metrics", _observing(database, service), service=service, idle_seconds=2),
    )


def _woken_by(news: asyncio.Event, recompute: Recompute) -> Step:
    """Recompute as soon as something came in; look now and then all the same, since another process may have taken it in."""

    async def step() -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _IDLE_SECONDS)
        news.clear()
        while await recompute.step():
            pass
        return True

    return step


def _observing(database: Database, service: str) -> Callable[[], AbstractAsyncContextManager[Step]]:
    async def step() -> bool:
        async with database.transaction() as connection:
            rows = await connection.fetch(_OBSERVE)
        for row in rows:
            metrics.watermark_age_seconds.labels(service, row["topic"]).set(float(row["age"]))
            metrics.parked_events.labels(service, row["topic"]).set(row["parked"])
        return False

    return lambda: nullcontext(step)
