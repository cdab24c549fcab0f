"""PostgreSQL from the wheel: what the starter and the other tests rely on."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from jeugdregio.engines import EngineError, Postgres
from tests.engines import THROW_AWAY


@pytest.fixture(scope="module")
def server(engines_folder: Path) -> Iterator[Postgres]:
    """A server of this module's own: it is killed here."""
    engine = Postgres(engines_folder / "own-postgres", settings=THROW_AWAY)
    with engine:
        yield engine
    engine.remove()


async def _ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_it_is_version_18_with_room_for_all_processes(server: Postgres) -> None:
    assert str(await _ask(server.url, "show server_version")).startswith("18.")
    assert await _ask(server.url, "show max_connections") == "200"
    assert await _ask(server.url, "select current_database()") == "jeugdregio"


async def test_it_listens_on_loopback_only_and_wants_a_password(server: Postgres) -> None:
    assert await _ask(server.url, "show listen_addresses") == "127.0.0.1"
    assert await _ask(server.url, "show unix_socket_directories") == ""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:guessed@127.0.0.1:{server.port}/jeugdregio")


async def test_what_was_committed_survives_kill_9_on_the_same_port(server: Postgres) -> None:
    await _ask(server.url, "create table kept as select 41 + 1 as answer")
    address, former = server.url, server.pid
    server.kill()
    server.restart()
    assert server.url == address
    assert server.pid != former
    assert await _ask(server.url, "select answer from kept") == 42


async def test_a_frozen_server_is_started_anew_without_its_orphans(server: Postgres) -> None:
    server.pause()
    os.kill(server.pid, signal.SIGKILL)
    server.restart()
    assert await _ask(server.url, "select 1") == 1


async def test_a_pid_file_with_the_id_of_another_process_does_not_stop_the_start(server: Postgres) -> None:
    pid_file = Path(str(await _ask(server.url, "show data_directory"))) / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.kill()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    server.restart()
    assert await _ask(server.url, "select 1") == 1


async def test_a_server_left_by_a_killed_starter_is_ended_by_the_next_one(server: Postgres) -> None:
    left_behind = server.pid
    next_starter = Postgres(server.folder, port=server.port, settings=THROW_AWAY)
    with next_starter:
        assert next_starter.pid != left_behind
        assert not server.running
        assert await _ask(next_starter.url, "select 1") == 1
    server.restart()


def test_a_busy_port_is_said_in_one_line(engines_folder: Path, server: Postgres) -> None:
    other = Postgres(engines_folder / "unlucky-postgres", port=server.port, settings=THROW_AWAY)
    with pytest.raises(EngineError, match=f"port {server.port} is in use by another program"):
        other.start()
    other.remove()


def test_an_unknown_setting_is_reported_with_the_end_of_the_log(engines_folder: Path) -> None:
    wrong = Postgres(engines_folder / "wrong-postgres", settings={"no_such_setting": "1"})
    with pytest.raises(EngineError, match="ended while starting") as failure:
        wrong.start()
    assert "no_such_setting" in failure.value.detail
    assert "\n" not in str(failure.value)
    wrong.remove()


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root lends the server to another user; this run is not root's"
)
def test_root_does_not_run_it_and_changes_no_mode_of_other_folders(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    engine = Postgres(closed / "postgres", settings=THROW_AWAY)
    with engine:
        assert Path(f"/proc/{engine.pid}").stat().st_uid != 0
        assert closed.stat().st_mode & 0o777 == 0o700
    engine.remove()


def test_pg_dump_of_the_same_version_stands_beside_it(server: Postgres) -> None:
    command = [str(server.bin / "pg_dump"), server.url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "dump complete" in done.stdout
