"""The waiting times that the example's providers reported for April 2023, in the published ranges."""

from collections.abc import Iterator
from itertools import groupby

from demo import offer
from demo.offer import FAMILY_HOME, FOSTER_CARE, GROUP_HOME, INDEPENDENT_LIVING
from demo.request import PROVIDER, Body, Request
from shared.values.codes import Admission

# The shortest and the longest wait that was reported, in weeks to intake and from there to the start of care.
WEEKS = {FOSTER_CARE: (2, 12), FAMILY_HOME: (1, 110), GROUP_HOME: (0, 40), INDEPENDENT_LIVING: (1, 40)}
_STAGE = 3
_REPORTED_ON = ("2023-03-06", "2023-04-03")
_STARTED_LATER_ON = ("2023-04-18",)
_STOP_FROM_WEEKS = 40
_INTAKE_WEEKS = 4


def requests() -> Iterator[Request]:
    """A call for each provider and month, with all that it offers at all its locations."""
    reports = sorted(_reports(), key=_delivery)
    for (provider, _), told in groupby(reports, key=_delivery):
        body = {"reports": list(told)}
        line = f"/waiting-times/{provider}"
        yield Request(_STAGE, "availability", "POST", "/waiting-times", body, PROVIDER, provider, line)


def _delivery(report: Body) -> tuple[str, str]:
    return report["provider"], report["referenceDate"]


def _reports() -> Iterator[Body]:
    for product, providers in offer.CONTRACTED.items():
        places = [(provider, code) for provider in providers for code in _locations(provider)]
        for place, (provider, location) in enumerate(places):
            later = (product, provider) == offer.STARTED_IN_MID_MONTH
            for day in _STARTED_LATER_ON if later else _REPORTED_ON:
                yield _report(provider, location, product, day, _weeks(product, place, len(places)))


def _locations(provider: str) -> list[str]:
    return [f"{number:02d}" for number in range(1, len(offer.PROVIDERS[provider][1]) + 1)]


def _weeks(product: str, place: int, places: int) -> int:
    # From the shortest at the first place to the longest at the last; most of them are far nearer to the shortest.
    shortest, longest = WEEKS[product]
    return shortest + round((longest - shortest) * (place / (places - 1)) ** 3)


def _report(provider: str, location: str, product: str, day: str, weeks: int) -> Body:
    intake = min(_INTAKE_WEEKS, weeks)
    stop = weeks >= _STOP_FROM_WEEKS
    return {
        "provider": provider,
        "location": location,
        "product": product,
        "referenceDate": day,
        "intakeWeeks": intake,
        "startWeeks": weeks - intake,
        "places": 0 if weeks else 1,
        "admission": Admission.STOP if stop else Admission.ACCEPTING,
    } | ({"reason": "Geen plaats binnen een jaar; aanmelden kan weer na de zomer."} if stop else {})
