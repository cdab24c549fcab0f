"""Read offers, and up to which moment they are complete, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    case,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from services.availability.schema import METADATA, TOPICS
from services.availability.search.tables import offer
from shared.database import Connection, fetch

_THROUGH = METADATA.tables["availability.recompute_through"]
_OF = offer.c
_ORDER = (_OF.product, _OF.provider, _OF.valid_from, _OF.agreement)


class Key(NamedTuple):
    """Where an offer stands in the order; the agreement tells apart what is equal in all else."""

    product: str
    provider: str
    valid_from: date
    agreement: UUID


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for: offers of a day, narrowed to all that is given."""

    on: date
    product: str | None = None
    segment: int | None = None
    category: str | None = None
    provider: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the filter as conditions on the table."""
        given = [
            (self.product, _OF.product),
            (self.segment, _OF.segment),
            (self.category, _OF.category),
            (self.provider, _OF.provider),
        ]
        narrowed = [column == value for value, column in given if value is not None]
        return [_OF.valid_from <= self.on, or_(_OF.valid_to.is_(None), _OF.valid_to >= self.on), *narrowed]


@dataclass(frozen=True, slots=True)
class Found:
    """Offers by their columns, and up to which moment they are complete (None: that cannot be said)."""

    offers: Sequence[dict[str, Any]]
    known_through: datetime | None


async def many(connection: Connection, narrowed: Filter, *, after: Key | None, limit: int) -> Found:
    """Read offers in the order of product, provider and first day, after a key of these."""
    page = select(offer).where(*narrowed.conditions()).order_by(*_ORDER).limit(limit)
    if after is not None:
        seen = [literal(value, column.type) for value, column in zip(after, _ORDER, strict=True)]
        page = page.where(tuple_(*_ORDER) > tuple_(*seen))
    rows = await fetch(connection, _with_mark(page.subquery("page")))
    found = [dict(row) for row in rows if row["agreement"] is not None]
    return Found(found, rows[0]["known_through"])


def _with_mark(page: Subquery) -> Select[Any]:
    # `min` passes over what is NULL or not there: then nothing may be promised.
    through = _THROUGH.c.known_through
    lowest = case((func.count(through) == len(TOPICS), func.min(through)))
    mark = select(lowest.label("known_through")).where(_THROUGH.c.topic.in_(TOPICS)).subquery("mark")
    ordered = [page.c[column.name] for column in _ORDER]
    return select(mark.c.known_through, page).select_from(mark.outerjoin(page, true())).order_by(*ordered)


def key_of(found: dict[str, Any]) -> Sequence[str]:
    """Give where an offer stands, as a cursor holds it."""
    return [str(found[column.name]) for column in _ORDER]
