"""April 2023 as published: clients, providers, referrers and granted amounts of the four segment-2 products.

The counts below are the publication's (delivery of 10 August 2023; its referrer percentages stand for these
counts). The published amounts are reached to the euro by one bespoke budget per product (`CLOSING_BUDGETS`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import count

from demo import care, claims, histories, offer, terms, waiting
from demo.clients import Client, Clients
from demo.granted import granted
from demo.indication import Indication, Terms, new_indication
from demo.offer import FAMILY_HOME, FOSTER_CARE, GROUP_HOME, INDEPENDENT_LIVING
from demo.places import FAMILY_WEIGHTS, HOUSING_WEIGHTS, spread
from demo.request import Draw, Request
from shared.values.codes import Frequency, ReferrerType

SEED = 20230401

_GI, _MUNICIPALITY = ReferrerType.CERTIFIED_INSTITUTION, ReferrerType.MUNICIPALITY

# Clients at contracted and at other providers.
CLIENTS = {FOSTER_CARE: (198, 14), FAMILY_HOME: (30, 14), GROUP_HOME: (9, 8), INDEPENDENT_LIVING: (1, 0)}
# Clients per referrer; None is unknown. One foster client more counts under two of them (`_two_referrers`).
REFERRERS: dict[str, dict[ReferrerType | None, int]] = {
    FOSTER_CARE: {None: 86, _GI: 63, _MUNICIPALITY: 61, ReferrerType.CHILD_PROTECTION_BOARD: 1},
    FAMILY_HOME: {None: 12, _GI: 20, _MUNICIPALITY: 12},
    GROUP_HOME: {None: 9, _GI: 2, _MUNICIPALITY: 6},
    INDEPENDENT_LIVING: {None: 1},
}
# Euro for January up to and including June 2023.
CLOSING_BUDGETS = {FOSTER_CARE: 8_987, FAMILY_HOME: 24_995, GROUP_HOME: 25_199}
_CLOSING_PERIOD = (date(2023, 1, 1), date(2023, 6, 30))

_BIRTH_YEARS = {
    FOSTER_CARE: (2005, 2021),
    FAMILY_HOME: (2006, 2017),
    GROUP_HOME: (2005, 2010),
    INDEPENDENT_LIVING: (2004, 2005),
}
_WEIGHTS = {
    FOSTER_CARE: FAMILY_WEIGHTS,
    FAMILY_HOME: FAMILY_WEIGHTS,
    GROUP_HOME: HOUSING_WEIGHTS,
    INDEPENDENT_LIVING: {"0794": 1},
}
_MOVED_ON = date(2023, 4, 12)
_RENEWED_ON = date(2023, 4, 15)
_RENEWALS = 3


@dataclass(frozen=True, slots=True)
class Example:
    """All that the example consists of: what counts in April 2023, and every call in the order of sending."""

    counted: tuple[Indication, ...]
    requests: tuple[Request, ...]


@cache
def example() -> Example:
    """The example, the same each time; made once, for it takes a second."""
    draw = Draw(SEED)
    builder = _Builder(draw)
    counted = [indication for product in CLIENTS for indication in builder.product(product)]
    deliveries = histories.of_counted(draw, counted)
    deliveries += histories.not_counted(draw, builder.clients, builder.numbers)
    in_force = granted(deliveries)
    reported = (*waiting.requests(), *care.requests(in_force), *claims.requests(in_force))
    return Example(tuple(counted), (*offer.requests(), *deliveries, *reported))


class _Builder:
    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self.clients = Clients(draw)
        self.numbers = count(2_301_017, 13)
        self._movers: list[Client] = []

    def product(self, product: str) -> Iterator[Indication]:
        """What counts in April for a product: an indication or two for each client."""
        inside, outside = CLIENTS[product]
        clients = self._people(product, inside + outside)
        providers = self._contracted_providers(product, inside)
        providers += _every_one_used(offer.NOT_CONTRACTED[product], outside)
        referrers = self._referrers(product, inside + outside)
        rows = zip(clients, providers, referrers, strict=True)
        for place, (client, provider, referrer) in enumerate(rows):
            granted = self._terms(product, place, inside)
            first = new_indication(
                self._draw,
                next(self.numbers),
                client=client,
                product=product,
                provider=provider,
                terms=granted,
                referrer=referrer,
            )
            if product == FOSTER_CARE and place == 0:
                yield from self._two_referrers(first)
            elif product == FOSTER_CARE and place <= _RENEWALS:
                yield from self._renewed(first, referrer)
            else:
                yield first

    def _people(self, product: str, number: int) -> list[Client]:
        """The product's clients. Two move within April from a contracted group home to a family home."""
        movers = self._movers if product == GROUP_HOME else []
        weights = _WEIGHTS[product]
        people = self.clients.several(spread(number - len(movers), weights), _BIRTH_YEARS[product])
        people = movers + self._draw.shuffled(people)
        if product == FAMILY_HOME:
            grown = [client for client in people if client.municipality in HOUSING_WEIGHTS]
            self._movers = [replace(client, birth_year=2008) for client in grown[:2]]
            rest = [client for client in people if client.bsn not in {mover.bsn for mover in self._movers}]
            people = self._movers + rest
        return people

    def _terms(self, product: str, place: int, inside: int) -> Terms:
        if product == INDEPENDENT_LIVING:
            return Terms(date(2022, 9, 1), date(2023, 8, 31), 1, Frequency.DAY)
        if place == inside:
            return Terms(*_CLOSING_PERIOD, budget_cents=CLOSING_BUDGETS[product] * 100)
        if product == FAMILY_HOME and place < len(self._movers):
            return Terms(_MOVED_ON, date(2024, 4, 11), 7, Frequency.WEEK)
        if product == GROUP_HOME and place < len(self._movers):
            return Terms(date(2022, 8, 1), _MOVED_ON - timedelta(days=1), 7, Frequency.WEEK)
        return terms.contracted(self._draw, product) if place < inside else terms.bespoke(self._draw, product)

    def _contracted_providers(self, product: str, clients: int) -> list[str]:
        used = offer.CONTRACTED[product][: offer.USED_CONTRACTED[product]]
        # Each has at least one client, the first ones most.
        more = [used[self._draw.below(self._draw.between(1, len(used)))] for _ in range(clients - len(used))]
        return [*used, *more]

    def _referrers(self, product: str, clients: int) -> list[ReferrerType | None]:
        known = [referrer for referrer, number in REFERRERS[product].items() for _ in range(number)]
        shuffled = self._draw.shuffled(known)
        # The first foster client's two referrers are set by `_two_referrers`.
        return [None] * (clients - len(shuffled)) + shuffled

    def _two_referrers(self, first: Indication) -> Iterator[Indication]:
        old = replace(
            first, referrer=None, terms=Terms(date(2022, 5, 1), date(2023, 4, 14), 7, Frequency.WEEK)
        )
        yield old
        yield self._following(old, _GI)

    def _renewed(self, first: Indication, referrer: ReferrerType | None) -> Iterator[Indication]:
        until = _RENEWED_ON - timedelta(days=1)
        old = replace(first, terms=Terms(date(2022, 4, 15), until, 7, Frequency.WEEK))
        yield old
        yield self._following(old, referrer)

    def _following(self, old: Indication, referrer: ReferrerType | None) -> Indication:
        granted = Terms(_RENEWED_ON, date(2024, 4, 14), 7, Frequency.WEEK)
        return new_indication(
            self._draw,
            next(self.numbers),
            client=old.client,
            product=old.product,
            provider=old.provider,
            terms=granted,
            referrer=referrer,
        )


def _every_one_used(providers: tuple[str, ...], clients: int) -> list[str]:
    return [providers[place % len(providers)] for place in range(clients)]
