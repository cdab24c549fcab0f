"""`jeugdregio deliver`: send a file to a running region, follow it, show what was refused."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from client.api import ProblemError
from jeugdregio.errors import StarterError

_PIECE: Final = 64 * 1024
_LOOK_AGAIN_SECONDS: Final = 0.2
_SHOWN_REFUSALS: Final = 50
_MEDIA_TYPES: Final = {
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".csv": "text/csv",
}
_COUNTS: Final = ("created", "changed", "unchanged", "superseded", "refused")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a kind of record goes, and in which role it is delivered."""

    service: str
    role: str


SENDERS: Final = {
    "indications": Sender("referrals", "municipality"),
    "care-periods": Sender("referrals", "provider"),
    "claims": Sender("contracts", "provider"),
    "products": Sender("contracts", "contract-manager"),
    "providers": Sender("contracts", "contract-manager"),
    "agreements": Sender("contracts", "contract-manager"),
    "waiting-times": Sender("availability", "provider"),
}


@dataclass(frozen=True, slots=True)
class Addressed:
    """Where a file goes, with whose token, and as what."""

    url: str
    token: str
    kind: str


def deliver(
    region: Json, file: Path, *, organisation: str | None, kind: str | None, dry_run: bool, console: Console
) -> Json:
    """Send a file and wait until it was applied; what the delivery says then. Raises StarterError."""
    to = address(region, file, organisation, kind)
    return _send(to, file, _headers(file), dry_run, console)


def address(region: Json, file: Path, organisation: str | None, kind: str | None) -> Addressed:
    """Say where a file goes. What was not said stands in its name and folders, as in `claims/98000001.ndjson.gz`.

    Raises StarterError when it does not stand there either.
    """
    chosen = kind or _in_path(file, SENDERS)
    sender = SENDERS.get(chosen or "")
    if chosen is None or sender is None:
        raise StarterError(f"say what the records of {file.name} are: --kind {', '.join(SENDERS)}")
    token = _token(region, sender.role, file, organisation)
    return Addressed(region["services"][sender.service]["url"], token, chosen)


def _in_path(file: Path, known: Iterable[str]) -> str | None:
    names = [file.name.partition(".")[0], *(folder.name for folder in file.resolve().parents)]
    return next((name for name in names if name in known), None)


def _token(region: Json, role: str, file: Path, organisation: str | None) -> str:
    """Give the token of who delivers: who was named, or stands in the path, or is the only one in this role."""
    tokens: dict[str, str] = region["tokens"].get(role, {})
    chosen = organisation or _in_path(file, tokens) or (next(iter(tokens)) if len(tokens) == 1 else None)
    if chosen is None:
        raise StarterError(f"say which {role} delivers: --organisation {', '.join(sorted(tokens)[:5])}, ...")
    if chosen not in tokens:
        raise StarterError(f"the running region has no token of {role} {chosen}")
    return tokens[chosen]


def _send(to: Addressed, file: Path, headers: dict[str, str], dry_run: bool, console: Console) -> Json:  # noqa: FBT001 - handed on
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    identity = {"Authorization": f"Bearer {to.token}"}
    with (
        httpx.Client(headers=identity, timeout=600) as http,
        Progress(*columns, console=console) as progress,
    ):
        try:
            query: dict[str, str | bool] = {"kind": to.kind, "dryRun": dry_run}
            pieces = _pieces(file, progress)
            answer = http.post(f"{to.url}/deliveries", params=query, content=pieces, headers=headers)
            delivery = _follow(http, to.url, _json(answer), progress)
            refusals = _json(http.get(f"{to.url}/deliveries/{delivery['id']}/refusals"))["items"]
        except (httpx.HTTPError, OSError) as error:
            raise StarterError(f"{file} was not delivered ({type(error).__name__}): send it again") from error
    _show(delivery, refusals, console)
    return delivery


def _headers(file: Path) -> dict[str, str]:
    zipped = file.suffix == ".gz"
    ending = Path(file.stem).suffix if zipped else file.suffix
    media_type = _MEDIA_TYPES.get(ending.lower())
    if media_type is None:
        raise StarterError(f"{file.name} ends in none of {', '.join(_MEDIA_TYPES)}, with or without .gz")
    return {"Content-Type": media_type} | ({"Content-Encoding": "gzip"} if zipped else {})


def _pieces(file: Path, progress: Progress) -> Iterator[bytes]:
    task = progress.add_task("sent", total=file.stat().st_size)
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            yield piece
            progress.advance(task, len(piece))


def _follow(http: httpx.Client, url: str, delivery: Json, progress: Progress) -> Json:
    task = progress.add_task("applied", total=delivery["records"])
    while delivery["state"] not in ("done", "failed"):
        time.sleep(_LOOK_AGAIN_SECONDS)
        delivery = _json(http.get(f"{url}/deliveries/{delivery['id']}"))
        progress.update(task, completed=delivery["handled"])
    return delivery


def _json(answer: httpx.Response) -> Json:
    if not answer.is_success:
        raise StarterError(str(ProblemError(answer)))
    content: Json = answer.json()
    return content


def _show(delivery: Json, refusals: list[Json], console: Console) -> None:
    counted = ", ".join(f"{delivery[name]} {name}" for name in _COUNTS)
    tried = " (dry run: nothing was changed)" if delivery["dryRun"] else ""
    console.print(f"{delivery['state']}{tried}: {delivery['records']} records, {counted}", soft_wrap=True)
    console.print(f"{delivery['recordsPerSecond']:.0f} records/s, delivery {delivery['id']}", soft_wrap=True)
    if not refusals:
        return
    table = Table("record", "field", "code", "message")
    for each in refusals[:_SHOWN_REFUSALS]:
        table.add_row(str(each["record"]), each["field"] or "", each["code"], each["message"])
    console.print(table)
    if len(refusals) > _SHOWN_REFUSALS:
        console.print(
            f"More: GET /deliveries/{delivery['id']}/refusals, with `Accept: text/csv` all of them."
        )
