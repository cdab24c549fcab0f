"""Products, providers and agreements over HTTP, as a contract manager and a provider meet them."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from shared.paging import encode
from tests.unit.contracts.conftest import Caller
from tests.unit.contracts.states import FOSTER_CARE, PROVIDER, product, provider

HOST = "http://contracts"
AGREEMENT = f"/agreements/{PROVIDER}/{FOSTER_CARE}/2023-01-01"
PRODUCT: dict[str, Any] = product().model_dump(mode="json", by_alias=True, exclude={"code"})
OF_PROVIDER: dict[str, Any] = provider().model_dump(mode="json", by_alias=True, exclude={"agb"})


@pytest.fixture
async def manager(caller: Caller, admin: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    """A contract manager's client, where one provider and one product are known."""
    async with caller() as client:
        assert (await client.put(f"/products/{FOSTER_CARE}", json=PRODUCT)).status_code == 201
        assert (await client.put(f"/providers/{PROVIDER}", json=OF_PROVIDER)).status_code == 201
        yield client
    await admin.execute("truncate agreement, product, provider, journal, journal_pending")


async def test_the_first_put_is_201_the_same_again_200_and_unchanged(manager: httpx.AsyncClient) -> None:
    first = await manager.put(AGREEMENT, json={"to": "2023-12-31"})
    again = await manager.put(AGREEMENT, json={"to": "2023-12-31", "tariffCents": None})
    other = await manager.put(AGREEMENT, json={"tariffCents": 4400})
    assert [(r.status_code, r.json()["outcome"], r.json()["version"]) for r in (first, again, other)] == [
        (201, "created", 1),
        (200, "unchanged", 1),
        (200, "applied", 2),
    ]
    assert (await manager.get(AGREEMENT)).json() == {
        **{name: other.json()[name] for name in ("id", "recordedAt")},
        "provider": PROVIDER,
        "product": FOSTER_CARE,
        "from": "2023-01-01",
        "to": None,
        "tariffCents": 4400,
        "municipalities": None,
        "withdrawn": False,
        "version": 2,
    }


async def test_a_first_day_is_corrected_by_withdrawing_and_putting_anew(manager: httpx.AsyncClient) -> None:
    await manager.put(AGREEMENT, json={})
    right = AGREEMENT.replace("2023-01-01", "2023-02-01")
    refused = await manager.put(right, json={})
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:problem-type:jeugdregio:agreements-overlap",
    )
    assert (refused.json()["overlapsFrom"], refused.json()["overlapsTo"]) == ("2023-01-01", None)
    withdrawn = [await manager.post(AGREEMENT + "/withdrawals") for _ in range(2)]
    assert [(r.status_code, r.json()["outcome"], r.json()["withdrawn"]) for r in withdrawn] == [
        (200, "applied", True),
        (200, "unchanged", True),
    ]
    assert (await manager.put(right, json={})).status_code == 201
    listed = await manager.get("/agreements", params={"validOn": "2023-03-01", "withdrawn": "false"})
    assert [each["from"] for each in listed.json()["items"]] == ["2023-02-01"]


async def test_a_refused_change_leaves_nothing_behind(
    manager: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    before = await admin.fetchval("select count(*) from journal")
    unknown = await manager.put("/agreements/98000009/46A01/2023-01-01", json={})
    assert unknown.status_code == 400
    assert [(e["code"], e["parameter"]) for e in unknown.json()["errors"]] == [
        ("unknown-product", "product"),
        ("unknown-provider", "provider"),
    ]
    reversed_ = await manager.put(AGREEMENT, json={"to": "2022-12-31"})
    assert [(e["code"], e["pointer"]) for e in reversed_.json()["errors"]] == [("period", "#/to")]
    assert (await manager.post(AGREEMENT + "/withdrawals")).status_code == 404
    assert await admin.fetchval("select count(*) from journal") == before


async def test_a_product_says_everything_that_is_wrong_with_it(manager: httpx.AsyncClient) -> None:
    wrong = {**PRODUCT, "category": "45", "to": "2021-01-01"}
    answer = await manager.put(f"/products/{FOSTER_CARE}", json=wrong)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/category", "#/to"]
    answer = await manager.put(
        f"/products/{FOSTER_CARE}", json={**PRODUCT, "segment": "2", "residential": 1, "x": 1}
    )
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/segment", "#/residential", "#/x"]


async def test_lists_and_histories_go_on_behind_their_link(manager: httpx.AsyncClient) -> None:
    for code in ("43A10", "43A14"):
        await manager.put(f"/products/{code}", json=PRODUCT)
    for segment in (1, 2):
        await manager.put(f"/products/{FOSTER_CARE}", json={**PRODUCT, "segment": segment})
    page = (await manager.get("/products", params={"pageSize": 2, "residential": "true"})).json()
    assert [each["code"] for each in page["items"]] == [FOSTER_CARE, "43A10"]
    rest = (await manager.get(HOST + page["next"])).json()
    assert ([each["code"] for each in rest["items"]], rest["next"]) == (["43A14"], None)
    page = (await manager.get(f"/products/{FOSTER_CARE}/history", params={"pageSize": 2})).json()
    assert [(each["version"], each["segment"]) for each in page["items"]] == [(3, 2), (2, 1)]
    rest = (await manager.get(HOST + page["next"])).json()
    assert ([each["version"] for each in rest["items"]], rest["next"]) == ([1], None)


async def test_what_is_not_there_is_404(manager: httpx.AsyncClient) -> None:
    for path in ("/products/45A99", "/providers/98000009", AGREEMENT):
        for suffix in ("", "/history"):
            assert (await manager.get(path + suffix)).status_code == 404


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/products", [], 400),
        ("/products", [1], 400),
        ("/providers", [None], 400),
        ("/agreements", ["98000001"], 400),
        ("/agreements", ["98000001", "43A09", "no day"], 400),
        (f"/products/{FOSTER_CARE}/history", ["x"], 400),
    ],
)
async def test_a_cursor_of_ones_own_making_does_no_harm(
    manager: httpx.AsyncClient, path: str, key: list[object], status: int
) -> None:
    assert (await manager.get(path, params={"cursor": encode(key)})).status_code == status


async def test_a_provider_reads_the_catalogue_itself_and_its_own_agreements(
    manager: httpx.AsyncClient, caller: Caller
) -> None:
    await manager.put(AGREEMENT, json={})
    async with caller("provider", PROVIDER) as own, caller("provider", "98000002") as other:
        assert (await own.get(AGREEMENT)).status_code == 200
        assert len((await own.get(AGREEMENT + "/history")).json()["items"]) == 1
        assert (await own.get(f"/providers/{PROVIDER}")).status_code == 200
        assert (await other.get(AGREEMENT)).status_code == 403
        for path, seen in (("/products", 1), ("/providers", 0), ("/agreements", 0)):
            assert len((await other.get(path)).json()["items"]) == seen
        assert (await own.put(AGREEMENT, json={})).status_code == 403


async def test_an_agreement_for_some_municipalities_is_the_same_in_any_order(
    manager: httpx.AsyncClient,
) -> None:
    first = await manager.put(AGREEMENT, json={"municipalities": ["0794", "0743"]})
    again = await manager.put(AGREEMENT, json={"municipalities": ["0743", "0794", "0743"]})
    whole = await manager.put(AGREEMENT, json={})
    assert [(a.json()["outcome"], a.json()["municipalities"]) for a in (first, again, whole)] == [
        ("created", ["0743", "0794"]),
        ("unchanged", ["0743", "0794"]),
        ("applied", None),
    ]
    elsewhere = await manager.put(AGREEMENT, json={"municipalities": ["0743", "0363"]})
    assert [error["pointer"] for error in elsewhere.json()["errors"]] == ["#/municipalities/1"]


async def test_the_ages_of_a_product_are_kept_and_belong_in_order(manager: httpx.AsyncClient) -> None:
    ages = {"minimumAge": 12, "maximumAge": 18}
    await manager.put(f"/products/{FOSTER_CARE}", json={**PRODUCT, **ages})
    read = (await manager.get(f"/products/{FOSTER_CARE}")).json()
    assert {name: read[name] for name in ages} == ages
    wrong = await manager.put(
        f"/products/{FOSTER_CARE}", json={**PRODUCT, "minimumAge": 18, "maximumAge": 12}
    )
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["#/maximumAge"]
