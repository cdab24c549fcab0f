"""An operator lets an organisation bring its history along; without that, nothing is known before it was recorded."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from shared.database import Database
from shared.deliveries.windows import terms_of
from tests.unit.referrals.conftest import HOST, Caller
from tests.unit.referrals.test_deliveries import NDJSON, indication, lines

ASTEN, DEURNE = "0743", "0762"
KNOWN = "2023-08-10T10:00:00.000000Z"
TERMS = {"reason": "Start of the region"}


@pytest.fixture(autouse=True)
async def closed(owner: asyncpg.Connection) -> None:
    await owner.execute(
        "truncate referrals.import_window, referrals.delivery, referrals.staged_record, referrals.delivery_refusal"
    )


async def window(caller: Caller, method: str, organisation: str = ASTEN, **body: Any) -> httpx.Response:  # noqa: ANN401
    async with caller("operator", "00000099000000000001") as client:
        return await client.request(method, f"/import-windows/{organisation}", json=body or None)


async def deliver(caller: Caller, *records: dict[str, Any], organisation: str = ASTEN) -> dict[str, Any]:
    async with caller("municipality", organisation) as client:
        answer = await client.post(
            "/deliveries",
            params={"kind": "indications"},
            content=lines(*records),
            headers={"Content-Type": NDJSON},
        )
        assert answer.status_code == 202, answer.text
        refusals = await client.get(f"/deliveries/{answer.json()['id']}/refusals")
    return {**answer.json(), "refusals": refusals.json()["items"]}


async def test_a_known_moment_is_refused_without_an_open_window(caller: Caller) -> None:
    delivery = await deliver(caller, indication(1, knownAt=KNOWN), indication(2))
    assert (delivery["records"], delivery["refused"]) == (2, 1)
    (refusal,) = delivery["refusals"]
    assert (refusal["record"], refusal["field"], refusal["code"]) == (1, "#/knownAt", "import-not-open")
    assert "importvenster" in refusal["messageNl"]


async def test_within_a_window_known_moments_are_staged_and_only_for_whom_it_is_open(
    caller: Caller, owner: asyncpg.Connection
) -> None:
    opened = await window(caller, "PUT", **TERMS)
    assert (opened.status_code, opened.json()["closedAt"]) == (201, None)
    assert (await window(caller, "PUT", **TERMS)).status_code == 200
    assert (await deliver(caller, indication(1, knownAt=KNOWN)))["refused"] == 0
    staged = await owner.fetchval("select content from referrals.staged_record")
    assert json.loads(staged)["knownAt"] == KNOWN
    other = await deliver(caller, indication(1, knownAt=KNOWN), organisation=DEURNE)
    assert [each["code"] for each in other["refusals"]] == ["import-not-open"]


@pytest.mark.parametrize(
    ("known_at", "code"),
    [
        ("2023-01-01T00:00:00Z", "known-too-early"),
        ("2023-01-01T00:00:00+01:00", "known-too-early"),
        ((datetime.now(UTC) + timedelta(days=1)).isoformat(), "known-in-future"),
        ("2023-08-10", "moment"),
        ("2023-08-10T10:00:00", "moment"),
        (1_691_661_600, "moment"),
    ],
)
async def test_a_known_moment_is_past_and_after_what_the_window_says(
    caller: Caller, known_at: object, code: str
) -> None:
    await window(caller, "PUT", **TERMS, knownAfter="2023-01-01T00:00:00Z")
    delivery = await deliver(caller, indication(1, knownAt=known_at, bsn="1"))
    assert [each["code"] for each in delivery["refusals"] if each["field"] == "#/knownAt"] == [code]
    assert "#/bsn" in {each["field"] for each in delivery["refusals"]}


async def test_a_window_with_other_terms_is_not_opened_over_an_open_one(caller: Caller) -> None:
    await window(caller, "PUT", **TERMS)
    answer = await window(caller, "PUT", reason="Another")
    assert (answer.status_code, answer.json()["type"].split(":")[-1]) == (409, "import-window-open")


async def test_a_window_is_not_closed_under_a_delivery(
    caller: Caller, owner: asyncpg.Connection, api: Database
) -> None:
    await window(caller, "PUT", **TERMS)
    async with api.transaction(organisation=ASTEN, role="municipality") as connection:
        assert (await terms_of(connection, ASTEN)).is_open
        answer = await window(caller, "DELETE")
        assert (answer.status_code, answer.json()["type"].split(":")[-1]) == (409, "import-unfinished")
    delivery = await deliver(caller, indication(1, knownAt=KNOWN))
    assert (await window(caller, "DELETE")).status_code == 409
    await owner.execute(
        "update referrals.delivery set state = 'done', finished_at = now() where id = $1", delivery["id"]
    )
    closed = await window(caller, "DELETE")
    assert closed.status_code == 200
    assert closed.json()["closedAt"] is not None
    assert (await window(caller, "DELETE")).json() == closed.json()
    assert (await window(caller, "DELETE", DEURNE)).status_code == 404
    assert [each["code"] for each in (await deliver(caller, indication(2, knownAt=KNOWN)))["refusals"]] == [
        "import-not-open"
    ]


async def test_an_operator_sees_windows_and_states_of_deliveries_and_not_what_is_in_them(
    caller: Caller,
) -> None:
    await window(caller, "PUT", **TERMS)
    await window(caller, "PUT", DEURNE, **TERMS)
    delivery = await deliver(caller, indication(1, bsn="1"))
    async with caller("operator", "00000099000000000001") as client:
        first = (await client.get("/import-windows", params={"pageSize": 1})).json()
        second = (await client.get(f"{HOST}{first['next']}")).json()
        listed = (await client.get("/deliveries")).json()["items"]
        inside = await client.get(f"/deliveries/{delivery['id']}/refusals")
    assert [each["organisation"] for each in first["items"] + second["items"]] == [DEURNE, ASTEN]
    assert [(each["id"], each["organisation"]) for each in listed] == [(delivery["id"], ASTEN)]
    assert inside.status_code == 403
