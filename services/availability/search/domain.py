"""What is on offer, where, how soon, and why it stands where it stands in an answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from shared.events.contracts import AgreementState, Location, ProductState, ProviderState
from shared.values.codes import Admission, ProductCategory, Unit
from shared.values.period import Period

STALE_AFTER_DAYS = 31
"""Providers report at least monthly: an older report may no longer be right."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that can be had from a provider at a location in a period. None is what is not known yet."""

    provider: str
    provider_name: str | None
    product: str
    name_nl: str | None
    name_en: str | None
    category: ProductCategory | None
    segment: int | None
    residential: bool | None
    family: bool | None
    housing: bool | None
    unit: Unit | None
    minimum_age: int | None
    maximum_age: int | None
    municipalities: tuple[str, ...] | None
    valid_from: date
    valid_to: date | None
    location: str | None
    location_name: str | None
    postcode: str | None
    latitude: float | None
    longitude: float | None


def offered(
    agreement: AgreementState, product: ProductState | None, provider: ProviderState | None
) -> list[Offer]:
    """What an agreement offers, by location; nothing when it was withdrawn, or its product exists on none of its days.

    A product or provider not heard of yet hides nothing of what was agreed: it becomes complete later. A provider without
    locations has one offer without a location.
    """
    period = _period(agreement, product)
    if period is None:
        return []
    places = (provider.locations if provider else ()) or (None,)
    return [_offer(agreement, product, provider, period, place) for place in places]


def _offer(
    agreement: AgreementState,
    product: ProductState | None,
    provider: ProviderState | None,
    period: Period,
    place: Location | None,
) -> Offer:
    return Offer(
        provider=agreement.provider,
        provider_name=provider.name if provider else None,
        product=agreement.product,
        name_nl=product.name_nl if product else None,
        name_en=product.name_en if product else None,
        category=product.category if product else None,
        segment=product.segment if product else None,
        residential=product.residential if product else None,
        family=product.family if product else None,
        housing=product.housing if product else None,
        unit=product.unit if product else None,
        minimum_age=product.minimum_age if product else None,
        maximum_age=product.maximum_age if product else None,
        municipalities=agreement.municipalities,
        valid_from=period.valid_from,
        valid_to=period.valid_to,
        location=place.code if place else None,
        location_name=place.name if place else None,
        postcode=place.postcode if place else None,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
    )


def _period(agreement: AgreementState, product: ProductState | None) -> Period | None:
    if agreement.withdrawn:
        return None
    agreed = Period(agreement.valid_from, agreement.valid_to)
    return agreed.intersection(Period(product.valid_from, product.valid_to)) if product else agreed


class Sort(StrEnum):
    """By what an answer is ordered. Unknown comes last, and what is equal by distance, product, provider and location."""

    WAIT = "wait"
    DISTANCE = "distance"
    FRESHNESS = "freshness"


class Reason(NamedTuple):
    """Why an offer stands where it stands, or what to know before it is chosen: a short code, in English and in Dutch."""

    code: str
    text: str
    text_nl: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What an offer's place in an answer hangs on. Weeks; days since the reference date; kilometres."""

    intake_weeks: int | None
    start_weeks: int | None
    age_days: int | None
    admission: Admission | None
    distance_km: float | None

    @property
    def total_weeks(self) -> int | None:
        """The sum of both parts; None as soon as one of them is not known."""
        if self.intake_weeks is None or self.start_weeks is None:
            return None
        return self.intake_weeks + self.start_weeks

    @property
    def stale(self) -> bool | None:
        """Whether the report is too old to build on; None without one."""
        return None if self.age_days is None else self.age_days > STALE_AFTER_DAYS


def because(standing: Standing, sort: Sort, *, from_postcode: bool) -> list[Reason]:
    """Say why an offer stands where it stands: first what the answer is ordered by, then what else counts."""
    wait, distance = _of_wait(standing), _of_distance(standing)
    freshness = _of_freshness(standing)
    first = {Sort.WAIT: wait, Sort.DISTANCE: distance, Sort.FRESHNESS: freshness}[sort]
    others = [wait, *([distance] if from_postcode else [])]
    found = [first, *(each for each in others if each != first)]
    if standing.stale and freshness != first:
        found.append(freshness)
    return [*found, *_of_admission(standing)]


def _of_wait(standing: Standing) -> Reason:
    total = standing.total_weeks
    if total is not None:
        parts = (standing.intake_weeks, standing.start_weeks)
        return Reason(
            "wait",
            f"{_weeks(total)} of waiting: {parts[0]} to the intake, {parts[1]} more to the start of care.",
            f"{_weken(total)} wachten: {parts[0]} tot de intake, daarna {parts[1]} tot de start van de zorg.",
        )
    if standing.age_days is None:
        return Reason(
            "never-reported",
            "No waiting time was ever reported; it comes after those that are known.",
            "Er is nooit een wachttijd gemeld; het staat na wat wel bekend is.",
        )
    return Reason(
        "wait-unknown",
        "The provider says that the waiting time is not known; it comes after those that are known.",
        "De aanbieder meldt dat de wachttijd niet bekend is; het staat na wat wel bekend is.",
    )


def _of_distance(standing: Standing) -> Reason:
    if standing.distance_km is None:
        return Reason(
            "distance-unknown",
            "The location is not known; it comes after those that are known.",
            "De locatie is niet bekend; het staat na wat wel bekend is.",
        )
    dutch = f"{standing.distance_km:.1f}".replace(".", ",")
    return Reason(
        "distance",
        f"{standing.distance_km:.1f} km from the postcode, as the crow flies.",
        f"{dutch} km van de postcode, hemelsbreed.",
    )


def _of_freshness(standing: Standing) -> Reason:
    days = standing.age_days
    if days is None:
        return _of_wait(standing)
    if standing.stale:
        return Reason(
            "stale",
            f"Reported {days} days ago, over {STALE_AFTER_DAYS}: ask the provider whether it is still right.",
            f"Gemeld {days} dagen geleden, meer dan {STALE_AFTER_DAYS}: vraag de aanbieder of het nog klopt.",
        )
    return Reason("fresh", f"Reported {_days(days)} ago.", f"{_dagen(days)} geleden gemeld.")


def _of_admission(standing: Standing) -> Iterator[Reason]:
    if standing.admission is Admission.LIMITED:
        yield Reason(
            "limited", "Takes new clients with limits: see the reason.", "Neemt beperkt op: zie de reden."
        )
    if standing.admission is Admission.STOP:
        yield Reason("stop", "Takes no new clients now: see the reason.", "Opnamestop: zie de reden.")


def _weeks(number: int) -> str:
    return f"{number} week" if number == 1 else f"{number} weeks"


def _weken(number: int) -> str:
    return f"{number} week" if number == 1 else f"{number} weken"


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _dagen(number: int) -> str:
    return f"{number} dag" if number == 1 else f"{number} dagen"
