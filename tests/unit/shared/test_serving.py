import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.health import Checks
from shared.serving import AddressTakenError, metrics_server
from shared.settings import Settings


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_the_metrics_port_answers_in_the_event_loop_of_the_process(
    make_settings: Callable[..., Settings],
) -> None:
    settings = make_settings(metrics_port=free_port())
    stop = asyncio.Event()
    serving = asyncio.ensure_future(metrics_server("demo", "worker", settings, Checks())(stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.metrics_port}") as process:
        metrics = await process.get("/metrics")
        answers = [(await process.get(path)).status_code for path in ("/livez", "/readyz", "/other")]
    stop.set()
    await serving
    assert 'build_info{process="worker",service="demo"' in metrics.text
    assert answers == [200, 200, 404]


def test_a_taken_port_is_named_with_what_to_do(make_settings: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = make_settings(metrics_port=taken.getsockname()[1])
        with pytest.raises(AddressTakenError, match="set METRICS_PORT to another"):
            metrics_server("demo", "worker", settings, Checks())
