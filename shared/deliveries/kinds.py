"""What a noun says of itself in order to be delivered in files."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from shared.auth import Principal, Role
from shared.database import Connection
from shared.problems import FieldError, Problem
from shared.processing_log import ProcessingRecord
from shared.web.validation import invalid_input

Content = dict[str, Any]
AnyModel = TypeVar("AnyModel", bound=BaseModel)


class Cell(StrEnum):
    """How the text in a column becomes JSON."""

    TEXT = "text"
    INTEGER = "integer"
    EUROS = "euros"
    """An amount in euros, which becomes integer cents."""
    DAY = "day"
    FLAG = "flag"


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
    """A valid record as it waits, its BSN sealed. Records with one `key` are applied in the order of `moment`."""

    key: str
    moment: str
    content: Content


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
