"""What providers tell of their indications: care that began and ended, and what they claim for it month by month."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from demo.claims import REDEMPTION_2022
from demo.region.grants import HISTORY_ENDS, Grant, at
from demo.region.published import CLIENTS, COST_2022, RESIDENTIAL
from demo.region.segment_1 import GROUP, people_in
from demo.request import Body
from shared.values.codes import ReasonOfEnding

_WAITS = (0, 0, 0, 4, 7, 7, 12, 14, 14, 21, 28, 35, 42, 56)
_EARLY = (ReasonOfEnding.EARLY_BY_CLIENT, ReasonOfEnding.EARLY_BY_AGREEMENT, ReasonOfEnding.CHANGE_REQUEST,
          ReasonOfEnding.OTHER_PROVIDER, ReasonOfEnding.EARLY_BY_PROVIDER)  # fmt: skip
_ONE_EARLY_IN = 8
_FIRST_CLAIMED = date(2021, 1, 1)
_CENTS = 100
_MOST = Fraction(995, 1000)

Sent = tuple[date, Body]
"""The day on which a line was sent, and the line."""


def care_starts(grant: Grant) -> date:
    """The first day of care: most wait some weeks; who lives somewhere does from the first day."""
    if grant.group != "other":
        return grant.first
    wait = _WAITS[grant.number * 7 % len(_WAITS)]
    return min(grant.first + timedelta(days=wait), grant.last or date.max)


def care(grant: Grant) -> Iterator[Sent]:
    """The start of care and its stop."""
    first = care_starts(grant)
    if first > HISTORY_ENDS:
        return
    key = {
        "provider": grant.provider,
        "municipality": grant.person.municipality,
        "assignmentNumber": grant.number,
        "from": first.isoformat(),
    }
    told = max(first, grant.sent) + timedelta(days=1 + grant.number % 5)
    yield told, key | {"sentAt": at(told, grant.number, 15)}
    if grant.last is None or grant.last > HISTORY_ENDS:
        return
    early = grant.number % _ONE_EARLY_IN == 0
    reason = _EARLY[grant.number // _ONE_EARLY_IN % len(_EARLY)] if early else ReasonOfEnding.AS_PLANNED
    stopped = max(grant.last, told) + timedelta(days=1 + grant.number % 6)
    yield (
        stopped,
        key
        | {"to": grant.last.isoformat(), "reasonOfEnding": reason, "sentAt": at(stopped, grant.number, 16)},
    )


@dataclass(frozen=True, slots=True)
class Claimed:
    """Cents for the days of care in one month."""

    first: date
    last: date
    cents: int


class Claims:
    """What is claimed of all indications; the factors are reckoned once, from what was granted of 2022."""

    def __init__(self, grants: Sequence[Grant]) -> None:
        self.factors = _factors(grants)
        self._segment_2 = _of_segment_2([grant for grant in grants if grant.group in REDEMPTION_2022])

    def of(self, grant: Grant) -> Iterator[Sent]:
        """The claims of an indication with the day on which each was sent; a few are corrected or taken back."""
        months = self._segment_2.get(grant.number) if grant.group in REDEMPTION_2022 else None
        for place, claimed in enumerate(
            months if months is not None else _months(grant, self.factors[grant.group])
        ):
            if claimed.first >= _FIRST_CLAIMED and claimed.cents > 0:
                yield from _lines(grant, claimed, place)


def _lines(grant: Grant, claimed: Claimed, place: int) -> Iterator[Sent]:
    lot = grant.number * 31 + place * 17
    delay = 12 + int(grant.provider) * 13 % 40 + lot % 9 + (90 if lot % 19 == 0 else 0)
    sent = max(claimed.last, grant.sent) + timedelta(days=delay)
    line = {
        "provider": grant.provider,
        "reference": f"{grant.person.municipality}-{grant.number}-{claimed.first.year}{claimed.first.month:02d}",
        "municipality": grant.person.municipality,
        "assignmentNumber": grant.number,
        "from": claimed.first.isoformat(),
        "to": claimed.last.isoformat(),
        "cents": claimed.cents,
    }
    later = sent + timedelta(days=31)
    if lot % 211 == 0:
        yield sent, line | {"cents": max(1, claimed.cents * 9 // 10)}
        yield later, line
    elif lot % 499 == 0:
        key = {name: line[name] for name in ("provider", "reference")}
        yield sent, line
        yield later, key | {"credited": True}
        yield later + timedelta(days=31), line | {"reference": f"{line['reference']}-B"}
    else:
        yield sent, line


def _months(grant: Grant, factor: Fraction) -> Iterator[Claimed]:
    starts = care_starts(grant)
    above, below = factor.numerator * (88 + grant.number * 37 % 13), factor.denominator * 100
    for first, last, cents, days in grant.months(HISTORY_ENDS):
        if last >= starts:
            begun = max(first, starts)
            part, whole = (last - begun).days + 1, (last - first).days + 1
            yield Claimed(begun, last, cents * part * above // (days * whole * below))


def _factors(grants: Sequence[Grant]) -> dict[str, Fraction]:
    """Per group the part of what was granted that makes the average of 2022 what was published."""
    worth: dict[str, int] = defaultdict(int)
    for grant in grants:
        if grant.group in (GROUP, "other") and grant.overlaps(date(2022, 1, 1), date(2022, 12, 31)):
            worth[grant.group] += sum(
                each.cents
                for each in _months(grant, Fraction(1))
                if each.first.year == 2022  # noqa: PLR2004
            )
    residential = people_in(
        [each for each in grants if each.group != "other"], date(2022, 1, 1), date(2022, 12, 31)
    )
    others = sum(each[0] for each in CLIENTS.values()) - sum(map(len, residential.values()))
    clients = {GROUP: sum(each.segment1[0] for each in RESIDENTIAL.values()), "other": others}
    return {
        group: min(
            _MOST, Fraction(COST_2022[group] * _CENTS * number, worth[group]).limit_denominator(10_000)
        )
        for group, number in clients.items()
    }


def _of_segment_2(grants: Iterable[Grant]) -> dict[int, list[Claimed]]:
    """The published part of each product of all care of 2022, to the cent; about as much of other years."""
    claims: dict[int, list[Claimed]] = defaultdict(list)
    totals: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for grant in grants:
        percentage = Fraction(REDEMPTION_2022[grant.group])
        whole, before = Fraction(0), 0
        for first, last, cents, days in grant.months(HISTORY_ENDS):
            whole += Fraction(cents, days)
            by_now = int(whole + Fraction(1, 2))
            total = totals[grant.group, first.year]
            total[0] += by_now - before
            part = int(total[0] * percentage / 100) - total[1]
            total[1] += part
            before = by_now
            claims[grant.number].append(Claimed(first, last, part))
    return claims
