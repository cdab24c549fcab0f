"""Commits that the test holds back or lets fail: deferred triggers, which fire when everything else is done."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from tests.faults.region import Region, calmly
from tests.waiting import until

_KEY = 4242
_HELD = """
create or replace function public.fault() returns trigger language plpgsql set lock_timeout = 0 as $$
begin
    perform pg_advisory_xact_lock_shared({key});
    return null;
end $$
"""
_FAILING = """
create or replace function public.fault() returns trigger language plpgsql as $$
begin
    {statement};
    return null;
end $$
"""
_TRIGGER = """
create constraint trigger fault after insert or update on {table} deferrable initially deferred
for each row when ({when}) execute function public.fault()
"""
_WAITING = "select count(*) from pg_locks where locktype = 'advisory' and objid = $1 and not granted"


@dataclass
class Gate:
    """Closed: transactions that write certain rows wait at their commit."""

    administrator: asyncpg.Connection

    async def somebody_waits(self) -> bool:
        return bool(await self.administrator.fetchval(_WAITING, _KEY))

    async def wait_for_somebody(self) -> None:
        await until(calmly(self.somebody_waits))

    async def close(self) -> None:
        await self.administrator.execute("select pg_advisory_lock($1)", _KEY)

    async def open(self) -> None:
        await self.administrator.execute("select pg_advisory_unlock_all()")


@asynccontextmanager
async def gate(region: Region, table: str, when: str) -> AsyncIterator[Gate]:
    """Hold back commits of transactions that write rows of `table` for which `when` holds, from now on."""
    async with (
        region.administrator() as administrator,
        _fault(administrator, _HELD.format(key=_KEY), table, when),
    ):
        one = Gate(administrator)
        await one.close()
        try:
            yield one
        finally:
            await one.open()


@asynccontextmanager
async def failing_commits(region: Region, table: str, when: str, statement: str) -> AsyncIterator[None]:
    """Run a statement of PL/pgSQL, which should fail, at the commit of transactions that write such rows."""
    async with (
        region.administrator() as administrator,
        _fault(administrator, _FAILING.format(statement=statement), table, when),
    ):
        yield


@asynccontextmanager
async def _fault(
    administrator: asyncpg.Connection, function: str, table: str, when: str
) -> AsyncIterator[None]:
    await administrator.execute(function)
    await administrator.execute(_TRIGGER.format(table=table, when=when))
    try:
        yield
    finally:
        await administrator.execute(f"drop trigger fault on {table}")
