"""What was granted in the end, read back from the calls of the municipalities: who gives which help, and its worth."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any

from demo import offer
from demo.offer import Agreement
from demo.request import Body, Request
from shared.values.codes import Frequency, Unit
from shared.values.period import Period, days_in, month_of

_DAYS_A_WEEK = 7
_MINUTES_AN_HOUR = 60
_LAST_DAY = date(2023, 12, 31)
_CATALOGUE = {product.code: product for product in offer.PRODUCTS}


@dataclass(frozen=True)
class Granted:
    """The newest version of an indication that was not withdrawn."""

    municipality: str
    number: int
    body: Body

    @property
    def provider(self) -> str:
        return str(self.body["provider"])

    @property
    def product(self) -> str:
        return str(self.body["product"])

    @cached_property
    def valid_from(self) -> date:
        return date.fromisoformat(self.body["from"])

    @cached_property
    def valid_to(self) -> date | None:
        """None: without end."""
        return date.fromisoformat(self.body["to"]) if "to" in self.body else None

    def worth(self, first: date, last: date) -> int:
        """The cents of the days of a period (up to 2023): what accumulated by its end less what had by its start."""
        return self._by(last) - self._by(first - timedelta(days=1))

    def _by(self, day: date) -> int:
        """The cents of all days up to and including one, half up."""
        days = min((day - self.valid_from).days + 1, len(self._accumulated))
        return int(self._accumulated[days - 1] + Fraction(1, 2)) if days > 0 else 0

    @cached_property
    def _accumulated(self) -> Sequence[Fraction]:
        whole = Period(self.valid_from, self.valid_to).intersection(Period(self.valid_from, _LAST_DAY))
        return list(accumulate(map(self._on, whole.each_day()))) if whole else []

    def _on(self, day: date) -> Fraction:
        days = ((self.valid_to or self.valid_from) - self.valid_from).days + 1
        if "budgetCents" in self.body:
            return Fraction(self.body["budgetCents"], days)
        per = {
            Frequency.DAY: 1,
            Frequency.WEEK: _DAYS_A_WEEK,
            Frequency.MONTH: days_in(month_of(day)),
            Frequency.WHOLE_PERIOD: days,
        }[Frequency(self.body["frequency"])]
        units = per * (_MINUTES_AN_HOUR if self.body["unit"] == Unit.MINUTE else 1)
        return Fraction(self.body["volume"] * self._tariff(day), units)

    def _tariff(self, day: date) -> int:
        agreed = next((one.tariff_cents for one in self._agreements if _holds(one, day)), None)
        tariffs = _CATALOGUE[self.product].tariffs
        catalogue = tariffs[max(year for year in tariffs if year <= day.year)]
        return int(self.body.get("agreedTariffCents") or agreed or catalogue)

    @cached_property
    def _agreements(self) -> list[Agreement]:
        mine = (self.provider, self.product)
        return [one for one in offer.agreements() if (one.provider, one.product) == mine]


def granted(requests: Iterable[Request]) -> list[Granted]:
    """Give what counts in the end, whatever the order of arrival, by municipality and number."""
    versions: dict[tuple[str, int], list[tuple[tuple[Any, ...], Body]]] = defaultdict(list)
    for request in requests:
        _, _, municipality, number, *_ = request.path.split("/")
        moments = (request.body["decidedAt"], request.body["sentAt"])
        versions[municipality, int(number)].append((moments, request.body))
    newest = {key: max(each, key=lambda version: version[0])[1] for key, each in sorted(versions.items())}
    return [Granted(*key, body) for key, body in newest.items() if "bsn" in body]


def _holds(agreement: Agreement, day: date) -> bool:
    return agreement.valid_from <= day.isoformat() <= (agreement.valid_to or "9999-12-31")
