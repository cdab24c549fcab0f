"""`GET /events?wait=`: the answer comes when there is one, holds nothing meanwhile, and keeps nobody else waiting."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from httpx import AsyncClient

from shared.journal import waiting
from shared.journal.state import renew_generation
from shared.metrics import REGISTRY
from shared.serving import ApiServer, listen
from tests.unit.shared.feed.reading import (
    ASTEN,
    EVENTS,
    HELMOND,
    SERVICE,
    Journal,
    ask,
    next_of,
    positions,
)
from tests.waiting import until

LONG = 30


@contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


async def waits(count: int = 1) -> None:
    """Wait until so many callers wait."""

    async def so_many() -> bool:
        return REGISTRY.get_sample_value("events_waiting_callers", {"service": SERVICE}) == count

    await until(so_many)


@asynccontextmanager
async def one_waits(
    client: AsyncClient,
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """Have a caller wait; whoever is inside sees to it that it is answered soon."""
    asking = asyncio.create_task(ask(client, HELMOND, wait=LONG))
    await waits()
    with no_longer_than(LONG / 2):
        yield asking
        await asking
    await waits(0)


async def test_who_waits_is_answered_when_something_is_there_for_it(
    client: AsyncClient, journal: Journal
) -> None:
    async with one_waits(client) as asking:
        await journal.record([ASTEN])
        await journal.record([HELMOND])
    assert positions(await asking) == [2]
    assert (
        positions(await ask(client, HELMOND, next_of(await asking).replace(f"wait={LONG}", "wait=0"))) == []
    )


async def test_what_is_there_already_is_not_waited_for(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND])
    with no_longer_than(LONG / 2):
        assert positions(await ask(client, HELMOND, wait=LONG)) == [1]


async def test_when_the_time_is_over_an_empty_batch_leads_on(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND], [ASTEN])
    link = next_of(await ask(client, HELMOND))
    began = time.monotonic()
    answer = await ask(client, HELMOND, f"{link}&wait=1")
    assert time.monotonic() - began >= 1
    assert answer.json() == []
    await journal.record([HELMOND])
    assert positions(await ask(client, HELMOND, next_of(answer))) == [3]


async def test_only_what_is_answered_is_logged(client: AsyncClient, journal: Journal) -> None:
    one, other = uuid4(), uuid4()
    async with one_waits(client):
        await journal.record([ASTEN], client=other)
        assert await journal.logged() == []
        await journal.record([HELMOND], client=one)
    assert await journal.logged() == [one]


async def test_who_waits_holds_no_connection(app: FastAPI, client: AsyncClient, journal: Journal) -> None:
    many = [asyncio.create_task(ask(client, HELMOND, wait=LONG)) for _ in range(60)]
    await waits(60)
    database = app.state.database
    assert database.size < 20

    async def all_free() -> bool:
        return bool(database.idle == database.size)

    await until(all_free)
    with no_longer_than(LONG / 2):
        await journal.record([HELMOND])
        assert [positions(await each) for each in many] == [[1]] * 60
    await waits(0)


async def test_above_the_largest_crowd_callers_are_answered_at_once(
    client: AsyncClient, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LARGEST_CROWD", 1)
    async with one_waits(client):
        with no_longer_than(LONG / 2):
            answer = await ask(client, HELMOND, wait=LONG)
        assert answer.json() == []
        assert next_of(answer)
        await journal.record([HELMOND])


async def test_a_restart_of_the_journal_is_told_to_who_waits(client: AsyncClient, journal: Journal) -> None:
    async with one_waits(client) as asking, journal.worker.transaction() as connection:
        await renew_generation(connection)
    assert (await asking).status_code == 410


async def test_a_token_that_is_no_longer_valid_ends_the_waiting(
    app: FastAPI, client: AsyncClient, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with one_waits(client) as asking:
        monkeypatch.setattr(app.state.verifier, "_now", lambda: time.time() + 3600)
        await journal.record([HELMOND])
    assert (await asking).status_code == 401
    assert await journal.logged() == []


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[tuple[ApiServer, str]]:
    """Serve the app as its process does; give the server and where it answers."""
    listener = listen("127.0.0.1", 0, "PORT")
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, http="httptools")
    server = ApiServer(config, app.state.stopping)
    serving = asyncio.create_task(server._serve([listener]))
    try:
        yield server, f"http://127.0.0.1:{listener.getsockname()[1]}{EVENTS}"
    finally:
        server.should_exit = True
        await serving
        app.state.stopping.clear()


async def test_who_waits_is_answered_when_the_server_stops(app: FastAPI, journal: Journal) -> None:
    await journal.record([ASTEN])
    headers = {"Authorization": f"Bearer {app.state.issuer.token(organisation=HELMOND)}"}
    async with served(app) as (server, url), AsyncClient(headers=headers) as client:
        asking = asyncio.create_task(client.get(url, params={"wait": LONG}, timeout=LONG))
        await waits()
        with no_longer_than(2):
            server.should_exit = True
            answer = await asking
    assert answer.json() == []
    assert next_of(answer)


async def test_who_goes_is_no_longer_waited_for(app: FastAPI, journal: Journal) -> None:
    await journal.record([ASTEN])
    headers = {"Authorization": f"Bearer {app.state.issuer.token(organisation=HELMOND)}"}
    async with served(app) as (_, url), AsyncClient(headers=headers) as client:
        asking = asyncio.create_task(client.get(url, params={"wait": LONG}, timeout=LONG))
        await waits()
        asking.cancel()
        with no_longer_than(LONG / 2):
            await waits(0)
