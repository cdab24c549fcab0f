"""Where the example's clients and providers are: real places of Noord-Brabant."""

from typing import NamedTuple


class Place(NamedTuple):
    """A place with the postcode and coordinates of its centre."""

    postcode: str
    latitude: float
    longitude: float


PLACES = {
    "Asten": Place("5721", 51.4030, 5.7460),
    "Bakel": Place("5761", 51.5030, 5.7380),
    "Beek en Donk": Place("5741", 51.5330, 5.6300),
    "Boxtel": Place("5281", 51.5890, 5.3250),
    "Breda": Place("4811", 51.5890, 4.7750),
    "Deurne": Place("5751", 51.4602, 5.7960),
    "Eindhoven": Place("5611", 51.4416, 5.4697),
    "Geldrop": Place("5661", 51.4210, 5.5590),
    "Gemert": Place("5421", 51.5560, 5.6890),
    "Helmond": Place("5701", 51.4793, 5.6570),
    "Mierlo": Place("5731", 51.4410, 5.6180),
    "Nuenen": Place("5671", 51.4730, 5.5510),
    "Oss": Place("5341", 51.7650, 5.5180),
    "Someren": Place("5711", 51.3850, 5.7110),
    "Son": Place("5691", 51.5110, 5.4920),
    "Tilburg": Place("5038", 51.5606, 5.0919),
    "Uden": Place("5401", 51.6610, 5.6190),
    "Veldhoven": Place("5501", 51.4180, 5.4030),
    "Waalre": Place("5581", 51.3880, 5.4450),
    "'s-Hertogenbosch": Place("5211", 51.6878, 5.3057),
}

# Four-digit postcodes in which the clients of a municipality live.
POSTCODES = {
    "0743": ("5721", "5724"),
    "0762": ("5751", "5752", "5753"),
    "1771": ("5661", "5663", "5664", "5731"),
    "1652": ("5421", "5423", "5761"),
    "0794": ("5701", "5702", "5703", "5704", "5705", "5706", "5707", "5709"),
    "1659": ("5735", "5738", "5741"),
    "0820": ("5671", "5673", "5674"),
    "0847": ("5711", "5712"),
    "0848": ("5691", "5694", "5681"),
    "0861": ("5501", "5502", "5503", "5504", "5509"),
    "0866": ("5581", "5582", "5583"),
}

# How the clients of the family and the housing products spread: the published residential clients of 2023.
FAMILY_WEIGHTS = {
    "0743": 9,
    "0762": 15,
    "1771": 31,
    "1652": 17,
    "0794": 136,
    "1659": 17,
    "0820": 10,
    "0847": 7,
    "0848": 9,
    "0861": 44,
    "0866": 7,
}
HOUSING_WEIGHTS = {"0743": 3, "0762": 3, "1652": 1, "0794": 11, "1659": 3, "0847": 2, "0861": 9, "0866": 1}


def spread(count: int, weights: dict[str, int]) -> list[str]:
    """A municipality for each of `count` clients, by largest remainder, so that the shares come out."""
    total = sum(weights.values())
    given = {code: count * weight // total for code, weight in weights.items()}
    remainders = sorted(weights, key=lambda code: (-(count * weights[code] % total), code))
    for code in remainders[: count - sum(given.values())]:
        given[code] += 1
    return [code for code, number in given.items() for _ in range(number)]
