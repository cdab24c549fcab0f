"""Measure what the product promises, beside its limits: `python -m bench [ONLY]`.

Writes bench/results.json and prints a table. Machines differ and are shared: read ratios and medians.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import freshness, search, write_indication
from bench.region import memory, running_region

ITEMS: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {
    "write.indication": write_indication.measure,
    "flow.freshness": freshness.measure,
    "search": search.measure,
}


def main(only: str | None) -> int:
    """Measure all items or one; a name that is none ends with the list of names."""
    if only is not None and only not in ITEMS:
        Console().print(f"There is no {only}: {', '.join(ITEMS)}")
        return 2
    rows: list[dict[str, Any]] = []
    sizes: dict[str, float] = {}
    for name, measure in ITEMS.items():
        if only in {None, name}:
            # Each in a region of its own, so that none pays for what the one before left to do.
            with running_region() as region:
                rows += measure(region)
                sizes = memory(region)
    _show(rows, sizes)
    result = {"machine": _machine(), "commit": _commit(), "items": rows, "memoryMiB": sizes}
    Path(__file__).with_name("results.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0


def _show(rows: list[dict[str, Any]], sizes: dict[str, float]) -> None:
    table = Table("what", "value", "unit", "limit", "ratio", "aim", "spread", "p50 ms", "p99 ms")
    for row in rows:
        table.add_row(*(("" if value is None else str(value)) for value in row.values()))
    Console(width=120).print(table)
    Console(width=120).print("Memory: " + ", ".join(f"{name} {size:.0f} MiB" for name, size in sizes.items()))


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ONLY")))
