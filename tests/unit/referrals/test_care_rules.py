"""The rules of periods of care, one by one; the sentence is the test's name."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.referrals.care.domain import (
    Decision,
    Indication,
    Kept,
    Outcome,
    Place,
    Refusal,
    Status,
    Version,
    decide,
    settle,
)
from shared.values.codes import ReasonOfEnding
from shared.values.period import Period
from tests.unit.referrals.care_model import Granted, Model, Said, Step, Withdrawn, stories
from tests.unit.referrals.given import OTHER, PROVIDER, at, day

YEAR = Period(day(1), day(12, 31))
FREE = Place(PROVIDER, day(2), Indication(PROVIDER, YEAR))
days = st.dates(date(2022, 11, 1), date(2024, 2, 29))
hours = st.integers(0, 1_000)
endings = st.sampled_from(ReasonOfEnding)
shortened_indications = st.builds(
    lambda last, withdrawn: Indication(PROVIDER, Period(day(1), last), withdrawn),
    st.dates(day(2), day(12, 31)),
    st.booleans(),
)
kept_in_some_way = st.sampled_from([Status.WAITING, Status.ACCEPTED, Status.REFUSED])


def start(hour: int) -> Version:
    return Version(at(hour))


def stop(hour: int, last: date) -> Version:
    return Version(at(hour), last, ReasonOfEnding.AS_PLANNED)


def withdrawal(hour: int) -> Version:
    return Version(at(hour), withdrawal=True)


def accepted(*versions: Version) -> Kept:
    return Kept(versions, Status.ACCEPTED)


puts = st.builds(
    lambda hour, last, reason: Version(at(hour), last, reason if last else None),
    hours,
    st.none() | st.dates(day(2), day(12, 31)),
    endings,
)
anything = puts | st.builds(withdrawal, hours)


@given(st.lists(puts, min_size=1, max_size=6, unique_by=lambda version: version.sent_at), st.data())
def test_the_newest_sent_moment_wins_whatever_the_order_of_arrival(
    versions: list[Version], data: st.DataObject
) -> None:
    model = Model(Indication(PROVIDER, YEAR))
    for version in data.draw(st.permutations(versions)):
        model.say(Said(PROVIDER, day(2), version))
    assert model.periods[PROVIDER, day(2)].newest == max(versions, key=lambda version: version.sent_at)


@given(puts, anything, kept_in_some_way)
def test_an_older_version_is_superseded_whatever_it_says(
    newest: Version, given: Version, status: Status
) -> None:
    older = replace(given, sent_at=newest.sent_at - timedelta(microseconds=1))
    refused_before = older.withdrawal and status is Status.REFUSED
    expected = Outcome.UNKNOWN if refused_before else Outcome.SUPERSEDED
    assert decide(Kept((newest,), status), older, FREE) == Decision(expected)


@given(puts, anything)
def test_the_same_moment_with_the_same_content_changes_nothing_and_with_other_content_is_refused(
    kept: Version, given: Version
) -> None:
    same_moment = replace(given, sent_at=kept.sent_at)
    outcome = decide(accepted(kept), same_moment, FREE).outcome
    assert outcome is (Outcome.UNCHANGED if same_moment == kept else Outcome.MOMENT_TAKEN)


@given(days, st.none() | days, days, st.none() | days)
def test_care_starts_and_stops_within_the_period_of_its_indication(
    first: date, last: date | None, granted_from: date, granted_to: date | None
) -> None:
    if (last and last < first) or (granted_to and granted_to < granted_from):
        return
    indication = Indication(PROVIDER, Period(granted_from, granted_to))
    version = stop(1, last) if last else start(1)
    refusal = decide(Kept(), version, Place(PROVIDER, first, indication)).refusal
    after = granted_to or date.max
    if not granted_from <= first <= after:
        assert refusal is Refusal.FROM_OUTSIDE
    elif last and last > after:
        assert refusal is Refusal.TO_OUTSIDE
    else:
        assert refusal is None


@given(st.none() | st.dates(day(2), day(12, 31)), shortened_indications)
def test_a_later_shortening_of_the_indication_does_not_refuse_what_happened_already(
    last: date | None, shortened: Indication
) -> None:
    """Said again it stands; a last day that is new is asked anew."""
    place = replace(FREE, indication=shortened)
    known = stop(1, last) if last else start(1)
    assert decide(accepted(known), replace(known, sent_at=at(2)), place).outcome is Outcome.APPLIED
    assert shortened.period.valid_to
    beyond = shortened.period.valid_to + timedelta(days=1)
    if beyond != last:
        assert decide(accepted(known), stop(2, beyond), place).refusal is Refusal.TO_OUTSIDE


@given(stories)
def test_at_no_moment_two_periods_of_one_indication_have_a_day_in_common_or_are_both_open(
    arriving: list[Step],
) -> None:
    model = Model()
    for step in arriving:
        model.take(step)
        counting = model.place(OTHER, date.min).others
        assert not any(one.overlaps(other) for one, other in combinations(counting, 2))
        assert sum(period.valid_to is None for period in counting) <= 1


@given(st.lists(st.builds(Period, days), max_size=3), st.none() | st.dates(day(2), day(12, 31)))
def test_an_overlap_names_the_first_period_in_the_way(others: list[Period], last: date | None) -> None:
    version = stop(1, last) if last else start(1)
    decision = decide(Kept(), version, replace(FREE, others=others))
    in_the_way = [other.valid_from for other in others if other.valid_from <= (last or date.max)]
    assert (decision.other and decision.other.valid_from) == min(in_the_way, default=None)


@given(st.dates(day(2), day(12, 31)), kept_in_some_way)
def test_a_start_cannot_be_deleted_after_a_stop_before_the_stop_was_taken_back(
    last: date, status: Status
) -> None:
    if status is Status.REFUSED:
        return
    kept = Kept((start(1), stop(2, last)), status)
    assert decide(kept, withdrawal(3), FREE) == Decision(Outcome.STOPPED)
    assert decide(kept, start(3), FREE) == Decision(Outcome.APPLIED)
    taken_back = Kept((*kept.versions, start(3)), status)
    assert decide(taken_back, withdrawal(4), FREE) == Decision(Outcome.APPLIED)


@given(puts)
def test_a_withdrawn_indication_takes_no_start(version: Version) -> None:
    place = replace(FREE, indication=Indication(PROVIDER, YEAR, withdrawn=True))
    refused = Decision(Outcome.REFUSED, Refusal.INDICATION_WITHDRAWN)
    assert decide(Kept(), version, place) == refused
    back_again = replace(version, sent_at=at(2_000))
    assert decide(accepted(start(-2), withdrawal(-1)), back_again, place) == refused
    assert settle(version, place) == refused


@given(anything, st.lists(puts, max_size=2), st.sampled_from([None, Status.WAITING, Status.REFUSED]))
def test_an_indication_of_another_provider_is_not_there(
    version: Version, versions: list[Version], status: Status | None
) -> None:
    place = replace(FREE, provider=OTHER)
    kept = Kept(tuple(versions), status) if versions else Kept()
    assert decide(kept, version, place) == Decision(Outcome.REFUSED, Refusal.NOT_YOURS)
    assert settle(version, place) == Decision(Outcome.REFUSED, Refusal.NOT_YOURS)


@given(puts)
def test_what_a_provider_did_stays_its_own_when_the_indication_is_corrected_to_another(
    version: Version,
) -> None:
    place = replace(FREE, indication=Indication(OTHER, YEAR))
    newer = replace(version, sent_at=at(2_000))
    assert decide(accepted(start(-1)), newer, place) == Decision(Outcome.APPLIED)


@given(anything)
def test_what_was_never_said_or_was_refused_cannot_be_withdrawn(version: Version) -> None:
    given_now = withdrawal(2_000)
    for place in (FREE, replace(FREE, indication=None)):
        assert decide(Kept(), given_now, place) == Decision(Outcome.UNKNOWN)
        assert decide(Kept((version,), Status.REFUSED), given_now, place) == Decision(Outcome.UNKNOWN)


@given(puts, shortened_indications, st.lists(st.builds(Period, days), max_size=2))
def test_what_waited_is_decided_as_if_it_had_arrived_after_its_indication(
    version: Version, indication: Indication, others: list[Period]
) -> None:
    place = Place(PROVIDER, day(2), indication, others)
    settled, decided = settle(version, place), decide(Kept(), version, place)
    assert (settled.refusal, settled.other) == (decided.refusal, decided.other)
    assert (settled.outcome is Outcome.ACCEPTED) == (decided.outcome is Outcome.CREATED)


@given(stories)
def test_only_what_was_accepted_has_a_version_and_nothing_waits_for_what_is_known(
    arriving: list[Step],
) -> None:
    model = Model()
    for step in [*arriving, Granted(day(1), None, PROVIDER), Withdrawn()]:
        model.take(step)
        for key, kept in model.periods.items():
            assert (kept.status is Status.ACCEPTED) <= (model.versions[key] > 0)
            assert kept.status is not Status.WAITING or model.indication is None
