"""search: offers at the size of a region, asked one after the other over HTTP, beside the same statement in SQL."""

import asyncio
import json
import statistics
import time
from collections.abc import Coroutine, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from bench.load import Measured, load, request
from jeugdregio.issuer import Issuer
from services.availability.search import queries
from services.availability.search.domain import Sort
from services.availability.search.queries import Filter
from shared.database import Database
from shared.migrations import read_credentials, service_url
from shared.values.moments import AMSTERDAM, now
from shared.values.period import first_day, month_of
from shared.values.postcodes import coordinates_of

PROVIDERS, LOCATIONS, MONTHS = 180, 3, 66
PRODUCTS = ("43A09", "43A10", "43A14", "43B99")
ROUNDS, SECONDS = 5, 4
PAGE = 25
_AT_ONCE = 8
_DERIVED_WITHIN = 120
_POSTCODE, _KILOMETRES = "5701", 20


def measure(region: dict[str, Any]) -> list[dict[str, Any]]:
    """Fill the region by its front doors, then report p50 and p95 of a search, and of its statement alone."""
    asyncio.run(_fill(region))
    runs, alone = [], []
    for _ in range(ROUNDS):
        runs.append(_over_http(region))
        alone += asyncio.run(_statements(region))
    return [_row("search.p50", 0.5, runs, alone), _row("search.p95", 0.95, runs, alone)]


def _row(name: str, share: float, runs: list[Measured], alone: list[float]) -> dict[str, Any]:
    values = [run.percentile(share) * 1000 for run in runs]
    value, limit = statistics.median(values), sorted(alone)[int(share * len(alone))] * 1000
    return {
        "name": name,
        "value": round(value, 1),
        "unit": "ms",
        "limit": round(limit, 1),
        "ratio": round(value / limit, 2),
        "aim": None,
        "spread": [round(min(values), 1), round(max(values), 1)],
        "p50_ms": round(statistics.median(run.percentile(0.5) for run in runs) * 1000, 1),
        "p99_ms": round(statistics.median(run.percentile(0.99) for run in runs) * 1000, 1),
    }


def _over_http(region: dict[str, Any]) -> Measured:
    url = region["services"]["availability"]["url"]
    parts = urlsplit(url)
    asked = {"postcode": _POSTCODE, "maximumDistance": _KILOMETRES, "municipality": "0794", "pageSize": PAGE}
    token = next(iter(region["tokens"]["referrer"].values()))
    sent = request("GET", f"{url}/offers", token, None).replace(
        b"/offers HTTP", f"/offers?{urlencode(asked)} HTTP".encode()
    )
    address = (parts.hostname or "", parts.port or 0)
    measured = asyncio.run(load(address, _forever(sent), connections=1, seconds=SECONDS))
    if set(measured.statuses) != {200}:
        raise ValueError(f"not every search was answered: {measured.statuses}")
    return measured


def _forever(sent: bytes) -> Iterator[bytes]:
    while True:
        yield sent


async def _statements(region: dict[str, Any]) -> list[float]:
    """Ask the database itself, as the service's api does."""
    passwords = read_credentials(Path(region["folder"]) / "credentials.json")
    url = service_url(region["database"]["availability"], "availability", "api", passwords)
    database = Database(url, application="bench", size=1)
    today = now().astimezone(AMSTERDAM).date()
    narrowed = Filter(
        today, municipality="0794", origin=coordinates_of(_POSTCODE), maximum_distance=_KILOMETRES
    )
    delays = []
    for _ in range(100):
        async with database.transaction(organisation="bench", role="referrer") as connection:
            started = time.perf_counter()
            found = await queries.many(
                connection, narrowed, Sort.WAIT, today=today, after=None, limit=PAGE + 1
            )
            delays.append(time.perf_counter() - started)
    await database.close()
    if len(found.offers) <= PAGE:
        raise ValueError("there is less to find than a page")
    return delays


# --- the region ---


async def _fill(region: dict[str, Any]) -> None:
    keys = json.loads((Path(region["folder"]) / "keys.json").read_text())
    issuer = Issuer(keys["signingKey"], embedded=True, addresses=())
    manager = next(iter(region["tokens"]["contract-manager"].values()))
    contracts, availability = (region["services"][name]["url"] for name in ("contracts", "availability"))
    async with httpx.AsyncClient(timeout=60) as client:
        for puts in (_products(), _providers(), _agreements()):
            await _all(_put(client, f"{contracts}{path}", body, manager) for path, body in puts)
        await _derived(client, f"{availability}/offers", next(iter(region["tokens"]["referrer"].values())))
        await _all(
            _post(client, f"{availability}/waiting-times", agb, issuer.token("provider", agb))
            for agb in _agbs()
        )


async def _all(calls: Iterator[Coroutine[Any, Any, None]]) -> None:
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(call: Coroutine[Any, Any, None]) -> None:
        async with free:
            await call

    await asyncio.gather(*(one(call) for call in calls))


async def _put(client: httpx.AsyncClient, url: str, body: dict[str, Any], token: str) -> None:
    (await client.put(url, json=body, headers={"Authorization": f"Bearer {token}"})).raise_for_status()


async def _post(client: httpx.AsyncClient, url: str, agb: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = await client.post(url, json={"reports": [*_reports(agb)]}, headers=headers)
    if wrong := [each for each in answer.raise_for_status().json()["results"] if each["errors"]]:
        raise ValueError(wrong[0])


async def _derived(client: httpx.AsyncClient, url: str, token: str) -> None:
    """Wait until every agreement is on offer, at each of its locations."""
    deadline = time.monotonic() + _DERIVED_WITHIN
    wanted = len(PRODUCTS) * PROVIDERS * LOCATIONS
    headers = {"Authorization": f"Bearer {token}"}
    while time.monotonic() < deadline:
        page = (await client.get(url, params={"facets": True, "pageSize": 1}, headers=headers)).json()
        segments = page["facets"]["segments"]
        if sum(each["count"] for each in segments if each["value"]) == wanted:
            return
        await asyncio.sleep(0.5)
    raise TimeoutError("the offers were not derived")


def _agbs() -> Iterator[str]:
    return (f"{98_000_000 + number}" for number in range(PROVIDERS))


def _products() -> Iterator[tuple[str, dict[str, Any]]]:
    for code in PRODUCTS:
        yield (
            f"/products/{code}",
            {
                "category": "43",
                "segment": 2,
                "residential": True,
                "family": True,
                "housing": False,
                "unit": "14",
                "nameNl": code,
                "nameEn": code,
                "from": "2015-01-01",
                "tariffs": [],
            },
        )


def _providers() -> Iterator[tuple[str, dict[str, Any]]]:
    for number, agb in enumerate(_agbs()):
        places = [
            {
                "code": f"{place}",
                "name": f"Locatie {place}",
                "postcode": "5701",
                "latitude": 51.3 + (number * 7 + place * 13) % 40 / 100,
                "longitude": 5.2 + (number * 11 + place * 17) % 70 / 100,
            }
            for place in range(LOCATIONS)
        ]
        yield f"/providers/{agb}", {"name": f"Aanbieder {agb}", "locations": places}


def _agreements() -> Iterator[tuple[str, dict[str, Any]]]:
    return ((f"/agreements/{agb}/{code}/2015-01-01", {}) for agb in _agbs() for code in PRODUCTS)


def _reports(agb: str) -> Iterator[dict[str, Any]]:
    """All reports of a provider: monthly, oldest first; one in ten says that the wait is not known."""
    this_month = month_of(now().astimezone(AMSTERDAM).date())
    for number, month in enumerate(range(this_month - MONTHS + 1, this_month + 1)):
        for place in range(LOCATIONS):
            for product in PRODUCTS:
                seed = number * 31 + place * 7 + int(agb) + PRODUCTS.index(product)
                yield {
                    "provider": agb,
                    "location": f"{place}",
                    "product": product,
                    "referenceDate": _day(month),
                    "intakeWeeks": None if seed % 10 == 0 else seed % 9,
                    "startWeeks": seed % 13,
                    "admission": "accepting",
                }


def _day(month: int) -> str:
    first: date = first_day(month)
    return first.isoformat()
