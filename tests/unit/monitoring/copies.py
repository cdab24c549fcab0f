"""The copies of a world in the database, as the consumer would keep them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from shared.database import Connection
from shared.events.known import Known
from shared.events.state import State
from tests.unit.monitoring.brute_force import World
from tests.unit.monitoring.inputs import at

Copy = dict[tuple[UUID, int], tuple[datetime, Any]]
"""Since when each version is known, and its state as JSON."""
TABLES = (
    "referrals_indication",
    "referrals_care",
    "contracts_valuation",
    "contracts_claim",
    "contracts_agreement",
    "contracts_product",
    "availability_report",
)
_INSERT = """
insert into {} (aggregate, version, known_at, generation, state)
select aggregate, version, known_at, 1, state::jsonb
from unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::text[]) as given (aggregate, version, known_at, state)
"""


def of(world: World) -> dict[str, Copy]:
    """What the copies of a world hold."""
    valuations = [
        Known(versions[0].aggregate, 1, at(0), valuation)
        for number, versions in enumerate(world.indications)
        if versions and (valuation := world.valuation(number)) is not None
    ]
    return {
        "referrals_indication": _copy(known for versions in world.indications for known in versions),
        "contracts_valuation": _copy(valuations),
        "referrals_care": _copy(world.care),
        "contracts_claim": _copy(world.claims),
        "contracts_agreement": _copy(world.agreements),
        "contracts_product": _copy(world.products),
        "availability_report": _copy(world.reports),
    }


def _copy(versions: Iterable[Known[Any]]) -> Copy:
    return {(each.aggregate, each.version): (each.known_at, _json(each.state)) for each in versions}


def _json(state: State) -> Any:  # noqa: ANN401
    return orjson.loads(state.payload())


async def kept(connection: Connection) -> dict[str, Copy]:
    """What the copies hold."""
    return {
        table: {
            (UUID(str(row["aggregate"])), row["version"]): (row["known_at"], row["state"])
            for row in await connection.fetch(f"select aggregate, version, known_at, state from {table}")
        }
        for table in TABLES
    }


async def replace(connection: Connection, copies: Mapping[str, Copy]) -> None:
    """Make the copies hold this and no more."""
    for table, copy in copies.items():
        await connection.execute(f"delete from {table}")
        rows = [(*key, known_at, orjson.dumps(state).decode()) for key, (known_at, state) in copy.items()]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            await connection.execute(_INSERT.format(table), *columns)


def changed(before: Mapping[str, Copy], after: Mapping[str, Copy]) -> dict[str, set[UUID]]:
    """The aggregates, per topic, of which a version came, went or is another."""
    return {
        table.replace("_", ".", 1): {
            aggregate
            for aggregate, version in {*before[table], *after[table]}
            if before[table].get((aggregate, version)) != after[table].get((aggregate, version))
        }
        for table in TABLES
    }
