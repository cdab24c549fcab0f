"""A municipality delivers files to a running region: 5,000 records, by HTTP and by the command."""

import gzip
import json
from collections.abc import AsyncIterator, Callable
from itertools import islice
from pathlib import Path

import httpx
import pytest

from jeugdregio.identity import ProcessIdentity
from tests.system.front_door import FrontDoor, Json
from tests.system.indications import citizen_numbers, indication
from tests.system.program import command
from tests.waiting import until

MUNICIPALITY = "0794"
_RECORDS = 5_000
_FIRST_NUMBER = 670_000_000
_PIECE = 64 * 1024


def records() -> list[Json]:
    """Each tenth is wrong: its last day lies before the first."""
    bsns = citizen_numbers(957_000_000)
    return [
        {
            **indication(bsn, valid_to="2027-01-01" if place % 10 == 9 else "2028-12-31"),
            "assignmentNumber": _FIRST_NUMBER + place,
        }
        for place, bsn in enumerate(islice(bsns, _RECORDS))
    ]


def lines(given: list[Json]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in given)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


async def deliver(region: FrontDoor, client: httpx.AsyncClient, content: bytes, **headers: str) -> Json:
    """Deliver and wait until it is done."""
    running = region.program.region
    answer = await client.post(
        f"{running['services']['referrals']['url']}/deliveries",
        params={"kind": "indications"},
        content=pieces(content),
        headers={
            "Authorization": f"Bearer {running['tokens']['municipality'][MUNICIPALITY]}",
            "Content-Type": "application/x-ndjson",
            **headers,
        },
    )
    assert answer.status_code == 202, answer.text
    path = "/deliveries/" + answer.headers["Location"].rpartition("/")[2]
    assert path.endswith(answer.json()["id"])
    found: Json = {}

    async def done() -> bool:
        found.update(await region.read("referrals", path, role="municipality", organisation=MUNICIPALITY))
        return bool(found["state"] == "done")

    await until(done)
    return found


def memory_of(region: FrontDoor, process: str) -> int:
    """Give the most memory that a process ever had, in kB."""
    identity = ProcessIdentity.load(region.program.data.processes / f"{process}.json")
    assert identity is not None
    status = Path(f"/proc/{identity.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


async def test_a_file_of_5000_records_goes_in_but_for_those_that_are_wrong_and_is_unchanged_when_sent_again(
    region: FrontDoor, client: httpx.AsyncClient, record_property: Callable[[str, object], None]
) -> None:
    content = lines(records())
    wrong = _RECORDS // 10
    first = await deliver(region, client, content)
    assert (first["created"], first["refused"], first["handled"]) == (_RECORDS - wrong, wrong, _RECORDS)
    again = await deliver(region, client, gzip.compress(content), **{"Content-Encoding": "gzip"})
    assert (again["unchanged"], again["refused"]) == (_RECORDS - wrong, wrong)
    refused = await region.read(
        "referrals",
        f"/deliveries/{again['id']}/refusals",
        role="municipality",
        organisation=MUNICIPALITY,
        pageSize=1000,
    )
    assert [each["record"] for each in refused["items"]] == list(range(10, _RECORDS + 1, 10))
    assert {(each["field"], each["code"]) for each in refused["items"]} == {("#/to", "period")}
    for number in (0, _RECORDS - 2):
        shown = await region.read(
            "referrals",
            f"/indications/{MUNICIPALITY}/{_FIRST_NUMBER + number}",
            role="municipality",
            organisation=MUNICIPALITY,
        )
        assert shown["version"] == 1
    record_property("records per second, applied", round(first["recordsPerSecond"]))


async def test_a_file_many_times_larger_takes_no_more_memory(
    region: FrontDoor, client: httpx.AsyncClient, record_property: Callable[[str, object], None]
) -> None:
    await deliver(region, client, lines(records()[:1_000]))
    before = {name: memory_of(region, name) for name in ("referrals-api", "referrals-worker")}
    # Blank lines are no records: a file of 60 MB that costs nothing but its reading.
    await deliver(region, client, lines(records()[:1_000]) + (b" " * 60_000 + b"\n") * 1_000)
    grown = {name: memory_of(region, name) - kilobytes for name, kilobytes in before.items()}
    record_property("grown by, kB", grown)
    assert max(grown.values()) < 20_000


async def test_the_command_delivers_a_file_and_shows_what_was_refused(
    region: FrontDoor, tmp_path: Path
) -> None:
    file = tmp_path / "indications" / "june.ndjson.gz"
    file.parent.mkdir()
    some = [{**each, "assignmentNumber": each["assignmentNumber"] + _RECORDS} for each in records()[:20]]
    file.write_bytes(gzip.compress(lines(some)))
    data = str(region.program.data.path)
    shown = await command("deliver", str(file), "--organisation", MUNICIPALITY, "--data", data)
    assert "20 records, 18 created" in shown
    assert "period" in shown
    again = await command("deliver", str(file), "--organisation", MUNICIPALITY, "--data", data, "--dry-run")
    assert "18 unchanged" in again


@pytest.mark.parametrize(
    ("name", "organisation", "complaint"),
    [("june.txt", MUNICIPALITY, "ends in none of"), ("june.csv", "0363", "no token of municipality 0363")],
)
async def test_the_command_says_what_it_cannot_deliver(
    region: FrontDoor, tmp_path: Path, name: str, organisation: str, complaint: str
) -> None:
    file = tmp_path / name
    file.write_text("bsn\n")
    data = str(region.program.data.path)
    with pytest.raises(AssertionError, match=complaint):
        await command(
            "deliver", str(file), "--kind", "indications", "--organisation", organisation, "--data", data
        )
