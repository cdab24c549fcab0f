"""flow.freshness: from the answer of a PUT until a figure shows it, while 50 writes a second go on."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx

from bench.indications import body, puts

PROBES = 60
WRITES_PER_SECOND = 50
_MOST_SECONDS = 30.0
_FIRST_NUMBER = 400_000_000


def measure(region: dict[str, Any]) -> list[dict[str, Any]]:
    """Report the delays of the probes at p50 and p99, in milliseconds."""
    delays = sorted(asyncio.run(_probes(region)))
    milliseconds = [round(delay * 1000) for delay in delays]
    return [
        {
            "name": "flow.freshness",
            "value": statistics.median(milliseconds),
            "unit": "ms p50",
            "limit": None,
            "ratio": None,
            "aim": 1000,
            "spread": [milliseconds[0], milliseconds[-1]],
            "p50_ms": statistics.median(milliseconds),
            "p99_ms": milliseconds[min(len(milliseconds) - 1, int(0.99 * len(milliseconds)))],
        }
    ]


async def _probes(region: dict[str, Any]) -> list[float]:
    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        background = asyncio.create_task(_write(region, client))
        delays = []
        for index in range(PROBES):
            delays.append(await _probe(region, client, index))
            if background.done():
                await background
        background.cancel()
        with suppress(asyncio.CancelledError):
            await background
    return delays


async def _probe(region: dict[str, Any], client: httpx.AsyncClient, index: int) -> float:
    """Send one indication of a product that only the probes use; wait until its figure went up by one."""
    before = await _figure(region, client)
    municipality, token = next(iter(region["tokens"]["municipality"].items()))
    url = f"{region['services']['referrals']['url']}/indications/{municipality}/{_FIRST_NUMBER + index}"
    content = body(index, product="45A01", provider=f"{98100000 + index}")
    answer = await client.put(url, json=content, headers={"Authorization": f"Bearer {token}"})
    answer.raise_for_status()
    answered = time.perf_counter()
    while await _figure(region, client) == before:
        if time.perf_counter() - answered > _MOST_SECONDS:
            raise TimeoutError("an indication did not reach the figures")
    return time.perf_counter() - answered


async def _figure(region: dict[str, Any], client: httpx.AsyncClient) -> int:
    """Ask for the providers used: one more for each probe."""
    token = next(iter(region["tokens"]["analyst"].values()))
    url = region["services"]["monitoring"]["url"] + "/figures/providers-used"
    asked = {"period": "month", "from": "2023-04", "to": "2023-04", "product": "45A01"}
    answer = await client.get(url, params=asked, headers={"Authorization": f"Bearer {token}"})
    rows = answer.raise_for_status().json()["rows"]
    return int(rows[0]["value"]) if rows else 0


async def _write(region: dict[str, Any], client: httpx.AsyncClient) -> None:
    """Write at a steady rate until cancelled."""
    requests: Iterator[bytes] = puts(region, itertools.count(300_000_000))
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for index, sent in enumerate(requests):
            await asyncio.sleep(max(0.0, started + index / WRITES_PER_SECOND - time.perf_counter()))
            group.create_task(_send(region, client, sent))


async def _send(region: dict[str, Any], client: httpx.AsyncClient, raw: bytes) -> None:
    head, _, content = raw.partition(b"\r\n\r\n")
    path = head.split(b" ", 2)[1].decode()
    token = head.partition(b"Authorization: Bearer ")[2].partition(b"\r\n")[0].decode()
    base = region["services"]["referrals"]["url"].removesuffix("/referrals/v1")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    (await client.put(base + path, content=content, headers=headers)).raise_for_status()
