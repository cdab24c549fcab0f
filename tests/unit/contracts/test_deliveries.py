"""Files of claims, products, providers and agreements do what single writes do, and say the same of what is wrong."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.agreements.routes import DELIVERED as AGREEMENTS
from services.contracts.claims.routes import DELIVERED as CLAIMS
from services.contracts.products.routes import DELIVERED as PRODUCTS
from services.contracts.providers.routes import DELIVERED as PROVIDERS
from services.contracts.worker import APPLIERS
from shared.deliveries.applying import Applying
from shared.deliveries.kinds import Kind
from shared.dutch import UNSAID
from tests.databases import Databases, empty
from tests.unit.contracts.claims.world import CARER, CLINIC, HELMOND, YEAR, Worker, emptied, granted
from tests.unit.contracts.conftest import Caller
from tests.unit.contracts.states import MANAGER, location, tariff
from tests.unit.delivered import CSV, Opened, Record, as_csv, counts, deliver, lines, post, refusals

_TABLES = ("agreement", "product", "provider", "journal", "journal_pending", "delivery", "delivery_refusal")


def product(code: str = "43A09", **changed: object) -> Record:
    return {
        "code": code,
        "category": "43",
        "segment": 2,
        "residential": True,
        "family": True,
        "housing": False,
        "unit": "14",
        "nameNl": "Pleegzorg",
        "nameEn": "Foster care",
        "from": "2022-01-01",
        "minimumAge": 0,
        "tariffs": [tariff("2022-01-01", "2022-12-31"), {"from": "2023-01-01", "cents": 4600}],
    } | changed


def provider(agb: str = CARER, **changed: object) -> Record:
    return {"agb": agb, "name": "De Linde", "locations": [location(), location("02")]} | changed


def agreement(first: str = "2023-01-01", **changed: object) -> Record:
    return {"provider": CARER, "product": "43A09", "from": first} | changed


def claim(reference: str = "a", **changed: object) -> Record:
    days = {"from": "2023-04-01", "to": "2023-04-30", "cents": 100}
    return {"reference": reference, "municipality": HELMOND, "assignmentNumber": 1} | days | changed


@dataclass(frozen=True)
class Case:
    """A kind, records of it that go in, and the single write of one of them: its method, path and body."""

    kind: Kind
    good: list[Record]
    single: Callable[[Record], tuple[str, str, Record]]

    @property
    def organisation(self) -> str:
        return CARER if self.kind is CLAIMS else MANAGER


def _without(record: Record, *names: str) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def _put_agreement(record: Record) -> tuple[str, str, Record]:
    path = f"/agreements/{record['provider']}/{record['product']}/{record['from']}"
    if record.get("withdrawn"):
        return "POST", f"{path}/withdrawals", {}
    return "PUT", path, _without(record, "provider", "product", "from")


def _put_claim(record: Record) -> tuple[str, str, Record]:
    path = f"/claims/{CARER}/{record['reference']}"
    if record.get("credited"):
        return "POST", f"{path}/credits", {}
    return "PUT", path, _without(record, "reference", "provider")


CASES = [
    Case(
        PRODUCTS,
        [product(), product("43A10", nameNl="Gezinshuis", to="2025-12-31", maximumAge=18, tariffs=[])],
        lambda record: ("PUT", f"/products/{record['code']}", _without(record, "code")),
    ),
    Case(
        PROVIDERS,
        [provider(), provider(CLINIC, locations=[location(latitude=51.4793, longitude=-5.0)])],
        lambda record: ("PUT", f"/providers/{record['agb']}", _without(record, "agb")),
    ),
    Case(
        AGREEMENTS,
        [
            agreement(to="2023-12-31", tariffCents=4100, municipalities=["0794", "0743"]),
            agreement("2024-01-01"),
            agreement(provider=CLINIC),
        ],
        _put_agreement,
    ),
    Case(
        CLAIMS,
        [
            claim(),
            claim("b", cents=200, **{"from": "2023-05-01", "to": "2023-05-31"}),
            claim("c", assignmentNumber=2),
        ],
        _put_claim,
    ),
]
EACH = pytest.mark.parametrize("case", CASES, ids=[case.kind.name for case in CASES])


@pytest.fixture(scope="module")
async def applying(databases: Databases) -> AsyncIterator[Applying]:
    async with databases.database("contracts", "worker") as worker:
        yield Applying(worker, "contracts", APPLIERS)


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Worker]:
    async with databases.database("contracts", "worker") as database:
        yield Worker(database)


@pytest.fixture
def opened(caller: Caller) -> Callable[[Case], Opened]:
    def opens(case: Case) -> Opened:
        return lambda: caller(case.kind.role.value, case.organisation)

    return opens


async def begin(admin: asyncpg.Connection, caller: Caller, worker: Worker, kind: Kind) -> None:
    """Start anew, with what records of this kind are about."""
    await emptied(admin)
    await empty(admin, *_TABLES)
    if kind is CLAIMS:
        await worker.arrive(1, granted(cents=1_000))
    if kind is AGREEMENTS:
        async with caller() as client:
            await client.put("/products/43A09", json=_without(product(), "code"))
            for agb in (CARER, CLINIC):
                await client.put(f"/providers/{agb}", json=_without(provider(agb), "agb"))


@pytest.fixture(autouse=True)
async def nothing_left(admin: asyncpg.Connection) -> AsyncIterator[None]:
    yield
    await emptied(admin)
    await empty(admin, *_TABLES)


async def written(admin: asyncpg.Connection) -> list[Any]:
    """Give what stands and what was published, without ids and moments."""
    return [
        await admin.fetch("select reference, state, version, status from claim order by reference"),
        await admin.fetch(
            "select h.state, h.version from claim_history h order by h.state ->> 'reference', version"
        ),
        *[
            await admin.fetch(f"select state, version from {table} order by state")
            for table in ("product", "provider", "agreement")
        ],
        await admin.fetch(
            "select aggregatetype, version, payload, organisations from journal"
            " where aggregatetype <> 'valuation' order by aggregatetype, payload, version"
        ),
    ]


@EACH
async def test_a_file_leaves_what_single_writes_leave_and_nothing_when_it_comes_again(
    case: Case,
    admin: asyncpg.Connection,
    caller: Caller,
    worker: Worker,
    applying: Applying,
    opened: Any,  # noqa: ANN401
) -> None:
    await begin(admin, caller, worker, case.kind)
    async with opened(case)() as client:
        for record in case.good:
            method, path, body = case.single(record)
            assert (await client.request(method, path, json=body)).is_success
    expected = await written(admin)
    await begin(admin, caller, worker, case.kind)
    first = await deliver(opened(case), applying, case.kind.name, lines(*case.good))
    assert counts(first) == {"created": len(case.good)}
    assert await written(admin) == expected
    again = await deliver(opened(case), applying, case.kind.name, lines(*case.good))
    assert counts(again) == {"unchanged": len(case.good)}
    assert await written(admin) == expected


@EACH
async def test_a_spreadsheet_with_dutch_headers_says_the_same(
    case: Case,
    admin: asyncpg.Connection,
    caller: Caller,
    worker: Worker,
    applying: Applying,
    opened: Any,  # noqa: ANN401
) -> None:
    await begin(admin, caller, worker, case.kind)
    await deliver(opened(case), applying, case.kind.name, lines(*case.good))
    sheet = as_csv(case.kind.columns, case.good)
    again = await deliver(opened(case), applying, case.kind.name, sheet, CSV)
    assert counts(again) == {"unchanged": len(case.good)}, sheet


WRONG: list[tuple[Kind, Record, str | None, str]] = [
    (PRODUCTS, {"code": "x"}, "#/code", "product-code"),
    (PRODUCTS, product(segment=6), "#/segment", "less-than-equal"),
    (PRODUCTS, product(category="44"), "#/category", "category-of-code"),
    (PRODUCTS, product(to="2021-12-31"), "#/to", "period"),
    (PRODUCTS, product(bsn="999990019"), "#/bsn", "extra-forbidden"),
    (
        PRODUCTS,
        product(tariffs=[tariff("2023-01-01"), tariff("2024-01-01")]),
        "#/tariffs/0/to",
        "tariff-open",
    ),
    (PROVIDERS, provider("1"), "#/agb", "agb"),
    (PROVIDERS, provider(locations=[location(latitude=91)]), "#/locations/0/latitude", "less-than-equal"),
    (PROVIDERS, provider(locations=[location(), location()]), "#/locations/1/code", "location-code"),
    (AGREEMENTS, agreement("2023-02-30"), "#/from", "date-from-datetime-parsing"),
    (AGREEMENTS, agreement(to="2022-12-31"), "#/to", "period"),
    (AGREEMENTS, agreement(municipalities=["0363"]), "#/municipalities/0", "municipality"),
    (AGREEMENTS, agreement(product="45A01"), "#/product", "unknown-product"),
    (AGREEMENTS, agreement(provider="98999999"), "#/provider", "unknown-provider"),
    (AGREEMENTS, agreement("2023-06-01", to="2023-07-01"), None, "agreements-overlap"),
    (AGREEMENTS, agreement("2029-01-01", withdrawn=True), None, "not-found"),
    (AGREEMENTS, agreement("2029-01-01", withdrawn=True, to="2030-01-01"), "#/to", "extra-forbidden"),
    (CLAIMS, claim("-"), "#/reference", "claim-reference"),
    (CLAIMS, claim("x", cents=0), "#/cents", "greater-than-equal"),
    (CLAIMS, claim("x", cents="100,50"), "#/cents", "int-type"),
    (CLAIMS, claim("x", municipality="0363"), "#/municipality", "municipality"),
    (CLAIMS, claim("x", provider=CLINIC), "#/provider", "another-claimant"),
    (CLAIMS, claim("x", to="2023-03-31"), "#/to", "period"),
    (CLAIMS, claim("x", credited=True), "#/cents", "extra-forbidden"),
    (CLAIMS, {"reference": "x", "credited": True}, None, "not-found"),
    (CLAIMS, claim("x"), None, "claim-double"),
    (CLAIMS, claim("x", to="2023-05-01", cents=901), None, "claim-above-granted"),
    (CLAIMS, claim("x", to="2024-05-01"), None, "claim-outside-indication"),
]


@pytest.mark.parametrize(
    ("kind", "wrong", "field", "code"), WRONG, ids=[f"{k.name}-{c}" for k, _, _, c in WRONG]
)
async def test_what_is_wrong_with_one_record_is_said_of_it_in_two_languages_and_its_neighbour_goes_in(
    kind: Kind,
    wrong: Record,
    field: str | None,
    code: str,
    admin: asyncpg.Connection,
    caller: Caller,
    worker: Worker,
    applying: Applying,
    opened: Any,  # noqa: ANN401
) -> None:
    case = next(case for case in CASES if case.kind is kind)
    await begin(admin, caller, worker, kind)
    good = {**case.good[0], "to": None} if kind is AGREEMENTS else case.good[0]
    assert counts(await deliver(opened(case), applying, kind.name, lines(good))) == {"created": 1}
    delivery = await deliver(opened(case), applying, kind.name, lines(wrong, good))
    assert counts(delivery) == {"unchanged": 1, "refused": 1}
    found = await refusals(opened(case), delivery)
    assert {each["record"] for each in found} == {1}
    (said,) = [each for each in found if (each["field"], each["code"]) == (field, code)] or [{"found": found}]
    assert said["message"]
    assert said["messageNl"] not in (None, "", UNSAID)


@pytest.mark.parametrize(
    ("role", "organisation", "kind"),
    [("provider", CARER, "products"), ("contract-manager", MANAGER, "claims")],
)
async def test_each_kind_is_delivered_by_its_own_role(
    caller: Caller, role: str, organisation: str, kind: str
) -> None:
    def opens() -> httpx.AsyncClient:
        return caller(role, organisation)

    assert (await post(opens, kind, lines(claim()))).status_code == 403


# --- claims, of which one decides about the next ---

REFERENCES = [f"r{place}" for place in range(6)]
delivered_claims = st.builds(
    lambda reference, number, days, cents, credited: (
        {"reference": reference, "credited": True}
        if credited
        else claim(reference, assignmentNumber=number, cents=cents, **{"from": days[0], "to": days[1]})
    ),
    st.sampled_from(REFERENCES),
    st.integers(1, 3),
    st.sampled_from(
        [("2023-04-01", "2023-04-30"), ("2023-05-01", "2023-05-31"), ("2023-04-01", "2024-01-01")]
    ),
    st.sampled_from([1, 400, 600, 1_000]),
    st.sampled_from([False, False, False, True]),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(delivered_claims, min_size=1, max_size=9),
        min_size=1,
        max_size=3,
    )
)
async def test_files_of_claims_leave_what_single_writes_in_their_order_leave(
    admin: asyncpg.Connection, caller: Caller, worker: Worker, applying: Applying, files: list[list[Record]]
) -> None:
    case = next(case for case in CASES if case.kind is CLAIMS)

    def opens() -> httpx.AsyncClient:
        return caller("provider", CARER)

    await begin(admin, caller, worker, CLAIMS)
    await worker.arrive(2, granted(2, cents=None, period=YEAR))
    async with opens() as client:
        for record in (record for file in files for record in file):
            method, path, body = case.single(record)
            await client.request(method, path, json=body)
    expected = await written(admin)
    await begin(admin, caller, worker, CLAIMS)
    await worker.arrive(2, granted(2, cents=None, period=YEAR))
    for file in files:
        delivery = await deliver(opens, applying, "claims", lines(*file))
        assert delivery["handled"] == len(file)
    assert await written(admin) == expected


async def test_the_processing_log_names_each_client_whose_claims_were_delivered_once(
    admin: asyncpg.Connection, caller: Caller, worker: Worker, applying: Applying
) -> None:
    await begin(admin, caller, worker, CLAIMS)
    await worker.arrive(2, granted(2))
    given_claims = [
        claim(f"{number}-{day}", assignmentNumber=number, to=f"2023-04-{day}")
        for number in (1, 2)
        for day in (10, 11, 12)
    ]
    await deliver(lambda: caller("provider", CARER), applying, "claims", lines(*given_claims))
    logged = await admin.fetch("select name, organisation, data_subject_id from processing_log")
    assert {(row["name"], row["organisation"]) for row in logged} == {("deliver", CARER)}
    assert len(logged) == len({row["data_subject_id"] for row in logged}) == 2
