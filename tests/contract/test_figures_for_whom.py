"""Figures: a municipality gets its own rows and the region's totals, a provider its own rows, the others all.

The numbers of clients are chosen so that a total says which municipalities and providers are in it (`rows.CLIENTS`).
"""

from typing import Any

import httpx
import pytest

from services.monitoring.figures.domain import FIGURES, Dimension, PeriodKind
from shared.auth import Role
from tests.contract.callers import (
    OTHER_MUNICIPALITY,
    OTHER_PROVIDER,
    OWN_MUNICIPALITY,
    OWN_PROVIDER,
    Caller,
    own,
    stranger,
)
from tests.contract.region import Region
from tests.contract.requests import PRODUCT, SAMPLES, Sample
from tests.contract.rows import CLIENTS

ALL = sum(CLIENTS.values())
OF_MUNICIPALITY = sum(n for (municipality, _), n in CLIENTS.items() if municipality == OWN_MUNICIPALITY)
OF_PROVIDER = sum(n for (_, provider), n in CLIENTS.items() if provider == OWN_PROVIDER)
# What narrows without naming an organisation or a place.
FILTERS: list[dict[Dimension, str]] = [{}, {Dimension.PRODUCT: PRODUCT, Dimension.REFERRER: "02"}]
# As known then and now are one statement but for one condition: one figure of each kind is enough.
_OPTIONS: list[tuple[str, dict[str, str | int]]] = [
    ("unique-clients", {"asOf": "2025-01-01"}),
    ("granted-amount", {"asOf": "2025-01-01"}),
    ("referrer-shares", {"asOf": "2025-01-01"}),
    ("redemption-rate", {"compare": "previous"}),
]
ASKED: list[tuple[str, dict[str, str | int]]] = [(figure, {}) for figure in FIGURES] + _OPTIONS
OF_PROVIDERS = [key for key, figure in FIGURES.items() if Dimension.MUNICIPALITY not in figure.dimensions]
# Of these nothing is told of one provider: a share is a part of all care, accounts are of a municipality.
OF_ALL_PROVIDERS = {
    "share-of-clients",
    "share-of-claimed-amount",
    "share-of-young-inhabitants",
    "annual-costs",
}
PLACES = {Dimension.MUNICIPALITY, Dimension.SUB_REGION, Dimension.PROVIDER}


def sample(figure: str = "unique-clients", by: str | None = None, **query: str | int) -> Sample:
    asked = SAMPLES["monitoring.figure"].about(figure=figure).asking(**query)
    if PeriodKind.MONTH not in FIGURES[figure].periods:
        asked = asked.asking(period=FIGURES[figure].periods[0])
    return asked.asking(by=by) if by else asked


async def rows(region: Region, caller: Caller, asked: Sample) -> list[dict[str, Any]]:
    answer = await region.call(caller, asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


def is_foreign(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and str(answer.json()["type"]).endswith(":foreign-organisation")


async def test_a_municipality_gets_the_regions_total_and_of_places_its_own_only(region: Region) -> None:
    caller = own(Role.MUNICIPALITY)
    assert [row["value"] for row in await rows(region, caller, sample())] == [ALL]
    of_places = [await rows(region, caller, sample(by=by)) for by in ("municipality", "subRegion")]
    assert of_places == [
        [{"period": "2023-04", "municipality": OWN_MUNICIPALITY, "value": OF_MUNICIPALITY}],
        [{"period": "2023-04", "subRegion": "Helmond", "value": OF_MUNICIPALITY}],
    ]
    by_provider = await rows(region, caller, sample(by="provider"))
    assert {row["provider"]: row["value"] for row in by_provider} == {
        provider: n for (municipality, provider), n in CLIENTS.items() if municipality == OWN_MUNICIPALITY
    }


async def test_a_provider_gets_its_own_rows_only(region: Region) -> None:
    caller = own(Role.PROVIDER)
    assert [row["value"] for row in await rows(region, caller, sample())] == [OF_PROVIDER]
    by_provider = await rows(region, caller, sample(by="provider"))
    assert by_provider == [{"period": "2023-04", "provider": OWN_PROVIDER, "value": OF_PROVIDER}]


@pytest.mark.parametrize("role", [Role.CONTRACT_MANAGER, Role.ANALYST])
async def test_contract_managers_and_analysts_get_all(region: Region, role: Role) -> None:
    by_municipality = await rows(region, own(role), sample(by="municipality"))
    assert sum(row["value"] for row in by_municipality) == ALL
    by_provider = await rows(region, own(role), sample(by="provider"))
    assert {row["provider"] for row in by_provider} == {OWN_PROVIDER, OTHER_PROVIDER}


@pytest.mark.parametrize(("figure", "then"), ASKED)
async def test_every_figure_by_everything_is_cut_to_its_caller(
    region: Region, figure: str, then: dict[str, str | int]
) -> None:
    """Whatever is asked, the answer is the one that the analyst gets to the same question about the caller."""
    municipality, provider, analyst = own(Role.MUNICIPALITY), own(Role.PROVIDER), own(Role.ANALYST)
    callers = [municipality] if figure in OF_ALL_PROVIDERS else [municipality, provider]
    known = FIGURES[figure].dimensions
    places = PLACES & set(known) if Dimension.MUNICIPALITY in known else set()
    # Of figures about providers a municipality gets no provider's.
    for by in [None, *(each for each in known if places or each is not Dimension.PROVIDER)]:
        for narrowing in FILTERS:
            narrowed = {each.value: text for each, text in narrowing.items() if each in known}
            asked = sample(figure, by, **narrowed, **then)
            of_places = asked.asking(municipality=OWN_MUNICIPALITY) if by in places else asked
            of_provider = asked.asking(provider=OWN_PROVIDER)
            expected = [
                await rows(region, analyst, each) for each in (of_places, of_provider)[: len(callers)]
            ]
            assert [await rows(region, each, asked) for each in callers] == expected, asked


@pytest.mark.parametrize("figure", sorted(OF_ALL_PROVIDERS))
async def test_a_share_of_all_care_is_not_for_providers(region: Region, figure: str) -> None:
    assert (await region.call(own(Role.PROVIDER), sample(figure))).status_code == 403


@pytest.mark.parametrize("figure", OF_PROVIDERS)
async def test_a_figure_about_providers_is_by_provider_for_that_provider_and_contract_managers_only(
    region: Region, figure: str
) -> None:
    for query in ({"by": "provider"}, {"provider": OWN_PROVIDER}):
        refused = await region.call(own(Role.MUNICIPALITY), sample(figure, **query))
        assert refused.status_code == 403
        assert await rows(region, own(Role.PROVIDER), sample(figure, **query))
        assert await rows(region, own(Role.CONTRACT_MANAGER), sample(figure, **query))


@pytest.mark.parametrize("figure", OF_PROVIDERS)
async def test_another_dimension_than_a_figure_has_is_refused_with_those_that_it_has(
    region: Region, figure: str
) -> None:
    for query in ({"by": "subRegion"}, {"referrer": "02"}):
        refused = await region.call(own(Role.ANALYST), sample(figure, **query))
        assert refused.status_code == 400
        (error,) = refused.json()["errors"]
        assert error["parameter"] in {"subRegion", "referrer"}
        assert "segment, careGroup, residential, product, provider" in error["message"]


@pytest.mark.parametrize("figure", FIGURES)
async def test_naming_another_of_its_own_kind_is_refused(region: Region, figure: str) -> None:
    asked = [
        (own(Role.MUNICIPALITY), {"municipality": OTHER_MUNICIPALITY}),
        (own(Role.MUNICIPALITY), {"municipality": OTHER_MUNICIPALITY, "by": "product"}),
        (own(Role.PROVIDER), {"provider": OTHER_PROVIDER}),
        (own(Role.PROVIDER), {"provider": OTHER_PROVIDER, "by": "municipality"}),
    ]
    for caller, query in asked:
        assert is_foreign(await region.call(caller, sample(figure, **query))), query


async def test_naming_itself_among_others_does_not_open_the_others(region: Region) -> None:
    client = region.clients["monitoring"]
    own_code, other_code = OWN_MUNICIPALITY, OTHER_MUNICIPALITY
    link = f"/monitoring/v1/figures/unique-clients?from=2023-04&municipality={own_code}&municipality={other_code}"
    headers = {"Authorization": f"Bearer {region.issuer.token(*own(Role.MUNICIPALITY))}"}
    assert is_foreign(await client.get(link, headers=headers))


async def test_who_has_nothing_gets_no_rows_of_anybody(region: Region) -> None:
    for role in (Role.MUNICIPALITY, Role.PROVIDER):
        for by in PLACES:
            assert await rows(region, stranger(role), sample(by=by)) == []
    assert [row["value"] for row in await rows(region, stranger(Role.PROVIDER), sample())] == [0]


async def test_a_filter_on_anothers_place_or_provider_gives_no_more_than_its_own(region: Region) -> None:
    """A municipality may ask about any provider, and a provider about any municipality: for its own clients."""
    municipality, provider = own(Role.MUNICIPALITY), own(Role.PROVIDER)
    of_other_provider = await rows(region, municipality, sample(provider=OTHER_PROVIDER))
    assert [row["value"] for row in of_other_provider] == [CLIENTS[OWN_MUNICIPALITY, OTHER_PROVIDER]]
    of_other_place = await rows(region, provider, sample(municipality=OTHER_MUNICIPALITY))
    assert [row["value"] for row in of_other_place] == [CLIENTS[OTHER_MUNICIPALITY, OWN_PROVIDER]]
    elsewhere = await rows(region, municipality, sample(subRegion="Peelgemeenten"))
    assert [row["value"] for row in elsewhere] == [0]
