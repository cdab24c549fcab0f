"""What the service is told itself, in the place of reading it from others: statements, and which of them counts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from shared.dutch import translate
from shared.problems import FieldError

TOPIC = "monitoring.stated"
"""By this name what is stated has its promise, beside those of the topics."""


class Kind(StrEnum):
    """What statements are about."""

    ACCOUNTS = "accounts"
    CONTEXT = "context"


class Outcome(StrEnum):
    """What became of a statement."""

    CREATED = "created"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    UNCHANGED = "unchanged"


class Level(StrEnum):
    """What part of the region a number is of."""

    MUNICIPALITY = "municipality"
    SUB_REGION = "sub-region"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that figures read: of what, where, and in which months (integers) it holds."""

    name: str
    level: Level
    municipality: str | None
    sub_region: str | None
    first_month: int
    last_month: int
    amount: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated under a key; `state` has `statedOn`. `organisation`: whose it is, empty for the region's."""

    key: str
    state: Mapping[str, Any]
    organisation: str = ""
    number: Number | None = None


def decide(
    versions: Sequence[Mapping[str, Any]], given: Mapping[str, Any]
) -> tuple[Outcome, Mapping[str, Any]]:
    """Decide what a statement does to those before it (in the order of arrival), and which one counts then.

    The newest `statedOn` counts; of two of the same day the one that came last. An older one is kept and changes
    nothing. `commands.sql` does the same; a property test holds them equal.
    """
    current: Mapping[str, Any] | None = None
    for each in versions:
        if current is None or each["statedOn"] >= current["statedOn"]:
            current = each
    if current is None:
        return Outcome.CREATED, given
    if given == current:
        return Outcome.UNCHANGED, current
    if given["statedOn"] >= current["statedOn"]:
        return Outcome.APPLIED, given
    return Outcome.UNCHANGED if given in versions else Outcome.SUPERSEDED, current


translate({"not-yet": "Deze dag moet nog komen; geef de dag waarop de bron het zei."})


def not_yet(stated_on: date, today: date) -> Iterator[FieldError]:
    """Give the error of a day that has not come: by a slip of the keyboard it would be the newest for years."""
    if stated_on > today:
        message = "This day has not come yet; give the day on which the source said so."
        yield FieldError("not-yet", message, pointer="#/statedOn")
