"""Writes delivery files: NDJSON, compressed, the same bytes each time; the whole history of an organisation in one per kind.

Each line says since when it was known: the tenth of a month, the day of delivery.
"""

import gzip
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import orjson

from demo.request import Body

FIRST_DELIVERY, LAST_DELIVERY = date(2021, 1, 10), date(2026, 7, 10)
LOADED_UNTIL = date(2024, 7, 10)
"""As much as a region is shown and tested with: far enough for all that was published by mid-2024."""
_DELIVERED_ON = 10
_HOUR = "20:00:00Z"
_LEVEL = 6


def delivery_day(sent: date) -> date:
    """The tenth on which it is delivered."""
    day = sent.replace(day=_DELIVERED_ON)
    if sent > day:
        day = date(sent.year + sent.month // 12, sent.month % 12 + 1, _DELIVERED_ON)
    return max(day, FIRST_DELIVERY)


class Files:
    """A folder of what was delivered by a day. `records` and `size` (bytes): what was written, by kind."""

    def __init__(self, folder: Path, until: date = LAST_DELIVERY) -> None:
        self.folder = folder
        self._until = until
        self.records: Counter[str] = Counter()
        self.size: Counter[str] = Counter()

    def whole(self, kind: str, records: Iterable[Body]) -> None:
        """Write a kind that is delivered once, at the beginning."""
        self._write(
            self.folder / f"{kind}.ndjson.gz", kind, [_line(record, FIRST_DELIVERY) for record in records]
        )

    def history(self, kind: str, organisation: str, sent: Iterable[tuple[date, Body]]) -> None:
        """Write what an organisation sent, in the order of its deliveries."""
        delivered = sorted(((delivery_day(day), record) for day, record in sent), key=lambda each: each[0])
        lines = [_line(record, day) for day, record in delivered if day <= self._until]
        if lines:
            folder = self.folder / kind
            folder.mkdir(parents=True, exist_ok=True)
            self._write(folder / f"{organisation}.ndjson.gz", kind, lines)

    def _write(self, path: Path, kind: str, lines: list[bytes]) -> None:
        # Without a moment in it, so that the same region is the same bytes.
        packed = gzip.compress(b"\n".join(lines) + b"\n", _LEVEL, mtime=0)
        path.write_bytes(packed)
        self.records[kind] += len(lines)
        self.size[kind] += len(packed)


def _line(record: Body, delivered: date) -> bytes:
    return orjson.dumps(record | {"knownAt": f"{delivered}T{_HOUR}"})
