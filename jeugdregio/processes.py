"""The eight processes: started, watched until ready, watched afterwards, stopped workers first."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import ProcessError, StarterError
from jeugdregio.identity import ProcessIdentity
from jeugdregio.installation import HOST
from jeugdregio.interrupts import stop_signals_wait
from jeugdregio.ports import is_free
from jeugdregio.services import ALL, ServiceProcess

_READY_WITHIN = 90.0
_STOP_WITHIN = {"worker": 4.0, "api": 2.0}
_POLL = 0.1
_LOG_LIMIT = 20 * 1024 * 1024  # bytes; a longer one is set aside at the next start


class Processes:
    """The running processes of one region, by name."""

    def __init__(self, data: DataFolder) -> None:
        self._data = data
        self._running: dict[ServiceProcess, subprocess.Popen[bytes]] = {}

    @property
    def ids(self) -> dict[str, int]:
        return {process.name: popen.pid for process, popen in self._running.items()}

    def end_left_overs(self) -> int:
        """End what a killed starter left running; return how many that were."""
        memories = list(self._data.processes.glob("*.json"))
        left_over = [found for memory in memories if (found := ProcessIdentity.load(memory)) and found.alive]
        for identity in left_over:
            identity.send(signal.SIGTERM)
        until = time.monotonic() + _STOP_WITHIN["worker"]
        for identity in left_over:
            identity.end(within=max(0.0, until - time.monotonic()))
        for memory in memories:
            memory.unlink(missing_ok=True)
        return len(left_over)

    def check_ports(self) -> None:
        """Raise StarterError when another program has taken one of the ports remembered for them."""
        for process in ALL:
            for name in (process.port, process.metrics_port):
                if not is_free(port := self._data.ports[name]):
                    raise StarterError(
                        f"port {port} of {name} is in use by another program: stop that program, "
                        f"or change the port in {self._data.path / 'ports.json'}"
                    )

    def start(self, process: ServiceProcess, environment: Mapping[str, str]) -> None:
        """Start one process in a session of its own, so that Ctrl-C reaches the starter alone."""
        log = self._data.log(process.name)
        _set_aside(log)
        with log.open("ab") as output, stop_signals_wait():
            popen = subprocess.Popen(
                [sys.executable, "-m", "jeugdregio", *process.command],
                env=dict(environment), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
            self._running[process] = popen
            if identity := ProcessIdentity.of(popen.pid):
                identity.save(self._memory(process))

    def wait_until_ready(self) -> Iterator[str]:
        """Yield each process's name as it gets ready. Raises ProcessError when one dies or does not."""
        until = time.monotonic() + _READY_WITHIN
        waiting = list(self._running)
        while waiting:
            self.check()
            for process in list(waiting):
                problem = self._not_ready(process)
                if problem is None:
                    waiting.remove(process)
                    yield process.name
                elif time.monotonic() > until:
                    raise ProcessError(process.name, f"is not ready: {problem}", self._data.log(process.name))
            time.sleep(_POLL)

    def check(self) -> None:
        """Raise ProcessError when one of them has died."""
        for process, popen in self._running.items():
            if (code := popen.poll()) is not None:
                raise ProcessError(
                    process.name, f"stopped with exit code {code}", self._data.log(process.name)
                )

    def stop(self) -> None:
        """Stop all: the workers, then the apis, so that what is answered until the end is also kept."""
        for kind in ("worker", "api"):
            self._stop([process for process in self._running if process.kind == kind], _STOP_WITHIN[kind])

    def _stop(self, processes: list[ServiceProcess], within: float) -> None:
        for process in processes:
            self._running[process].terminate()
        until = time.monotonic() + within
        for process in processes:
            popen = self._running[process]
            try:
                popen.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()
            del self._running[process]
            self._memory(process).unlink(missing_ok=True)

    def _not_ready(self, process: ServiceProcess) -> str | None:
        port = process.port if process.kind == "api" else process.metrics_port
        return ask(self._data.ports[port], "/readyz")[1]

    def _memory(self, process: ServiceProcess) -> Path:
        return self._data.processes / f"{process.name}.json"


def ask(port: int, path: str, within: float = 2) -> tuple[str, str | None]:
    """Get a page from loopback: its text, and None or what is wrong."""
    connection = HTTPConnection(HOST, port, timeout=within)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return "", f"no answer on port {port} ({type(error).__name__})"
    finally:
        connection.close()
    return text, None if answer.status == 200 else " ".join(text.split())[:300]  # noqa: PLR2004 - HTTP's own


def _set_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
