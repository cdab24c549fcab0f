"""What is bought: the four segment-2 products, and providers with and without an agreement."""

from collections.abc import Iterator
from dataclasses import dataclass

from demo.places import PLACES
from demo.request import CONTRACT_MANAGER, Body, Request
from shared.values.codes import ProductCategory, Unit

FOSTER_CARE = "43A09"
FAMILY_HOME = "43A10"
GROUP_HOME = "43A14"
INDEPENDENT_LIVING = "43B99"


@dataclass(frozen=True, slots=True)
class Product:
    """A line of the catalogue; `tariffs` are cents per unit by the year from which they hold."""

    code: str
    name_nl: str
    name_en: str
    family: bool
    unit: Unit
    tariffs: dict[int, int]

    def body(self) -> Body:
        """The product as its PUT carries it."""
        years = sorted(self.tariffs)
        return {
            "category": ProductCategory.RESIDENTIAL_WITH_TREATMENT,
            "segment": 2,
            "residential": True,
            "family": self.family,
            "housing": not self.family,
            "unit": self.unit,
            "nameNl": self.name_nl,
            "nameEn": self.name_en,
            "from": f"{years[0]}-01-01",
            "tariffs": [
                {"from": f"{year}-01-01", "cents": self.tariffs[year]}
                | ({} if year == years[-1] else {"to": f"{years[place + 1] - 1}-12-31"})
                for place, year in enumerate(years)
            ],
        }


PRODUCTS = (
    Product(
        FOSTER_CARE,
        "Pleegzorg",
        "Foster care",
        True,
        Unit.DAY_AND_NIGHT,
        {2021: 3890, 2022: 4010, 2023: 4325},
    ),
    Product(
        FAMILY_HOME,
        "Gezinshuis",
        "Family home",
        True,
        Unit.DAY_AND_NIGHT,
        {2021: 13650, 2022: 14080, 2023: 15560},
    ),
    # The group home is a product since 2022.
    Product(GROUP_HOME, "Woongroep", "Group home", False, Unit.DAY_AND_NIGHT, {2022: 14890, 2023: 16480}),
    Product(
        INDEPENDENT_LIVING,
        "Begeleiding naar zelfstandig wonen",
        "Guidance to independent living",
        False,
        Unit.HOUR,
        {2021: 7920, 2022: 8160, 2023: 8600},
    ),
)

# AGB code -> name and the places of its locations. All names are invented.
PROVIDERS = {
    "98900101": ("Pleegzorg De Linde", ("Eindhoven", "Helmond")),
    "98900102": ("Pleegzorg Kempenland", ("Veldhoven",)),
    "98900103": ("Jeugdhulp Peelrand", ("Helmond", "Deurne", "Gemert")),
    "98900104": ("Stichting Thuishaven", ("'s-Hertogenbosch", "Oss")),
    "98900105": ("Pleegzorg Baronie", ("Breda",)),
    "98900106": ("Pleegzorg Leijstroom", ("Tilburg",)),
    "98900107": ("Pleegzorg Aa en Dommel", ("Boxtel",)),
    "98900201": ("Gezinshuizen Onder de Pannen", ("Geldrop", "Nuenen")),
    "98900202": ("Gezinshuis De Beuk", ("Someren",)),
    "98900203": ("Gezinshuis 't Nest", ("Asten",)),
    "98900204": ("Zorgboerderij De Vlaas", ("Deurne",)),
    "98900205": ("Gezinshuis Het Baken", ("Son",)),
    "98900206": ("Gezinshuis Kastanjehof", ("Bakel",)),
    "98900207": ("Gezinshuis De Meander", ("Beek en Donk",)),
    "98900208": ("Gezinshuis Zonnebloem", ("Waalre",)),
    "98900209": ("Gezinshuis De Uitkijk", ("Uden",)),
    "98900301": ("Woonhuis Kompas", ("Helmond",)),
    "98900302": ("Woongroep De Brug", ("Veldhoven", "Eindhoven")),
    "98900303": ("Woongroep Nieuwe Start", ("Helmond",)),
    "98900304": ("Kamertraining Zuidoost", ("Eindhoven",)),
    "98900305": ("Begeleid Wonen Brabant", ("Tilburg", "Helmond")),
    "98900401": ("Pleegzorg Overkant", ("Uden",)),
    "98900402": ("Netwerkpleegzorg Thuisbasis", ("Mierlo",)),
    "98900411": ("Gezinshuis De Wilg", ("Boxtel",)),
    "98900412": ("Gezinshuis Hoeve Ruimzicht", ("Gemert",)),
    "98900413": ("Gezinshuis De Ark", ("Oss",)),
    "98900414": ("Gezinshuis Sterrenlicht", ("Breda",)),
    "98900415": ("Gezinshuis De Haven", ("Tilburg",)),
    "98900416": ("Gezinshuis Buitenlust", ("Nuenen",)),
    "98900417": ("Gezinshuis De Kiem", ("Uden",)),
    "98900418": ("Gezinshuis Twee Linden", ("Someren",)),
    "98900421": ("Woongroep De Kade", ("Breda",)),
    "98900422": ("Woongroep Perron 5", ("'s-Hertogenbosch",)),
    "98900423": ("Woongroep De Vliegenier", ("Oss",)),
    "98900424": ("Woonhuis Eigen Kracht", ("Eindhoven",)),
}

# Providers with an agreement in April 2023. The first ones care for clients in that month (4, 8, 5 and 1 of
# them), the others only stand in the availability indicator.
CONTRACTED = {
    FOSTER_CARE: ("98900101", "98900102", "98900103", "98900104", "98900105"),
    FAMILY_HOME: (
        "98900103",
        "98900201",
        "98900202",
        "98900203",
        "98900204",
        "98900205",
        "98900206",
        "98900207",
        "98900208",
        "98900209",
    ),
    GROUP_HOME: ("98900301", "98900302", "98900303", "98900103", "98900304", "98900305"),
    INDEPENDENT_LIVING: ("98900305", "98900301", "98900302", "98900304", "98900104"),
}
USED_CONTRACTED = {FOSTER_CARE: 4, FAMILY_HOME: 8, GROUP_HOME: 5, INDEPENDENT_LIVING: 1}

# Providers that care for clients in April 2023 without an agreement for that product.
NOT_CONTRACTED = {
    FOSTER_CARE: ("98900401", "98900402", "98900201"),
    FAMILY_HOME: (
        "98900411",
        "98900412",
        "98900413",
        "98900414",
        "98900415",
        "98900416",
        "98900417",
        "98900418",
        "98900104",
        "98900402",
    ),
    GROUP_HOME: ("98900421", "98900422", "98900423", "98900424", "98900201", "98900204"),
    INDEPENDENT_LIVING: (),
}

# An agreement's own tariff, where it differs from the catalogue: cents per unit from 2022 and from 2023.
OWN_TARIFFS = {
    (FOSTER_CARE, "98900102"): (4065, 4390),
    (FOSTER_CARE, "98900104"): (3985, 4280),
    (FAMILY_HOME, "98900204"): (14650, 15990),
    (FAMILY_HOME, "98900206"): (13990, 15340),
    (GROUP_HOME, "98900302"): (15120, 16750),
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """That a provider is contracted for a product, from a day up to and including another."""

    product: str
    provider: str
    valid_from: str
    valid_to: str | None = None
    tariff_cents: int | None = None

    def body(self) -> Body:
        """The agreement as its PUT carries it."""
        body: Body = {}
        if self.valid_to is not None:
            body["to"] = self.valid_to
        if self.tariff_cents is not None:
            body["tariffCents"] = self.tariff_cents
        return body


# Agreements whose edges lie close to April 2023 on either side, and one that lapsed while a client stayed.
EDGES = (
    Agreement(FOSTER_CARE, "98900106", "2022-01-01", "2023-03-31"),
    Agreement(FOSTER_CARE, "98900107", "2023-05-01"),
    Agreement(FAMILY_HOME, "98900411", "2021-01-01", "2022-12-31"),
    Agreement(GROUP_HOME, "98900424", "2023-07-01"),
)
STARTED_IN_MID_MONTH = (FAMILY_HOME, "98900209")


def agreements() -> Iterator[Agreement]:
    """Every agreement: before 2022, for 2022, and since 2023."""
    for product, providers in CONTRACTED.items():
        for provider in providers:
            if (product, provider) == STARTED_IN_MID_MONTH:
                yield Agreement(product, provider, "2023-04-17")
                continue
            before, since = OWN_TARIFFS.get((product, provider), (None, None))
            if product != GROUP_HOME:
                yield Agreement(product, provider, "2021-01-01", "2021-12-31")
            yield Agreement(product, provider, "2022-01-01", "2022-12-31", before)
            yield Agreement(product, provider, "2023-01-01", None, since)
    yield from EDGES


def requests() -> Iterator[Request]:
    """The calls that put products, providers and agreements."""
    for product in PRODUCTS:
        yield _put(0, f"/products/{product.code}", product.body())
    for agb, (name, places) in PROVIDERS.items():
        yield _put(0, f"/providers/{agb}", {"name": name, "locations": [*locations(places)]})
    for agreement in agreements():
        path = f"/agreements/{agreement.provider}/{agreement.product}/{agreement.valid_from}"
        yield _put(1, path, agreement.body())


def locations(names: tuple[str, ...]) -> Iterator[Body]:
    """Give the locations of a provider in these places, as its PUT carries them."""
    for number, name in enumerate(names, 1):
        place = PLACES[name]
        yield {
            "code": f"{number:02d}",
            "name": name,
            "postcode": place.postcode,
            "latitude": place.latitude,
            "longitude": place.longitude,
        }


def _put(stage: int, path: str, body: Body) -> Request:
    return Request(stage, "contracts", "PUT", path, body, CONTRACT_MANAGER, organisation=None, line=path)
