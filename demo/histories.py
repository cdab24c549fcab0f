"""How the example's indications came to be what they are: corrections, ends, withdrawals, late arrivals.

What counts in April 2023 is the newest version; these histories lead to it and change none of the counts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from demo.clients import Clients
from demo.indication import Indication, Terms, new_indication, office_hours
from demo.offer import FAMILY_HOME, FOSTER_CARE, INDEPENDENT_LIVING
from demo.request import Draw, Request
from demo.terms import APRIL
from shared.values.codes import Frequency, ReferrerType, Unit

_LATER = timedelta(days=61, hours=3, minutes=20)
_OLD_END = date(2024, 6, 30)


class Story(NamedTuple):
    """A course of events: how often it is told, to which indications it can happen, and the calls of it."""

    times: int
    applies: Callable[[Indication], bool]
    told: Callable[[Indication], list[Request]]


def of_counted(draw: Draw, counted: list[Indication]) -> list[Request]:
    """The calls that lead to the indications that count, in the order of arrival."""
    left = {place: story.times for place, story in enumerate(_STORIES)}
    requests: list[Request] = []
    for indication in counted:
        # One in three, so that the stories do not all fall to the first clients.
        fitting = [place for place in left if left[place] and _STORIES[place].applies(indication)]
        if _ends_in_april(indication):
            requests += _ended(indication)
        elif fitting and draw.chance(1 / 3):
            left[fitting[0]] -= 1
            requests += _STORIES[fitting[0]].told(indication)
        else:
            requests.append(indication.request())
    return requests


def _ends_in_april(indication: Indication) -> bool:
    terms = indication.terms
    return terms.frequency is Frequency.WEEK and terms.valid_to is not None and terms.valid_to in APRIL


def _corrected(final: Indication, first: Indication) -> list[Request]:
    return [first.request(), _newer(final).request()]


def _newer(indication: Indication) -> Indication:
    return replace(indication, decided_at=indication.decided_at + _LATER)


def _ended(final: Indication) -> list[Request]:
    return _corrected(final, replace(final, terms=replace(final.terms, valid_to=_OLD_END)))


def _shorter(final: Indication) -> Indication:
    # It would end after its first day, so it would not count, or for less, were it not for the newer version.
    return replace(final, terms=replace(final.terms, valid_to=final.terms.valid_from + timedelta(days=20)))


def _lower_budget(terms: Terms) -> Terms:
    return replace(terms, budget_cents=(terms.budget_cents or 0) // 100_000 * 80_000)


def _lower_volume(terms: Terms) -> Terms:
    return replace(terms, volume=(terms.volume or 0) * 5 // 7)


def _wrong_provider(final: Indication) -> list[Request]:
    slip = replace(final, provider="98900105")
    right = replace(_newer(final), administrative_reason="Delivered under the code of another provider.")
    return [slip.request(), right.request()]


def _extended(final: Indication) -> list[Request]:
    return _corrected(final, _shorter(final))


def _late(final: Indication) -> list[Request]:
    return list(reversed(_corrected(final, _shorter(final))))


def _has(frequency: Frequency) -> Callable[[Indication], bool]:
    return lambda indication: indication.terms.frequency is frequency


_STORIES = (
    Story(
        times=4,
        applies=lambda indication: indication.terms.budget_cents is not None,
        told=lambda final: _corrected(final, replace(final, terms=_lower_budget(final.terms))),
    ),
    Story(
        times=4,
        applies=lambda indication: indication.referrer is ReferrerType.CERTIFIED_INSTITUTION,
        told=lambda final: _corrected(final, replace(final, referrer=None)),
    ),
    Story(
        times=3,
        applies=_has(Frequency.WHOLE_PERIOD),
        told=lambda final: _corrected(final, replace(final, terms=_lower_volume(final.terms))),
    ),
    Story(times=3, applies=_has(Frequency.MONTH), told=_wrong_provider),
    Story(times=5, applies=_has(Frequency.WEEK), told=_late),
    Story(times=12, applies=_has(Frequency.WEEK), told=_extended),
)


@dataclass(frozen=True, slots=True)
class _Absent:
    """An indication that does not count in April, and how its story ends."""

    municipality: str
    product: str
    provider: str
    valid_from: date
    valid_to: date
    ending: str = ""


# The edges of the month, and what took place around it.
_ABSENT = (
    _Absent("0794", FOSTER_CARE, "98900101", date(2022, 6, 1), date(2023, 3, 31)),
    _Absent("0861", FOSTER_CARE, "98900102", date(2021, 9, 1), date(2023, 3, 31)),
    _Absent("1652", FAMILY_HOME, "98900206", date(2022, 1, 1), date(2023, 3, 31)),
    _Absent("0794", FOSTER_CARE, "98900103", date(2023, 5, 1), date(2024, 4, 30)),
    _Absent("0762", FOSTER_CARE, "98900107", date(2023, 5, 1), date(2024, 4, 30)),
    _Absent("1771", FAMILY_HOME, "98900201", date(2023, 5, 1), date(2024, 10, 31)),
    _Absent("0794", FOSTER_CARE, "98900106", date(2022, 2, 1), date(2023, 3, 17)),
    _Absent("0820", FAMILY_HOME, "98900411", date(2021, 5, 1), date(2022, 12, 31)),
    _Absent("0794", FOSTER_CARE, "98900101", date(2023, 2, 6), date(2023, 12, 31), "withdrawn"),
    _Absent("0866", FOSTER_CARE, "98900401", date(2023, 4, 3), date(2023, 9, 30), "withdrawn"),
    _Absent("0743", FAMILY_HOME, "98900203", date(2022, 11, 1), date(2023, 10, 31), "withdrawn"),
    _Absent("0794", FOSTER_CARE, "98900103", date(2022, 3, 1), date(2024, 2, 29), "ended in March"),
    _Absent("0848", FAMILY_HOME, "98900205", date(2022, 8, 15), date(2023, 8, 14), "ended in March"),
    _Absent("1659", FOSTER_CARE, "98900102", date(2022, 10, 1), date(2023, 9, 30), "end arrived first"),
)


def not_counted(draw: Draw, clients: Clients, numbers: Iterator[int]) -> list[Request]:
    """The calls of clients who must not be counted in April 2023."""
    requests: list[Request] = []
    for absent in _ABSENT:
        client = clients.one(absent.municipality, (2006, 2018))
        terms = Terms(absent.valid_from, absent.valid_to, 7, Frequency.WEEK)
        first = new_indication(
            draw,
            next(numbers),
            client=client,
            product=absent.product,
            provider=absent.provider,
            terms=terms,
            referrer=ReferrerType.MUNICIPALITY,
        )
        requests += _ending(first, absent.ending)
    return [*requests, _in_minutes(draw, clients, next(numbers)).request()]


def _ending(first: Indication, ending: str) -> list[Request]:
    end = date(2023, 3, 31)
    match ending:
        case "withdrawn":
            withdrawn_at = office_hours(date(2023, 5, 9), 95)
            return [first.request(), first.withdrawal(withdrawn_at, "Delivered for the wrong client.")]
        case "ended in March":
            return _corrected(replace(first, terms=replace(first.terms, valid_to=end)), first)
        case "end arrived first":
            ended = replace(first, terms=replace(first.terms, valid_to=end))
            return list(reversed(_corrected(ended, first)))
    return [first.request()]


def _in_minutes(draw: Draw, clients: Clients, number: int) -> Indication:
    """Guidance of 2022, granted in minutes a week while the product costs by the hour."""
    client = clients.one("0861", (2003, 2004))
    terms = Terms(date(2022, 2, 1), date(2022, 12, 31), 300, Frequency.WEEK)
    first = new_indication(
        draw,
        number,
        client=client,
        product=INDEPENDENT_LIVING,
        provider="98900302",
        terms=terms,
        referrer=None,
    )
    return replace(first, unit=Unit.MINUTE)
