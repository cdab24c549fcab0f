"""A file of waiting-time reports does what single writes do, and says the same of what is wrong."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from httpx import AsyncClient

from services.availability.schema import AGREEMENT, PROVIDER
from services.availability.waiting_times.routes import DELIVERED
from services.availability.worker import APPLIERS
from shared.consumer.recompute import Recompute
from shared.database import Database
from shared.deliveries.applying import WINDOW, Applying
from shared.dutch import UNSAID
from tests.databases import empty
from tests.unit.availability.conftest import Headers
from tests.unit.availability.inputs import agreement, arrive, place, provider, settle, version
from tests.unit.delivered import CSV, Opened, Record, as_csv, counts, deliver, lines, post, refusals

AGB, OTHER = "98000001", "98000002"
KIND = "waiting-times"


def report(day: str = "2024-04-01", **changes: object) -> Record:
    values = {
        "location": "1",
        "product": "43A09",
        "intakeWeeks": 2,
        "startWeeks": 4,
        "admission": "accepting",
    }
    return {**values, "referenceDate": day, **changes}


def still(day: str, location: str = "1") -> Record:
    return {"location": location, "stillCorrect": True, "referenceDate": day}


@pytest.fixture(autouse=True)
async def contracted(worker: Database, recompute: Recompute, owner: Database) -> None:
    """One provider with two locations, contracted for foster care and until 2023 for something else."""
    places = [place("1"), place("2", postcode="5611", latitude=51.44, longitude=5.47)]
    await arrive(worker, PROVIDER, [version(1, provider(AGB, locations=places), of=2)])
    ended = agreement(product="45A01", to="2023-12-31")
    await arrive(worker, AGREEMENT, [version(1, agreement(), of=3), version(1, ended, of=4)])
    await settle(recompute)
    async with owner.transaction() as connection:
        await empty(connection, "delivery", "delivery_refusal", "staged_record")


@pytest.fixture
def applying(worker: Database) -> Applying:
    return Applying(worker, "availability", APPLIERS)


@pytest.fixture
def portal(client: AsyncClient, token: Headers) -> Iterator[Opened]:
    """Give the API as the provider meets it."""
    before = client.base_url, client.headers.copy()
    client.base_url, client.headers = f"{client.base_url}/availability/v1", token("provider", AGB)
    yield lambda: nullcontext(client)
    client.base_url, client.headers = before


async def written(owner: Database) -> list[Any]:
    """Give what stands and what was published, without ids and moments."""
    async with owner.transaction() as connection:
        await connection.execute("alter table report no force row level security")
        await connection.execute("alter table waiting_time no force row level security")
        await connection.execute("alter table journal no force row level security")
        found = [
            await connection.fetch("select state, version from report order by state"),
            await connection.fetch(
                "select provider, location, product, reference_date, intake_weeks, start_weeks, places, admission, reason,"
                " until from waiting_time order by 1, 2, 3"
            ),
            await connection.fetch(
                "select payload, version, organisations from journal order by payload, version"
            ),
        ]
        for table in ("report", "waiting_time", "journal"):
            await connection.execute(f"alter table {table} force row level security")
    return found


GOOD = [
    report(),
    report("2023-03-01", product="45A01", intakeWeeks=None, places=3),
    report("2024-05-01", admission="limited", reason="Alleen na overleg", until="2024-06-30"),
    report("2024-05-01", location="2", startWeeks=0),
    still("2024-06-01"),
    still("2024-07-01"),
]


async def test_a_file_leaves_what_single_writes_leave_and_nothing_when_it_comes_again(
    portal: Opened, applying: Applying, owner: Database
) -> None:
    async with portal() as client:
        for each in GOOD:
            answer = await client.post("waiting-times", json={"reports": [{"provider": AGB, **each}]})
            assert answer.json()["results"][0]["outcome"] in ("created", "confirmed"), answer.text
    expected = await written(owner)
    async with owner.transaction() as connection:
        await empty(connection, "report", "waiting_time", "journal", "journal_pending")
    first = await deliver(portal, applying, KIND, lines(*reversed(GOOD)))
    assert counts(first) == {"created": len(GOOD)}
    assert await written(owner) == expected
    again = await deliver(portal, applying, KIND, lines(*GOOD))
    assert counts(again) == {"unchanged": len(GOOD)}
    assert await written(owner) == expected


async def test_what_is_still_correct_is_said_beside_all_earlier_days_of_a_file_that_is_larger_than_a_window(
    portal: Opened, applying: Applying
) -> None:
    days = [
        f"{year}-{month:02}-{day:02}"
        for year in (2023, 2024)
        for month in range(1, 13)
        for day in range(1, 27)
    ]
    file = [report(day, intakeWeeks=place % 50) for place, day in enumerate(days)]
    assert len(file) > WINDOW
    delivery = await deliver(portal, applying, KIND, lines(still("2025-01-01"), *file))
    assert counts(delivery) == {"created": len(file) + 1}
    async with portal() as client:
        newest = (await client.get("waiting-times", params={"product": "43A09", "location": "1"})).json()
    assert newest["items"][0]["referenceDate"] == "2025-01-01"
    assert newest["items"][0]["intakeWeeks"] == (len(file) - 1) % 50


async def test_a_spreadsheet_with_dutch_headers_says_the_same_and_that_a_wait_is_not_known(
    portal: Opened, applying: Applying
) -> None:
    await deliver(portal, applying, KIND, lines(*GOOD))
    shown = [
        {**each, "intakeWeeks": "onbekend"} if each.get("intakeWeeks", 0) is None else each for each in GOOD
    ]
    again = await deliver(portal, applying, KIND, as_csv(DELIVERED.columns, shown), CSV)
    assert counts(again) == {"unchanged": len(GOOD)}


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (report(admission="closed"), "#/admission", "enum"),
        ({**report(), "startWeeks": "2,5"}, "#/startWeeks", "int-type"),
        (
            {name: value for name, value in report().items() if name != "startWeeks"},
            "#/startWeeks",
            "missing",
        ),
        (report("2014-12-31"), "#/referenceDate", "before-2015"),
        (report("2199-01-01"), "#/referenceDate", "in-the-future"),
        (report(admission="stop"), "#/reason", "reason-required"),
        (report(until="2024-05-01"), "#/until", "until-of-accepting"),
        (
            report(admission="stop", reason="Vol", until="2024-03-31"),
            "#/until",
            "until-before-reference-date",
        ),
        (report(provider=OTHER), "#/provider", "another-provider"),
        (report(location="9"), "#/location", "unknown-location"),
        (report(product="45A01"), "#/product", "no-agreement"),
        (still("2024-01-01", "2"), "#/location", "nothing-reported"),
        ({**still("2024-01-01"), "product": "43A09"}, "#/product", "extra-forbidden"),
        ({**still("2024-01-01"), "stillCorrect": False}, "#/stillCorrect", "literal-error"),
    ],
)
async def test_what_is_wrong_with_one_report_is_said_of_it_in_two_languages_and_its_neighbour_goes_in(
    portal: Opened, applying: Applying, wrong: Record, field: str, code: str
) -> None:
    delivery = await deliver(portal, applying, KIND, lines(wrong, report("2024-02-01")))
    assert counts(delivery) == {"created": 1, "refused": 1}
    (said,) = await refusals(portal, delivery)
    assert (said["record"], said["field"], said["code"]) == (1, field, code)
    assert said["message"]
    assert said["messageNl"] not in (None, "", UNSAID)


async def test_only_providers_deliver_them(client: AsyncClient, token: Headers) -> None:
    client.base_url, before = f"{client.base_url}/availability/v1", client.base_url
    headers = client.headers.copy()
    client.headers = token("contract-manager")
    answer = await post(lambda: nullcontext(client), KIND, lines(report()))
    client.base_url, client.headers = before, headers
    assert answer.status_code == 403
