"""Search equals a plain filter and sort over all offers and reports: every order, every filter, every size of page."""

import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.availability.search.tables import offer
from services.availability.waiting_times.tables import waiting_time
from shared.database import Connection, Database, fetch
from shared.values.moments import AMSTERDAM, now
from shared.values.postcodes import Coordinates, coordinates_of
from tests.unit.availability.conftest import Headers, clear

ON = date(2023, 4, 1)
HELMOND, ASTEN = "0794", "0743"
OFFERS = "/availability/v1/offers"
# Places close to each other, in one place, and far away.
PLACES = (
    *(Coordinates(51.48, 5.66), Coordinates(51.48, 5.66), Coordinates(51.4801, 5.66)),
    *(Coordinates(51.40, 5.75), Coordinates(52.37, 4.90)),
)


def today() -> date:
    return now().astimezone(AMSTERDAM).date()


class Report(NamedTuple):
    """What counts now of a provider, location and product; the reference date as days ago."""

    days: int
    intake: int | None
    start: int | None
    admission: str


@dataclass(frozen=True)
class Offered:
    """An offer with its report, as a person would write both on one line."""

    agreement: int
    provider: str
    product: str
    segment: int | None
    ages: tuple[int | None, int | None]
    municipalities: tuple[str, ...] | None
    first: date
    last: date | None
    location: str | None
    place: Coordinates | None
    report: Report | None

    @property
    def known(self) -> bool:
        return self.segment is not None

    @property
    def weeks(self) -> int | None:
        if self.report is None or self.report.intake is None or self.report.start is None:
            return None
        return self.report.intake + self.report.start

    def tenths(self, origin: Coordinates | None) -> int | None:
        if origin is None or self.place is None:
            return None
        one, other = ([math.radians(part) for part in point] for point in (origin, self.place))
        half = (
            math.sin((other[0] - one[0]) / 2) ** 2
            + math.cos(one[0]) * math.cos(other[0]) * math.sin((other[1] - one[1]) / 2) ** 2
        )
        return round(10 * 2 * 6371.0088 * math.asin(math.sqrt(half)))

    def rows(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Give the rows that stand for it."""
        who = {"provider": self.provider, "product": self.product, "location": self.location}
        place = self.place or (None, None)
        yield (
            offer,
            who
            | {
                "agreement": UUID(int=self.agreement),
                "provider_name": "De Linde",
                "category": "43" if self.known else None,
                "segment": self.segment,
                "minimum_age": self.ages[0],
                "maximum_age": self.ages[1],
                "municipalities": None if self.municipalities is None else list(self.municipalities),
                "valid_from": self.first,
                "valid_to": self.last,
                "location_name": "Markt",
                "postcode": "5701",
                "latitude": place[0],
                "longitude": place[1],
            },
        )
        if self.report is not None:
            yield (
                waiting_time,
                who
                | {
                    "reference_date": today() - timedelta(days=self.report.days),
                    "intake_weeks": self.report.intake,
                    "start_weeks": self.report.start,
                    "admission": self.report.admission,
                    "recorded_at": now(),
                },
            )


reports = st.none() | st.builds(
    Report,
    st.integers(0, 70),
    st.none() | st.integers(0, 4),
    st.none() | st.integers(0, 4),
    st.sampled_from(["accepting", "limited", "stop"]),
)


@st.composite
def regions(draw: st.DrawFn) -> list[Offered]:
    """Offers of three providers for three products at their locations; one provider has no location."""
    found: list[Offered] = []
    for provider in ("98000001", "98000002", "98000003"):
        places = draw(st.lists(st.sampled_from(PLACES), max_size=3))
        for product in ("43A09", "43A10", "45A01"):
            if not draw(st.booleans()):
                continue
            segment = None if product == "45A01" else draw(st.sampled_from([2, 4]))
            ages = (
                draw(st.sampled_from([(None, None), (12, None), (None, 11), (4, 18)]))
                if segment
                else (None, None)
            )
            whose = draw(st.sampled_from([None, (HELMOND,), (ASTEN, HELMOND), (ASTEN,)]))
            first, last = draw(st.sampled_from([
                (ON, None), (ON, ON), (date(2020, 1, 1), None), (date(2020, 1, 1), ON - timedelta(days=1)),
            ]))  # fmt: skip
            codes: list[tuple[str | None, Coordinates | None]] = [
                (f"{number}", place) for number, place in enumerate(places)
            ]
            for code, place in codes or [(None, None)]:
                report = draw(reports) if code else None
                found.append(Offered(
                    len(found) // 4 * 4 + hash(product) % 4, provider, product, segment, ages, whose, first, last,
                    code, place, report,
                ))  # fmt: skip
    return [
        Offered(**{**vars(each), "agreement": number})
        for number, each in enumerate(draw(st.permutations(found)))
    ]


@dataclass(frozen=True)
class Asked:
    """A search as its parameters."""

    parameters: dict[str, Any]

    @property
    def origin(self) -> Coordinates | None:
        postcode = self.parameters.get("postcode")
        return coordinates_of(postcode) if postcode else None

    def passes(self, each: Offered) -> bool:
        """Whether an offer is among what was asked for, before both maxima."""
        asked = self.parameters
        if not (each.first <= ON and (each.last is None or each.last >= ON)):
            return False
        if (
            "municipality" in asked
            and each.municipalities
            and asked["municipality"] not in each.municipalities
        ):
            return False
        if any(
            name in asked and getattr(each, name) != asked[name]
            for name in ("product", "provider", "segment")
        ):
            return False
        if "age" in asked and not (each.known and self._fits(each.ages, asked["age"])):
            return False
        return "accepting" not in asked or (each.report is not None and each.report.admission == "accepting")

    @staticmethod
    def _fits(ages: tuple[int | None, int | None], age: int) -> bool:
        low, high = ages
        return (low is None or low <= age) and (high is None or age <= high)

    def within(self, each: Offered) -> bool:
        """Whether an offer is within both maxima; what is not known is not."""
        wait, distance = self.parameters.get("maximumWait"), self.parameters.get("maximumDistance")
        tenths = each.tenths(self.origin)
        return (wait is None or (each.weeks is not None and each.weeks <= wait)) and (
            distance is None or (tenths is not None and tenths <= distance * 10)
        )

    def order(self, each: Offered) -> tuple[Any, ...]:
        """Give by what an offer is sorted; infinity stands for what is not known."""
        unknown = math.inf
        tenths = each.tenths(self.origin)
        by = {
            "wait": each.weeks,
            "distance": tenths,
            "freshness": each.report.days if each.report else None,
        }[self.parameters.get("sort", "wait")]
        near = unknown if tenths is None else tenths
        return (unknown if by is None else by, near, each.product, each.provider, each.location or "")


@st.composite
def searches(draw: st.DrawFn) -> Asked:
    chosen: dict[str, Any] = {"on": ON.isoformat()}
    options: dict[str, Any] = {
        "municipality": [HELMOND, ASTEN], "product": ["43A09"], "provider": ["98000002"], "segment": [2, 4],
        "age": [3, 11, 12], "maximumWait": [0, 3, 5], "accepting": ["true"],
    }  # fmt: skip
    for name, values in options.items():
        if draw(st.integers(0, 3)) == 0:
            chosen[name] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        chosen["postcode"] = draw(st.sampled_from(["5701", "5721 AB", "1011"]))
        if draw(st.booleans()):
            chosen["maximumDistance"] = draw(st.sampled_from([1, 5, 12, 200]))
    orders = ["wait", "freshness", "distance"] if "postcode" in chosen else ["wait", "freshness"]
    return Asked(chosen | {"sort": draw(st.sampled_from(orders))})


async def fill(worker: Database, region: list[Offered]) -> None:
    async with worker.transaction() as connection:
        for each in region:
            for table, row in each.rows():
                await fetch(connection, table.insert().values(row))


async def pages(client: AsyncClient, asked: Asked, size: int) -> list[dict[str, Any]]:
    request = client.build_request("GET", OFFERS, params=asked.parameters | {"pageSize": size})
    return await follow(client, str(request.url))


async def follow(client: AsyncClient, link: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while link is not None:
        answer = await client.get(link)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        link = page["next"]
    return found


def shown(item: dict[str, Any]) -> tuple[Any, ...]:
    place = item["location"] and item["location"]["code"]
    return item["product"], item["provider"], place, item["totalWeeks"], item["ageDays"], item["distanceKm"]


def wanted(each: Offered, origin: Coordinates | None) -> tuple[Any, ...]:
    tenths = each.tenths(origin)
    km = None if tenths is None else tenths / 10
    days = each.report.days if each.report else None
    return each.product, each.provider, each.location, each.weeks, days, km


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(region=regions(), asked=searches(), size=st.sampled_from([1, 2, 3, 100]))
async def test_every_search_equals_a_plain_filter_and_sort(
    client: AsyncClient, worker: Database, owner: Database, region: list[Offered], asked: Asked, size: int
) -> None:
    await clear(owner)
    await fill(worker, region)
    passing = [each for each in region if asked.passes(each)]
    expected = sorted(filter(asked.within, passing), key=asked.order)
    found = await pages(client, asked, size)
    assert [shown(item) for item in found] == [wanted(each, asked.origin) for each in expected]
    await counts(client, asked, passing, expected)


async def counts(client: AsyncClient, asked: Asked, passing: list[Offered], expected: list[Offered]) -> None:
    """Facets count what matches, whatever the page; what a maximum left out for want of knowledge is said."""
    answer = (await client.get(OFFERS, params=asked.parameters | {"facets": "true", "pageSize": 1})).json()
    kinds = {
        "products": Counter(each.product for each in expected),
        "segments": Counter(each.segment for each in expected),
        "providers": Counter(each.provider for each in expected),
        "admissions": Counter(each.report.admission if each.report else None for each in expected),
    }
    assert {
        kind: {each["value"]: each["count"] for each in answer["facets"][kind]} for kind in kinds
    } == kinds
    unknown = {
        "waitUnknown": ("maximumWait", sum(each.weeks is None for each in passing)),
        "distanceUnknown": ("maximumDistance", sum(each.tenths(asked.origin) is None for each in passing)),
    }
    assert answer["leftOut"] == {
        name: number if maximum in asked.parameters else None for name, (maximum, number) in unknown.items()
    }


# --- pages while things change, and what a response costs ---


def offers(count: int) -> list[Offered]:
    return [
        Offered(number, f"{98_000_000 + number}", "43A09", 2, (None, None), None, ON, None, "1", PLACES[number % 5],
                Report(number % 40, number % 7, 1, "accepting"))
        for number in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("sort", ["wait", "distance", "freshness"])
async def test_what_comes_between_two_pages_repeats_and_hides_no_other_offer(
    client: AsyncClient, worker: Database, sort: str
) -> None:
    region = offers(60)
    await fill(worker, region[:50])
    first = (await client.get(OFFERS, params={"postcode": "5701", "sort": sort, "pageSize": 20})).json()
    await fill(worker, region[50:])
    rest = await follow(client, first["next"])
    seen = [item["provider"] for item in (*first["items"], *rest)]
    assert len(seen) == len(set(seen))
    assert {each.provider for each in region[:50]} <= set(seen)


class Counting:
    """The api's database, which writes down the statements that a request sends after who asks was set."""

    def __init__(self, api: Database) -> None:
        self._api = api
        self.statements: list[str] = []

    @asynccontextmanager
    async def transaction(self, *, organisation: str, role: str) -> AsyncIterator[Connection]:
        async with self._api.transaction(organisation=organisation, role=role) as connection:
            connection.add_query_logger(self._note)
            try:
                yield connection
            finally:
                connection.remove_query_logger(self._note)

    def _note(self, record: asyncpg.connection.LoggedQuery) -> None:
        self.statements.append(record.query)


@pytest.fixture
def counting(api: Database, client: AsyncClient) -> Iterator[Counting]:
    transport = client._transport
    assert isinstance(transport, ASGITransport)
    state = transport.app.state  # type: ignore[attr-defined]
    state.database = Counting(api)
    yield state.database
    state.database = api


@pytest.mark.parametrize("count", [0, 1, 500])
@pytest.mark.parametrize(
    "path", ["offers?facets=true&postcode=5701&maximumWait=99&", "waiting-times?due=true&"]
)
async def test_a_response_is_one_statement_whatever_the_number_of_its_rows(
    client: AsyncClient, token: Headers, worker: Database, counting: Counting, path: str, count: int
) -> None:
    await fill(worker, offers(count))
    link = f"/availability/v1/{path}on=2023-04-01&pageSize=1000"
    answer = await client.get(link, headers=token("contract-manager"))
    assert answer.status_code == 200
    assert len(counting.statements) == 1
    if path.startswith("offers"):
        assert len(answer.json()["items"]) == count
