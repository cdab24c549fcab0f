"""What was lost comes back: a reader's tables, the broker's topics, a publisher's database.

Each test breaks one thing while the region is stopped, follows `docs/operations.md`, and starts the region again in the same
folder. Afterwards what was written is there, what is written arrives, and every figure as of every moment of the past is
what it was.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from jeugdregio.engines import Kafka, Postgres
from jeugdregio.issuer import AUDIENCE, ISSUER
from jeugdregio.services import SERVICES
from shared.migrations import read_credentials, service_url
from tests.engines import THROW_AWAY
from tests.system.backups import cluster, dump, restore
from tests.system.front_door import FrontDoor
from tests.system.indications import citizen_numbers, indication
from tests.system.past import Past, ask_everything
from tests.system.program import Program, command
from tests.waiting import until

_numbers = count(1)
_bsns = citizen_numbers(940_000_000)
_MONTH = "2029-06"
_WITHOUT_SENDING_AGAIN = {"REGION": "none"}


async def write(region: FrontDoor) -> str:
    """Push an indication at a provider that nobody else has; give that provider."""
    number = next(_numbers)
    provider = f"98978{number:03d}"
    whole_year = {"valid_from": "2029-01-01", "valid_to": "2029-12-31"}
    await region.put_indication(
        "0820", 600_000_000 + number, indication(next(_bsns), provider=provider, **whole_year)
    )
    return provider


async def arrives(region: FrontDoor, provider: str) -> None:
    """Wait until what was written there is in a figure."""

    async def counted() -> bool:
        return await region.clients_at(provider, _MONTH) == 1

    await until(counted)


async def nothing_is_lost(region: FrontDoor, past: Past, *written: str) -> None:
    """New writes arrive, older ones are there, and the past is what it was."""
    for provider in (*written, await write(region)):
        await arrives(region, provider)
    await region.complete()
    for moment, answers in zip(past.moments, past.answers, strict=True):
        assert await ask_everything(region, moment) == answers


def broker(program: Program) -> Kafka:
    """Give the region's own Kafka, while the region is stopped."""
    ports = program.data.ports
    return Kafka(program.data.path / "kafka", port=ports["kafka"], controller_port=ports["kafka-controller"])


async def test_monitoring_put_back_to_a_backup_catches_up(
    region: FrontDoor, program: Program, past: Past
) -> None:
    written = await write(region)
    await arrives(region, written)
    addresses = program.region["services"]
    await program.stop()
    with cluster(program) as postgres:
        await restore(postgres, past.backup)
    await program.start()
    assert "0 created, 0 changed" in program.output
    assert program.region["services"] == addresses
    await nothing_is_lost(region, past, written)


async def test_monitoring_emptied_is_filled_by_republishing(
    region: FrontDoor, program: Program, past: Past
) -> None:
    written = await write(region)
    await program.stop()
    with cluster(program) as postgres:
        await execute(postgres, "drop schema monitoring cascade")
    await program.start(_WITHOUT_SENDING_AGAIN)
    for service in ("referrals", "contracts", "availability"):
        printed = await command("republish", service, "--data", str(program.data.path))
        assert "generation" in printed
    await nothing_is_lost(region, past, written)


async def execute(postgres: Postgres, statement: str) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_broker_that_lost_all_topics_heals_without_a_command(
    region: FrontDoor, program: Program, past: Past
) -> None:
    written = await write(region)
    await program.stop()
    broker(program).empty()
    await program.start(_WITHOUT_SENDING_AGAIN)
    await nothing_is_lost(region, past, written)


async def test_referrals_back_from_an_older_backup_goes_on_after_restored(
    region: FrontDoor, program: Program, past: Past
) -> None:
    kept = await write(region)
    backup = await dump(cluster(program), "referrals", program.data.path / "referrals.dump")
    lost = await write(region)
    for provider in (kept, lost):
        await arrives(region, provider)
    await program.stop()
    with cluster(program) as postgres, broker(program) as kafka:
        await restore(postgres, backup)
        await restored(program, postgres, kafka)
    await program.start(_WITHOUT_SENDING_AGAIN)
    await nothing_is_lost(region, past, kept)
    assert await region.clients_at(lost, _MONTH) == 0


async def restored(program: Program, postgres: Postgres, kafka: Kafka) -> None:
    url = service_url(postgres.url, "referrals", "worker", read_credentials(program.data.credentials))
    await command("restored", "referrals", SERVICE_DATABASE_URL=url, KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap)


@pytest.fixture
async def new_cluster(engines_folder: Path, program: Program) -> AsyncIterator[Postgres]:
    """A second PostgreSQL; the region is stopped before it goes."""
    postgres = Postgres(engines_folder / "second-cluster", settings=THROW_AWAY)
    async with AsyncExitStack() as leaving:
        leaving.callback(postgres.remove)
        postgres.start()
        leaving.push_async_callback(program.end)
        yield postgres


async def test_referrals_moved_to_a_new_cluster_goes_on(
    region: FrontDoor, program: Program, past: Past, new_cluster: Postgres
) -> None:
    written = await write(region)
    await program.stop()
    with cluster(program) as old:
        databases = {**dict.fromkeys(SERVICES, old.url), "referrals": new_cluster.url}
        moved = {f"{service.upper()}_DATABASE_URL": url for service, url in databases.items()}
        backup = await dump(old, "referrals", program.data.path / "moving.dump")
        with broker(program) as kafka:
            # Makes the roles that the schema is restored for.
            folder = str(program.data.path)
            await command("migrate", "--data", folder, KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap, **moved)
        await restore(new_cluster, backup)
        await program.start({**moved, **_own_issuer(program), **_WITHOUT_SENDING_AGAIN})
        assert program.region["database"]["referrals"] != program.region["database"]["contracts"]
        await nothing_is_lost(region, past, written)
        await program.stop()


def _own_issuer(program: Program) -> dict[str, str]:
    """What `up` asks for beside an existing database: here, what it took for the embedded one."""
    return {
        "JWKS_URL": program.data.jwks.as_uri(),
        "TOKEN_ISSUER": ISSUER,
        "TOKEN_AUDIENCE": AUDIENCE,
        "DEMONSTRATION": "true",
    }
