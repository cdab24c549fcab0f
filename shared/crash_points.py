"""Named places where a fault test lets a real process die, as if the machine had lost its power.

A place costs one comparison. Which one is armed comes from the environment, `CRASH_AT=relay_after_send`;
with `CRASH_AT=relay_after_send:5` the process survives the first four passes.
"""

import os
import signal

_armed, _, _count = os.environ.get("CRASH_AT", "").partition(":")
_passes_left = int(_count or 1)

PLACES = (
    "sequencer_mid_batch",
    "relay_after_send",
    "consumer_after_apply",
    "recompute_mid_batch",
    "api_after_commit",
    "delivery_mid_batch",
)


def crash_point(place: str) -> None:
    """Kill this process without any farewell when the place is armed."""
    global _passes_left  # noqa: PLW0603 - one countdown per process
    if place != _armed:
        return
    _passes_left -= 1
    if _passes_left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
