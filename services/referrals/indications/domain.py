"""The rules of an indication: which fields go together, and which of its versions counts.

*Newest decision wins*: versions are ordered by (decision moment, sent moment), whatever the order of arrival. `commands.sql`
applies `decide` to lists in the database; a property test holds the two equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from shared.dutch import translate
from shared.values.codes import Frequency, ReferrerType, Unit

Content = Mapping[str, Any]
"""What was sent, without BSN and moments, as JSON."""

FIXED = (
    "bsn",
    "product",
    "provider",
    "from",
    "birthYear",
    "agreedTariffCents",
    "unit",
    "frequency",
    "volume",
)
"""What the first accepted version fixes; the volume not at frequency 6 (whole period)."""

_REFERRERS_WITH_CODE = (
    ReferrerType.GENERAL_PRACTITIONER,
    ReferrerType.YOUTH_DOCTOR,
    ReferrerType.CERTIFIED_INSTITUTION,
    ReferrerType.MEDICAL_SPECIALIST,
)
_NOT_BY_THE_DAY = (Unit.DAY_AND_NIGHT, Unit.DAYPART, Unit.EURO, Unit.PIECE_OF_EFFORT)


translate(
    {
        "referrer-code": "Een code hoort alleen bij verwijzers 02 tot en met 05; laat haar weg.",
        "end-required": "Geef de laatste dag: een budget en frequentie 2 (week) vragen er een.",
        "amount-required": "Geef een volume met eenheid en frequentie, of een budget in centen.",
        "amount-twice": "Geef een volume of een budget, niet allebei.",
        "volume-whole": "Volume, eenheid en frequentie horen bij elkaar: geef ze alle drie of geen.",
        "frequency-of-unit": "Eenheid 14, 16, 83 en 84 gaan samen met frequentie 2, 4 of 6.",
    }
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule between fields that is broken: the field to change, and how."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The fields of an indication between which there are rules (iJw 3.2, JW301, and the region's own)."""

    valid_from: date
    valid_to: date | None
    volume: int | None
    unit: Unit | None
    frequency: Frequency | None
    budget_cents: int | None
    referrer: ReferrerType | None
    referrer_code: str | None


def violations(terms: Terms) -> Iterator[Violation]:
    """Give every broken rule between the fields."""
    yield from _period(terms)
    yield from _amount(terms)
    if terms.referrer_code is not None and terms.referrer not in _REFERRERS_WITH_CODE:
        yield Violation(
            "referrer", "referrer-code", "A code goes with referrer types 02 to 05 only; leave it out."
        )


def _period(terms: Terms) -> Iterator[Violation]:
    if terms.valid_to is not None and terms.valid_to < terms.valid_from:
        yield Violation(
            "to", "period", "The last day lies before the first; give a day from `from` on, or leave it out."
        )
    if terms.valid_to is None and terms.budget_cents is not None:
        yield Violation("to", "end-required", "A budget is spread over the whole period: give its last day.")
    if terms.valid_to is None and terms.frequency == Frequency.WEEK:
        yield Violation("to", "end-required", "With frequency 2 (week) a last day is required.")


def _amount(terms: Terms) -> Iterator[Violation]:
    if terms.volume is None and terms.budget_cents is None:
        yield Violation(
            "volume", "amount-required", "Give a volume with unit and frequency, or a budget in cents."
        )
    if terms.volume is not None and terms.budget_cents is not None:
        yield Violation("budgetCents", "amount-twice", "Give a volume or a budget, not both.")
    for name, value in (("unit", terms.unit), ("frequency", terms.frequency)):
        if (value is None) is not (terms.volume is None):
            yield Violation(
                name, "volume-whole", "Volume, unit and frequency go together: give all three or none."
            )
    if terms.unit in _NOT_BY_THE_DAY and terms.frequency == Frequency.DAY:
        yield Violation(
            "frequency", "frequency-of-unit", "Units 14, 16, 83 and 84 go with frequency 2, 4 or 6."
        )


class Outcome(StrEnum):
    """What became of a version that arrived."""

    CREATED = "created"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    """A withdrawal of a number that was never seen."""
    MOMENTS_TAKEN = "moments-taken"
    """The same moments with other content."""
    WITHDRAWN = "withdrawn"
    """Newer than a withdrawal: the number is used up."""
    FIXED = "fixed"
    """Differs in what the first accepted version fixed."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it arrives or is kept. A withdrawal has the client and content of the version that it withdraws."""

    decided_at: datetime
    sent_at: datetime
    client: str
    content: Content
    withdrawal: bool = False
    reason: str | None = None

    @property
    def moments(self) -> tuple[datetime, datetime]:
        return self.decided_at, self.sent_at


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome; for FIXED, the names of the fields that differ."""

    outcome: Outcome
    fields: tuple[str, ...] = field(default=())


def decide(kept: Sequence[Version], given: Version) -> Decision:
    """Decide what becomes of `given` beside the versions kept so far (in any order, moments distinct)."""
    if not kept:
        return Decision(Outcome.UNKNOWN if given.withdrawal else Outcome.CREATED)
    twin = next((version for version in kept if version.moments == given.moments), None)
    if twin:
        return Decision(Outcome.UNCHANGED if _same(twin, given) else Outcome.MOMENTS_TAKEN)
    newest = max(kept, key=lambda version: version.moments)
    newer = given.moments > newest.moments
    if newer and newest.withdrawal:
        return Decision(Outcome.WITHDRAWN)
    differing = _differing(in_force(kept, given), given)
    if differing and not given.withdrawal and "administrativeReason" not in given.content:
        return Decision(Outcome.FIXED, differing)
    return Decision(Outcome.APPLIED if newer else Outcome.SUPERSEDED)


def in_force(kept: Sequence[Version], given: Version) -> Version:
    """Give the version that held at the moments of `given`: the newest not newer than it, else the oldest of all."""
    earlier = [version for version in kept if version.moments <= given.moments]
    return max(earlier, key=lambda v: v.moments) if earlier else min(kept, key=lambda v: v.moments)


def _same(twin: Version, given: Version) -> bool:
    if twin.withdrawal != given.withdrawal or twin.reason != given.reason:
        return False
    return given.withdrawal or (twin.client == given.client and twin.content == given.content)


def _differing(basis: Version, given: Version) -> tuple[str, ...]:
    return tuple(sorted(name for name in FIXED if _fixed(basis, name) != _fixed(given, name)))


def _fixed(version: Version, name: str) -> object:
    if name == "bsn":
        return version.client
    if name == "volume" and version.content.get("frequency") == Frequency.WHOLE_PERIOD:
        return None
    return version.content.get(name)
