"""`.data`: what a started region keeps between two starts, and who has it in use."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jeugdregio.errors import StarterError
from jeugdregio.ports import Ports


class DataFolder:
    """The places in one data folder. What is secret in it is readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.region_file = self.path / "region.json"
        self.credentials = self.path / "credentials.json"
        self.keys = self.path / "keys.json"
        self.jwks = self.path / "jwks.json"
        self.tokens = self.path / "tokens"
        self.logs = self.path / "logs"
        self.processes = self.path / "processes"

    @property
    def ports(self) -> Ports:
        return Ports(self.path / "ports.json")

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the folder to this process. Raises StarterError when another one has it."""
        for folder in (self.path, self.logs, self.processes, self.tokens):
            folder.mkdir(parents=True, exist_ok=True)
        self.tokens.chmod(0o700)
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise StarterError(
                    f"this region is already running (process {lock.read().strip() or 'unknown'}): "
                    f"use that one, or stop it with Ctrl-C first"
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def read_region(self) -> dict[str, Any]:
        """Read region.json. Raises StarterError when nothing is running."""
        try:
            region: dict[str, Any] = json.loads(self.region_file.read_text())
        except FileNotFoundError:
            raise StarterError(f"no region is running in {self.path}: start it with `make up`") from None
        return region

    def secrets(self) -> dict[str, Any]:
        """Read the keys of this region, made at the first call: losing them loses the client vault."""
        if not self.keys.exists():
            write_secret(self.keys, json.dumps(_new_keys(), indent=1))
        keys: dict[str, Any] = json.loads(self.keys.read_text())
        return keys


def write_secret(file: Path, text: str) -> None:
    """Write whole or not at all, readable by its owner only from the first byte on."""
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as content:
        content.write(text)
        content.flush()
        os.fsync(descriptor)
    partial.replace(file)


def _new_keys() -> dict[str, Any]:
    from jeugdregio.issuer import new_signing_key  # noqa: PLC0415 - cryptography loads slowly

    return {
        "vaultKeys": {"1": _random_key()},
        "vaultIndexKey": _random_key(),
        "signingKey": new_signing_key(),
    }


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
