"""The one way in which spans are written.

Only the recompute loop does: two writers without a lock left wrong rows behind.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson

from services.monitoring.facts.domain import Span
from shared.database import Connection

_NUMBER_CLIENTS = """
insert into monitoring.client (id)
select given.id from unnest($1::uuid[]) as given (id)
where not exists (select from monitoring.client where client.id = given.id)
"""
_CLIENT_NUMBERS = "select id, number from monitoring.client where id = any($1::uuid[])"
# Whole rows are compared as values of the table's type, for which two NULLs are the same.
_REPLACE = """
with given as materialized (
    select * from jsonb_populate_recordset(null::monitoring.span, $2::text::jsonb)
), gone as (
    delete from monitoring.span
    where span.indication = any($1::uuid[]) and not exists (
        select from given
        where given.indication = span.indication and given.known_from = span.known_from
        and given is not distinct from span
    )
)
insert into monitoring.span
select given.* from given
where not exists (
    select from monitoring.span
    where span.indication = any($1::uuid[])
    and given.indication = span.indication and given.known_from = span.known_from
    and given is not distinct from span
)
"""


async def replace_spans(connection: Connection, found: Mapping[UUID, Sequence[Span]]) -> None:
    """Make these the spans of their indications; an empty list leaves none. Only what differs is written."""
    ids = sorted({one.fact.client for several in found.values() for one in several})
    await connection.execute(_NUMBER_CLIENTS, ids)
    numbers = {row["id"]: row["number"] for row in await connection.fetch(_CLIENT_NUMBERS, ids)}
    rows = [
        _row(indication, one, numbers[one.fact.client])
        for indication, several in found.items()
        for one in several
    ]
    await connection.execute(_REPLACE, list(found), orjson.dumps(rows).decode())


def _row(indication: UUID, one: Span, number: int) -> dict[str, object]:
    fact = one.fact
    return {
        "indication": str(indication),
        "known_from": one.known_from,
        "known_to": one.known_to or "infinity",
        "client": number,
        "first_month": fact.first_month,
        "last_month": fact.last_month,
        "segment": fact.segment,
        "residential": fact.residential,
        "family": fact.family,
        "housing": fact.housing,
        "valued": fact.valued,
        "municipality": fact.municipality,
        "sub_region": fact.sub_region,
        "product": fact.product,
        "provider": fact.provider,
        "referrer": fact.referrer,
        "status": fact.status,
        "running_cents": fact.running_cents,
    }
