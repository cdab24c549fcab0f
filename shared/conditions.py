"""What lists are narrowed to, as conditions on their tables."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_


def equal(*given: tuple[object, ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    """Each column equals its value; a value of None asks nothing."""
    return [column == value for value, column in given if value is not None]


def in_force(
    day: date | None, first: ColumnElement[Any], last: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    """The day lies in the period from `first` up to and including `last` (NULL: an open end); None asks nothing."""
    return [] if day is None else [first <= day, or_(last.is_(None), last >= day)]
