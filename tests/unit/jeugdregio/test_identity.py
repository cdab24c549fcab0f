"""A left-over process is ended by id, and only when it is still the same process."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jeugdregio.identity import ProcessIdentity


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "600"])  # noqa: S607 - any long program does
    yield process
    process.kill()
    process.wait()


def _identity(pid: int) -> ProcessIdentity:
    found = ProcessIdentity.of(pid)
    assert found is not None
    return found


def test_a_running_process_is_known_again_from_its_file(tmp_path: Path) -> None:
    _identity(os.getpid()).save(tmp_path / "me.json")
    again = ProcessIdentity.load(tmp_path / "me.json")
    assert again == _identity(os.getpid())
    assert again.alive


def test_a_file_that_a_crash_left_half_written_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"pid": 12')
    assert ProcessIdentity.load(tmp_path / "half.json") is None
    assert ProcessIdentity.load(tmp_path / "none.json") is None


def test_a_left_over_is_ended(sleeper: subprocess.Popen[bytes]) -> None:
    identity = _identity(sleeper.pid)
    identity.end()
    assert sleeper.wait() == -signal.SIGTERM
    assert not identity.alive


def test_a_frozen_left_over_is_ended_too(sleeper: subprocess.Popen[bytes]) -> None:
    os.kill(sleeper.pid, signal.SIGSTOP)
    _identity(sleeper.pid).end()
    assert sleeper.wait() == -signal.SIGTERM


def test_another_process_that_got_the_same_id_is_never_touched(sleeper: subprocess.Popen[bytes]) -> None:
    former = ProcessIdentity(sleeper.pid, started="before this one")
    assert not former.alive
    former.end(signal.SIGKILL)
    assert sleeper.poll() is None


def test_a_zombie_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    identity = _identity(sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.alive
    assert ProcessIdentity.of(sleeper.pid) is None
