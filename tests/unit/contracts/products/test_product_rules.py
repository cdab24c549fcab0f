"""What goes together in a product."""

from datetime import date

import pytest

from services.contracts.products.domain import Outcome, decide, violations
from services.contracts.products.schemas import ProductBody
from shared.events.contracts import ProductState
from shared.problems import InvalidInput
from tests.unit.contracts.states import product, tariff


def places(state: ProductState) -> list[tuple[str, str | None]]:
    return [(error.code, error.pointer) for error in violations(state)]


def test_a_product_as_the_catalogue_has_them_breaks_no_rule() -> None:
    assert places(product()) == []


def test_the_category_is_the_first_two_digits_of_the_code() -> None:
    assert places(product(category="45")) == [("category-of-code", "#/category")]


def test_a_product_does_not_end_before_it_starts() -> None:
    assert places(product(to=date(2021, 12, 31))) == [("period", "#/to")]
    assert places(product(to=date(2022, 1, 1))) == []


@pytest.mark.parametrize(
    ("tariffs", "wrong"),
    [
        ([], []),
        ([tariff("2022-01-01", "2022-12-31"), tariff("2023-01-01", "2023-12-31")], []),
        ([tariff("2022-01-01", "2022-06-30"), tariff("2023-01-01")], []),
        ([tariff("2022-01-01", "2023-01-01"), tariff("2023-01-01")], [("tariff-order", "#/tariffs/1/from")]),
        ([tariff("2023-01-01", "2023-12-31"), tariff("2022-01-01")], [("tariff-order", "#/tariffs/1/from")]),
        ([tariff("2022-01-01"), tariff("2023-01-01")], [("tariff-open", "#/tariffs/0/to")]),
        ([tariff("2022-01-01", "2021-12-31")], [("period", "#/tariffs/0/to")]),
    ],
)
def test_tariffs_stand_in_order_without_overlap_and_end_after_they_start(
    tariffs: list[dict[str, object]], wrong: list[tuple[str, str]]
) -> None:
    assert places(product(tariffs=tariffs)) == wrong


def test_everything_wrong_is_said_at_once() -> None:
    body = ProductBody.model_validate(
        product(
            category="45", to=date(2021, 1, 1), tariffs=[tariff("2022-01-01"), tariff("2023-01-01")]
        ).model_dump(mode="json", by_alias=True, exclude={"code"})
    )
    with pytest.raises(InvalidInput) as refused:
        body.state("43A09")
    assert [error.pointer for error in refused.value.errors] == ["#/category", "#/to", "#/tariffs/0/to"]


def test_only_what_differs_is_a_change() -> None:
    assert decide(None, product()) is Outcome.CREATED
    assert decide(product(), product()) is Outcome.UNCHANGED
    assert decide(product(), product(segment=1)) is Outcome.APPLIED
