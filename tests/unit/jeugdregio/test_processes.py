"""The eight processes: one that dies is reported with its last words, and what a killed run left is ended."""

import os
from pathlib import Path

import pytest

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import ProcessError, StarterError
from jeugdregio.identity import ProcessIdentity
from jeugdregio.processes import Processes, ask
from jeugdregio.services import ServiceProcess
from tests.waiting import until

_API = ServiceProcess("referrals", "api")
_HALF_CONFIGURED = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[3])}


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    with folder.in_use():
        return folder


async def _has_died(processes: Processes) -> bool:
    try:
        processes.check()
    except ProcessError:
        return True
    return False


async def test_a_process_that_dies_is_reported_with_the_end_of_its_log(data: DataFolder) -> None:
    processes = Processes(data)
    processes.start(_API, _HALF_CONFIGURED)
    await until(lambda: _has_died(processes))
    with pytest.raises(ProcessError, match=r"referrals-api: stopped with exit code 1 \(log: .*\)") as failure:
        processes.check()
    assert "SERVICE_DATABASE_URL is missing" in failure.value.detail
    assert "Traceback" not in failure.value.detail
    processes.stop()


def test_what_a_killed_run_left_behind_is_ended(data: DataFolder) -> None:
    killed = Processes(data)
    killed.start(_API, _HALF_CONFIGURED)
    left_behind = ProcessIdentity.of(killed.ids["referrals-api"])
    assert left_behind is not None
    assert Processes(data).end_left_overs() == 1
    assert not left_behind.alive
    assert Processes(data).end_left_overs() == 0
    killed.stop()


def test_stopping_ends_them_and_forgets_them(data: DataFolder) -> None:
    processes = Processes(data)
    processes.start(_API, _HALF_CONFIGURED)
    pid = processes.ids["referrals-api"]
    processes.stop()
    assert ProcessIdentity.of(pid) is None
    assert processes.ids == {}
    assert list(data.processes.iterdir()) == []


def test_a_port_that_was_taken_meanwhile_is_said_in_one_line(data: DataFolder) -> None:
    import socket  # noqa: PLC0415

    processes = Processes(data)
    processes.check_ports()
    port = data.ports["monitoring-worker-metrics"]
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(StarterError, match=f"port {port} of monitoring-worker-metrics is in use"),
    ):
        processes.check_ports()


def test_a_process_that_does_not_answer_is_not_ready(data: DataFolder) -> None:
    text, problem = ask(data.ports["referrals-api"], "/readyz")
    assert text == ""
    assert problem is not None
    assert problem.startswith("no answer on port")
