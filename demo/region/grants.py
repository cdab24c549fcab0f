"""What was granted in the end: an indication as it counts, its worth by month, and its line in a delivery."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from demo.region.catalogue import tariff
from demo.region.people import Person
from demo.request import Body
from shared.values.codes import Frequency, ReferrerType, Unit
from shared.values.moments import AMSTERDAM, moment_text
from shared.values.period import last_day

_DAYS_A_WEEK, _MINUTES_AN_HOUR = 7, 60
HISTORY_ENDS = date(2026, 6, 30)


@dataclass(slots=True)
class Grant:
    """An indication as it counts in the end.

    `sent` is the day of the first version; `told` says that its versions are told elsewhere; `group` that its
    claims follow another factor than those of ordinary care.
    """

    number: int
    person: Person
    product: str
    provider: str
    first: date
    last: date | None
    volume: int | None
    unit: Unit | None
    frequency: Frequency | None
    sent: date
    decided: date
    budget: int | None = None
    agreed: int | None = None
    referrer: ReferrerType | None = None
    practice: str | None = None
    team: str | None = None
    school: str | None = None
    told: bool = False
    punctual: bool = False
    group: str = "other"

    def overlaps(self, first: date, last: date) -> bool:
        """Whether it has a day in the period."""
        return self.first <= last and (self.last is None or self.last >= first)

    def months(self, until: date) -> Iterator[tuple[date, date, int, int]]:
        """First and last day in each month up to a day, and the worth of these days in cents as a fraction."""
        end = min(self.last or until, until)
        first = self.first
        while first <= end:
            last = min(end, _last_of(first.year, first.month))
            cents, days = self._a_day(first)
            yield first, last, cents * ((last - first).days + 1), days
            first = last + timedelta(days=1)

    def _a_day(self, day: date) -> tuple[int, int]:
        whole = ((self.last or self.first) - self.first).days + 1
        if self.budget is not None:
            return self.budget, whole
        if self.frequency is Frequency.WEEK:
            per = _DAYS_A_WEEK
        elif self.frequency is Frequency.MONTH:
            per = _last_of(day.year, day.month).day
        else:
            per = 1 if self.frequency is Frequency.DAY else whole
        cents = self.agreed or tariff(self.product, self.provider, day.year)
        # Guidance to independent living costs by the hour, and was once granted in minutes.
        minutes = self.unit is Unit.MINUTE and self.product == "43B99"
        return (self.volume or 0) * cents, per * (_MINUTES_AN_HOUR if minutes else 1)

    def record(self, **changed: Any) -> Body:  # noqa: ANN401 - fields of the body
        """The first version as it is delivered, with what is `changed` in this one (None: left out)."""
        optional: dict[str, Any] = {
            "to": self.last and self.last.isoformat(),
            "volume": self.volume,
            "unit": self.unit,
            "frequency": self.frequency,
            "budgetCents": self.budget,
            "agreedTariffCents": self.agreed,
            "referrer": self._referrer(),
            "team": self.team,
            "school": self.school,
        } | changed
        return {
            "municipality": self.person.municipality,
            "assignmentNumber": self.number,
            "bsn": self.person.bsn,
            "birthYear": self.person.birth_year,
            "postcode4": self.person.postcode,
            "product": self.product,
            "provider": self.provider,
            "from": self.first.isoformat(),
            "decidedAt": at(self.decided, self.number),
            "sentAt": at(self.sent, self.number, 11),
        } | {name: value for name, value in optional.items() if value is not None}

    def _referrer(self) -> Body | None:
        if self.referrer is None:
            return None
        return {"type": self.referrer} | ({"code": self.practice} if self.practice else {})


@cache
def _last_of(year: int, month: int) -> date:
    return last_day(year * 12 + month - 1)


def at(day: date, number: int, hour: int = 9) -> str:
    """A moment on a day in office hours, as it is written on the wire; `number` makes minutes differ."""
    minute, second = divmod(number % 3600, 60)
    return moment_text(datetime.combine(day, time(hour, minute, second), AMSTERDAM))
