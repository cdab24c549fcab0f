"""The SQL that records indications does what `domain.decide` says, for any order of arrival; and who sees the rows."""

import asyncio
import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.referrals.clients.domain import SealedBsn, Vault
from services.referrals.indications.commands import Arrival, Result, record
from services.referrals.indications.domain import Decision, Outcome, Version, decide, in_force
from shared.auth import Principal, Role
from shared.database import Database
from shared.events.referrals import IndicationState
from shared.processing_log import ProcessingRecord
from shared.processing_log import record as processing_record
from shared.values.bsn import Bsn
from tests.databases import Databases

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
HELMOND = "0794"
BSNS = ("999990019", "999990020")
KEY = base64.b64encode(bytes(32)).decode()
VAULT = Vault({1: KEY}, KEY)
CONTENT: Mapping[str, Any] = {
    "birthYear": 2011,
    "product": "43A09",
    "provider": "98000001",
    "from": "2023-01-01",
    "to": "2023-12-31",
    "volume": 7,
    "unit": "14",
    "frequency": "2",
}


def processing(organisation: str = HELMOND) -> ProcessingRecord:
    principal = Principal(Role.MUNICIPALITY, organisation, "back office", "youth-act")
    return processing_record("recordIndication", principal, service="referrals", start_time=EPOCH)


def sealed(bsn: str) -> SealedBsn:
    return VAULT.seal(Bsn(bsn))


async def send(api: Database, *arrivals: Arrival, organisation: str = HELMOND) -> list[Result]:
    async with api.transaction(organisation=organisation, role="municipality") as connection:
        return await record(connection, arrivals, processing(organisation))


# --- the property ---

contents = st.builds(
    lambda changes: {name: value for name, value in {**CONTENT, **changes}.items() if value is not None},
    st.fixed_dictionaries(
        {},
        optional={
            "product": st.sampled_from(["43A09", "43A10"]),
            "to": st.sampled_from(["2023-06-30", "2023-12-31"]),
            "volume": st.sampled_from([7, 5]),
            "frequency": st.sampled_from(["2", "6"]),
            "team": st.sampled_from(["noord", None]),
            "administrativeReason": st.sampled_from(["verkeerd product", None]),
        },
    ),
)
versions = st.builds(
    lambda decided, sent, bsn, content, withdrawal, reason: Version(
        EPOCH + timedelta(hours=decided),
        EPOCH + timedelta(hours=sent),
        bsn,
        content,
        withdrawal,
        reason if withdrawal else None,
    ),
    st.integers(0, 4),
    st.integers(0, 2),
    st.sampled_from(BSNS),
    contents,
    st.sampled_from([False, False, False, True]),
    st.sampled_from(["dubbel", None]),
)


def arrival_of(version: Version, assignment_number: int) -> Arrival:
    number = (HELMOND, assignment_number)
    if version.withdrawal:
        return Arrival(number, version.decided_at, version.sent_at, reason=version.reason)
    return Arrival(number, version.decided_at, version.sent_at, sealed(version.client), version.content)


def keep(kept: list[Version], arriving: Version) -> Decision:
    """Decide by the model, and keep what it keeps."""
    decision = decide(kept, arriving)
    if decision.outcome in {Outcome.CREATED, Outcome.APPLIED, Outcome.SUPERSEDED}:
        basis = in_force(kept, arriving) if arriving.withdrawal else arriving
        kept.append(
            Version(
                arriving.decided_at,
                arriving.sent_at,
                basis.client,
                basis.content,
                arriving.withdrawal,
                arriving.reason,
            )
        )
    return decision


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(1_000_000))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arriving=st.lists(versions, min_size=1, max_size=10))
async def test_the_database_decides_as_the_rules_say_for_any_order_of_arrival(
    api: Database, owner: asyncpg.Connection, numbers: Iterator[int], arriving: list[Version]
) -> None:
    number = next(numbers)
    kept: list[Version] = []
    applied = 0
    for version in arriving:
        (result,) = await send(api, arrival_of(version, number))
        decision = keep(kept, version)
        applied += decision.outcome in {Outcome.CREATED, Outcome.APPLIED}
        assert (result.outcome, tuple(result.fields)) == (decision.outcome, decision.fields)
        if kept:
            assert result.current is not None
            newest = max(kept, key=lambda each: each.moments)
            assert result.current["withdrawn"] == newest.withdrawal
            assert {name: result.current.get(name) for name in newest.content} == newest.content
            assert result.current["version"] == applied
    events = await owner.fetch(
        "select j.version, j.payload from referrals.journal j join referrals.indication i on i.id = j.aggregateid"
        " where i.assignment_number = $1 order by j.id",
        number,
    )
    assert [event["version"] for event in events] == list(range(1, applied + 1))
    for event in events:
        IndicationState.model_validate_json(event["payload"])


# --- one by one ---

_WRITTEN = """
select (select count(*) from referrals.journal) as events, (select count(*) from referrals.processing_log) as logged
"""


def granted(number: int, hour: int = 1, bsn: str = BSNS[0], **changes: object) -> Arrival:
    moment = EPOCH + timedelta(hours=hour)
    return Arrival((HELMOND, number), moment, moment, sealed(bsn), {**CONTENT, **changes})


async def test_the_same_again_changes_no_version_and_emits_no_event_but_is_logged(
    api: Database, owner: asyncpg.Connection
) -> None:
    await send(api, granted(2_000_001))
    before = await owner.fetchrow(_WRITTEN)
    (again,) = await send(api, granted(2_000_001))
    after = await owner.fetchrow(_WRITTEN)
    assert again.outcome is Outcome.UNCHANGED
    assert again.current is not None
    assert again.current["version"] == 1
    assert before is not None
    assert after is not None
    assert (after["events"] - before["events"], after["logged"] - before["logged"]) == (0, 1)


async def test_a_list_is_recorded_in_one_call_and_answered_in_its_order(api: Database) -> None:
    results = await send(api, *(granted(number) for number in (2_000_013, 2_000_011, 2_000_012)))
    assert [result.current["assignmentNumber"] for result in results if result.current] == [
        2_000_013,
        2_000_011,
        2_000_012,
    ]


async def test_one_child_has_one_random_id_in_every_indication(api: Database) -> None:
    first, second, other = await send(
        api, granted(2_000_021), granted(2_000_022), granted(2_000_023, bsn=BSNS[1])
    )
    assert first.current is not None
    assert second.current is not None
    assert other.current is not None
    assert first.current["clientId"] == second.current["clientId"] != other.current["clientId"]


async def test_the_database_holds_no_readable_bsn(api: Database, owner: asyncpg.Connection) -> None:
    await send(api, granted(2_000_031))
    tables = await owner.fetch(
        "select table_name from information_schema.tables where table_schema = 'referrals'"
    )
    assert len(tables) > 5
    for (table,) in tables:
        for row in await owner.fetch(f'select to_jsonb(t)::text from referrals."{table}" t'):
            assert BSNS[0] not in row[0]


async def test_two_lists_that_bring_the_same_new_clients_do_not_deadlock(api: Database) -> None:
    forward = [granted(number) for number in range(2_000_100, 2_000_140)]
    done = await asyncio.gather(
        *(send(api, *order) for order in (forward, forward[::-1], forward, forward[::-1]))
    )
    outcomes = [result.outcome for results in done for result in results]
    assert outcomes.count(Outcome.CREATED) == len(forward)
    assert outcomes.count(Outcome.UNCHANGED) == 3 * len(forward)


# --- who sees what, from the database's side ---


@pytest.mark.parametrize(
    ("organisation", "role", "seen"),
    [
        (HELMOND, "municipality", 1),
        ("0743", "municipality", 0),
        ("98000001", "provider", 1),
        ("98000002", "provider", 0),
        (HELMOND, "provider", 0),
        ("98000001", "municipality", 0),
        (HELMOND, "analyst", 0),
        ("", "", 0),
    ],
)
@pytest.mark.parametrize("table", ["indication", "indication_history", "journal"])
async def test_the_api_role_sees_only_its_organisations_rows(
    api: Database, organisation: str, role: str, seen: int, table: str
) -> None:
    (result,) = await send(api, granted(2_000_041))
    assert result.current is not None
    column = {"indication": "id", "indication_history": "indication", "journal": "aggregateid"}[table]
    async with api.transaction(organisation=organisation, role=role) as connection:
        found = await connection.fetchval(
            f"select count(*) from {table} where {column} = $1", result.current["id"]
        )
    # An event's rights name organisations: a role that no route lets in is kept out by the route.
    by_organisation = table == "journal" and organisation in {HELMOND, "98000001"}
    assert found == (1 if by_organisation else seen)


async def test_after_the_transaction_the_connection_is_nobodys(api: Database) -> None:
    await send(api, granted(2_000_051))
    async with api.transaction() as connection:
        assert await connection.fetchval("select count(*) from indication") == 0
        assert await connection.fetchval("select current_setting('app.organisation', true)") in {None, ""}


async def test_nobody_reads_the_vault(api: Database, databases: Databases) -> None:
    async with api.transaction(organisation=HELMOND, role="municipality") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from client")
    async with databases.database("referrals", "worker") as worker, worker.transaction() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select * from client")


async def test_another_municipality_cannot_write_here(api: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await send(api, granted(2_000_061), organisation="0743")
