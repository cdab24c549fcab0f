"""The processes as docker-compose.yml starts them: the same commands, told nothing but what stands there.

The engines are those of the tests, at other addresses; no container engine is at hand.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from jeugdregio.engines import Kafka, Postgres
from jeugdregio.ports import free_port
from jeugdregio.services import ALL, SERVICES
from tests.contract.deployment.files import ROOT, compose, filled, image_environment
from tests.contract.deployment.test_compose import VALUES
from tests.contract.tokens import Issuer
from tests.engines import THROW_AWAY
from tests.waiting import until

COMPOSE = compose()["services"]


@pytest.fixture(scope="module")
def servers(engines_folder: Path) -> Iterator[tuple[Postgres, Kafka]]:
    """Engines of this module's own: roles and topics belong to a whole server."""
    with (
        Postgres(engines_folder / "container-postgres", settings=THROW_AWAY) as postgres,
        Kafka(engines_folder / "container-kafka") as kafka,
    ):
        yield postgres, kafka
    postgres.remove()
    kafka.remove()


def environment_of(name: str, servers: tuple[Postgres, Kafka], **changed: str) -> dict[str, str]:
    """Give what a container is told, with the addresses of these servers."""
    postgres, kafka = servers
    administrator = urlsplit(postgres.url)
    told = filled(COMPOSE[name]["environment"], VALUES | {"POSTGRES_PASSWORD": administrator.password or ""})
    for key, value in told.items():
        at = f"@{administrator.hostname}:{administrator.port}/"
        told[key] = value.replace("@postgres:5432/", at).replace("kafka:9092", kafka.bootstrap)
    if "DATABASE_URL" in told:
        told["DATABASE_URL"] = told["DATABASE_URL"].replace("//postgres:", f"//{administrator.username}:")
    of_image = image_environment() | {"REGION_FILE": str(ROOT / "region.toml"), "HOST": "127.0.0.1"}
    return {**of_image, "PATH": os.environ["PATH"], **told, **changed}


async def program(name: str, environment: Mapping[str, str], *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jeugdregio", *COMPOSE[name]["command"], *options, cwd=ROOT, env=environment,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_with_fewer_brokers_than_copies_the_migration_says_so(
    servers: tuple[Postgres, Kafka], tmp_path: Path
) -> None:
    environment = environment_of("migrate", servers, DATA_FOLDER=str(tmp_path), KAFKA_REPLICATION="3")
    _, complaint = await (process := await program("migrate", environment)).communicate()
    assert process.returncode == 1
    assert "InvalidReplicationFactor" in complaint.decode()


@asynccontextmanager
async def running(
    servers: tuple[Postgres, Kafka], issuer: Issuer
) -> AsyncIterator[dict[str, dict[str, int]]]:
    """Start all eight; give their ports by process and name."""
    ports = {one.name: {"PORT": free_port(), "METRICS_PORT": free_port()} for one in ALL}
    started = []
    for one in ALL:
        chosen = {name: str(port) for name, port in ports[one.name].items()}
        environment = environment_of(one.name, servers, JWKS_URL=issuer.url, **chosen)
        started.append(await program(one.name, environment))
    try:
        yield ports
        assert [process.returncode for process in started] == [None] * len(ALL)
    finally:
        for process in started:
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*(process.communicate() for process in started))


async def test_the_migration_and_all_processes_run_with_what_compose_tells_them(
    servers: tuple[Postgres, Kafka], tmp_path: Path, client: httpx.AsyncClient
) -> None:
    environment = environment_of("migrate", servers, DATA_FOLDER=str(tmp_path / "data"))
    _, complaint = await (process := await program("migrate", environment)).communicate()
    assert process.returncode == 0, complaint.decode()
    assert not list((tmp_path / "data").iterdir()), "passwords that are given are written down nowhere"
    async with running(servers, Issuer(tmp_path)) as ports:

        async def all_ready() -> bool:
            for one in ALL:
                port = ports[one.name]["PORT" if one.kind == "api" else "METRICS_PORT"]
                try:
                    if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code != 200:
                        return False
                except httpx.TransportError:
                    return False
            return True

        await until(all_ready)
        for service in SERVICES:
            port = ports[f"{service}-api"]["PORT"]
            document = (await client.get(f"http://127.0.0.1:{port}/{service}/v1/openapi.json")).json()
            assert document["servers"] == [{"url": f"{VALUES['PUBLIC_URL']}/{service}/v1"}]
