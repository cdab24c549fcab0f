"""The recompute loop: takes what is dirty and derives anew what hangs on it; the only writer of derived tables.

It is a second step and never part of a partition's transaction: derived there, from two topics at once, rows were
permanently wrong. One loop per service works at a time; an advisory lock sees to that.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from shared import metrics
from shared.crash_points import crash_point
from shared.database import Connection, Database

_LOCK = "select pg_try_advisory_xact_lock(hashtext(current_schema() || '.recompute'))"
_BATCH = 1_000
_REACH = "select reach_watermark(topic) from watermark order by topic"
_MARKS = "select topic, known_through from watermark"
_TAKE = """
delete from dirty using (select id from dirty order by id limit $1) as oldest where dirty.id = oldest.id
returning dirty.kind, dirty.aggregate
"""
_THROUGH = """
insert into recompute_through (topic, known_through)
select * from unnest($1::text[], $2::timestamptz[])
on conflict (topic) do update set known_through = excluded.known_through
where recompute_through.known_through is distinct from excluded.known_through
"""

Touched = Mapping[str, set[UUID]]
"""Ids of the aggregates that changed, per topic."""
Derive = Callable[[Connection, Touched], Awaitable[bool]]
"""Derives anew what hangs on the touched aggregates; says whether that is all (False: it made more dirty)."""
Hook = Callable[[Connection], Awaitable[None]]


async def _nothing(_: Connection) -> None:
    pass


class Recompute:
    """One service's loop. `before` runs first in each step's transaction, `emptied` when the queue was emptied by it."""

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        derive: Derive,
        before: Hook = _nothing,
        emptied: Hook = _nothing,
    ) -> None:
        self._database = database
        self._service = service
        self._derive = derive
        self._before = before
        self._emptied = emptied

    async def close(self) -> None:
        """Nothing is held between steps."""

    async def step(self) -> bool:
        """Derive one batch in one transaction; say whether there may be more.

        The order matters: watermarks first, then what is dirty. All that the watermarks cover was marked dirty
        before they were reached, so when all that is dirty has been taken, the derived tables are as far as they.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_REACH)
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_LOCK):
                return False
            marks = await connection.fetch(_MARKS)
            await self._before(connection)
            taken = await connection.fetch(_TAKE, _BATCH)
            touched: dict[str, set[UUID]] = defaultdict(set)
            for row in taken:
                touched[row["kind"]].add(row["aggregate"])
            finished = await self._derive(connection, touched) if touched else True
            crash_point("recompute_mid_batch")
            if finished and len(taken) < _BATCH:
                await connection.execute(
                    _THROUGH, [m["topic"] for m in marks], [m["known_through"] for m in marks]
                )
                await self._emptied(connection)
        metrics.dirty_aggregates.labels(service=self._service).set(0 if len(taken) < _BATCH else _BATCH)
        return len(taken) == _BATCH or not finished
