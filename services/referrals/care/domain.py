"""The rules of a period of care: what a provider says of its start and stop, and what may stand under an indication.

*Newest sent moment wins*, whatever the order of arrival. A period whose assignment number is not known yet waits: the same
rules decide it when the indication arrives. `commands.sql` applies `decide` and `settle`; a property test holds them equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from shared.values.codes import ReasonOfEnding
from shared.values.period import Period

WAITING_DAYS: Final = 30
"""How long a period waits for its indication before it is refused."""


class Key(NamedTuple):
    """What a period is known by."""

    municipality: str
    assignment_number: int
    valid_from: date
    provider: str


class Status(StrEnum):
    """Whether a period counts: only an accepted one does, and only that is published."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Outcome(StrEnum):
    """What became of a version that arrived, or of a period that waited."""

    CREATED = "created"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    """A withdrawal of what was never sent, or was refused."""
    MOMENT_TAKEN = "moment-taken"
    """The same moment with other content."""
    STOPPED = "stopped"
    """A withdrawal of a period that has a stop."""
    ACCEPTED = "accepted"
    """It waited, and its indication arrived."""
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a period may not stand under its indication."""

    NOT_YOURS = "not-yours"
    """The indication is another provider's."""
    INDICATION_WITHDRAWN = "indication-withdrawn"
    FROM_OUTSIDE = "from-outside"
    TO_OUTSIDE = "to-outside"
    OVERLAPS = "overlaps"
    """Another period of the indication has a day of it too."""
    NUMBER_UNKNOWN = "number-unknown"
    """The indication did not arrive within 30 days."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it arrives or is kept: with last day and reason a start and its stop, without them a start."""

    sent_at: datetime
    valid_to: date | None = None
    reason_of_ending: ReasonOfEnding | None = None
    withdrawal: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one period: its versions in any order, and whether it counts (None: nothing is kept)."""

    versions: Sequence[Version] = ()
    status: Status | None = None

    @property
    def newest(self) -> Version | None:
        return max(self.versions, key=lambda version: version.sent_at, default=None)


@dataclass(frozen=True, slots=True)
class Indication:
    """What a period needs to know of its indication."""

    provider: str
    period: Period
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a period stands.

    `indication` is None while the number is not known. `others` are the other periods of the indication that count.
    """

    provider: str
    valid_from: date
    indication: Indication | None
    others: Sequence[Period] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome; when it is REFUSED why, and the first other period in the way."""

    outcome: Outcome
    refusal: Refusal | None = None
    other: Period | None = None


def decide(kept: Kept, given: Version, place: Place) -> Decision:
    """Decide what becomes of `given` beside what is kept of the period."""
    if _is_anothers(place) and kept.status is not Status.ACCEPTED:
        return Decision(Outcome.REFUSED, Refusal.NOT_YOURS)
    newest = kept.newest
    if newest is None or (given.withdrawal and kept.status is Status.REFUSED):
        return Decision(Outcome.UNKNOWN) if given.withdrawal else _placed(place, given, None, Outcome.CREATED)
    twin = next((version for version in kept.versions if version.sent_at == given.sent_at), None)
    if twin:
        return Decision(Outcome.UNCHANGED if twin == given else Outcome.MOMENT_TAKEN)
    if given.sent_at < newest.sent_at:
        return Decision(Outcome.SUPERSEDED)
    if given.withdrawal and newest.valid_to is not None:
        return Decision(Outcome.STOPPED)
    goes_on = kept.status is Status.ACCEPTED and not newest.withdrawal
    return _placed(place, given, newest if goes_on else None, Outcome.APPLIED)


def settle(newest: Version, place: Place) -> Decision:
    """Decide about a period that waited, by its newest version, now that its indication is known."""
    if _is_anothers(place):
        return Decision(Outcome.REFUSED, Refusal.NOT_YOURS)
    return _placed(place, newest, None, Outcome.ACCEPTED)


def _is_anothers(place: Place) -> bool:
    return place.indication is not None and place.indication.provider != place.provider


def _placed(place: Place, given: Version, counting: Version | None, otherwise: Outcome) -> Decision:
    """Look for what is in the way; `counting` is the version that counts already, whose days are not asked again."""
    if place.indication is None or given.withdrawal:
        return Decision(otherwise)
    if refusal := _outside(place.indication, place.valid_from, given, counting):
        return Decision(Outcome.REFUSED, refusal)
    period = Period(place.valid_from, given.valid_to)
    overlapping = sorted((o for o in place.others if o.overlaps(period)), key=lambda o: o.valid_from)
    return Decision(Outcome.REFUSED, Refusal.OVERLAPS, overlapping[0]) if overlapping else Decision(otherwise)


def _outside(
    indication: Indication, valid_from: date, given: Version, counting: Version | None
) -> Refusal | None:
    if counting is None and indication.withdrawn:
        return Refusal.INDICATION_WITHDRAWN
    if counting is None and valid_from not in indication.period:
        return Refusal.FROM_OUTSIDE
    # What was accepted has happened, however short the indication was made afterwards.
    if given.valid_to in (None, counting and counting.valid_to):
        return None
    return None if given.valid_to in indication.period else Refusal.TO_OUTSIDE
