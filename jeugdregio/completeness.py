"""Whether the figures have taken in all that was sent so far."""

import asyncio
from datetime import datetime
from typing import Any

import httpx

from shared.values.moments import now

_LOOK_EVERY = 0.1
_FIGURE = "/figures/unique-clients"


async def figures_complete(region: dict[str, Any], *, within: float = 60) -> bool:
    """Wait until the figures are complete up to this moment; False when they are not within so many seconds.

    `region` is the content of region.json.
    """
    sent = now()
    url = region["services"]["monitoring"]["url"] + _FIGURE
    token = next(iter(region["tokens"]["analyst"].values()))
    asked = {"period": "month", "from": "2023-04", "to": "2023-04"}
    try:
        async with asyncio.timeout(within), httpx.AsyncClient() as client:
            while not _complete(await _known_through(client, url, token, asked), sent):  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(_LOOK_EVERY)
    except (TimeoutError, httpx.HTTPError):
        return False
    return True


async def _known_through(
    client: httpx.AsyncClient, url: str, token: str, asked: dict[str, str]
) -> str | None:
    answer = await client.get(url, params=asked, headers={"Authorization": f"Bearer {token}"})
    known: str | None = answer.raise_for_status().json()["knownThrough"]
    return known


def _complete(known_through: str | None, sent: datetime) -> bool:
    return known_through is not None and datetime.fromisoformat(known_through) >= sent
