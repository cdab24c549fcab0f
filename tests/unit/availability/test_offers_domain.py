"""What an agreement offers, as a rule without a database."""

from datetime import date

import pytest

from services.availability.search.domain import offered
from shared.events.contracts import AgreementState, ProductState, ProviderState
from tests.unit.availability.inputs import agreement, product, provider


def test_what_was_agreed_is_offered_before_its_product_and_provider_are_known() -> None:
    found = offered(AgreementState.model_validate(agreement()), None, None)
    assert found is not None
    assert (found.provider, found.product, found.valid_from) == ("98000001", "43A09", date(2023, 1, 1))
    assert (found.provider_name, found.name_nl, found.segment, found.locations) == (None, None, None, None)


def test_product_and_provider_complete_an_offer() -> None:
    found = offered(
        AgreementState.model_validate(agreement()),
        ProductState.model_validate(product()),
        ProviderState.model_validate(provider()),
    )
    assert found is not None
    assert (found.name_nl, found.name_en, found.segment, found.category) == (
        "Pleegzorg",
        "Foster care",
        2,
        "43",
    )
    assert found.provider_name == "Aanbieder 98000001"
    assert [location.postcode for location in found.locations or ()] == ["5701 AB"]


def test_a_withdrawn_agreement_offers_nothing() -> None:
    assert offered(AgreementState.model_validate(agreement(withdrawn=True)), None, None) is None


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
    assert (found and (found.valid_from, found.valid_to)) == expected
