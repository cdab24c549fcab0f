"""What an agreement offers, as a rule without a database."""

from datetime import date

import pytest

from services.availability.search.domain import offered
from shared.events.contracts import AgreementState, ProductState, ProviderState
from tests.unit.availability.inputs import agreement, product, provider


def test_what_was_agreed_is_offered_before_its_product_and_provider_are_known() -> None:
    (found,) = offered(AgreementState.model_validate(agreement()), None, None)
    assert (found.provider, found.product, found.valid_from) == ("98000001", "43A09", date(2023, 1, 1))
    assert (found.provider_name, found.name_nl, found.segment, found.location) == (None, None, None, None)


def test_product_and_provider_complete_an_offer() -> None:
    (found,) = offered(
        AgreementState.model_validate(agreement()),
        ProductState.model_validate(product()),
        ProviderState.model_validate(provider()),
    )
    assert (found.name_nl, found.name_en, found.segment, found.category) == (
        "Pleegzorg",
        "Foster care",
        2,
        "43",
    )
    assert found.provider_name == "Aanbieder 98000001"
    assert (found.location, found.postcode, found.latitude) == ("1", "5701 AB", 51.48)


def test_an_offer_is_had_at_each_location_and_without_any_stays_one() -> None:
    agreed, bought = AgreementState.model_validate(agreement()), ProductState.model_validate(product())
    (place,) = provider()["locations"]
    two = provider(locations=[place, place | {"code": "2"}])
    found = offered(agreed, bought, ProviderState.model_validate(two))
    assert [each.location for each in found] == ["1", "2"]
    (found_without,) = offered(agreed, bought, ProviderState.model_validate(provider(locations=[])))
    assert (found_without.location, found_without.provider_name) == (None, "Aanbieder 98000001")


def test_a_withdrawn_agreement_offers_nothing() -> None:
    assert offered(AgreementState.model_validate(agreement(withdrawn=True)), None, None) == []


@pytest.mark.parametrize(
    ("agreed", "existing", "expected"),
    [
        (("2023-01-01", None), ("2020-01-01", None), (date(2023, 1, 1), None)),
        (("2023-01-01", None), ("2023-03-01", "2023-06-30"), (date(2023, 3, 1), date(2023, 6, 30))),
        (("2023-01-01", "2023-04-30"), ("2023-03-01", None), (date(2023, 3, 1), date(2023, 4, 30))),
        (("2023-01-01", "2023-02-28"), ("2023-02-28", None), (date(2023, 2, 28), date(2023, 2, 28))),
        (("2023-01-01", "2023-02-28"), ("2023-03-01", None), None),
    ],
)
def test_an_offer_holds_on_the_days_on_which_agreement_and_product_both_do(
    agreed: tuple[str, str | None],
    existing: tuple[str, str | None],
    expected: tuple[date, date | None] | None,
) -> None:
    found = offered(
        AgreementState.model_validate(agreement(**{"from": agreed[0], "to": agreed[1]})),
        ProductState.model_validate(product(**{"from": existing[0], "to": existing[1]})),
        None,
    )
    assert [(each.valid_from, each.valid_to) for each in found] == ([expected] if expected else [])
