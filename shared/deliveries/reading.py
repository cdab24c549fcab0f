"""From the bytes of a file to its records, a piece at a time: gzip, lines, JSON or CSV, whatever a record means.

What is wrong with the file as a whole raises InvalidInput; what is wrong with one record becomes the list of its errors.
"""

import codecs
import csv
import re
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final, Protocol

import orjson

from shared.deliveries.kinds import Cell, Column, Content
from shared.problems import BodyTooLarge, FieldError, InvalidInput
from shared.web.validation import unstorable

LONGEST_RECORD: Final = 64 * 1024
_PIECE: Final = 256 * 1024
_GZIP: Final = 31
_DUTCH_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_FLAGS: Final = {"true": True, "false": False, "ja": True, "nee": False, "yes": True, "no": False}
_NUL: Final = "\0"

Given = Content | list[FieldError]
"""A record, or what is wrong with it."""


def _broken(code: str, message: str) -> InvalidInput:
    return InvalidInput([FieldError(code, message, pointer="#")])


def _wrong(code: str, message: str) -> list[FieldError]:
    return [FieldError(code, message, pointer="#")]


_TOO_LONG: Final = "A record has at most 64 kB."


async def unpacked(chunks: AsyncIterator[bytes], *, gzip: bool, largest: int) -> AsyncIterator[bytes]:
    """Give the bytes of the file in pieces of bounded size. Raises InvalidInput, and BodyTooLarge over `largest`."""
    size = 0
    async for chunk in _unzipped(chunks) if gzip else chunks:
        size += len(chunk)
        if size > largest:
            raise BodyTooLarge(largest)
        yield chunk


async def _unzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    unzip = zlib.decompressobj(_GZIP)
    try:
        async for chunk in chunks:
            rest = chunk
            while rest:
                if unzip.eof:  # a file may be several, one behind the other
                    unzip = zlib.decompressobj(_GZIP)
                yield unzip.decompress(rest, _PIECE)
                rest = unzip.unused_data or unzip.unconsumed_tail
        while not unzip.eof and (piece := unzip.decompress(b"", _PIECE)):
            yield piece
    except zlib.error:
        raise _broken("gzip", "The file is not gzip, although Content-Encoding says so.") from None
    if not unzip.eof:
        raise _broken("cut-off", "The file ends too early: send it again.")


class Lines:
    """Cuts pieces into lines; one that is too long comes out as None, and takes no more room than its limit."""

    def __init__(self) -> None:
        self._rest = b""
        self._long = False
        self._first = True

    def feed(self, piece: bytes) -> Iterator[str | None]:
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._keep(end)
            yield self._line()
        self._keep(rest)

    def finish(self) -> Iterator[str | None]:
        """Give what stands behind the last line end, when there is something."""
        if self._rest or self._long:
            yield self._line()

    def _keep(self, piece: bytes) -> None:
        if self._long or len(self._rest) + len(piece) > LONGEST_RECORD:
            self._rest, self._long = b"", True
        else:
            self._rest += piece

    def _line(self) -> str | None:
        line, long = self._rest.removesuffix(b"\r"), self._long
        self._rest, self._long = b"", False
        if self._first:
            line, self._first = line.removeprefix(codecs.BOM_UTF8), False
        try:
            return None if long else line.decode()
        except UnicodeDecodeError:
            raise _broken("encoding", "The file is not UTF-8: save it as UTF-8 and send it again.") from None


class Reader(Protocol):
    """Turns lines into records; None: this line is none, or not the whole of one."""

    def read(self, line: str | None, *, last: bool = False) -> Given | None: ...

    def finish(self) -> None:
        """Raise InvalidInput when the file ends within a record."""


class JsonLines:
    """One JSON object per line."""

    def read(self, line: str | None, *, last: bool = False) -> Given | None:
        if line is None:
            return _wrong("too-long", _TOO_LONG)
        if not line.strip():
            return None
        try:
            content = orjson.loads(line)
        except orjson.JSONDecodeError:
            if last:
                raise _broken("cut-off", "The file ends within its last record: send it again.") from None
            return _wrong("unreadable", "The line cannot be read as JSON.")
        if not isinstance(content, dict):
            return _wrong("object", "A record is a JSON object.")
        return (unstorable(content) if "\\u0000" in line else None) or content

    def finish(self) -> None:
        return


class Csv:
    """A header and a row per record, separated by `;` or `,`; a cell in quotes may hold both, and line ends."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._by_header = {header.casefold(): column for column in columns for header in column.headers}
        self._columns: list[Column] = []
        self._separator = ","
        self._begun = ""

    def read(self, line: str | None, *, last: bool = False) -> Given | None:
        if line is None or len(self._begun) > LONGEST_RECORD:
            self._begun = ""
            return _wrong("too-long", _TOO_LONG)
        text = f"{self._begun}\n{line}" if self._begun else line
        if text.count('"') % 2:
            self._begun = text
            return None
        self._begun = ""
        if not text.strip():
            return None
        if not self._columns:
            self._head(text)
            return None
        return self._record(text, last=last)

    def finish(self) -> None:
        if self._begun:
            raise _broken(
                "cut-off", "The file ends within a cell in quotes: close the quotes and send it again."
            )

    def _head(self, line: str) -> None:
        self._separator = ";" if ";" in line else ","
        for place, header in enumerate(self._cells(line) or (), start=1):
            column = self._by_header.get(header.strip().casefold())
            if column is None:
                raise _broken(
                    "header", f"The header of column {place} is not known here: see the documentation."
                )
            if column in self._columns:
                raise _broken("header", f"Column {place} is there twice: leave one out.")
            self._columns.append(column)

    def _cells(self, text: str) -> list[str] | None:
        try:
            return next(csv.reader([text], delimiter=self._separator, strict=True))
        except csv.Error:
            return None

    def _record(self, text: str, *, last: bool) -> Given:
        cells = self._cells(text)
        if cells is None:
            return _wrong("unreadable", "The row cannot be read as CSV: look at its quotes.")
        if len(cells) != len(self._columns):
            if last and len(cells) < len(self._columns):
                raise _broken("cut-off", "The file ends within its last record: send it again.")
            return _wrong("columns", f"A row has {len(self._columns)} columns, as the header has.")
        content: Content = {}
        for column, cell in zip(self._columns, cells, strict=True):
            if cell.strip():
                _put(content, column, cell.strip())
        return (unstorable(content) if _NUL in text else None) or content


def _put(content: Content, column: Column, text: str) -> None:
    *outer, name = column.path
    for each in outer:
        content = content.setdefault(each, {})
    content[name] = _value(column.cell, text)


def _value(cell: Cell, text: str) -> object:
    """Read a cell; what it cannot be stays text, and is refused like any other wrong value."""
    if cell is Cell.INTEGER and _INTEGER.fullmatch(text):
        return int(text)
    if cell is Cell.DAY and (found := _DUTCH_DAY.fullmatch(text)):
        return "-".join(reversed(found.groups()))
    return _FLAGS.get(text.casefold(), text) if cell is Cell.FLAG else text
