"""Situations in which a design that looks right loses data, each made certain by a gate and not left to luck."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import murmur2

from shared.journal.topics import PARTITIONS
from tests.faults import writes
from tests.faults.gate import failing_commits, gate
from tests.faults.ledger import Write
from tests.faults.region import Region, calmly
from tests.faults.verification import APART
from tests.faults.workload import Workload
from tests.faults.writes import MUNICIPALITIES, product, provider
from tests.waiting import until

_DRAW = Random(4)
# Beyond those of the lines of callers, so that nobody else writes about them.
_OWN = count(50)
_EMPTY_MONITORING = """
do $$ begin execute (
    select 'truncate ' || string_agg(format('monitoring.%I', tablename), ', ') from pg_tables where schemaname = 'monitoring'
); end $$
"""


async def slow_transaction(region: Region, workload: Workload, sabotage: str | None) -> None:
    """A transaction that began first commits last, when what began after it is known already."""
    if sabotage:
        await region.restart("referrals-worker", sabotage=sabotage)
    of_apart = f"new.payload ->> 'municipality' = '{APART}'"
    async with gate(region, "referrals.journal", of_apart) as held, asyncio.TaskGroup() as group:
        group.create_task(workload.send(_indication(workload, APART)))
        await held.wait_for_somebody()
        await workload.send(_indication(workload, MUNICIPALITIES[0]))
        await region.drained()
        await held.open()


async def reader_restored(region: Region, workload: Workload, sabotage: str | None) -> None:
    """A reader's schema comes back from its backup, from before some of what it has read."""
    backup = region.folder / "monitoring.dump"
    await region.drained()
    _client_program(
        region, "pg_dump", "--format=custom", "--data-only", "--schema=monitoring", f"--file={backup}"
    )
    for _ in range(8):
        await workload.send(_indication(workload, APART))
    await region.drained()
    await until(calmly(partial(_kafka_holds_the_offsets, region)))
    await region["monitoring-worker"].stop()
    async with region.administrator() as administrator:
        await administrator.execute(_EMPTY_MONITORING)
    _client_program(region, "pg_restore", "--disable-triggers", "--single-transaction", backup)
    await region.restart("monitoring-worker", sabotage=sabotage)


async def two_topics_at_once(region: Region, workload: Workload, sabotage: str | None) -> None:
    """One worker applies an agreement while another one applies its product: neither sees what the other writes."""
    if sabotage:
        await region.restart("availability-worker", sabotage=sabotage)
    async with region.second("availability-worker", sabotage=sabotage):
        await until(calmly(partial(_both_are_members, region)))
        code = product(next(_OWN))
        product_id = await _put(workload, writes.put_product(workload.ledger, _DRAW, code))
        while not await _crossed(region, workload, code, product_id):
            pass
        await region.drained()


async def failing_commit(region: Region, workload: Workload, sabotage: str | None) -> None:
    """All goes well until the commit, which fails."""
    if sabotage:
        await region.restart("referrals-api", sabotage=sabotage)
    of_apart = f"new.municipality = '{APART}'"
    async with failing_commits(region, "referrals.indication", of_apart, "raise exception 'no'"):
        await workload.send(_indication(workload, APART))


async def _crossed(region: Region, workload: Workload, code: str, product_id: str) -> bool:
    """Let an agreement's commit wait for the product's; False when one worker has both partitions."""
    agb = provider(next(_OWN))
    await _put(workload, writes.put_provider(workload.ledger, _DRAW, agb))
    async with gate(
        region, "availability.contracts_agreement", f"new.state ->> 'product' = '{code}'"
    ) as held:
        agreement = writes.put_agreement(workload.ledger, _DRAW, agb, code)
        agreement_id = await _put(workload, agreement)
        await held.wait_for_somebody()
        # With two members, one has the even partitions of every topic and the other one the odd ones.
        if _partition(agreement_id) % 2 == _partition(product_id) % 2:
            return False
        renamed = writes.put_product(workload.ledger, _DRAW, code)
        await _put(workload, renamed)
        await until(calmly(partial(_arrived, region, product_id, renamed.entry.version)))
        return True


async def _put(workload: Workload, write: Write) -> str:
    answer = await workload.send(write)
    assert answer is not None
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def _indication(workload: Workload, municipality: str) -> Write:
    bsn = writes.client(20, workload.ledger.numbers)
    return writes.new_indication(
        workload.ledger, _DRAW, bsn=bsn, agb=provider(0), code=product(0), municipality=municipality
    )


def _partition(aggregate: str) -> int:
    return int(murmur2(aggregate.encode()) & 0x7FFFFFFF) % PARTITIONS


async def _arrived(region: Region, aggregate: str, version: int) -> bool:
    async with region.administrator() as administrator:
        return bool(
            await administrator.fetchval(
                "select true from availability.contracts_product where aggregate = $1 and version = $2",
                aggregate,
                version,
            )
        )


async def _both_are_members(region: Region) -> bool:
    async with _kafka(region) as kafka:
        (answer,) = await kafka.describe_consumer_groups(["jeugdregio.availability"])
        _, _, state, _, _, members, *_ = answer.groups[0]
        return state == "Stable" and len(members) == 2


async def _kafka_holds_the_offsets(region: Region) -> bool:
    """Tell whether Kafka knows what the reader's tables say: it is told once a second."""
    async with region.administrator() as administrator, _kafka(region) as kafka:
        rows = await administrator.fetch("select topic, partition, next_offset from monitoring.consumed")
        held = await kafka.list_consumer_group_offsets("jeugdregio.monitoring")
        return {(p.topic, p.partition): at.offset for p, at in held.items()} == {
            (row["topic"], row["partition"]): row["next_offset"] for row in rows
        }


@asynccontextmanager
async def _kafka(region: Region) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=region.kafka.bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


def _client_program(region: Region, name: str, *arguments: str | Path) -> None:
    program, address = region.postgres.bin / name, f"--dbname={region.postgres.url}"
    done = subprocess.run([program, address, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def _heal_nothing(_: Region) -> None:
    pass


async def _publish_anew(region: Region) -> None:
    for service in ("referrals", "contracts"):
        await region.republish(service)


async def _derive_all_offers(region: Region) -> None:
    async with region.administrator() as administrator:
        await administrator.execute(
            "insert into availability.dirty (kind, aggregate)"
            " select distinct 'contracts.agreement', aggregate from availability.contracts_agreement"
        )


@dataclass(frozen=True)
class Scenario:
    """What to play, who is sabotaged in it, where the loss shows, and what makes readers whole again."""

    play: Callable[[Region, Workload, str | None], Awaitable[None]]
    process: str
    shows: frozenset[str]
    heal: Callable[[Region], Awaitable[None]] = _heal_nothing


SCENARIOS = {
    "cursor_on_the_plain_sequence": Scenario(
        slow_transaction, "referrals-worker", frozenset({"events", "journal", "figures"})
    ),
    "offsets_in_kafka_only": Scenario(
        reader_restored, "monitoring-worker", frozenset({"copy", "figures"}), _publish_anew
    ),
    "recompute_inside_the_partition": Scenario(
        two_topics_at_once, "availability-worker", frozenset({"offers"}), _derive_all_offers
    ),
    "commit_after_the_response": Scenario(failing_commit, "referrals-api", frozenset({"owner", "figures"})),
}
