"""`jeugdregio up` as a program of its own: started as `make up` starts it, stopped as people stop it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import end_of
from jeugdregio.identity import ProcessIdentity
from tests.waiting import until

ROOT = Path(__file__).parents[2]
_STOPPED_WITHIN = 10
_STARTED_WITHIN = 240
# The last line that it prints; region.json stands before that.
_LAST_WORDS = "Stop: Ctrl-C"
_OF_THE_CALLER = ("REGION", "REGION_FILE", "DATA_FOLDER", "DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS")


class Program:
    """One region in one folder, that can be stopped and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.data = DataFolder(folder)
        self.region: dict[str, Any] = {}
        self._options = options
        self._output = folder.with_suffix(".output")
        self._process: asyncio.subprocess.Process | None = None
        self._family: list[ProcessIdentity] = []

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def output(self) -> str:
        """What it printed since it was started last."""
        return self._output.read_text()

    async def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it and wait until all is ready. Fails with the ends of all logs."""
        with self._output.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "jeugdregio", "up", "--data", str(self.data.path), *self._options,
                cwd=ROOT, env={**inherited(), **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            await until(self._told_all, _STARTED_WITHIN)
        except AssertionError as error:
            raise AssertionError(f"the region did not start\n{self.report()}") from error
        former = self.region
        self.region = json.loads(self.data.region_file.read_text())
        # Without the embedded database it makes no tokens; those of the start before are valid for a week.
        self.region["tokens"] = self.region["tokens"] or former["tokens"]
        self._family = _family(self._process.pid)

    async def stop(self) -> None:
        """Stop it with SIGTERM. Fails when that takes too long, or leaves anything running."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), _STOPPED_WITHIN)
        except TimeoutError as error:
            raise AssertionError(f"it still runs after {_STOPPED_WITHIN} s\n{self.report()}") from error
        assert code == 0, self.report()
        assert [left for left in self._family if left.alive] == []
        assert not self.data.region_file.exists()

    async def end(self) -> None:
        """End it, however far it has come."""
        if self.running:
            await self.stop()

    def report(self) -> str:
        """Give the ends of what it printed and of its logs."""
        files = [self._output, *sorted(self.data.logs.glob("*.log"))]
        return "\n".join(f"--- {file.name}\n{end_of(file)}" for file in files)

    async def _told_all(self) -> bool:
        if not self.running:
            # Not an AssertionError, which would be one more condition that does not hold yet.
            raise RuntimeError(f"it stopped\n{self.report()}")
        return self.data.region_file.exists() and _LAST_WORDS in self.output


def inherited() -> dict[str, str]:
    """Give this process's environment without what would point a region elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _OF_THE_CALLER and not name.endswith("_DATABASE_URL")
    }


async def run(*command: str | Path, **environment: str) -> str:
    """Run a program in the project's folder; give what it printed. Fails with that when the program fails."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), cwd=ROOT, env={**inherited(), **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, complaints = await process.communicate()
    assert process.returncode == 0, f"{command[0]} {command[1:]}: {complaints.decode()}"
    return printed.decode()


def _family(pid: int) -> list[ProcessIdentity]:
    """Give a process and all that it started, by /proc (elsewhere: none)."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return [identity for member in family if (identity := ProcessIdentity.of(member))]


async def command(*arguments: str, **environment: str) -> str:
    """Run a command of `jeugdregio`; give what it printed."""
    return await run(sys.executable, "-m", "jeugdregio", *arguments, **environment)
