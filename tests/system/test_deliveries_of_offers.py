"""A contract manager and a provider deliver files to a running region: the catalogue, who is contracted, claims, waits."""

import json
from datetime import timedelta
from itertools import count, islice
from pathlib import Path

import pytest

from tests.system.front_door import FrontDoor, Json
from tests.system.indications import citizen_numbers, indication
from tests.system.program import command
from tests.system.test_waiting_times import TODAY, due, provider_with_something_due
from tests.waiting import until

MUNICIPALITY = "0794"
_NUMBERS = count(658_000_000)
_CLAIMS = 1_200


async def deliver(region: FrontDoor, file: Path, *options: str) -> str:
    """Deliver a file with the command; what it shows."""
    return await command("deliver", str(file), *options, "--data", str(region.program.data.path))


def written(file: Path, records: list[Json]) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(json.dumps(each) + "\n" for each in records))
    return file


async def test_a_contract_manager_delivers_a_spreadsheet_of_what_is_contracted(
    region: FrontDoor, tmp_path: Path
) -> None:
    products = tmp_path / "products.csv"
    products.write_text(
        "productcode;categorie;segment;verblijf;gezinsvorm;wonen;eenheid;naam;naamEngels;vanaf;tarief1Vanaf;tarief1Centen\n"
        "45Z01;45;4;nee;nee;nee;01;Proef;Trial;01-01-2028;01-01-2028;105\n"
        "45Z02;44;4;nee;nee;nee;01;Proef;Trial;01-01-2028;01-01-2028;105\n"
    )
    shown = await deliver(region, products)
    assert "2 records, 1 created, 0 changed, 0 unchanged, 0 superseded, 1 refused" in shown
    assert "category-of-code" in shown
    providers = tmp_path / "providers.csv"
    providers.write_text(
        "agbCode;naam;locatie1Code;locatie1Naam;locatie1Postcode;locatie1Breedtegraad;locatie1Lengtegraad\n"
        '98077001;"Proef; en meer";01;Helmond;5701 AB;51,4793;5,657\n'
    )
    assert "1 created" in await deliver(region, providers)
    agreements = tmp_path / "agreements.csv"
    agreements.write_text(
        "aanbieder;productcode;vanaf;tot;tarief;gemeenten\n"
        "98077001;45Z01;01-01-2028;31-12-2028;1,10;0794 0743\n"
        "98077001;45Z09;01-01-2028;;;\n"
    )
    shown = await deliver(region, agreements)
    assert "2 records, 1 created, 0 changed, 0 unchanged, 0 superseded, 1 refused" in shown
    assert "unknown-product" in shown
    kept = await region.read("contracts", "/agreements/98077001/45Z01/2028-01-01", role="contract-manager")
    assert (kept["tariffCents"], kept["municipalities"]) == (110, ["0743", "0794"])


async def test_a_provider_delivers_its_claims_and_the_same_file_again_changes_nothing(
    region: FrontDoor, tmp_path: Path
) -> None:
    provider = str(next(iter(region.program.region["tokens"]["provider"])))
    numbers = list(islice(_NUMBERS, 3))
    bsns = citizen_numbers(959_000_000)
    for number in numbers:
        terms: Json = {"budgetCents": 1_000_000, "volume": None, "unit": None, "frequency": None}
        body = indication(next(bsns), provider=provider, valid_to="2030-12-31", **terms)
        await region.put_indication(MUNICIPALITY, number, body)
    days = [
        (TODAY.replace(year=2028, month=1, day=1) + timedelta(days=day)).isoformat() for day in range(400)
    ]
    records: list[Json] = [
        {
            "reference": f"file.{number}.{day}",
            "municipality": MUNICIPALITY,
            "assignmentNumber": number,
            "from": day,
            "to": day,
            "cents": 1_000,
        }
        for day in days
        for number in numbers
    ]
    assert len(records) == _CLAIMS
    first = records[0]
    credit = {"reference": first["reference"], "credited": True}
    file = written(
        tmp_path / "claims" / f"{provider}.ndjson", [*records, credit, {**first, "reference": "file.instead"}]
    )
    shown = await deliver(region, file)
    assert f"{_CLAIMS + 2} records, {_CLAIMS + 1} created, 1 changed" in shown

    async def decided() -> bool:
        query = {"provider": provider, "status": "waiting", "municipality": MUNICIPALITY}
        return not (await region.read("contracts", "/claims", role="contract-manager", **query))["items"]

    await until(decided)
    instead = await region.read("contracts", f"/claims/{provider}/file.instead", role="provider")
    assert instead["status"] == "accepted"
    again = await deliver(region, written(file, records[1:]))
    assert f"{_CLAIMS - 1} records, 0 created, 0 changed, {_CLAIMS - 1} unchanged" in again
    another = next(each for each in region.program.region["tokens"]["provider"] if each != provider)
    foreign = written(tmp_path / "foreign.ndjson", [{**records[1], "provider": provider}])
    shown = await deliver(region, foreign, "--kind", "claims", "--organisation", another)
    assert "1 refused" in shown
    assert "another-claimant" in shown


async def test_a_provider_delivers_its_waiting_times_and_a_referrer_finds_them(
    region: FrontDoor, tmp_path: Path
) -> None:
    provider = await provider_with_something_due(region)
    asked = await due(region, provider)
    day = (TODAY - timedelta(days=2)).isoformat()
    waits: Json = {"referenceDate": day, "intakeWeeks": 1, "startWeeks": 1, "admission": "accepting"}
    records = [{"location": each["location"], "product": each["product"], **waits} for each in asked]
    file = written(
        tmp_path / "waiting-times" / f"{provider}.ndjson", [*records, {**records[0], "location": "nowhere"}]
    )
    shown = await deliver(region, file)
    assert f"{len(records)} created" in shown
    assert "unknown-location" in shown
    found = await region.read("availability", "/offers", role="referrer", provider=provider, maximumWait=2)
    assert {(each["location"]["code"], each["product"]) for each in found["items"]} >= {
        (each["location"], each["product"]) for each in asked
    }


@pytest.mark.parametrize(
    ("kind", "role"),
    [("claims", "provider"), ("products", "contract-manager"), ("waiting-times", "provider")],
)
async def test_who_may_not_deliver_a_kind_has_no_token_for_it(
    region: FrontDoor, tmp_path: Path, kind: str, role: str
) -> None:
    file = written(tmp_path / "some.ndjson", [{}])
    with pytest.raises(AssertionError, match=f"no token of {role} {MUNICIPALITY}"):
        await deliver(region, file, "--kind", kind, "--organisation", MUNICIPALITY)
