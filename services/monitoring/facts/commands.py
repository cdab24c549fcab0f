"""The one way in which spans are written.

Only the recompute loop does: two writers without a lock left wrong rows behind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table

from services.monitoring.facts.domain import Care, Claimed, Granted, Offered, Span, Subject
from services.monitoring.facts.tables import care_span, claim_span, offer_span, span
from shared.database import Connection

# A table, and the column of what its spans are derived for.
_Kind = tuple[Table, str]
_GRANTED: _Kind = (span, "indication")
_CARE: _Kind = (care_span, "indication")
_CLAIMED: _Kind = (claim_span, "claim")
_OFFERED: _Kind = (offer_span, "report")

_NUMBER_CLIENTS = """
insert into monitoring.client (id)
select given.id from unnest($1::uuid[]) as given (id)
where not exists (select from monitoring.client where client.id = given.id)
"""
_CLIENT_NUMBERS = "select id, number from monitoring.client where id = any($1::uuid[])"
# Whole rows are compared as values of the table's type, for which two NULLs are the same.
_REPLACE = """
with given as materialized (
    select * from jsonb_populate_recordset(null::monitoring.{table}, $2::text::jsonb)
), gone as (
    delete from monitoring.{table} as kept
    where kept.{key} = any($1::uuid[]) and not exists (
        select from given
        where given.{key} = kept.{key} and given.known_from = kept.known_from
        and given is not distinct from kept
    )
)
insert into monitoring.{table}
select given.* from given
where not exists (
    select from monitoring.{table} as kept
    where kept.{key} = any($1::uuid[])
    and given.{key} = kept.{key} and given.known_from = kept.known_from
    and given is not distinct from kept
)
"""


async def replace_granted(connection: Connection, found: Mapping[UUID, Sequence[Span[Granted]]]) -> None:
    """Make these the spans of their indications; an empty list leaves none. Only what differs is written."""
    await _replace(connection, _GRANTED, found)


async def replace_care(connection: Connection, found: Mapping[UUID, Sequence[Span[Care]]]) -> None:
    """The same of the care given under indications."""
    await _replace(connection, _CARE, found)


async def replace_claimed(connection: Connection, found: Mapping[UUID, Sequence[Span[Claimed]]]) -> None:
    """The same of claims."""
    await _replace(connection, _CLAIMED, found)


async def replace_offered(connection: Connection, found: Mapping[UUID, Sequence[Span[Offered]]]) -> None:
    """The same of waiting-time reports."""
    await _replace(connection, _OFFERED, found)


async def _replace(connection: Connection, kind: _Kind, found: Mapping[UUID, Sequence[Span[Any]]]) -> None:
    table, key = kind
    numbers = await _client_numbers(connection, found)
    rows = [
        {key: each, "known_from": one.known_from, "known_to": one.known_to or "infinity"}
        | dict(_columns(one.fact, numbers))
        for each, several in found.items()
        for one in several
    ]
    # The driver's UUID is not the encoder's: as text.
    given = orjson.dumps(rows, default=str).decode()
    await connection.execute(_REPLACE.format(table=table.name, key=key), list(found), given)


async def _client_numbers(
    connection: Connection, found: Mapping[UUID, Sequence[Span[Any]]]
) -> dict[UUID, int]:
    subjects = (getattr(one.fact, "subject", None) for several in found.values() for one in several)
    ids = sorted({subject.client for subject in subjects if subject is not None})
    if not ids:
        return {}
    await connection.execute(_NUMBER_CLIENTS, ids)
    return {row["id"]: row["number"] for row in await connection.fetch(_CLIENT_NUMBERS, ids)}


def _columns(fact: Any, numbers: Mapping[UUID, int]) -> Iterator[tuple[str, object]]:  # noqa: ANN401
    """The columns of a fact: they have the names of its fields, and of its subject's."""
    for each in fields(fact):
        value = getattr(fact, each.name)
        if isinstance(value, Subject):
            yield from _columns(value, numbers)
        else:
            yield each.name, numbers[value] if each.name == "client" else value
