"""What a noun says of itself in order to be delivered in files."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from shared.auth import Principal, Role
from shared.database import Connection
from shared.problems import FieldError, InvalidInput, Problem
from shared.processing_log import ProcessingRecord
from shared.web.validation import invalid_input

Content = dict[str, Any]
AnyModel = TypeVar("AnyModel", bound=BaseModel)
AnyBody = TypeVar("AnyBody", bound=BaseModel)


class Cell(StrEnum):
    """How the text in a column becomes JSON."""

    TEXT = "text"
    INTEGER = "integer"
    EUROS = "euros"
    """An amount in euros, which becomes integer cents."""
    DAY = "day"
    FLAG = "flag"
    DECIMAL = "decimal"


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column's value belongs in a record (members, from the outside in), how it is written, its Dutch headers."""

    path: tuple[str, ...]
    dutch: tuple[str, ...]
    cell: Cell = Cell.TEXT

    @property
    def headers(self) -> tuple[str, ...]:
        # Euros stand in a record as cents, and the header of these says so.
        return self.dutch if self.cell is Cell.EUROS else (".".join(self.path), *self.dutch)


@dataclass(frozen=True, slots=True)
class Staged:
    """A valid record as it waits, its BSN sealed. Records with one `key` are applied in the order of `moment`.

    Where records have no moments (`moment` is empty) what they do depends on their order: they are applied as in the file.
    """

    key: str
    moment: str
    content: Content

    def kept_under(self, record: int) -> str:
        """Give the key under which it waits: its own, or behind its place in the file."""
        return self.key if self.moment else f"{_IN_ORDER}{record:09}/{self.key}"


_IN_ORDER = "#"
_BEFORE_KEY = len("#000000000/")
OWN_KEY = f"case when s.key like '{_IN_ORDER}%' then substr(s.key, {_BEFORE_KEY + 1}) else s.key end"
"""The same as `own_key`, of a row `s` of `staged_record`."""


def own_key(kept_under: str) -> str:
    """Give back the key of a record that waits."""
    return kept_under[_BEFORE_KEY:] if kept_under.startswith(_IN_ORDER) else kept_under


Read = Callable[[Content, Principal, Request], Staged]
"""Reads one record; raises InvalidInput with everything that is wrong with it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be delivered: by which role, with which columns, and how a record is read."""

    name: str
    role: Role
    columns: Sequence[Column]
    read: Read


class Outcome(StrEnum):
    """What became of a record, as it is counted."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


Judged = Outcome | Problem


class Accepted(Protocol):
    """What became of a single write. `outcome` is meaningful when `accepted` raises no Problem."""

    @property
    def outcome(self) -> Any: ...  # noqa: ANN401 - each noun has outcomes of its own

    def accepted(self) -> object: ...


def judged(result: Accepted, counted_as: Mapping[Any, Outcome]) -> Judged:
    """Judge a record by what became of it as a single write, which counts as `counted_as` says."""
    try:
        result.accepted()
    except Problem as problem:
        return problem
    return counted_as[result.outcome]


Apply = Callable[[Connection, Sequence[Content], ProcessingRecord], Awaitable[Sequence[Judged]]]
"""Applies staged records with different keys, in one call; what became of each, in the order given."""


@dataclass(frozen=True, slots=True)
class Applier:
    """How a kind's records are applied.

    `known`: a query of `key` (as staged) and `number` (for people) of all that the organisation `$1` has here and did not
    take back, for who delivers its complete set.
    """

    apply: Apply
    known: str


Appliers = Mapping[str, Applier]


def read_as(model: type[AnyModel], content: Content, found: list[FieldError]) -> AnyModel | None:
    """Read a record, or a part of it, as a body; adds to `found` what is wrong, as the single write would say it."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        placed = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
        found += invalid_input(placed, content).errors
        return None


def read_apart(about: type[AnyModel], body: type[AnyBody], content: Content) -> tuple[AnyModel, AnyBody]:
    """Read what a record is about, by the members that `about` has, and the rest of it as the body of the single write.

    Raises InvalidInput with everything that is wrong with both.
    """
    wrong: list[FieldError] = []
    names = {field.alias or name for name, field in about.model_fields.items()}
    named = read_as(about, {name: content[name] for name in names & content.keys()}, wrong)
    rest = read_as(body, {name: value for name, value in content.items() if name not in names}, wrong)
    if named is None or rest is None:
        raise InvalidInput(wrong)
    return named, rest


def numbered(name: str, dutch: str, most: int, members: Mapping[str, tuple[str, Cell]]) -> Iterator[Column]:
    """Give the columns of a list of so many objects; `members`: of each its Dutch name and how it is written."""
    for place in range(1, most + 1):
        for member, (word, cell) in members.items():
            yield Column((name, str(place), member), (f"{dutch}{place}{word}",), cell)


def with_list(content: Content, name: str) -> Content:
    """Give a record in which what came in numbered columns is a list."""
    rows = content.get(name)
    if not isinstance(rows, dict) or not all(number.isdecimal() for number in rows):
        return content
    return {**content, name: [rows[number] for number in sorted(rows, key=int)]}
