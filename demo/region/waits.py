"""Monthly reports of waiting times: each provider, location and product with an agreement, but for who is late or silent."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from demo import waiting
from demo.region.catalogue import LINES
from demo.region.contracts import Agreement, Contracts
from demo.region.grants import HISTORY_ENDS
from demo.request import Body, Draw
from shared.values.codes import Admission
from shared.values.period import first_day, last_day, month_of

_EXAMPLE = range(month_of(date(2023, 3, 1)), month_of(date(2023, 4, 1)) + 1)
"""Months in which segment 2 is reported as in the small example."""
_LONGEST = {1: 40, 2: 45, 3: 26, 4: 34, 5: 2}
_STOP_FROM, _LIMITED_FROM = 38, 28
_REASONS = (
    "Geen plaats; aanmelden kan later weer.",
    "Alleen jeugdigen uit de eigen sub-regio.",
    "Personeelstekort.",
)


def reports(draw: Draw, contracts: Contracts) -> Iterator[tuple[str, list[Body]]]:
    """For each provider all its reports, in the order of their reference dates."""
    example: dict[str, list[Body]] = {}
    for request in waiting.requests():
        for report in request.body["reports"]:
            example.setdefault(report["provider"], []).append(report)
    agreements = sorted(contracts.agreements, key=lambda each: each.provider)
    for provider, held in groupby(agreements, key=lambda each: each.provider):
        mine = [*_of_provider(draw, contracts, provider, list(held)), *example.get(provider, [])]
        yield provider, sorted(mine, key=lambda report: str(report["referenceDate"]))


def _of_provider(draw: Draw, contracts: Contracts, provider: str, held: list[Agreement]) -> Iterator[Body]:
    habit = draw.below(100)
    locations = [f"{number:02d}" for number in range(1, len(contracts.places[provider]) + 1)]
    offered = sorted({(location, each.product) for location in locations for each in held})
    weeks = {key: _first_weeks(draw, key[1]) for key in offered}
    silent = 0
    for month in range(month_of(date(2021, 1, 1)), month_of(HISTORY_ENDS) + 1):
        silent = silent - 1 if silent else _falls_silent(draw, habit)
        day = _reference_day(draw, month, habit)
        for key in offered:
            weeks[key] = _next_weeks(draw, key[1], weeks[key])
            if not silent and _reported(held, key[1], day, month):
                yield _report(draw, provider, key, day, weeks[key])


def _falls_silent(draw: Draw, habit: int) -> int:
    often = 0.06 if habit < 15 else 0.008  # noqa: PLR2004 - one in seven forgets often
    return draw.between(2, 7) if draw.chance(often) else 0


def _reference_day(draw: Draw, month: int, habit: int) -> date:
    latest = 26 if habit > 80 else 9  # noqa: PLR2004 - one in five is late
    return min(first_day(month).replace(day=draw.between(2, latest)), last_day(month))


def _reported(held: list[Agreement], product: str, day: date, month: int) -> bool:
    if product not in LINES and month in _EXAMPLE:
        return False
    text = day.isoformat()
    return any(each.product == product and each.first <= text <= (each.last or "9999") for each in held)


def _segment(product: str) -> int:
    return LINES[product].segment if product in LINES else 2


def _first_weeks(draw: Draw, product: str) -> int:
    return draw.below(_LONGEST[_segment(product)] * 2 // 3 + 1)


def _next_weeks(draw: Draw, product: str, weeks: int) -> int:
    step = draw.below(5) - 2
    return max(0, min(_LONGEST[_segment(product)], weeks + step)) if draw.chance(0.6) else weeks


def _report(draw: Draw, provider: str, key: tuple[str, str], day: date, weeks: int) -> Body:
    intake = min(weeks, 2 + weeks // 4)
    admission = Admission.ACCEPTING
    if weeks >= _LIMITED_FROM:
        admission = Admission.STOP if weeks >= _STOP_FROM else Admission.LIMITED
    report = {
        "provider": provider,
        "location": key[0],
        "product": key[1],
        "referenceDate": day.isoformat(),
        "intakeWeeks": intake,
        "startWeeks": weeks - intake,
        "places": draw.below(4) if weeks < 4 else 0,  # noqa: PLR2004 - who has places has no long wait
        "admission": admission,
    }
    return report if admission is Admission.ACCEPTING else report | {"reason": draw.one_of(_REASONS)}
