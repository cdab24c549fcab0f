"""HTTP servers as side tasks, and the one that every process has: `/metrics`, `/livez`, `/readyz`."""

import asyncio
import importlib.metadata
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared import health, metrics
from shared.health import Checks
from shared.settings import Settings

_BACKLOG: Final = 16
_DRAIN_SECONDS: Final = 2


class AddressTakenError(Exception):
    """The process cannot listen where it was told to."""

    def __init__(self, host: str, port: int, variable: str, reason: str) -> None:
        super().__init__(
            f"Cannot listen on {host}:{port} ({reason}): free it or set {variable} to another port"
        )


def metrics_server(
    service: str, process: str, settings: Settings, checks: Checks
) -> Callable[[asyncio.Event], Awaitable[None]]:
    """The side task that serves the metrics port. Raises AddressTakenError at once when the port is taken."""
    metrics.build_info.labels(service, process, _release()).set(1)
    listener = listen(settings.host, settings.metrics_port, "METRICS_PORT")
    return server(metrics_app(checks), listener)


def metrics_app(checks: Checks) -> ASGIApp:
    """What stands on the metrics port."""

    async def exposition(_: Request) -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", exposition), *health.routes(checks)])


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A listening socket; `variable` is the setting to name when the port is taken."""
    try:
        return socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        raise AddressTakenError(host, port, variable, error.strerror or type(error).__name__) from error


def server(app: ASGIApp, listener: socket.socket) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A side task that answers on this socket until told to stop."""

    async def serve(stop: asyncio.Event) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        running = _Server(config)
        serving = asyncio.ensure_future(running.serve(sockets=[listener]))
        told = asyncio.ensure_future(stop.wait())
        await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
        running.should_exit = True
        told.cancel()
        await serving

    return serve


class ApiServer(uvicorn.Server):
    """The server of a service's api: its first act of stopping is to tell those who wait, who answer then."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process: it is not this server that decides when to stop."""
        yield


def _release() -> str:
    try:
        return importlib.metadata.version("jeugdregio")
    except importlib.metadata.PackageNotFoundError:
        return "source"
