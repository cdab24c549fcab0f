"""Which tariff counts, what cannot be valued, and what was known when."""

from datetime import date
from typing import Any

import pytest

from services.contracts.valuation.domain import as_of, value_line
from shared.events.contracts import LineEntry, Tariff
from shared.values.money import MOST_CENTS
from tests.unit.contracts.valuation.inputs import (
    DAY,
    HORIZON,
    MONTH,
    WHOLE_PERIOD,
    agreement,
    at,
    budget,
    indication,
    product,
    stretches,
    tariff,
)

APRIL: dict[str, Any] = {"first": date(2023, 4, 1), "last": date(2023, 4, 30)}


def cents_of(entry: LineEntry) -> int | None:
    """The whole worth of an entry; None when a part of it is not valued."""
    if not all(one.valued for one in entry.stretches):
        return None
    return sum(sum(one.cents) for one in entry.stretches)


def test_a_budget_goes_before_a_volume_and_every_tariff() -> None:
    known = indication(budgetCents=777, agreedTariffCents=9900, **APRIL)
    [entry] = value_line([known], [agreement(tariffCents=5100)], [product()], HORIZON)
    assert cents_of(entry) == 777


def test_the_own_tariff_goes_before_the_agreements() -> None:
    known = indication(agreedTariffCents=9900, **APRIL)
    [entry] = value_line([known], [agreement(tariffCents=5100)], [product()], HORIZON)
    assert cents_of(entry) == 30 * 9900


def test_the_agreements_tariff_goes_before_the_catalogues() -> None:
    [entry] = value_line([indication(**APRIL)], [agreement(tariffCents=5100)], [product()], HORIZON)
    assert cents_of(entry) == 30 * 5100


def test_an_agreement_without_a_tariff_has_the_catalogues() -> None:
    [entry] = value_line([indication(**APRIL)], [agreement()], [product()], HORIZON)
    assert cents_of(entry) == 30 * 5000


def test_without_an_agreement_the_days_are_bespoke_at_the_catalogue_tariff() -> None:
    [entry] = value_line([indication(**APRIL)], [], [product()], HORIZON)
    assert stretches(entry) == [(date(2023, 4, 1), date(2023, 4, 30), False, True, (150_000,))]


def test_an_agreement_of_another_provider_or_product_changes_nothing() -> None:
    others = [agreement(1, provider="98000002", tariffCents=1), agreement(2, product="43A10", tariffCents=1)]
    [entry] = value_line([indication(**APRIL)], others, [product()], HORIZON)
    assert stretches(entry) == [(date(2023, 4, 1), date(2023, 4, 30), False, True, (150_000,))]


def test_a_budget_without_end_is_not_valued_but_its_days_are_contracted() -> None:
    [entry] = value_line([budget(1000)], [agreement(last=date(2023, 12, 31))], [product()], date(2023, 2, 28))
    assert stretches(entry) == [
        (date(2023, 1, 1), date(2023, 12, 31), True, False, (0, 0)),
        (date(2024, 1, 1), None, False, False, ()),
    ]


def test_a_volume_for_a_whole_period_without_end_is_not_valued() -> None:
    [entry] = value_line([indication(frequency=WHOLE_PERIOD)], [agreement()], [product()], HORIZON)
    assert cents_of(entry) is None


@pytest.mark.parametrize(
    ("given", "priced", "cents"),
    [("01", "04", 30 * 5000 // 60), ("04", "01", 30 * 5000 * 60), ("14", "14", 150_000)],
)
def test_only_minutes_and_hours_convert(given: str, priced: str, cents: int) -> None:
    [entry] = value_line([indication(unit=given, **APRIL)], [agreement()], [product(unit=priced)], HORIZON)
    assert cents_of(entry) == cents


@pytest.mark.parametrize(("given", "priced"), [("14", "16"), ("04", "14"), ("82", "84"), (None, "14")])
def test_other_units_are_not_valued(given: str | None, priced: str) -> None:
    [entry] = value_line([indication(unit=given, **APRIL)], [agreement()], [product(unit=priced)], HORIZON)
    assert stretches(entry) == [(date(2023, 4, 1), date(2023, 4, 30), True, False, (0,))]


def test_an_own_tariff_is_per_unit_of_the_indication() -> None:
    known = indication(volume=60, unit="01", agreedTariffCents=150, frequency=MONTH, **APRIL)
    [entry] = value_line([known], [], [product(unit="04")], HORIZON)
    assert cents_of(entry) == 60 * 150


def test_an_unknown_product_has_no_segment_and_no_catalogue_tariff() -> None:
    [entry] = value_line([indication(**APRIL)], [agreement(tariffCents=5100)], [], HORIZON)
    assert (entry.segment, entry.residential, entry.family, entry.housing) == (None, False, False, False)
    assert cents_of(entry) is None


def test_segment_and_flags_are_those_of_the_product_as_known_then() -> None:
    line = value_line(
        [indication(**APRIL)], [], [product(1, 1), product(2, 30, segment=3, residential=False)], HORIZON
    )
    assert [(entry.known_from, entry.segment, entry.residential, entry.family) for entry in line] == [
        (at(10), 2, True, True),
        (at(30), 3, False, True),
    ]


def test_a_tariff_that_is_free_is_valued_at_nothing() -> None:
    [entry] = value_line([indication(**APRIL)], [agreement(tariffCents=0)], [product()], HORIZON)
    assert stretches(entry) == [(date(2023, 4, 1), date(2023, 4, 30), True, True, (0,))]


def test_an_amount_that_nobody_can_mean_is_not_valued() -> None:
    known = indication(volume=1_000_000, frequency=DAY, agreedTariffCents=MOST_CENTS, **APRIL)
    [entry] = value_line([known], [], [product()], HORIZON)
    assert stretches(entry) == [(date(2023, 4, 1), date(2023, 4, 30), False, False, (0,))]


def test_an_open_end_that_starts_after_the_horizon_has_no_amounts() -> None:
    [entry] = value_line([indication(first=date(2025, 1, 1))], [agreement()], [product()], HORIZON)
    assert stretches(entry) == [(date(2025, 1, 1), None, True, True, ())]


def test_a_tariff_that_comes_after_the_indication_changes_its_worth_only_as_known_from_then() -> None:
    line = value_line(
        [indication(**APRIL)], [agreement(known=40, tariffCents=100)], [product(known=20)], HORIZON
    )
    assert [(entry.known_from, cents_of(entry)) for entry in line] == [
        (at(10), None),
        (at(20), 150_000),
        (at(40), 3000),
    ]


def test_a_withdrawn_agreement_makes_the_days_bespoke_as_known_from_then() -> None:
    known = [agreement(1, 1, 1, tariffCents=100), agreement(1, 2, 15, tariffCents=100, withdrawn=True)]
    line = value_line([indication(**APRIL)], known, [product()], HORIZON)
    assert [(entry.known_from, cents_of(entry)) for entry in line] == [(at(10), 3000), (at(15), 150_000)]


def test_a_new_version_with_the_same_worth_is_an_entry_of_its_own() -> None:
    line = value_line([indication(1, 10, **APRIL), indication(2, 20, **APRIL)], [], [product()], HORIZON)
    assert [(entry.known_from, entry.indication_version) for entry in line] == [(at(10), 1), (at(20), 2)]


def test_what_changes_nothing_makes_no_entry() -> None:
    versions = [product(1, 1), product(2, 30, nameEn="Fostering")]
    assert len(value_line([indication(**APRIL)], [], versions, HORIZON)) == 1


def test_without_a_version_there_is_no_line() -> None:
    assert value_line([], [agreement()], [product()], HORIZON) == []


def test_the_highest_version_counts_whatever_came_first() -> None:
    versions = [product(2, 5, segment=3), product(1, 8, segment=4)]
    assert [known.version for known in as_of(versions, at(9))] == [2]


def test_should_tariffs_overlap_the_newest_start_decides() -> None:
    catalogue = product(tariffs=[tariff(5000, date(2020, 1, 1)), tariff(1, date(2021, 1, 1))])
    assert isinstance(catalogue.state.tariffs[0], Tariff)
    [entry] = value_line([indication(**APRIL)], [], [catalogue], HORIZON)
    assert cents_of(entry) == 30
