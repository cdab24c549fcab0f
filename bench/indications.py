"""Indications to write: each of a number of its own, spread over the region's municipalities."""

import itertools
from collections.abc import Iterator
from typing import Any

from bench.load import request

# 9,091 official test numbers pass the 11-test; these few dozen are enough for a write that finds its client.
BSNS = tuple(
    str(number)
    for number in range(999990019, 999990990)
    if sum(
        digit * weight
        for digit, weight in zip(map(int, str(number)), (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)
    )
    % 11
    == 0
)


def body(index: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of the body
    """Make the body of one indication."""
    return {
        "bsn": BSNS[index % len(BSNS)],
        "birthYear": 2010 + index % 10,
        "product": "43A09",
        "provider": "98000001",
        "decidedAt": "2023-03-20T09:00:00Z",
        "sentAt": "2023-03-20T10:00:00Z",
        "from": "2023-04-01",
        "to": "2023-12-31",
        "volume": 7,
        "unit": "14",
        "frequency": "2",
        "referrer": {"type": "01"},
    } | changes


def puts(region: dict[str, Any], numbers: Iterator[int], **changes: Any) -> Iterator[bytes]:  # noqa: ANN401
    """Make requests for new indications without end."""
    url = region["services"]["referrals"]["url"]
    tokens = itertools.cycle(region["tokens"]["municipality"].items())
    for number in numbers:
        municipality, token = next(tokens)
        address = f"{url}/indications/{municipality}/{number}"
        yield request("PUT", address, token, body(number, **changes))
