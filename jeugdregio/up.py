"""`jeugdregio up`: the whole region on this machine, from nothing to figures, until it is told to stop."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress

from jeugdregio import region_file, welcome
from jeugdregio.completeness import figures_complete
from jeugdregio.data_folder import DataFolder, write_secret
from jeugdregio.engine_room import EngineRoom
from jeugdregio.errors import StarterError, full_disk
from jeugdregio.installation import HOST, Installation
from jeugdregio.interrupts import stop_signals_interrupt, stop_signals_wait
from jeugdregio.issuer import Issuer
from jeugdregio.processes import Processes
from jeugdregio.services import ALL
from shared.values.region import Region, RegionFileError, load_region

_CHECK_EVERY = 0.25
Result = TypeVar("Result")


def up(folder: Path, region_path: Path, *, example: bool, console: Console) -> None:
    """Start all, load the example if wanted, and stay until Ctrl-C or SIGTERM. Raises StarterError."""
    data = DataFolder(folder)
    try:
        region = load_region(region_path)
        with data.in_use(), stop_signals_interrupt():
            Starter(data, region, region_path.absolute(), console).run(example=example)
    except RegionFileError as error:
        raise StarterError(str(error)) from error
    except OSError as error:
        raise full_disk(error, data.path) or StarterError(f"{error.strerror}: {error.filename}") from error


class Starter:
    """One run of a region."""

    def __init__(self, data: DataFolder, region: Region, region_path: Path, console: Console) -> None:
        self._data = data
        self._region = region
        self._region_path = region_path
        self._console = console
        self._engines = EngineRoom(data)
        self._processes = Processes(data)

    def run(self, *, example: bool) -> None:
        try:
            # Written when all is ready: until then nobody should take a former run's file for this one.
            self._data.region_file.unlink(missing_ok=True)
            description = self._start()
            if example:
                self._load_example(description)
            write_secret(self._data.region_file, region_file.as_text(description))
            welcome.show(self._console, description, self._data)
            self._watch()
        except KeyboardInterrupt:
            self._console.print("Stopping: workers, apis, engines.")
        finally:
            with stop_signals_wait(deliver=False):
                self._stop()

    def _start(self) -> dict[str, Any]:
        started = time.monotonic()
        if left_over := self._processes.end_left_overs():
            self._console.print(f"Ended {left_over} processes that a killed run had left behind.")
        self._processes.check_ports()
        with self._step("PostgreSQL and Kafka"):
            self._engines.start()
        installation = self._engines.installation(self._region_path)
        with self._step("schemas, roles and topics"):
            self._engines.migrate(installation)
        tokens = self._issue_tokens(installation)
        with self._step("eight processes"):
            for process in ALL:
                self._processes.start(process, installation.environment(process, self._data))
            for _ in self._processes.wait_until_ready():
                self._engines.check()
        self._console.print(f"Ready after {time.monotonic() - started:.1f} s.\n")
        return region_file.compose(self._region, installation, self._data, tokens, self._process_ids())

    def _issue_tokens(self, installation: Installation) -> region_file.Tokens:
        if not installation.embedded:
            return {}
        issuer = Issuer(self._data.secrets()["signingKey"], installation.embedded, (f"http://{HOST}",))
        issuer.publish(self._data.jwks)
        tokens = region_file.make_tokens(self._region, issuer)
        region_file.write_tokens(tokens, self._data)
        return tokens

    def _load_example(self, description: dict[str, Any]) -> None:
        if not description["tokens"]:
            self._console.print("The example is left out: it is sent with tokens of the development issuer.")
            return
        from demo.load import LoadError, load  # noqa: PLC0415 - not part of a production image

        with Progress(console=self._console) as bar:
            task = bar.add_task("The example", total=None)

            def progress(done: int, total: int, what: str) -> None:
                bar.update(task, completed=done, total=total, description=f"The example: {what}")

            try:
                summary = asyncio.run(self._while_all_live(load(description, progress)))
                bar.update(task, description="The example: figures")
                complete = asyncio.run(self._while_all_live(figures_complete(description)))
            except LoadError as error:
                raise StarterError(f"the example could not be loaded: {error}") from error
        self._console.print(f"The example: {summary}.\n")
        if not complete:
            self._console.print(
                "The figures do not show all of it yet: `jeugdregio doctor` says what is behind."
            )

    async def _while_all_live(self, work: Coroutine[Any, Any, Result]) -> Result:
        loading = asyncio.ensure_future(work)
        try:
            while not loading.done():
                self._check()
                await asyncio.wait([loading], timeout=_CHECK_EVERY)
            return await loading
        finally:
            loading.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await loading

    def _watch(self) -> None:
        while True:
            self._check()
            time.sleep(_CHECK_EVERY)

    def _check(self) -> None:
        self._engines.check()
        self._processes.check()

    def _stop(self) -> None:
        self._data.region_file.unlink(missing_ok=True)
        self._processes.stop()
        self._engines.stop()

    def _process_ids(self) -> dict[str, int]:
        return {**self._engines.ids, **self._processes.ids}

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        with self._console.status(f"Starting {name} ..."):
            yield
        self._console.print(f"{name[0].upper()}{name[1:]}: {time.monotonic() - began:.1f} s")
