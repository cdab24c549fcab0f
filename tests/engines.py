"""Real engines for tests: one PostgreSQL and one Kafka per run, started when the first test asks for them.

Import the fixtures in a conftest: `from tests.engines import engines_folder, kafka, postgres`.
"""

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jeugdregio.engines import Kafka, Postgres
from jeugdregio.identity import ProcessIdentity

_PREFIX = "jeugdregio-tests-"
_OWNER = "owner.json"
# Safe under kill -9 of the server; only a crash of the whole machine could lose something.
THROW_AWAY = {"fsync": "off", "full_page_writes": "off"}

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def engines_folder() -> Iterator[Path]:
    """Give a folder that PostgreSQL's user can enter; what killed runs left behind is cleared first."""
    _clear_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o711)
    if owner := ProcessIdentity.of(os.getpid()):
        owner.save(folder / _OWNER)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(engines_folder: Path) -> Iterator[Postgres]:
    engine = Postgres(engines_folder / "postgres", settings=THROW_AWAY)
    with engine:
        yield engine
    engine.remove()


@pytest.fixture(scope="session")
def kafka(engines_folder: Path) -> Iterator[Kafka]:
    engine = Kafka(engines_folder / "kafka")
    with engine:
        yield engine
    engine.remove()


def new_database(postgres: Postgres) -> str:
    """Make an empty database of its own for a test module; give the administrator's address of it."""
    return postgres.create_database(f"test_{next(_numbers)}")


def _clear_abandoned(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        owner = ProcessIdentity.load(folder / _OWNER)
        if owner is None or owner.alive:
            continue
        for memory in folder.rglob("process.json"):
            if left_over := ProcessIdentity.load(memory):
                left_over.end(signal.SIGKILL)
        for elsewhere in folder.rglob("elsewhere"):
            shutil.rmtree(elsewhere.resolve(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
