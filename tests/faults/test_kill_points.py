"""A process dies at the worst moment, under load: afterwards every acknowledged write is in every reader, once."""

from functools import partial

import pytest

from tests.faults.region import Region
from tests.faults.verification import verify
from tests.faults.workload import Workload
from tests.waiting import until


@pytest.mark.parametrize(
    ("process", "place"),
    [
        ("referrals-worker", "relay_after_send"),
        ("referrals-worker", "sequencer_mid_batch"),
        ("monitoring-worker", "consumer_after_apply"),
        ("contracts-worker", "recompute_mid_batch"),
        ("referrals-api", "api_after_commit"),
    ],
)
async def test_a_process_that_dies_at(region: Region, workload: Workload, process: str, place: str) -> None:
    async with workload.going_on():
        await region.restart(process, crash_at=f"{place}:5")
        await until(partial(_died, region, process))
        await workload.acknowledges(30)
    assert region[process].exits == [-9]
    assert await verify(region, workload.ledger) == []


async def _died(region: Region, process: str) -> bool:
    return region[process].killed
