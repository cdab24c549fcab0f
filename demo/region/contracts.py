"""The 180 providers with their locations, and who is contracted for which product from when."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from demo import offer
from demo.places import PLACES
from demo.region.catalogue import LINES
from demo.request import Body, Draw

PROVIDERS = 180
_CONTRACTED, _SINCE_2023 = 95, 25
_PRODUCTS_EACH = 4
_FIRST_AGB = 98_900_501
_NEW_ROUND = "2023-01-01"
_LAPSED, _ENDS = 12, "2024-12-31"
_KINDS = (
    "Jeugdzorg",
    "Praktijk",
    "Behandelcentrum",
    "Zorggroep",
    "Jeugd-ggz",
    "Begeleiding",
    "Kindercentrum",
)
_NAMES = (
    "De Berk", "De Eik", "Kompas", "Het Anker", "De Vlinder", "Horizon", "De Brug", "Samen Verder", "De Toren",
    "Zonnestraal", "De Molen", "Het Kwadrant", "De Wegwijzer", "Groei", "Balans", "De Schakel", "Nieuwland",
    "Peelzicht", "Kempenhof", "De Dommel", "De Aa",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreement:
    """That a provider is contracted for a product on these days (ISO, None: still)."""

    provider: str
    product: str
    first: str
    last: str | None = None
    tariff_cents: int | None = None

    def record(self) -> Body:
        """The agreement with its key."""
        optional = {"to": self.last, "tariffCents": self.tariff_cents}
        key = {"provider": self.provider, "product": self.product, "from": self.first}
        return key | {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Offer:
    """Who offers a product (not of segment 2): contracted all the time, since 2023, or never."""

    contracted: list[str]
    since_2023: list[str]
    never: list[str]


class Contracts:
    """Everything that is bought from whom. The same for each region; codes are those of the first one."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        new = [str(_FIRST_AGB + place) for place in range(PROVIDERS - len(offer.PROVIDERS))]
        self._new = draw.shuffled(new)
        self.offers = {code: Offer([], [], []) for code in LINES}
        self._deal()
        self.places = {agb: places for agb, (_, places) in offer.PROVIDERS.items()} | {
            agb: self._some_places() for agb in new
        }
        self.agreements = [*_of_segment_2(), *self._others()]
        self._held: dict[tuple[str, str], list[Agreement]] = defaultdict(list)
        for each in self.agreements:
            self._held[each.provider, each.product].append(each)

    def _deal(self) -> None:
        """Four neighbours in the catalogue for each provider, the start going round."""
        codes = list(LINES)
        last = _CONTRACTED + _SINCE_2023
        for place, agb in enumerate(self._new):
            if place < _CONTRACTED:
                start, kind = place * len(codes) // _CONTRACTED, "contracted"
            elif place < last:
                start, kind = (place - _CONTRACTED) * len(codes) // _SINCE_2023, "since_2023"
            else:
                start, kind = (place - last) * len(codes) // (len(self._new) - last), "never"
            for step in range(_PRODUCTS_EACH):
                getattr(self.offers[codes[(start + step) % len(codes)]], kind).append(agb)

    def _some_places(self) -> tuple[str, ...]:
        return tuple(self._draw.shuffled(list(PLACES))[: self._draw.one_of((1, 1, 2, 2, 3, 4))])

    def _others(self) -> Iterator[Agreement]:
        for code, one in self.offers.items():
            for agb in one.contracted:
                yield Agreement(agb, code, "2019-01-01")
            for place, agb in enumerate(one.since_2023):
                ends = _ENDS if (place + len(code) + int(agb)) % _LAPSED == 0 else None
                yield Agreement(agb, code, _NEW_ROUND, ends)

    def held(self, provider: str, product: str) -> list[Agreement]:
        """The agreements with a provider for a product."""
        return self._held.get((provider, product), [])

    def providers(self) -> Iterator[Body]:
        """Every provider with its AGB code."""
        for place, agb in enumerate(self.places):
            kind, name = _KINDS[place % len(_KINDS)], _NAMES[place % len(_NAMES)]
            known = offer.PROVIDERS.get(agb)
            yield {
                "agb": agb,
                "name": known[0] if known else f"{kind} {name} {place // len(_NAMES)}",
                "locations": [*offer.locations(self.places[agb])],
            }


def _of_segment_2() -> Iterator[Agreement]:
    for one in offer.agreements():
        yield Agreement(one.provider, one.product, one.valid_from, one.valid_to, one.tariff_cents)
