"""What stops the starter.

StarterError                 one line that says what is wrong and what to do
├── EngineError            PostgreSQL or Kafka did not start, or died; `detail` is the end of its log
└── ProcessError           an api or a worker did; the same
"""

import errno
from pathlib import Path

FULL_DISK = "No space left on device"


class StarterError(Exception):
    """`str()` is one line for people: what is wrong and what to do; `detail` may hold the end of a log."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class _EndedError(StarterError):
    def __init__(self, name: str, reason: str, log: Path) -> None:
        detail = end_of(log)
        if FULL_DISK in detail:
            reason = "the disk is full: free some space and start again"
        super().__init__(f"{name}: {reason} (log: {log})", detail)


class EngineError(_EndedError):
    pass


class ProcessError(_EndedError):
    pass


def full_disk(error: OSError, folder: Path) -> StarterError | None:
    """The clear line for an error that means "no space", None for any other error."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return None
    return StarterError(f"the disk of {folder} is full: free some space and start again")


def end_of(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log file, "" without one."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
