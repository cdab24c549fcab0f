"""A region of eight real processes over engines of its own, which tests may harm; and callers of its public APIs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx

from jeugdregio.data_folder import DataFolder
from jeugdregio.engine_room import migrate
from jeugdregio.engines import Kafka, Postgres
from jeugdregio.installation import Installation
from jeugdregio.issuer import Issuer
from jeugdregio.ports import free_port
from jeugdregio.services import ALL, SERVICES, ServiceProcess
from shared.database import Database
from shared.journal.generation import republish
from tests.engines import THROW_AWAY
from tests.faults.supervised import ROOT, Supervised
from tests.waiting import until

REGION_OIN = "00000099000000010010"
REFERRER = "00000099000000030030"
_REQUEST_SECONDS = 20
_POLL_SECONDS = 0.1
_PAGE = 1_000


class Region:
    """What runs, and how to reach it. Processes are known by name: `referrals-api`, `monitoring-worker`, .."""

    def __init__(self, data: DataFolder, postgres: Postgres, kafka: Kafka, http: httpx.AsyncClient) -> None:
        self.postgres = postgres
        self.kafka = kafka
        self.folder = data.path
        self._data = data
        self._http = http
        self._installation = Installation(
            dict.fromkeys(SERVICES, postgres.url), kafka.bootstrap, embedded=True, region=ROOT / "region.toml"
        )
        self._issuer = Issuer(data.secrets()["signingKey"], embedded=True, addresses=("http://127.0.0.1",))
        self._issuer.publish(data.jwks)
        self._token = cache(self._issuer.token)
        self._processes: dict[str, Supervised] = {}

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path) -> AsyncIterator[Self]:
        """Start engines and processes in a folder, and stop them all at the end."""
        postgres, kafka = Postgres(folder / "postgres", settings=THROW_AWAY), Kafka(folder / "kafka")
        async with AsyncExitStack() as stack:
            for engine in (postgres, kafka):
                stack.callback(engine.remove)
                engine.launch()
            for engine in (postgres, kafka):
                engine.wait_until_ready()
            data = DataFolder(folder / "data")
            stack.enter_context(data.in_use())
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=_REQUEST_SECONDS))
            region = cls(data, postgres, kafka, http)
            stack.push_async_callback(region.stop)
            await region.start()
            yield region

    async def start(self) -> None:
        await asyncio.to_thread(migrate, self._installation, self._data.credentials)
        for process in ALL:
            self._processes[process.name] = self._supervised(process.name, process)
        await asyncio.gather(*(self[process.name].start() for process in ALL))
        await self.ready(*self._processes)

    async def stop(self) -> None:
        await asyncio.gather(*(process.stop() for process in self._processes.values()))

    def __getitem__(self, name: str) -> Supervised:
        return self._processes[name]

    async def restart(self, *names: str, crash_at: str | None = None, sabotage: str | None = None) -> None:
        """Restart processes at once and wait until they live; ready they may not get, with an engine away."""
        await asyncio.gather(*(self[name].restart(crash_at=crash_at, sabotage=sabotage) for name in names))
        await asyncio.gather(*(until(partial(self._answers, name, "livez")) for name in names))

    async def ready(self, *names: str) -> None:
        await asyncio.gather(*(until(partial(self._answers, name, "readyz")) for name in names))

    @asynccontextmanager
    async def second(self, name: str, *, sabotage: str | None = None) -> AsyncIterator[None]:
        """Run another process of the same kind beside the first one."""
        process = next(each for each in ALL if each.name == name)
        beside = self._supervised(f"{name}-2", process)
        beside.environment = {**beside.environment, "METRICS_PORT": str(free_port())}
        self._processes[beside.name] = beside
        await beside.start(sabotage=sabotage)
        try:
            await self.ready(beside.name)
            yield
        finally:
            await self._processes.pop(beside.name).stop()

    @asynccontextmanager
    async def administrator(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.postgres.url, timeout=10)
        try:
            yield connection
        finally:
            await connection.close()

    async def republish(self, service: str) -> None:
        """Do what `jeugdregio republish` does."""
        worker = self._installation.environment(ServiceProcess(service, "worker"), self._data)
        database = Database(worker["SERVICE_DATABASE_URL"], application="test", size=1)
        async with database.transaction() as connection:
            await republish(connection)
        await database.close()

    async def send(
        self, service: str, method: str, path: str, *, role: str, organisation: str, body: object = None
    ) -> httpx.Response:
        """Call a public API. Raises httpx.TransportError when no answer comes: then nobody knows."""
        return await self._http.request(
            method,
            f"{self._url(service)}{path}",
            headers={"Authorization": f"Bearer {self._token(role, organisation)}"},
            json=body,
        )

    async def read(self, service: str, path: str, *, role: str, organisation: str) -> Any:  # noqa: ANN401 - JSON
        """Read what must be there."""
        answer = await self.send(service, "GET", path, role=role, organisation=organisation)
        assert answer.status_code == 200, f"{service}{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    async def pages(self, service: str, path: str, *, role: str, organisation: str) -> list[dict[str, Any]]:
        """Read a list to its end."""
        items: list[dict[str, Any]] = []
        link: str | None = f"{path}{'&' if '?' in path else '?'}pageSize={_PAGE}"
        while link is not None:
            page = await self.read(service, link, role=role, organisation=organisation)
            items += page["items"]
            link = page["next"] and page["next"].removeprefix(f"/{service}/v1")
        return items

    async def drained(self, since: datetime | None = None, within: float = 60) -> None:
        """Wait until both readers promise to know all that was acknowledged by now (or by `since`)."""
        acknowledged = since or datetime.now(UTC)
        await until(calmly(partial(self._known_through, acknowledged, "monitoring")), within)
        await until(calmly(partial(self._known_through, acknowledged, "availability")), within)

    async def _known_through(self, moment: datetime, reader: str) -> bool:
        path, role, organisation = {
            "monitoring": ("/figures/unique-clients?from=2023-01", "analyst", REGION_OIN),
            "availability": ("/offers?pageSize=1", "referrer", REFERRER),
        }[reader]
        answer = await self.send(reader, "GET", path, role=role, organisation=organisation)
        through = answer.json().get("knownThrough") if answer.status_code == 200 else None
        return through is not None and datetime.fromisoformat(through) >= moment

    async def _answers(self, name: str, path: str) -> bool:
        await asyncio.sleep(_POLL_SECONDS)
        environment = self[name].environment
        port = environment["PORT" if "-api" in name else "METRICS_PORT"]
        try:
            return (await self._http.get(f"http://127.0.0.1:{port}/{path}")).status_code == 200
        except httpx.TransportError:
            return False

    def _url(self, service: str) -> str:
        return f"http://127.0.0.1:{self._data.ports[f'{service}-api']}/{service}/v1"

    def _supervised(self, name: str, process: ServiceProcess) -> Supervised:
        environment = self._installation.environment(process, self._data)
        return Supervised(name, process.command, environment, self._data.processes / name)


def calmly(condition: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    """Ask with a pause: what asks over HTTP shares the machine with what it waits for."""

    async def asked() -> bool:
        if await condition():
            return True
        await asyncio.sleep(_POLL_SECONDS)
        return False

    asked.__qualname__ = str(condition)
    return asked
