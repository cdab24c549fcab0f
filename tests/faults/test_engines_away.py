"""Broker and database are killed under load, or are away from the start: nothing that was acknowledged is lost."""

import asyncio
import time

from tests.faults.region import REFERRER, REGION_OIN, Region
from tests.faults.verification import verify
from tests.faults.workload import Workload

_ANSWER_SECONDS = 5
_READS = [
    ("referrals", "/indications", "municipality", "0794"),
    ("contracts", "/products", "contract-manager", REGION_OIN),
    ("availability", "/offers", "referrer", REFERRER),
    ("monitoring", "/figures/unique-clients?from=2023-01", "analyst", REGION_OIN),
]
_WORKERS = ("referrals-worker", "contracts-worker", "availability-worker", "monitoring-worker")


async def test_a_broker_killed_under_load_delays_events_and_loses_none(
    region: Region, workload: Workload
) -> None:
    async with workload.going_on() as ledger:
        await workload.acknowledges(20)
        await asyncio.to_thread(region.kafka.kill)
        unknown = ledger.ends["unknown"]
        await workload.acknowledges(60)
        await asyncio.to_thread(region.kafka.start)
        await workload.acknowledges(20)
    assert ledger.ends["unknown"] == unknown, "a write needs no broker"
    assert await verify(region, ledger) == []
    assert not any(region[name].exits for name in _WORKERS)


async def test_a_broker_away_from_the_start_gets_all_later_even_with_an_empty_disk(
    region: Region, workload: Workload
) -> None:
    await asyncio.to_thread(region.kafka.empty)
    await region.restart("referrals-worker", "monitoring-worker")
    async with workload.going_on() as ledger:
        unknown = ledger.ends["unknown"]
        await workload.acknowledges(40)
    assert ledger.ends["unknown"] == unknown, "a write needs no broker"
    await asyncio.to_thread(region.kafka.start)
    assert await verify(region, ledger) == []
    assert not any(region[name].exits for name in _WORKERS)


async def test_a_database_killed_under_load_loses_nothing_that_was_acknowledged(
    region: Region, workload: Workload
) -> None:
    async with workload.going_on() as ledger:
        await workload.acknowledges(20)
        await asyncio.to_thread(region.postgres.kill)
        for service, path, role, organisation in _READS:
            asked = time.monotonic()
            answer = await region.send(service, "GET", path, role=role, organisation=organisation)
            assert answer.status_code == 503, f"{service}: {answer.status_code}"
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) > 0
            assert time.monotonic() - asked < _ANSWER_SECONDS
        await asyncio.to_thread(region.postgres.start)
        await workload.acknowledges(40)
    assert ledger.ends["unknown"] > 0
    assert await verify(region, ledger) == []
    assert not any(region[f"{read[0]}-api"].exits for read in _READS), "the apis came back without a restart"
