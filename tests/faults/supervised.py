"""One process of a service under a supervisor: what dies is started again, as in production."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jeugdregio.identity import ProcessIdentity

ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 15
# Long enough that a process that cannot start does not eat the machine, short beside any limit here.
_PAUSE_SECONDS = 0.2


@dataclass
class Supervised:
    """A process by name; `exits` are the exit codes of the lives that ended by themselves, oldest first."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    folder: Path
    exits: list[int] = field(default_factory=list)
    _life: asyncio.subprocess.Process | None = None
    _watch: asyncio.Task[None] | None = None

    @property
    def killed(self) -> bool:
        """Whether one of its lives ended as a crash point ends it."""
        return -signal.SIGKILL in self.exits

    async def start(self, *, crash_at: str | None = None, sabotage: str | None = None) -> None:
        """Start it. `crash_at` arms its first life only; a sabotaged process stays so over its crashes."""
        self.exits.clear()
        module = ["jeugdregio"] if sabotage is None else ["tests.faults.sabotaged", sabotage]
        await self._begin(module, {"CRASH_AT": crash_at} if crash_at else {})
        self._watch = asyncio.create_task(self._restart_for_ever(module))

    async def stop(self) -> None:
        """Stop it in good order, and do not start it again."""
        if self._watch is None or self._life is None:
            return
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        if self._life.returncode is None:
            self._life.terminate()
            try:
                await asyncio.wait_for(self._life.wait(), _STOP_SECONDS)
            except TimeoutError:
                self._life.kill()
                await self._life.wait()
        self._watch = self._life = None

    async def restart(self, *, crash_at: str | None = None, sabotage: str | None = None) -> None:
        await self.stop()
        await self.start(crash_at=crash_at, sabotage=sabotage)

    def end_of_log(self) -> str:
        return self._log.read_text(errors="replace")[-2_000:] if self._log.exists() else ""

    async def _restart_for_ever(self, module: list[str]) -> None:
        while self._life is not None:
            self.exits.append(await self._life.wait())
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._begin(module, {})

    async def _begin(self, module: list[str], extra: Mapping[str, str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._life = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *module, *self.command,
                env={**self.environment, **extra}, cwd=ROOT, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        if identity := ProcessIdentity.of(self._life.pid):
            # Under this name the next test run finds what a killed one left running.
            identity.save(self.folder / "process.json")

    @property
    def _log(self) -> Path:
        return self.folder / "log"
