"""The journal over HTTP, for those who have no access to Kafka: the same events, those that the caller may see.

It reads what the sequencer positioned, in its order, so that a reader with a cursor misses nothing. The cursor is opaque
and holds the journal's generation: when the journal is published anew, who reads on with an old one is told to start again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
from fastapi import Depends, Query, Request
from starlette.responses import JSONResponse

from shared.auth import Principal, Role, allow
from shared.database import Connection
from shared.events.envelope import Envelope, cloud_event, event_type, source
from shared.events.topics import topics_of
from shared.journal.processing import Processing, log_reading
from shared.paging import Page, Paging
from shared.problems import FieldError, Gone, InvalidInput, Kind, register
from shared.web import Router, Transaction

_ROLES: Final = {
    "referrals": (Role.MUNICIPALITY, Role.PROVIDER),
    "contracts": (Role.CONTRACT_MANAGER, Role.PROVIDER, Role.MUNICIPALITY),
}
# Who may see one row in a thousand must not make one request read the whole journal.
_LOOKED_AT_ONCE: Final = 20_000
_LARGEST_POSITION: Final = 2**63 - 1
# Where the journal stands and what the caller may see of it are read in one statement. The journal's policy leaves out
# what is not the caller's; what the broker refused stands here all the same.
_PAGE = """
with stand as (
    select r.generation, s.position as last, least(s.position, $1::bigint + $4::int) as upto from relay r, sequencer s)
select stand.generation, stand.last, stand.upto, seen.* from stand left join lateral (
    select p.position, p.known_at, j.event_id, j.aggregatetype, j.aggregateid, j.version, j.recorded_at,
           j.payload::text as payload, j.payload ->> 'clientId' as client
    from journal_position p join journal j using (id)
    where p.position > $1 and p.position <= stand.upto and j.aggregatetype = any($2::text[])
    order by p.position limit $3
) as seen on true
order by seen.position
"""


class JournalRestarted(Gone):
    """The journal began anew. Start again without a cursor; versions that you know already change nothing."""


register({JournalRestarted: Kind(410, "journal-restarted", "Journal restarted", "Journaal opnieuw begonnen")})


class CloudEventBatch(JSONResponse):
    """A batch of events in the JSON batch format of CloudEvents."""

    media_type = "application/cloudevents-batch+json"

    def render(self, content: Sequence[bytes]) -> bytes:
        """Join what is JSON already: an event is not written anew, so that it is the same here as in Kafka."""
        return b"[" + b",".join(content) + b"]"


@dataclass(frozen=True, slots=True)
class _Cursor:
    """After which position, in which generation; None as generation: from the start of whichever there is."""

    generation: int | None
    position: int


def events_router(service: str) -> Router:
    """Give the router with a publishing service's `GET /events`."""
    router = Router(tags=["events"])
    aggregates = {event_type(service, topic.aggregate): topic.aggregate for topic in topics_of(service)}

    def wanted(
        types: Annotated[
            str | None,
            Query(max_length=500, description=f"Only these, separated by commas: {', '.join(aggregates)}"),
        ] = None,
    ) -> list[str]:
        given = types.split(",") if types is not None else list(aggregates)
        if not aggregates.keys() >= set(given):
            message = f"Choose out of {', '.join(aggregates)}; separate by commas."
            raise InvalidInput([FieldError("type", message, parameter="types")])
        return [aggregates[name] for name in given]

    @router.get(
        "/events",
        problems=[JournalRestarted],
        response_class=CloudEventBatch,
        response_model=list[Envelope],
        responses={200: {"description": "Events in the order of the journal", "headers": _LINK}},
    )
    async def events(
        request: Request,
        _: Annotated[Principal, allow(*_ROLES[service])],
        types: Annotated[list[str], Depends(wanted)],
        paging: Paging,
        processing: Processing,
        connection: Transaction,
    ) -> CloudEventBatch:
        """Read the events that you may see, oldest first, whole states at one version each.

        The `Link` header always leads on, also after an empty page: what others own is passed over. The end is reached
        when the page is empty and the link holds the cursor that you sent; ask again with it later.
        """
        cursor = _cursor(paging)
        rows = await connection.fetch(_PAGE, cursor.position, types, paging.size, _LOOKED_AT_ONCE)
        reached = _reached(rows, cursor, paging.size)
        seen = [row for row in rows if row["position"] is not None]
        await _log(connection, processing, seen)
        publisher = source(request.app.state.region.oin, service)
        generation = rows[0]["generation"]
        batch = [cloud_event(row, source=publisher, service=service, generation=generation) for row in seen]
        return CloudEventBatch(batch, headers={"Link": f'<{paging.link([generation, reached])}>; rel="next"'})

    return router


_LINK: Final[dict[str, Any]] = {
    "Link": {"description": "The next page, always", "schema": {"type": "string"}, "required": True}
}


def _cursor(page: Page) -> _Cursor:
    if page.after is None:
        return _Cursor(None, 0)
    match page.after:
        case (int(generation), int(position)) if 0 <= position <= _LARGEST_POSITION - _LOOKED_AT_ONCE:
            return _Cursor(generation, position)
    raise InvalidInput(
        [FieldError("cursor", "Take the cursor from the `Link` header of a page.", parameter="cursor")]
    )


def _reached(rows: Sequence[asyncpg.Record], cursor: _Cursor, size: int) -> int:
    """Up to which position the caller has now seen what it may see. Raises JournalRestarted."""
    stand = rows[0]
    # A journal shorter than what was read of it came back from a backup; its owner will say so with a new generation.
    if cursor.generation not in (None, stand["generation"]) or cursor.position > stand["last"]:
        raise JournalRestarted
    reached: int = (
        rows[-1]["position"] if len(rows) == size and rows[-1]["position"] is not None else stand["upto"]
    )
    return reached


async def _log(connection: Connection, processing: Processing, rows: Sequence[asyncpg.Record]) -> None:
    """Write whose data were read.

    A valuation is personal data too, but it names no client, and its service does not know whose it is: only the
    referrals service could say so, and is asked by indication.
    """
    await log_reading(
        connection, processing, {UUID(row["client"]) for row in rows if row["client"] is not None}
    )
