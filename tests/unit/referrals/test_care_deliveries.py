"""A provider's file of care does what its single writes do, whatever the file's order; and its own care only."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any

import asyncpg
import pytest

from demo.region import reports
from demo.region.grants import Grant
from demo.region.people import Person
from services.referrals.care import commands as care
from services.referrals.care.routes import DELIVERED
from shared.database import Database
from shared.deliveries.applying import Applying
from shared.deliveries.kinds import Applier
from shared.values.codes import Frequency, Unit
from tests.databases import Databases
from tests.unit.referrals.conftest import Caller
from tests.unit.referrals.given import HELMOND, OTHER, PROVIDER, at, day, grant, granted

Record = dict[str, Any]
APPLIERS = {"care-periods": Applier(care.apply_delivered, care.DELIVERED_BEFORE)}
NDJSON, CSV = "application/x-ndjson", "text/csv"
FIRST = day(2)
COUNTED = ("created", "changed", "unchanged", "superseded", "refused")


@pytest.fixture(scope="module")
async def applying(databases: Databases) -> AsyncIterator[Applying]:
    async with databases.database("referrals", "worker") as worker:
        yield Applying(worker, "referrals", APPLIERS)


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(30_000_000, 40_000_000, 1_000))


def start(number: int, first: date = FIRST, hour: int = 1, **changed: object) -> Record:
    key = {"municipality": HELMOND, "assignmentNumber": number, "from": first.isoformat()}
    return key | {"sentAt": at(hour).isoformat()} | changed


def stop(number: int, last: date, first: date = FIRST, hour: int = 2, **changed: object) -> Record:
    return start(number, first, hour, to=last.isoformat(), reasonOfEnding="31", **changed)


def taken_back(number: int, first: date = FIRST, hour: int = 3, **changed: object) -> Record:
    return start(number, first, hour, withdrawn=True, **changed)


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


async def deliver(
    caller: Caller,
    applying: Applying,
    content: bytes,
    media_type: str = NDJSON,
    provider: str = PROVIDER,
    mode: str = "changes",
) -> Record:
    """Deliver a file and apply it; what the delivery says in the end."""
    async with caller("provider", provider) as client:
        answer = await client.post(
            "/deliveries",
            params={"kind": "care-periods", "mode": mode},
            content=content,
            headers={"Content-Type": media_type},
        )
        assert answer.status_code == 202, answer.text
        while await applying.step():
            pass
        delivery: Record = (await client.get(f"/deliveries/{answer.json()['id']}")).json()
    assert delivery["state"] == "done"
    return delivery


def counts(delivery: Record) -> dict[str, int]:
    return {name: delivery[name] for name in COUNTED if delivery[name]}


async def refusals(caller: Caller, delivery: Record) -> list[tuple[int, str | None, str]]:
    async with caller("provider", PROVIDER) as client:
        found = (await client.get(f"/deliveries/{delivery['id']}/refusals")).json()["items"]
    return [(each["record"], each["field"], each["code"]) for each in found]


async def periods(caller: Caller, number: int) -> list[tuple[str, str, str | None, bool]]:
    async with caller("provider", PROVIDER) as client:
        found = (await client.get(f"/care-periods?assignmentNumber={number}")).json()["items"]
    return [(each["from"], each["status"], each["to"], each["withdrawn"]) for each in found]


async def events(owner: asyncpg.Connection) -> int:
    counted: int = await owner.fetchval("select count(*) from referrals.journal")
    return counted


async def test_starts_stops_and_withdrawals_go_in_and_the_same_file_again_is_unchanged_and_emits_nothing(
    caller: Caller, api: Database, applying: Applying, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    first = next(numbers)
    await grant(api, *(granted(first + place) for place in range(300)))
    # More than a window; those at the end wait for their indication.
    begun = [start(first + place) for place in range(400)]
    ended = [stop(first + place, day(6, 30)) for place in range(0, 400, 2)]
    gone = [taken_back(first + place) for place in range(1, 400, 4)]
    content = lines(*begun, *ended, *gone)
    delivery = await deliver(caller, applying, content)
    assert counts(delivery) == {"created": 400, "changed": 300}
    assert await periods(caller, first) == [("2023-02-01", "accepted", "2023-06-30", False)]
    assert await periods(caller, first + 1) == [("2023-02-01", "accepted", None, True)]
    assert await periods(caller, first + 398) == [("2023-02-01", "waiting", "2023-06-30", False)]
    before = await events(owner)
    assert counts(await deliver(caller, applying, content)) == {"unchanged": 700}
    assert await events(owner) == before


async def test_what_is_said_of_one_number_is_applied_in_the_order_in_which_it_was_sent(
    caller: Caller, api: Database, applying: Applying, numbers: Iterator[int]
) -> None:
    """A second period begins after the first has stopped, although the file names it before."""
    number = next(numbers)
    await grant(api, granted(number))
    second = start(number, day(8), hour=5)
    content = lines(second, stop(number, day(6, 30), hour=4), start(number, hour=1))
    assert counts(await deliver(caller, applying, content)) == {"created": 2, "changed": 1}
    assert await periods(caller, number) == [
        ("2023-02-01", "accepted", "2023-06-30", False),
        ("2023-08-01", "accepted", None, False),
    ]
    assert counts(await deliver(caller, applying, content)) == {"unchanged": 3}


async def test_a_file_with_dutch_headers_says_the_same(
    caller: Caller, api: Database, applying: Applying, numbers: Iterator[int]
) -> None:
    number = next(numbers)
    await grant(api, granted(number), granted(number + 1))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    head = ("Gemeente", "Toewijzingnummer", "Begindatum", "Verzendmoment", "Einddatum", "RedenBeëindiging")
    writer.writerow((*head, "Ingetrokken", "Reden"))
    told = at(1).isoformat()
    writer.writerow((HELMOND, number, "01-02-2023", told, "30-06-2023", "31", "", ""))
    writer.writerow((HELMOND, number + 1, "2023-02-01", told, "", "", "nee", ""))
    writer.writerow((HELMOND, number + 1, "01-02-2023", at(2).isoformat(), "", "", "ja", "dubbel"))
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    assert counts(await deliver(caller, applying, content, CSV)) == {"created": 2, "changed": 1}
    assert await periods(caller, number) == [("2023-02-01", "accepted", "2023-06-30", False)]
    assert await periods(caller, number + 1) == [("2023-02-01", "accepted", None, True)]


def test_each_column_is_one_of_a_record_and_has_a_dutch_name() -> None:
    names = {column.path for column in DELIVERED.columns}
    assert names == {(name,) for name in stop(1, day(3)).keys() | {"provider", "withdrawn", "reason"}}
    assert all(column.dutch for column in DELIVERED.columns)


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (start(1, provider=OTHER), "#/provider", "foreign-organisation"),
        (start(1, municipality="0363"), "#/municipality", "municipality"),
        (start(1, municipality="794"), "#/municipality", "municipality-code"),
        (start(1, assignmentNumber="x"), "#/assignmentNumber", "assignment-number"),
        (start(1) | {"from": "01-02-23"}, "#/from", "day"),
        (start(1, sentAt="2023-02-01"), "#/sentAt", "moment"),
        (start(1, to="2023-06-30"), "#/reasonOfEnding", "stop-whole"),
        (stop(1, day(1)), "#/to", "period"),
        (start(1, to="2023-06-30", withdrawn=True), "#/to", "extra-forbidden"),
        (start(1, withdrawn="true"), "#/withdrawn", "bool-type"),
        (start(1, bsn="999990019"), "#/bsn", "extra-forbidden"),
        (taken_back(2), None, "not-found"),
        (start(3), None, "not-found"),
        (start(0, hour=1, to="2023-03-01", reasonOfEnding="31"), None, "moments-taken"),
        (start(0, day(3), hour=2), None, "care-overlaps"),
        (start(4, date(2022, 12, 31)), "#/from", "outside-indication"),
        (stop(4, date(2024, 1, 1)), "#/to", "outside-indication"),
    ],
)
async def test_what_is_wrong_with_one_record_is_said_of_it_and_its_neighbours_go_in(
    caller: Caller,
    api: Database,
    applying: Applying,
    numbers: Iterator[int],
    wrong: Record,
    field: str | None,
    code: str,
) -> None:
    first = next(numbers)
    await grant(api, granted(first), granted(first + 3, provider=OTHER), granted(first + 4))
    place = wrong["assignmentNumber"]
    refused = wrong | ({"assignmentNumber": first + place} if isinstance(place, int) else {})
    delivery = await deliver(caller, applying, lines(start(first), refused, start(first + 9)))
    assert counts(delivery) == {"created": 2, "refused": 1}
    assert await refusals(caller, delivery) == [(2, field, code)]


async def test_a_file_of_the_demonstration_region_goes_in_unchanged(
    caller: Caller, api: Database, applying: Applying, numbers: Iterator[int]
) -> None:
    number = next(numbers)
    grants = [demonstrated(number + place) for place in range(40)]
    sent = [record for one in grants for _, record in reports.care(one)]
    assert 40 < len(sent) < 80
    for one in grants:
        days: Record = {"from": one.first.isoformat(), "to": one.last and one.last.isoformat()}
        await grant(api, granted(one.number, **days))
    delivery = await deliver(caller, applying, lines(*sent))
    assert await refusals(caller, delivery) == []
    assert (delivery["created"], delivery["changed"]) == (40, len(sent) - 40)


def demonstrated(number: int) -> Grant:
    """One of the demonstration region's indications, of which some end and some go on."""
    first, last = day(1, 1 + number % 20), None if number % 3 == 0 else day(9, 1 + number % 20)
    person = Person("999990019", 2011, HELMOND, "5701")
    amount = (7, Unit.DAY_AND_NIGHT, Frequency.MONTH)
    return Grant(number, person, "43A09", PROVIDER, first, last, *amount, sent=first, decided=first)


async def test_a_complete_set_says_of_which_numbers_it_lacks_care(
    caller: Caller, applying: Applying, numbers: Iterator[int]
) -> None:
    first, mine = next(numbers), "98000007"
    records = [start(first), start(first + 1), start(first + 2), taken_back(first + 2)]
    await deliver(caller, applying, lines(*records), provider=mine)
    delivery = await deliver(caller, applying, lines(start(first)), provider=mine, mode="full")
    assert counts(delivery) == {"unchanged": 1}
    async with caller("provider", mine) as client:
        missing = (await client.get(f"/deliveries/{delivery['id']}/missing")).json()["items"]
    assert [each["number"] for each in missing] == [f"{HELMOND}/{first + 1}"]


async def test_a_municipality_delivers_no_care_and_a_provider_no_indications(caller: Caller) -> None:
    for role, organisation, kind in (
        ("municipality", HELMOND, "care-periods"),
        ("provider", PROVIDER, "indications"),
    ):
        async with caller(role, organisation) as client:
            answer = await client.post(
                "/deliveries",
                params={"kind": kind},
                content=lines(start(1)),
                headers={"Content-Type": NDJSON},
            )
        assert answer.status_code == 403, answer.text


async def test_a_delivery_of_care_is_its_providers_own(
    caller: Caller, applying: Applying, numbers: Iterator[int]
) -> None:
    delivery = await deliver(caller, applying, lines(start(next(numbers))))
    async with caller("provider", OTHER) as client:
        assert (await client.get(f"/deliveries/{delivery['id']}")).status_code == 404
        assert (await client.get("/deliveries")).json()["items"] == []
