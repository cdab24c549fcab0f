"""What stands in the tables after a fault: journal = published + pending, and copies that are the journal."""

from collections.abc import AsyncIterator

import asyncpg

from shared.events.topics import TOPICS
from tests.faults.region import Region

Stored = tuple[str, str]
_READERS = {
    "contracts": ("referrals.indication",),
    "availability": ("contracts.agreement", "contracts.product", "contracts.provider"),
    "monitoring": tuple(TOPICS),
}
_JOURNAL = """
select (select count(*) from {service}.journal) as recorded,
       (select count(*) from {service}.journal_position) as positioned,
       (select count(*) from {service}.journal_pending) as pending,
       (select coalesce(max(position), 0) from {service}.journal_position) as last,
       (select cursor from {service}.relay) as published,
       (select count(*) from {service}.relay_parked) as parked
"""
_DIFFERENCE = """
with published as (
        select j.aggregateid, j.version, p.known_at, j.payload from {service}.journal j
        join {service}.journal_position p using (id) where j.aggregatetype = '{aggregate}'),
     read as (select aggregate, version, known_at, state from {reader}.{service}_{aggregate})
select (select count(*) from (select * from published except select * from read) as missing) as missing,
       (select count(*) from (select * from read except select * from published) as made_up) as made_up
"""
_LEFT = (
    "select (select count(*) from {reader}.dirty) as dirty, (select count(*) from {reader}.parked) as parked"
)


async def stored(region: Region) -> list[Stored]:
    """List what is not in order; each with where it is."""
    async with region.administrator() as administrator:
        return [found async for found in _found(administrator)]


async def _found(administrator: asyncpg.Connection) -> AsyncIterator[Stored]:
    for service in ("referrals", "contracts", "availability"):
        row = dict(await administrator.fetchrow(_JOURNAL.format(service=service)) or {})
        whole = row["recorded"] == row["positioned"] + row["pending"]
        if (
            not whole
            or row["pending"]
            or row["parked"]
            or not row["positioned"] == row["last"] == row["published"]
        ):
            yield "journal", f"{service}: {row}"
    for reader, topics in _READERS.items():
        for name in topics:
            service, aggregate = name.split(".")
            statement = _DIFFERENCE.format(service=service, aggregate=aggregate, reader=reader)
            row = dict(await administrator.fetchrow(statement) or {})
            if any(row.values()):
                yield "copy", f"{name} in {reader}: {row}"
        row = dict(await administrator.fetchrow(_LEFT.format(reader=reader)) or {})
        if any(row.values()):
            yield "copy", f"{reader}: {row}"
