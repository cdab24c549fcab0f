"""Apply a batch of one partition: the fence, then the copies, then what is dirty, in the caller's transaction."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from aiokafka import ConsumerRecord
from pydantic import ValidationError

from shared.database import Connection
from shared.events.envelope import Envelope, decode, event_type
from shared.events.topics import TOPICS

_FENCE = """
update consumed set next_offset = $4 where topic = $1 and partition = $2 and generation = $3 and next_offset = $5
"""
# A repeat in the same generation touches nothing; one of a later generation raises the mark, and may bring another
# content when the owner came back from a backup.
_COPY = """
with arrived as (
    insert into {copy} as kept (aggregate, version, known_at, generation, state)
    select * from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::int[], $5::jsonb[])
    on conflict (aggregate, version) do update
    set known_at = excluded.known_at, generation = excluded.generation, state = excluded.state
    where excluded.generation > kept.generation
    returning new.aggregate, (old.state is distinct from new.state or old.known_at is distinct from new.known_at) as changed
)
insert into dirty (kind, aggregate) select distinct $6, aggregate from arrived where changed
"""
# Published anew, the same poison comes again: it is one thing set aside, and stays discarded when it was.
_PARK = """
with before as (delete from parked where topic = $1 and event_id = $4 returning discarded)
insert into parked (topic, partition, "offset", event_id, aggregate, version, reason, generation, parked_at, discarded)
values ($1, $2, $3, $4, $5, $6, $7, $8, moment(), exists(select from before where discarded))
"""
_PARKED_IN_A_ROW = """
select count(*) from (
    select "offset", row_number() over (order by "offset" desc) as nth from parked
    where topic = $1 and partition = $2 and generation = $3 and "offset" < $4 and not discarded
    order by "offset" desc limit $5
) as last where "offset" = $4 - nth
"""
_POISON_IN_A_ROW = 20
_LARGEST_INT = 2**31 - 1
# Valid JSON that jsonb does not take.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class FencedError(Exception):
    """Somebody else moved this partition, or a new generation began: load where it stands and seek."""


@dataclass(frozen=True)
class Stand:
    """Where a partition stands in this service's own tables."""

    generation: int
    next_offset: int


@dataclass(frozen=True)
class Poison:
    """A message that cannot be applied, described without its content."""

    record: ConsumerRecord
    envelope: Envelope | None
    reason: str


@dataclass(frozen=True)
class Version:
    """One version of an aggregate, as a row of its copy."""

    aggregate: UUID
    version: int
    known_at: datetime
    generation: int
    state: dict[str, Any]


async def apply_batch(
    connection: Connection, stand: Stand, records: Sequence[ConsumerRecord]
) -> tuple[Stand, bool]:
    """Apply what lies between `stand` and the batch's end; return where the partition stands then, and whether that is all.

    What cannot be applied is parked, but never so many in a row that something larger must be wrong: then only what
    stands before is applied, and nothing more until this code can read the rest or the parked ones are discarded.
    Raises FencedError before anything is written when the partition does not stand there any more.
    """
    topic, partition = records[0].topic, records[0].partition
    versions, poison = read(records)
    if poison:
        parked = await connection.fetchval(
            _PARKED_IN_A_ROW, topic, partition, stand.generation, stand.next_offset, _POISON_IN_A_ROW
        )
        bearable = _bearable(records, poison, parked)
        if not bearable:
            return stand, False
        if len(bearable) < len(records):
            moved, _ = await apply_batch(connection, stand, bearable)
            return moved, False
    moved = Stand(stand.generation, records[-1].offset + 1)
    done = await connection.execute(
        _FENCE, topic, partition, stand.generation, moved.next_offset, stand.next_offset
    )
    if done != "UPDATE 1":
        raise FencedError
    await copy_versions(
        connection, topic, [version for version in versions if version.generation >= stand.generation]
    )
    for bad in poison:
        await _park(connection, bad, stand.generation)
    return moved, True


def _bearable(
    records: Sequence[ConsumerRecord], poison: Iterable[Poison], in_a_row: int
) -> Sequence[ConsumerRecord]:
    """Give the messages up to the one that would be one too many in a row, when `in_a_row` stand parked before them."""
    bad = {each.record.offset for each in poison}
    for place, record in enumerate(records):
        in_a_row = in_a_row + 1 if record.offset in bad else 0
        if in_a_row >= _POISON_IN_A_ROW:
            return records[:place]
    return records


def read(records: Iterable[ConsumerRecord]) -> tuple[list[Version], list[Poison]]:
    """Parse messages into versions; what does not parse is poison."""
    versions: list[Version] = []
    poison: list[Poison] = []
    for record in records:
        outcome = _read_one(record)
        if isinstance(outcome, Version):
            versions.append(outcome)
        else:
            poison.append(outcome)
    return versions, poison


def _read_one(record: ConsumerRecord) -> Version | Poison:
    envelope = None
    try:
        envelope = decode(record.value or b"")
        topic = TOPICS[record.topic]
        if envelope.type != event_type(topic.service, topic.aggregate):
            return Poison(record, envelope, "another type than the topic carries")
        topic.model.model_validate(envelope.data)
        if max(envelope.version, envelope.generation) > _LARGEST_INT or _NUL.search(
            orjson.dumps(envelope.data)
        ):
            return Poison(record, envelope, "not storable")
        return Version(
            UUID(envelope.subject), envelope.version, envelope.knownat, envelope.generation, envelope.data
        )
    except ValidationError as error:
        fields = ", ".join(
            sorted({".".join(map(str, line["loc"])) for line in error.errors(include_input=False)})
        )
        return Poison(record, envelope, f"not valid: {fields}"[:500])
    except (ValueError, TypeError, OverflowError):
        return Poison(record, envelope, "not readable")


async def copy_versions(connection: Connection, topic: str, versions: Iterable[Version]) -> None:
    """Write versions into the topic's copy and mark the aggregates dirty whose history changed."""
    newest = {(v.aggregate, v.version): v for v in sorted(versions, key=lambda v: v.generation)}
    if not newest:
        return
    rows = list(newest.values())
    await connection.execute(
        _COPY.format(copy=topic.replace(".", "_")),
        [row.aggregate for row in rows],
        [row.version for row in rows],
        [row.known_at for row in rows],
        [row.generation for row in rows],
        [row.state for row in rows],
        topic,
    )


async def _park(connection: Connection, bad: Poison, generation: int) -> None:
    event_id, aggregate, version = _identity(bad.envelope)
    await connection.execute(
        _PARK,
        bad.record.topic,
        bad.record.partition,
        bad.record.offset,
        event_id,
        aggregate,
        version,
        bad.reason,
        generation,
    )


def _identity(envelope: Envelope | None) -> tuple[str | None, str | None, int | None]:
    """Give event id, aggregate and version where they are of the right kind: anything else could be content."""
    if envelope is None:
        return None, None, None
    try:
        aggregate = str(UUID(envelope.subject))
    except ValueError:
        aggregate = None
    return str(envelope.id), aggregate, envelope.version if envelope.version <= _LARGEST_INT else None
