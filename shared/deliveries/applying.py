"""Apply what was staged: a side task of the worker. One step is one transaction, of one delivery a window of records."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog

from shared import metrics, tracing
from shared.crash_points import crash_point
from shared.database import Connection, Database
from shared.deliveries.kinds import OWN_KEY, Appliers, Apply, Judged, Outcome, own_key
from shared.deliveries.staging import Refused, refuse
from shared.problems import InvalidInput, Problem, kind_of
from shared.process import Step, forever
from shared.processing_log import ProcessingRecord, Status
from shared.service_worker import ServiceWorker

WINDOW: Final = 500
_LOOK_AGAIN_SECONDS: Final = 0.25
_OBSERVE_SECONDS: Final = 5
_STATES: Final = ("received", "applying", "done", "failed")
# Undone in favour of another transaction: the same again.
_CONTENDED: Final = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)
# The database is away or going down: the loop waits and comes back.
_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
_CHOOSE: Final = """
select id, organisation, role, kind, dry_run, mode, state, at_key, processing, traceparent from delivery
where state in ('received', 'applying') order by advanced_at limit 1 for update skip locked
"""
_WINDOW: Final = """
select key, record, content from staged_record
where delivery = $1 and key >= $2 order by delivery, key, moment, record limit $3
"""
_DONE_WITH: Final = (
    "delete from staged_record where delivery = $1 and key >= $2 and key <= $3 and record = any ($4)"
)
_ADVANCE: Final = """
update delivery set state = case when $3 then 'done' else 'applying' end, at_key = $2,
    started_at = coalesce(started_at, moment()), advanced_at = moment(), finished_at = case when $3 then moment() end,
    created = created + $4, changed = changed + $5, unchanged = unchanged + $6, superseded = superseded + $7,
    refused = refused + $8
where id = $1
"""
_MISSING: Final = """
with missing as (
    insert into delivery_missing (delivery, key, number, organisation, role)
    select d.id, k.key, k.number, d.organisation, d.role
    from delivery d cross join ({known}) k
    where d.id = $2 and not exists (select from staged_record s where s.delivery = d.id and {own} = k.key)
    returning delivery)
update delivery set missing = (select count(*) from missing) where id = $2
"""
_FAIL: Final = (
    "update delivery set state = 'failed', finished_at = moment(), started_at = coalesce(started_at, moment())"
    " where id = $1"
)
_log = structlog.get_logger(component="deliveries")


def apply_deliveries(worker: ServiceWorker, appliers: Appliers) -> None:
    """Add the side tasks that apply a service's deliveries; `appliers` by kind."""
    database, service = worker.database, worker.service
    step, observe = Applying(database, service, appliers).step, _observing(database, service)
    applying = forever(
        "deliveries",
        lambda: nullcontext(step),
        service=service,
        idle_seconds=_LOOK_AGAIN_SECONDS,
    )
    worker.add("deliveries", applying)
    observing = forever(
        "delivery_metrics",
        lambda: nullcontext(observe),
        service=service,
        idle_seconds=_OBSERVE_SECONDS,
    )
    worker.add("delivery_metrics", observing)


def _observing(database: Database, service: str) -> Step:
    async def step() -> bool:
        async with database.transaction() as connection:
            rows = await connection.fetch("select state, count(*) as n from delivery group by state")
        counted = {row["state"]: row["n"] for row in rows}
        for state in _STATES:
            metrics.deliveries.labels(service, state).set(counted.get(state, 0))
        return False

    return step


class Applying:
    """The loop over deliveries: the one that waited longest gets the next step."""

    def __init__(self, database: Database, service: str, appliers: Appliers) -> None:
        self._database = database
        self._service = service
        self._appliers = appliers

    async def step(self) -> bool:
        """Apply one window of one delivery; False when there is none to apply."""
        chosen: asyncpg.Record | None = None
        try:
            async with self._database.transaction() as connection:
                chosen = await connection.fetchrow(_CHOOSE)
                if chosen is None:
                    return False
                counts = await self._advance(connection, chosen)
                crash_point("delivery_mid_batch")
        except _CONTENDED:
            return True
        except _AWAY:
            raise
        except Exception as error:
            if chosen is None:
                raise
            await self._fail(chosen["id"], error)
            return True
        for outcome, number in counts.items():
            metrics.delivery_records_total.labels(self._service, chosen["kind"], outcome.value).inc(number)
        return True

    async def _advance(self, connection: Connection, delivery: asyncpg.Record) -> Counter[Outcome]:
        if delivery["mode"] == "full" and delivery["state"] == "received":
            known = self._appliers[delivery["kind"]].known
            await connection.execute(
                _MISSING.format(known=known, own=OWN_KEY), delivery["organisation"], delivery["id"]
            )
        rows = await connection.fetch(_WINDOW, delivery["id"], delivery["at_key"], WINDOW + 1)
        window = _window(rows)
        judged = await self._judge(connection, delivery, window)
        counts = Counter(Outcome.REFUSED if isinstance(each, Problem) else each for each in judged.values())
        problems = {record: each for record, each in judged.items() if isinstance(each, Problem)}
        refusals = [line for record, each in problems.items() for line in _refused(record, each)]
        await refuse(connection, delivery["id"], delivery["organisation"], delivery["role"], refusals)
        at_key = window[-1]["key"] if window else delivery["at_key"]
        await connection.execute(_DONE_WITH, delivery["id"], delivery["at_key"], at_key, list(judged))
        finished = len(window) == len(rows)
        await connection.execute(
            _ADVANCE, delivery["id"], at_key, finished, *(counts[outcome] for outcome in Outcome)
        )
        return counts

    async def _judge(
        self, connection: Connection, delivery: asyncpg.Record, window: Sequence[asyncpg.Record]
    ) -> dict[int, Judged]:
        """Apply a window on behalf of the delivery's organisation, as the api would; of a dry run nothing stays."""
        apply, processing = self._appliers[delivery["kind"]].apply, _processing(delivery["processing"])
        savepoint = connection.transaction()
        await savepoint.start()
        await self._become(connection, delivery["organisation"], delivery["role"])
        with tracing.following(delivery["traceparent"]):
            judged = await _in_rounds(connection, apply, window, processing)
        await (savepoint.rollback() if delivery["dry_run"] else savepoint.commit())
        await connection.execute("set local role none")
        return judged

    async def _become(self, connection: Connection, organisation: str, role: str) -> None:
        await connection.execute(
            "select set_config('app.organisation', $1, true), set_config('app.role', $2, true),"
            " set_config('role', $3, true)",
            organisation,
            role,
            f"{self._service}_api",
        )

    async def _fail(self, delivery: UUID, error: Exception) -> None:
        _log.error("delivery_failed", delivery=str(delivery), exc_info=error)
        async with self._database.transaction() as connection:
            await connection.execute(_FAIL, delivery)
            await connection.execute("delete from staged_record where delivery = $1", delivery)


def _window(rows: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    """Give the rows of one step: all records of a key are in one, unless there are more than a window holds."""
    if len(rows) <= WINDOW:
        return list(rows)
    whole = [row for row in rows if row["key"] != rows[-1]["key"]]
    return whole or list(rows[:WINDOW])


async def _in_rounds(
    connection: Connection, apply: Apply, window: Sequence[asyncpg.Record], processing: ProcessingRecord
) -> dict[int, Judged]:
    judged: dict[int, Judged] = {}
    for rows in _rounds(window):
        outcomes = await apply(connection, [row["content"] for row in rows], processing)
        judged |= dict(zip((row["record"] for row in rows), outcomes, strict=True))
    return judged


def _rounds(window: Sequence[asyncpg.Record]) -> Iterable[list[asyncpg.Record]]:
    """Divide a window: no key twice in a round, and of each key its records in order; all in order where that matters."""
    in_order = any(row["key"] != own_key(row["key"]) for row in window)
    rounds: defaultdict[int, list[asyncpg.Record]] = defaultdict(list)
    following: Counter[str] = Counter()
    newest = 0
    for row in window:
        key = own_key(row["key"])
        newest = max(newest, following[key]) if in_order else following[key]
        rounds[newest].append(row)
        following[key] = newest + 1
    return rounds.values()


def _processing(stored: dict[str, Any]) -> ProcessingRecord:
    started, status = datetime.fromisoformat(stored["start_time"]), Status(stored["status"])
    return ProcessingRecord(**stored | {"start_time": started, "status": status})


def _refused(record: int, problem: Problem) -> list[Refused]:
    if isinstance(problem, InvalidInput):
        return [
            Refused(
                record, place, each.pointer or f"#/{each.parameter}", each.code, each.message, each.message_nl
            )
            for place, each in enumerate(problem.errors)
        ]
    kind = kind_of(type(problem))
    named = problem.facts.get("fields") or problem.facts.get("field")
    names = [named] if isinstance(named, str) else list(named) if isinstance(named, list) else []
    field = " ".join(f"#/{name}" for name in names) or None
    return [Refused(record, 0, field, kind.slug, f"{kind.title}. {problem.detail}", kind.title_nl)]
