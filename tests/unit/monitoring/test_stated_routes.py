"""Accounts and context figures over HTTP, and the figures that are made of them."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.monitoring.accounts.routes import router as accounts
from services.monitoring.context.routes import router as context
from services.monitoring.facts.commands import replace_granted
from services.monitoring.facts.domain import granted_spans
from services.monitoring.figures.routes import router as figures
from services.monitoring.stated.commands import promise
from shared.database import Database
from shared.values.moments import now
from shared.web.errors import HANDLERS
from tests.databases import empty
from tests.unit.monitoring.inputs import ASTEN, HELMOND, REGION, WAALRE, indication
from tests.unit.monitoring.test_figures_routes import Verifier

COSTS = "/figures/annual-costs"
SHARE = "/figures/share-of-young-inhabitants"
YOUNG = "/context-figures/young-inhabitants"


@pytest.fixture
async def http(owner: Database, worker: Database, api: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with owner.transaction() as connection:
        await empty(connection, "span", "client", "stated", "stated_number", "recompute_through")
    async with worker.transaction() as connection:
        helmond = indication(first=date(2023, 1, 1), last=date(2023, 4, 30))
        await replace_granted(connection, {UUID(int=1): granted_spans([helmond], None, REGION)})
    app = FastAPI(exception_handlers=HANDLERS)
    for router in (accounts, context, figures):
        app.include_router(router)
    app.state.region, app.state.database, app.state.verifier = REGION, api, Verifier()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://test") as client:
        client.headers["authorization"] = f"Bearer analyst:{REGION.oin}"
        yield client


async def put_accounts(
    http: httpx.AsyncClient, municipality: str, year: int, cents: int, stated_on: str = "2025-06-30"
) -> httpx.Response:
    return await http.put(
        f"/accounts/{municipality}/{year}",
        json={"statedOn": stated_on, "source": "Accounts", "cents": cents},
        headers={"authorization": f"Bearer municipality:{municipality}"},
    )


async def put_young(
    http: httpx.AsyncClient, area: str, day: str, amount: int, stated_on: str = "2025-01-01"
) -> None:
    body = {"statedOn": stated_on, "source": "Count", "amount": amount}
    answer = await http.put(f"{YOUNG}/{area}/{day}", json=body)
    assert answer.status_code in (200, 201), answer.text


async def rows(http: httpx.AsyncClient, path: str, **query: object) -> list[dict[str, Any]]:
    answer = await http.get(path, params=query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


async def test_costs_say_how_many_municipalities_are_in_them(http: httpx.AsyncClient) -> None:
    await put_accounts(http, ASTEN, 2023, 700)
    await put_accounts(http, HELMOND, 2023, 500)
    (total,) = await rows(http, COSTS, period="year", **{"from": "2023"})
    assert total == {"period": "2023", "value": 1200, "delivered": 2, "expected": 3}
    by_part = await rows(http, COSTS, period="year", by="subRegion", **{"from": "2023"})
    # Asten belongs to `Samen` on the last day of 2023, with Waalre, which has not delivered.
    assert by_part == [
        {"period": "2023", "subRegion": "Helmond", "value": 500, "delivered": 1, "expected": 1},
        {"period": "2023", "subRegion": "Samen", "value": 700, "delivered": 1, "expected": 2},
    ]
    (own,) = await rows(http, COSTS, period="year", municipality=WAALRE, **{"from": "2023"})
    assert own == {"period": "2023", "value": None, "delivered": 0, "expected": 1}


async def test_costs_of_a_year_without_accounts_are_not_0(http: httpx.AsyncClient) -> None:
    await put_accounts(http, ASTEN, 2023, 700)
    earlier, later = await rows(
        http, COSTS, period="year", compare="previous", **{"from": "2023", "to": "2024"}
    )
    assert (earlier["value"], earlier["previous"], earlier["change"]) == (700, None, None)
    assert (later["value"], later["previous"], later["relativeChange"]) == (None, 700, None)


async def test_the_change_to_the_year_before_is_of_the_newest_accounts(http: httpx.AsyncClient) -> None:
    for year, cents, stated_on in (
        (2022, 1000, "2023-07-01"),
        (2023, 900, "2024-03-01"),
        (2023, 1250, "2024-07-01"),
    ):
        await put_accounts(http, ASTEN, year, cents, stated_on)
    late = await put_accounts(http, ASTEN, 2023, 800, "2024-02-01")
    assert (late.status_code, late.json()["outcome"], late.json()["cents"]) == (200, "superseded", 1250)
    asked = {"period": "year", "from": "2023", "compare": "previous", "by": "municipality"}
    (row,) = await rows(http, COSTS, **asked)
    assert (row["value"], row["previous"], row["change"], row["relativeChange"]) == (1250, 1000, 250, 0.25)
    history = (await http.get(f"/accounts/{ASTEN}/2023/history")).json()["items"]
    assert [(each["version"], each["cents"]) for each in history] == [(3, 800), (2, 1250), (1, 900)]


async def test_accounts_are_known_from_when_they_were_put(http: httpx.AsyncClient, worker: Database) -> None:
    first = (await put_accounts(http, ASTEN, 2023, 700, "2024-03-01")).json()
    second = (await put_accounts(http, ASTEN, 2023, 900, "2024-07-01")).json()
    asked = {"period": "year", "from": "2023"}
    early = await http.get(COSTS, params={**asked, "asOf": second["knownAt"]})
    assert early.status_code == 409, "nobody promised that moment yet"
    async with worker.transaction() as connection:
        promised = await promise(connection)
    known = {}
    for moment in (first["knownAt"], second["knownAt"], promised.isoformat()):
        (row,) = await rows(http, COSTS, **asked, asOf=moment)
        known[moment] = row["value"]
    assert list(known.values()) == [700, 900, 900]
    (nothing,) = await rows(http, COSTS, **asked, asOf="2024-12-31")
    assert (nothing["value"], nothing["delivered"]) == (None, 0)


async def test_costs_are_known_per_year_only_and_the_answer_says_so(http: httpx.AsyncClient) -> None:
    refused = await http.get(COSTS, params={"period": "month", "from": "2023-01"})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["parameter"], error["code"]) == (400, "period", "period-not-in-figure")
    menu = {each["key"]: each for each in (await http.get("/figures")).json()["figures"]}
    assert menu["annual-costs"]["periods"] == ["year"]
    assert menu["annual-costs"]["dimensions"] == ["municipality", "subRegion"]


@pytest.mark.parametrize(
    ("stated_on", "code"),
    [("2023-12-31", "year-not-over"), ((now().date() + timedelta(days=2)).isoformat(), "not-yet")],
)
async def test_accounts_are_stated_after_their_year_and_not_in_the_future(
    http: httpx.AsyncClient, stated_on: str, code: str
) -> None:
    refused = await put_accounts(http, ASTEN, 2023, 1, stated_on)
    assert [(each["pointer"], each["code"]) for each in refused.json()["errors"]] == [("#/statedOn", code)]
    assert all(each["messageNl"] for each in refused.json()["errors"])


async def test_a_share_is_of_the_newest_count_of_the_place_at_the_start_of_the_period(
    http: httpx.AsyncClient,
) -> None:
    for area, day, amount in (
        ("region", "2023-01-01", 40),
        ("Helmond", "2022-07-01", 5),
        ("Helmond", "2023-01-01", 10),
        ("Helmond", "2023-04-01", 20),
    ):
        await put_young(http, area, day, amount)
    quarters = {"period": "quarter", "from": "2023-Q1", "to": "2023-Q2"}
    assert [row["denominator"] for row in await rows(http, SHARE, **quarters)] == [40, 40]
    found = await rows(http, SHARE, **quarters, subRegion="Helmond")
    assert [(row["value"], row["numerator"], row["denominator"]) for row in found] == [
        (0.1, 1, 10),
        (0.05, 1, 20),
    ]
    # A year later the count of the region holds no more: what is not known is not taken from before.
    (row,) = await rows(http, SHARE, period="quarter", **{"from": "2024-Q1"})
    assert (row["value"], row.get("denominator")) == (None, None)


async def test_places_are_added_up_only_when_all_of_them_are_known(http: httpx.AsyncClient) -> None:
    await put_young(http, HELMOND, "2023-01-01", 10)
    asked = {"from": "2023-01", "municipality": [HELMOND, ASTEN]}
    (row,) = await rows(http, SHARE, **asked)
    assert (row["value"], row["numerator"], row["denominator"]) == (None, 1, None)
    await put_young(http, ASTEN, "2023-01-01", 30)
    (row,) = await rows(http, SHARE, **asked)
    assert (row["value"], row["numerator"], row["denominator"]) == (0.025, 1, 40)
    # Parts are no whole that anybody stated.
    (row,) = await rows(http, SHARE, **{"from": "2023-01"})
    assert row["denominator"] is None


async def test_a_part_of_care_is_divided_by_all_inhabitants(http: httpx.AsyncClient) -> None:
    await put_young(http, "region", "2023-01-01", 40)
    (row,) = await rows(http, SHARE, by="product", **{"from": "2023-01"})
    assert (row["product"], row["numerator"], row["denominator"]) == ("43A09", 1, 40)
    (row,) = await rows(http, SHARE, product="45A04", **{"from": "2023-01"})
    assert (row["value"], row["numerator"], row["denominator"]) == (0.0, 0, 40)


@pytest.mark.parametrize("area", ["0363", "Nergens", "Samen", "Region"])
async def test_an_area_is_the_region_or_a_part_of_it_on_that_day(http: httpx.AsyncClient, area: str) -> None:
    body = {"statedOn": "2025-01-01", "source": "Count", "amount": 1}
    refused = await http.put(f"{YOUNG}/{area}/2023-01-01", json=body)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["parameter"], error["code"]) == (400, "area", "area")


async def test_lists_are_narrowed_and_paged(http: httpx.AsyncClient) -> None:
    for municipality, year in ((ASTEN, 2022), (ASTEN, 2023), (HELMOND, 2023)):
        await put_accounts(http, municipality, year, 1)
    first = (await http.get("/accounts", params={"year": 2023, "pageSize": 1})).json()
    second = (await http.get(first["next"])).json()
    assert [each["municipality"] for each in first["items"] + second["items"]] == [ASTEN, HELMOND]
    assert second["next"] is None
    await put_young(http, "Helmond", "2023-01-01", 1)
    listed = (await http.get("/context-figures", params={"area": "Helmond"})).json()["items"]
    assert [(each["name"], each["amount"], each["source"]) for each in listed] == [
        ("young-inhabitants", 1, "Count")
    ]
