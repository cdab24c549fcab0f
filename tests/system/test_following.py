"""Others without Kafka follow the journal: by the long poll itself, and with the example in docs/."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.system.front_door import FrontDoor
from tests.system.indications import citizen_numbers, indication
from tests.system.program import ROOT, command
from tests.waiting import until

READER = "0794"
_WAIT = 25
_NUMBERS = iter(range(640_000_000, 640_001_000))
_BSNS = citizen_numbers(940_000_000)


async def write(region: FrontDoor, municipality: str = READER) -> str:
    """Record an indication; give its id."""
    answer = await region.put_indication(municipality, next(_NUMBERS), indication(next(_BSNS)))
    return str(answer["id"])


async def test_a_write_is_seen_by_a_waiting_reader_within_its_wait(
    region: FrontDoor, client: httpx.AsyncClient, record_property: Callable[[str, object], None]
) -> None:
    url = f"{region.program.region['services']['referrals']['url']}/events"
    headers = {"Authorization": f"Bearer {region.program.region['tokens']['municipality'][READER]}"}
    link, events = f"{url}?pageSize=1000", [None]
    while events:
        answer = await client.get(link, headers=headers)
        link, events = str(httpx.URL(url).join(answer.links["next"]["url"])), answer.json()
    waiting = asyncio.create_task(client.get(f"{link}&wait={_WAIT}", headers=headers))
    await until(_one_waits(region, client))
    await write(region, "0743")
    own, began = await write(region), time.monotonic()
    answer = await waiting
    took = time.monotonic() - began
    assert [event["subject"] for event in answer.json()] == [own]
    assert took < _WAIT / 2
    record_property("from answer to the waiting reader (ms)", round(took * 1000))


def _one_waits(region: FrontDoor, client: httpx.AsyncClient) -> Callable[[], Any]:
    metrics = region.program.region["services"]["referrals"]["metrics"]["api"]

    async def so() -> bool:
        text = (await client.get(f"{metrics}/metrics")).text
        return 'events_waiting_callers{service="referrals"} 1.0' in text

    return so


@asynccontextmanager
async def following(region: FrontDoor, place: Path) -> AsyncIterator[list[dict[str, Any]]]:
    """Run the example; give the list into which the events come that it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "docs" / "follow_events.py"),
        region.program.region["services"]["referrals"]["url"], str(place),
        env={"TOKEN": region.program.region["tokens"]["municipality"][READER]},
        stdout=asyncio.subprocess.PIPE, limit=2**20,
    )  # fmt: skip
    assert process.stdout is not None
    seen: list[dict[str, Any]] = []
    reading = asyncio.create_task(_read(process.stdout, seen))
    try:
        yield seen
        assert process.returncode is None
    finally:
        process.terminate()
        await process.wait()
        await reading


async def _read(lines: asyncio.StreamReader, seen: list[dict[str, Any]]) -> None:
    async for line in lines:
        seen.append(json.loads(line))  # noqa: PERF401 - each is looked at as it comes


async def _seen(events: list[dict[str, Any]], indication_id: str) -> None:
    async def so() -> bool:
        return indication_id in {event["subject"] for event in events}

    await until(so)


async def test_the_example_follows_goes_on_where_it_was_and_starts_again_with_the_journal(
    region: FrontDoor, tmp_path: Path
) -> None:
    place = tmp_path / "place.txt"
    async with following(region, place) as events:
        first = await write(region)
        await _seen(events, first)
        assert {event["data"]["municipality"] for event in events} == {READER}
        assert events[-1]["subject"] == first
    async with following(region, place) as events:
        second = await write(region)
        await _seen(events, second)
        # The last page may come again, what was before it not.
        assert {event["subject"] for event in events} <= {first, second}
        generation = events[-1]["generation"]
        await command("republish", "referrals", "--data", str(region.program.data.path))
        await write(region)

        async def again() -> bool:
            anew = [event for event in events if event["generation"] > generation]
            return {first, second} <= {event["subject"] for event in anew}

        await until(again)
    await region.complete()
