"""Who a process is: its id alone is not enough, because the system gives ids out again."""

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

_PROC = Path("/proc")
_KILLED_WITHIN = 5.0
_STATE, _STARTED = 0, 19  # fields of /proc/<pid>/stat, counted after the command's closing bracket


@dataclass(frozen=True)
class ProcessIdentity:
    """A process id with the moment at which that process started, in the system's own words."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """Identify the process that has this id now; None when there is none or only its zombie."""
        started = _started(pid)
        return None if started is None else cls(pid, started)

    @property
    def alive(self) -> bool:
        return _started(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """Signal the process, unless it is gone (its id may belong to another one by now)."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def end(self, number: signal.Signals = signal.SIGTERM, within: float = 5) -> None:
        """Ask the process to stop, kill it after `within` seconds, return when it is gone."""
        self.send(signal.SIGCONT)
        self.send(number)
        if not self._gone(within):
            self.send(signal.SIGKILL)
            self._gone(_KILLED_WITHIN)

    def _gone(self, within: float) -> bool:
        until = time.monotonic() + within
        while self.alive:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, file: Path) -> Self | None:
        """Read a saved identity; None without a file or with one that a crash left half written."""
        try:
            return cls(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def _started(pid: int) -> str | None:
    if not _PROC.joinpath("self", "stat").exists():
        return _started_by_ps(pid)
    try:
        fields = _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
        boot = _PROC.joinpath("sys", "kernel", "random", "boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[_STATE] in {"Z", "X"} else f"{boot}:{fields[_STARTED]}"


def _started_by_ps(pid: int) -> str | None:
    """Where there is no /proc (macOS)."""
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - its place differs by system
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()
