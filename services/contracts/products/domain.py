"""The rules of a product: what goes together in a line of the catalogue, and when putting it changes anything."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import pairwise

from shared.dutch import translate
from shared.events.contracts import ProductState, Tariff
from shared.problems import FieldError

_CATEGORY_DIGITS = 2


translate(
    {
        "category-of-code": "De categorie is het eerste tweetal cijfers van de code.",
        "ages": "De hoogste leeftijd ligt onder de laagste; geef een hogere of laat haar weg.",
        "tariff-open": "Alleen het laatste tarief mag open blijven; geef dit tarief zijn laatste dag.",
        "tariff-order": "Geef de tarieven op volgorde van hun dagen; elk begint na de laatste dag van het vorige.",
    }
)


class Outcome(StrEnum):
    """What became of what was put."""

    CREATED = "created"
    APPLIED = "applied"
    UNCHANGED = "unchanged"


def decide(current: ProductState | None, given: ProductState) -> Outcome:
    """Decide what putting `given` does; `commands.sql` does the same to lists, a property test holds them equal."""
    if current is None:
        return Outcome.CREATED
    return Outcome.UNCHANGED if current == given else Outcome.APPLIED


def violations(product: ProductState) -> Iterator[FieldError]:
    """Give every broken rule between the fields of a product."""
    if product.category != product.code[:_CATEGORY_DIGITS]:
        yield FieldError(
            "category-of-code", "The category is the first two digits of the code.", pointer="#/category"
        )
    yield from ends_before_start(product.valid_from, product.valid_to, "#/to")
    yield from _ages(product.minimum_age, product.maximum_age)
    for place, tariff in enumerate(product.tariffs):
        yield from ends_before_start(tariff.valid_from, tariff.valid_to, f"#/tariffs/{place}/to")
    for place, (before, after) in enumerate(pairwise(product.tariffs)):
        yield from _follows(before, after, place)


def _ages(minimum: int | None, maximum: int | None) -> Iterator[FieldError]:
    if minimum is not None and maximum is not None and maximum < minimum:
        message = "The highest age lies below the lowest; give an age from `minimumAge` on, or leave it out."
        yield FieldError("ages", message, pointer="#/maximumAge")


def ends_before_start(first: date, last: date | None, pointer: str) -> Iterator[FieldError]:
    """Give the error at `pointer` when a last day lies before the first."""
    if last is not None and last < first:
        message = "The last day lies before the first; give a day from `from` on, or leave it out."
        yield FieldError("period", message, pointer=pointer)


def _follows(before: Tariff, after: Tariff, place: int) -> Iterator[FieldError]:
    if before.valid_to is None:
        message = "Only the last tariff may stay open; give this one its last day."
        yield FieldError("tariff-open", message, pointer=f"#/tariffs/{place}/to")
    elif after.valid_from <= before.valid_to:
        message = "Give the tariffs in order of their days; each starts after the last day of the one before."
        yield FieldError("tariff-order", message, pointer=f"#/tariffs/{place + 1}/from")
