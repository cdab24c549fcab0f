"""A past with five moments in it, and what every figure answered as of each of them when it was answered first."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from tests.system.front_door import FrontDoor, Json
from tests.system.indications import citizen_numbers, indication

PRODUCT = "45A99"
_CONTRACTED, _OTHER = "98900101", "98900102"
_ENDED, _CORRECTED, _WITHDRAWN, _LATE, _MOVED = (
    ("0743", 800_000_001),
    ("0762", 800_000_002),
    ("0794", 800_000_003),
    ("0861", 800_000_004),
    ("1771", 800_000_005),
)
_BSNS = list(islice(citizen_numbers(910_000_000), 5))
_YEAR = {"valid_from": "2024-01-01", "valid_to": "2024-12-31"}
_LATER = {"decidedAt": "2024-02-01T09:00:00Z", "sentAt": "2024-02-01T10:00:00Z"}
_EARLIER = {"decidedAt": "2023-11-01T09:00:00Z", "sentAt": "2023-11-01T10:00:00Z"}
# Each figure is asked in these ways: by where and what, month by month; by whom, over years.
_WAYS: tuple[Mapping[str, Any], ...] = (
    {"period": "month", "from": "2024-01", "to": "2024-06", "by": ["municipality", "product"]},
    {"period": "year", "from": "2023", "to": "2025", "by": ["segment", "provider", "referrer"]},
)

Answers = dict[tuple[str, int], bytes]
"""The rows of an answer as they were written, by figure and number of the way in which it was asked."""


@dataclass(frozen=True)
class Past:
    """`moments`: as `knownThrough` gave them; `answers` in the same order."""

    moments: tuple[str, ...]
    answers: tuple[Answers, ...]
    backup: Path
    """Monitoring's schema as it was after the second moment."""


async def ask_everything(region: FrontDoor, as_of: str) -> Answers:
    """Ask all figures as of a moment."""
    answers = {}
    for key, figure in (await region.menu()).items():
        for number, way in enumerate(_WAYS):
            if way["period"] not in figure["periods"]:
                continue
            by = [dimension for dimension in way["by"] if dimension in figure["dimensions"]]
            answer = await region.figure(key, **{**way, "by": by}, asOf=as_of)
            answers[key, number] = orjson.dumps(answer["rows"])
    return answers


async def live_through(region: FrontDoor, take_backup: Callable[[], Awaitable[Path]]) -> Past:
    """Make the changes; after each, wait until it is known and ask everything as of that moment."""
    moments, answers = [], []
    backup = Path()
    for number, change in enumerate(_CHANGES, 1):
        await change(region)
        moments.append(await region.complete())
        answers.append(await ask_everything(region, moments[-1]))
        if number == 2:
            backup = await take_backup()
    # What is known now differs from all five.
    await _withdraw(region, _LATE, _LATER)
    await region.complete()
    return Past(tuple(moments), tuple(answers), backup)


def _first(place: int, **other: Any) -> Json:  # noqa: ANN401 - any field
    return indication(_BSNS[place], **{"product": PRODUCT, **_YEAR, **other})


async def _granted(region: FrontDoor) -> None:
    for place, key in enumerate((_ENDED, _CORRECTED, _WITHDRAWN, _LATE)):
        await region.put_indication(*key, _first(place))
    await region.put_indication(*_MOVED, _first(4, provider=_OTHER))


async def _ended_and_corrected(region: FrontDoor) -> None:
    await region.put_indication(*_ENDED, _first(0, valid_to="2024-03-31", **_LATER))
    await region.put_indication(*_CORRECTED, _first(1, referrer={"type": "02"}, **_LATER))


async def _withdrawn_and_late(region: FrontDoor) -> None:
    await _withdraw(region, _WITHDRAWN, _LATER)
    late = await region.put_indication(*_LATE, _first(3, valid_to="2024-02-29", **_EARLIER))
    assert late["outcome"] == "superseded"


async def _offered_after_all(region: FrontDoor) -> None:
    await region.put_offer(f"/products/{PRODUCT}", _product())
    await region.put_offer(f"/agreements/{_CONTRACTED}/{PRODUCT}/2024-01-01", {"tariffCents": 120_00})


async def _tariff_and_provider_corrected(region: FrontDoor) -> None:
    await region.put_offer(f"/agreements/{_CONTRACTED}/{PRODUCT}/2024-01-01", {"tariffCents": 130_00})
    reason = "Delivered under the code of another provider."
    await region.put_indication(
        *_MOVED, _first(4, provider=_CONTRACTED, administrativeReason=reason, **_LATER)
    )


_CHANGES = (
    _granted,
    _ended_and_corrected,
    _withdrawn_and_late,
    _offered_after_all,
    _tariff_and_provider_corrected,
)


async def _withdraw(region: FrontDoor, key: tuple[str, int], moments: Mapping[str, str]) -> None:
    municipality, number = key
    await region.write(
        "POST",
        "referrals",
        f"/indications/{municipality}/{number}/withdrawals",
        dict(moments),
        role="municipality",
        organisation=municipality,
    )


def _product() -> Json:
    return {
        "category": "45",
        "segment": 4,
        "residential": False,
        "family": False,
        "housing": False,
        "unit": "14",
        "nameNl": "Dagbegeleiding",
        "nameEn": "Guidance by day",
        "from": "2024-01-01",
        "tariffs": [{"from": "2024-01-01", "cents": 100_00}],
    }
