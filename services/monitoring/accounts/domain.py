"""Annual accounts: what a municipality spent on youth care in a year, by its own books. They are no claims."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.monitoring.stated.domain import Level, Number, Statement, not_yet
from shared.dutch import translate
from shared.problems import FieldError
from shared.values.period import month_of
from shared.values.region import Region

ANNUAL_COSTS = "annual-costs"

translate(
    {
        "year-not-over": "De jaarrekening is van na het jaar; geef de dag waarop zij is opgemaakt of vastgesteld."
    }
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """What was spent in a year."""

    municipality: str
    year: int
    stated_on: date
    cents: int
    source: str

    @property
    def key(self) -> str:
        return key(self.municipality, self.year)

    def statement(self, region: Region) -> Statement:
        """The same as it is kept. It counts for the sub-region of the last day of its year."""
        last = date(self.year, 12, 31)
        place = region.sub_region_on(self.municipality, last)
        months = month_of(date(self.year, 1, 1)), month_of(last)
        number = Number(ANNUAL_COSTS, Level.MUNICIPALITY, self.municipality, place, *months, self.cents)
        state = {
            "municipality": self.municipality,
            "year": self.year,
            "statedOn": self.stated_on.isoformat(),
            "cents": self.cents,
            "source": self.source,
        }
        return Statement(self.key, state, self.municipality, number)


def key(municipality: str, year: int) -> str:
    """By what accounts are known."""
    return f"{municipality}/{year}"


def violations(accounts: Accounts, today: date) -> Iterator[FieldError]:
    """Give every broken rule between what accounts say."""
    yield from not_yet(accounts.stated_on, today)
    if accounts.stated_on.year <= accounts.year:
        message = "Accounts are of after their year; give the day on which they were drawn up or adopted."
        yield FieldError("year-not-over", message, pointer="#/statedOn")
