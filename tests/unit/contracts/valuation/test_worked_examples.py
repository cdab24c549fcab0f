"""Twelve worked examples of what an indication is worth, each computed by hand."""

from datetime import date
from typing import Any

from services.contracts.valuation.domain import value_line
from tests.unit.contracts.valuation.inputs import (
    HORIZON,
    MONTH,
    WEEK,
    WHOLE_PERIOD,
    agreement,
    budget,
    indication,
    product,
    stretches,
    tariff,
)


def test_a_leap_year_has_a_day_more_in_february() -> None:
    [entry] = value_line(
        [indication(first=date(2024, 2, 1), last=date(2024, 3, 31))],
        [agreement()],
        [product()],
        HORIZON,
    )
    # 29 x 50.00 and 31 x 50.00
    assert stretches(entry) == [(date(2024, 2, 1), date(2024, 3, 31), True, True, (145_000, 155_000))]


def test_a_part_of_a_month_is_worth_the_days_that_fall_in_it() -> None:
    [entry] = value_line(
        [indication(first=date(2023, 1, 30), last=date(2023, 3, 2))],
        [agreement()],
        [product()],
        HORIZON,
    )
    # 30 and 31 January, all 28 days of February, 1 and 2 March
    assert stretches(entry) == [(date(2023, 1, 30), date(2023, 3, 2), True, True, (10_000, 140_000, 10_000))]


def test_a_tariff_that_changes_in_the_middle_of_a_month_changes_by_day() -> None:
    catalogue = product(
        tariffs=[tariff(5000, date(2020, 1, 1), date(2023, 4, 10)), tariff(6000, date(2023, 4, 11))]
    )
    [entry] = value_line(
        [indication(first=date(2023, 4, 1), last=date(2023, 5, 31))],
        [agreement()],
        [catalogue],
        HORIZON,
    )
    # April: 10 x 50.00 + 20 x 60.00 = 1,700.00; May: 31 x 60.00
    assert stretches(entry) == [(date(2023, 4, 1), date(2023, 5, 31), True, True, (170_000, 186_000))]


def test_a_volume_per_week_is_spread_over_seven_days_and_rounded_over_the_whole() -> None:
    [entry] = value_line(
        [indication(frequency=WEEK, first=date(2023, 1, 30), last=date(2023, 2, 5))],
        [agreement(tariffCents=1000)],
        [product()],
        HORIZON,
    )
    # One week of 10.00: 2/7 of 1,000 is 285.71 -> 286 for January; the whole is 1,000, so February has 714.
    assert stretches(entry) == [(date(2023, 1, 30), date(2023, 2, 5), True, True, (286, 714))]


def test_a_budget_is_spread_evenly_over_its_400_days() -> None:
    [entry] = value_line(
        [budget(1_000_003, first=date(2023, 1, 1), last=date(2024, 2, 4))],
        [agreement()],
        [product()],
        HORIZON,
    )
    # A day is worth 2500.0075 cents. The running totals at the ends of the months (after 31, 59, 90, 120,
    # 151, 181, 212, 243, 273, 304, 334, 365, 396 and 400 days) end in .2325 .4425 .675 .9 .1325 .3575 .59
    # .8225 .0475 .28 .505 .7375 .97 and .0, and are rounded half up.
    expected = (
        *(77500, 70000, 77501, 75000, 77500, 75000, 77501, 77500, 75000, 77500, 75001, 77500),
        *(77500, 10000),
    )
    assert stretches(entry) == [(date(2023, 1, 1), date(2024, 2, 4), True, True, expected)]
    assert sum(expected) == 1_000_003


def test_a_volume_per_month_is_the_same_for_a_short_and_a_long_month() -> None:
    [entry] = value_line(
        [indication(volume=3, frequency=MONTH, first=date(2023, 1, 1), last=date(2023, 3, 10))],
        [agreement()],
        [product()],
        HORIZON,
    )
    # 3 x 50.00 a month; of March 10/31 of 15,000 = 4,838.7 -> the running total 34,838.7 is rounded to 34,839
    assert stretches(entry) == [(date(2023, 1, 1), date(2023, 3, 10), True, True, (15_000, 15_000, 4_839))]


def test_minutes_are_valued_at_a_tariff_per_hour() -> None:
    catalogue = product(unit="04", tariffs=[tariff(9000, date(2020, 1, 1))])
    [entry] = value_line(
        [indication(volume=100, unit="01", frequency=WEEK, first=date(2023, 1, 2), last=date(2023, 1, 15))],
        [agreement()],
        [catalogue],
        HORIZON,
    )
    # 100 minutes a week for two weeks is 3 1/3 hours at 90.00: 300.00
    assert stretches(entry) == [(date(2023, 1, 2), date(2023, 1, 15), True, True, (30_000,))]


def test_an_open_end_is_valued_up_to_the_horizon_and_stays_open() -> None:
    [entry] = value_line(
        [indication(first=date(2023, 11, 16))], [agreement()], [product()], date(2024, 1, 10)
    )
    # 15 days of November, December, and 10 days of January up to and including the horizon
    assert stretches(entry) == [(date(2023, 11, 16), None, True, True, (75_000, 155_000, 50_000))]


def test_an_agreement_that_ends_in_the_middle_of_a_month_leaves_bespoke_days_at_the_catalogue_tariff() -> (
    None
):
    [entry] = value_line(
        [indication(first=date(2023, 4, 1), last=date(2023, 5, 31))],
        [agreement(last=date(2023, 4, 20), tariffCents=5100)],
        [product()],
        HORIZON,
    )
    # Contracted: 20 x 51.00; bespoke: 10 x 50.00 in April and 31 x 50.00 in May
    assert stretches(entry) == [
        (date(2023, 4, 1), date(2023, 4, 20), True, True, (102_000,)),
        (date(2023, 4, 21), date(2023, 5, 31), False, True, (50_000, 155_000)),
    ]


def test_a_withdrawn_indication_is_worth_nothing_from_the_moment_that_this_is_known() -> None:
    period: dict[str, Any] = {"first": date(2023, 4, 1), "last": date(2023, 4, 30)}
    line = value_line(
        [indication(1, 10, **period), indication(2, 20, withdrawn=True, **period)],
        [agreement()],
        [product()],
        HORIZON,
    )
    assert [(entry.known_from.minute, entry.indication_version, len(entry.stretches)) for entry in line] == [
        (10, 1, 1),
        (20, 2, 0),
    ]


def test_a_volume_for_the_whole_period_is_spread_over_it() -> None:
    [entry] = value_line(
        [indication(volume=7, frequency=WHOLE_PERIOD, first=date(2023, 1, 25), last=date(2023, 2, 3))],
        [agreement()],
        [product()],
        HORIZON,
    )
    # 7 x 50.00 over ten days: seven in January, three in February
    assert stretches(entry) == [(date(2023, 1, 25), date(2023, 2, 3), True, True, (24_500, 10_500))]


def test_days_without_any_tariff_are_not_valued_and_still_contracted() -> None:
    catalogue = product(tariffs=[tariff(5000, date(2023, 4, 16))])
    [entry] = value_line(
        [indication(first=date(2023, 3, 1), last=date(2023, 4, 30))],
        [agreement()],
        [catalogue],
        HORIZON,
    )
    # From 16 April there is a tariff: 15 x 50.00
    assert stretches(entry) == [
        (date(2023, 3, 1), date(2023, 4, 15), True, False, (0, 0)),
        (date(2023, 4, 16), date(2023, 4, 30), True, True, (75_000,)),
    ]
