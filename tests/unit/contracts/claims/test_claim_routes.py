"""Claims over HTTP, as a provider, a contract manager and a municipality meet them."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from tests.databases import Databases
from tests.unit.contracts.claims.world import (
    APRIL,
    CARER,
    CLINIC,
    HELMOND,
    Worker,
    emptied,
    granted,
)
from tests.unit.contracts.conftest import Caller

CLAIM = f"/claims/{CARER}/2023-04.0017"
BODY: dict[str, Any] = {
    "municipality": HELMOND,
    "assignmentNumber": 1,
    "from": "2023-04-01",
    "to": "2023-04-30",
    "cents": 600,
}
HOST = "http://contracts"


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Worker]:
    async with databases.database("contracts", "worker") as database:
        yield Worker(database)


@pytest.fixture
async def carer(caller: Caller, admin: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    await emptied(admin)
    async with caller("provider", CARER) as client:
        yield client
    await emptied(admin)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_a_claim_is_made_corrected_and_credited_under_its_reference(
    carer: httpx.AsyncClient, worker: Worker
) -> None:
    await worker.arrive(1, granted(cents=1_000))
    answers = [
        await carer.put(CLAIM, json=BODY),
        await carer.put(CLAIM, json=BODY),
        await carer.put(CLAIM, json={**BODY, "cents": 1_000}),
        await carer.post(CLAIM + "/credits"),
        await carer.post(CLAIM + "/credits"),
    ]
    assert [
        (a.status_code, a.json()["outcome"], a.json()["status"], a.json()["version"]) for a in answers
    ] == [
        (201, "created", "accepted", 1),
        (200, "unchanged", "accepted", 1),
        (200, "applied", "accepted", 2),
        (200, "applied", "credited", 3),
        (200, "unchanged", "credited", 3),
    ]
    assert problem(await carer.put(CLAIM, json=BODY)) == (409, "claim-credited")
    assert (await carer.get(CLAIM)).json() == {
        **{name: answers[-1].json()[name] for name in ("id", "recordedAt")},
        **BODY,
        "provider": CARER,
        "reference": "2023-04.0017",
        "cents": 1_000,
        "status": "credited",
        "refusal": None,
        "version": 3,
    }
    page = (await carer.get(CLAIM + "/history", params={"pageSize": 2})).json()
    rest = (await carer.get(HOST + page["next"])).json()
    kept = [(each["version"], each["cents"], each["status"]) for each in page["items"] + rest["items"]]
    assert kept == [(3, 1_000, "credited"), (2, 1_000, "accepted"), (1, 600, "accepted")]


async def test_a_refusal_says_why_and_what_to_do_and_leaves_the_claim_as_it_was(
    carer: httpx.AsyncClient, worker: Worker
) -> None:
    await worker.arrive(1, granted(cents=1_000, period=APRIL))
    await carer.put(CLAIM, json=BODY)
    above = await carer.put(f"/claims/{CARER}/2", json={**BODY, "to": "2023-04-29", "cents": 401})
    assert (problem(above), above.json()["centsLeft"]) == ((409, "claim-above-granted"), 400)
    double = await carer.put(f"/claims/{CARER}/2", json={**BODY, "cents": 1})
    assert (problem(double), double.json()["otherReference"]) == ((409, "claim-double"), "2023-04.0017")
    outside = await carer.put(CLAIM, json={**BODY, "to": "2023-05-01"})
    assert problem(outside) == (409, "claim-outside-indication")
    assert (outside.json()["indicationFrom"], outside.json()["indicationTo"]) == ("2023-04-01", "2023-04-30")
    assert "2023-04-01 to 2023-04-30" in outside.json()["detail"]
    assert problem(await carer.put(CLAIM, json={**BODY, "assignmentNumber": 2})) == (
        409,
        "claim-number-fixed",
    )
    assert (
        (await carer.get(CLAIM)).json()["version"],
        (await carer.get(f"/claims/{CARER}/2")).status_code,
    ) == (
        1,
        404,
    )
    await worker.arrive(1, granted(cents=1_000, period=APRIL, provider=CARER))
    assert problem(await carer.post(f"/claims/{CARER}/2/credits")) == (404, "not-found")


async def test_a_claim_waits_for_its_number_and_its_refusal_can_be_read(
    carer: httpx.AsyncClient, worker: Worker
) -> None:
    first = await carer.put(CLAIM, json=BODY)
    second = await carer.put(f"/claims/{CARER}/2", json={**BODY, "assignmentNumber": 2})
    assert [(a.status_code, a.json()["status"]) for a in (first, second)] == [(201, "waiting")] * 2
    await worker.arrive(1, granted(cents=599))
    await worker.refuse_all_that_wait()
    items = (await carer.get("/claims", params={"status": "refused"})).json()["items"]
    refusals = {each["reference"]: each["refusal"] for each in items}
    assert refusals.keys() == {"2", "2023-04.0017"}
    assert refusals["2023-04.0017"]["centsLeft"] == 599
    assert refusals["2023-04.0017"]["detail"].startswith("Of the granted value 599 cents are left")
    assert refusals["2"]["titleNl"] == "Toewijzingnummer niet bekend"
    await worker.arrive(1, granted(cents=600))
    again = await carer.put(CLAIM, json=BODY)
    assert (again.json()["outcome"], again.json()["status"]) == ("applied", "accepted")


async def test_a_number_of_another_provider_is_answered_as_one_that_nobody_knows(
    carer: httpx.AsyncClient, worker: Worker
) -> None:
    await worker.arrive(1, granted(provider=CLINIC))
    theirs = (await carer.put(CLAIM, json=BODY)).json()
    unknown = (await carer.put(f"/claims/{CARER}/2", json={**BODY, "assignmentNumber": 2})).json()
    own = ("id", "reference", "assignmentNumber", "recordedAt")
    assert {k: v for k, v in theirs.items() if k not in own} == {
        k: v for k, v in unknown.items() if k not in own
    }


async def test_lists_are_narrowed_and_everybody_sees_what_is_theirs(
    carer: httpx.AsyncClient, caller: Caller, worker: Worker
) -> None:
    await worker.arrive(1, granted())
    for reference, day in (("a", "01"), ("b", "02"), ("c", "03")):
        body = {**BODY, "from": f"2023-04-{day}", "to": f"2023-04-{day}", "cents": 1}
        await carer.put(f"/claims/{CARER}/{reference}", json=body)
    for asked, found in (
        ({}, "abc"),
        ({"from": "2023-04-02"}, "bc"),
        ({"to": "2023-04-02"}, "ab"),
        ({"from": "2023-04-02", "to": "2023-04-02", "provider": CARER}, "b"),
        ({"municipality": HELMOND, "assignmentNumber": "1", "status": "accepted"}, "abc"),
        ({"status": "waiting"}, ""),
        ({"provider": CLINIC}, ""),
    ):
        items = (await carer.get("/claims", params=asked)).json()["items"]
        assert "".join(each["reference"] for each in items) == found, asked
    page = (await carer.get("/claims", params={"pageSize": 2})).json()
    rest = (await carer.get(HOST + page["next"])).json()
    assert ([each["reference"] for each in rest["items"]], rest["next"]) == (["c"], None)
    for role, organisation, seen in (
        ("contract-manager", "00000099000000001000", 3),
        ("municipality", HELMOND, 3),
        ("municipality", "0743", 0),
        ("provider", CLINIC, 0),
    ):
        async with caller(role, organisation) as client:
            assert len((await client.get("/claims")).json()["items"]) == seen, role
            one = 403 if role == "provider" else 200 if seen else 404
            assert (await client.get(f"/claims/{CARER}/a")).status_code == one
            assert (await client.put(f"/claims/{CARER}/a", json=BODY)).status_code == 403


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"to": "2023-03-31"}, "#/to"),
        ({"municipality": "0363"}, "#/municipality"),
        ({"cents": 0}, "#/cents"),
        ({"bsn": "999990019"}, "#/bsn"),
    ],
)
async def test_what_cannot_be_a_claim_is_refused_where_it_stands(
    carer: httpx.AsyncClient, changed: dict[str, object], pointer: str
) -> None:
    answer = await carer.put(CLAIM, json={**BODY, **changed})
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, [pointer])


@pytest.mark.parametrize("reference", ["-a", "a b", "a" * 41, "naïef", "a%2Fb"])
async def test_a_reference_is_no_free_text(carer: httpx.AsyncClient, reference: str) -> None:
    assert (await carer.put(f"/claims/{CARER}/{reference}", json=BODY)).status_code in {400, 404}
