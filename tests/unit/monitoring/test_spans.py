"""Spans: what is kept of an indication, with what was known of it when."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.monitoring.facts.domain import OPEN_END, Granted, Span, Status, Subject, granted_spans
from shared.values.codes import ReferrerType
from tests.unit.monitoring.inputs import ASTEN, HELMOND, REGION, at, entry, indication, stretch, valuation

JANUARY = 2023 * 12
JULY = JANUARY + 6


def brief(found: list[Span[Granted]]) -> list[tuple[str, int, int, tuple[int, ...], int, int | None]]:
    """Status, first and last month, running cents, and the minutes from and to which it was known."""
    return [
        (
            one.fact.status.value,
            one.fact.first_month,
            one.fact.last_month,
            one.fact.running_cents,
            minutes(one.known_from),
            None if one.known_to is None else minutes(one.known_to),
        )
        for one in found
    ]


def minutes(moment: object) -> int:
    return next(minute for minute in range(200) if at(minute) == moment)


def test_a_span_has_what_figures_ask_for() -> None:
    known = indication(last=date(2023, 2, 28), referrer="04")
    line = valuation(entry(10, 1, stretch(date(2023, 1, 1), date(2023, 2, 28), 3100, 2800)))
    [one] = granted_spans([known], line, REGION)
    assert one.fact == Granted(
        subject=Subject(
            client=UUID(int=1000),
            municipality=HELMOND,
            product="43A09",
            segment=2,
            residential=True,
            family=True,
            housing=False,
            provider="98000001",
            referrer=ReferrerType.CERTIFIED_INSTITUTION,
        ),
        sub_region="Helmond",
        status=Status.CONTRACTED,
        valued=True,
        first_month=JANUARY,
        last_month=JANUARY + 1,
        running_cents=(3100, 5900),
    )


def test_without_a_value_an_indication_is_pending_for_its_whole_period() -> None:
    assert brief(granted_spans([indication()], None, REGION)) == [
        ("pending", JANUARY, OPEN_END, (), 10, None)
    ]


def test_a_value_of_an_earlier_version_says_nothing_of_the_newest() -> None:
    versions = [indication(1, 10, last=date(2023, 1, 31)), indication(2, 20, last=date(2023, 2, 28))]
    line = valuation(entry(10, 1, stretch(date(2023, 1, 1), date(2023, 1, 31), 3100)))
    assert brief(granted_spans(versions, line, REGION)) == [
        ("contracted", JANUARY, JANUARY, (3100,), 10, 20),
        ("pending", JANUARY, JANUARY + 1, (), 20, None),
    ]


def test_what_stays_the_same_stays_one_span() -> None:
    versions = [indication(1, 10, last=date(2023, 1, 31)), indication(2, 20, last=date(2023, 1, 31))]
    days = stretch(date(2023, 1, 1), date(2023, 1, 31), 3100)
    line = valuation(entry(10, 1, days), entry(20, 2, days))
    assert brief(granted_spans(versions, line, REGION)) == [
        ("contracted", JANUARY, JANUARY, (3100,), 10, None)
    ]


def test_a_withdrawn_indication_has_no_spans_from_then_on() -> None:
    versions = [indication(1, 10, last=date(2023, 1, 31)), indication(2, 20, withdrawn=True)]
    line = valuation(entry(10, 1, stretch(date(2023, 1, 1), date(2023, 1, 31), 3100)), entry(20, 2))
    assert brief(granted_spans(versions, line, REGION)) == [("contracted", JANUARY, JANUARY, (3100,), 10, 20)]


def test_a_late_older_version_changes_nothing() -> None:
    versions = [indication(2, 20, last=date(2023, 1, 31)), indication(1, 30, last=date(2023, 3, 31))]
    line = valuation(entry(20, 2, stretch(date(2023, 1, 1), date(2023, 1, 31), 3100)))
    assert brief(granted_spans(versions, line, REGION)) == [
        ("contracted", JANUARY, JANUARY, (3100,), 20, None)
    ]


def test_an_agreement_that_ends_in_mid_month_gives_both_kinds_in_that_month() -> None:
    known = indication(last=date(2023, 2, 28))
    line = valuation(
        entry(
            10,
            1,
            stretch(date(2023, 1, 1), date(2023, 2, 10), 31, 10),
            stretch(date(2023, 2, 11), date(2023, 2, 28), 18, contracted=False),
        )
    )
    assert brief(granted_spans([known], line, REGION)) == [
        ("contracted", JANUARY, JANUARY + 1, (31, 41), 10, None),
        ("bespoke", JANUARY + 1, JANUARY + 1, (18,), 10, None),
    ]


def test_stretches_of_one_kind_in_one_month_are_one_span() -> None:
    known = indication(last=date(2023, 2, 28))
    line = valuation(
        entry(
            10,
            1,
            stretch(date(2023, 1, 1), date(2023, 1, 9), 9),
            stretch(date(2023, 1, 10), date(2023, 1, 10), 1, contracted=False),
            stretch(date(2023, 1, 11), date(2023, 2, 28), 21, 28),
        )
    )
    assert sorted(brief(granted_spans([known], line, REGION))) == [
        ("bespoke", JANUARY, JANUARY, (1,), 10, None),
        ("contracted", JANUARY, JANUARY + 1, (30, 58), 10, None),
    ]


def test_days_that_are_not_valued_have_a_status_and_no_amounts() -> None:
    line = valuation(entry(10, 1, stretch(date(2023, 1, 1), None, 0, 0, valued=False)))
    [one] = granted_spans([indication()], line, REGION)
    assert (one.fact.status, one.fact.valued, one.fact.running_cents) == (Status.CONTRACTED, False, ())


def test_a_municipality_that_goes_to_another_sub_region_splits_the_month_by_its_days() -> None:
    known = indication(municipality=ASTEN, first=date(2023, 6, 1), last=date(2023, 8, 31))
    line = valuation(entry(10, 1, stretch(date(2023, 6, 1), date(2023, 8, 31), 3000, 3101, 3100)))
    found = granted_spans([known], line, REGION)
    # 10 of 31 days of July: 1,000.32 rounds to 1,000; the rest goes to the other
    assert [(one.fact.sub_region, one.fact.first_month, one.fact.running_cents) for one in found] == [
        ("Peel", JULY - 1, (3000, 4000)),
        ("Samen", JULY, (2101, 5201)),
    ]


def test_a_municipality_outside_the_region_has_no_sub_region() -> None:
    [one] = granted_spans([indication(municipality="0772")], None, REGION)
    assert one.fact.sub_region is None


def test_without_versions_there_are_no_granted_spans() -> None:
    assert granted_spans([], valuation(entry(10, 1, stretch(date(2023, 1, 1), None, 1))), REGION) == []


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.booleans()), max_size=6))
def test_at_every_moment_exactly_the_newest_version_is_known(versions: list[tuple[int, int, bool]]) -> None:
    known = [
        indication(number, minute, last=date(2023 + length // 12, length % 12 + 1, 15), withdrawn=withdrawn)
        for number, (minute, length, withdrawn) in enumerate(versions, 1)
    ]
    found = granted_spans(known, None, REGION)
    for minute in range(61):
        then = [each for each in known if each.known_at <= at(minute)]
        newest = max(then, key=lambda each: each.version, default=None)
        expected = []
        if newest is not None and newest.state.valid_to is not None and not newest.state.withdrawn:
            expected = [newest.state.valid_to.year * 12 + newest.state.valid_to.month - 1]
        answered = [
            one.fact.last_month
            for one in found
            if one.known_from <= at(minute) and (one.known_to is None or one.known_to > at(minute))
        ]
        assert answered == expected
