import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from shared.auth import public
from shared.serving import AddressTakenError
from shared.settings import Settings
from shared.web import Router, create_app

router = Router()


@router.get("/resource", dependencies=[public])
async def resource() -> str:
    return ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def app_with(settings: Settings, story: list[str]) -> FastAPI:
    @asynccontextmanager
    async def own(app: FastAPI) -> AsyncIterator[None]:
        story.append(f"open with {type(app.state.database).__name__}")
        yield
        story.append("closed")

    return create_app(
        service="demo", title="Demo", description="", settings=settings, routers=[router], lifespan=own
    )


async def test_an_api_starts_while_its_database_is_away_and_says_so(
    make_settings: Callable[..., Settings],
) -> None:
    settings = make_settings(metrics_port=free_port())
    story: list[str] = []
    app = app_with(settings, story)
    port = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.metrics_port}")
    async with app.router.lifespan_context(app), port:
        ready = await port.get("/readyz")
        metrics = await port.get("/metrics")
    assert ready.status_code == 503
    assert ready.json()["broken"] == ["database"]
    assert ready.json()["checks"]["keys"] == "ok"
    assert 'database_pool_connections{service="demo",state="idle"} 0.0' in metrics.text
    assert story == ["open with Database", "closed"]


async def test_a_taken_metrics_port_is_named_in_the_log(make_settings: Callable[..., Settings]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        app = app_with(make_settings(metrics_port=taken.getsockname()[1]), [])
        with capture_logs() as lines, pytest.raises(AddressTakenError):
            async with app.router.lifespan_context(app):
                pass
    assert "METRICS_PORT" in str(lines[0]["exc_info"])


async def test_a_side_task_that_dies_stops_the_api(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_with(make_settings(metrics_port=free_port()), [])

    async def die(_: asyncio.Event) -> None:
        raise RuntimeError

    monkeypatch.setattr(app.state.verifier.keys, "run", die)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    try:
        async with app.router.lifespan_context(app):
            await asyncio.wait_for(stopped.wait(), 5)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    assert stopped.is_set()
