"""The catalogue: the four real products of segment 2 and what else a region buys, over five segments."""

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from demo import offer
from demo.request import Body
from shared.values.codes import Unit

YEARS = range(2019, 2027)
_INDEX = {2019: 0.92, 2020: 0.945, 2021: 0.965, 2022: 1.0, 2023: 1.055, 2024: 1.115, 2025: 1.15, 2026: 1.18}
"""What costs 1 in 2022."""
_MINUTE, _HOUR, _DAY, _DAYPART, _PIECE = (
    Unit.MINUTE,
    Unit.HOUR,
    Unit.DAY_AND_NIGHT,
    Unit.DAYPART,
    Unit.PIECE_OF_OUTPUT,
)


class Usual(NamedTuple):
    """What is usually granted: units a week from and up to (or pieces in all), days from and up to, share of clients."""

    volume: tuple[int, int]
    days: tuple[int, int]
    share: int


@dataclass(frozen=True, slots=True)
class Line:
    """A product; `cents` per unit by year."""

    code: str
    segment: int
    residential: bool
    name_nl: str
    name_en: str
    unit: Unit
    cents: dict[int, int]
    usual: Usual

    def body(self) -> Body:
        """The product as its PUT carries it."""
        return {
            "category": self.code[:2],
            "segment": self.segment,
            "residential": self.residential,
            "family": False,
            "housing": False,
            "unit": self.unit,
            "nameNl": self.name_nl,
            "nameEn": self.name_en,
            "from": f"{YEARS[0]}-01-01",
            "tariffs": [
                {"from": f"{year}-01-01", "cents": cents}
                | ({} if year == YEARS[-1] else {"to": f"{year}-12-31"})
                for year, cents in self.cents.items()
            ],
        }


def _line(
    code: str, segment: int, names: str, unit: Unit, cents: int, usual: Usual, *, residential: bool = False
) -> Line:
    name_nl, name_en = names.split(" | ")
    by_year = {year: round(cents * _INDEX[year]) for year in YEARS}
    return Line(code, segment, residential, name_nl, name_en, unit, by_year, usual)


def _usual(low: int, high: int, first: int, last: int, share: int) -> Usual:
    return Usual((low, high), (first, last), share)


RESIDENTIAL_1 = (
    _line(
        "43A01",
        1,
        "Behandelgroep | Treatment group",
        _DAY,
        31200,
        _usual(7, 7, 120, 365, 5),
        residential=True,
    ),
    _line(
        "43A02",
        1,
        "Gesloten behandelgroep | Secure treatment group",
        _DAY,
        41800,
        _usual(7, 7, 90, 200, 1),
        residential=True,
    ),
    _line(
        "43A03",
        1,
        "Driemilieuvoorziening | Three-environment stay",
        _DAY,
        34900,
        _usual(7, 7, 150, 365, 3),
        residential=True,
    ),
    _line(
        "43A04",
        1,
        "Verblijf lvb | Stay for mild intellectual disability",
        _DAY,
        28900,
        _usual(7, 7, 150, 365, 3),
        residential=True,
    ),
    _line(
        "54A09",
        1,
        "Klinische jeugd-ggz | Inpatient youth mental health",
        _DAY,
        45200,
        _usual(7, 7, 60, 180, 2),
        residential=True,
    ),
    _line(
        "44A05",
        1,
        "Logeren | Weekend stay with intensive guidance",
        _DAY,
        21500,
        _usual(2, 3, 180, 365, 1),
        residential=True,
    ),
)
ORDINARY = (
    _line(
        "45A01",
        4,
        "Ambulante begeleiding licht | Light guidance",
        _MINUTE,
        148,
        _usual(60, 150, 150, 365, 14),
    ),
    _line("45A02", 4, "Ambulante begeleiding | Guidance", _MINUTE, 165, _usual(60, 210, 180, 365, 13)),
    _line(
        "45A03",
        4,
        "Begeleiding specialistisch | Specialised guidance",
        _MINUTE,
        189,
        _usual(90, 240, 180, 365, 7),
    ),
    _line("45A04", 4, "Ambulante behandeling | Treatment", _MINUTE, 210, _usual(60, 180, 150, 330, 8)),
    _line("45A05", 4, "Gezinsbehandeling | Family treatment", _MINUTE, 205, _usual(90, 240, 120, 300, 4)),
    _line("45A06", 4, "Opvoedondersteuning | Parenting support", _MINUTE, 151, _usual(45, 120, 90, 210, 5)),
    _line(
        "45A07", 4, "Begeleiding in groep | Guidance in a group", _DAYPART, 6750, _usual(1, 3, 180, 365, 4)
    ),
    _line(
        "45A08",
        4,
        "Omgangsbegeleiding | Guided contact after divorce",
        _MINUTE,
        168,
        _usual(60, 120, 90, 240, 2),
    ),
    _line("45A09", 4, "Vaktherapie | Arts and psychomotor therapy", _MINUTE, 158, _usual(45, 75, 90, 210, 4)),
    _line(
        "45A10", 4, "Weerbaarheidstraining | Resilience training", _PIECE, 122500, _usual(1, 1, 60, 150, 2)
    ),
    _line(
        "45A11", 4, "Begeleiding autisme | Guidance with autism", _MINUTE, 179, _usual(60, 180, 180, 365, 4)
    ),
    _line(
        "45A12",
        4,
        "Praktische pedagogische hulp | Practical help at home",
        _HOUR,
        8875,
        _usual(1, 4, 120, 300, 3),
    ),
    _line("40A01", 4, "Persoonlijke verzorging | Personal care", _MINUTE, 115, _usual(90, 300, 200, 365, 2)),
    _line("42A01", 4, "Vervoer | Transport", _PIECE, 65000, _usual(1, 2, 150, 330, 3)),
    _line(
        "51A01", 4, "Basis-ggz kort | Basic mental health, short", _MINUTE, 214, _usual(30, 60, 90, 200, 9)
    ),
    _line(
        "51A02",
        4,
        "Basis-ggz middel | Basic mental health, medium",
        _MINUTE,
        214,
        _usual(45, 75, 120, 270, 6),
    ),
    _line(
        "52A01",
        4,
        "Specialistische ggz | Specialised mental health",
        _MINUTE,
        236,
        _usual(45, 110, 150, 365, 10),
    ),
    _line(
        "54A01",
        4,
        "Jeugd-ggz behandeling | Youth mental health treatment",
        _MINUTE,
        230,
        _usual(45, 110, 150, 365, 8),
    ),
    _line("54A02", 4, "Jeugd-ggz diagnostiek | Diagnosis", _PIECE, 295000, _usual(1, 1, 60, 150, 6)),
    _line(
        "54A03",
        4,
        "Ernstige dyslexie, behandeling | Severe dyslexia, treatment",
        _MINUTE,
        186,
        _usual(45, 60, 270, 420, 6),
    ),
    _line(
        "54A04",
        4,
        "Ernstige dyslexie, diagnostiek | Severe dyslexia, diagnosis",
        _PIECE,
        155000,
        _usual(1, 1, 60, 120, 3),
    ),
    _line(
        "54A05", 4, "EMDR en traumabehandeling | Trauma treatment", _MINUTE, 234, _usual(60, 90, 90, 210, 3)
    ),
    _line("53A01", 4, "Kindergeneeskunde | Paediatrics", _PIECE, 76250, _usual(1, 2, 60, 240, 3)),
    _line("54A06", 4, "Medicatiecontrole | Medication check", _PIECE, 36250, _usual(1, 4, 180, 365, 4)),
    _line(
        "41A01",
        3,
        "Dagbehandeling jonge kind | Day treatment of young children",
        _DAYPART,
        12375,
        _usual(3, 7, 180, 365, 3),
    ),
    _line(
        "41A02",
        3,
        "Dagbehandeling schoolgaand | Day treatment of school age",
        _DAYPART,
        11000,
        _usual(2, 6, 180, 365, 2),
    ),
    _line("41A03", 3, "Dagbesteding | Day activities", _DAYPART, 7375, _usual(2, 6, 180, 365, 2)),
    _line(
        "41A04",
        3,
        "Naschoolse behandeling | After-school treatment",
        _DAYPART,
        9625,
        _usual(2, 4, 150, 330, 1),
    ),
    _line("41A05", 3, "Zorgboerderij | Care farm", _DAYPART, 6500, _usual(1, 4, 180, 365, 3)),
    _line(
        "41A06",
        3,
        "Onderwijs-zorg arrangement | Education and care",
        _DAYPART,
        10375,
        _usual(2, 6, 200, 365, 1),
    ),
    _line(
        "45B01",
        1,
        "Intensieve ambulante hulp | Intensive outpatient help",
        _MINUTE,
        220,
        _usual(180, 420, 120, 300, 3),
    ),
    _line(
        "45B02",
        1,
        "Multisysteemtherapie | Multisystemic therapy",
        _MINUTE,
        228,
        _usual(200, 420, 100, 180, 1),
    ),
    _line(
        "45B03",
        1,
        "FACT jeugd | Flexible assertive community treatment",
        _MINUTE,
        235,
        _usual(90, 240, 200, 365, 2),
    ),
    _line(
        "54B01",
        1,
        "Hoogspecialistische ggz | Highly specialised mental health",
        _MINUTE,
        254,
        _usual(90, 240, 150, 365, 2),
    ),
    _line(
        "54B02",
        1,
        "Eetstoornissen poliklinisch | Eating disorders, outpatient",
        _MINUTE,
        259,
        _usual(90, 210, 150, 330, 1),
    ),
    _line(
        "46A01",
        5,
        "Crisisinterventie ambulant | Crisis intervention",
        _MINUTE,
        218,
        _usual(240, 600, 14, 42, 3),
    ),
    _line("46A02", 5, "Spoedhulp aan huis | Urgent help at home", _MINUTE, 208, _usual(300, 600, 28, 56, 2)),
    _line("46A03", 5, "Crisisdiagnostiek | Crisis assessment", _PIECE, 183750, _usual(1, 1, 14, 28, 1)),
)
LINES = {line.code: line for line in (*RESIDENTIAL_1, *ORDINARY)}
_BEFORE = (2019, 2020)
_LATER = {2024: 1.057, 2025: 1.09, 2026: 1.118}


def _before(tariffs: dict[int, int]) -> dict[int, int]:
    """Of before 2021, for products that were there: indications of 2021 go back to it."""
    return {year: tariffs[2021] for year in _BEFORE if 2021 in tariffs}  # noqa: PLR2004


SEGMENT_2 = tuple(
    replace(
        product,
        tariffs=_before(product.tariffs)
        | product.tariffs
        | {year: round(product.tariffs[2023] * index) for year, index in _LATER.items()},
    )
    for product in offer.PRODUCTS
)
_TARIFFS = {line.code: line.cents for line in LINES.values()} | {
    product.code: product.tariffs for product in SEGMENT_2
}
_OWN_FROM = 2023


@cache
def tariff(product: str, provider: str, year: int) -> int:
    """Cents per unit on any day of a year: the agreement's own or the catalogue's; `provider` as in `demo.offer`."""
    own = offer.OWN_TARIFFS.get((product, provider))
    known = min(max(year, YEARS[0]), YEARS[-1])
    if own and known >= _OWN_FROM:
        return own[1]
    if own and known == _OWN_FROM - 1:
        return own[0]
    return _TARIFFS[product].get(known, _TARIFFS[product][max(_TARIFFS[product])])


def bodies() -> list[Body]:
    """Every product with its code."""
    segment_2 = [{"code": each.code, **each.body()} for each in SEGMENT_2]
    return segment_2 + [{"code": code, **line.body()} for code, line in LINES.items()]
