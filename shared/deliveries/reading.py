"""From the bytes of a file to its records, a piece at a time: lines, JSON or CSV, whatever a record means.

What is wrong with the file as a whole raises InvalidInput; what is wrong with one record becomes the list of its errors.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import orjson

from shared.deliveries.kinds import Cell, Column, Content
from shared.deliveries.unpacking import broken
from shared.problems import FieldError
from shared.web.validation import unstorable

LONGEST_RECORD: Final = 64 * 1024
_DUTCH_DAY: Final = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
# Dutch with a comma, or with a point and two decimals: 1.234 alone might be either, and stays text.
_EUROS: Final = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+(?=,)|[0-9]{1,12})(?:,(?P<dutch>[0-9]{2})|\.(?P<cents>[0-9]{2}))?"
)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,15})?")
_FLAGS: Final = {"true": True, "false": False, "ja": True, "nee": False, "yes": True, "no": False}
_NUL: Final = "\0"

Given = Content | list[FieldError]
"""A record, or what is wrong with it."""


def _wrong(code: str, message: str) -> list[FieldError]:
    return [FieldError(code, message, pointer="#")]


_TOO_LONG: Final = "A record has at most 64 kB."


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
            raise broken("encoding", "The file is not UTF-8: save it as UTF-8 and send it again.") from None


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
                raise broken("cut-off", "The file ends within its last record: send it again.") from None
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
            raise broken(
                "cut-off", "The file ends within a cell in quotes: close the quotes and send it again."
            )

    def _head(self, line: str) -> None:
        self._separator = ";" if ";" in line else ","
        for place, header in enumerate(self._cells(line) or (), start=1):
            column = self._by_header.get(header.strip().casefold())
            if column is None:
                raise broken(
                    "header", f"The header of column {place} is not known here: see the documentation."
                )
            if column.path in {each.path for each in self._columns}:
                raise broken("header", f"Column {place} is there twice: leave one out.")
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
                raise broken("cut-off", "The file ends within its last record: send it again.")
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
    if cell is Cell.EUROS and (found := _EUROS.fullmatch(text)):
        whole, cents = found["whole"].replace(".", ""), found["dutch"] or found["cents"] or "00"
        return int(whole) * 100 + int(cents)
    if cell is Cell.DECIMAL and _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    if cell is Cell.DAY and (found := _DUTCH_DAY.fullmatch(text)):
        return "-".join(reversed(found.groups()))
    return _FLAGS.get(text.casefold(), text) if cell is Cell.FLAG else text
