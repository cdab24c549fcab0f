"""What an import brings keeps the moment from which it was known, and what was known before it stays before it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.shared.journal.publishing import Publisher, indication

LONG_AGO = datetime(2021, 1, 10, 12, tzinfo=UTC)
days = st.integers(0, 1_000).map(lambda day: LONG_AGO + timedelta(days=day))
# Writes of one aggregate or the other, live (None) or known at a moment; or a step of the sequencer.
steps = st.one_of(st.tuples(st.integers(0, 2), st.none() | days), st.just("sequence"))


async def _record(journal: Publisher, aggregate: UUID, version: int, known_at: datetime | None) -> None:
    event = {
        "aggregateType": "indication",
        "aggregateId": str(aggregate),
        "version": version,
        "payload": indication(aggregate),
        "organisations": ["0794"],
        "knownAt": known_at.isoformat() if known_at else None,
    }
    async with journal.database.transaction() as connection:
        await connection.execute("select record_events($1, null)", [event])


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(steps, min_size=3, max_size=25))
async def test_a_version_is_known_since_it_says_but_never_before_the_one_that_it_follows(
    journal: Publisher, history: list[str | tuple[int, datetime | None]]
) -> None:
    await journal.reset()
    began = datetime.now(UTC)
    aggregates = [uuid4() for _ in range(3)]
    given_moments: dict[UUID, list[datetime | None]] = {each: [] for each in aggregates}
    for step in history:
        if isinstance(step, str):
            await journal.sequence()
            continue
        aggregate = aggregates[step[0]]
        given_moments[aggregate].append(step[1])
        await _record(journal, aggregate, len(given_moments[aggregate]), step[1])
    while await journal.sequence():
        pass
    rows = await journal.positions()
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    known = {(row["aggregateid"], row["version"]): row["known_at"] for row in rows}
    for aggregate, moments in given_moments.items():
        before = LONG_AGO
        for version, moment in enumerate(moments, start=1):
            found = known[aggregate, version]
            if moment is None:
                assert found > began
            else:
                assert found == max(moment, before)
            before = found


async def test_history_is_told_to_be_coming_in_until_all_of_it_has_its_position(journal: Publisher) -> None:
    await journal.reset()
    assert not await _importing(journal)
    await _record(journal, uuid4(), 1, LONG_AGO)
    assert await _importing(journal)
    await journal.sequence()
    assert not await _importing(journal)
    open_window = (
        "insert into referrals.import_window (organisation, reason, opened_by, opened_at)"
        " values ('0794', 'start', 'x', now())"
    )
    await journal.owner.execute(open_window)
    assert await _importing(journal)
    await journal.owner.execute("update referrals.import_window set closed_at = now()")
    assert not await _importing(journal)


async def _importing(journal: Publisher) -> bool:
    async with journal.database.transaction() as connection:
        told: bool = await connection.fetchval("select importing()")
    return told
