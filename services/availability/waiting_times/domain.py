"""The rules of waiting-time reports: what a provider may say of a product at one of its locations, and what becomes of it.

A report stands under provider, location, product and reference date. The newest reference date is what counts now; what
comes for one that is known is a correction of it. `commands.sql` applies `decide` to lists in the database; a property
test holds the two equal.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from shared.dutch import translate
from shared.events.availability import ReportState
from shared.problems import FieldError
from shared.values.codes import Admission
from shared.values.period import Period

EARLIEST_REFERENCE_DATE = date(2015, 1, 1)
"""The Youth Act dates from then."""
REPORTED_EVERY_DAYS = 31
"""At least monthly: the next report is due so many days after the reference date, and stale on the day after that."""


class Key(NamedTuple):
    """What a report of one provider is known by."""

    location: str
    product: str
    reference_date: date


@dataclass(frozen=True, slots=True)
class StillCorrect:
    """All that was last reported at a location still holds on the reference date."""

    provider: str
    location: str
    reference_date: date


Said = ReportState | StillCorrect


class Outcome(StrEnum):
    """What became of a report."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONFIRMED = "confirmed"
    """Said to be still correct: a report of this reference date for each product that it is about."""
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a report was refused, beside what is wrong with its form."""

    IN_THE_FUTURE = "in-the-future"
    BEFORE_2015 = "before-2015"
    REASON_REQUIRED = "reason-required"
    UNTIL_OF_ACCEPTING = "until-of-accepting"
    UNTIL_BEFORE_REFERENCE_DATE = "until-before-reference-date"
    ANOTHER_PROVIDER = "another-provider"
    NAMED_TWICE = "named-twice"
    UNKNOWN_LOCATION = "unknown-location"
    NO_AGREEMENT = "no-agreement"
    NOTHING_REPORTED = "nothing-reported"


class Explained(NamedTuple):
    """The member that a refusal is about (none: the whole report), and what to do, in English and in Dutch."""

    field: str
    message: str
    message_nl: str


EXPLAINED: Mapping[Refusal, Explained] = {
    Refusal.IN_THE_FUTURE: Explained(
        "referenceDate",
        "The reference date lies in the future; give the day on which this was seen.",
        "De peildatum ligt in de toekomst; geef de dag waarop dit is vastgesteld.",
    ),
    Refusal.BEFORE_2015: Explained(
        "referenceDate",
        "The reference date lies before 2015; check its year.",
        "De peildatum ligt voor 2015; controleer het jaar.",
    ),
    Refusal.REASON_REQUIRED: Explained(
        "reason",
        "With `limited` or `stop` a reason is required.",
        "Bij `limited` of `stop` is een reden verplicht.",
    ),
    Refusal.UNTIL_OF_ACCEPTING: Explained(
        "until",
        "With `accepting` there is nothing that lasts until a day; leave `until` out.",
        "Bij `accepting` hoort geen einddatum; laat `until` weg.",
    ),
    Refusal.UNTIL_BEFORE_REFERENCE_DATE: Explained(
        "until",
        "`until` lies before the reference date; give a day from that on, or leave it out.",
        "`until` ligt voor de peildatum; geef een latere dag of laat het weg.",
    ),
    Refusal.ANOTHER_PROVIDER: Explained(
        "provider",
        "This is another provider than yours; report of your own only.",
        "Dit is een andere aanbieder; meld alleen voor uw eigen organisatie.",
    ),
    Refusal.NAMED_TWICE: Explained(
        "",
        "An earlier report of this list has the same location, product and reference date; that one counts.",
        "Een eerdere melding in deze lijst heeft dezelfde locatie, hetzelfde product en dezelfde peildatum; die telt.",
    ),
    Refusal.UNKNOWN_LOCATION: Explained(
        "location",
        "This location of yours is not known; use a code of your locations as the region has them.",
        "Deze locatie van u is niet bekend; gebruik een code van uw locaties zoals de regio die kent.",
    ),
    Refusal.NO_AGREEMENT: Explained(
        "product",
        "No agreement of yours for this product is in force on the reference date, as far as is known here.",
        "Op de peildatum geldt voor dit product geen overeenkomst met u, voor zover hier bekend.",
    ),
    Refusal.NOTHING_REPORTED: Explained(
        "location",
        "Nothing was reported at this location up to this date of what is contracted then; report it first.",
        "Op deze locatie is tot deze datum niets gemeld van wat dan is gecontracteerd; meld dat eerst.",
    ),
}

translate({refusal.value: explained.message_nl for refusal, explained in EXPLAINED.items()})


def broken(refusals: Iterable[Refusal]) -> Iterator[FieldError]:
    """Give what is wrong with a report by itself, as a record of a delivery."""
    for refusal in refusals:
        field, message, _ = EXPLAINED[refusal]
        yield FieldError(refusal, message, pointer=f"#/{field}".rstrip("/"))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one provider: its reports, what it is contracted for, its locations (None: not heard of yet)."""

    reports: Mapping[Key, ReportState]
    contracted: Collection[tuple[str, Period]]
    locations: frozenset[str] | None

    def agreed(self, product: str, day: date) -> bool:
        """Whether the provider is contracted for the product on the day."""
        return any(code == product and day in period for code, period in self.contracted)


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, why it was refused, and how many reports a confirmation made."""

    outcome: Outcome
    refusals: tuple[Refusal, ...] = ()
    confirmed: int = 0


def violations(said: Said, today: date) -> Iterator[Refusal]:
    """Give every rule between its fields that what was said breaks."""
    if said.reference_date > today:
        yield Refusal.IN_THE_FUTURE
    if said.reference_date < EARLIEST_REFERENCE_DATE:
        yield Refusal.BEFORE_2015
    if isinstance(said, StillCorrect):
        return
    if said.admission is not Admission.ACCEPTING and said.reason is None:
        yield Refusal.REASON_REQUIRED
    if said.until is not None and said.admission is Admission.ACCEPTING:
        yield Refusal.UNTIL_OF_ACCEPTING
    elif said.until is not None and said.until < said.reference_date:
        yield Refusal.UNTIL_BEFORE_REFERENCE_DATE


def key_of(report: ReportState) -> Key:
    """Give what a report is known by."""
    return Key(report.location, report.product, report.reference_date)


def decide(known: Known, said: Sequence[Said]) -> list[Decision]:
    """Decide what becomes of a list of one provider. All of it is seen beside what was known before the list."""
    named = {key_of(each) for each in said if isinstance(each, ReportState)}
    return [
        _of_report(known, each, said[:place])
        if isinstance(each, ReportState)
        else _of_still_correct(known, each, said[:place], named)
        for place, each in enumerate(said)
    ]


def _of_report(known: Known, report: ReportState, earlier: Sequence[Said]) -> Decision:
    refusals = [*_misplaced(known, report, earlier)]
    if not known.agreed(report.product, report.reference_date):
        refusals.append(Refusal.NO_AGREEMENT)
    if refusals:
        return Decision(Outcome.REFUSED, tuple(refusals))
    before = known.reports.get(key_of(report))
    if before is None:
        return Decision(Outcome.CREATED)
    return Decision(Outcome.UNCHANGED if before == report else Outcome.CHANGED)


def _of_still_correct(
    known: Known, said: StillCorrect, earlier: Sequence[Said], named: Collection[Key]
) -> Decision:
    if refusals := tuple(_misplaced(known, said, earlier)):
        return Decision(Outcome.REFUSED, refusals)
    # A product that the same list reports for this date itself is not confirmed beside it.
    last = [
        each
        for each in last_reported(known, said)
        if Key(said.location, each.product, said.reference_date) not in named
    ]
    if not last:
        return Decision(Outcome.REFUSED, (Refusal.NOTHING_REPORTED,))
    made = sum(each.reference_date < said.reference_date for each in last)
    return Decision(Outcome.CONFIRMED if made else Outcome.UNCHANGED, confirmed=made)


def last_reported(known: Known, said: StillCorrect) -> list[ReportState]:
    """Give what was last reported at the location up to the date, of each product that is contracted on it."""
    newest: dict[str, ReportState] = {}
    for key, report in sorted(known.reports.items(), key=lambda item: item[0].reference_date):
        if key.location == said.location and key.reference_date <= said.reference_date:
            newest[key.product] = report
    return [each for each in newest.values() if known.agreed(each.product, said.reference_date)]


def confirmed(report: ReportState, on: date) -> ReportState:
    """Give the report of a later date that says the same. An `until` that has passed is left out: it did not hold."""
    until = report.until if report.until is not None and report.until >= on else None
    return report.model_copy(update={"reference_date": on, "until": until})


def _misplaced(known: Known, said: Said, earlier: Sequence[Said]) -> Iterator[Refusal]:
    if any(_same_key(said, other) for other in earlier):
        yield Refusal.NAMED_TWICE
    if known.locations is not None and said.location not in known.locations:
        yield Refusal.UNKNOWN_LOCATION


def _same_key(one: Said, other: Said) -> bool:
    if isinstance(one, ReportState) and isinstance(other, ReportState):
        return key_of(one) == key_of(other)
    same = (one.location, one.reference_date) == (other.location, other.reference_date)
    return type(one) is type(other) and same
