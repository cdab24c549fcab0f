"""Deliveries over HTTP: send a file, follow it, read what was refused."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import PurePath
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from shared.auth import Principal, Role, allow
from shared.database import Connection
from shared.deliveries import queries
from shared.deliveries.kinds import Column, Kind
from shared.deliveries.reading import Csv, JsonLines
from shared.deliveries.schemas import (
    Delivery,
    DeliveryMode,
    DeliveryPage,
    DeliveryRefusalPage,
    MissingRecordPage,
)
from shared.deliveries.staging import Staging
from shared.deliveries.unpacking import broken, gunzipped, limited, unzipped
from shared.deliveries.window_routes import add_windows
from shared.deliveries.windows import KNOWN_AT, terms_of
from shared.journal.processing import Processing
from shared.paging import LARGEST_PAGE, Paging
from shared.problems import FieldError, Forbidden, InvalidInput, NotFound, UnsupportedMediaType
from shared.web.routing import Router
from shared.web.transaction import Transaction, Transactions

LARGEST_FILE: Final = 1024**3
_AT_ONCE: Final = 4
_SILENCE_SECONDS: Final = 60
_NDJSON, _CSV, _ZIP = "application/x-ndjson", "text/csv", "application/zip"
_OF_FORMAT: Final = {".ndjson": _NDJSON, ".jsonl": _NDJSON, ".json": _NDJSON, ".csv": _CSV}
_KNOWN_AT: Final = Column((KNOWN_AT,), ("bekendOp",))
_FIELDS: Final = ("record", "field", "code", "message", "message_nl")
_FILE: Final = {"type": "string", "description": "One record per line, or a header and a row per record"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "UTF-8; with `Content-Encoding: gzip` compressed, or a zip with one .ndjson or .csv file",
        "content": {
            _NDJSON: {"schema": _FILE},
            _CSV: {"schema": _FILE},
            _ZIP: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_LOCATION: Final[dict[str, Any]] = {
    "Location": {"description": "Where to follow it", "required": True, "schema": {"type": "string"}}
}
_CSV_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {_CSV: {"schema": {"type": "string"}}}, "description": "Also as CSV, whole"}
}
ThisDelivery = Annotated[UUID, Path(alias="delivery")]
DryRun = Annotated[bool, Query(alias="dryRun", description="Judge all of it and change nothing")]
Mode = Annotated[
    DeliveryMode,
    Query(
        description="`full`: the file holds all of yours; what is known here and not in it is reported, and stays"
    ),
]


class _Opens(Protocol):
    def __call__(self) -> AbstractAsyncContextManager[Connection]: ...


def deliveries_router(kinds: Sequence[Kind]) -> Router:
    """Give the routes with which a service takes deliveries of these kinds."""
    router = Router(tags=["deliveries"])
    roles = frozenset(kind.role for kind in kinds)
    _add_sending(router, kinds, roles)
    _add_following(router, roles)
    _add_looking_inside(router, roles)
    add_windows(router)
    return router


def _add_sending(router: Router, kinds: Sequence[Kind], roles: frozenset[Role]) -> None:
    by_name = {kind.name: kind for kind in kinds}
    kind_name = StrEnum("DeliveryKind", {name.upper(): name for name in by_name})  # type: ignore[misc]
    Deliverer = Annotated[Principal, allow(*roles)]  # noqa: N806 - a type
    places = asyncio.Semaphore(_AT_ONCE)

    @router.post(
        "/deliveries",
        status_code=202,
        max_body_size=LARGEST_FILE,
        openapi_extra=_BODY,
        problems=[InvalidInput, UnsupportedMediaType],
        responses={202: {"description": "Received whole; it is applied from now on", "headers": _LOCATION}},
    )
    async def deliver(
        request: Request,
        response: Response,
        principal: Deliverer,
        kind: Annotated[kind_name, Query(description="What the records are")],
        processing: Processing,
        transactions: Transactions,
        dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
        mode: Mode = DeliveryMode.CHANGES,
    ) -> Delivery:
        """Deliver many records in one file, up to 1 GB.

        Good records go in although others are refused; the same file again changes nothing. The answer comes when the file
        is whole; follow the delivery until it is `done`.
        """
        chosen = by_name[str(kind)]
        if principal.role is not chosen.role:
            raise Forbidden
        _require_readable(request)
        async with places, transactions() as connection:
            delivery = await _stage(connection, request, chosen, principal)
            await delivery.receive(chosen.name, processing, dry_run=dry_run, mode=mode)
            received = await _found(connection, delivery.delivery)
        response.headers["Location"] = f"{request.url.path}/{received['id']}"
        return Delivery.model_validate(received)


def _add_following(router: Router, roles: frozenset[Role]) -> None:
    Follower = Annotated[Principal, allow(*roles, Role.OPERATOR)]  # noqa: N806 - a type

    @router.get("/deliveries")
    async def deliveries(_: Follower, paging: Paging, connection: Transaction) -> DeliveryPage:
        """List your deliveries, newest first; an operator sees those of all, and not what is in them."""
        key = paging.key(UUID)
        rows = await queries.many(connection, after=key[0] if key else None, limit=paging.size + 1)
        link = paging.next_link(rows, lambda row: (str(row["id"]),))
        return DeliveryPage.model_validate({"items": rows[: paging.size], "next": link})

    @router.get("/deliveries/{delivery}", problems=[NotFound])
    async def delivery(_: Follower, delivery: ThisDelivery, connection: Transaction) -> Delivery:
        """Follow a delivery: how far it is, and what became of its records."""
        return Delivery.model_validate(await _found(connection, delivery))


def _add_looking_inside(router: Router, roles: frozenset[Role]) -> None:
    Deliverer = Annotated[Principal, allow(*roles)]  # noqa: N806 - a type

    @router.get("/deliveries/{delivery}/missing", problems=[NotFound])
    async def delivery_missing(
        _: Deliverer, delivery: ThisDelivery, paging: Paging, connection: Transaction
    ) -> MissingRecordPage:
        """Read what a full delivery did not hold of yours that is known here. Nothing of it was withdrawn."""
        key = paging.key(str)
        await _found(connection, delivery)
        rows = await queries.missing(
            connection, delivery, after=key[0] if key else None, limit=paging.size + 1
        )
        link = paging.next_link(rows, lambda row: (row["key"],))
        return MissingRecordPage.model_validate({"items": rows[: paging.size], "next": link})

    @router.get(
        "/deliveries/{delivery}/refusals",
        response_model=DeliveryRefusalPage,
        problems=[NotFound],
        responses=_CSV_ANSWER,
    )
    async def delivery_refusals(
        request: Request, _: Deliverer, delivery: ThisDelivery, paging: Paging, transactions: Transactions
    ) -> DeliveryRefusalPage | Response:
        """Read which records were refused and why, by record number; with `Accept: text/csv` all at once, as CSV."""
        after = paging.key(int, int)
        async with transactions() as connection:
            await _found(connection, delivery)
            if request.headers.get("accept", "").startswith(_CSV):
                return StreamingResponse(_as_csv(transactions, delivery), media_type=_CSV)
            rows = await queries.refusals(connection, delivery, after=after, limit=paging.size + 1)
        link = paging.next_link(rows, lambda row: (row["record"], row["place"]))
        return DeliveryRefusalPage.model_validate({"items": rows[: paging.size], "next": link})


async def _stage(connection: Connection, request: Request, kind: Kind, principal: Principal) -> Staging:
    delivery: UUID = await connection.fetchval("select uuidv7()")
    terms = await terms_of(connection, principal.organisation)
    staging = Staging(
        connection, delivery, principal, lambda content: kind.read(content, principal, request), terms
    )
    media_type, pieces = await _unpacked(request)
    reader = JsonLines() if media_type == _NDJSON else Csv([*kind.columns, _KNOWN_AT])
    await staging.take(limited(pieces, largest=LARGEST_FILE), reader)
    return staging


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Give the body as it comes in; a sender that falls silent is not waited for."""
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            message = "Nothing came for a minute: send the file again."
            raise InvalidInput([FieldError("cut-off", message, pointer="#")]) from None
        yield chunk


async def _unpacked(request: Request) -> tuple[str, AsyncIterator[bytes]]:
    """Give what the file is, and its bytes. Raises InvalidInput for a zip that is none."""
    media_type, chunks = _media_type(request), _chunks(request)
    if _encoding(request) == "gzip":
        chunks = gunzipped(chunks)
    if media_type != _ZIP:
        return media_type, chunks
    name, content = await unzipped(chunks)
    found = _OF_FORMAT.get(PurePath(name.lower()).suffix)
    if found is None:
        raise broken("zip-format", f"The file in the zip ends in one of {', '.join(_OF_FORMAT)}.")
    return found, content


def _require_readable(request: Request) -> None:
    """Refuse what is no delivery before any of it is read. Raises UnsupportedMediaType."""
    if _encoding(request) not in ("identity", "gzip"):
        raise UnsupportedMediaType("Send the file as it is, or with Content-Encoding gzip.")
    if not _media_type(request):
        raise UnsupportedMediaType(f"A delivery is {_NDJSON}, {_CSV} or {_ZIP}: say which in Content-Type.")


def _encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "identity").lower()


def _media_type(request: Request) -> str:
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/x-ndjson" | "application/jsonl":
            return _NDJSON
        case ("text/csv" | "application/zip") as named:
            return named
    return ""


async def _found(connection: Connection, delivery: UUID) -> dict[str, Any]:
    found = await queries.one(connection, delivery)
    if found is None:
        raise NotFound
    return found


async def _as_csv(opens: _Opens, delivery: UUID) -> AsyncIterator[str]:
    """Write all refusals, a page per transaction; the first line names the columns."""
    yield _rows([{name: name for name in _FIELDS}])
    after: tuple[int, int] | None = None
    while True:
        async with opens() as connection:
            rows = await queries.refusals(connection, delivery, after=after, limit=LARGEST_PAGE)
        yield _rows(rows)
        if len(rows) < LARGEST_PAGE:
            return
        after = rows[-1]["record"], rows[-1]["place"]


def _rows(rows: Sequence[Mapping[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_safe(row[name]) for name in _FIELDS] for row in rows)
    return text.getvalue()


def _safe(value: object) -> str:
    """Keep a spreadsheet from taking text for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
