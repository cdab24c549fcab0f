import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import pytest

from shared import metrics
from shared.process import Step, Worker, forever


async def until_told(stop: asyncio.Event) -> None:
    await stop.wait()


async def raising(_: asyncio.Event) -> None:
    raise RuntimeError


async def returning(_: asyncio.Event) -> None:
    return


async def test_a_worker_stops_in_order_on_sigterm() -> None:
    worker = Worker()

    async def tell(stop: asyncio.Event) -> None:
        signal.raise_signal(signal.SIGTERM)
        await stop.wait()

    worker.add("one", until_told)
    worker.add("two", tell)
    assert await worker.run() == 0


@pytest.mark.parametrize("dying", [raising, returning])
async def test_a_side_task_that_ends_by_itself_stops_the_process_with_an_error(
    dying: Callable[[asyncio.Event], AbstractAsyncContextManager[None]],
) -> None:
    worker = Worker()
    others = []

    async def other(stop: asyncio.Event) -> None:
        await stop.wait()
        others.append("stopped")

    worker.add("dying", dying)  # type: ignore[arg-type]
    worker.add("other", other)
    assert await worker.run() == 1
    assert others == ["stopped"]


async def test_a_task_that_does_not_drain_is_cut_off() -> None:
    worker = Worker(drain_seconds=0.01)

    async def deaf(_: asyncio.Event) -> None:
        await asyncio.Event().wait()

    worker.add("deaf", deaf)
    worker.stop.set()
    assert await worker.run() == 1


class Builder:
    """Counts how often a loop built its things anew, and fails as it is told."""

    def __init__(
        self, stop: asyncio.Event, failures: list[BaseException], *, close: BaseException | None = None
    ) -> None:
        self.built = 0
        self.closed = 0
        self.steps = 0
        self._stop = stop
        self._failures = failures
        self._close = close

    @asynccontextmanager
    async def build(self) -> AsyncIterator[Step]:
        self.built += 1
        try:
            yield self.step
        finally:
            self.closed += 1
            if self._close:
                raise self._close

    async def step(self) -> bool:
        self.steps += 1
        if self._failures:
            raise self._failures.pop()
        if self.steps > 5:
            self._stop.set()
        return self.steps % 2 == 0


def counted(loop: str) -> float:
    return metrics.REGISTRY.get_sample_value("loop_failures_total", {"service": "demo", "loop": loop}) or 0.0


async def test_a_loop_survives_every_exception_and_builds_anew() -> None:
    stop = asyncio.Event()
    failures: list[BaseException] = [OSError(), asyncpg.InternalClientError(), KeyError("x")]
    builder = Builder(stop, failures)
    before = counted("test")
    loop = forever("test", builder.build, service="demo", idle_seconds=0, patience_seconds=(0, 0))
    await loop(stop)
    assert (builder.built, builder.closed, builder.steps) == (4, 4, 6)
    assert counted("test") - before == 3


async def test_a_loop_survives_what_cannot_be_built_or_closed() -> None:
    stop = asyncio.Event()
    builder = Builder(stop, [OSError()], close=OSError("stuck"))
    attempts = 0

    def build() -> AbstractAsyncContextManager[Step]:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise ConnectionRefusedError
        return builder.build()

    await forever("test", build, service="demo", idle_seconds=0, patience_seconds=(0, 0))(stop)
    assert (attempts, builder.built, builder.closed) == (3, 2, 2)


async def test_a_cancellation_that_is_not_its_own_ends_no_loop() -> None:
    stop = asyncio.Event()
    # Known of aiokafka: `stop` raises it when a fetch has just failed, as after a restart of the broker.
    builder = Builder(stop, [asyncio.CancelledError(), OSError()], close=asyncio.CancelledError())
    await forever("test", builder.build, service="demo", idle_seconds=0, patience_seconds=(0, 0))(stop)
    assert (builder.built, builder.closed, builder.steps) == (3, 3, 6)


async def test_a_loop_that_is_cut_off_closes_what_it_built() -> None:
    stop = asyncio.Event()
    builder = Builder(stop, [])
    entered = asyncio.Event()

    async def hang() -> bool:
        entered.set()
        await asyncio.Event().wait()
        return True

    builder.step = hang  # type: ignore[method-assign]
    running = asyncio.ensure_future(forever("test", builder.build, service="demo")(stop))
    await entered.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert builder.closed == 1
