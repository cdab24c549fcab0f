"""How ordinary indications came to be what they are. No history changes who counts in a year or half year for good."""

from collections.abc import Iterator
from datetime import date, timedelta

from demo.region.grants import Grant, at
from demo.region.segment_2 import withdrawal
from demo.request import Body, Draw
from shared.values.codes import Frequency

_EXTENDED, _ENDED_EARLY, _REFERRER_LATER, _TWICE, _DESCRIBED = 0.04, 0.05, 0.05, 0.02, 0.02
_LONG = timedelta(days=150)
_TWICE_FROM = 800_000_000


def versions(draw: Draw, grant: Grant) -> Iterator[Body]:
    """The lines of one indication, the version that counts among them."""
    luck = draw.below(1000) / 1000
    if grant.last is None or grant.frequency is None:
        yield grant.record()
        return
    long = grant.last - grant.first > _LONG
    # A volume for the whole period would change with the period.
    by_time = grant.frequency is not Frequency.WHOLE_PERIOD
    if luck < _EXTENDED and long and by_time:
        yield from _extended(draw, grant, grant.last)
    elif _EXTENDED < luck < _EXTENDED + _ENDED_EARLY and by_time:
        yield from _ended_early(draw, grant, grant.last)
    elif luck > 1 - _REFERRER_LATER and grant.referrer is not None:
        yield grant.record(referrer=None)
        yield _later(grant, draw.between(20, 90))
    else:
        yield grant.record()
    if grant.group == "other" and draw.chance(_TWICE):
        yield from _delivered_twice(draw, grant)
    elif draw.chance(_DESCRIBED):
        yield _later(grant, draw.between(95, 200), team=f"{grant.person.municipality}-{draw.between(1, 3)}")


def _later(grant: Grant, days: int, **changed: str) -> Body:
    decided = max(grant.decided, grant.sent) + timedelta(days=days)
    # At another hour than ends and extensions: two versions may not have the same moments.
    return grant.record(**changed) | _moments(grant, decided, hour=16)


def _moments(grant: Grant, decided: date, hour: int = 14) -> Body:
    return {"decidedAt": at(decided, grant.number), "sentAt": at(decided, grant.number, hour)}


def _extended(draw: Draw, grant: Grant, last: date) -> Iterator[Body]:
    ended = last - timedelta(days=draw.between(30, 90))
    told = ended - timedelta(days=draw.between(5, 25))
    if told <= max(grant.sent, grant.decided):
        yield grant.record()
        return
    yield grant.record(to=ended.isoformat())
    yield grant.record() | _moments(grant, told)


def _ended_early(draw: Draw, grant: Grant, last: date) -> Iterator[Body]:
    planned = last + timedelta(days=draw.between(30, 150))
    told = last + timedelta(days=draw.between(-5, 15))
    if told <= max(grant.sent, grant.decided):
        yield grant.record()
        return
    yield grant.record(to=planned.isoformat())
    yield grant.record() | _moments(grant, told)


def _delivered_twice(draw: Draw, grant: Grant) -> Iterator[Body]:
    """The same under another number, withdrawn when somebody saw it."""
    number = grant.number
    grant.number = _TWICE_FROM + number
    told = max(grant.sent, grant.decided) + timedelta(days=draw.between(6, 120))
    yield grant.record()
    yield withdrawal(grant, told, "Delivered twice.")
    grant.number = number
