"""The rules of agreements: what a change does to the agreements of one provider for one product.

Withdrawing is not the end: putting the same provider, product and first day again brings the agreement back, as its next
version. A first day is corrected by withdrawing and putting anew. `commands.sql` applies `decide` to lists in the
database; a property test holds the two equal.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from shared.events.contracts import AgreementState
from shared.problems import FieldError
from shared.values.period import Period
from shared.values.region import Region


class Key(NamedTuple):
    """What an agreement is known by."""

    provider: str
    product: str
    valid_from: date


class Outcome(StrEnum):
    """What became of a change."""

    CREATED = "created"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    """A withdrawal of what was never agreed."""
    UNKNOWN_PARTY = "unknown-party"
    """The provider or the product was never put."""
    OVERLAPS = "overlaps"
    """Afterwards two agreements of this provider for this product would hold on one day."""


@dataclass(frozen=True, slots=True)
class Change:
    """A state to put, or with None the withdrawal of what stands under the key."""

    key: Key
    state: AgreementState | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, and what is in its way: names of unknown parties, the other period of an overlap."""

    outcome: Outcome
    unknown: tuple[str, ...] = ()
    other: Period | None = None


Known = Mapping[Key, AgreementState]


def violations(agreement: AgreementState) -> Iterator[FieldError]:
    """Give every broken rule between the fields of an agreement."""
    if agreement.valid_to is not None and agreement.valid_to < agreement.valid_from:
        message = "The last day lies before the first; give a day from `from` on, or leave it out."
        yield FieldError("period", message, pointer="#/to")


def outside(region: Region, municipalities: Sequence[str]) -> Iterator[FieldError]:
    """Give an error for every municipality that the region does not hold."""
    for place, code in enumerate(municipalities):
        if code not in region:
            message = (
                "This municipality is not in the region; give codes of its region file, or leave this out."
            )
            yield FieldError("municipality", message, pointer=f"#/municipalities/{place}")


def decide(
    known: Known, providers: Collection[str], products: Collection[str], changes: Sequence[Change]
) -> list[Decision]:
    """Decide what becomes of changes to different keys, given all agreements, providers and products that are known.

    The changes to one provider and product are one change: when its result overlaps, all of them are refused.
    """
    first = [_alone(known, providers, products, change) for change in changes]
    after = dict(known)
    for change, decision in zip(changes, first, strict=True):
        if decision.outcome in (Outcome.CREATED, Outcome.APPLIED):
            after[change.key] = result(known, change)
    return [_beside_others(after, change, decision) for change, decision in zip(changes, first, strict=True)]


def result(known: Known, change: Change) -> AgreementState:
    """Give what stands under the key after a change that is not refused."""
    return change.state or known[change.key].model_copy(update={"withdrawn": True})


def _alone(known: Known, providers: Collection[str], products: Collection[str], change: Change) -> Decision:
    current = known.get(change.key)
    if change.state is None and current is None:
        return Decision(Outcome.UNKNOWN)
    parties = (("product", change.key.product in products), ("provider", change.key.provider in providers))
    if unknown := tuple(name for name, there in parties if not there):
        return Decision(Outcome.UNKNOWN_PARTY, unknown)
    if current is None:
        return Decision(Outcome.CREATED)
    return Decision(Outcome.UNCHANGED if result(known, change) == current else Outcome.APPLIED)


def _beside_others(after: Known, change: Change, decision: Decision) -> Decision:
    if decision.outcome not in (Outcome.CREATED, Outcome.APPLIED):
        return decision
    ours = (state for key, state in after.items() if key[:2] == change.key[:2] and not state.withdrawn)
    periods = sorted((Period(each.valid_from, each.valid_to) for each in ours), key=lambda p: p.valid_from)
    for one, other in pairwise(periods):
        if one.overlaps(other):
            return Decision(Outcome.OVERLAPS, other=other if one.valid_from == change.key.valid_from else one)
    return decision
