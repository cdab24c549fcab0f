"""The offers that the recompute loop keeps are those of a plain computation, in whatever order events arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.availability.schema import AGREEMENT, PRODUCT, PROVIDER
from shared.consumer.recompute import Recompute
from shared.database import Database
from tests.unit.availability.conftest import clear
from tests.unit.availability.inputs import (
    agreement,
    arrive,
    place,
    product,
    provider,
    settle,
    version,
)

CODES = ("43A09", "43A10")
AGBS = ("98000001", "98000002")
FIRST = date(2023, 1, 1)
# Agreements differ in provider, product or first day, as their key has it.
AGREED = [(AGBS[0], CODES[0], 0), (AGBS[0], CODES[0], 20), (AGBS[1], CODES[0], 5), (AGBS[1], CODES[1], 0)]
CALENDAR = [FIRST + timedelta(days=number) for number in range(100)]

days = st.integers(0, 40)
ends = st.none() | days


def _day(number: int | None) -> str | None:
    return None if number is None else (FIRST + timedelta(days=number)).isoformat()


def _period(first: int, length: int | None) -> dict[str, str | None]:
    return {"from": _day(first), "to": _day(None if length is None else first + length)}


@dataclass(frozen=True)
class Arrival:
    """A version of one of a topic's aggregates; without a state, its owner lost the aggregate."""

    topic: str
    index: int
    number: int
    state: Mapping[str, Any] | None

    @property
    def aggregate(self) -> UUID:
        return UUID(int=1 + self.index)


def _states(topic: str, index: int) -> st.SearchStrategy[dict[str, Any]]:
    if topic == PRODUCT:
        return st.builds(
            lambda first, length, segment: product(CODES[index], segment=segment, **_period(first, length)),
            days, ends, st.integers(1, 5),
        )  # fmt: skip
    if topic == PROVIDER:
        return st.builds(
            lambda name, codes: provider(AGBS[index], name=name, locations=[*map(place, sorted(codes))]),
            st.sampled_from(["Een", "Twee"]), st.sets(st.sampled_from(["1", "2", "3"])),
        )  # fmt: skip
    agb, code, first = AGREED[index]
    return st.builds(
        lambda length, withdrawn: agreement(
            provider=agb, product=code, withdrawn=withdrawn, **_period(first, length)
        ),
        ends, st.booleans(),
    )  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[list[Arrival]]:
    """Versions 1..3 of some aggregates, in any order and some of them twice, in batches; now and then a loss."""
    aggregates = [
        (PRODUCT, 0),
        (PRODUCT, 1),
        (PROVIDER, 0),
        (PROVIDER, 1),
        *((AGREEMENT, n) for n in range(4)),
    ]
    known = [
        Arrival(topic, index, number, draw(_states(topic, index)))
        for topic, index in aggregates
        for number in range(1, 1 + draw(st.integers(0, 3)))
    ]
    lost = [Arrival(*draw(st.sampled_from(aggregates)), 0, None) for _ in range(draw(st.integers(0, 2)))]
    repeated = draw(st.lists(st.sampled_from(known), max_size=4)) if known else []
    arriving = draw(st.permutations([*known, *repeated, *lost]))
    cuts = sorted(draw(st.sets(st.integers(0, len(arriving)), max_size=4)))
    edges = [0, *cuts, len(arriving)]
    return [list(arriving[start:end]) for start, end in pairwise(edges)]


async def _arrive(worker: Database, one: Arrival) -> None:
    if one.state is not None:
        await arrive(worker, one.topic, [version(one.number, dict(one.state), of=1 + one.index)])
        return
    async with worker.transaction() as connection:
        # As `complete_generation` does with what its owner did not bring back.
        await connection.execute(
            f"with gone as (delete from {one.topic.replace('.', '_')} where aggregate = $1 returning aggregate)"
            " insert into dirty (kind, aggregate) select distinct $2::text, aggregate from gone",
            one.aggregate,
            one.topic,
        )


def _newest(arrived: list[Arrival]) -> dict[tuple[str, int], Mapping[str, Any]]:
    """The newest version of each aggregate, of those that arrived after it was lost for the last time."""
    newest: dict[tuple[str, int], tuple[int, Mapping[str, Any]]] = {}
    for one in arrived:
        key = (one.topic, one.index)
        if one.state is None:
            newest.pop(key, None)
        elif key not in newest or one.number > newest[key][0]:
            newest[key] = (one.number, one.state)
    return {key: state for key, (_, state) in newest.items()}


def _holds(state: Mapping[str, Any], day: date) -> bool:
    return bool(state["from"] <= day.isoformat() and (state["to"] is None or day.isoformat() <= state["to"]))


Key = tuple[UUID, str | None]
"""Agreement and location."""


def expected(arrived: list[Arrival]) -> dict[Key, tuple[Any, ...]]:
    """Every offer by brute force: day by day, from all that arrived."""
    newest = _newest(arrived)
    found: dict[Key, tuple[Any, ...]] = {}
    for (topic, index), state in newest.items():
        if topic != AGREEMENT or state["withdrawn"]:
            continue
        item = newest.get((PRODUCT, CODES.index(state["product"])))
        who = newest.get((PROVIDER, AGBS.index(state["provider"])))
        held = [day for day in CALENDAR if _holds(state, day) and (item is None or _holds(item, day))]
        open_end = state["to"] is None and (item is None or item["to"] is None)
        places = [each["code"] for each in who["locations"]] if who else []
        for code in (places or [None]) if held else []:
            found[UUID(int=1 + index), code] = (
                state["product"],
                state["provider"],
                who and who["name"],
                item and item["segment"],
                held[0],
                None if open_end else held[-1],
            )
    return found


async def kept(worker: Database) -> dict[Key, tuple[Any, ...]]:
    async with worker.transaction() as connection:
        rows = await connection.fetch(
            "select agreement, location, product, provider, provider_name, segment, valid_from, valid_to from offer"
        )
    return {(row["agreement"], row["location"]): tuple(row)[2:] for row in rows}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=histories())
async def test_offers_equal_a_plain_computation_whatever_arrives_when(
    worker: Database, owner: Database, recompute: Recompute, batches: list[list[Arrival]]
) -> None:
    await clear(owner)
    arrived: list[Arrival] = []
    for batch in batches:
        for one in batch:
            await _arrive(worker, one)
        arrived += batch
        await settle(recompute)
        assert await kept(worker) == expected(arrived)


async def test_a_product_that_comes_late_completes_all_its_offers_in_more_than_one_step(
    worker: Database, recompute: Recompute
) -> None:
    agreed = [version(1, agreement(provider=f"{98_000_000 + n}"), of=n) for n in range(1, 1_201)]
    await arrive(worker, AGREEMENT, agreed)
    await settle(recompute)
    assert {row[3] for row in (await kept(worker)).values()} == {None}
    await arrive(worker, PRODUCT, [version(1, product(), of=1)])
    assert await settle(recompute) > 1
    offers = await kept(worker)
    assert len(offers) == len(agreed)
    assert {row[3] for row in offers.values()} == {2}


async def test_what_does_not_differ_is_not_written(worker: Database, recompute: Recompute) -> None:
    await arrive(
        worker, AGREEMENT, [version(1, agreement(), of=1), version(1, agreement(product="43A10"), of=2)]
    )
    await arrive(worker, PROVIDER, [version(1, provider(), of=1)])
    await settle(recompute)
    before = await _writers(worker)
    await arrive(worker, AGREEMENT, [version(2, agreement(tariffCents=100), of=1)])
    await settle(recompute)
    assert await _writers(worker) == before
    await arrive(worker, PRODUCT, [version(1, product(), of=1)])
    await settle(recompute)
    after = await _writers(worker)
    assert [before[id_] == after[id_] for id_ in sorted(before)] == [False, True]


async def _writers(worker: Database) -> dict[UUID, int]:
    """By offer, the transaction that wrote its row."""
    async with worker.transaction() as connection:
        rows = await connection.fetch("select agreement, xmin::text::bigint as writer from offer")
    return {row["agreement"]: row["writer"] for row in rows}
