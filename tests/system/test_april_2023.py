"""The published table of April 2023 comes out of the platform, fed through its own front doors only.

All numbers are copied by hand from the publication (fact sheet on segment 2, delivery of 10 August 2023). It rounds
amounts to whole euros and percentages to one decimal, but 41%; so do these tests, not the platform.
"""

import csv
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.system.front_door import FrontDoor, Json
from tests.system.program import ROOT

PUBLISHED = ROOT.parent / "shared" / "reference" / "segment2_products_april_2023.csv"
APRIL = {"period": "month", "from": "2023-04"}

CLIENTS = {"43A09": 212, "43A10": 44, "43A14": 17, "43B99": 1}
CONTRACTED_PROVIDERS = {"43A09": 5, "43A10": 10, "43A14": 6, "43B99": 5}
CLIENTS_AT_CONTRACTED = {"43A09": 198, "43A10": 30, "43A14": 9, "43B99": 1}
CONTRACTED_PROVIDERS_USED = {"43A09": 4, "43A10": 8, "43A14": 5, "43B99": 1}
# The publication leaves the number of providers of 43B99 blank and says 0 clients: there is no such row.
CLIENTS_AT_BESPOKE = {"43A09": 14, "43A10": 14, "43A14": 8}
BESPOKE_PROVIDERS_USED = {"43A09": 3, "43A10": 10, "43A14": 6}
GRANTED_EUROS = {"43A09": 266_652, "43A10": 196_462, "43A14": 78_584, "43B99": 2_580}
GRANTED_EUROS_PER_CLIENT = {"43A09": 1_258, "43A10": 4_465, "43A14": 4_623, "43B99": 2_580}
# Percentages as printed; blank in the publication: no such row.
REFERRERS = {
    ("43A09", "unknown"): "41",
    ("43A09", "04"): "30.2",
    ("43A09", "01"): "28.8",
    ("43A09", "RvdK"): "0.5",
    ("43A10", "unknown"): "27.3",
    ("43A10", "04"): "45.5",
    ("43A10", "01"): "27.3",
    ("43A14", "unknown"): "52.9",
    ("43A14", "04"): "11.8",
    ("43A14", "01"): "35.3",
    ("43B99", "unknown"): "100",
}
# Which counts give these percentages: `definitions.md`, rule 5, for foster care.
FOSTER_CARE_REFERRERS = {"unknown": 87, "04": 64, "01": 61, "RvdK": 1}

# As printed, 100% meaning exactly that; of the year 2022.
REDEMPTION_2022 = {"43A09": "100", "43A10": "95.79", "43A14": "96.10", "43B99": "96.90"}
WAITING_WEEKS = {"43A09": (2, 12), "43A10": (1, 110), "43A14": (0, 40), "43B99": (1, 40)}

PERIODS = {"month": "2023-04", "quarter": "2023-Q2", "half-year": "2023-H1", "year": "2023"}
COUNTS = {
    "unique-clients": CLIENTS,
    "clients-at-contracted-providers": CLIENTS_AT_CONTRACTED,
    "contracted-providers-used": CONTRACTED_PROVIDERS_USED,
    "clients-at-bespoke-providers": CLIENTS_AT_BESPOKE,
    "bespoke-providers-used": BESPOKE_PROVIDERS_USED,
    "contracted-providers-in-availability-indicator": CONTRACTED_PROVIDERS,
}


async def by_product(region: FrontDoor, key: str, **query: Any) -> dict[str, Json]:  # noqa: ANN401
    answer = await region.figure(key, **APRIL, by="product", **query)
    return {row["product"]: row for row in answer["rows"]}


def whole_euros(cents: float) -> int:
    return int((Decimal(cents) / 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("key", COUNTS)
async def test_clients_and_providers_are_the_published_ones(region: FrontDoor, key: str) -> None:
    rows = await by_product(region, key)
    assert {product: row["value"] for product, row in rows.items()} == COUNTS[key]
    assert all(row.get("incomplete", 0) == 0 for row in rows.values())


async def test_the_providers_with_an_agreement_in_the_month_are_the_published_ones(region: FrontDoor) -> None:
    for product, published in CONTRACTED_PROVIDERS.items():
        answer = await region.read(
            "availability", "/offers", role="referrer", on="2023-04-30", product=product
        )
        assert len({offer["provider"] for offer in answer["items"]}) == published


async def test_what_was_claimed_of_what_was_granted_in_2022_is_published_so(region: FrontDoor) -> None:
    answer = await region.figure("redemption-rate", period="year", **{"from": "2022"}, by="product")
    rows = {row["product"]: row for row in answer["rows"]}
    printed = {product: percentage(row, REDEMPTION_2022[product]) for product, row in rows.items()}
    assert printed == {product: Decimal(text) for product, text in REDEMPTION_2022.items()}
    # What is printed as a whole number is one: nothing was left unclaimed.
    assert rows["43A09"]["numerator"] == rows["43A09"]["denominator"]


async def test_the_reported_waiting_times_have_the_published_range(region: FrontDoor) -> None:
    rows = await by_product(region, "reported-waiting-range")
    found = {product: (row["shortest"], row["value"]) for product, row in rows.items()}
    assert found == WAITING_WEEKS


async def test_the_granted_amounts_are_the_published_ones(region: FrontDoor) -> None:
    rows = await by_product(region, "granted-amount")
    assert {product: whole_euros(row["value"]) for product, row in rows.items()} == GRANTED_EUROS
    assert all((row["notValued"], row["incomplete"]) == (0, 0) for row in rows.values())


async def test_the_granted_amounts_per_client_are_the_published_ones(region: FrontDoor) -> None:
    rows = await by_product(region, "granted-amount-per-client")
    assert {product: whole_euros(row["value"]) for product, row in rows.items()} == GRANTED_EUROS_PER_CLIENT
    assert {product: row["denominator"] for product, row in rows.items()} == CLIENTS


async def test_the_shares_of_referrers_are_the_published_ones(region: FrontDoor) -> None:
    answer = await region.figure("referrer-shares", **APRIL, by="product")
    rows = {(row["product"], row["referrer"]): row for row in answer["rows"]}
    printed = {key: percentage(row, REFERRERS[key]) for key, row in rows.items()}
    assert printed == {key: Decimal(text) for key, text in REFERRERS.items()}
    counts = {who: row["numerator"] for (product, who), row in rows.items() if product == "43A09"}
    assert counts == FOSTER_CARE_REFERRERS


def percentage(row: Json, printed: str) -> Decimal:
    exact = Decimal(row["numerator"]) * 100 / Decimal(row["denominator"])
    # To as many decimals as are printed.
    return exact.quantize(Decimal(printed), ROUND_HALF_UP)


@pytest.mark.parametrize("place", ["municipality", "subRegion"])
async def test_the_parts_of_the_region_add_up_to_the_published_numbers(region: FrontDoor, place: str) -> None:
    answer = await region.figure("unique-clients", **APRIL, by=[place, "product"])
    sums = dict.fromkeys(CLIENTS, 0)
    for row in answer["rows"]:
        sums[row["product"]] += row["value"]
    assert sums == CLIENTS
    assert len({row[place] for row in answer["rows"]}) == {"municipality": 11, "subRegion": 4}[place]


async def test_the_segment_counts_a_client_of_two_products_once(region: FrontDoor) -> None:
    answer = await region.figure("unique-clients", **APRIL, by="segment")
    # 212 + 44 + 17 + 1, and two clients move within April from a group home to a family home.
    assert answer["rows"] == [{"period": "2023-04", "segment": 2, "value": 272, "incomplete": 0}]


@pytest.mark.parametrize("key", ["unique-clients", "granted-amount"])
async def test_longer_periods_hold_the_month(region: FrontDoor, key: str) -> None:
    found = []
    for period, label in PERIODS.items():
        query = {"period": period, "from": "2023-04", "product": list(CLIENTS)}
        (row,) = (await region.figure(key, **query))["rows"]
        assert row["period"] == label
        found.append(row["value"])
    assert found == sorted(found)
    assert found[0] < found[-1]


async def test_months_add_up_to_their_quarter(region: FrontDoor) -> None:
    query = {"from": "2023-04", "to": "2023-06", "product": list(CLIENTS)}
    months = (await region.figure("granted-amount", period="month", **query))["rows"]
    (quarter,) = (await region.figure("granted-amount", period="quarter", **query))["rows"]
    assert len(months) == 3
    assert sum(row["value"] for row in months) == quarter["value"]


async def test_every_answer_says_up_to_when_it_is_complete(region: FrontDoor) -> None:
    for key, figure in (await region.menu()).items():
        asked = APRIL if "month" in figure["periods"] else {"period": "year", "from": "2022"}
        answer = await region.figure(key, **asked)
        assert datetime.fromisoformat(answer["knownThrough"]).tzinfo is not None


def test_the_copied_table_is_the_published_one() -> None:
    if not PUBLISHED.exists():
        pytest.skip(f"{PUBLISHED.name} is not beside the project: the copied numbers are not compared again")
    with PUBLISHED.open(encoding="utf-8") as file:
        rows = {row["product_code"]: row for row in csv.DictReader(file)}
    for column, copied in _COLUMNS.items():
        assert {
            code: int(row[column]) for code, row in rows.items() if row[column] not in {"", "0"}
        } == copied
    printed = {
        (code, who): row[column].rstrip("%")
        for code, row in rows.items()
        for column, who in _REFERRER_COLUMNS.items()
        if row[column]
    }
    assert printed == REFERRERS
    assert {code: row["redemption_rate_2022"].rstrip("%") for code, row in rows.items()} == REDEMPTION_2022
    assert {
        code: (int(row["waiting_weeks_min"]), int(row["waiting_weeks_max"])) for code, row in rows.items()
    } == WAITING_WEEKS


_COLUMNS = {
    "clients": CLIENTS,
    "contracted_providers_in_availability_indicator": CONTRACTED_PROVIDERS,
    "clients_at_contracted": CLIENTS_AT_CONTRACTED,
    "contracted_providers_used": CONTRACTED_PROVIDERS_USED,
    "clients_at_noncontracted": CLIENTS_AT_BESPOKE,
    "noncontracted_providers_used": BESPOKE_PROVIDERS_USED,
    "granted_amount_april_2023_eur": GRANTED_EUROS,
    "granted_amount_per_client_month_eur": GRANTED_EUROS_PER_CLIENT,
}
_REFERRER_COLUMNS = {
    "referrer_unknown": "unknown",
    "referrer_certified_institution": "04",
    "referrer_municipality": "01",
    "referrer_child_protection_board": "RvdK",
}
