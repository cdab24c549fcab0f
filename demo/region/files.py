"""Writes delivery files: NDJSON, compressed, the same bytes each time; one per kind, organisation and day of delivery."""

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import orjson

from demo.request import Body

FIRST_DELIVERY, LAST_DELIVERY = date(2021, 1, 10), date(2026, 7, 10)
_DELIVERED_ON = 10
_LEVEL = 6


def delivery_day(sent: date) -> date | None:
    """The tenth on which it is delivered; None when that has not come yet."""
    day = sent.replace(day=_DELIVERED_ON)
    if sent > day:
        day = date(sent.year + sent.month // 12, sent.month % 12 + 1, _DELIVERED_ON)
    return None if day > LAST_DELIVERY else max(day, FIRST_DELIVERY)


class Files:
    """A folder of delivery files. `records` and `size` (bytes) tell what was written, by kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: Counter[str] = Counter()
        self.size: Counter[str] = Counter()

    def whole(self, kind: str, records: Iterable[Body]) -> None:
        """Write a kind that is delivered once."""
        lines = [orjson.dumps(record) for record in records]
        self._write(self.folder / f"{kind}.ndjson.gz", kind, lines)

    def monthly(self, kind: str, organisation: str, sent: Iterable[tuple[date, Body]]) -> None:
        """Write what an organisation sent, divided over its deliveries."""
        deliveries: dict[date, list[bytes]] = defaultdict(list)
        for day, record in sent:
            delivered = delivery_day(day)
            if delivered:
                deliveries[delivered].append(orjson.dumps(record))
        folder = self.folder / kind / organisation
        folder.mkdir(parents=True, exist_ok=True)
        for day, lines in sorted(deliveries.items()):
            self._write(folder / f"{day}.ndjson.gz", kind, lines)

    def _write(self, path: Path, kind: str, lines: list[bytes]) -> None:
        # Without a moment in it, so that the same region is the same bytes.
        packed = gzip.compress(b"\n".join(lines) + b"\n", _LEVEL, mtime=0)
        path.write_bytes(packed)
        self.records[kind] += len(lines)
        self.size[kind] += len(packed)
