"""What readers have to answer, worked out day by day from the ledger alone and as plainly as possible."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

from tests.faults.ledger import Entry, Ledger, State

Cell = tuple[str, str]
"""Period as it is written, and municipality."""
Offer = tuple[str, str | None, str, str | None, str | None]
"""Provider, its name, product, its name, last day."""


@dataclass
class Expected:
    """Clients by month, all of them and those with contracted and bespoke days; granted cents of the year."""

    clients: dict[Cell, set[str]]
    contracted: dict[Cell, set[str]]
    bespoke: dict[Cell, set[str]]
    granted: dict[Cell, Fraction]


def figures(ledger: Ledger) -> Expected:
    """Count every day of every indication that stands."""
    found = Expected(defaultdict(set), defaultdict(set), defaultdict(set), defaultdict(Fraction))
    for entry in standing(ledger, "indication"):
        body = (entry.state or {})["body"]
        municipality, bsn = entry.key[0], body["bsn"]
        for day, contracted, cents in _days(ledger, body):
            cell = (f"{day:%Y-%m}", municipality)
            found.clients[cell].add(bsn)
            (found.contracted if contracted else found.bespoke)[cell].add(bsn)
            found.granted[(str(day.year), municipality)] += cents
    return found


def offers(ledger: Ledger, on: date) -> set[Offer]:
    """List what is contracted on a day."""
    return {
        (
            agb,
            _name(ledger.entry("provider", agb), "name"),
            code,
            _name(ledger.entry("product", code), "nameNl"),
            (entry.state or {}).get("to"),
        )
        for entry in standing(ledger, "agreement")
        for agb, code in [entry.key]
        if _covers(entry.state, on)
    }


def standing(ledger: Ledger, kind: str) -> Iterator[Entry]:
    return (entry for entry in ledger.there(kind) if entry.state and not entry.state["withdrawn"])


def _days(ledger: Ledger, body: State) -> Iterator[tuple[date, bool, Fraction]]:
    first, last = _read(body["from"]), _read(body["to"])
    count = (last - first).days + 1
    agreement = ledger.entry("agreement", body["provider"], body["product"])
    catalogue = (ledger.entry("product", body["product"]).state or {}).get("tariffs", [])
    for number in range(count):
        day = first + timedelta(days=number)
        contracted = _covers(agreement.state, day)
        if "budgetCents" in body:
            yield day, contracted, Fraction(body["budgetCents"], count)
        else:
            yield day, contracted, Fraction(body["volume"] * _tariff(agreement.state, catalogue, day))


def _tariff(agreement: State | None, catalogue: list[State], day: date) -> int:
    if agreement is not None and _covers(agreement, day) and "tariffCents" in agreement:
        return int(agreement["tariffCents"])
    return next(int(one["cents"]) for one in catalogue if _read(one["from"]) <= day <= _last(one))


def _covers(agreement: State | None, day: date) -> bool:
    """All agreements here begin with the year."""
    return agreement is not None and not agreement["withdrawn"] and day <= _last(agreement)


def _last(dated: State) -> date:
    return _read(dated["to"]) if "to" in dated else date.max


@cache
def _read(day: str) -> date:
    return date.fromisoformat(day)


def _name(entry: Entry, field: str) -> str | None:
    return entry.state[field] if entry.state else None
