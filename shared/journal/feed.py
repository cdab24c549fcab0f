"""The journal over HTTP, for those without access to Kafka: the same events, those that the caller may see.

It reads what the sequencer positioned, in its order, so that a reader with a cursor misses nothing. The cursor is
opaque and holds the journal's generation: who reads on after the journal was published anew starts again.

A caller may wait for what is new. It then holds no connection: each look is a transaction of its own.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import asyncpg
from fastapi import Depends, Query, Request
from starlette.responses import JSONResponse

from shared.auth import Principal, Role, allow
from shared.auth.access import authorise
from shared.events.envelope import Envelope, cloud_event, event_type, source
from shared.events.topics import topics_of
from shared.journal.processing import Processing, log_reading
from shared.journal.waiting import PAUSE_SECONDS, Stand, WaitingRoom
from shared.paging import Page, Paging
from shared.problems import FieldError, Gone, InvalidInput, Kind, register
from shared.process import wait as pause
from shared.processing_log import ProcessingRecord
from shared.web import Router, Transactions

_ROLES: Final = {
    "referrals": (Role.MUNICIPALITY, Role.PROVIDER),
    "contracts": (Role.CONTRACT_MANAGER, Role.PROVIDER, Role.MUNICIPALITY),
    "availability": (Role.CONTRACT_MANAGER, Role.PROVIDER),
}
# Who may see one row in a thousand must not make one request read the whole journal.
_LOOKED_AT_ONCE: Final = 20_000
# Seconds: proxies on the way cut off what is silent for a minute.
_LONGEST_WAIT: Final = 30
_LARGEST_POSITION: Final = 2**63 - 1 - _LOOKED_AT_ONCE
# Where the journal stands and what the caller may see of it are read in one statement. The journal's policy
# leaves out what is not the caller's; what the broker refused stands here all the same.
_PAGE = """
with stand as (
    select r.generation, s.position as last, least(s.position, $1::bigint + $4::int) as upto
    from relay r, sequencer s)
select stand.generation, stand.last, stand.upto, seen.* from stand left join lateral (
    select p.position, p.known_at, j.event_id, j.aggregatetype, j.aggregateid, j.version, j.recorded_at,
           j.payload::text as payload, j.payload ->> 'clientId' as client
    from journal_position p join journal j using (id)
    where p.position > $1 and p.position <= stand.upto and j.aggregatetype = any($2::text[])
    order by p.position limit $3
) as seen on true
order by seen.position
"""


# Of what names nobody, as a valuation or a claim, the service itself knows whose data it is.
_LOG_UNNAMED = "select log_events_read($1, $2)"


class JournalRestarted(Gone):
    """The journal began anew. Start again without a cursor; versions that you know already change nothing."""


register({JournalRestarted: Kind(410, "journal-restarted", "Journal restarted", "Journaal opnieuw begonnen")})


class CloudEventBatch(JSONResponse):
    """A batch of events in the JSON batch format of CloudEvents."""

    media_type = "application/cloudevents-batch+json"

    def render(self, content: Sequence[bytes]) -> bytes:
        """Join what is JSON already: an event is not written anew, so that it is the same here as in Kafka."""
        return b"[" + b",".join(content) + b"]"


Wait = Annotated[
    int, Query(ge=0, le=_LONGEST_WAIT, description="Seconds to wait for an event when there is none yet")
]


def events_router(service: str) -> Router:
    """Give the router with a publishing service's `GET /events`; its app's state must hold the `region`."""
    router = Router(tags=["events"])
    room = WaitingRoom(service)

    @router.get(
        "/events",
        problems=[JournalRestarted],
        response_class=CloudEventBatch,
        response_model=list[Envelope],
        responses=_batch_documented(),
    )
    async def events(
        request: Request,
        _: Annotated[Principal, allow(*_ROLES[service])],
        wanted: Annotated[list[str], Depends(_wanted_of(service))],
        paging: Paging,
        processing: Processing,
        transactions: Transactions,
        wait: Wait = 0,
    ) -> CloudEventBatch:
        """Read the events that you may see, oldest first: whole states, at one version each.

        The `Link` header always leads on, also after an empty page: what others own is passed over. You have it
        all when the page is empty and the link holds the cursor that you sent; ask again with it later, or say
        `wait`: then the answer comes as soon as there is something for you. An empty one may come earlier than
        that, when the service stops or too many wait: ask again after a second.
        """
        reader = _Reader(wanted, paging.size, processing, transactions)
        found = await reader.look(_after(paging))
        if wait and not found.rows:
            found = await _wait(request, reader, found, room=room, roles=_ROLES[service], seconds=wait)
        publisher, generation = source(request.app.state.region.oin, service), found.reached.generation
        batch = [
            cloud_event(row, source=publisher, service=service, generation=generation) for row in found.rows
        ]
        return CloudEventBatch(batch, headers={"Link": f'<{paging.link(found.reached)}>; rel="next"'})

    return router


def _batch_documented() -> dict[int | str, dict[str, Any]]:
    link = {"description": "Leads to the next page, always", "schema": {"type": "string"}, "required": True}
    return {200: {"description": "Events in the order of the journal", "headers": {"Link": link}}}


def _wanted_of(service: str) -> Callable[..., list[str]]:
    """Give the dependency that reads `types` into the kinds of aggregates of this service."""
    kinds: Mapping[str, str] = {event_type(service, t.aggregate): t.aggregate for t in topics_of(service)}
    listed = ", ".join(kinds)
    description = f"Only these, separated by commas: {listed}"

    def wanted(
        types: Annotated[str | None, Query(max_length=500, description=description)] = None,
    ) -> list[str]:
        given = kinds if types is None else types.split(",")
        if unknown := set(given) - kinds.keys():
            message = f"{len(unknown)} of the types are not published here; choose out of {listed}."
            raise InvalidInput([FieldError("type", message, parameter="types")])
        return [kinds[name] for name in given]

    return wanted


class _Cursor(NamedTuple):
    generation: int | None
    """None: none was given, so that whichever there is will do."""
    position: int
    """Up to here, all that the caller may see was seen."""


class _Found(NamedTuple):
    rows: Sequence[asyncpg.Record]
    reached: Stand
    """The cursor after these rows: their last one, or where looking ended."""
    stand: Stand


@dataclass(frozen=True, slots=True)
class _Reader:
    """What one request wants to see."""

    wanted: list[str]
    size: int
    processing: ProcessingRecord
    transactions: Transactions

    async def look(self, after: _Cursor | Stand) -> _Found:
        """Look once, and log whose data that showed. Raises JournalRestarted."""
        async with self.transactions() as connection:
            rows = await connection.fetch(_PAGE, after.position, self.wanted, self.size, _LOOKED_AT_ONCE)
            found = _found(rows, after, self.size)
            await log_reading(connection, self.processing, _clients(found.rows))
            if unnamed := [row["aggregateid"] for row in found.rows if row["client"] is None]:
                await connection.execute(_LOG_UNNAMED, unnamed, self.processing.as_json())
        return found


async def _wait(
    request: Request,
    reader: _Reader,
    found: _Found,
    *,
    room: WaitingRoom,
    roles: Sequence[Role],
    seconds: int,
) -> _Found:
    """Look again whenever the journal went on, until there is something, the time is over or nobody waits for it."""
    stopping, loop = request.app.state.stopping, asyncio.get_running_loop()
    until = loop.time() + seconds
    with room.place() as taken:
        while taken and not found.rows and (left := until - loop.time()) > 0:
            if stopping.is_set() or await request.is_disconnected():
                break
            if found.reached == found.stand:
                await pause(stopping, min(PAUSE_SECONDS, left))
                if await room.stand(reader.transactions) == found.stand:
                    continue
            # The token may have expired, or its keys been withdrawn, since the last look.
            await authorise(request, frozenset(roles))
            async with room.looks:
                found = await reader.look(found.reached)
    return found


def _after(page: Page) -> _Cursor:
    match page.after:
        case None:
            return _Cursor(None, 0)
        case (int(generation), int(position)) if 0 <= position <= _LARGEST_POSITION:
            return _Cursor(generation, position)
    message = "Take the cursor from the `Link` header of a page."
    raise InvalidInput([FieldError("cursor", message, parameter="cursor")])


def _found(rows: Sequence[asyncpg.Record], after: _Cursor | Stand, size: int) -> _Found:
    stand = Stand(rows[0]["generation"], rows[0]["last"])
    # A journal that is shorter than what was read of it came back from a backup, and was not told so yet.
    if after.generation not in {None, stand.generation} or after.position > stand.position:
        raise JournalRestarted
    full_page_ends = rows[-1]["position"] if len(rows) == size else None
    reached = Stand(stand.generation, full_page_ends or rows[0]["upto"])
    return _Found([row for row in rows if row["position"] is not None], reached, stand)


def _clients(rows: Sequence[asyncpg.Record]) -> set[UUID]:
    """Give those whom the events name."""
    return {UUID(row["client"]) for row in rows if row["client"] is not None}
