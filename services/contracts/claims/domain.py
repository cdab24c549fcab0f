"""The rules of a claim: what a provider may claim under an indication, and what becomes of what it sends.

What names a number that is not known here yet waits, counted nowhere; it is decided when the indication and its value have
arrived. An assignment number of another provider is as one that nobody knows. `commands.sql` applies `decide` in the
database; a property test holds the two equal.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from shared.problems import Conflict, Kind, Problem, register
from shared.values.period import Period

WAITS = timedelta(days=30)
"""How long a claim waits for its number to become known before it is refused."""

Fact = str | int | None


class Status(StrEnum):
    """Where a claim stands; only what is accepted counts."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CREDITED = "credited"


class Outcome(StrEnum):
    """What became of what was sent: one of the first four, or why it was refused."""

    CREATED = "created"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    """A credit of a claim that was never made."""
    CREDITED = "claim-credited"
    """The claim was credited, which uses its reference up."""
    NUMBER_FIXED = "claim-number-fixed"
    """A correction that names another assignment number than the accepted claim."""
    NUMBER_UNKNOWN = "claim-number-not-known"
    INDICATION_WITHDRAWN = "claim-indication-withdrawn"
    OUTSIDE_PERIOD = "claim-outside-indication"
    DOUBLE = "claim-double"
    ABOVE_GRANTED = "claim-above-granted"


@dataclass(frozen=True, slots=True)
class Content:
    """What is claimed: so many cents for these days of care under this number (municipality, assignment number)."""

    number: tuple[str, int]
    period: Period
    cents: int


@dataclass(frozen=True, slots=True)
class Claimable:
    """An indication against which can be claimed, as it and its value are known now.

    `granted_cents` is None where any of its days is not valued: then there is no ceiling.
    """

    indication: UUID
    provider: str
    period: Period
    granted_cents: int | None
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it stands."""

    reference: str
    content: Content
    status: Status


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, where the claim then stands (None: as before), and the facts of a refusal."""

    outcome: Outcome
    status: Status | None = None
    facts: tuple[tuple[str, Fact], ...] = ()


def decide(
    kept: Claim | None, claimable: Claimable | None, others: Collection[Claim], provider: str, given: Content
) -> Decision:
    """Decide what becomes of a claim of a provider beside its `others`, given what it sent before under this reference."""
    if kept is not None:
        if kept.status is Status.CREDITED:
            return Decision(Outcome.CREDITED)
        if kept.content == given and kept.status is not Status.REFUSED:
            return Decision(Outcome.UNCHANGED)
        if kept.status is Status.ACCEPTED and kept.content.number != given.number:
            return Decision(Outcome.NUMBER_FIXED)
    refusal = judge(claimable, others, provider, given)
    done = Outcome.CREATED if kept is None else Outcome.APPLIED
    if refusal is None:
        return Decision(done, Status.ACCEPTED)
    if refusal.outcome is Outcome.NUMBER_UNKNOWN and (kept is None or kept.status is not Status.ACCEPTED):
        return Decision(done, Status.WAITING)
    return refusal


def credit(kept: Claim | None) -> Decision:
    """Decide what taking a claim back does."""
    if kept is None:
        return Decision(Outcome.UNKNOWN)
    if kept.status is Status.CREDITED:
        return Decision(Outcome.UNCHANGED)
    return Decision(Outcome.APPLIED, Status.CREDITED)


def judge(
    claimable: Claimable | None, others: Collection[Claim], provider: str, given: Content
) -> Decision | None:
    """Give why a claim cannot be accepted beside the provider's other claims, or None: it can."""
    if claimable is None or claimable.provider != provider:
        return Decision(Outcome.NUMBER_UNKNOWN)
    if claimable.withdrawn:
        return Decision(Outcome.INDICATION_WITHDRAWN)
    if claimable.period.intersection(given.period) != given.period:
        return _refused(
            Outcome.OUTSIDE_PERIOD,
            indicationFrom=claimable.period.valid_from.isoformat(),
            indicationTo=claimable.period.valid_to.isoformat() if claimable.period.valid_to else None,
        )
    in_force = [
        each for each in others if each.status is Status.ACCEPTED and each.content.number == given.number
    ]
    twin = next((each for each in in_force if each.content.period == given.period), None)
    if twin is not None:
        return _refused(Outcome.DOUBLE, otherReference=twin.reference)
    left = cents_left(claimable, in_force)
    if left is not None and given.cents > left:
        return _refused(Outcome.ABOVE_GRANTED, centsLeft=max(left, 0))
    return None


def cents_left(claimable: Claimable, in_force: Collection[Claim]) -> int | None:
    """Give what can still be claimed beside the claims in force; None: no ceiling; below 0: less was granted since."""
    if claimable.granted_cents is None:
        return None
    return claimable.granted_cents - sum(each.content.cents for each in in_force)


def _refused(outcome: Outcome, **facts: Fact) -> Decision:
    return Decision(outcome, facts=tuple(sorted(facts.items())))


class ClaimCredited(Conflict):
    """This claim was credited, which uses its reference up. Claim anew under another reference."""


class ClaimNumberFixed(Conflict):
    """An accepted claim keeps its assignment number. Credit it, and claim anew under another reference."""


class ClaimNumberNotKnown(Conflict):
    """No indication of yours is known under this assignment number. Ask the municipality, then send the claim again."""


class ClaimIndicationWithdrawn(Conflict):
    """The indication was withdrawn: nothing can be claimed under it. Ask the municipality for its new number."""


class ClaimOutsideIndication(Conflict):
    """The days lie outside the indication's period. Claim the days inside it, or ask the municipality to extend it."""


class DoubleClaim(Conflict):
    """These days were claimed under this number before. Correct that claim, or credit it first."""


class ClaimAboveGranted(Conflict):
    """This is more than what is left of the granted value. Claim at most that, or ask the municipality to raise it."""


REFUSALS: Mapping[Outcome, type[Problem]] = {
    Outcome.CREDITED: ClaimCredited,
    Outcome.NUMBER_FIXED: ClaimNumberFixed,
    Outcome.NUMBER_UNKNOWN: ClaimNumberNotKnown,
    Outcome.INDICATION_WITHDRAWN: ClaimIndicationWithdrawn,
    Outcome.OUTSIDE_PERIOD: ClaimOutsideIndication,
    Outcome.DOUBLE: DoubleClaim,
    Outcome.ABOVE_GRANTED: ClaimAboveGranted,
}
_TITLES = {
    Outcome.CREDITED: ("Claim was credited", "Declaratie is gecrediteerd"),
    Outcome.NUMBER_FIXED: ("Number of the claim is fixed", "Nummer van de declaratie ligt vast"),
    Outcome.NUMBER_UNKNOWN: ("Assignment number not known", "Toewijzingnummer niet bekend"),
    Outcome.INDICATION_WITHDRAWN: (
        "Claimed indication was withdrawn",
        "Gedeclareerde toewijzing is ingetrokken",
    ),
    Outcome.OUTSIDE_PERIOD: ("Outside the indication", "Buiten de toewijzing"),
    Outcome.DOUBLE: ("Claimed twice", "Dubbel gedeclareerd"),
    Outcome.ABOVE_GRANTED: ("Above the granted value", "Boven het beschikte bedrag"),
}
register({REFUSALS[outcome]: Kind(409, outcome.value, *titles) for outcome, titles in _TITLES.items()})


def refusal(outcome: Outcome, facts: Mapping[str, Fact]) -> Problem:
    """Give the problem that a refusal is, with its facts in the sentence too."""
    match outcome:
        case Outcome.OUTSIDE_PERIOD:
            last = facts["indicationTo"]
            until = "on, without end" if last is None else f"to {last}"
            said = f"The indication holds from {facts['indicationFrom']} {until}. Claim the days inside it."
        case Outcome.DOUBLE:
            said = (
                f"Claim {facts['otherReference']} is for these days under this number: correct or credit it."
            )
        case Outcome.ABOVE_GRANTED:
            said = f"Of the granted value {facts['centsLeft']} cents are left: claim at most that."
        case _:
            said = ""
    return REFUSALS[outcome](said, **dict(facts))
