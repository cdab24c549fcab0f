"""Indications for these tests: bodies as a municipality sends them, valid by default."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from shared.values.bsn import Bsn, InvalidBsnError

MUNICIPALITIES = (
    "0743", "0762", "0794", "0820", "0847", "0848", "0861", "0866", "1652", "1659", "1771",
)  # fmt: skip


def indication(
    bsn: str,
    *,
    valid_from: str = "2028-01-01",
    valid_to: str = "2028-12-31",
    **other: Any,  # noqa: ANN401 - any other field
) -> dict[str, Any]:
    """Ten days of foster care a month."""
    return {
        "bsn": bsn,
        "birthYear": 2015,
        "product": "43A09",
        "provider": "98900101",
        "decidedAt": "2023-12-01T09:00:00Z",
        "sentAt": "2023-12-01T10:00:00Z",
        "from": valid_from,
        "to": valid_to,
        "volume": 10,
        "unit": "14",
        "frequency": "4",
        **other,
    }


def citizen_numbers(start: int) -> Iterator[str]:
    """Give numbers that pass the check from `start` on, in the range for demonstrations."""
    for number in count(start):
        try:
            Bsn(str(number))
        except InvalidBsnError:
            continue
        yield str(number)
