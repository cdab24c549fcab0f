import asyncio

import httpx
from starlette.applications import Starlette

from shared.health import Checks, routes


async def fine() -> None:
    return None


async def broken() -> None:
    raise ConnectionRefusedError("postgresql://user:hunter2@host")


async def silent() -> None:
    await asyncio.Event().wait()


def client(checks: Checks) -> httpx.AsyncClient:
    app = Starlette(routes=routes(checks))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://process")


async def test_ready_when_all_that_is_needed_answers() -> None:
    checks = Checks()
    checks.add("database", fine)
    async with client(checks) as process:
        answer = await process.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (200, {"database": "ok"})


async def test_a_broken_dependency_is_named_without_its_message() -> None:
    checks = Checks()
    checks.add("database", broken)
    checks.add("kafka", fine)
    async with client(checks) as process:
        answer = await process.get("/readyz")
        alive = await process.get("/livez")
    assert answer.status_code == 503
    assert answer.json()["broken"] == ["database"]
    assert answer.json()["checks"] == {"database": "ConnectionRefusedError", "kafka": "ok"}
    assert "hunter2" not in answer.text
    assert alive.status_code == 200


async def test_a_dependency_that_says_nothing_is_not_waited_for() -> None:
    checks = Checks(limit_seconds=0.01)
    checks.add("database", silent)
    assert await checks.run() == {"database": "no answer in time"}
