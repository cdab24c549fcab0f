"""Ctrl-C and SIGTERM: one way to be asked to stop, and moments in which that has to wait."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ASKED_TO_STOP = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals_interrupt() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does: raise KeyboardInterrupt."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stop_signals_wait(*, deliver: bool = True) -> Iterator[None]:
    """Hold back a request to stop until the block is done; with `deliver=False` nothing comes of it then.

    Between starting a process and writing down which one it is, an interruption would lose it; during the
    stopping itself, an impatient second Ctrl-C would leave the rest running.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held_back: list[int] = []

    def hold_back(number: int, _: FrameType | None) -> None:
        held_back.append(number)

    before = {number: signal.signal(number, hold_back) for number in _ASKED_TO_STOP}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if deliver and held_back:
            signal.raise_signal(held_back[0])
