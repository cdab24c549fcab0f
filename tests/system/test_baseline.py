"""docs/baseline.md shows what was published beside what the platform answers, and explains what cannot hold together."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.system import test_april_2023 as april
from tests.system.front_door import FrontDoor, Json
from tests.system.program import ROOT

PAGE = ROOT / "docs" / "baseline.md"
PRODUCTS = ("43A09", "43A10", "43A14", "43B99")
_ROW = re.compile(r"^\| `(?P<figure>[a-z-]+)` \| (?P<what>[^|]+) \| (?P<numbers>.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Column:
    """A column of the published table: the figure that answers it, how, and how its rows are printed."""

    figure: str
    what: str
    published: dict[str, Any]
    printed: Callable[[Json], str]
    query: dict[str, Any]


def _value(row: Json) -> str:
    return str(row["value"])


def _euros(row: Json) -> str:
    return str(april.whole_euros(row["value"]))


def _share(referrer: str) -> Callable[[Json], str]:
    def printed(row: Json) -> str:
        return str(april.percentage(row, april.REFERRERS[row["product"], referrer]))

    return printed


def _redemption(row: Json) -> str:
    return str(april.percentage(row, april.REDEMPTION_2022[row["product"]]))


def _count(
    figure: str, what: str, published: dict[str, Any], printed: Callable[[Json], str] = _value
) -> Column:
    return Column(figure, what, published, printed, april.APRIL)


def _referrer(referrer: str, what: str) -> Column:
    published = {product: text for (product, who), text in april.REFERRERS.items() if who == referrer}
    return Column("referrer-shares", what, published, _share(referrer), {**april.APRIL, "referrer": referrer})


COLUMNS = (
    _count("unique-clients", "clients", april.CLIENTS),
    _count(
        "contracted-providers-in-availability-indicator",
        "contracted providers in the indicator",
        april.CONTRACTED_PROVIDERS,
    ),
    _count("clients-at-contracted-providers", "clients at contracted providers", april.CLIENTS_AT_CONTRACTED),
    _count("contracted-providers-used", "contracted providers used", april.CONTRACTED_PROVIDERS_USED),
    _count("clients-at-bespoke-providers", "clients at other providers", april.CLIENTS_AT_BESPOKE),
    _count("bespoke-providers-used", "other providers used", april.BESPOKE_PROVIDERS_USED),
    Column(
        "redemption-rate",
        "redemption in 2022, %",
        april.REDEMPTION_2022,
        _redemption,
        {"period": "year", "from": "2022"},
    ),
    _count("granted-amount", "granted, euros", april.GRANTED_EUROS, _euros),
    _count("granted-amount-per-client", "granted per client, euros", april.GRANTED_EUROS_PER_CLIENT, _euros),
    _count(
        "reported-waiting-range",
        "shortest wait, weeks",
        {product: weeks[0] for product, weeks in april.WAITING_WEEKS.items()},
        lambda row: str(row["shortest"]),
    ),
    _count(
        "reported-waiting-range",
        "longest wait, weeks",
        {product: weeks[1] for product, weeks in april.WAITING_WEEKS.items()},
    ),
    _referrer("unknown", "referrer unknown, %"),
    _referrer("04", "certified institution, %"),
    _referrer("01", "municipality, %"),
    _referrer("RvdK", "child protection board, %"),
)


def _line(column: Column, rows: dict[str, Json]) -> str:
    cells = [
        f"{column.published.get(product, '')} / {column.printed(rows[product]) if product in rows else ''}".strip(
            " /"
        )
        for product in PRODUCTS
    ]
    return f"| `{column.figure}` | {column.what} | {' | '.join(cells)} |"


async def test_the_page_shows_every_column_of_the_april_table_beside_the_answer(region: FrontDoor) -> None:
    lines = []
    for column in COLUMNS:
        answer = await region.figure(column.figure, **column.query, by="product")
        lines.append(_line(column, {row["product"]: row for row in answer["rows"]}))
    shown = [match.group() for match in _ROW.finditer(PAGE.read_text(encoding="utf-8"))]
    assert shown == lines, "Write these lines into docs/baseline.md:\n" + "\n".join(lines)


async def test_what_cannot_hold_together_is_answered_as_the_page_says(region: FrontDoor) -> None:
    # Clients: the products' numbers add up to 274; two clients are in two products, so the segment has 272.
    (segment,) = (await region.figure("unique-clients", **april.APRIL, by="segment"))["rows"]
    assert (sum(april.CLIENTS.values()), segment["value"]) == (274, 272)
    # Shares of referrers: one foster client counts under two, 213 of 212.
    answer = await region.figure("referrer-shares", **april.APRIL, product="43A09")
    assert sum(row["numerator"] for row in answer["rows"]) == 213
    assert {row["denominator"] for row in answer["rows"]} == {212}
    # Amounts: no one tariff a day for 212 clients gives this amount; its share of bespoke care is in it.
    everywhere = await april.by_product(region, "granted-amount")
    assert everywhere["43A09"]["value"] % (212 * 30) != 0
    # No client of 43B99 is at another provider: the publication prints 0, the platform has no row.
    outside = await april.by_product(region, "clients-at-bespoke-providers")
    assert "43B99" not in outside
