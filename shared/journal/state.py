"""Where a relay stands: one row, moved only from the place that the mover saw."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from aiokafka.structs import RecordMetadata

from shared.database import Connection


@dataclass(frozen=True)
class TopicState:
    """One topic within this generation; offsets per partition, in partition order."""

    begins: list[int]
    ends: list[int]
    count: int
    promised: str | None
    """All that was known up to this moment (ISO 8601, UTC) lies before `ends`."""
    importing: bool = False
    """Somebody may be bringing history, or it does not lie before `ends` yet: the past can still change."""


@dataclass(frozen=True)
class RelayState:
    """The relay's row, with the sequencer's as read in the same statement."""

    generation: int
    cursor: int
    topics: dict[str, TopicState]
    position: int
    known_through: datetime | None
    derived_known_through: datetime | None
    derived: frozenset[str]
    importing: bool = False
    """Whether history may be coming in, or has not its positions yet."""
    derived_importing: bool = False
    """The same of the inputs of derived topics, as far as their promise goes."""

    def after(self, acknowledged: Iterable[RecordMetadata], *, complete: bool) -> dict[str, TopicState]:
        """Give the topics' new state; `complete`: everything up to `position` was sent, so the promise holds."""
        topics = dict(self.topics)
        for ack in acknowledged:
            topic = topics[ack.topic]
            ends = list(topic.ends)
            ends[ack.partition] = max(ends[ack.partition], ack.offset + 1)
            topics[ack.topic] = replace(topic, ends=ends, count=topic.count + 1)
        if complete:
            topics = {
                name: replace(
                    topic, promised=self._promise(name) or topic.promised, importing=self._importing(name)
                )
                for name, topic in topics.items()
            }
        return topics

    def _importing(self, topic: str) -> bool:
        return self.derived_importing if topic in self.derived else self.importing

    def _promise(self, topic: str) -> str | None:
        moment = self.derived_known_through if topic in self.derived else self.known_through
        return moment.isoformat() if moment else None

    def progress(self, parked: Mapping[str, int]) -> dict[str, Any]:
        """Shape the progress record that readers get."""
        topics = {
            name: asdict(topic) | {"parked": parked.get(name, 0)} for name, topic in self.topics.items()
        }
        return {"generation": self.generation, "topics": topics}


_LOAD = """
select r.generation, r.cursor, r.topics, s.position,
       nullif(s.known_through, '-infinity') as known_through, s.derived_known_through,
       importing(), s.derived_known_importing as derived_importing
from relay r, sequencer s
"""


async def load_state(connection: Connection, derived: frozenset[str] = frozenset()) -> RelayState:
    """Read where the relay and the sequencer stand, in one statement."""
    (row,) = await connection.fetch(_LOAD)
    topics = {name: TopicState(**stand) for name, stand in row["topics"].items()}
    return RelayState(**{**dict(row), "topics": topics}, derived=derived)


async def move(
    connection: Connection, seen: RelayState, *, cursor: int, topics: Mapping[str, TopicState]
) -> RelayState | None:
    """Move the row from where it was seen; None when somebody else moved it first (nothing is written then)."""
    moved = await connection.execute(
        "update relay set cursor = $1, topics = $2 where generation = $3 and cursor = $4 and topics = $5",
        cursor,
        {name: asdict(topic) for name, topic in topics.items()},
        seen.generation,
        seen.cursor,
        {name: asdict(topic) for name, topic in seen.topics.items()},
    )
    return replace(seen, cursor=cursor, topics=dict(topics)) if moved == "UPDATE 1" else None


async def renew_generation(
    connection: Connection, *, generation: int | None = None, at_least: int = 0
) -> bool:
    """Send everything again, as a new generation; with `generation` only if it is still that one."""
    renewed = await connection.execute(
        "update relay set generation = greatest(generation + 1, $2), cursor = 0, topics = '{}'"
        " where $1::int is null or generation = $1",
        generation,
        at_least,
    )
    return bool(renewed == "UPDATE 1")
