"""Periods as they are written, and who may see what of a figure."""

from datetime import UTC, datetime

import pytest

from services.monitoring.figures.domain import (
    FIGURES,
    Dimension,
    FigureRequest,
    NotKnownThatFarError,
    PeriodKind,
    months_of,
    visible,
)
from shared.auth import Principal, Role
from shared.problems import Forbidden, ForeignOrganisation
from tests.unit.monitoring.inputs import ASTEN, CARER, CLINIC, HELMOND

CLIENTS = FIGURES["unique-clients"]
REPORTED = FIGURES["reported-waiting-range"]
APRIL = 2023 * 12 + 3


def principal(role: Role, organisation: str) -> Principal:
    return Principal(role, organisation, "somebody", "https://example.org/activity")


def request(*by: Dimension, **filters: tuple[str, ...]) -> FigureRequest:
    return FigureRequest(
        PeriodKind.MONTH, APRIL, 1, by, {Dimension(name): values for name, values in filters.items()}
    )


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2023-04", 3, 3), ("2023-Q2", 3, 5), ("2023-H1", 0, 5), ("2023-H2", 6, 11), ("2023", 0, 11)],
)
def test_a_period_is_read_whatever_its_kind(text: str, first: int, last: int) -> None:
    assert months_of(text) == (2023 * 12 + first, 2023 * 12 + last)


@pytest.mark.parametrize(
    "text", ["", "2023-13", "2023-00", "2023-Q5", "2023-H3", "23", "2023-4", "2023-04\n", "0202", "9999"]
)
def test_another_text_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=r"Write a period|Periods lie in"):
        months_of(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("month", "2023-07"), ("quarter", "2023-Q3"), ("half-year", "2023-H2"), ("year", "2023")],
)
def test_a_period_is_written_by_its_kind(kind: str, text: str) -> None:
    first, _ = months_of(text)
    assert PeriodKind(kind).text(first) == text


@pytest.mark.parametrize("role", [Role.ANALYST, Role.CONTRACT_MANAGER])
def test_analyst_and_contract_manager_see_all(role: Role) -> None:
    asked = request(Dimension.MUNICIPALITY, Dimension.PROVIDER)
    assert visible(CLIENTS, asked, principal(role, "00000099000000010010")) == asked


def test_a_municipality_sees_the_totals_of_the_region() -> None:
    asked = request(Dimension.PRODUCT, segment=("2",))
    assert visible(CLIENTS, asked, principal(Role.MUNICIPALITY, HELMOND)) == asked


@pytest.mark.parametrize("by", [Dimension.MUNICIPALITY, Dimension.SUB_REGION, Dimension.PROVIDER])
def test_a_municipality_sees_only_itself_of_a_breakdown_by_place_or_provider(by: Dimension) -> None:
    seen = visible(CLIENTS, request(by), principal(Role.MUNICIPALITY, HELMOND))
    assert seen.filters == {Dimension.MUNICIPALITY: (HELMOND,)}


@pytest.mark.parametrize("filters", [{"subRegion": ("Peel",)}, {"provider": (CARER,)}])
def test_a_filter_on_place_or_provider_is_cut_to_the_own_municipality(
    filters: dict[str, tuple[str, ...]],
) -> None:
    seen = visible(CLIENTS, request(**filters), principal(Role.MUNICIPALITY, HELMOND))
    assert seen.filters[Dimension.MUNICIPALITY] == (HELMOND,)


@pytest.mark.parametrize("named", [(ASTEN,), (HELMOND, ASTEN)])
def test_a_municipality_may_not_name_another(named: tuple[str, ...]) -> None:
    with pytest.raises(ForeignOrganisation):
        visible(CLIENTS, request(municipality=named), principal(Role.MUNICIPALITY, HELMOND))


def test_a_provider_sees_only_itself_whatever_it_asks() -> None:
    for asked in (
        request(),
        request(Dimension.PROVIDER),
        request(municipality=(HELMOND,)),
        request(provider=(CARER,)),
    ):
        seen = visible(CLIENTS, asked, principal(Role.PROVIDER, CARER))
        assert seen.filters[Dimension.PROVIDER] == (CARER,)


def test_of_a_figure_about_providers_a_municipality_sees_the_regions_totals_and_no_provider() -> None:
    asked = request(Dimension.PRODUCT)
    assert visible(REPORTED, asked, principal(Role.MUNICIPALITY, HELMOND)) == asked
    for of_a_provider in (request(Dimension.PROVIDER), request(provider=(CARER,))):
        with pytest.raises(Forbidden):
            visible(REPORTED, of_a_provider, principal(Role.MUNICIPALITY, HELMOND))


def test_what_a_figure_hangs_on_are_the_topics_of_its_own_facts() -> None:
    topics = {key: figure.topics for key, figure in FIGURES.items()}
    assert topics["granted-amount"] == ("contracts.valuation", "referrals.indication")
    assert topics["redemption-rate"] == ("contracts.claim", "contracts.valuation", "referrals.indication")
    assert topics["clients-in-care"] == ("contracts.valuation", "referrals.care", "referrals.indication")
    assert topics["reported-waiting-range"] == (
        "availability.report",
        "contracts.agreement",
        "contracts.product",
    )


def test_a_provider_may_not_name_another() -> None:
    with pytest.raises(ForeignOrganisation):
        visible(CLIENTS, request(provider=(CARER, CLINIC)), principal(Role.PROVIDER, CARER))


@pytest.mark.parametrize("role", [Role.REFERRER, Role.PEER, Role.OPERATOR])
def test_other_roles_see_no_figures(role: Role) -> None:
    with pytest.raises(Forbidden):
        visible(CLIENTS, request(), principal(role, "00000099000000010010"))


def test_a_moment_that_is_too_late_is_answered_with_the_latest_that_can_be_asked() -> None:
    error = NotKnownThatFarError(datetime(2023, 8, 11, tzinfo=UTC), datetime(2023, 8, 10, 9, tzinfo=UTC))
    assert "2023-08-10T09:00:00.000000Z" in error.detail
    assert error.facts["knownThrough"] == "2023-08-10T09:00:00.000000Z"
