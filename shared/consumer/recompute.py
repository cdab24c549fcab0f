"""The recompute loop: takes what is dirty and derives anew what hangs on it; the only writer of derived tables.

It is a second step and never part of a partition's transaction: derived there, from two topics at once, rows were
permanently wrong. One loop per service works at a time; an advisory lock sees to that.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import asyncpg
import structlog

from shared import metrics
from shared.crash_points import crash_point
from shared.database import Connection, Database

_log = structlog.get_logger()
_LOCK = "select pg_try_advisory_xact_lock(hashtext(current_schema() || '.recompute'))"
_BATCH = 1_000
_REACH = "select reach_watermark(topic) from watermark order by topic"
_MARKS = """
select w.topic, w.known_through,
       w.parked_upstream + (select count(*) from parked p where p.topic = w.topic and not p.discarded) as parked,
       w.importing
from watermark w
"""
_TAKE = """
delete from dirty using (select id from dirty order by id limit $1) as oldest where dirty.id = oldest.id
returning dirty.kind, dirty.aggregate
"""
_THROUGH = """
insert into recompute_through (topic, known_through, parked, importing)
select * from unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::boolean[])
on conflict (topic) do update
set known_through = excluded.known_through, parked = excluded.parked, importing = excluded.importing
where (recompute_through.known_through, recompute_through.parked, recompute_through.importing)
    is distinct from (excluded.known_through, excluded.parked, excluded.importing)
"""

OF_DERIVING = -1
"""The partition under which an aggregate is parked that was read well and could not be derived from."""
_PARK = """
with faulty as (
    delete from dirty where kind = $3 and aggregate = $4 returning kind, aggregate)
insert into parked (topic, partition, "offset", generation, aggregate, reason, parked_at)
select distinct kind, $1::int, 0, 0, aggregate::text, $2, moment() from faulty returning topic, aggregate
"""
# What is wrong with the data or with the rule. Any other error is trouble of the moment.
_FAULTS = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
)

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
        self._one_by_one = 0
        self._taken: list[asyncpg.Record] = []

    async def close(self) -> None:
        """Nothing is held between steps."""

    async def step(self) -> bool:
        """Derive one batch in one transaction; say whether there may be more.

        Where a batch cannot be derived, its aggregates are tried one by one and the one at fault is parked, so that one
        does not hold up all. Trouble of the database itself is raised: the batch stays dirty and is tried again.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_REACH)
        try:
            return await self._step()
        except _FAULTS as error:
            # The queue may have another head by now: only what was taken can be at fault.
            if not self._taken:
                raise
            if self._one_by_one == 0:
                self._one_by_one = _BATCH
            else:
                await self._park(self._taken[0], error)
            return True

    async def _step(self) -> bool:
        """Take, derive, promise.

        The order matters: watermarks first, then what is dirty. All that the watermarks cover was marked dirty
        before they were reached, so when all that is dirty has been taken, the derived tables are as far as they.
        """
        limit = 1 if self._one_by_one else _BATCH
        self._taken = []
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_LOCK):
                return False
            marks = await connection.fetch(_MARKS)
            await self._before(connection)
            self._taken = taken = await connection.fetch(_TAKE, limit)
            touched: dict[str, set[UUID]] = defaultdict(set)
            for row in taken:
                touched[row["kind"]].add(row["aggregate"])
            finished = await self._derive(connection, touched) if touched else True
            if taken:
                crash_point("recompute_mid_batch")
            if finished and len(taken) < limit:
                columns = zip(*marks, strict=True) if marks else ((), (), (), ())
                await connection.execute(_THROUGH, *columns)
                await self._emptied(connection)
        self._one_by_one = max(0, self._one_by_one - 1) if taken else 0
        metrics.dirty_aggregates.labels(service=self._service).set(0 if len(taken) < limit else limit)
        return len(taken) == limit or not finished

    async def _park(self, faulty: asyncpg.Record, error: Exception) -> None:
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_LOCK):
                return
            parked = await connection.fetchrow(
                _PARK,
                OF_DERIVING,
                f"cannot be derived: {type(error).__name__}",
                faulty["kind"],
                faulty["aggregate"],
            )
        if parked:
            _log.error("parked", topic=parked["topic"], aggregate=parked["aggregate"], exc_info=error)
