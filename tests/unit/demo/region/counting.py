"""Counts delivery files by brute force: reads the files and knows nothing of how they were made.

An indication counts by its newest version that was known by the end of a day; a claim by the last line of its reference.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Line = dict[str, Any]
Days = tuple[str, str]
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FAMILY, HOUSING = ("43A09", "43A10"), ("43A14", "43B99")


def lines_of(path: Path) -> Iterator[Line]:
    """Every line of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


class Deliveries:
    """A folder of delivery files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all_of(self, kind: str) -> Iterator[Line]:
        """Every line of a kind, in the order of delivery."""
        for path in sorted(self.folder.glob(f"{kind}/*.ndjson.gz")):
            yield from lines_of(path)

    @cached_property
    def products(self) -> dict[str, Line]:
        return {line["code"]: line for line in lines_of(self.folder / "products.ndjson.gz")}

    def providers(self) -> Iterator[Line]:
        """Every provider."""
        return lines_of(self.folder / "providers.ndjson.gz")

    @cached_property
    def agreements(self) -> dict[tuple[str, str], list[Line]]:
        held: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in lines_of(self.folder / "agreements.ndjson.gz"):
            held[line["provider"], line["product"]].append(line)
        return held

    @cached_property
    def versions(self) -> dict[tuple[str, int], list[Line]]:
        found: dict[tuple[str, int], list[Line]] = defaultdict(list)
        for line in self.all_of("indications"):
            found[line["municipality"], line["assignmentNumber"]].append(line)
        return found

    @cached_property
    def claims(self) -> list[Line]:
        kept: dict[tuple[str, str], Line] = {}
        for line in self.all_of("claims"):
            kept[line["provider"], line["reference"]] = line
        return [line for line in kept.values() if not line.get("credited")]

    def known(self, day: str | None = None) -> list[Line]:
        """The indications that count, as known at the end of a day (none: now)."""
        until = "9999" if day is None else _end_of(day)
        found = []
        for versions in self.versions.values():
            told = [line for line in versions if line["knownAt"] <= until]
            if told:
                newest = max(told, key=lambda line: (line["decidedAt"], line["sentAt"]))
                if not newest.get("withdrawn"):
                    found.append(newest)
        return found

    def segment(self, line: Line) -> int:
        return int(self.products[line["product"]]["segment"])

    def is_residential_1(self, line: Line) -> bool:
        product = self.products[line["product"]]
        return bool(product["segment"] == 1 and product["residential"])

    def contracted_days(self, line: Line, days: Days) -> tuple[int, int]:
        """On how many days of the period its provider is contracted, and on how many it is not."""
        first, last = max(line["from"], days[0]), min(line.get("to", "9999-12-31"), days[1])
        contracted = 0
        for each in self.agreements.get((line["provider"], line["product"]), ()):
            one, other = max(first, each["from"]), min(last, each.get("to", "9999-12-31"))
            contracted += _days(one, other)
        return contracted, _days(first, last) - contracted

    def worth(self, line: Line, days: Days) -> int:
        """Cents of the days of a period: what accumulated by its end less what had by its start, half up."""
        before = (date.fromisoformat(days[0]) - timedelta(days=1)).isoformat()
        return self._by(line, days[1]) - self._by(line, before)

    def _by(self, line: Line, until: str) -> int:
        total = Fraction(0)
        day, last = date.fromisoformat(line["from"]), date.fromisoformat(min(until, line.get("to", until)))
        while day <= last:
            total += self._on(line, day)
            day += timedelta(days=1)
        return int(total + Fraction(1, 2))

    def _on(self, line: Line, day: date) -> Fraction:
        whole = _days(line["from"], str(line.get("to", line["from"])))
        if "budgetCents" in line:
            return Fraction(line["budgetCents"], whole)
        month = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        per = {"1": 1, "2": 7, "4": month.day, "6": whole}[line["frequency"]]
        minutes = line["unit"] == "01" and self.products[line["product"]]["unit"] == "04"
        return Fraction(line["volume"] * self._tariff(line, day.isoformat()), per * (60 if minutes else 1))

    def _tariff(self, line: Line, day: str) -> int:
        agreed = self.agreements.get((line["provider"], line["product"]), ())
        own = [each.get("tariffCents") for each in agreed if _holds(each, day)]
        catalogue = [each["cents"] for each in self.products[line["product"]]["tariffs"] if _holds(each, day)]
        return int(line.get("agreedTariffCents") or next(filter(None, own), None) or catalogue[0])


def in_period(lines: Iterable[Line], days: Days) -> list[Line]:
    """Those that have a day in the period, first and last day included."""
    return [line for line in lines if line["from"] <= days[1] and line.get("to", "9999") >= days[0]]


def clients(lines: Iterable[Line]) -> set[str]:
    """The unique clients."""
    return {line["bsn"] for line in lines}


def per(lines: Iterable[Line], key: Callable[[Line], str]) -> dict[str, int]:
    """How many unique clients there are per group."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        found[key(line)].add(line["bsn"])
    return {group: len(each) for group, each in found.items()}


def municipality(line: Line) -> str:
    return str(line["municipality"])


def year(number: int) -> Days:
    return f"{number}-01-01", f"{number}-12-31"


def _holds(each: Line, day: str) -> bool:
    return bool(each["from"] <= day <= each.get("to", "9999-12-31"))


def _days(first: str, last: str) -> int:
    return max(0, (date.fromisoformat(last) - date.fromisoformat(first)).days + 1) if first <= last else 0


def _end_of(day: str) -> str:
    midnight = datetime.fromisoformat(day).replace(tzinfo=AMSTERDAM) + timedelta(days=1)
    return midnight.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
