"""A provider claims over HTTP: before and after the indication is known, to its last euro, and back again."""

import asyncio
from itertools import count
from typing import Any

import httpx

from tests.system.front_door import FrontDoor, Json
from tests.system.indications import citizen_numbers, indication
from tests.waiting import until

MUNICIPALITY = "0794"
_BSNS = citizen_numbers(955_000_000)
_NUMBERS = iter(range(655_000_000, 655_001_000))
_GRANTED = 100_000


def provider_of(region: FrontDoor) -> str:
    return str(next(iter(region.program.region["tokens"]["provider"])))


async def grant(region: FrontDoor, number: int, **changed: Any) -> Json:  # noqa: ANN401 - any field
    """Grant a budget for the first half of 2028."""
    terms = {"budgetCents": _GRANTED, "volume": None, "unit": None, "frequency": None, **changed}
    body = indication(next(_BSNS), provider=provider_of(region), valid_to="2028-06-30", **terms)
    return await region.put_indication(MUNICIPALITY, number, body)


async def claim(region: FrontDoor, number: int, reference: str, cents: int, day: str) -> httpx.Response:
    body = {"municipality": MUNICIPALITY, "assignmentNumber": number, "from": day, "to": day, "cents": cents}
    path = f"/claims/{provider_of(region)}/{number}.{reference}"
    return await region.call("PUT", "contracts", path, role="provider", body=body)


async def status_of(region: FrontDoor, number: int, reference: str, role: str = "provider") -> str:
    path = f"/claims/{provider_of(region)}/{number}.{reference}"
    return str((await region.read("contracts", path, role=role))["status"])


async def known(region: FrontDoor, number: int) -> None:
    """Wait until the number can be claimed under: a claim that waits for it is decided."""
    await claim(region, number, "first", 1, "2028-01-01")

    async def decided() -> bool:
        return await status_of(region, number, "first") == "accepted"

    await until(decided)


async def test_a_claim_waits_for_its_number_and_is_accepted_or_refused_when_it_arrives(
    region: FrontDoor,
) -> None:
    number = next(_NUMBERS)
    early = [
        await claim(region, number, "in", _GRANTED, "2028-01-01"),
        await claim(region, number, "outside", 1, "2028-07-01"),
        await claim(region, number, "above", 1, "2028-01-02"),
    ]
    assert [(answer.status_code, answer.json()["status"]) for answer in early] == [(201, "waiting")] * 3
    granted = await grant(region, number)

    async def decided() -> bool:
        return await status_of(region, number, "above") != "waiting"

    await until(decided)
    query = {"municipality": MUNICIPALITY, "assignmentNumber": number}
    listed = await region.read("contracts", "/claims", role="contract-manager", **query)
    found = {each["reference"].partition(".")[2]: each for each in listed["items"]}
    assert {name: each["status"] for name, each in found.items()} == {
        "in": "accepted",
        "outside": "refused",
        "above": "refused",
    }
    assert found["outside"]["refusal"]["indicationTo"] == "2028-06-30"
    assert found["above"]["refusal"]["centsLeft"] == 0
    events = [
        each async for each in region.events("contracts", "municipality", MUNICIPALITY)
        if each["type"] == "nl.jeugdregio.contracts.claim.v1" and each["data"]["indication"] == granted["id"]
    ]  # fmt: skip
    assert [each["data"]["cents"] for each in events] == [_GRANTED]


async def test_a_claim_for_the_last_euro_of_an_indication_is_granted_once_over_http(
    region: FrontDoor,
) -> None:
    number = next(_NUMBERS)
    await grant(region, number)
    await known(region, number)
    racing = [claim(region, number, str(day), _GRANTED - 1, f"2028-02-{day}") for day in range(10, 20)]
    answers = await asyncio.gather(*racing)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["type"].rpartition(":")[2], refused["centsLeft"]) == ("claim-above-granted", 0)


async def test_a_credit_makes_room_and_what_was_accepted_stays_when_the_indication_is_withdrawn(
    region: FrontDoor,
) -> None:
    number = next(_NUMBERS)
    await grant(region, number)
    await known(region, number)
    path = f"/claims/{provider_of(region)}/{number}.first/credits"
    assert (await claim(region, number, "all", _GRANTED, "2028-02-01")).status_code == 409
    credited = await region.call("POST", "contracts", path, role="provider")
    assert credited.json()["status"] == "credited"
    assert (await claim(region, number, "all", _GRANTED, "2028-02-01")).status_code == 201
    moments = {"decidedAt": "2024-01-01T09:00:00Z", "sentAt": "2024-01-01T09:00:00Z"}
    withdrawal = f"/indications/{MUNICIPALITY}/{number}/withdrawals"
    await region.write(
        "POST", "referrals", withdrawal, moments, role="municipality", organisation=MUNICIPALITY
    )

    amounts = count(1)

    async def withdrawn() -> bool:
        # Another amount each time: the same again would be unchanged, whatever became of the indication.
        answer = await claim(region, number, "all", next(amounts), "2028-02-01")
        return str(answer.json().get("type")).endswith(":claim-indication-withdrawn")

    await until(withdrawn)
    assert await status_of(region, number, "all", role="contract-manager") == "accepted"
