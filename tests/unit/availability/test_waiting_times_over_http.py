"""What a provider's portal is answered, and that a referrer finds at once what it reported."""

from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from services.availability.schema import AGREEMENT, PRODUCT, PROVIDER
from services.availability.worker import count_due
from shared import metrics
from shared.consumer.recompute import Recompute
from shared.database import Database
from shared.values.moments import AMSTERDAM, now
from tests.unit.availability.conftest import Headers
from tests.unit.availability.inputs import agreement, arrive, place, product, provider, settle, version

TIMES = "/availability/v1/waiting-times"
OFFERS = "/availability/v1/offers"
AGB = "98000001"


def ago(days: int) -> str:
    today: date = now().astimezone(AMSTERDAM).date()
    return (today - timedelta(days=days)).isoformat()


def entry(**changes: object) -> dict[str, Any]:
    values: dict[str, Any] = {
        "provider": AGB,
        "location": "1",
        "product": "43A09",
        "referenceDate": ago(3),
        "intakeWeeks": 2,
        "startWeeks": 4,
        "admission": "accepting",
    }
    return values | changes


@pytest.fixture(autouse=True)
async def contracted(worker: Database, recompute: Recompute) -> None:
    """One provider with two locations, contracted for foster care and for something else that ended."""
    await arrive(worker, PRODUCT, [version(1, product(), of=1)])
    places = [place("1"), place("2", postcode="5611", latitude=51.44, longitude=5.47)]
    await arrive(worker, PROVIDER, [version(1, provider(AGB, locations=places), of=2)])
    ended = agreement(product="45A01", to="2023-12-31")
    await arrive(worker, AGREEMENT, [version(1, agreement(), of=3), version(1, ended, of=4)])
    await settle(recompute)


async def post(client: AsyncClient, token: Headers, *reports: object) -> list[dict[str, Any]]:
    answer = await client.post(TIMES, json={"reports": reports}, headers=token("provider", AGB))
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert len(results) == len(reports)
    return results


async def listed(client: AsyncClient, token: Headers, **params: object) -> list[dict[str, Any]]:
    answer = await client.get(TIMES, params=params, headers=token("provider", AGB))  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def errors(result: dict[str, Any]) -> set[tuple[str, str]]:
    assert all(each["message"] and each["messageNl"] for each in result["errors"])
    return {(each["code"], each["pointer"]) for each in result["errors"]}


async def test_each_report_has_its_own_result_in_the_order_of_the_body(
    client: AsyncClient, token: Headers
) -> None:
    results = await post(
        client,
        token,
        entry(),
        entry(location="9"),
        entry(location="2", intakeWeeks=None, startWeeks=None, admission="stop", reason="Vol"),
        entry(intakeWeeks="2", unheard="of"),
        entry(provider="98000002"),
        7,
        {"provider": AGB, "location": "2", "stillCorrect": True, "referenceDate": ago(-1)},
        {name: value for name, value in entry().items() if name != "intakeWeeks"},
    )
    assert [each["outcome"] for each in results] == [
        "created", "refused", "created", "refused", "refused", "refused", "refused", "refused",
    ]  # fmt: skip
    assert errors(results[1]) == {("unknown-location", "#/reports/1/location")}
    assert errors(results[3]) == {
        ("int-type", "#/reports/3/intakeWeeks"),
        ("extra-forbidden", "#/reports/3/unheard"),
    }
    assert errors(results[4]) == {("another-provider", "#/reports/4/provider")}
    assert errors(results[5]) == {("model-type", "#/reports/5")}
    assert errors(results[6]) == {("in-the-future", "#/reports/6/referenceDate")}
    assert errors(results[7]) == {("missing", "#/reports/7/intakeWeeks")}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], "#"),
        ({}, "#/reports"),
        ({"reports": {}}, "#/reports"),
        ({"reports": []}, "#/reports"),
        ({"reports": [entry()] * 1_001}, "#/reports"),
        ({"reports": [entry()], "more": 1}, "#/more"),
    ],
)
async def test_a_broken_envelope_is_refused_as_a_whole(
    client: AsyncClient, token: Headers, body: object, pointer: str
) -> None:
    answer = await client.post(TIMES, json=body, headers=token("provider", AGB))
    assert answer.status_code == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_a_report_just_posted_is_found_by_the_next_search(client: AsyncClient, token: Headers) -> None:
    before = (await client.get(OFFERS)).json()["items"]
    assert [offer["totalWeeks"] for offer in before] == [None, None]
    await post(client, token, entry(location="2", places=1))
    found, other = (await client.get(OFFERS)).json()["items"]
    assert found["location"]["code"] == "2"
    assert (found["intakeWeeks"], found["startWeeks"], found["totalWeeks"], found["places"]) == (2, 4, 6, 1)
    assert (found["referenceDate"], found["ageDays"], found["stale"]) == (ago(3), 3, False)
    assert other["totalWeeks"] is None
    stale = entry(location="1", referenceDate=ago(32), intakeWeeks=0, startWeeks=0)
    await post(client, token, stale)
    found, _ = (await client.get(OFFERS)).json()["items"]
    assert (found["totalWeeks"], found["stale"]) == (0, True)
    assert [each["code"] for each in found["because"]] == ["wait", "stale"]


async def test_what_is_due_is_what_is_contracted_and_old_or_was_never_reported(
    client: AsyncClient, token: Headers
) -> None:
    never = await listed(client, token, due=True)
    assert [(each["location"], each["referenceDate"], each["dueOn"]) for each in never] == [
        ("1", None, "2023-01-01"), ("2", None, "2023-01-01")
    ]  # fmt: skip
    assert await listed(client, token) == []
    await post(client, token, entry(referenceDate=ago(31)), entry(location="2", referenceDate=ago(30)))
    (due,) = await listed(client, token, due=True)
    assert (due["location"], due["ageDays"], due["dueOn"], due["due"]) == ("1", 31, ago(0), True)
    (not_due,) = await listed(client, token, due=False)
    assert (not_due["location"], not_due["ageDays"], not_due["dueOn"]) == ("2", 30, ago(-1))
    assert len(await listed(client, token)) == 2
    # What is no longer contracted is not asked for any more.
    await post(client, token, entry(product="45A01", referenceDate="2023-06-01"))
    (ended,) = await listed(client, token, product="45A01")
    assert (ended["due"], ended["dueOn"]) == (False, None)


async def test_the_worker_shows_how_many_are_due_and_how_many_of_these_never_came(
    client: AsyncClient, token: Headers, worker: Database
) -> None:
    await post(client, token, entry(referenceDate=ago(31)))
    await count_due(worker)
    shown = metrics.exposition().decode()
    assert 'waiting_times_due{service="availability"} 2.0' in shown
    assert 'waiting_times_never_reported{service="availability"} 1.0' in shown


async def test_pages_of_one_lead_through_all_that_is_due(client: AsyncClient, token: Headers) -> None:
    link: str | None = f"{TIMES}?due=true&pageSize=1"
    found: list[str] = []
    while link is not None:
        page = (await client.get(link, headers=token("provider", AGB))).json()
        found += [each["location"] for each in page["items"]]
        link = page["next"]
    assert found == ["1", "2"]


async def test_the_history_holds_every_report_and_every_correction(
    client: AsyncClient, token: Headers
) -> None:
    path = f"{TIMES}/{AGB}/1/43A09/history"
    assert (await client.get(path, headers=token("provider", AGB))).status_code == 404
    await post(client, token, entry(referenceDate=ago(40)))
    await post(client, token, entry(referenceDate=ago(9)))
    await post(client, token, entry(referenceDate=ago(40), intakeWeeks=None))
    link: str | None = f"{path}?pageSize=2"
    found: list[tuple[object, ...]] = []
    while link is not None:
        page = (await client.get(link, headers=token("contract-manager"))).json()
        found += [(each["referenceDate"], each["version"], each["intakeWeeks"]) for each in page["items"]]
        link = page["next"]
    assert found == [(ago(9), 1, 2), (ago(40), 2, None), (ago(40), 1, 2)]


async def test_another_provider_sees_none_of_it(client: AsyncClient, token: Headers) -> None:
    await post(client, token, entry())
    theirs = token("provider", "98000002")
    assert (await client.get(TIMES, params={"provider": AGB}, headers=theirs)).json()["items"] == []
    assert (await client.get(f"{TIMES}/{AGB}/1/43A09/history", headers=theirs)).status_code == 403
    assert (await client.get(TIMES, headers=token("referrer"))).status_code == 403
