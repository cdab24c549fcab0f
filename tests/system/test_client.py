"""The typed client against a running region: a municipality, a contract manager and an analyst at work."""

from datetime import UTC, date, datetime
from typing import TypeVar

import httpx
import pytest

from client.api import Api, ProblemError, cursor_of
from client.availability import Availability
from client.contracts import AgreementBody, Contracts
from client.monitoring import Monitoring
from client.referrals import IndicationBody, Referrals, SearchBody
from tests.system.front_door import FrontDoor
from tests.system.indications import citizen_numbers

AnyApi = TypeVar("AnyApi", bound=Api)
MUNICIPALITY, PROVIDER, PRODUCT = "0794", "98900101", "43A09"
_BSNS = citizen_numbers(950_000_000)


@pytest.fixture
def http(client: httpx.AsyncClient) -> httpx.AsyncClient:
    return client


def caller(region: FrontDoor, http: httpx.AsyncClient, api: type[AnyApi], role: str) -> AnyApi:
    """Give the client of a service to the first organisation of a role."""
    running = region.program.region
    tokens = running["tokens"][role]
    token = tokens.get(MUNICIPALITY) or next(iter(tokens.values()))
    return api(running["services"][api.__name__.lower()]["url"], token, http)


def indication(bsn: str) -> IndicationBody:
    moment = datetime(2023, 12, 1, 9, tzinfo=UTC)
    return IndicationBody(
        bsn=bsn, birth_year=2015, product=PRODUCT, provider=PROVIDER, decided_at=moment, sent_at=moment,
        from_=date(2028, 1, 1), to=date(2028, 12, 31), volume=10, unit="14", frequency="4",
    )  # fmt: skip


async def test_a_municipality_records_finds_and_reads_an_indication(
    region: FrontDoor, http: httpx.AsyncClient
) -> None:
    referrals = caller(region, http, Referrals, "municipality")
    body = indication(next(_BSNS))
    created = await referrals.record_indication(MUNICIPALITY, 650_000_001, body)
    again = await referrals.record_indication(MUNICIPALITY, 650_000_001, body)
    assert (created.status, created.content.outcome, again.content.outcome) == (201, "created", "unchanged")
    read = (await referrals.indication(MUNICIPALITY, 650_000_001)).content
    assert (read.id, read.from_, read.decided_at) == (created.content.id, body.from_, body.decided_at)
    found = (await referrals.search_indications(SearchBody(bsn=body.bsn))).content
    assert [each.id for each in found.items] == [read.id]
    history = (await referrals.indication_history(MUNICIPALITY, 650_000_001)).content
    assert [each.outcome for each in history.items] == ["created"]


async def test_a_refusal_is_raised_with_its_problem(region: FrontDoor, http: httpx.AsyncClient) -> None:
    referrals = caller(region, http, Referrals, "municipality")
    with pytest.raises(ProblemError, match="404") as caught:
        await referrals.indication(MUNICIPALITY, 650_009_999)
    assert caught.value.type == "urn:problem-type:jeugdregio:not-found"
    with pytest.raises(ProblemError) as caught:
        await referrals.record_indication(
            MUNICIPALITY, 1, indication("123456789").model_copy(update={"volume": -1})
        )
    pointers = {each["pointer"] for each in caught.value.problem["errors"]}
    assert (caught.value.status, pointers) == (400, {"#/bsn", "#/volume"})


async def test_a_contract_manager_pages_through_products_and_puts_an_agreement(
    region: FrontDoor, http: httpx.AsyncClient
) -> None:
    contracts = caller(region, http, Contracts, "contract-manager")
    codes, cursor = list[str](), None
    while True:
        page = (await contracts.products(page_size=3, cursor=cursor)).content
        codes += [each.code for each in page.items]
        if (cursor := cursor_of(page.next)) is None:
            break
    assert len(codes) > 3
    assert codes == sorted(set(codes))
    agreements = (await contracts.agreements(provider=PROVIDER, page_size=1000)).content.items
    free = min(set(codes) - {each.product for each in agreements})
    put = await contracts.put_agreement(
        PROVIDER, free, date(2031, 1, 1), AgreementBody(to=date(2031, 12, 31), tariff_cents=12_500)
    )
    assert put.content.tariff_cents == 12_500
    withdrawn = await contracts.withdraw_agreement(PROVIDER, free, date(2031, 1, 1))
    assert withdrawn.content.withdrawn


async def test_an_analyst_reads_a_figure_and_a_referrer_what_is_offered(
    region: FrontDoor, http: httpx.AsyncClient
) -> None:
    monitoring = caller(region, http, Monitoring, "analyst")
    menu = (await monitoring.figures()).content
    assert "unique-clients" in {each.key for each in menu.figures}
    figure = (await monitoring.figure("unique-clients", from_="2023-04", by=["product"])).content
    by_product = {row.product: row.value for row in figure.rows}
    assert by_product[PRODUCT]
    offers = (
        await caller(region, http, Availability, "referrer").offers(on=date(2023, 4, 1), product=PRODUCT)
    ).content
    assert {offer.product for offer in offers.items} == {PRODUCT}


async def test_events_are_read_on_from_where_one_was(region: FrontDoor, http: httpx.AsyncClient) -> None:
    referrals = caller(region, http, Referrals, "municipality")
    first = await referrals.events(page_size=1)
    second = await referrals.events(page_size=1, cursor=cursor_of(first.next))
    (one,), (other,) = first.content, second.content
    assert int(one.position) < int(other.position)
