"""The sequencer: gives journal rows a gapless position and the moment at which they became known.

A row's id is no order of becoming visible (a transaction that started first may commit last), so a
reader with a cursor on ids would lose rows. Positions are given here, by one sequencer at a time, to what has committed.

What an import brings was known before: it keeps that moment, but is never known before an earlier version of its aggregate.
"""

import time
from datetime import datetime, timedelta

from shared.crash_points import crash_point
from shared.database import Connection

_LOCK = "select pg_try_advisory_xact_lock(hashtext(current_schema() || '.sequencer'))"
_BATCH = 10_000
# Locked to the end of the batch: who derives, or comes back from a backup, changes this row too, and what it wrote
# between these statements would be promised before it has a position, or be overwritten.
_PROMISE = """
select greatest(moment(), known_through + interval '1 microsecond') as k,
       exists (select from journal_pending where imported_known_at is not null) as imports
from sequencer for update
"""
_PENDING = """
with pending as (select id from journal_pending order by id limit $1),
     taken as (delete from journal_pending using pending where journal_pending.id = pending.id
               returning journal_pending.id, journal_pending.imported_known_at)
insert into journal_position (position, id, known_at)
select (select position from sequencer) + row_number() over (order by id), id,
"""
_TAKE = f"{_PENDING} $2 from taken"
# Versions have ids in their order: those before have their moment already, or get it in this batch.
_TAKE_IMPORTED = f"""
{_PENDING} greatest(
    max(coalesce(taken.imported_known_at, $2)) over (partition by journal.aggregateid order by id), before.known_at)
from taken join journal using (id)
left join lateral (
    select p.known_at from journal j join journal_position p using (id)
    where taken.imported_known_at is not null and j.aggregateid = journal.aggregateid and j.version < journal.version
    order by j.version desc limit 1
) before on true
"""  # noqa: S608 - of constants
# A derived topic's promise holds only when the lines written before it have their position, so it is
# taken over by a batch that left nothing pending.
_CLOSE = """
update sequencer set position = position + $1, known_through = $2,
       derived_known_through = case when $3 then derived_through else derived_known_through end,
       derived_known_importing = case when $3 then derived_importing else derived_known_importing end
"""


class ClockJumpError(Exception):
    """The database's clock ran ahead of this process's own by more than `tolerance`: nothing was sequenced."""

    def __init__(self, ahead: timedelta) -> None:
        super().__init__(
            f"the database clock jumped {ahead} ahead; check it, then restart the worker to accept it"
        )
        self.ahead = ahead


class Sequencer:
    """One service's sequencer; several may run, an advisory lock lets one of them work at a time."""

    def __init__(self, tolerance: timedelta = timedelta(minutes=1)) -> None:
        self._tolerance = tolerance
        self._seen: tuple[datetime, float] | None = None

    async def step(self, connection: Connection) -> int:
        """Sequence one batch in the caller's transaction; return how many rows it took.

        Stamp and promise are one value k, later than every promise before: rows that commit after this
        batch get a later one. Raises ClockJumpError.
        """
        if not await connection.fetchval(_LOCK):
            return 0
        (promise,) = await connection.fetch(_PROMISE)
        self._refuse_jump(promise["k"])
        take = _TAKE_IMPORTED if promise["imports"] else _TAKE
        taken = _count(await connection.execute(take, _BATCH, promise["k"]))
        if taken:
            crash_point("sequencer_mid_batch")
        await connection.execute(_CLOSE, taken, promise["k"], taken < _BATCH)
        return taken

    def _refuse_jump(self, k: datetime) -> None:
        elapsed = time.clock_gettime(time.CLOCK_BOOTTIME)
        if self._seen:
            ahead = (k - self._seen[0]) - timedelta(seconds=elapsed - self._seen[1])
            if ahead > self._tolerance:
                raise ClockJumpError(ahead)
            # A clock that was behind for a while has not jumped when it is set right.
            if ahead < timedelta():
                return
        self._seen = (k, elapsed)


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
