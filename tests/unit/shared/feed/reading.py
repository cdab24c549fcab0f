"""A journal written as its service writes it, and callers that read it over HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from httpx import AsyncClient

from shared.database import Database
from shared.journal.relay import _NEXT
from shared.journal.sequencer import Sequencer
from shared.values.region import load_region
from tests.databases import empty

SERVICE = "referrals"
EVENTS = f"/{SERVICE}/v1/events"
TYPE = "nl.jeugdregio.referrals.indication.v1"
REGION = load_region(Path(__file__).parents[4] / "region.toml")
HELMOND, ASTEN, PROVIDER, STRANGER = "0794", "0743", "98000001", "98000009"


@dataclass(frozen=True)
class Journal:
    """The service's journal, as its own processes write and read it."""

    owner: Database
    worker: Database

    async def reset(self) -> None:
        async with self.owner.transaction() as connection:
            await empty(connection, "journal", "journal_pending", "journal_position", "processing_log")
            await connection.execute("update relay set generation = 1, cursor = 0, topics = '{}'")
            await connection.execute("update sequencer set position = 0")

    async def record(
        self, *owners: Sequence[str], client: UUID | None = None, positioned: bool = True
    ) -> None:
        """Record an event for each: that of an indication which these organisations may see."""
        events = [
            {
                "aggregateType": "indication",
                "aggregateId": str(uuid4()),
                "version": 1,
                "payload": {"clientId": str(client or uuid4()), "municipality": whose[0], "withdrawn": False},
                "organisations": list(whose),
            }
            for whose in owners
        ]
        async with self.worker.transaction() as connection:
            await connection.execute("select record_events($1, null)", events)
            if positioned:
                await Sequencer().step(connection)

    async def rows(self) -> list[asyncpg.Record]:
        """Give the rows that the relay would send."""
        async with self.worker.transaction() as connection:
            return list(await connection.fetch(_NEXT, 0, 1_000_000, 1_000_000))

    async def logged(self) -> list[UUID]:
        async with self.worker.transaction() as connection:
            rows = await connection.fetch(
                "select data_subject_id as client, name from processing_log order by id"
            )
        assert {row["name"] for row in rows} <= {"events"}
        return [row["client"] for row in rows]


async def ask(
    client: AsyncClient, organisation: str, link: str = EVENTS, *, role: str = "", **params: str | int
) -> httpx.Response:
    app: Any = client._transport.app  # type: ignore[attr-defined]
    own_role = "municipality" if len(organisation) == len(HELMOND) else "provider"
    token = app.state.issuer.token(role=role or own_role, organisation=organisation)
    return await client.get(link, params=params or None, headers={"Authorization": f"Bearer {token}"})


def next_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    assert list(answer.links) == ["next"]
    return answer.links["next"]["url"]


def positions(answer: httpx.Response) -> list[int]:
    return [int(event["position"]) for event in answer.json()]
