"""Who may touch what in the database: three roles per service, and row-level security on every served table.

owner: makes and owns the tables. api: sees what its organisation may see. worker: sees all rows; no route runs with it.
None of them bypasses row-level security, the owner neither (FORCE).
"""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

PROCESSES = ("owner", "api", "worker")


def role_of(service: str, process: str) -> str:
    """Name the PostgreSQL role of a process of a service."""
    return f"{service}_{process}"


def with_user(url: str, user: str, password: str) -> str:
    """Give the same URL for another user."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


async def make_roles(admin: asyncpg.Connection, service: str, passwords: Mapping[str, str]) -> None:
    """Make a service's roles and schema, or bring them up to date; each role finds its own schema first."""
    database = await admin.fetchval("select quote_ident(current_database())")
    for process in PROCESSES:
        role = role_of(service, process)
        secret = await admin.fetchval("select quote_literal($1::text)", passwords[role])
        if not await admin.fetchval("select true from pg_roles where rolname = $1", role):
            await admin.execute(f"create role {role} login nosuperuser nocreatedb nocreaterole nobypassrls")
        await admin.execute(f"alter role {role} password {secret}")
        await admin.execute(f"alter role {role} in database {database} set search_path = {service}")
        await admin.execute(f"grant connect on database {database} to {role}")
    if not await admin.fetchval("select pg_has_role(current_user, $1, 'member')", role_of(service, "owner")):
        await admin.execute(f"grant {role_of(service, 'owner')} to current_user")
    await admin.execute(f"create schema if not exists {service} authorization {role_of(service, 'owner')}")
    await admin.execute(f"grant usage on schema {service} to {service}_api, {service}_worker")
    # The worker applies deliveries as the api would; without inheriting, so that it sees as itself until it says so.
    await admin.execute(f"grant {service}_api to {service}_worker with inherit false, set true")


def served(table: str, *, read: str, write: str | None = None) -> list[str]:
    """Statements that put a table under row-level security.

    `read`: the condition under which the api role sees a row; `write`: under which it may write one (none: never).
    The worker sees and writes all. `table` is schema-qualified.
    """
    service = table.partition(".")[0]
    statements = [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy worker_all on {table} to {service}_worker using (true) with check (true)",
        f"create policy api_reads on {table} for select to {service}_api using ({read})",
        f"grant select on {table} to {service}_api",
        f"grant select, insert, update, delete on {table} to {service}_worker",
    ]
    if write:
        statements += [
            f"create policy api_inserts on {table} for insert to {service}_api with check ({write})",
            f"create policy api_updates on {table} for update to {service}_api using ({read}) with check ({write})",
            f"grant insert, update on {table} to {service}_api",
        ]
    return statements


def internal(table: str, *, api: str = "") -> list[str]:
    """Statements that grant a table no route serves; `api`: what the api role may do with it, as in `select, insert`."""
    service = table.partition(".")[0]
    statements = [f"grant select, insert, update, delete on {table} to {service}_worker"]
    return [*statements, f"grant {api} on {table} to {service}_api"] if api else statements


ORGANISATION = "current_setting('app.organisation', true)"
ROLE = "current_setting('app.role', true)"


def organisation_is(column: str, role: str) -> str:
    """The condition that the caller has a role and is the organisation in a column; after the transaction: nobody."""
    return f"({ROLE} = '{role}' and {column} = {ORGANISATION})"


def role_is(*roles: str) -> str:
    """The condition that the caller has one of these roles."""
    listed = ", ".join(f"'{role}'" for role in roles)
    return f"(coalesce({ORGANISATION}, '') <> '' and {ROLE} in ({listed}))"


def once(condition: str) -> str:
    """The same, looked at once a statement and not once a row; for what names no column of a table read by the thousand."""
    return f"(select {condition})"


SOMEBODY = f"(coalesce({ORGANISATION}, '') <> '')"


def journal_security(service: str) -> list[str]:
    """Statements for the tables of `journal_tables`: the api writes and reads its organisation's part of the journal."""
    owned = [f"insert into {service}.{table} (single) values (1)" for table in ("sequencer", "relay")]
    return [
        # The policy's function comes with the functions, after the tables; this stands in until then.
        (
            f"create or replace function {service}.may_see(organisations text[]) returns boolean"
            " language sql stable as $$ select false $$"
        ),
        *served(
            f"{service}.journal",
            read=f"{service}.may_see(organisations)",
            write=f"{service}.may_see(organisations)",
        ),
        *internal(f"{service}.journal_pending", api="insert"),
        *internal(f"{service}.journal_position", api="select"),
        *internal(f"{service}.sequencer", api="select"),
        *internal(f"{service}.relay", api="select"),
        *internal(f"{service}.relay_parked"),
        *owned,
    ]


def processing_log_security(service: str) -> list[str]:
    """Statements for the processing log: written by every transaction, read by no route."""
    return internal(f"{service}.processing_log", api="insert")


def delivery_security(service: str) -> list[str]:
    """Statements for the tables of `delivery_tables`: who delivered reads; what is staged is the worker's alone."""
    return [*staging_security(service), *following_security(service)]


def staging_security(service: str) -> list[str]:
    """The part of `delivery_security` about taking files in."""
    own = f"organisation = {ORGANISATION} and role = {ROLE}"
    return [
        *served(f"{service}.delivery", read=f"({own})"),
        *served(f"{service}.delivery_refusal", read=f"({own})"),
        *(
            f"create policy api_inserts on {service}.{table} for insert to {service}_api with check ({own})"
            for table in ("delivery", "delivery_refusal")
        ),
        *(
            f"grant insert on {service}.{table} to {service}_api"
            for table in ("delivery", "delivery_refusal")
        ),
        *internal(f"{service}.staged_record", api="insert"),
    ]


def following_security(service: str) -> list[str]:
    """The part of `delivery_security` about following them: an operator sees the states of all, and nothing inside them."""
    own = f"(organisation = {ORGANISATION} and role = {ROLE})"
    return [
        *served(f"{service}.delivery_missing", read=own),
        (
            f"create policy operator_reads on {service}.delivery for select to {service}_api"
            f" using ({role_is('operator')})"
        ),
    ]


def import_security(service: str) -> list[str]:
    """Statements for import windows: an operator opens and closes them, whose they are sees them."""
    operator = role_is("operator")
    return served(
        f"{service}.import_window", read=f"({operator} or organisation = {ORGANISATION})", write=operator
    )


def consumer_security(service: str, *copies: str) -> list[str]:
    """Statements for the tables of `consumer_tables` and for copies: the worker's alone, the api reads watermarks."""
    own = [internal(f"{service}.{table}") for table in ("consumed", "dirty", "parked", *copies)]
    seen = [internal(f"{service}.{table}", api="select") for table in ("watermark", "recompute_through")]
    return [statement for statements in (*own, *seen) for statement in statements]
