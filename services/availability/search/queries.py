"""Find offers, how many of each kind there are, and up to which moment this is complete, in one statement."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.availability.schema import TOPICS
from services.availability.search.domain import Sort
from shared.database import Connection
from shared.values.postcodes import Coordinates

_LAST = 2**31 - 1
"""Stands in the order for what is not known."""
# Only what is asked for stands in the text: a plan for all that might be asked joins row by row, which takes seconds.
# Freshness is ordered by the reference date and not by its age: a page that is asked for after midnight goes on where the
# one before ended.
_FIND = """
with offered as materialized (
    select o.*, w.reference_date, w.intake_weeks, w.start_weeks, w.places, w.admission, w.reason, w.until,
           w.intake_weeks + w.start_weeks as total_weeks, {today} - w.reference_date as age_days, {tenths} as tenths
    from offer o left join waiting_time w
      on w.provider = o.provider and w.location = o.location and w.product = o.product
    where {conditions}
), matching as materialized (
    select offered.*, coalesce(tenths, 2147483647) as near, coalesce(location, '') collate "C" as place,
           coalesce({first}, 2147483647) as first
    from offered where {maxima}
), page as (
    select * from matching where {after}
    order by first, near, product, provider, place, agreement limit {limit}
), left_out as (
    select count(*) filter (where total_weeks is null) as wait_unknown,
           count(*) filter (where tenths is null) as distance_unknown
    from offered
), counted as ({facets}), mark as (
    -- `min` passes over what is NULL or not there: then nothing may be promised.
    select case when count(known_through) = {count} then min(known_through) end as known_through
    from recompute_through where topic = any({topics})
)
select mark.known_through, left_out.*, counted.facets, page.*
from mark cross join left_out cross join counted left join page on true
order by first, near, product, provider, place, agreement
"""
_FACETS = """
    select jsonb_agg(to_jsonb(each)) as facets from (
        select case grouping(product, segment, provider, admission)
                   when 7 then 'products' when 11 then 'segments' when 13 then 'providers' else 'admissions' end as kind,
               coalesce(to_jsonb(product), to_jsonb(segment), to_jsonb(provider), to_jsonb(admission)) as value, count(*)
        from matching group by grouping sets ((product), (segment), (provider), (admission))) as each
"""
_FIRST = {
    Sort.WAIT: "total_weeks",
    Sort.DISTANCE: "tenths",
    Sort.FRESHNESS: "date '2200-01-01' - reference_date",
}


class _Parameters:
    """The values of a statement, in the order of their places in it."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def place(self, value: object, kind: str) -> str:
        """Take a value in; give how the text names it."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


class Key(NamedTuple):
    """Where an offer stands in the order; the agreement tells apart what is equal in all else."""

    first: int
    near: int
    product: str
    provider: str
    place: str
    agreement: UUID


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for: offers of a day, narrowed to all that is given. Weeks; kilometres from `origin`."""

    on: date
    municipality: str | None = None
    product: str | None = None
    segment: int | None = None
    category: str | None = None
    provider: str | None = None
    age: int | None = None
    maximum_wait: int | None = None
    origin: Coordinates | None = None
    maximum_distance: int | None = None
    accepting: bool = False

    def conditions(self, given: _Parameters) -> str:
        """Give all but both maxima as a condition on offer and waiting time."""
        on = given.place(self.on, "date")
        found = [f"o.valid_from <= {on} and (o.valid_to is null or o.valid_to >= {on})"]
        found += [
            f"o.{name} = {given.place(value, 'int' if name == 'segment' else 'text')}"
            for name in ("product", "segment", "category", "provider")
            if (value := getattr(self, name)) is not None
        ]
        if self.municipality is not None:
            whose = given.place(self.municipality, "text")
            found.append(f"(o.municipalities is null or {whose} = any(o.municipalities))")
        if self.age is not None:
            # Of a product that was not heard of yet it is not known whom it is for.
            age = given.place(self.age, "int")
            found.append("o.category is not null")
            found.append(
                f"{age} >= coalesce(o.minimum_age, {age}) and {age} <= coalesce(o.maximum_age, {age})"
            )
        if self.accepting:
            found.append("w.admission = 'accepting'")
        return " and ".join(found)

    def maxima(self, given: _Parameters) -> str:
        """Give both maxima as a condition; what is not known does not pass one."""
        found = ["true"]
        if self.maximum_wait is not None:
            found.append(f"total_weeks <= {given.place(self.maximum_wait, 'int')}")
        if self.maximum_distance is not None:
            found.append(f"tenths <= {given.place(self.maximum_distance * 10, 'int')}")
        return " and ".join(found)

    def tenths(self, given: _Parameters) -> str:
        """Give the distance to an offer, in tenths of a kilometre."""
        if self.origin is None:
            return "null::int"
        latitude, longitude = (given.place(part, "float8") for part in self.origin)
        return f"distance_tenths({latitude}, {longitude}, o.latitude, o.longitude)"


@dataclass(frozen=True, slots=True)
class Found:
    """Offers by their columns in their order, how many of each kind match, and up to which moment that is complete.

    `wait_unknown` and `distance_unknown`: offers that a maximum left out since theirs is not known; None without a maximum.
    """

    offers: Sequence[dict[str, Any]]
    facets: dict[str, list[dict[str, Any]]] | None
    wait_unknown: int | None
    distance_unknown: int | None
    known_through: datetime | None


async def many(
    connection: Connection,
    narrowed: Filter,
    sort: Sort,
    *,
    today: date,
    after: Key | None,
    limit: int,
    facets: bool = False,
) -> Found:
    """Find offers in an order, after a key of it."""
    given = _Parameters()
    statement = _FIND.format(
        today=given.place(today, "date"),
        tenths=narrowed.tenths(given),
        conditions=narrowed.conditions(given),
        maxima=narrowed.maxima(given),
        first=_FIRST[sort],
        after=_after(after, given),
        limit=given.place(limit, "int"),
        facets=_FACETS if facets else "select null::jsonb as facets",
        count=given.place(len(TOPICS), "int"),
        topics=given.place(list(TOPICS), "text[]"),
    )
    rows = await connection.fetch(statement, *given.values)
    head = rows[0]
    return Found(
        [dict(row) for row in rows if row["agreement"] is not None],
        _by_kind(head["facets"] or []) if facets else None,
        head["wait_unknown"] if narrowed.maximum_wait is not None else None,
        head["distance_unknown"] if narrowed.maximum_distance is not None else None,
        head["known_through"],
    )


def _after(key: Key | None, given: _Parameters) -> str:
    if key is None:
        return "true"
    kinds = ("int", "int", "text", "text", 'text collate "C"', "uuid")
    places = ", ".join(given.place(value, kind) for value, kind in zip(key, kinds, strict=True))
    return f"(first, near, product, provider, place, agreement) > ({places})"


def key_of(found: dict[str, Any]) -> Sequence[str | int]:
    """Give where an offer stands, as a cursor holds it."""
    return [found["first"], found["near"], *(str(found[name]) for name in Key._fields[2:])]


def _by_kind(counted: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in sorted(counted, key=lambda one: (-one["count"], str(one["value"]))):
        kinds[each["kind"]].append({"value": each["value"], "count": each["count"]})
    return kinds
