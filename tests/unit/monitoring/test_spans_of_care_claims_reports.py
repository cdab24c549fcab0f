"""What is kept of care, of claims and of waiting-time reports, with what was known of it when."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.monitoring.facts.domain import (
    OPEN_END,
    History,
    Span,
    care_spans,
    claim_spans,
    offer_spans,
)
from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, ClaimState, ProductState
from shared.events.known import Known
from shared.events.referrals import CareState, IndicationState
from tests.unit.monitoring.inputs import ASTEN, CARER, FOSTER, HELMOND, INDICATION, REGION, at, indication

JANUARY = 2023 * 12
JULY = JANUARY + 6
FIRST = date(2023, 1, 1)


def care(
    version: int = 1, known: int = 20, *, number: int = 1, first: date = FIRST, **changes: object
) -> Known[CareState]:
    state = {
        "indication": INDICATION,
        "clientId": UUID(int=1000),
        "municipality": HELMOND,
        "provider": CARER,
        "from": first,
        "to": None,
        "withdrawn": False,
    }
    return Known(UUID(int=4000 + number), version, at(known), CareState.model_validate(state | changes))


def claim(
    version: int = 1,
    known: int = 20,
    *,
    days: tuple[date, date] = (FIRST, date(2023, 1, 31)),
    **changes: object,
) -> Known[ClaimState]:
    state = {
        "indication": INDICATION,
        "municipality": HELMOND,
        "provider": CARER,
        "from": days[0],
        "to": days[1],
        "cents": 3100,
        "withdrawn": False,
    }
    return Known(UUID(int=5000), version, at(known), ClaimState.model_validate(state | changes))


def report(
    day: date, number: int = 1, version: int = 1, known: int = 20, **changes: object
) -> Known[ReportState]:
    state = {
        "provider": CARER,
        "location": "1",
        "product": FOSTER,
        "referenceDate": day,
        "intakeWeeks": 2,
        "startWeeks": 4,
        "admission": "accepting",
    }
    return Known(UUID(int=6000 + number), version, at(known), ReportState.model_validate(state | changes))


def agreement(
    first: date = date(2022, 1, 1), last: date | None = None, known: int = 5
) -> Known[AgreementState]:
    state = {"provider": CARER, "product": FOSTER, "from": first, "to": last, "withdrawn": False}
    return Known(UUID(int=2000), 1, at(known), AgreementState.model_validate(state))


def product(segment: int = 2, version: int = 1, known: int = 1) -> Known[ProductState]:
    flags = {"residential": True, "family": True, "housing": False}
    names = {"code": FOSTER, "category": "43", "nameNl": FOSTER, "nameEn": FOSTER}
    state = {**names, **flags, "segment": segment, "unit": "14", "from": date(2020, 1, 1)}
    return Known(UUID(int=3000), version, at(known), ProductState.model_validate(state))


def of_care(*versions: Known[CareState], history: History | None = None) -> list[tuple[object, ...]]:
    """Months, started, ended and the days waited; and the minutes from and to which this was known."""
    found = care_spans(INDICATION, history or History([indication()]), versions, REGION)
    return [
        (fact.first_month, fact.last_month, fact.started, fact.ended, fact.waited_days, *known(one))
        for one in found
        for fact in [one.fact]
    ]


def known(span: Span[object]) -> tuple[int | None, int | None]:
    return minute(span.known_from), minute(span.known_to)


def minute(moment: datetime | None) -> int | None:
    return None if moment is None else next(each for each in range(200) if at(each) == moment)


def decided(*moments: datetime | None) -> History:
    return History([indication(number, 10, decidedAt=each) for number, each in enumerate(moments, 1)])


def test_care_without_a_stop_goes_on() -> None:
    assert of_care(care()) == [(JANUARY, OPEN_END, True, False, None, 20, None)]


def test_a_stop_that_came_later_ends_it_from_then_on_only() -> None:
    assert of_care(care(), care(2, 30, to=date(2023, 3, 31))) == [
        (JANUARY, OPEN_END, True, False, None, 20, 30),
        (JANUARY, JANUARY + 2, True, True, None, 30, None),
    ]


def test_withdrawn_care_was_never_given_as_known_from_then_on() -> None:
    assert of_care(care(), care(2, 30, withdrawn=True)) == [(JANUARY, OPEN_END, True, False, None, 20, 30)]


def test_care_counts_also_when_its_indication_was_withdrawn() -> None:
    history = History([indication(1, 10), indication(2, 40, withdrawn=True)])
    assert of_care(care(), history=history) == [(JANUARY, OPEN_END, True, False, None, 20, None)]


def test_care_before_its_indication_is_known_counts_nowhere() -> None:
    assert of_care(care(), history=History([indication(1, 50)])) == [
        (JANUARY, OPEN_END, True, False, None, 50, None)
    ]


def test_care_under_another_indication_is_not_this_ones() -> None:
    assert of_care(care(indication=UUID(int=9))) == []


def test_care_starts_and_ends_once_also_when_its_municipality_changes_its_sub_region() -> None:
    history = History([indication(municipality=ASTEN)])
    assert of_care(care(first=date(2023, 6, 1), to=date(2023, 8, 31)), history=history) == [
        (JULY - 1, JULY, True, False, None, 20, None),
        (JULY, JULY + 1, False, True, None, 20, None),
    ]


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        (datetime(2022, 12, 31, 22, 30, tzinfo=UTC), 1),  # still the 31st in Amsterdam
        (datetime(2022, 12, 31, 23, 30, tzinfo=UTC), 0),
        (datetime(2022, 11, 30, 12, tzinfo=UTC), 32),
        (datetime(2023, 1, 20, 12, tzinfo=UTC), 0),  # care that began before the decision did not wait for it
        (None, None),
    ],
)
def test_the_wait_is_from_the_day_of_the_decision_in_amsterdam(
    moment: datetime | None, days: int | None
) -> None:
    assert [each[4] for each in of_care(care(), history=decided(moment))] == [days]


def test_the_first_decision_counts_and_not_that_of_a_later_version() -> None:
    history = decided(None, datetime(2022, 12, 22, 12, tzinfo=UTC), datetime(2022, 12, 30, 12, tzinfo=UTC))
    assert [each[4] for each in of_care(care(), history=history)] == [10]


def test_only_the_first_care_of_an_indication_waited_for_its_decision() -> None:
    history = decided(datetime(2022, 12, 22, 12, tzinfo=UTC))
    later = care(number=2, first=date(2023, 5, 1), known=30)
    assert [each[4] for each in of_care(care(to=date(2023, 1, 31)), later, history=history)] == [10, None]


def test_when_the_first_care_is_withdrawn_the_next_one_is_the_first_as_known_from_then_on() -> None:
    history = decided(datetime(2022, 12, 22, 12, tzinfo=UTC))
    first = [care(to=date(2023, 1, 31)), care(2, 40, withdrawn=True)]
    later = care(number=2, first=date(2023, 2, 1), known=30)
    assert sorted(of_care(*first, later, history=history), key=str) == [
        (JANUARY, JANUARY, True, True, 10, 20, 40),
        (JANUARY + 1, OPEN_END, True, False, 41, 40, None),
        (JANUARY + 1, OPEN_END, True, False, None, 30, 40),
    ]


def of_claims(*versions: Known[ClaimState], **history: Known[IndicationState]) -> list[tuple[object, ...]]:
    histories = {each.aggregate: History([each]) for each in history.values() or [indication()]}
    found = claim_spans(versions, histories, REGION)
    return [(one.fact.first_month, one.fact.running_cents, *known(one)) for one in found]


def test_a_claim_is_spread_over_its_days_and_its_months_add_up() -> None:
    # 14, 28, 31 and 27 of 100 days
    whole = claim(days=(date(2023, 1, 18), date(2023, 4, 27)), cents=1001)
    assert of_claims(whole) == [(JANUARY, (140, 420, 731, 1001), 20, None)]


def test_a_cent_that_is_half_goes_up() -> None:
    assert of_claims(claim(days=(date(2023, 1, 31), date(2023, 2, 1)), cents=1)) == [
        (JANUARY, (1, 1), 20, None)
    ]


def test_a_credited_claim_counts_until_it_was_credited() -> None:
    assert of_claims(claim(), claim(2, 40, withdrawn=True)) == [(JANUARY, (3100,), 20, 40)]


def test_a_claim_counts_also_when_its_indication_was_withdrawn() -> None:
    assert of_claims(claim(), withdrawn=indication(withdrawn=True)) == [(JANUARY, (3100,), 20, None)]


def test_a_claim_for_an_indication_that_never_came_counts_nowhere() -> None:
    assert of_claims(claim(indication=UUID(int=9))) == []


def test_a_claim_that_moved_to_another_indication_is_that_ones_from_then_on() -> None:
    other = indication(number=2, municipality=ASTEN)
    histories = {INDICATION: History([indication()]), UUID(int=2): History([other])}
    found = claim_spans([claim(), claim(2, 40, indication=UUID(int=2))], histories, REGION)
    assert [(one.fact.subject.municipality, *known(one)) for one in found] == [
        (HELMOND, 20, 40),
        (ASTEN, 40, None),
    ]


@given(st.integers(0, 10**9), st.integers(0, 800), st.integers(0, 400))
def test_the_months_of_a_claim_add_up_to_it_wherever_it_is_cut(cents: int, start: int, length: int) -> None:
    first = date.fromordinal(date(2022, 6, 1).toordinal() + start)
    days = (first, date.fromordinal(first.toordinal() + length))
    histories = {INDICATION: History([indication(municipality=ASTEN)])}
    found = claim_spans([claim(days=days, cents=cents)], histories, REGION)
    assert sum(one.fact.running_cents[-1] for one in found) == cents


def of_reports(
    *reports: Known[ReportState], agreements: tuple[Known[AgreementState], ...] = (agreement(),)
) -> list[tuple[object, ...]]:
    """Of the first report: months and weeks, and the minutes from and to which this was known."""
    found = offer_spans([reports[0]], reports[1:], agreements, [product()])
    return [(one.fact.first_month, one.fact.last_month, one.fact.weeks, *known(one)) for one in found]


@pytest.mark.parametrize(("day", "months"), [(1, 2), (22, 2), (23, 3)])
def test_a_report_is_valid_for_38_days_at_most(day: int, months: int) -> None:
    # From 22 January on they end with February.
    assert of_reports(report(date(2023, 1, day))) == [(JANUARY, JANUARY + months - 1, 6, 20, None)]


def test_a_report_is_valid_until_the_next_one_as_known_from_then_on() -> None:
    next_one = report(date(2023, 2, 1), number=2, known=30)
    assert of_reports(report(date(2023, 1, 20)), next_one) == [
        (JANUARY, JANUARY + 1, 6, 20, 30),
        (JANUARY, JANUARY, 6, 30, None),
    ]


@pytest.mark.parametrize(("intake", "start"), [(None, 4), (2, None), (None, None)])
def test_a_wait_of_which_one_part_is_unknown_is_unknown_and_not_zero(
    intake: int | None, start: int | None
) -> None:
    assert [each[2] for each in of_reports(report(FIRST, intakeWeeks=intake, startWeeks=start))] == [None]


def test_no_wait_is_zero_weeks() -> None:
    assert [each[2] for each in of_reports(report(FIRST, intakeWeeks=0, startWeeks=0))] == [0]


def test_a_report_counts_on_contracted_days_only() -> None:
    starts_later = agreement(date(2023, 2, 1), date(2023, 2, 1), known=40)
    assert of_reports(report(date(2023, 1, 20)), agreements=(starts_later,)) == [
        (JANUARY + 1, JANUARY + 1, 6, 40, None)
    ]
    assert of_reports(report(date(2023, 1, 20)), agreements=(agreement(date(2023, 3, 1)),)) == []


def test_a_report_is_of_the_segment_that_its_product_had_as_known_then() -> None:
    found = offer_spans([report(FIRST)], [], [agreement()], [product(), product(3, 2, 60)])
    assert [(one.fact.segment, *known(one)) for one in found] == [(2, 20, 60), (3, 60, None)]
