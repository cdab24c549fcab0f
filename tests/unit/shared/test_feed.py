"""`GET /events`: the journal in its order, to each caller its own part, and nothing of it missed or shown twice."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from jeugdregio.engines import Postgres
from shared.database import Database
from shared.events.envelope import Envelope, cloud_event, source
from shared.journal import feed
from shared.journal.feed import events_router
from shared.journal.relay import _NEXT
from shared.journal.sequencer import Sequencer
from shared.journal.state import renew_generation
from shared.paging import decode, encode
from shared.settings import Settings
from shared.values.region import load_region
from shared.web import create_app
from tests.databases import Databases, empty, make_databases
from tests.unit.shared.conftest import Issuer

SERVICE = "referrals"
EVENTS = f"/{SERVICE}/v1/events"
TYPE = "nl.jeugdregio.referrals.indication.v1"
REGION = load_region(Path(__file__).parents[3] / "region.toml")
HELMOND, ASTEN, PROVIDER, STRANGER = "0794", "0743", "98000001", "98000009"


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, SERVICE)


@pytest.fixture(scope="module")
async def client(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AsyncClient]:
    issuer = Issuer(tmp_path_factory.mktemp("issuer"))
    settings = Settings.model_validate(
        {
            "service_database_url": databases.url(SERVICE, "api"),
            "kafka_bootstrap_servers": "127.0.0.1:9092",
            "public_url": "https://api.region.example",
            "token_issuer": issuer.claims()["iss"],
            "token_audience": issuer.claims()["aud"],
            "jwks_url": issuer.url,
        }
    )
    router = events_router(SERVICE)
    app = create_app(
        service=SERVICE, title="Referrals", description="Journal.", settings=settings, routers=[router]
    )
    app.state.region = REGION
    app.state.issuer = issuer
    async with databases.database(SERVICE, "api") as app.state.database:
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="https://api.region.example") as client:
            yield client


@dataclass(frozen=True)
class Journal:
    """The service's journal, as its own processes write and read it."""

    owner: Database
    worker: Database

    async def reset(self) -> None:
        async with self.owner.transaction() as connection:
            await empty(connection, "journal", "journal_pending", "journal_position", "processing_log")
            await connection.execute("update relay set generation = 1, cursor = 0, topics = '{}'")
            await connection.execute("update sequencer set position = 0")

    async def record(
        self, *owners: Sequence[str], client: UUID | None = None, positioned: bool = True
    ) -> None:
        """Record an event for each: that of an indication which these organisations may see."""
        events = [
            {
                "aggregateType": "indication",
                "aggregateId": str(uuid4()),
                "version": 1,
                "payload": {"clientId": str(client or uuid4()), "municipality": whose[0], "withdrawn": False},
                "organisations": list(whose),
            }
            for whose in owners
        ]
        async with self.worker.transaction() as connection:
            await connection.execute("select record_events($1, null)", events)
            if positioned:
                await Sequencer().step(connection)

    async def rows(self) -> list[asyncpg.Record]:
        """Give the rows that the relay would send."""
        async with self.worker.transaction() as connection:
            return list(await connection.fetch(_NEXT, 0, 1_000_000, 1_000_000))

    async def logged(self) -> list[UUID]:
        async with self.worker.transaction() as connection:
            rows = await connection.fetch(
                "select data_subject_id as client, name from processing_log order by id"
            )
        assert {row["name"] for row in rows} <= {"events"}
        return [row["client"] for row in rows]


@pytest.fixture(scope="module")
async def kept(databases: Databases) -> AsyncIterator[Journal]:
    async with databases.database(SERVICE, "owner") as owner, databases.database(SERVICE, "worker") as worker:
        yield Journal(owner, worker)


@pytest.fixture
async def journal(kept: Journal) -> Journal:
    await kept.reset()
    return kept


async def ask(
    client: AsyncClient, organisation: str, link: str = EVENTS, *, role: str = "", **params: str | int
) -> httpx.Response:
    app: Any = client._transport.app  # type: ignore[attr-defined]
    own_role = "municipality" if len(organisation) == len(HELMOND) else "provider"
    token = app.state.issuer.token(role=role or own_role, organisation=organisation)
    return await client.get(link, params=params or None, headers={"Authorization": f"Bearer {token}"})


def next_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    assert list(answer.links) == ["next"]
    return answer.links["next"]["url"]


def positions(answer: httpx.Response) -> list[int]:
    return [int(event["position"]) for event in answer.json()]


async def read_all(client: AsyncClient, organisation: str, page_size: int) -> list[int]:
    """Follow the links until a page is empty and leads nowhere further."""
    link, found = f"{EVENTS}?pageSize={page_size}", list[int]()
    while True:
        answer = await ask(client, organisation, link)
        further, page = next_of(answer), positions(answer)
        found += page
        if not page and further == link:
            return found
        link = further


async def test_an_event_is_the_same_here_as_in_kafka(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND, PROVIDER], [HELMOND])
    answer = await ask(client, HELMOND)
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    publisher = source(REGION.oin, SERVICE)
    sent = [cloud_event(row, source=publisher, service=SERVICE, generation=1) for row in await journal.rows()]
    assert answer.content == b"[" + b",".join(sent) + b"]"
    assert [Envelope.model_validate(event).type for event in orjson.loads(answer.content)] == [TYPE, TYPE]


async def test_each_caller_sees_its_own_part(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND, PROVIDER], [ASTEN], [ASTEN, PROVIDER], ["everyone"], [HELMOND])
    assert positions(await ask(client, HELMOND)) == [1, 4, 5]
    assert positions(await ask(client, ASTEN)) == [2, 3, 4]
    assert positions(await ask(client, PROVIDER)) == [1, 3, 4]
    assert positions(await ask(client, STRANGER)) == [4]


@pytest.mark.parametrize("role", ["referrer", "contract-manager", "analyst", "peer", "operator"])
async def test_other_roles_have_no_feed(client: AsyncClient, journal: Journal, role: str) -> None:
    await journal.record(["everyone"])
    answer = await ask(client, "00000099000000010010", role=role)
    assert answer.status_code == 403


@hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    owners=st.lists(st.sets(st.sampled_from([HELMOND, ASTEN, PROVIDER]), min_size=1), max_size=12),
    page_size=st.integers(1, 5),
    looked_at_once=st.integers(1, 6),
)
async def test_following_the_links_gives_every_caller_all_of_its_own_once_and_in_order(
    client: AsyncClient, journal: Journal, owners: list[set[str]], page_size: int, looked_at_once: int
) -> None:
    await journal.reset()
    if owners:
        await journal.record(*(sorted(whose) for whose in owners))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "_LOOKED_AT_ONCE", looked_at_once)
        for caller in (HELMOND, ASTEN, PROVIDER, STRANGER):
            own = [position for position, whose in enumerate(owners, 1) if caller in whose]
            assert await read_all(client, caller, page_size) == own


async def test_an_empty_page_leads_past_what_others_own(client: AsyncClient, journal: Journal) -> None:
    await journal.record(*[[ASTEN]] * 7)
    answer = await ask(client, HELMOND)
    link = next_of(answer)
    assert answer.json() == []
    assert decode(httpx.URL(link).params["cursor"]) == (1, 7)
    await journal.record([HELMOND])
    assert positions(await ask(client, HELMOND, link)) == [8]


async def test_what_has_no_position_yet_is_not_shown_and_not_passed_over(
    client: AsyncClient, journal: Journal
) -> None:
    await journal.record([HELMOND], positioned=False)
    answer = await ask(client, HELMOND)
    assert answer.json() == []
    await journal.record([HELMOND])
    assert positions(await ask(client, HELMOND, next_of(answer))) == [1, 2]


async def test_what_the_broker_refused_is_in_the_feed(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND])
    (row,) = await journal.rows()
    async with journal.worker.transaction() as connection:
        await connection.execute(
            "insert into relay_parked (position, aggregateid, topic, reason, parked_at)"
            " values (1, $1, 'referrals.indication', 'MessageSizeTooLargeError', moment())",
            row["aggregateid"],
        )
    assert await journal.rows() == []
    assert positions(await ask(client, HELMOND)) == [1]
    async with journal.worker.transaction() as connection:
        await connection.execute("delete from relay_parked")


async def test_a_cursor_of_an_older_generation_starts_again(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND], [HELMOND])
    link = next_of(await ask(client, HELMOND, pageSize=1))
    async with journal.worker.transaction() as connection:
        await renew_generation(connection)
    answer = await ask(client, HELMOND, link)
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(":journal-restarted")
    again = await ask(client, HELMOND)
    assert [(event["position"], event["generation"]) for event in again.json()] == [("1", 2), ("2", 2)]


async def test_a_cursor_beyond_the_journal_starts_again(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND])
    assert (await ask(client, HELMOND, cursor=encode([1, 1]))).status_code == 200
    assert (await ask(client, HELMOND, cursor=encode([1, 2]))).status_code == 410


@pytest.mark.parametrize(
    "cursor",
    ["x", encode([]), encode([1]), encode([1, -1]), encode([1, 2, 3]), encode(["1", 2]), encode([1, 2**63])],
)
async def test_a_cursor_that_is_none_is_refused(client: AsyncClient, journal: Journal, cursor: str) -> None:
    await journal.record([HELMOND])
    answer = await ask(client, HELMOND, cursor=cursor)
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["cursor"]


async def test_types_choose_and_stay_in_the_link(client: AsyncClient, journal: Journal) -> None:
    await journal.record([HELMOND], [HELMOND])
    answer = await ask(client, HELMOND, types=TYPE, pageSize=1)
    assert positions(answer) == [1]
    assert httpx.URL(next_of(answer)).params["types"] == TYPE
    assert positions(await ask(client, HELMOND, next_of(answer))) == [2]


@pytest.mark.parametrize("types", ["", "nl.jeugdregio.contracts.product.v1", f"{TYPE},", f"{TYPE},other"])
async def test_a_type_that_is_not_published_here_is_refused(
    client: AsyncClient, journal: Journal, types: str
) -> None:
    await journal.record([HELMOND])
    answer = await ask(client, HELMOND, types=types)
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["types"]


async def test_whose_data_were_read_is_logged_once_per_person(client: AsyncClient, journal: Journal) -> None:
    one, other = uuid4(), uuid4()
    await journal.record([HELMOND], [HELMOND], client=one)
    await journal.record([ASTEN], client=other)
    await ask(client, HELMOND)
    assert await journal.logged() == [one]
    await ask(client, ASTEN)
    assert await journal.logged() == [one, other]
