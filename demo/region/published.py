"""What was published, as far as the data are fitted to it. Only the generator knows these numbers."""

from datetime import date
from typing import NamedTuple

FACT_SHEET_DAY = date(2023, 8, 10)
"""The delivery that the fact sheet of the first half of 2023 is about."""


class Residential(NamedTuple):
    """Unique clients of a municipality per group, in 2022 and 2023."""

    segment1: tuple[int, int]
    family: tuple[int, int]
    housing: tuple[int, int]


CLIENTS = {
    "0743": (363, 372),
    "0762": (654, 637),
    "1771": (1264, 1224),
    "1652": (541, 607),
    "0794": (2602, 2635),
    "1659": (523, 515),
    "0820": (497, 547),
    "0847": (381, 367),
    "0848": (499, 519),
    "0861": (1226, 1299),
    "0866": (464, 479),
}
RESIDENTIAL = {
    "0743": Residential((11, 9), (16, 9), (2, 3)),
    "0762": Residential((15, 13), (19, 15), (1, 3)),
    "1771": Residential((12, 20), (33, 31), (4, 0)),
    "1652": Residential((10, 13), (18, 17), (0, 1)),
    "0794": Residential((58, 54), (138, 136), (9, 11)),
    "1659": Residential((6, 11), (18, 17), (2, 3)),
    "0820": Residential((6, 4), (15, 10), (0, 0)),
    "0847": Residential((2, 3), (7, 7), (1, 2)),
    "0848": Residential((8, 8), (10, 9), (1, 0)),
    "0861": Residential((31, 28), (44, 44), (9, 9)),
    "0866": Residential((9, 7), (8, 7), (0, 1)),
}
SEGMENT_1_AND_2 = (27, 25)
"""Clients in both, in 2022 and 2023."""

SUB_REGIONS = {
    "Dommelvallei+": ("1771", "0820", "0848", "0866"),
    "Helmond": ("0794",),
    "Peelgemeenten": ("0743", "0762", "1652", "1659", "0847"),
    "Veldhoven": ("0861",),
}
FIRST_HALF_2023 = {"Dommelvallei+": 2239, "Helmond": 2065, "Peelgemeenten": 2045, "Veldhoven": 1032}
"""Unique clients as known on the day of the fact sheet."""
SEGMENT_2_FIRST_HALF = {2021: 331, 2022: 338}
BESPOKE = {2022: 3906, 2023: 1454}
"""Indications with a bespoke day in the year."""

COST_2022 = {"segment 1 residential": 57_000, "segment 2": 21_000, "other": 6_600}
"""Euro per client."""
