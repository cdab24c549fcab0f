"""Context figures: numbers of others about the region, such as its young inhabitants, with their source and date."""

from dataclasses import dataclass
from datetime import date

from services.monitoring.stated.domain import Level, Number, Statement
from shared.values.period import month_of
from shared.values.region import Region

YOUNG_INHABITANTS = "young-inhabitants"
"""The one by which figures divide."""
WHOLE_REGION = "region"
_MONTHS_IT_HOLDS = 12


class AreaNotInRegionError(ValueError):
    """What is named is neither the region nor a part of it on that day."""

    def __init__(self, area: str, day: date) -> None:
        super().__init__(
            f"Name the region as `{WHOLE_REGION}`, or a sub-region or municipality that the region file has on {day}."
        )
        self.area = area


@dataclass(frozen=True, slots=True)
class ContextFigure:
    """A number of an area, as it was on a day of reference."""

    name: str
    area: str
    reference_date: date
    amount: int
    stated_on: date
    source: str

    @property
    def key(self) -> str:
        return key(self.name, self.area, self.reference_date)

    def statement(self, region: Region) -> Statement:
        """The same as it is kept. It holds from the month of its day of reference, for twelve months.

        Raises AreaNotInRegionError.
        """
        level, municipality, sub_region = place_of(region, self.area, self.reference_date)
        first = month_of(self.reference_date)
        months = first, first + _MONTHS_IT_HOLDS - 1
        number = Number(self.name, level, municipality, sub_region, *months, self.amount)
        state = {
            "name": self.name,
            "area": self.area,
            "referenceDate": self.reference_date.isoformat(),
            "amount": self.amount,
            "statedOn": self.stated_on.isoformat(),
            "source": self.source,
        }
        return Statement(self.key, state, number=number)


def key(name: str, area: str, reference_date: date) -> str:
    """By what a context figure is known."""
    return f"{name}/{area}/{reference_date.isoformat()}"


def place_of(region: Region, area: str, day: date) -> tuple[Level, str | None, str | None]:
    """What part of the region an area is on a day: its level, its municipality, its sub-region.

    Raises AreaNotInRegionError.
    """
    if area == WHOLE_REGION:
        return Level.REGION, None, None
    if area in region:
        return Level.MUNICIPALITY, area, region.sub_region_on(area, day)
    if any(part.name == area and day in part.period for part in region.sub_regions):
        return Level.SUB_REGION, None, area
    raise AreaNotInRegionError(area, day)
