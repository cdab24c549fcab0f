"""What both engines have in common: one process with a folder, a port, a log and a memory of itself."""

import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from jeugdregio.errors import EngineError
from jeugdregio.identity import ProcessIdentity
from jeugdregio.interrupts import stop_signals_wait
from jeugdregio.ports import free_port, is_free

_START_WITHIN = 120.0
_STOP_WITHIN = 5.0
_POLL = 0.02


class Engine(ABC):
    """A server process on loopback. Its port and data stay the same over `stop`, `kill` and `restart`.

    Usable as a context manager: started on entering, stopped on leaving. Methods block; they raise
    `EngineError`, which carries the end of the log.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path, *, port: int | None = None, log: Path | None = None) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self.log = (log or folder / f"{self.name.lower()}.log").absolute()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the running process. Raises EngineError when it was not started."""
        if self._process is None:
            raise self._failed("is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start and wait until it answers; a process that a killed starter left behind is ended first."""
        self.launch()
        self.wait_until_ready()
        return self

    def launch(self) -> None:
        """Start without waiting: other work can go on until `wait_until_ready`."""
        if self.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._end_left_over()
        self._prepare()
        if not is_free(self.port):
            raise self._failed(f"port {self.port} is in use by another program: stop that program")
        with stop_signals_wait():
            self._process = self._spawn()
            if identity := ProcessIdentity.of(self._process.pid):
                identity.save(self._memory)

    def wait_until_ready(self) -> None:
        until = time.monotonic() + _START_WITHIN
        while not self._is_ready():
            if not self.running:
                code = None if self._process is None else self._process.returncode
                self._forget()
                raise self._failed(f"ended while starting, with exit code {code}")
            if time.monotonic() > until:
                self.stop()
                raise self._failed(f"did not get ready within {_START_WITHIN:.0f} s")
            time.sleep(_POLL)

    def begin_to_stop(self) -> None:
        """Ask it to stop without waiting for it: `stop` does that."""
        if self._process is not None and self.running:
            self.resume()
            self._process.send_signal(self.stop_signal)

    def stop(self, within: float = _STOP_WITHIN) -> None:
        """Stop in good order; kill when that takes longer than `within` seconds."""
        self.begin_to_stop()
        if self._process is not None:
            try:
                self._process.wait(within)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._forget()

    def kill(self) -> None:
        """As a crash does it: kill -9, no notice."""
        if self._process is not None:
            self._process.kill()
            self._forget()

    def restart(self) -> None:
        """Start again with the same port and data, whether it runs, was stopped or was killed."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the whole engine (SIGSTOP): connections stay open and nothing answers."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def remove(self) -> None:
        """Stop, and delete its folder with all data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def _prepare(self) -> None:
        """Make what must be there before the start."""

    @abstractmethod
    def _spawn(self) -> subprocess.Popen[bytes]: ...

    @abstractmethod
    def _is_ready(self) -> bool: ...

    def _processes(self) -> Sequence[int]:
        """Give the ids of all processes of this engine."""
        return [self.pid]

    @property
    def _memory(self) -> Path:
        return self.folder / "process.json"

    def _end_left_over(self) -> None:
        if left_over := ProcessIdentity.load(self._memory):
            left_over.end(self.stop_signal, _STOP_WITHIN)
        self._memory.unlink(missing_ok=True)

    def _forget(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._process = None
        self._memory.unlink(missing_ok=True)

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in self._processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def _failed(self, reason: str) -> EngineError:
        return EngineError(self.name, reason, self.log)
