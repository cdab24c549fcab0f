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
# One text for every search, so that it is planned once a connection. Freshness is ordered by the reference date and not by
# its age: a page that is asked for after midnight goes on where the one before ended.
_FIND = """
with offered as materialized (
    select o.*, w.reference_date, w.intake_weeks, w.start_weeks, w.places, w.admission, w.reason, w.until,
           w.intake_weeks + w.start_weeks as total_weeks, $2::date - w.reference_date as age_days,
           distance_tenths($10::float8, $11::float8, o.latitude, o.longitude) as tenths
    from offer o left join waiting_time w
      on w.provider = o.provider and w.location = o.location and w.product = o.product
    where o.valid_from <= $1::date and (o.valid_to is null or o.valid_to >= $1)
      and ($3::text is null or o.municipalities is null or $3 = any(o.municipalities))
      and ($4::text is null or o.product = $4)
      and ($5::int is null or o.segment = $5)
      and ($6::text is null or o.category = $6)
      and ($7::text is null or o.provider = $7)
      and ($8::int is null or (o.category is not null
           and $8 >= coalesce(o.minimum_age, $8) and $8 <= coalesce(o.maximum_age, $8)))
      and (not $13::boolean or w.admission = 'accepting')
), matching as materialized (
    select offered.*, coalesce(tenths, 2147483647) as near, coalesce(location, '') collate "C" as place,
           coalesce(case $14::text when 'wait' then total_weeks when 'distance' then tenths
                    else date '2200-01-01' - reference_date end, 2147483647) as first
    from offered
    where ($9::int is null or total_weeks <= $9) and ($12::int is null or tenths <= $12)
), page as (
    select * from matching
    where $15::int is null or (first, near, product, provider, place, agreement)
        > ($15, $16::int, $17::text, $18::text, $19::text collate "C", $20::uuid)
    order by first, near, product, provider, place, agreement limit $21
), left_out as (
    select case when $9 is not null then count(*) filter (where total_weeks is null) end as wait_unknown,
           case when $12 is not null then count(*) filter (where tenths is null) end as distance_unknown
    from offered where $9 is not null or $12 is not null
), counted as (
    select jsonb_agg(to_jsonb(each)) as facets from (
        select case grouping(product, segment, provider, admission)
                   when 7 then 'products' when 11 then 'segments' when 13 then 'providers' else 'admissions' end as kind,
               coalesce(to_jsonb(product), to_jsonb(segment), to_jsonb(provider), to_jsonb(admission)) as value, count(*)
        from matching where $22::boolean
        group by grouping sets ((product), (segment), (provider), (admission))) as each
), mark as (
    -- `min` passes over what is NULL or not there: then nothing may be promised.
    select case when count(known_through) = $24 then min(known_through) end as known_through
    from recompute_through where topic = any($23::text[])
)
select mark.known_through, left_out.*, counted.facets, page.*
from mark cross join left_out cross join counted left join page on true
order by first, near, product, provider, place, agreement
"""


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
    origin = narrowed.origin or (None, None)
    tenths = None if narrowed.maximum_distance is None else narrowed.maximum_distance * 10
    rows = await connection.fetch(
        _FIND,
        *(narrowed.on, today, narrowed.municipality, narrowed.product, narrowed.segment, narrowed.category),
        *(narrowed.provider, narrowed.age, narrowed.maximum_wait, *origin, tenths, narrowed.accepting),
        *(sort.value, *(after or [None] * len(Key._fields)), limit, facets, list(TOPICS), len(TOPICS)),
    )
    head = rows[0]
    return Found(
        [dict(row) for row in rows if row["agreement"] is not None],
        _by_kind(head["facets"] or []) if facets else None,
        head["wait_unknown"],
        head["distance_unknown"],
        head["known_through"],
    )


def key_of(found: dict[str, Any]) -> Sequence[str | int]:
    """Give where an offer stands, as a cursor holds it."""
    return [found["first"], found["near"], *(str(found[name]) for name in Key._fields[2:])]


def _by_kind(counted: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in sorted(counted, key=lambda one: (-one["count"], str(one["value"]))):
        kinds[each["kind"]].append({"value": each["value"], "count": each["count"]})
    return kinds
