"""What was known then stays what it was, and nothing is answered as of a moment that is not complete yet."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.values.moments import AMSTERDAM, end_of_day, moment_text, now
from tests.system.front_door import FrontDoor
from tests.system.past import PRODUCT, Past, ask_everything

MAY: dict[str, Any] = {"period": "month", "from": "2024-05", "product": PRODUCT}
# After each of the five changes: clients in May 2024, those at a contracted provider, euros, not valued.
# 1 granted to five clients, without any tariff; 2 one ended in March; 3 one withdrawn, and an older version that ends
# another one arrives too late to count; 4 a catalogue tariff of 100 euros and an agreement of 120, two of three at that
# provider: (2 x 120 + 100) x 10; 5 the agreement is 130 euros, and the third is at that provider too: 3 x 130 x 10.
KNOWN = ((5, 0, 0, 5), (4, 0, 0, 4), (3, 0, 0, 3), (3, 2, 3_400, 0), (3, 3, 3_900, 0))


@pytest.mark.parametrize("change", range(5))
async def test_as_of_each_moment_the_figures_are_what_was_known_then(
    region: FrontDoor, past: Past, change: int
) -> None:
    query = {**MAY, "asOf": past.moments[change]}
    (clients,) = (await region.figure("unique-clients", **query))["rows"]
    (contracted,) = (await region.figure("clients-at-contracted-providers", **query))["rows"]
    (granted,) = (await region.figure("granted-amount", **query))["rows"]
    found = (clients["value"], contracted["value"], granted["value"] / 100, granted["notValued"])
    assert found == KNOWN[change]


async def test_what_is_known_now_is_another_thing(region: FrontDoor, past: Past) -> None:
    assert past.moments[-1] < moment_text(now())
    (row,) = (await region.figure("unique-clients", **MAY))["rows"]
    assert row["value"] == 2


async def test_an_answer_once_given_as_of_a_moment_stays_the_same(region: FrontDoor, past: Past) -> None:
    assert len({answers["unique-clients", 0] for answers in past.answers}) > 1
    for moment, answers in zip(past.moments, past.answers, strict=True):
        assert await ask_everything(region, moment) == answers


async def test_a_date_means_the_end_of_that_day_in_amsterdam(region: FrontDoor) -> None:
    yesterday = now().astimezone(AMSTERDAM).date() - timedelta(days=1)
    answer = await region.figure("unique-clients", **MAY, asOf=yesterday.isoformat())
    assert datetime.fromisoformat(answer["asOf"]) == end_of_day(yesterday)
    assert [row["value"] for row in answer["rows"]] == [0]


async def test_a_moment_that_is_not_complete_yet_is_a_conflict_that_says_how_far_one_can_ask(
    region: FrontDoor,
) -> None:
    today = now().astimezone(AMSTERDAM).date()
    for too_late in (today.isoformat(), moment_text(now() + timedelta(minutes=5))):
        answer = await region.call(
            "GET", "monitoring", "/figures/unique-clients", role="analyst", **MAY, asOf=too_late
        )
        assert answer.status_code == 409
        problem = answer.json()
        assert problem["knownThrough"] in problem["detail"]
        again = await region.figure("unique-clients", **MAY, asOf=problem["knownThrough"])
        assert again["asOf"] == problem["knownThrough"]
