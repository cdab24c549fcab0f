"""Files for tests of deliveries of any kind: written as lines of JSON and as a spreadsheet writes them, sent and applied."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx

from shared.deliveries.applying import Applying
from shared.deliveries.kinds import Cell, Column

Record = dict[str, Any]
Opened = Callable[[], AbstractAsyncContextManager[httpx.AsyncClient]]
"""Gives a client of the API as the organisation that delivers."""
NDJSON, CSV = "application/x-ndjson", "text/csv"
OUTCOMES = ("created", "changed", "unchanged", "superseded", "refused")


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def as_csv(columns: Sequence[Column], records: Sequence[Record]) -> bytes:
    """Write records with Dutch headers, days and decimals, amounts in euros; only the columns that any of them fills."""
    euros = {column.path for column in columns if column.cell is Cell.EUROS}
    filled = [
        column
        for column in columns
        if any(_found(record, column.path) is not None for record in records)
        and (column.path not in euros or column.cell is Cell.EUROS)
    ]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([column.dutch[0] if column.dutch else column.headers[0] for column in filled])
    for record in records:
        writer.writerow([_cell(column, _found(record, column.path)) for column in filled])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _found(record: Record, path: Sequence[str]) -> object:
    value: Any = record
    for name in path:
        if isinstance(value, list):
            value = value[int(name) - 1] if int(name) <= len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value


def _cell(column: Column, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nee"
    if isinstance(value, list):
        return " ".join(value)
    if column.cell is Cell.EUROS:
        return f"{int(str(value)) // 100},{int(str(value)) % 100:02}"
    if column.cell is Cell.DAY:
        return "-".join(reversed(str(value).split("-")))
    return str(value).replace(".", ",") if column.cell is Cell.DECIMAL else str(value)


async def post(opened: Opened, kind: str, content: bytes, media_type: str = NDJSON) -> httpx.Response:
    async with opened() as client:
        return await client.post(
            "deliveries", params={"kind": kind}, content=content, headers={"Content-Type": media_type}
        )


async def deliver(
    opened: Opened, applying: Applying, kind: str, content: bytes, media_type: str = NDJSON
) -> Record:
    """Deliver a file and apply it; what the delivery says in the end."""
    answer = await post(opened, kind, content, media_type)
    assert answer.status_code == 202, answer.text
    while await applying.step():
        pass
    async with opened() as client:
        delivery: Record = (await client.get(f"deliveries/{answer.json()['id']}")).json()
    assert (delivery["state"], delivery["handled"]) == ("done", delivery["records"])
    return delivery


def counts(delivery: Record) -> dict[str, int]:
    """Give the outcomes that there were."""
    return {name: delivery[name] for name in OUTCOMES if delivery[name]}


async def refusals(opened: Opened, delivery: Record) -> list[Record]:
    async with opened() as client:
        found: list[Record] = (await client.get(f"deliveries/{delivery['id']}/refusals")).json()["items"]
    return found
