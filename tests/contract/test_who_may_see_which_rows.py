"""The same as in test_who_may_see_what.py, asked of the database itself: what a forgotten condition would not open."""

import re
import subprocess
from collections.abc import Sequence
from enum import Enum

import asyncpg
import pytest

from jeugdregio.engines import Postgres
from jeugdregio.services import SERVICES
from shared.auth import Role
from tests.contract.callers import Caller, other, own, stranger
from tests.contract.canaries import Canary
from tests.contract.region import Region


class Rows(Enum):
    """Which rows a role sees of a served table."""

    OWN = "those that name its organisation"
    ALL = "all: they are nobody's own"


OWN_ROWS, ALL_ROWS = Rows
# Which roles see rows of a served table, and whether only their own: RIGHTS once more, by table.
SERVED: dict[str, dict[Role, Rows]] = {
    "referrals.indication": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "referrals.indication_history": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "referrals.care_period": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "referrals.care_period_history": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "referrals.care_period_processing": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "referrals.delivery": {
        Role.MUNICIPALITY: OWN_ROWS,
        Role.PROVIDER: OWN_ROWS,
        Role.OPERATOR: ALL_ROWS,
    },
    "referrals.delivery_refusal": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "referrals.delivery_missing": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "referrals.journal": {Role.MUNICIPALITY: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "contracts.product": {Role.CONTRACT_MANAGER: ALL_ROWS, Role.PROVIDER: ALL_ROWS},
    "contracts.provider": {Role.CONTRACT_MANAGER: ALL_ROWS, Role.PROVIDER: OWN_ROWS},
    "contracts.agreement": {Role.CONTRACT_MANAGER: ALL_ROWS, Role.PROVIDER: OWN_ROWS},
    "contracts.claim": {
        Role.CONTRACT_MANAGER: ALL_ROWS,
        Role.PROVIDER: OWN_ROWS,
        Role.MUNICIPALITY: OWN_ROWS,
    },
    "contracts.claim_history": {
        Role.CONTRACT_MANAGER: ALL_ROWS,
        Role.PROVIDER: OWN_ROWS,
        Role.MUNICIPALITY: OWN_ROWS,
    },
    "contracts.claimable": {Role.PROVIDER: OWN_ROWS},
    "contracts.delivery": {
        Role.CONTRACT_MANAGER: OWN_ROWS,
        Role.PROVIDER: OWN_ROWS,
        Role.OPERATOR: ALL_ROWS,
    },
    "contracts.delivery_refusal": {Role.CONTRACT_MANAGER: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "contracts.delivery_missing": {Role.CONTRACT_MANAGER: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    "contracts.journal": {
        Role.CONTRACT_MANAGER: OWN_ROWS,
        Role.PROVIDER: OWN_ROWS,
        Role.MUNICIPALITY: OWN_ROWS,
    },
    "availability.offer": {
        Role.REFERRER: ALL_ROWS,
        Role.CONTRACT_MANAGER: ALL_ROWS,
        Role.PROVIDER: OWN_ROWS,
    },
    "availability.report": {Role.CONTRACT_MANAGER: ALL_ROWS, Role.PROVIDER: OWN_ROWS},
    "availability.waiting_time": {
        Role.REFERRER: ALL_ROWS,
        Role.CONTRACT_MANAGER: ALL_ROWS,
        Role.PROVIDER: OWN_ROWS,
    },
    "availability.delivery": {Role.PROVIDER: OWN_ROWS, Role.OPERATOR: ALL_ROWS},
    "availability.delivery_refusal": {Role.PROVIDER: OWN_ROWS},
    "availability.delivery_missing": {Role.PROVIDER: OWN_ROWS},
    "monitoring.stated": {
        Role.MUNICIPALITY: OWN_ROWS,
        Role.CONTRACT_MANAGER: ALL_ROWS,
        Role.ANALYST: ALL_ROWS,
    },
    "availability.journal": {Role.CONTRACT_MANAGER: OWN_ROWS, Role.PROVIDER: OWN_ROWS},
    **{
        f"{service}.import_window": {
            Role.OPERATOR: ALL_ROWS,
            Role.MUNICIPALITY: OWN_ROWS,
            Role.PROVIDER: OWN_ROWS,
        }
        for service in ("referrals", "contracts", "availability")
    },
}
# Tables without row-level security that an api may read: each with the reason why nobody's rows are in it.
UNPROTECTED = {
    **dict.fromkeys(
        ("monitoring.span", "monitoring.care_span", "monitoring.claim_span", "monitoring.offer_span"),
        "numbers instead of persons; figures are cut to the caller's rights by their query",
    ),
    "monitoring.stated_number": "what municipalities spent and how many live there; cut by the query of the figure",
    "monitoring.stated_clock": "a moment",
    **dict.fromkeys(
        (f"{service}.{table}" for service in SERVICES for table in ("watermark", "recompute_through")),
        "moments per topic",
    ),
    **dict.fromkeys(
        (
            f"{service}.{table}"
            for service in SERVICES
            for table in ("journal_position", "sequencer", "relay")
        ),
        "numbers of rows, and how far the journal is",
    ),
}
# What an api may do as its owner, past row-level security.
DEFINERS = {
    "referrals.identify_clients": "takes a BSN's keyed hash in, gives the random id; the vault itself is closed",
    "referrals.places_of_care": "a provider names a number: whose it is, its days and those of other care, to decide by",
    "referrals.find_client": "gives the random id to who knows the BSN",
    "contracts.note_clients": "keeps whose care a claim is for, which nobody reads back",
    "contracts.log_events_read": "writes the processing log for the readers of events that name no client",
    "contracts.log_claims": "writes the processing log for the readers of a claim, who do not see whose care it is for",
}
_TABLES = """
select n.nspname || '.' || c.relname as name, c.relrowsecurity as secured, c.relforcerowsecurity as forced,
       has_any_column_privilege(n.nspname || '_api', c.oid, 'select') as readable
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
"""
_DEFINERS = """
select n.nspname || '.' || p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = any($1) and p.prosecdef and has_function_privilege(n.nspname || '_api', p.oid, 'execute')
"""


@pytest.fixture(scope="module")
async def administrator(region: Region) -> asyncpg.Connection:
    return await asyncpg.connect(region.databases.admin_url)


@pytest.fixture(scope="module", autouse=True)
async def closed_afterwards(administrator: asyncpg.Connection) -> object:
    yield
    await administrator.close()


async def tables(administrator: asyncpg.Connection) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await administrator.fetch(_TABLES, list(SERVICES))
    return found


async def seen(region: Region, table: str, caller: Caller | None) -> str:
    """Give all that the api role sees of a table, as text."""
    role, organisation = (caller.role.value, caller.organisation) if caller else ("", "")
    async with (
        region.databases.database(table.partition(".")[0], "api") as api,
        api.transaction(organisation=organisation, role=role) as connection,
    ):
        rows = await connection.fetch(f"select to_jsonb(t)::text from {table} t")
    return "\n".join(row[0] for row in rows)


async def test_every_table_that_an_api_may_read_is_served_or_says_why_not(
    administrator: asyncpg.Connection,
) -> None:
    found = await tables(administrator)
    secured = {each["name"] for each in found if each["secured"]}
    assert secured == SERVED.keys(), "write down in SERVED who sees what of it"
    assert {each["name"] for each in found if each["forced"]} == secured, "FORCE it: its owner is bound too"
    open_ones = {each["name"] for each in found if each["readable"]} - secured
    assert open_ones <= UNPROTECTED.keys(), "put it under row-level security, or write down why not"


async def test_every_way_past_row_level_security_is_known(administrator: asyncpg.Connection) -> None:
    definers = {row["name"] for row in await administrator.fetch(_DEFINERS, list(SERVICES))}
    assert definers == DEFINERS.keys()
    roles = await administrator.fetch("select rolname, rolsuper, rolbypassrls from pg_roles")
    ours = [each for each in roles if each["rolname"].rpartition("_")[0] in SERVICES]
    assert len(ours) == 3 * len(SERVICES)
    assert [each["rolname"] for each in ours if each["rolsuper"] or each["rolbypassrls"]] == []


@pytest.mark.parametrize("service", SERVICES)
async def test_no_role_of_a_service_enters_anothers_schema(
    administrator: asyncpg.Connection, service: str
) -> None:
    for process in ("owner", "api", "worker"):
        entered = [
            each
            for each in SERVICES
            if await administrator.fetchval(
                "select has_schema_privilege($1, $2, 'usage')", f"{service}_{process}", each
            )
        ]
        assert entered == [service]


@pytest.mark.parametrize("table", SERVED)
async def test_the_api_role_sees_of_a_table_what_its_caller_may(
    region: Region, administrator: asyncpg.Connection, canaries: Sequence[Canary], table: str
) -> None:
    for role, rows in SERVED[table].items():
        everything = await administrator.fetchval(f"select count(*) from {table}")
        for caller in (own(role), other(role), stranger(role)):
            text = await seen(region, table, caller)
            assert [each.text for each in canaries if each.text in text and not each.may_reach(caller)] == []
            if rows is ALL_ROWS:
                assert len(text.splitlines()) == everything > 0
            elif caller != stranger(role):
                assert any(each.text in text for each in canaries), "it sees nothing at all: nothing is shown"


@pytest.mark.parametrize("table", SERVED)
async def test_for_all_others_and_for_nobody_a_table_is_empty(
    region: Region, table: str, administrator: asyncpg.Connection
) -> None:
    assert await administrator.fetchval(f"select count(*) from {table}") > 0
    strangers = [stranger(role) for role in Role if role not in SERVED[table]]
    for caller in (None, *(Caller(role, "") for role in Role), *strangers):
        assert await seen(region, table, caller) == "", caller


@pytest.mark.parametrize(
    "table",
    [
        "referrals.indication",
        "referrals.indication_history",
        "referrals.care_period",
        "referrals.care_period_history",
        "contracts.agreement",
    ],
)
async def test_an_organisation_in_a_role_that_is_not_its_own_sees_nothing(region: Region, table: str) -> None:
    for caller in (
        Caller(Role.PROVIDER, own(Role.MUNICIPALITY).organisation),
        Caller(Role.MUNICIPALITY, own(Role.PROVIDER).organisation),
        Caller(Role.ANALYST, own(Role.MUNICIPALITY).organisation),
    ):
        assert await seen(region, table, caller) == "", caller


async def test_what_one_caller_set_is_gone_for_the_next_on_the_same_connection(region: Region) -> None:
    caller = own(Role.MUNICIPALITY)
    async with region.databases.database("referrals", "api") as api:
        for _ in range(2):
            async with api.transaction(
                organisation=caller.organisation, role=caller.role.value
            ) as connection:
                assert await connection.fetchval("select count(*) from indication") > 0
            async with api.transaction() as connection:
                assert await connection.fetchval("select count(*) from indication") == 0
                assert await connection.fetchval("select current_setting('app.organisation', true)") == ""


@pytest.mark.parametrize("table", SERVED)
async def test_the_api_role_deletes_nothing_and_writes_no_other_organisations_rows(
    region: Region, table: str
) -> None:
    service = table.partition(".")[0]
    async with region.databases.database(service, "api") as api:
        for statement in (f"delete from {table}", f"truncate {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with api.transaction(
                    organisation=own(Role.MUNICIPALITY).organisation, role="municipality"
                ) as c:
                    await c.execute(statement)


@pytest.mark.parametrize("table", SERVED)
async def test_the_owner_changes_no_row_without_lifting_force(region: Region, table: str) -> None:
    """A migration that forgets to lift FORCE does nothing, which its author will see: `UPDATE 0`."""
    service, _, name = table.partition(".")
    others = {
        "offer": "provider_name",
        "claimable": "provider",
        "delivery_missing": "number",
        "stated": "state",
        "import_window": "reason",
    }
    column = others.get(name, "recorded_at")
    async with region.databases.database(service, "owner") as owner, owner.transaction() as connection:
        assert await connection.execute(f"update {table} set {column} = {column}") == "UPDATE 0"


@pytest.mark.parametrize("service", sorted({table.partition(".")[0] for table in SERVED}))
def test_a_dump_by_the_owner_is_refused_or_empty_and_the_administrators_is_whole(
    region: Region, postgres: Postgres, canaries: Sequence[Canary], service: str
) -> None:
    """Back-ups are the administrator's alone: the owner's would be without rows and without an error."""
    owner, marks = region.databases.url(service, "owner"), [each.text for each in canaries]
    refused = dump(postgres, owner, service)
    assert refused.returncode != 0
    assert "row-level security" in refused.stderr
    empty = dump(postgres, owner, service, "--enable-row-security")
    assert empty.returncode == 0, empty.stderr
    served = [table for table in SERVED if table.startswith(service)]
    assert {table: rows_of(empty.stdout, table) for table in served} == dict.fromkeys(served, 0)
    whole = dump(postgres, region.databases.admin_url, service)
    assert whole.returncode == 0, whole.stderr
    assert all(rows_of(whole.stdout, table) > 0 for table in served)
    assert any(mark in whole.stdout for mark in marks)


def dump(postgres: Postgres, url: str, service: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(postgres.bin / "pg_dump"), "--data-only", f"--schema={service}", *options, url]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def rows_of(dumped: str, table: str) -> int:
    found = re.search(rf"^COPY {re.escape(table)} .*?;\n(.*?)^\\\.$", dumped, re.DOTALL | re.MULTILINE)
    assert found, table
    return len(found[1].splitlines())
