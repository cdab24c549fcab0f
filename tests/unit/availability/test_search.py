"""What a referrer is answered: over HTTP, with the rights of the api's own role in the database."""

from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient

from services.availability.schema import AGREEMENT, PRODUCT, PROVIDER, TOPICS
from shared.consumer.recompute import Recompute
from shared.database import Database
from shared.paging import encode
from tests.unit.availability.conftest import Headers
from tests.unit.availability.inputs import (
    agreement,
    arrive,
    product,
    provider,
    settle,
    version,
)

OFFERS = "/availability/v1/offers"
HELMOND = "0794"
ID = "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"


@pytest.fixture
async def offered(worker: Database, recompute: Recompute) -> None:
    """Five agreements of two providers: three products, of which one was not heard of yet."""
    await arrive(
        worker,
        PRODUCT,
        [
            version(1, product(), of=1),
            version(1, product("45A01", category="45", segment=4, nameNl="Ambulant"), of=2),
        ],
    )
    await arrive(worker, PROVIDER, [version(1, provider(), of=1)])
    terms: list[dict[str, Any]] = [
        {"to": "2023-06-30"},
        {"from": "2023-07-01"},
        {"provider": "98000002"},
        {"product": "45A01", "provider": "98000002"},
        {"product": "44A01"},
    ]
    agreed = [version(1, agreement(**changes), of=number) for number, changes in enumerate(terms)]
    await arrive(worker, AGREEMENT, agreed)
    await settle(recompute)


async def search(client: AsyncClient, **params: str | int) -> list[tuple[str, str, str]]:
    answer = await client.get(OFFERS, params=params)
    assert answer.status_code == 200, answer.text
    return [(item["product"], item["provider"], item["from"]) for item in answer.json()["items"]]


@pytest.mark.usefixtures("offered")
async def test_a_referrer_finds_what_is_contracted_on_a_day(client: AsyncClient) -> None:
    assert await search(client, on="2023-06-30", municipality=HELMOND) == [
        ("43A09", "98000001", "2023-01-01"),
        ("43A09", "98000002", "2023-01-01"),
        ("44A01", "98000001", "2023-01-01"),
        ("45A01", "98000002", "2023-01-01"),
    ]
    assert ("43A09", "98000001", "2023-07-01") in await search(client, on="2023-07-01")
    assert await search(client, on="2022-12-31") == []


@pytest.mark.usefixtures("offered")
async def test_without_a_day_it_is_today(client: AsyncClient) -> None:
    assert len(await search(client)) == 4


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"product": "43A09"}, {"98000001", "98000002"}),
        ({"product": "43A09", "provider": "98000002"}, {"98000002"}),
        ({"provider": "98000001"}, {"98000001"}),
        ({"segment": 4}, {"98000002"}),
        ({"category": "43"}, {"98000001", "98000002"}),
        ({"category": "43", "segment": 4}, set()),
    ],
)
async def test_a_search_is_narrowed_to_all_that_is_given(
    client: AsyncClient, narrowed: dict[str, str | int], expected: set[str]
) -> None:
    found = await search(client, on="2023-06-30", **narrowed)
    assert {provider for _, provider, _ in found} == expected


@pytest.mark.usefixtures("offered")
async def test_an_offer_says_what_is_known_and_null_for_what_is_not(client: AsyncClient) -> None:
    answer = await client.get(OFFERS, params={"on": "2023-06-30", "provider": "98000001"})
    complete, unheard_of = answer.json()["items"]
    assert complete == {
        "provider": "98000001",
        "providerName": "Aanbieder 98000001",
        "product": "43A09",
        "nameNl": "Pleegzorg",
        "nameEn": "Foster care",
        "segment": 2,
        "category": "43",
        "municipalities": None,
        "minimumAge": None,
        "maximumAge": None,
        "from": "2023-01-01",
        "to": "2023-06-30",
        "location": {
            "code": "1",
            "name": "Markt",
            "postcode": "5701 AB",
            "latitude": 51.48,
            "longitude": 5.66,
        },
        **dict.fromkeys(("intakeWeeks", "startWeeks", "totalWeeks", "referenceDate", "ageDays", "stale")),
        **dict.fromkeys(("admission", "places", "reason", "until", "distanceKm")),
        "because": [
            {
                "code": "never-reported",
                "text": "No waiting time was ever reported; it comes after those that are known.",
                "textNl": "Er is nooit een wachttijd gemeld; het staat na wat wel bekend is.",
            }
        ],
    }
    assert unheard_of["product"] == "44A01"
    assert [unheard_of[name] for name in ("nameNl", "nameEn", "segment", "category")] == [None] * 4


@pytest.mark.usefixtures("offered")
async def test_pages_of_one_lead_through_all_in_order(client: AsyncClient) -> None:
    link: str | None = f"{OFFERS}?on=2023-06-30&pageSize=1"
    found: list[tuple[str, str]] = []
    while link is not None:
        page = (await client.get(link)).json()
        found += [(item["product"], item["provider"]) for item in page["items"]]
        link = page["next"]
    assert found == [(item[0], item[1]) for item in await search(client, on="2023-06-30")]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"municipality": "0363"}, "municipality"),
        ({"municipality": "794"}, "municipality"),
        ({"on": "2023-02-29"}, "on"),
        ({"segment": "6"}, "segment"),
        ({"category": "99"}, "category"),
        ({"product": "43a09"}, "product"),
        ({"provider": "1"}, "provider"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": encode(["43A09"])}, "cursor"),
        ({"cursor": encode(["wait", 1, 1, "43A09", "98000001", "1", "no id"])}, "cursor"),
        ({"cursor": encode(["distance", 1, 1, "43A09", "98000001", "1", ID])}, "cursor"),
        ({"sort": "distance"}, "postcode"),
        ({"maximumDistance": "10"}, "postcode"),
        ({"postcode": "0123"}, "postcode"),
        ({"postcode": "5700"}, "postcode"),
        ({"age": "24"}, "age"),
        ({"maximumWait": "-1"}, "maximumWait"),
        ({"cursor": encode([[], {}, 7, None])}, "cursor"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(
    client: AsyncClient, params: dict[str, str], parameter: str
) -> None:
    answer = await client.get(OFFERS, params=params)
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


@pytest.mark.usefixtures("offered")
async def test_an_answer_is_complete_up_to_the_topic_that_is_furthest_behind(
    client: AsyncClient, worker: Database
) -> None:
    assert (await client.get(OFFERS)).json()["knownThrough"] is None
    for minute, topic in enumerate(TOPICS):
        async with worker.transaction() as connection:
            await connection.execute(
                "insert into recompute_through (topic, known_through) values ($1, $2)",
                topic,
                datetime(2023, 8, 1, 12, 30 - minute, tzinfo=UTC),
            )
        known = (await client.get(OFFERS)).json()["knownThrough"]
        assert (known is not None) is (topic == TOPICS[-1])
    assert known == "2023-08-01T12:28:00Z"
    assert (await client.get(OFFERS, params={"on": "2000-01-01"})).json() == {
        "items": [],
        "next": None,
        "leftOut": {"waitUnknown": None, "distanceUnknown": None},
        "facets": None,
        "knownThrough": known,
    }


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("contract-manager", 200),
        *((role, 403) for role in ("municipality", "provider", "analyst", "peer", "operator")),
    ],
)
async def test_referrers_and_contract_managers_search_and_nobody_else(
    client: AsyncClient, token: Headers, role: str, status: int
) -> None:
    answer = await client.get(OFFERS, headers=token(role))
    assert answer.status_code == status


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("organisation", "role", "visible"),
    [
        ("", "", 0),
        ("0794", "municipality", 0),
        ("98000001", "provider", 3),
        ("98000009", "provider", 0),
        ("an-access-team", "referrer", 5),
        ("the-region", "contract-manager", 5),
    ],
)
async def test_the_database_shows_a_provider_its_own_offers_and_all_to_who_searches(
    api: Database, organisation: str, role: str, visible: int
) -> None:
    async with api.transaction(organisation=organisation, role=role) as connection:
        assert await connection.fetchval("select count(*) from offer") == visible
