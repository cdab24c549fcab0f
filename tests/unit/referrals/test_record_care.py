"""The SQL that records and settles periods of care does what `domain` says, for any order of arrival."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count, groupby

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.referrals.care.commands import Arrival, Result
from services.referrals.care.domain import (
    Decision,
    Indication,
    Kept,
    Key,
    Outcome,
    Place,
    Refusal,
    Status,
    Version,
    decide,
    settle,
)
from shared.database import Database
from shared.events.referrals import CareState
from shared.values.codes import ReasonOfEnding
from shared.values.period import Period
from tests.unit.referrals.given import HELMOND, OTHER, PROVIDER, at, day, grant, granted, say, withdrawn

KEPT = {Outcome.CREATED, Outcome.APPLIED, Outcome.SUPERSEDED}
_PERIODS = (
    "select c.*, c.reason_of_ending as reason from referrals.care_period c where assignment_number = $1"
)
_EVENTS = """
select j.version, j.payload, j.aggregateid from referrals.journal j join referrals.care_period c on c.id = j.aggregateid
where c.assignment_number = $1 order by j.id
"""


@dataclass(frozen=True)
class Said:
    """A version of a period that somebody sends."""

    provider: str
    first: date
    version: Version


@dataclass(frozen=True)
class Granted:
    """A version of the indication, with this last day."""

    last: date | None


@dataclass(frozen=True)
class Withdrawn:
    """The withdrawal of the indication."""


Step = Said | Granted | Withdrawn


@dataclass
class Model:
    """All about one assignment number, by the rules alone."""

    indication: Indication | None = None
    periods: dict[tuple[str, date], Kept] = field(default_factory=dict)
    versions: dict[tuple[str, date], int] = field(default_factory=dict)

    def place(self, provider: str, first: date) -> Place:
        others = [
            Period(other_first, kept.newest.valid_to)
            for (other, other_first), kept in self.periods.items()
            if (other, other_first) != (provider, first)
            and kept.status is Status.ACCEPTED
            and kept.newest
            and not kept.newest.withdrawal
        ]
        return Place(provider, first, self.indication, others)

    def say(self, said: Said) -> Decision:
        key = (said.provider, said.first)
        kept = self.periods.get(key, Kept())
        decision = decide(kept, said.version, self.place(*key))
        if decision.outcome in KEPT:
            status = kept.status
            if decision.outcome is not Outcome.SUPERSEDED:
                status = Status.WAITING if self.indication is None else Status.ACCEPTED
                self.versions[key] = self.versions.get(key, 0) + (status is Status.ACCEPTED)
            self.periods[key] = Kept((*kept.versions, said.version), status)
        return decision

    def grant(self, last: date | None) -> None:
        first = self.indication is None
        if self.indication is None or not self.indication.withdrawn:
            self.indication = Indication(PROVIDER, Period(day(1), last))
        if not first:
            return
        waiting = [
            (kept.newest, key)
            for key, kept in self.periods.items()
            if kept.status is Status.WAITING and kept.newest
        ]
        for newest, key in sorted(waiting, key=lambda each: (each[0].sent_at, each[1][1], each[1][0])):
            outcome = settle(newest, self.place(*key)).outcome
            accepted = outcome is Outcome.ACCEPTED
            self.periods[key] = Kept(
                self.periods[key].versions, Status.ACCEPTED if accepted else Status.REFUSED
            )
            self.versions[key] = self.versions.get(key, 0) + accepted


stops = st.sampled_from([day(2, 10), day(4), day(6, 30), day(12, 31), date(2024, 2, 1)])
versions = st.builds(
    lambda hour, stop, reason, withdrawal: (
        Version(at(hour), withdrawal=True)
        if withdrawal
        else Version(at(hour), stop, reason if stop else None)
    ),
    st.integers(0, 6),
    st.none() | stops,
    st.sampled_from([ReasonOfEnding.AS_PLANNED, ReasonOfEnding.OTHER_PROVIDER]),
    st.sampled_from([False, False, False, True]),
)
said = st.builds(
    lambda provider, first, version: Said(
        provider,
        first,
        replace(version, valid_to=None, reason_of_ending=None)
        if version.valid_to and version.valid_to < first
        else version,
    ),
    st.sampled_from([PROVIDER, PROVIDER, PROVIDER, OTHER]),
    st.sampled_from([date(2022, 12, 31), day(2), day(2, 10), day(5), date(2024, 1, 1)]),
    versions,
)
steps = st.one_of(
    said,
    said,
    said,
    st.builds(Granted, st.sampled_from([None, day(6, 30), day(12, 31)])),
    st.just(Withdrawn()),
)


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(1_000_000))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arriving=st.lists(steps, min_size=1, max_size=14))
async def test_the_database_decides_as_the_rules_say_for_any_order_of_arrival(
    api: Database, owner: asyncpg.Connection, numbers: Iterator[int], arriving: list[Step]
) -> None:
    number, model, hours = next(numbers), Model(), count()
    for who, together in groupby(arriving, key=lambda step: getattr(step, "provider", "")):
        steps = list(together)
        if who:
            versions = [step for step in steps if isinstance(step, Said)]
            for result, each in zip(await sent(api, number, versions), versions, strict=True):
                assert_same(result, model.say(each))
        for step in steps if not who else ():
            await take(api, number, next(hours), model, step)
        await assert_periods(owner, number, model)


async def sent(api: Database, number: int, versions: Sequence[Said]) -> list[Result]:
    """Record all that one provider says at a time, in one list."""
    keys = [Key(HELMOND, number, each.first, each.provider) for each in versions]
    return await say(api, *(Arrival(key, each.version) for key, each in zip(keys, versions, strict=True)))


async def take(api: Database, number: int, hour: int, model: Model, step: Step) -> None:
    if isinstance(step, Granted):
        await grant(api, granted(number, hour, to=step.last and step.last.isoformat()))
        model.grant(step.last)
    elif model.indication:
        await grant(api, withdrawn(number, hour))
        model.indication = replace(model.indication, withdrawn=True)


def assert_same(result: Result, decision: Decision) -> None:
    assert (result.outcome, result.refusal) == (decision.outcome, decision.refusal)
    if decision.refusal is Refusal.OVERLAPS:
        assert result.other == decision.other


async def assert_periods(owner: asyncpg.Connection, number: int, model: Model) -> None:
    rows = await owner.fetch(_PERIODS, number)
    assert {(row["provider"], row["valid_from"]) for row in rows} == model.periods.keys()
    for row in rows:
        key = (row["provider"], row["valid_from"])
        newest = model.periods[key].newest
        assert newest
        assert (row["status"], row["version"]) == (model.periods[key].status, model.versions[key])
        assert (row["valid_to"], row["reason"]) == (newest.valid_to, newest.reason_of_ending)
        assert (row["sent_at"], row["withdrawn"]) == (newest.sent_at, newest.withdrawal)
    events = await owner.fetch(_EVENTS, number)
    for row in rows:
        ours = [each for each in events if each["aggregateid"] == row["id"]]
        assert [each["version"] for each in ours] == list(range(1, row["version"] + 1))
        if row["status"] == Status.ACCEPTED:
            state = CareState.model_validate_json(ours[-1]["payload"])
            assert (state.valid_from, state.valid_to) == (row["valid_from"], row["valid_to"])
            assert (state.indication, state.client_id) == (row["indication"], row["client"])
            assert (state.withdrawn, state.provider) == (row["withdrawn"], row["provider"])
