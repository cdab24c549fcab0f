"""What a change does to the agreements of one provider for one product."""

from datetime import date

from services.contracts.agreements.domain import Change, Decision, Key, Outcome, decide, violations
from shared.events.contracts import AgreementState
from shared.values.period import Period
from tests.unit.contracts.states import FOSTER_CARE, PROVIDER, agreement, key_of

YEAR = agreement(date(2023, 1, 1), date(2023, 12, 31))
NEXT = agreement(date(2024, 1, 1))


def known(*states: AgreementState) -> dict[Key, AgreementState]:
    return {key_of(state): state for state in states}


def put(state: AgreementState) -> Change:
    return Change(key_of(state), state)


def withdraw(state: AgreementState) -> Change:
    return Change(key_of(state), None)


def outcomes(before: dict[Key, AgreementState], *changes: Change) -> list[Decision]:
    return decide(before, [PROVIDER], [FOSTER_CARE], changes)


def test_an_agreement_does_not_end_before_it_starts() -> None:
    wrong = agreement(date(2023, 1, 1), date(2022, 12, 31))
    assert [error.pointer for error in violations(wrong)] == ["#/to"]
    assert list(violations(agreement(date(2023, 1, 1), date(2023, 1, 1)))) == []


def test_the_first_put_creates_the_same_again_is_nothing_another_end_is_a_change() -> None:
    assert outcomes({}, put(YEAR)) == [Decision(Outcome.CREATED)]
    assert outcomes(known(YEAR), put(YEAR)) == [Decision(Outcome.UNCHANGED)]
    assert outcomes(known(YEAR), put(agreement(date(2023, 1, 1)))) == [Decision(Outcome.APPLIED)]


def test_a_withdrawn_agreement_is_not_in_the_way_and_can_be_put_again() -> None:
    withdrawn = YEAR.model_copy(update={"withdrawn": True})
    assert outcomes(known(YEAR), withdraw(YEAR)) == [Decision(Outcome.APPLIED)]
    assert outcomes(known(withdrawn), withdraw(YEAR)) == [Decision(Outcome.UNCHANGED)]
    assert outcomes(known(withdrawn), put(agreement(date(2023, 6, 1)))) == [Decision(Outcome.CREATED)]
    assert outcomes(known(withdrawn), put(YEAR)) == [Decision(Outcome.APPLIED)]


def test_a_withdrawal_of_nothing_is_unknown() -> None:
    assert outcomes({}, withdraw(YEAR)) == [Decision(Outcome.UNKNOWN)]


def test_every_unknown_party_is_named() -> None:
    other = agreement(agb="98000009", code="45A01")
    assert outcomes({}, put(other)) == [Decision(Outcome.UNKNOWN_PARTY, ("product", "provider"))]
    assert outcomes({}, put(agreement(agb="98000009"))) == [Decision(Outcome.UNKNOWN_PARTY, ("provider",))]


def test_an_overlap_names_the_period_in_the_way() -> None:
    before, after = agreement(date(2022, 1, 1), date(2023, 1, 1)), agreement(date(2023, 12, 31))
    assert outcomes(known(YEAR), put(before)) == [
        Decision(Outcome.OVERLAPS, other=Period(YEAR.valid_from, YEAR.valid_to))
    ]
    assert outcomes(known(YEAR), put(after)) == [
        Decision(Outcome.OVERLAPS, other=Period(YEAR.valid_from, YEAR.valid_to))
    ]
    assert outcomes(known(YEAR), put(NEXT)) == [Decision(Outcome.CREATED)]


def test_one_list_shifts_an_agreement_and_the_one_that_follows_it() -> None:
    longer = agreement(date(2023, 1, 1), date(2024, 6, 30))
    later = agreement(date(2024, 7, 1))
    assert [d.outcome for d in outcomes(known(YEAR, NEXT), put(later), put(longer), withdraw(NEXT))] == [
        Outcome.CREATED,
        Outcome.APPLIED,
        Outcome.APPLIED,
    ]
    assert [d.outcome for d in outcomes(known(YEAR, NEXT), put(longer))] == [Outcome.OVERLAPS]


def test_changes_to_one_provider_and_product_are_refused_together() -> None:
    clash = outcomes(
        known(YEAR, NEXT),
        put(agreement(date(2022, 1, 1), date(2022, 6, 30))),
        put(agreement(date(2024, 3, 1))),
    )
    assert [d.outcome for d in clash] == [Outcome.OVERLAPS, Outcome.OVERLAPS]
