"""Four designs that look right: the verification finds the loss of each, for its own reason, and none in ours."""

import pytest

from tests.faults.region import Region
from tests.faults.sabotaged import SABOTAGES
from tests.faults.scenarios import SCENARIOS
from tests.faults.verification import verify
from tests.faults.workload import Workload


def test_every_sabotage_has_a_scenario() -> None:
    assert SABOTAGES.keys() == SCENARIOS.keys()


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_platform_loses_nothing_where_the_sabotaged_one_does(
    region: Region, workload: Workload, name: str
) -> None:
    await SCENARIOS[name].play(region, workload, None)
    assert await verify(region, workload.ledger) == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_sabotaged_platform_turns_the_verification_red(
    region: Region, workload: Workload, name: str
) -> None:
    scenario, ledger = SCENARIOS[name], workload.ledger
    acknowledged = {entry.key for entry in ledger.there("indication")}
    await scenario.play(region, workload, name)
    try:
        assert {found.where for found in await verify(region, ledger)} == scenario.shows
    finally:
        await region.restart(scenario.process)
        await scenario.heal(region)
    if "owner" in scenario.shows:
        (lost,) = [entry for entry in ledger.there("indication") if entry.key not in acknowledged]
        ledger.strike(lost)
    assert await verify(region, ledger) == [], "the platform itself makes it whole again"
