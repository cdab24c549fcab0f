"""The rules of claims, each under its own sentence; `test_record_claims.py` holds the database to them."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from services.contracts.claims.domain import (
    Claim,
    Claimable,
    Content,
    Decision,
    Outcome,
    Status,
    credit,
    decide,
    judge,
    refusal,
)
from shared.values.period import Period

OWN, OTHER = "98000001", "98000002"
NUMBER = ("0794", 1)
DAYS = st.integers(0, 40).map(lambda days: date(2023, 1, 1) + timedelta(days=days))
CENTS = st.integers(1, 1_000)
REFUSED = set(Outcome) - {Outcome.CREATED, Outcome.APPLIED, Outcome.UNCHANGED, Outcome.UNKNOWN}


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first, last = sorted([draw(DAYS), draw(DAYS)])
    return Period(first, last)


@st.composite
def indications(draw: st.DrawFn, /, **fixed: object) -> Claimable:
    """Give an indication of our own provider, in force and valued unless it is said otherwise."""
    period = draw(periods())
    if draw(st.booleans()):
        period = Period(period.valid_from)
    return replace(
        Claimable(UUID(int=1), OWN, period, draw(st.none() | st.integers(0, 3_000)), withdrawn=False),
        **fixed,  # type: ignore[arg-type]
    )


numbers = st.sampled_from([NUMBER, ("0794", 2), ("0743", 1)])
contents = st.builds(Content, numbers, periods(), CENTS)
under_the_number = st.builds(Content, st.just(NUMBER), periods(), CENTS)
claims = st.builds(Claim, st.sampled_from(["b", "c", "d"]), contents, st.sampled_from(Status))
others = st.lists(claims, max_size=4, unique_by=lambda each: each.reference)
kept = st.none() | st.builds(Claim, st.just("a"), contents, st.sampled_from(Status))


def in_force(among: list[Claim]) -> list[Claim]:
    return [each for each in among if each.status is Status.ACCEPTED and each.content.number == NUMBER]


@given(indications(), others, under_the_number)
def test_a_claim_outside_the_newest_period_of_its_indication_is_refused_and_the_period_named(
    indication: Claimable, others: list[Claim], content: Content
) -> None:
    outside = [day for day in content.period.each_day() if day not in indication.period]
    verdict = judge(indication, others, OWN, content)
    assert (verdict is not None and verdict.outcome is Outcome.OUTSIDE_PERIOD) is bool(outside)
    if verdict is not None and outside:
        facts = dict(verdict.facts)
        assert facts["indicationFrom"] == str(indication.period.valid_from)
        assert facts["indicationTo"] == (indication.period.valid_to and str(indication.period.valid_to))
        assert str(indication.period.valid_from) in str(refusal(verdict.outcome, facts))


@given(indications(period=Period(date(2023, 1, 1))), others, under_the_number)
def test_the_claims_in_force_of_an_indication_never_exceed_its_granted_value_and_the_refusal_says_what_is_left(
    indication: Claimable, others: list[Claim], content: Content
) -> None:
    claimed = sum(each.content.cents for each in in_force(others))
    verdict = judge(indication, others, OWN, content)
    above = indication.granted_cents is not None and claimed + content.cents > indication.granted_cents
    if verdict is None:
        assert not above
    elif verdict.outcome is Outcome.ABOVE_GRANTED:
        assert above
        left = dict(verdict.facts)["centsLeft"]
        assert left == max(0, (indication.granted_cents or 0) - claimed)
        assert f" {left} cents" in str(refusal(verdict.outcome, dict(verdict.facts)))
    else:
        assert verdict.outcome is Outcome.DOUBLE


@given(indications(period=Period(date(2023, 1, 1)), granted_cents=None), others, under_the_number)
def test_where_any_stretch_is_not_valued_there_is_no_ceiling(
    indication: Claimable, others: list[Claim], content: Content
) -> None:
    verdict = judge(indication, others, OWN, content)
    assert verdict is None or verdict.outcome is Outcome.DOUBLE


@given(indications(period=Period(date(2023, 1, 1))), others, under_the_number)
def test_another_claim_in_force_for_the_same_number_and_days_is_double_and_named(
    indication: Claimable, others: list[Claim], content: Content
) -> None:
    twins = {each.reference for each in in_force(others) if each.content.period == content.period}
    verdict = judge(indication, others, OWN, content)
    assert (verdict is not None and verdict.outcome is Outcome.DOUBLE) is bool(twins)
    if verdict is not None and twins:
        assert dict(verdict.facts)["otherReference"] in twins


@given(indications(withdrawn=True), others, under_the_number)
def test_nothing_can_be_claimed_under_a_withdrawn_indication(
    indication: Claimable, others: list[Claim], content: Content
) -> None:
    assert judge(indication, others, OWN, content) == Decision(Outcome.INDICATION_WITHDRAWN)


of_another = st.booleans().flatmap(lambda withdrawn: indications(provider=OTHER, withdrawn=withdrawn))


@given(kept, of_another, others, under_the_number)
def test_an_assignment_number_of_another_provider_is_as_one_that_nobody_knows(
    kept: Claim | None, theirs: Claimable, others: list[Claim], content: Content
) -> None:
    assert decide(kept, theirs, others, OWN, content) == decide(kept, None, others, OWN, content)


@given(indications(period=Period(date(2023, 1, 1))), others, under_the_number, under_the_number)
def test_a_correction_is_judged_without_its_earlier_version(
    indication: Claimable, others: list[Claim], earlier: Content, content: Content
) -> None:
    assume(earlier != content)
    corrected = decide(Claim("a", earlier, Status.ACCEPTED), indication, others, OWN, content)
    anew = decide(None, indication, others, OWN, content)
    assert (corrected.status, corrected.facts) == (anew.status, anew.facts)


@given(kept, st.none() | indications(), others, contents)
def test_when_a_correction_is_refused_the_earlier_stays(
    kept: Claim | None, indication: Claimable | None, others: list[Claim], content: Content
) -> None:
    decision = decide(kept, indication, others, OWN, content)
    assert (decision.status is None) is (decision.outcome in REFUSED | {Outcome.UNCHANGED})


@given(st.none() | indications(), others, contents, st.sampled_from([Status.WAITING, Status.ACCEPTED]))
def test_the_same_again_changes_nothing(
    indication: Claimable | None, others: list[Claim], content: Content, status: Status
) -> None:
    assert decide(Claim("a", content, status), indication, others, OWN, content) == Decision(
        Outcome.UNCHANGED
    )


@given(st.none() | st.builds(Claim, st.just("a"), contents, st.just(Status.WAITING)), others, contents)
def test_a_number_that_is_not_known_yet_leaves_a_claim_waiting(
    kept: Claim | None, others: list[Claim], content: Content
) -> None:
    assume(kept is None or kept.content != content)
    assert decide(kept, None, others, OWN, content).status is Status.WAITING


@given(st.builds(Claim, st.just("a"), contents, st.sampled_from(Status)), st.none() | indications(), contents)
def test_a_credit_takes_it_all_back_once_and_uses_the_reference_up(
    claim: Claim, indication: Claimable | None, content: Content
) -> None:
    expected = Outcome.UNCHANGED if claim.status is Status.CREDITED else Outcome.APPLIED
    assert credit(claim).outcome is expected
    credited = replace(claim, status=Status.CREDITED)
    assert credit(credited) == Decision(Outcome.UNCHANGED)
    assert decide(credited, indication, [], OWN, content) == Decision(Outcome.CREDITED)
    assert credit(None) == Decision(Outcome.UNKNOWN)


@given(st.none() | indications(), others, contents, contents)
def test_an_accepted_claim_keeps_its_assignment_number(
    indication: Claimable | None, others: list[Claim], earlier: Content, content: Content
) -> None:
    decision = decide(Claim("a", earlier, Status.ACCEPTED), indication, others, OWN, content)
    assert (decision.outcome is Outcome.NUMBER_FIXED) is (earlier.number != content.number)


@given(indications(), others, under_the_number)
def test_what_was_refused_is_judged_anew_when_it_is_sent_again(
    indication: Claimable, others: list[Claim], content: Content
) -> None:
    again = decide(Claim("a", content, Status.REFUSED), indication, others, OWN, content)
    anew = decide(None, indication, others, OWN, content)
    assert (again.status, again.facts) == (anew.status, anew.facts)
