"""Care over HTTP, as a provider and a municipality meet it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import httpx
import pytest

from shared.journal.sequencer import Sequencer
from tests.databases import Databases
from tests.unit.referrals.conftest import HOST, Caller
from tests.unit.referrals.given import CONTENT, HELMOND, OTHER, PROVIDER

BSN = "999990019"
GRANTED_AT = "2022-12-01T09:00:00Z"
STOP = {"to": "2023-06-30", "reasonOfEnding": "31"}


class Users(NamedTuple):
    """Three who call: a municipality, a provider of its, and another provider."""

    municipality: httpx.AsyncClient
    provider: httpx.AsyncClient
    other: httpx.AsyncClient


@pytest.fixture
async def users(caller: Caller) -> AsyncIterator[Users]:
    async with AsyncExitStack() as stack:
        callers = (("municipality", HELMOND), ("provider", PROVIDER), ("provider", OTHER))
        yield Users(*[await stack.enter_async_context(caller(*each)) for each in callers])


async def grant(users: Users, number: int, **changes: object) -> None:
    body = {**CONTENT, "bsn": BSN, "decidedAt": GRANTED_AT, "sentAt": GRANTED_AT, **changes}
    answer = await users.municipality.put(f"/indications/{HELMOND}/{number}", json=body)
    assert answer.status_code in (200, 201), answer.text


def period(number: int, first: str = "2023-02-01") -> str:
    return f"/care-periods/{HELMOND}/{number}/{first}"


def sent(hour: int, **more: object) -> dict[str, object]:
    return {"sentAt": f"2023-02-02T{hour:02}:00:00Z", **more}


def told(answer: httpx.Response) -> tuple[object, ...]:
    """Give what an answer says has become of a period."""
    content = answer.json()
    return answer.status_code, content["outcome"], content["status"], content["version"]


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def pages(client: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Read a list to its end."""
    answer = await client.get(path, params=query)
    found = []
    while True:
        assert answer.status_code == 200, answer.text
        content = answer.json()
        found += content["items"]
        if content["next"] is None:
            return found
        answer = await client.get(HOST + content["next"])


async def test_care_starts_stops_is_corrected_taken_back_and_withdrawn(users: Users) -> None:
    await grant(users, 1)
    answers = [
        await users.provider.put(period(1), json=sent(9)),
        await users.provider.put(period(1), json=sent(9)),
        await users.provider.put(period(1), json=sent(11, **STOP)),
        await users.provider.put(period(1), json=sent(10)),
        await users.provider.put(period(1), json=sent(12, to="2023-07-31", reasonOfEnding="32")),
    ]
    assert [told(each) for each in answers] == [
        (201, "created", "accepted", 1),
        (200, "unchanged", "accepted", 1),
        (200, "applied", "accepted", 2),
        (200, "superseded", "accepted", 2),
        (200, "applied", "accepted", 3),
    ]
    assert problem(await users.provider.put(period(1), json=sent(12))) == (409, "moments-taken")
    withdrawals = period(1) + "/withdrawals"
    assert problem(await users.provider.post(withdrawals, json=sent(13))) == (409, "care-has-stop")
    assert told(await users.provider.put(period(1), json=sent(14)))[1:] == ("applied", "accepted", 4)
    withdrawn = await users.provider.post(withdrawals, json=sent(15, reason="Wrong number"))
    assert told(withdrawn) == (200, "applied", "accepted", 5)
    assert withdrawn.json()["withdrawn"]
    for reader in (users.municipality, users.provider):
        kept = await pages(reader, period(1) + "/history", pageSize=2)
        assert [(each["outcome"], each["version"], each["to"], each["withdrawal"]) for each in kept] == [
            ("applied", 5, None, True),
            ("applied", 4, None, False),
            ("applied", 3, "2023-07-31", False),
            ("applied", 2, "2023-06-30", False),
            ("superseded", None, None, False),
            ("created", 1, None, False),
        ]


async def test_what_comes_before_its_indication_waits_and_is_seen_to(users: Users) -> None:
    assert told(await users.provider.put(period(2), json=sent(9))) == (201, "created", "waiting", 0)
    assert told(await users.provider.put(period(2), json=sent(10, **STOP))) == (200, "applied", "waiting", 0)
    late = "2024-01-01"
    assert told(await users.provider.put(period(2, late), json=sent(9)))[2] == "waiting"
    assert told(await users.other.put(period(2), json=sent(9)))[2] == "waiting"
    waiting = await pages(users.municipality, "/care-periods", status="waiting", assignmentNumber=2)
    assert [(each["provider"], each["from"]) for each in waiting] == [
        (PROVIDER, "2023-02-01"),
        (OTHER, "2023-02-01"),
        (PROVIDER, late),
    ]
    assert all(each["clientId"] is each["indication"] is None for each in waiting)

    await grant(users, 2)
    decided = (await users.provider.get(period(2))).json()
    assert (decided["status"], decided["version"], decided["to"]) == ("accepted", 1, "2023-06-30")
    assert decided["clientId"]
    assert decided["indication"]
    refused = (await users.provider.get(period(2, late))).json()
    assert (refused["status"], refused["refusal"], refused["version"]) == ("refused", "from-outside", 0)
    others = (await users.other.get(period(2))).json()
    assert (others["status"], others["refusal"]) == ("refused", "not-yours")
    assert others["clientId"] is others["indication"] is None
    assert (await users.municipality.get(period(2))).json() == decided
    history = await pages(users.provider, period(2) + "/history")
    assert [(each["outcome"], each["version"]) for each in history] == [
        ("accepted", 1),
        ("applied", None),
        ("created", None),
    ]


async def test_the_number_of_another_provider_is_as_good_as_none(users: Users) -> None:
    await grant(users, 3)
    await users.provider.put(period(3), json=sent(9))
    answers = [
        await users.other.put(period(3), json=sent(9)),
        await users.other.put(period(3, "2023-03-01"), json=sent(9, **STOP)),
        await users.other.post(period(3) + "/withdrawals", json=sent(9)),
        await users.other.get(period(3)),
        await users.other.get(period(3) + "/history"),
        await users.other.get(period(30)),
    ]
    assert {problem(each) for each in answers} == {(404, "not-found")}
    assert {each.json()["detail"] for each in answers} == {answers[-1].json()["detail"]}
    assert await pages(users.other, "/care-periods", assignmentNumber=3) == []


async def test_a_list_is_narrowed_by_all_that_is_given_and_paged_without_a_gap(users: Users) -> None:
    for number in (41, 42, 43):
        await grant(users, number)
        await users.provider.put(period(number), json=sent(9, **STOP))
        await users.provider.put(period(number, "2023-07-01"), json=sent(9))
    await grant(users, 44, product="43A10", provider=OTHER)
    await users.other.put(period(44), json=sent(9))
    every = await pages(users.municipality, "/care-periods", pageSize=1)
    assert [each for each in every if 41 <= each["assignmentNumber"] <= 44] == [
        each
        for each in await pages(users.municipality, "/care-periods")
        if 41 <= each["assignmentNumber"] <= 44
    ]
    assert len({each["id"] for each in every}) == len(every)
    narrowed = {
        (("assignmentNumber", 41),): [(41, "2023-02-01"), (41, "2023-07-01")],
        (("assignmentNumber", 41), ("activeOn", "2023-06-30")): [(41, "2023-02-01")],
        (("assignmentNumber", 41), ("activeOn", "2023-07-01")): [(41, "2023-07-01")],
        (("product", "43A10"),): [(44, "2023-02-01")],
        (("provider", OTHER), ("status", "accepted")): [(44, "2023-02-01")],
        (("assignmentNumber", 41), ("withdrawn", "true")): [],
        (("assignmentNumber", 41), ("product", "43A10")): [],
    }
    for query, expected in narrowed.items():
        found = await pages(users.municipality, "/care-periods", **dict(query))
        assert [(each["assignmentNumber"], each["from"]) for each in found] == expected, query


async def test_only_what_was_accepted_is_in_the_feed_of_events(users: Users, databases: Databases) -> None:
    await grant(users, 5)
    accepted = (await users.provider.put(period(5), json=sent(9))).json()
    waiting = (await users.provider.put(period(59), json=sent(9))).json()
    async with databases.database("referrals", "worker") as worker, worker.transaction() as connection:
        await Sequencer().step(connection)
    for reader in (users.municipality, users.provider):
        events = (await reader.get("/events", params={"pageSize": 1000})).json()
        of_care = {event["subject"]: event["data"] for event in events if ".care." in event["type"]}
        assert waiting["id"] not in of_care
        assert of_care[accepted["id"]] == {
            **{name: accepted[name] for name in ("indication", "clientId", "municipality", "provider")},
            **{name: accepted[name] for name in ("from", "to", "reasonOfEnding", "withdrawn")},
        }
    theirs = (await users.other.get("/events", params={"pageSize": 1000})).text
    assert accepted["id"] not in theirs
