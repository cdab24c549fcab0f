"""`GET /events`: the journal in its order, to each caller its own part, and nothing of it missed or shown twice."""

from uuid import uuid4

import httpx
import orjson
import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.events.envelope import Envelope, cloud_event, source
from shared.journal import feed
from shared.journal.state import renew_generation
from shared.paging import decode, encode
from tests.unit.shared.feed.reading import (
    ASTEN,
    EVENTS,
    HELMOND,
    PROVIDER,
    REGION,
    SERVICE,
    STRANGER,
    TYPE,
    Journal,
    ask,
    next_of,
    positions,
)


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
