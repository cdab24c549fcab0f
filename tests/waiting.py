"""Waiting for a condition, the one place in the tests where time is let pass."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_PAUSE_SECONDS = 0.005


async def until(condition: Callable[[], Awaitable[object]], within: float = 60) -> None:
    """Ask again and again until the condition holds; it may do a step of the work first. Fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not await condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {within} seconds: {condition.__qualname__}")
        await asyncio.sleep(_PAUSE_SECONDS)
