"""What stands in `.data`: for one starter at a time, secrets for their owner only, the same ports each time."""

import os
import socket
import stat
from pathlib import Path

import pytest

from jeugdregio.data_folder import DataFolder, write_secret
from jeugdregio.errors import StarterError, end_of, full_disk
from jeugdregio.ports import Ports, is_free


def test_a_second_start_in_the_same_folder_is_told_who_runs(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "data")
    with (
        first.in_use(),
        pytest.raises(StarterError, match=rf"already running \(process {os.getpid()}\)"),
        second.in_use(),
    ):
        pytest.fail("two starters have the same folder")
    with second.in_use():
        assert (tmp_path / "data" / "lock").read_text() == str(os.getpid())


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    made = data.secrets()
    assert made.keys() == {"vaultKeys", "vaultIndexKey", "signingKey"}
    assert DataFolder(tmp_path).secrets() == made
    assert stat.S_IMODE(data.keys.stat().st_mode) == 0o600


def test_a_secret_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a longer one, open to all")
    write_secret(file, "short")
    assert file.read_text() == "short"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_a_running_region_the_way_to_start_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(StarterError, match="start it with `make up`"):
        DataFolder(tmp_path).read_region()


def test_ports_stay_the_same_and_differ_from_each_other(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    first = {name: ports[name] for name in ("postgres", "kafka", "referrals-api")}
    again = Ports(tmp_path / "ports.json")
    assert {name: again[name] for name in first} == first
    assert len(set(first.values())) == len(first)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_full_disk_is_said_in_one_line(tmp_path: Path) -> None:
    error = full_disk(OSError(28, "No space left on device"), tmp_path)
    assert error is not None
    assert "free some space" in str(error)
    assert full_disk(OSError(13, "Permission denied"), tmp_path) is None


def test_the_end_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("\n".join(str(number) for number in range(100_000)))
    assert end_of(log, lines=2) == "99998\n99999"
    assert end_of(tmp_path / "none.log") == ""
