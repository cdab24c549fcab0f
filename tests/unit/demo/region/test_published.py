"""The demonstration region's files against the published tables, counted by a program that reads the files only.

The numbers are those of the programme plan; `docs/decisions/0021-demonstration-region.md` names what is not among them.
"""

from collections.abc import Iterable

import pytest

from shared.values.bsn import Bsn
from tests.unit.demo.region.counting import (
    FAMILY,
    HOUSING,
    Deliveries,
    Line,
    clients,
    in_period,
    municipality,
    per,
    year,
)

FIRST_HALF = ("2023-01-01", "2023-06-30")
APRIL = ("2023-04-01", "2023-04-30")
CODES = ("0743", "0762", "1771", "1652", "0794", "1659", "0820", "0847", "0848", "0861", "0866")
SUB_REGION = dict.fromkeys(("1771", "0820", "0848", "0866"), "Dommelvallei+") | {
    "0794": "Helmond",
    "0861": "Veldhoven",
    **dict.fromkeys(("0743", "0762", "1652", "1659", "0847"), "Peelgemeenten"),
}


@pytest.mark.parametrize(
    ("number", "published", "region"),
    [
        (2022, (363, 654, 1264, 541, 2602, 523, 497, 381, 499, 1226, 464), 9014),
        (2023, (372, 637, 1224, 607, 2635, 515, 547, 367, 519, 1299, 479), 9201),
    ],
)
def test_unique_clients_per_municipality_are_as_published(
    now: list[Line], number: int, published: tuple[int, ...], region: int
) -> None:
    there = in_period(now, year(number))
    assert per(there, municipality) == dict(zip(CODES, published, strict=True))
    assert len(clients(there)) == region


@pytest.mark.parametrize(
    ("number", "segment_1", "family", "housing", "unique"),
    [
        (
            2022,
            (11, 15, 12, 10, 58, 6, 6, 2, 8, 31, 9),
            (16, 19, 33, 18, 138, 18, 15, 7, 10, 44, 8),
            (2, 1, 4, 0, 9, 2, 0, 1, 1, 9, 0),
            (168, 326, 29, 351, 492),
        ),
        (
            2023,
            (9, 13, 20, 13, 54, 11, 4, 3, 8, 28, 7),
            (9, 15, 31, 17, 136, 17, 10, 7, 9, 44, 7),
            (3, 3, 0, 1, 11, 3, 0, 2, 0, 9, 1),
            (170, 302, 33, 328, 473),
        ),
    ],
)
def test_residential_clients_are_as_published(
    deliveries: Deliveries,
    now: list[Line],
    number: int,
    segment_1: tuple[int, ...],
    family: tuple[int, ...],
    housing: tuple[int, ...],
    unique: tuple[int, ...],
) -> None:
    there = in_period(now, year(number))
    residential_1 = [line for line in there if deliveries.is_residential_1(line)]
    in_family = [line for line in there if line["product"] in FAMILY]
    in_housing = [line for line in there if line["product"] in HOUSING]
    assert _per_municipality(residential_1) == segment_1
    assert _per_municipality(in_family) == family
    assert _per_municipality(in_housing) == housing
    segment_2 = in_family + in_housing
    groups = (residential_1, in_family, in_housing, segment_2, residential_1 + segment_2)
    assert tuple(len(clients(group)) for group in groups) == unique


def test_the_first_half_of_2023_is_as_it_was_known_on_the_day_of_the_fact_sheet(
    deliveries: Deliveries, then: list[Line], now: list[Line]
) -> None:
    there = in_period(then, FIRST_HALF)
    segment_2 = _segment_2(deliveries, there)
    assert per(there, _sub_region) == _subs(2239, 2065, 2045, 1032)
    assert len(clients(there)) == 7381
    assert per(segment_2, _sub_region) == _subs(61, 126, 69, 45)
    assert len(clients(segment_2)) == 301
    assert per(_segment_2(deliveries, in_period(now, year(2023))), _sub_region)["Dommelvallei+"] == 58


@pytest.mark.parametrize(("number", "published"), [(2021, 331), (2022, 338)])
def test_segment_2_in_earlier_first_halves_is_as_published(
    deliveries: Deliveries, then: list[Line], number: int, published: int
) -> None:
    there = in_period(then, (f"{number}-01-01", f"{number}-06-30"))
    assert len(clients(_segment_2(deliveries, there))) == published


@pytest.mark.parametrize(("number", "published"), [(2022, 3906), (2023, 1454)])
def test_bespoke_indications_are_as_published(
    deliveries: Deliveries, now: list[Line], number: int, published: int
) -> None:
    there = in_period(now, year(number))
    assert sum(deliveries.contracted_days(line, year(number))[1] > 0 for line in there) == published


@pytest.mark.parametrize(
    ("product", "inside", "outside", "euros", "referrers"),
    [
        ("43A09", (198, 4), (14, 3), 266_652, {"": 87, "04": 64, "01": 61, "RvdK": 1}),
        ("43A10", (30, 8), (14, 10), 196_462, {"": 12, "04": 20, "01": 12}),
        ("43A14", (9, 5), (8, 6), 78_584, {"": 9, "04": 2, "01": 6}),
        ("43B99", (1, 1), (0, 0), 2_580, {"": 1}),
    ],
)
def test_april_2023_of_segment_2_is_as_published(
    deliveries: Deliveries,
    then: list[Line],
    product: str,
    inside: tuple[int, int],
    outside: tuple[int, int],
    euros: int,
    referrers: dict[str, int],
) -> None:
    there = [line for line in in_period(then, APRIL) if line["product"] == product]
    contracted = [line for line in there if deliveries.contracted_days(line, APRIL)[0]]
    bespoke = [line for line in there if deliveries.contracted_days(line, APRIL)[1]]
    assert _clients_and_providers(contracted) == inside
    assert _clients_and_providers(bespoke) == outside
    assert round(sum(deliveries.worth(line, APRIL) for line in there) / 100) == euros
    assert per(there, lambda line: line.get("referrer", {}).get("type", "")) == referrers


@pytest.mark.parametrize(
    ("product", "offering", "shortest", "longest"),
    [("43A09", 5, 2, 12), ("43A10", 10, 1, 110), ("43A14", 6, 0, 40), ("43B99", 5, 1, 40)],
)
def test_reported_waits_of_april_2023_are_as_published(
    deliveries: Deliveries, product: str, offering: int, shortest: int, longest: int
) -> None:
    held = [each for key, each in deliveries.agreements.items() if key[1] == product]
    assert sum(bool(in_period(each, APRIL)) for each in held) == offering
    weeks = [
        line["intakeWeeks"] + line["startWeeks"]
        for line in deliveries.all_of("waiting-times")
        if line["product"] == product and APRIL[0] <= line["referenceDate"] <= APRIL[1]
    ]
    assert (min(weeks), max(weeks)) == (shortest, longest)


@pytest.mark.parametrize(
    ("product", "published"), [("43A09", 100.0), ("43A10", 95.79), ("43A14", 96.1), ("43B99", 96.9)]
)
def test_redemption_of_2022_is_as_published(
    deliveries: Deliveries, then: list[Line], product: str, published: float
) -> None:
    granted = sum(
        deliveries.worth(line, year(2022))
        for line in in_period(then, year(2022))
        if line["product"] == product
    )
    numbers = {(line["municipality"], line["assignmentNumber"]): line["product"] for line in then}
    claimed = sum(
        claim["cents"]
        for claim in deliveries.claims
        if claim["from"].startswith("2022")
        and numbers.get((claim["municipality"], claim["assignmentNumber"])) == product
    )
    assert round(100 * claimed / granted, 2) == published
    assert (claimed == granted) is (published == 100)


def test_costs_per_client_in_2022_are_as_published(deliveries: Deliveries, now: list[Line]) -> None:
    numbers = {(line["municipality"], line["assignmentNumber"]): line for line in now}
    cents = {"segment 1 residential": 0, "segment 2": 0, "other": 0}
    for claim in deliveries.claims:
        if claim["from"].startswith("2022"):
            line = numbers[claim["municipality"], claim["assignmentNumber"]]
            cents[_cost_group(deliveries, line)] += claim["cents"]
    euros = {group: amount / 100 for group, amount in cents.items()}
    assert round(euros["segment 1 residential"] / 168, -3) == 57_000
    assert round(euros["segment 2"] / 351, -3) == 21_000
    assert round(euros["other"] / 8522, -2) == 6_600
    assert round(sum(euros.values()) / 9014, -2) == 8_100
    assert round(100 * (euros["segment 1 residential"] + euros["segment 2"]) / sum(euros.values())) == 23


def test_every_client_has_a_number_that_passes_the_test_and_is_no_official_test_number(
    now: list[Line],
) -> None:
    numbers = clients(now)
    assert all("900000000" <= number <= "999999999" for number in numbers)
    assert not any(Bsn(number).is_official_test_number for number in numbers)


def test_the_offer_has_the_size_of_a_region(deliveries: Deliveries) -> None:
    products = deliveries.products.values()
    assert len(products) >= 40
    assert {line["segment"] for line in products} == {1, 2, 3, 4, 5}
    assert {line["code"] for line in products if line["segment"] == 2} == {*FAMILY, *HOUSING}
    assert len(list(deliveries.providers())) == 180


def _per_municipality(lines: Iterable[Line]) -> tuple[int, ...]:
    counted = per(lines, municipality)
    return tuple(counted.get(code, 0) for code in CODES)


def _segment_2(deliveries: Deliveries, lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if deliveries.segment(line) == 2]


def _sub_region(line: Line) -> str:
    return SUB_REGION[line["municipality"]]


def _subs(*numbers: int) -> dict[str, int]:
    return dict(zip(("Dommelvallei+", "Helmond", "Peelgemeenten", "Veldhoven"), numbers, strict=True))


def _clients_and_providers(lines: list[Line]) -> tuple[int, int]:
    return len(clients(lines)), len({line["provider"] for line in lines})


def _cost_group(deliveries: Deliveries, line: Line) -> str:
    if deliveries.is_residential_1(line):
        return "segment 1 residential"
    return "segment 2" if deliveries.segment(line) == 2 else "other"
