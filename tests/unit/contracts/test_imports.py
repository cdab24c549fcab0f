"""History that an organisation brings along is known since it says, once, and never before what it is about was known."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest

from services.contracts.valuation.projection import INDICATION, Valuation, follow_own_journal
from services.contracts.worker import APPLIERS
from shared.deliveries.applying import Applying
from shared.events.contracts import ValuationState
from shared.journal.sequencer import Sequencer
from shared.values.region import load_region
from tests.databases import Databases, empty
from tests.unit.contracts.claims.world import CARER, Worker, emptied, granted
from tests.unit.contracts.conftest import Caller
from tests.unit.contracts.states import MANAGER, tariff
from tests.unit.contracts.test_deliveries import agreement, claim, product, provider
from tests.unit.contracts.valuation.inputs import indication
from tests.unit.delivered import Opened, Record, counts, deliver, lines

ROOT = Path(__file__).parents[3]
_LEFT = (
    *("agreement", "product", "provider", "journal", "journal_pending", "journal_position", "import_window"),
    *(
        "contracts_agreement",
        "contracts_product",
        "referrals_indication",
        "dirty",
        "delivery",
        "delivery_refusal",
    ),
)


def known(record: Record, day: date) -> Record:
    return {**record, "knownAt": moment(day).isoformat()}


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 20, tzinfo=UTC)


MARCH, APRIL, MAY, JUNE = (date(2021, month, 10) for month in (3, 4, 5, 6))


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Worker]:
    async with databases.database("contracts", "worker") as database:
        yield Worker(database)


@pytest.fixture
def applying(worker: Worker) -> Applying:
    return Applying(worker.database, "contracts", APPLIERS)


@pytest.fixture(autouse=True)
async def opened(admin: asyncpg.Connection, caller: Caller) -> AsyncIterator[None]:
    """Nothing is there, and an operator lets both bring their history."""

    async def nothing() -> None:
        await emptied(admin)
        await empty(admin, *_LEFT)
        await admin.execute(
            "update own_inputs set position = 0, known_through = null; update sequencer set position = 0"
        )

    await nothing()
    async with caller("operator", MANAGER) as client:
        for organisation in (CARER, MANAGER):
            answer = await client.put(f"/import-windows/{organisation}", json={"reason": "History"})
            assert answer.status_code == 201
    yield
    await nothing()


@pytest.fixture
def carer(caller: Caller) -> Opened:
    return lambda: caller("provider", CARER)


@pytest.fixture
def manager(caller: Caller) -> Opened:
    return lambda: caller("contract-manager", MANAGER)


async def since(admin: asyncpg.Connection, kind: str) -> list[datetime | None]:
    """Give since when the events of a kind say that they were known, in the order of their recording."""
    rows = await admin.fetch("select * from journal where aggregatetype = $1 order by id", kind)
    return [row["imported_known_at"] for row in rows]


async def test_claims_are_known_since_they_say_but_not_before_the_indication_whatever_comes_first(
    admin: asyncpg.Connection, worker: Worker, applying: Applying, carer: Opened
) -> None:
    days = [{"from": f"2023-0{month}-01", "to": f"2023-0{month}-20"} for month in range(1, 7)]
    claims = [
        known(claim(f"{name}{place}", **days[place]), day) | {"cents": 10}
        for name in ("before", "after")
        for place, day in enumerate([MARCH, MAY], start=0 if name == "before" else 2)
    ]
    live = claim("live", cents=10, **days[4])
    first, second = [claims[0], claims[1], live], claims[2:]
    assert counts(await deliver(carer, applying, "claims", lines(*first))) == {"created": 3}
    assert await since(admin, "claim") == []
    await worker.arrive(1, granted(cents=1_000), known_at=moment(APRIL))
    await worker.arrive(1, granted(cents=1_001), known_at=moment(JUNE))
    assert counts(await deliver(carer, applying, "claims", lines(*second))) == {"created": 2}
    kept = await admin.fetch(
        "select c.reference, j.imported_known_at as known from journal j join claim c on c.id = j.aggregateid"
    )
    assert {row["reference"]: row["known"] for row in kept} == {
        "before0": moment(APRIL),
        "before1": moment(MAY),
        "live": None,
        "after2": moment(APRIL),
        "after3": moment(MAY),
    }


async def test_a_history_of_claims_is_unchanged_when_it_comes_again_also_what_was_corrected_and_credited(
    admin: asyncpg.Connection, worker: Worker, applying: Applying, carer: Opened
) -> None:
    await worker.arrive(1, granted(cents=1_000), known_at=moment(MARCH))
    history = [
        known(claim("a", cents=100), MARCH),
        known(claim("a", cents=200), APRIL),
        known({"reference": "a", "credited": True}, MAY),
        known(claim("b", cents=300), JUNE),
        known(claim("waits", assignmentNumber=9), MARCH),
        known(claim("waits", assignmentNumber=9, cents=5), APRIL),
        known(claim("waits", assignmentNumber=9), MAY),
    ]
    first = await deliver(carer, applying, "claims", lines(*history))
    assert counts(first) == {"created": 3, "changed": 4}
    assert await since(admin, "claim") == [moment(day) for day in (MARCH, APRIL, MAY, JUNE)]
    stands = await admin.fetch("select reference, state, version from claim order by reference")
    again = await deliver(carer, applying, "claims", lines(*history))
    assert counts(again) == {"unchanged": len(history)}
    assert await admin.fetch("select reference, state, version from claim order by reference") == stands
    assert len(await since(admin, "claim")) == 4


async def test_a_correction_after_the_import_is_known_since_it_was_made(
    admin: asyncpg.Connection, worker: Worker, applying: Applying, carer: Opened
) -> None:
    await worker.arrive(1, granted(cents=1_000), known_at=moment(MARCH))
    await deliver(carer, applying, "claims", lines(known(claim("a", cents=100), MARCH)))
    await deliver(carer, applying, "claims", lines(claim("a", cents=200)))
    await deliver(carer, applying, "claims", lines(claim("a", cents=100)))
    assert await since(admin, "claim") == [moment(MARCH), None, None]


@pytest.mark.parametrize(
    ("kind", "history"),
    [
        ("product", [product(), product(nameNl="Pleegzorg plus"), product()]),
        ("provider", [provider(), provider(name="De Beuk"), provider()]),
        ("agreement", [agreement(), agreement(withdrawn=True), agreement(tariffCents=4100), agreement()]),
    ],
)
async def test_a_history_of_states_is_unchanged_when_it_comes_again(
    admin: asyncpg.Connection, applying: Applying, manager: Opened, kind: str, history: list[Record]
) -> None:
    if kind == "agreement":
        await deliver(manager, applying, "products", lines(product()))
        await deliver(manager, applying, "providers", lines(provider()))
    dated = [known(each, day) for each, day in zip(history, (MARCH, APRIL, MAY, JUNE), strict=False)]
    first = await deliver(manager, applying, f"{kind}s", lines(*dated))
    assert counts(first) == {"created": 1, "changed": len(history) - 1}
    moments = [moment(day) for day in (MARCH, APRIL, MAY, JUNE)[: len(history)]]
    assert await since(admin, kind) == moments
    again = await deliver(manager, applying, f"{kind}s", lines(*dated))
    assert counts(again) == {"unchanged": len(history)}
    assert await since(admin, kind) == moments


async def test_the_value_of_an_indication_follows_the_history_of_an_imported_agreement(
    admin: asyncpg.Connection, worker: Worker, applying: Applying, manager: Opened
) -> None:
    """Its catalogue tariff at first, then the provider's own, which its correction said later: each since it was known."""
    catalogue = product(**{"from": "2020-01-01"}, tariffs=[tariff("2020-01-01", cents=5000)])
    await deliver(manager, applying, "products", lines(known(catalogue, MARCH)))
    await deliver(manager, applying, "providers", lines(known(provider(), MARCH)))
    own = [
        known(agreement("2020-01-01", tariffCents=cents), day) for cents, day in ((4000, MAY), (4100, JUNE))
    ]
    await deliver(manager, applying, "agreements", lines(*own))
    of_april = indication(last=date(2023, 1, 1))
    async with worker.database.transaction() as connection:
        await Sequencer().step(connection)
        aggregate: UUID = uuid4()
        state = of_april.state.model_dump(mode="json", by_alias=True) | {"assignmentNumber": 1}
        await connection.execute(
            "insert into referrals_indication values ($1, 1, $2, 1, $3)", aggregate, moment(APRIL), state
        )
        await follow_own_journal(connection)
        await Valuation(load_region(ROOT / "region.toml")).derive(connection, {INDICATION: {aggregate}})
    payload = await admin.fetchval("select payload from journal where aggregateid = $1", aggregate)
    line = ValuationState.model_validate(orjson.loads(payload)).line
    assert [
        (entry.known_from, [(each.contracted, each.cents) for each in entry.stretches]) for entry in line
    ] == [
        (moment(APRIL), [(False, (5000,))]),
        (moment(MAY), [(True, (4000,))]),
        (moment(JUNE), [(True, (4100,))]),
    ]
