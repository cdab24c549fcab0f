"""Keyset paging: a page ends where the next one starts, however much is added meanwhile; nothing is counted."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, cast
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request

from shared.problems import FieldError, InvalidInput
from shared.values.moments import to_utc

LARGEST_PAGE = 1_000
_NOT_OURS = FieldError("cursor", "Take the cursor from the `next` link of a page.", parameter="cursor")
IN_BODY = FieldError("cursor", "Take the cursor from `nextCursor` of a page.", pointer="#/cursor")
_END_OF_INT4 = 2**31


@dataclass(frozen=True, slots=True)
class Page:
    """What the caller asked for: how many rows, and after which key (None: from the start)."""

    size: int
    after: tuple[Any, ...] | None
    url: str

    def key(self, *kinds: type) -> tuple[Any, ...] | None:
        """Read the key of a list that is ordered by values of these kinds. Raises InvalidInput when it is another's."""
        return None if self.after is None else typed(self.after, *kinds)

    def moments(self) -> tuple[datetime, ...] | None:
        """Read the key as moments, for lists in the order of two moments. Raises InvalidInput when it is none of these."""
        try:
            moments = tuple(to_utc(datetime.fromisoformat(text)) for text in self.key(str, str) or ())
        except (ValueError, OverflowError) as error:
            raise InvalidInput([_NOT_OURS]) from error
        return moments or None

    def next_link(self, rows: Sequence[Any], key: Callable[[Any], Sequence[Any]]) -> str | None:
        """Give the link to the next page; None on the last one. Ask for `size + 1` rows to know."""
        if len(rows) <= self.size:
            return None
        return self.link(key(rows[self.size - 1]))

    def link(self, key: Sequence[Any]) -> str:
        """Give the link to the page after a key."""
        return f"{self.url}{'&' if '?' in self.url else '?'}cursor={encode(key)}"


def typed(key: Sequence[Any], *kinds: type, wrong: FieldError = _NOT_OURS) -> tuple[Any, ...]:
    """Check that a key holds values of these kinds; `date` and `UUID` stand for their texts.

    Raises InvalidInput: the cursor is another list's, or made up.
    """
    if len(key) != len(kinds) or not all(_is(value, kind) for value, kind in zip(key, kinds, strict=True)):
        raise InvalidInput([wrong])
    return tuple(key)


def _is(value: object, kind: type) -> bool:
    if kind in _READS:
        return type(value) is str and _READS[kind](value)
    # Numbers and versions are integers of four bytes: a larger one would fail in the database.
    return type(value) is kind and (kind is not int or abs(cast("int", value)) < _END_OF_INT4)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_READS = {date: _is_day, UUID: _is_uuid}


def encode(key: Sequence[Any]) -> str:
    """Make an opaque cursor of a key."""
    return base64.urlsafe_b64encode(orjson.dumps(list(key))).decode().rstrip("=")


def decode(cursor: str, wrong: FieldError = _NOT_OURS) -> tuple[Any, ...]:
    """Read a cursor back. Raises InvalidInput when it is none of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        written = base64.b64decode(padded, altchars=b"-_", validate=True)
        key = orjson.loads(written)
    except (binascii.Error, ValueError):
        raise InvalidInput([wrong]) from None
    # NUL is never in a key, and no database compares with it.
    if not isinstance(key, list) or b"\\u0000" in written:
        raise InvalidInput([wrong])
    return tuple(key)


def _page(
    request: Request,
    page_size: Annotated[int, Query(alias="pageSize", ge=1, le=LARGEST_PAGE)] = 100,
    cursor: Annotated[str | None, Query(max_length=500, description="From the `next` link of a page")] = None,
) -> Page:
    rest = str(request.url.remove_query_params("cursor").replace(scheme="", netloc="")).lstrip("/")
    return Page(page_size, decode(cursor) if cursor is not None else None, "/" + rest)


Paging = Annotated[Page, Depends(_page)]
