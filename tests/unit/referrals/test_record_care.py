"""The SQL that records and settles periods of care does what `domain` says, for any order of arrival."""

from collections.abc import Iterator, Sequence
from itertools import count, groupby
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings

from services.referrals.care.commands import Arrival, Result
from services.referrals.care.domain import (
    Decision,
    Key,
    Refusal,
    Status,
)
from shared.database import Database
from shared.events.referrals import CareState
from tests.unit.referrals.care_model import Granted, Model, Said, Step, stories
from tests.unit.referrals.given import HELMOND, grant, granted, say, withdrawn

_PERIODS = (
    "select c.*, c.reason_of_ending as reason from referrals.care_period c where assignment_number = $1"
)
_EVENTS = """
select j.version, j.payload, j.aggregateid from referrals.journal j join referrals.care_period c on c.id = j.aggregateid
where c.assignment_number = $1 order by j.id
"""


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(1_000_000))


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arriving=stories)
async def test_the_database_decides_as_the_rules_say_for_any_order_of_arrival(
    api: Database, owner: asyncpg.Connection, numbers: Iterator[int], arriving: list[Step]
) -> None:
    number, model, hours = next(numbers), Model(), count()
    for who, together in groupby(arriving, key=who_says):
        steps = list(together)
        if who:
            versions = [step for step in steps if isinstance(step, Said)]
            for result, each in zip(await sent(api, number, versions), versions, strict=True):
                assert_same(result, model.say(each))
        for step in steps if not who else ():
            await take(api, number, next(hours), model, step)
        await assert_periods(owner, number, model)


def who_says(step: Step) -> str:
    return step.provider if isinstance(step, Said) else ""


async def sent(api: Database, number: int, versions: Sequence[Said]) -> list[Result]:
    """Record all that one provider says at a time, in one list."""
    keys = [Key(HELMOND, number, each.first, each.provider) for each in versions]
    return await say(api, *(Arrival(key, each.version) for key, each in zip(keys, versions, strict=True)))


async def take(api: Database, number: int, hour: int, model: Model, step: Step) -> None:
    if isinstance(step, Granted):
        changed: dict[str, Any] = {
            "from": step.first.isoformat(),
            "to": step.last and step.last.isoformat(),
            "provider": step.provider,
            "administrativeReason": "Test",
        }
        await grant(api, granted(number, hour, **changed))
    elif model.indication:
        await grant(api, withdrawn(number, hour))
    model.take(step)


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
        assert (row["status"], row["refusal"]) == (model.periods[key].status, model.refusals[key])
        assert row["version"] == model.versions[key]
        linked = row["status"] != Status.WAITING and row["refusal"] != Refusal.NOT_YOURS
        assert (row["indication"] is not None, row["client"] is not None) == (linked, linked)
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
