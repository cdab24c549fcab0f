"""How a process lives: side tasks that all have to live, loops that never give up, and a stop that drains.

A `Worker` runs named tasks until SIGTERM or SIGINT. Each takes the stop event and ends soon after it is set.
A task that ends by itself is a fault: the others are stopped and the process ends with an error, so that
whoever runs it starts it anew. Work that repeats is wrapped in `forever`, which survives every exception.
"""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from shared import metrics

SideTask = Callable[[asyncio.Event], Awaitable[None]]
Step = Callable[[], Awaitable[bool]]

DRAIN_SECONDS: Final = 8.0
_CLOSE_SECONDS: Final = 5.0
_log = structlog.get_logger(component="process")


class Worker:
    """A process of side tasks."""

    def __init__(self, *, drain_seconds: float = DRAIN_SECONDS) -> None:
        self.stop = asyncio.Event()
        self._drain_seconds = drain_seconds
        self._tasks: dict[str, SideTask] = {}

    def add(self, name: str, task: SideTask) -> None:
        self._tasks[name] = task

    async def run(self) -> int:
        """Run until told to stop or until a task dies. Gives the exit code: 0 only for an orderly stop."""
        running = {name: asyncio.ensure_future(task(self.stop)) for name, task in self._tasks.items()}
        told = asyncio.ensure_future(self.stop.wait())
        with _signals(self.stop):
            await asyncio.wait({*running.values(), told}, return_when=asyncio.FIRST_COMPLETED)
            early = [] if self.stop.is_set() else [name for name, task in running.items() if task.done()]
            self.stop.set()
            await self._drain(running)
        await told
        failed = [name for name, task in running.items() if _failed(name, task)]
        for name in early:
            _log.error("task_ended_before_its_time", task=name)
        return 1 if early or failed else 0

    async def _drain(self, running: Mapping[str, "asyncio.Future[None]"]) -> None:
        _, late = await asyncio.wait(running.values(), timeout=self._drain_seconds)
        for name, task in running.items():
            if task in late:
                _log.warning("task_cut_off", task=name, after_seconds=self._drain_seconds)
                task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _failed(name: str, task: "asyncio.Future[None]") -> bool:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _log.error("task_died", task=name, exc_info=error)
    return task.cancelled() or error is not None


class _signals:  # noqa: N801 - reads as a statement
    """SIGTERM and SIGINT set the event instead of killing the process."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop.set)

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.remove_signal_handler(number)


def forever(
    name: str,
    build: Callable[[], AbstractAsyncContextManager[Step]],
    *,
    service: str,
    idle_seconds: float = 0.02,
    news: asyncio.Event | None = None,
    patience_seconds: tuple[float, float] = (0.1, 10.0),
) -> SideTask:
    """A side task that repeats a step for as long as the process lives.

    `build` makes what the step needs and gives the step; a step says whether it found work (then it goes on
    at once, else after `idle_seconds` or as soon as there is `news`). After an exception of whatever class, all that
    `build` made is closed and built anew, after a pause that doubles from the first to the second number of
    `patience_seconds` until a step succeeds.
    """
    return _Loop(name, build, service, idle_seconds, news or asyncio.Event(), patience_seconds).run


@dataclass(frozen=True, slots=True)
class _Loop:
    name: str
    build: Callable[[], AbstractAsyncContextManager[Step]]
    service: str
    idle_seconds: float
    news: asyncio.Event
    patience_seconds: tuple[float, float]

    async def run(self, stop: asyncio.Event) -> None:
        shortest, longest = self.patience_seconds
        pause = shortest
        while not stop.is_set():
            if await self._work(stop):
                pause = shortest
            if not stop.is_set():
                await wait(stop, pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads, hides nothing
                pause = min(pause * 2, longest)

    async def _work(self, stop: asyncio.Event) -> int:
        """Repeat the step until it fails or until told to stop; how often it succeeded."""
        succeeded = 0
        stack = AsyncExitStack()
        try:
            step = await stack.enter_async_context(self.build())
            while not stop.is_set():
                found_work = await step()
                succeeded += 1
                if not found_work:
                    await self._idle(stop)
        # Every exception, since asyncpg's InternalClientError is of no usual class.
        except (Exception, asyncio.CancelledError) as error:
            if _cut_off(error):
                raise
            metrics.loop_failures_total.labels(self.service, self.name).inc()
            _log.error("loop_failed", loop=self.name, after_steps=succeeded, exc_info=error)
        finally:
            await _close(stack, self.name)
        return succeeded

    async def _idle(self, stop: asyncio.Event) -> None:
        if self.idle_seconds > 0:
            waiting = [asyncio.ensure_future(event.wait()) for event in (stop, self.news)]
            await asyncio.wait(waiting, timeout=self.idle_seconds, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()
        self.news.clear()


async def _close(stack: AsyncExitStack, loop: str) -> None:
    # Closing what is broken may raise or hang (aiokafka after a broker restart): neither ends the loop.
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await stack.aclose()
    except (Exception, asyncio.CancelledError) as error:
        if _cut_off(error):
            raise
        _log.warning("loop_not_closed", loop=loop, exc_info=error)


def _cut_off(error: BaseException) -> bool:
    """Whether this task itself is to end.

    aiokafka lets a cancellation of its own tasks out too, when it is closed just after a fetch has failed.
    """
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until told to stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
