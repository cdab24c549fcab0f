"""The example gives the published table of April 2023, by a calculation of its own from the calls it sends.

The table is copied by hand from the publication (fact sheet on segment 2, delivery of 10 August 2023).
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from demo.april_2023 import example
from demo.request import Request
from shared.values.bsn import Bsn

FIRST, LAST = date(2023, 4, 1), date(2023, 4, 30)
PUBLISHED_CSV = Path(__file__).parents[4] / "shared" / "reference" / "segment2_products_april_2023.csv"

# product: clients, contracted providers that stand, clients and providers contracted, the same not
# contracted, euro granted, euro per client
TABLE = {
    "43A09": (212, 5, 198, 4, 14, 3, 266_652, 1_258),
    "43A10": (44, 10, 30, 8, 14, 10, 196_462, 4_465),
    "43A14": (17, 6, 9, 5, 8, 6, 78_584, 4_623),
    "43B99": (1, 5, 1, 1, 0, 0, 2_580, 2_580),
}
# product: percentages of unknown, certified institution, municipality, child protection board
REFERRERS = {
    "43A09": ("41", "30.2", "28.8", "0.5"),
    "43A10": ("27.3", "45.5", "27.3", None),
    "43A14": ("52.9", "11.8", "35.3", None),
    "43B99": ("100", None, None, None),
}


@dataclass(frozen=True)
class Offer:
    """Catalogue tariffs and agreements, as sent."""

    products: dict[str, dict[str, Any]]
    agreements: dict[tuple[str, str], list[dict[str, Any]]]

    def agreement(self, indication: dict[str, Any], day: date) -> dict[str, Any] | None:
        own = self.agreements.get((indication["provider"], indication["product"]), [])
        return next((one for one in own if covers(one, day)), None)

    def tariff(self, indication: dict[str, Any], day: date) -> int:
        agreement = self.agreement(indication, day) or {}
        catalogue = next(one for one in self.products[indication["product"]]["tariffs"] if covers(one, day))
        return int(indication.get("agreedTariffCents") or agreement.get("tariffCents") or catalogue["cents"])


def covers(dated: dict[str, Any], day: date) -> bool:
    return dated["from"] <= day.isoformat() and ("to" not in dated or day.isoformat() <= dated["to"])


def days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


@cache
def sent() -> tuple[Request, ...]:
    return example().requests


@cache
def sent_offer() -> Offer:
    products: dict[str, dict[str, Any]] = {}
    agreements: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for request in sent():
        _, kind, *key = request.path.split("/")
        if kind == "products":
            products[key[0]] = request.body
        elif kind == "agreements":
            agreements[key[0], key[1]].append({"from": key[2], **request.body})
    return Offer(products, agreements)


@cache
def newest() -> tuple[dict[str, Any], ...]:
    """The newest version of every indication that is not withdrawn, whatever the order of arrival."""
    versions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for request in sent():
        if request.path.startswith("/indications"):
            versions[request.path.removesuffix("/withdrawals")].append(
                request.body
                | {"withdrawn": request.method == "POST", "municipality": request.path.split("/")[2]}
            )
    last = [max(each, key=lambda body: (body["decidedAt"], body["sentAt"])) for each in versions.values()]
    return tuple(body for body in last if not body["withdrawn"])


def in_april(product: str) -> list[dict[str, Any]]:
    return [
        body
        for body in newest()
        if body["product"] == product
        and body["from"] <= LAST.isoformat()
        and body.get("to", "9999") >= FIRST.isoformat()
    ]


def worth_on(indication: dict[str, Any], day: date) -> Fraction:
    first, last = date.fromisoformat(indication["from"]), indication.get("to")
    whole = (date.fromisoformat(last) - first).days + 1 if last else 0
    if "budgetCents" in indication:
        return Fraction(indication["budgetCents"], whole)
    month_after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    per = {"1": 1, "2": 7, "4": (month_after - day.replace(day=1)).days, "6": whole}[indication["frequency"]]
    return Fraction(indication["volume"] * sent_offer().tariff(indication, day), per)


def april_cents(indication: dict[str, Any]) -> int:
    """What accumulates by the end of April less what had by its start, each rounded half up."""
    first = date.fromisoformat(indication["from"])
    last = min(LAST, date.fromisoformat(indication.get("to", "9999-12-31")))
    total = before = Fraction(0)
    for day in days(first, last):
        if day == FIRST:
            before = total
        total += worth_on(indication, day)
    return int(total + Fraction(1, 2)) - int(before + Fraction(1, 2))


def contracted(indication: dict[str, Any]) -> set[bool]:
    first = max(FIRST, date.fromisoformat(indication["from"]))
    last = min(LAST, date.fromisoformat(indication.get("to", "9999-12-31")))
    return {sent_offer().agreement(indication, day) is not None for day in days(first, last)}


def whole_euros(cents: int, parts: int = 1) -> int:
    return int((Decimal(cents) / 100 / parts).quantize(Decimal(1), ROUND_HALF_UP))


def percentage(part: int, whole: int, printed: str) -> Decimal:
    step = Decimal(1) if "." not in printed else Decimal("0.1")
    return (Decimal(part) * 100 / whole).quantize(step, ROUND_HALF_UP)


@pytest.mark.parametrize("product", TABLE)
def test_clients_and_providers_are_the_published_ones(product: str) -> None:
    clients, _, inside, providers_inside, outside, providers_outside, _, _ = TABLE[product]
    indications = in_april(product)
    assert all(len(contracted(one)) == 1 for one in indications)
    at = {True: [one for one in indications if contracted(one) == {True}]}
    at[False] = [one for one in indications if contracted(one) == {False}]
    assert len({one["bsn"] for one in indications}) == clients
    assert len({one["bsn"] for one in at[True]}) == inside
    assert len({one["bsn"] for one in at[False]}) == outside
    assert len({one["provider"] for one in at[True]}) == providers_inside
    assert len({one["provider"] for one in at[False]}) == providers_outside


@pytest.mark.parametrize("product", TABLE)
def test_the_providers_with_an_agreement_in_the_month_are_the_published_ones(product: str) -> None:
    standing = {
        provider
        for (provider, bought), agreements in sent_offer().agreements.items()
        if bought == product and any(covers(one, day) for one in agreements for day in days(FIRST, LAST))
    }
    assert len(standing) == TABLE[product][1]


@pytest.mark.parametrize("product", TABLE)
def test_the_granted_amounts_are_the_published_ones(product: str) -> None:
    cents = sum(april_cents(one) for one in in_april(product))
    assert (whole_euros(cents), whole_euros(cents, TABLE[product][0])) == TABLE[product][6:]


@pytest.mark.parametrize("product", TABLE)
def test_the_referrers_are_the_published_ones(product: str) -> None:
    pairs = {(one["bsn"], one.get("referrer", {}).get("type")) for one in in_april(product)}
    counts = Counter(referrer for _, referrer in pairs)
    assert set(counts) <= {None, "04", "01", "RvdK"}
    for referrer, printed in zip((None, "04", "01", "RvdK"), REFERRERS[product], strict=True):
        if printed is None:
            assert counts[referrer] == 0
        else:
            assert percentage(counts[referrer], TABLE[product][0], printed) == Decimal(printed)


def test_one_foster_client_counts_under_an_older_unknown_and_a_newer_certified_referrer() -> None:
    by_client = defaultdict(list)
    for one in sorted(in_april("43A09"), key=lambda body: str(body["from"])):
        by_client[one["bsn"]].append(one.get("referrer", {}).get("type"))
    assert [types for types in by_client.values() if len(set(types)) > 1] == [[None, "04"]]


def test_every_citizen_number_is_an_official_test_number() -> None:
    numbers = {request.body["bsn"] for request in sent() if "bsn" in request.body}
    assert all(Bsn(number).is_official_test_number for number in numbers)


def test_all_municipalities_and_several_courses_of_events_occur() -> None:
    counted = [one for product in TABLE for one in in_april(product)]
    assert len({one["municipality"] for one in counted}) == 11
    assert {one.get("frequency") for one in counted} == {None, "1", "2", "4", "6"}
    assert any("to" not in one for one in counted)
    assert any(FIRST.isoformat() < one["from"] <= LAST.isoformat() for one in counted)
    assert any(FIRST.isoformat() <= one.get("to", "9999") < LAST.isoformat() for one in counted)
    indications = [request for request in sent() if request.path.startswith("/indications")]
    assert sum(request.method == "POST" for request in indications) == 3
    assert any("administrativeReason" in request.body for request in indications)
    assert late_arrivals(indications) > 1


def late_arrivals(requests: list[Request]) -> int:
    newest_of: dict[str, str] = {}
    late = 0
    for request in requests:
        late += request.body["decidedAt"] < newest_of.get(request.line, "")
        newest_of[request.line] = max(request.body["decidedAt"], newest_of.get(request.line, ""))
    return late


def test_a_client_lives_in_one_municipality() -> None:
    homes = defaultdict(set)
    for one in newest():
        homes[one["bsn"]].add(one["municipality"])
    assert {len(places) for places in homes.values()} == {1}


def test_an_indication_keeps_what_only_an_administrative_correction_may_change() -> None:
    fixed: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    names = ("bsn", "birthYear", "product", "provider", "from", "agreedTariffCents", "unit", "frequency")
    for request in sent():
        if request.path.startswith("/indications") and request.method == "PUT":
            if "administrativeReason" in request.body:
                fixed[request.line].clear()
            fixed[request.line].append(tuple(request.body.get(name) for name in names))
    assert all(len(set(versions)) == 1 for versions in fixed.values())


def test_the_example_is_the_same_each_time() -> None:
    assert [request.body for request in example.__wrapped__().requests] == [
        request.body for request in sent()
    ]


def test_the_copied_table_is_the_published_file() -> None:
    if not PUBLISHED_CSV.exists():
        pytest.skip(
            f"the published table is not beside the project ({PUBLISHED_CSV.name}): not compared again"
        )
    with PUBLISHED_CSV.open(encoding="utf-8") as file:
        published = {row["product_code"]: row for row in csv.DictReader(file)}
    for product, row in TABLE.items():
        numbers = [value for name, value in published[product].items() if name in _COLUMNS]
        assert tuple(int(value or 0) for value in numbers) == row


_COLUMNS = (
    "clients",
    "contracted_providers_in_availability_indicator",
    "clients_at_contracted",
    "contracted_providers_used",
    "clients_at_noncontracted",
    "noncontracted_providers_used",
    "granted_amount_april_2023_eur",
    "granted_amount_per_client_month_eur",
)
