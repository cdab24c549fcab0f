"""Read waiting times: those that row-level security lets the caller see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.availability.waiting_times.domain import REPORTED_EVERY_DAYS
from shared.database import Connection

# What has to be reported on a day: every product that a provider is contracted for, at each of its locations. A location
# that the agreement does not know is none.
_LISTED = f"""
with contracted as (
    select provider, location, product, min(valid_from) as valid_from from offer
    where location is not null and valid_from <= $1 and (valid_to is null or valid_to >= $1)
      and ($2::text is null or provider = $2) and ($3::text is null or location = $3)
      and ($4::text is null or product = $4)
    group by provider, location, product
), reported as (
    select * from waiting_time
    where ($2 is null or provider = $2) and ($3 is null or location = $3) and ($4 is null or product = $4)
), listed as (
    select provider, location, product, r.reference_date, $1 - r.reference_date as age_days, r.intake_weeks,
           r.start_weeks, r.places, r.admission, r.reason, r.until, r.recorded_at,
           case when c.valid_from is not null
                then coalesce(r.reference_date + {REPORTED_EVERY_DAYS}, c.valid_from) end as due_on
    from reported r full join contracted c using (provider, location, product)
)
"""  # noqa: S608 - a number of our own
# Left out of the plain list: what was never reported, which is a demand and no waiting time.
_MANY = f"""{_LISTED}
select *, coalesce(due_on <= $1, false) as due from listed
where coalesce(due_on <= $1, false) = coalesce($5, coalesce(due_on <= $1, false))
  and (reference_date is not null or $5::boolean)
  and ($6::text is null or (provider, location, product) > ($6, $7::text, $8::text))
order by provider, location, product limit $9
"""  # noqa: S608
_DUE = f"""{_LISTED}
select count(*) filter (where due_on <= $1) as due,
       count(*) filter (where reference_date is null) as never from listed
"""  # noqa: S608
_HISTORY = """
select j.payload || jsonb_build_object('version', j.version, 'recordedAt', j.recorded_at) as shown
from report r join journal j on j.aggregateid = r.id
where r.provider = $1 and r.location = $2 and r.product = $3
  and ($4::date is null or (r.reference_date, j.version) < ($4, $5::int))
order by r.reference_date desc, j.version desc limit $6
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; all that is given must hold. `due`: a report is asked for by today, or is not."""

    provider: str | None = None
    location: str | None = None
    product: str | None = None
    due: bool | None = None


async def many(
    connection: Connection, narrowed: Filter, today: date, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read waiting times by provider, location and product, after one of these."""
    key = after or (None, None, None)
    rows = await connection.fetch(
        _MANY, today, narrowed.provider, narrowed.location, narrowed.product, narrowed.due, *key, limit
    )
    return [dict(row) for row in rows]


async def history(
    connection: Connection, key: tuple[str, str, str], *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read every version of every report of a provider, location and product, newest reference date first."""
    day, version = after or (None, None)
    rows = await connection.fetch(_HISTORY, *key, day and date.fromisoformat(day), version, limit)
    return [row["shown"] for row in rows]


async def due(connection: Connection, today: date) -> tuple[int, int]:
    """Count the reports that are asked for by today, and those of them that never came."""
    (row,) = await connection.fetch(_DUE, today, None, None, None)
    return row["due"], row["never"]
