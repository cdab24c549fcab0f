"""History that is delivered later brings the moment since when it was known, and its events carry it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.referrals.care import commands as care
from services.referrals.care.domain import Key, Version
from services.referrals.indications import commands as indications
from shared.auth import Role
from shared.database import Database
from shared.deliveries.kinds import Judged
from shared.values.codes import ReasonOfEnding
from tests.unit.referrals.given import (
    FEBRUARY,
    HELMOND,
    PROVIDER,
    at,
    day,
    granted,
    processing,
    started,
    stopped,
    withdrawn,
)

_EVENTS = """
select j.imported_known_at as known_at, j.version, j.payload from referrals.journal j
join referrals.{table} t on t.id = j.aggregateid where t.assignment_number = $1 order by j.id
"""
LIVE = None


def known(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def row(made: dict[str, Any], known_at: datetime | None) -> dict[str, Any]:
    """Give a row as a delivery stages it."""
    return made | ({"knownAt": known_at.isoformat()} if known_at else {})


async def deliver_indications(
    api: Database, *arrivals: tuple[indications.Arrival, datetime | None]
) -> list[Judged]:
    async with api.transaction(organisation=HELMOND, role="municipality") as connection:
        rows = [row(indications.as_row(arrival), moment) for arrival, moment in arrivals]
        step = processing(Role.MUNICIPALITY, HELMOND, "deliver")
        return await indications.apply_delivered(connection, rows, step)


async def deliver_care(api: Database, *arrivals: tuple[care.Arrival, datetime | None]) -> list[Judged]:
    async with api.transaction(organisation=PROVIDER, role="provider") as connection:
        rows = [row(care.as_row(arrival), moment) for arrival, moment in arrivals]
        return await care.apply_delivered(connection, rows, processing(Role.PROVIDER, PROVIDER, "deliver"))


async def moments(owner: asyncpg.Connection, table: str, number: int) -> list[datetime | None]:
    events = await owner.fetch(_EVENTS.format(table=table), number)
    assert [event["version"] for event in events] == list(range(1, len(events) + 1))
    return [event["known_at"] for event in events]


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(50_000_000, 60_000_000))


async def test_events_carry_since_when_they_were_known_and_those_of_live_records_do_not(
    api: Database, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    number, live = next(numbers), next(numbers)
    await deliver_indications(api, (granted(number), known(2020)), (granted(live), LIVE))
    await deliver_indications(api, (granted(number, 2, team="noord"), known(2021)))
    await deliver_care(api, (started(number), known(2022)), (stopped(number, day(6)), known(2023)))
    await deliver_care(api, (started(live), LIVE))
    await deliver_indications(api, (withdrawn(number, 3), known(2024)))
    assert await moments(owner, "indication", number) == [known(2020), known(2021), known(2024)]
    assert await moments(owner, "care_period", number) == [known(2022), known(2023)]
    assert await moments(owner, "indication", live) == [LIVE]
    assert await moments(owner, "care_period", live) == [LIVE]


@pytest.mark.parametrize(
    ("of_care", "of_indication", "published"),
    [
        (known(2021), known(2020), known(2021)),
        (known(2020), known(2021), known(2021)),
        (known(2020), LIVE, LIVE),
        (LIVE, known(2020), LIVE),
        (LIVE, LIVE, LIVE),
    ],
)
async def test_care_that_waited_is_known_when_it_and_its_indication_were(
    api: Database,
    owner: asyncpg.Connection,
    numbers: Iterator[int],
    of_care: datetime | None,
    of_indication: datetime | None,
    published: datetime | None,
) -> None:
    number = next(numbers)
    await deliver_care(api, (started(number), of_care))
    assert await moments(owner, "care_period", number) == []
    await deliver_indications(api, (granted(number), of_indication))
    assert await moments(owner, "care_period", number) == [published]


async def test_of_live_care_that_waited_only_the_newest_version_is_published(
    api: Database, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    number = next(numbers)
    await deliver_care(api, (started(number), LIVE), (stopped(number, day(6)), LIVE))
    await deliver_indications(api, (granted(number), known(2020)))
    assert await moments(owner, "care_period", number) == [LIVE]


async def test_a_version_that_could_not_stand_is_not_published_with_those_that_waited(
    api: Database, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    number = next(numbers)
    outside = (stopped(number, day(12), hour=2), known(2021))
    await deliver_care(
        api, (started(number), known(2020)), outside, (stopped(number, day(6), hour=3), known(2022))
    )
    await deliver_indications(api, (granted(number, to="2023-11-30"), known(2019)))
    assert await moments(owner, "care_period", number) == [known(2020), known(2022)]


# --- the property ---

_LASTS = st.sampled_from([None, day(3), day(6, 30), day(12, 31)])
# What one provider says of one period in the order of sending; each became known with or after the one before.
_SAID = st.lists(
    st.tuples(st.integers(0, 2), _LASTS, st.sampled_from([False, False, False, True])), min_size=1, max_size=6
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=_SAID, years=st.integers(0, 6))
async def test_what_was_known_when_does_not_depend_on_whether_care_or_its_indication_arrived_first(
    api: Database,
    owner: asyncpg.Connection,
    numbers: Iterator[int],
    said: list[tuple[int, Any, bool]],
    years: int,
) -> None:
    first, last = next(numbers), next(numbers)
    of_indication = known(2018) + timedelta(days=365 * years)
    await deliver_indications(api, (granted(first), of_indication))
    await deliver_care(api, *versions(first, said))
    await deliver_care(api, *versions(last, said))
    await deliver_indications(api, (granted(last), of_indication))
    assert await told(owner, last, of_indication) == await told(owner, first, of_indication)


def versions(
    number: int, said: Sequence[tuple[int, Any, bool]]
) -> list[tuple[care.Arrival, datetime | None]]:
    key, moment = Key(HELMOND, number, FEBRUARY, PROVIDER), known(2018)
    made: list[tuple[care.Arrival, datetime | None]] = []
    for hour, (later, last, withdrawal) in enumerate(said):
        moment += timedelta(days=365 * later)
        reason = ReasonOfEnding.AS_PLANNED if last and not withdrawal else None
        version = Version(at(hour), None if withdrawal else last, reason, withdrawal)
        made.append((care.Arrival(key, version), moment))
    return made


async def told(
    owner: asyncpg.Connection, number: int, since: datetime
) -> dict[datetime, tuple[str | None, bool]]:
    """Give what was known of a period from when on, as a reader keeps it, from the moment of its indication on."""
    stamp, found = since, {}
    for event in await owner.fetch(_EVENTS.format(table="care_period"), number):
        stamp = max(stamp, event["known_at"])
        state = orjson.loads(event["payload"])
        found[stamp] = (state["to"], state["withdrawn"])
    known_before: tuple[str | None, bool] | None = None
    changes = {}
    for moment, state in found.items():
        if state != known_before:
            changes[moment] = state
        known_before = state
    return changes
