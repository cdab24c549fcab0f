"""Is this process alive, and can it do its work: `/livez` and `/readyz`.

Alive means that the event loop answers. Ready means that what the process needs answers too; a broken
dependency is named, but no reason beyond the class of the error: messages may hold what they should not.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.database import Database

Check = Callable[[], Awaitable[object]]

_LIMIT_SECONDS: Final = 2.0
_OK: Final = "ok"


class Checks:
    """What a process needs, by name: an async callable that raises when it is broken."""

    def __init__(self, *, limit_seconds: float = _LIMIT_SECONDS) -> None:
        self._checks: dict[str, Check] = {}
        self._limit_seconds = limit_seconds

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def run(self) -> dict[str, str]:
        """Try all at once: name to "ok" or to what is wrong."""
        verdicts = await asyncio.gather(*(self._try(check) for check in self._checks.values()))
        return dict(zip(self._checks, verdicts, strict=True))

    async def _try(self, check: Check) -> str:
        try:
            async with asyncio.timeout(self._limit_seconds):
                await check()
        except TimeoutError:
            return "no answer in time"
        except Exception as error:  # noqa: BLE001 - whatever it is, the dependency is not well
            return type(error).__name__
        return _OK


def answers(database: Database) -> Check:
    """The check that a database answers to this process's role."""

    async def ask() -> None:
        async with database.transaction() as connection:
            await connection.execute("select 1")

    return ask


def routes(checks: Checks) -> list[Route]:
    """The two addresses; for the main port of an api and for the metrics port of every process."""

    async def livez(_: Request) -> Response:
        return _json({"status": "alive"}, 200)

    async def readyz(_: Request) -> Response:
        verdicts = await checks.run()
        broken = [name for name, verdict in verdicts.items() if verdict != _OK]
        status = "not ready" if broken else "ready"
        return _json({"status": status, "broken": broken, "checks": verdicts}, 503 if broken else 200)

    return [Route("/livez", livez), Route("/readyz", readyz)]


def _json(content: object, status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
