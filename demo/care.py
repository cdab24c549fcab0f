"""When the example's help really began and ended, as its providers report it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from demo.granted import Granted
from demo.request import PROVIDER, Body, Request
from shared.values.codes import ReasonOfEnding
from shared.values.moments import AMSTERDAM, moment_text

_STAGE = 3
_LAST_REPORT = date(2023, 7, 31)
_START_REPORTED_WITHIN, _STOP_REPORTED_WITHIN = timedelta(days=3), timedelta(days=4)
# Most children wait some weeks after the decision; some start on the first day.
_WAITS = (0, 3, 7, 12, 14, 21, 28, 35, 49, 63)
_EARLY = (ReasonOfEnding.EARLY_BY_CLIENT, ReasonOfEnding.EARLY_BY_AGREEMENT, ReasonOfEnding.CHANGE_REQUEST)
_ONE_EARLY_IN = 9


def requests(indications: Iterable[Granted]) -> Iterator[Request]:
    """A start for each indication that began before the reports end, and a stop for each that ended."""
    known: set[tuple[str, str, str]] = set()
    for one in sorted(indications, key=lambda each: each.valid_from):
        child = (one.municipality, one.body["bsn"], one.product)
        began = _began(one, follows=child in known)
        known.add(child)
        if began <= _LAST_REPORT:
            yield from _told(one, began)


def _began(one: Granted, *, follows: bool) -> date:
    # Help that goes on under a next indication does not wait again.
    wait = 0 if follows else _WAITS[one.number % len(_WAITS)]
    return min(one.valid_from + timedelta(days=wait), one.valid_to or date.max)


def _told(one: Granted, began: date) -> Iterator[Request]:
    yield _call(one, began, {"sentAt": _sent(began + _START_REPORTED_WITHIN)})
    if one.valid_to is not None and one.valid_to <= _LAST_REPORT:
        early = one.number % _ONE_EARLY_IN == 0
        reason = _EARLY[one.number % len(_EARLY)] if early else ReasonOfEnding.AS_PLANNED
        sent = _sent(one.valid_to + _STOP_REPORTED_WITHIN)
        stop = {"to": one.valid_to.isoformat(), "reasonOfEnding": reason, "sentAt": sent}
        yield _call(one, began, stop)


def _sent(day: date) -> str:
    return moment_text(datetime.combine(day, time(16, 15), AMSTERDAM))


def _call(one: Granted, began: date, body: Body) -> Request:
    path = f"/care-periods/{one.municipality}/{one.number}/{began.isoformat()}"
    return Request(_STAGE, "referrals", "PUT", path, body, PROVIDER, organisation=one.provider, line=path)
