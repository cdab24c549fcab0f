"""Figures over HTTP, against the real database, as the api role."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.monitoring.facts.commands import replace_granted
from services.monitoring.facts.domain import granted_spans
from services.monitoring.figures.domain import FIGURES
from services.monitoring.figures.routes import router
from shared.auth import Principal, Role
from shared.database import Database
from shared.web.errors import HANDLERS
from tests.databases import empty
from tests.unit.monitoring.inputs import (
    ASTEN,
    CARER,
    HELMOND,
    REGION,
    at,
    entry,
    indication,
    stretch,
    valuation,
)

PATH = "/figures/unique-clients"


class Verifier:
    """Takes `role:organisation` for a token: what a token is, is tested elsewhere."""

    async def verify(self, token: str) -> Principal:
        role, organisation = token.split(":")
        return Principal(Role(role), organisation, "somebody", "https://example.org/activity")


@pytest.fixture
async def client(owner: Database, worker: Database, api: Database) -> AsyncIterator[httpx.AsyncClient]:
    days = date(2023, 4, 1), date(2023, 4, 30)
    line = valuation(entry(10, 1, stretch(*days, 150_000)))
    async with owner.transaction() as connection:
        await empty(connection, "span", "client", "recompute_through")
    async with worker.transaction() as connection:
        await connection.execute(
            "insert into recompute_through values ('referrals.indication', $1), ('contracts.valuation', $2)",
            at(50),
            at(40),
        )
        helmond, asten = indication(first=days[0], last=days[1]), indication(municipality=ASTEN, number=2)
        found = {
            UUID(int=1): granted_spans([helmond], line, REGION),
            UUID(int=2): granted_spans([asten], None, REGION),
        }
        await replace_granted(connection, found)
    app = FastAPI(exception_handlers=HANDLERS)
    app.include_router(router)
    app.state.region, app.state.database, app.state.verifier = REGION, api, Verifier()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://test") as http:
        http.headers["authorization"] = f"Bearer analyst:{REGION.oin}"
        yield http


async def test_the_menu_says_what_each_figure_counts(client: httpx.AsyncClient) -> None:
    menu = (await client.get("/figures")).json()["figures"]
    assert len(menu) == len(FIGURES)
    assert all(each["definitionNl"] and each["definitionEn"] and each["countingRule"] for each in menu)


async def test_a_total_has_a_row_for_every_period(client: httpx.AsyncClient) -> None:
    answer = (await client.get(PATH, params={"from": "2022-12", "to": "2023-01"})).json()
    assert answer["rows"] == [{"period": "2022-12", "value": 0}, {"period": "2023-01", "value": 1}]
    assert (answer["figure"], answer["unit"], answer["asOf"], answer["next"]) == (
        "unique-clients",
        "clients",
        None,
        None,
    )
    assert answer["knownThrough"].startswith("2023-01-01T00:40:00")


async def test_what_is_not_known_is_null_or_unknown(client: httpx.AsyncClient) -> None:
    answer = (await client.get(PATH, params={"from": "2023-04", "by": ["segment", "referrer"]})).json()
    assert answer["rows"] == [
        {"period": "2023-04", "segment": None, "referrer": "unknown", "value": 1, "incomplete": 1},
        {"period": "2023-04", "segment": 2, "referrer": "unknown", "value": 1, "incomplete": 0},
    ]


async def test_a_filter_on_segments_still_says_how_much_is_incomplete(client: httpx.AsyncClient) -> None:
    answer = (await client.get(PATH, params={"from": "2023-04", "segment": "2"})).json()
    assert answer["rows"] == [{"period": "2023-04", "value": 1, "incomplete": 1}]


async def test_a_quotient_without_a_denominator_is_null(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/figures/granted-amount-per-client", params={"from": "2022-01"})).json()
    assert answer["rows"][0]["value"] is None
    assert answer["rows"][0]["denominator"] == 0


async def test_pages_follow_each_other(client: httpx.AsyncClient) -> None:
    first = (await client.get(PATH, params={"from": "2023-04", "by": "municipality", "pageSize": 1})).json()
    second = (await client.get(first["next"])).json()
    assert [each["municipality"] for each in first["rows"] + second["rows"]] == [ASTEN, HELMOND]
    assert second["next"] is None


async def test_as_of_the_watermark_is_answered_and_later_is_409_with_the_remedy(
    client: httpx.AsyncClient,
) -> None:
    answered = await client.get(PATH, params={"from": "2023-04", "asOf": "2023-01-01T00:40:00Z"})
    assert answered.status_code == 200
    refused = await client.get(PATH, params={"from": "2023-04", "asOf": "2023-01-01"})
    assert refused.status_code == 409
    assert "2023-01-01T00:40:00.000000Z" in refused.json()["detail"]


async def test_without_one_of_the_watermarks_nothing_is_promised(
    client: httpx.AsyncClient, owner: Database
) -> None:
    async with owner.transaction() as connection:
        await connection.execute(
            "update recompute_through set known_through = null where topic like 'contracts%'"
        )
    assert (await client.get(PATH, params={"from": "2023-04"})).json()["knownThrough"] is None
    refused = await client.get(PATH, params={"from": "2023-04", "asOf": "2022-01-01"})
    assert refused.status_code == 409


async def test_a_row_says_what_it_was_in_the_period_before_and_the_change(client: httpx.AsyncClient) -> None:
    asked = {"from": "2023-03", "to": "2023-05", "by": "municipality", "compare": "previous"}
    rows = (await client.get(PATH, params=asked)).json()["rows"]
    # A group that is gone has a row too: that is a change.
    assert [tuple(row.values()) for row in rows] == [
        ("2023-03", ASTEN, 1, 1, 0, 0.0),
        ("2023-04", ASTEN, 1, 1, 0, 0.0),
        ("2023-04", HELMOND, 1, 0, 1, None),
        ("2023-05", ASTEN, 1, 1, 0, 0.0),
        ("2023-05", HELMOND, 0, 1, -1, -1.0),
    ]
    assert list(rows[0]) == ["period", "municipality", "value", "previous", "change", "relativeChange"]


async def test_a_change_from_nothing_to_divide_by_cannot_be_said(client: httpx.AsyncClient) -> None:
    asked = {"from": "2023-01", "compare": "previous"}
    (row,) = (await client.get("/figures/granted-amount-per-client", params=asked)).json()["rows"]
    assert (row["value"], row["previous"], row["change"], row["relativeChange"]) == (0.0, None, None, None)


async def test_pages_of_a_comparison_follow_each_other(client: httpx.AsyncClient) -> None:
    asked = {"from": "2023-04", "to": "2023-05", "by": "municipality", "compare": "previous"}
    whole = (await client.get(PATH, params=asked)).json()["rows"]
    found: list[dict[str, object]] = []
    link = str(httpx.URL(PATH, params={**asked, "pageSize": "1"}))
    while link:
        page = (await client.get(link)).json()
        found, link = found + page["rows"], page["next"]
    assert found == whole


async def test_a_figure_waits_only_for_what_it_hangs_on(client: httpx.AsyncClient, owner: Database) -> None:
    async with owner.transaction() as connection:
        await connection.execute(
            "insert into recompute_through values ('referrals.care', $1, 0), ('contracts.claim', null, 3)",
            at(30),
        )
    known = {
        figure: (await client.get(f"/figures/{figure}", params={"from": "2023-04"})).json()
        for figure in ("granted-amount", "clients-in-care", "redemption-rate", "reported-waiting-range")
    }
    assert {figure: answer["incomplete"] for figure, answer in known.items()} == {
        **dict.fromkeys(known, 0),
        "redemption-rate": 3,
    }
    assert {figure: (answer["knownThrough"] or "")[:16] for figure, answer in known.items()} == {
        "granted-amount": "2023-01-01T00:40",
        "clients-in-care": "2023-01-01T00:30",
        "redemption-rate": "",
        "reported-waiting-range": "",
    }


async def test_of_nothing_there_is_no_median_and_no_range(client: httpx.AsyncClient) -> None:
    nothing = {"value": None, "mean": None, "cases": 0, "withoutDecision": 0}
    (row,) = (await client.get("/figures/days-from-decision-to-start", params={"from": "2023-04"})).json()[
        "rows"
    ]
    assert row == {"period": "2023-04", **nothing}
    (row,) = (await client.get("/figures/reported-waiting-range", params={"from": "2023-04"})).json()["rows"]
    assert (row["value"], row["shortest"], row["reports"], row["unknownWaits"]) == (None, None, 0, 0)


@pytest.mark.parametrize(
    ("token", "parameters", "status"),
    [
        (f"municipality:{HELMOND}", {"municipality": ASTEN}, 403),
        (f"provider:{CARER}", {"provider": "98000002"}, 403),
        ("referrer:1", {}, 403),
        ("analyst:1", {"muncipality": ASTEN}, 400),
        ("analyst:1", {"municipality": "0001"}, 400),
        ("analyst:1", {"cursor": "x"}, 400),
        ("analyst:1", {"cursor": "WzAsMV0"}, 400),
    ],
)
async def test_what_may_not_or_cannot_be_asked(
    client: httpx.AsyncClient, token: str, parameters: dict[str, str], status: int
) -> None:
    answer = await client.get(
        PATH, params={"from": "2023-04"} | parameters, headers={"authorization": f"Bearer {token}"}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_municipality_gets_only_its_own_row_and_the_regions_total(client: httpx.AsyncClient) -> None:
    client.headers["authorization"] = f"Bearer municipality:{HELMOND}"
    broken_down = (await client.get(PATH, params={"from": "2023-04", "by": "municipality"})).json()
    assert [each["municipality"] for each in broken_down["rows"]] == [HELMOND]
    assert (await client.get(PATH, params={"from": "2023-04"})).json()["rows"][0]["value"] == 1


async def test_an_unknown_figure_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/figures/nothing", params={"from": "2023-04"})).status_code == 404
