"""Keep the offers: derive them anew when what they hang on changed, and write what differs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from services.availability.schema import AGREEMENT, PRODUCT, PROVIDER
from services.availability.search.domain import Offer, offered
from services.availability.search.tables import offer
from shared.consumer.recompute import Touched
from shared.database import Connection
from shared.events.contracts import AgreementState, ProductState, ProviderState
from shared.events.state import State

# All agreements that name a touched product or provider, in any version of either. A touched one of which
# nothing is left was lost by its owner and cannot say any more what it was called: then all agreements.
_SPREAD = """
with products as (
        select aggregate, state ->> 'code' as code from contracts_product where aggregate = any($1)),
     providers as (
        select aggregate, state ->> 'agb' as agb from contracts_provider where aggregate = any($2)),
     lost as (
        select from unnest($1::uuid[]) as touched (id) where id not in (select aggregate from products)
        union all
        select from unnest($2::uuid[]) as touched (id) where id not in (select aggregate from providers))
insert into dirty (kind, aggregate)
select distinct 'contracts.agreement', aggregate from contracts_agreement
where state ->> 'product' in (select code from products)
   or state ->> 'provider' in (select agb from providers)
   or exists (select from lost)
"""
_AGREEMENTS = """
select distinct on (aggregate) aggregate, state from contracts_agreement where aggregate = any($1)
order by aggregate, version desc
"""
_PRODUCTS = """
select distinct on (aggregate) state from contracts_product
where aggregate in (select aggregate from contracts_product where state ->> 'code' = any($1))
order by aggregate, version desc
"""
_PROVIDERS = """
select distinct on (aggregate) state from contracts_provider
where aggregate in (select aggregate from contracts_provider where state ->> 'agb' = any($1))
order by aggregate, version desc
"""
_COLUMNS = ", ".join(column.name for column in offer.columns)
_SET = ", ".join(
    f"{c.name} = excluded.{c.name}" for c in offer.columns if c.name not in {"agreement", "location"}
)
# Whole rows are compared as values of the table's type, for which two NULLs are the same. Equal ones are left
# out before the upsert, which would lock them.
_REPLACE = f"""
with given as materialized (select * from jsonb_populate_recordset(null::offer, $2)),
     gone as (
        delete from offer where agreement = any($1) and not exists (
            select from given g where g.agreement = offer.agreement and g.location is not distinct from offer.location))
insert into offer ({_COLUMNS})
select {_COLUMNS} from given where not exists (
    select from offer where offer.agreement = given.agreement and offer is not distinct from given)
on conflict (agreement, location) do update set {_SET}
"""  # noqa: S608 - names of our own columns

_State = TypeVar("_State", bound=State)
_OFFER = TypeAdapter(Offer)


async def derive(connection: Connection, touched: Touched) -> bool:
    """Derive the offers of touched agreements; those of all else become dirty for the next step."""
    products, providers = touched.get(PRODUCT, ()), touched.get(PROVIDER, ())
    if products or providers:
        await connection.execute(_SPREAD, list(products), list(providers))
    if agreements := touched.get(AGREEMENT):
        await _replace(connection, agreements)
    return not (products or providers)


async def _replace(connection: Connection, ids: Collection[UUID]) -> None:
    rows = await connection.fetch(_AGREEMENTS, list(ids))
    agreements = {row["aggregate"]: AgreementState.model_validate(row["state"]) for row in rows}
    codes = {agreement.product for agreement in agreements.values()}
    agbs = {agreement.provider for agreement in agreements.values()}
    products = {state.code: state for state in await _newest(connection, _PRODUCTS, codes, ProductState)}
    providers = {state.agb: state for state in await _newest(connection, _PROVIDERS, agbs, ProviderState)}
    found = {
        id_: offered(agreement, products.get(agreement.product), providers.get(agreement.provider))
        for id_, agreement in agreements.items()
    }
    await connection.execute(_REPLACE, list(ids), list(_rows(found)))


async def _newest(
    connection: Connection, sql: str, names: Collection[str], model: type[_State]
) -> list[_State]:
    return [model.model_validate(row["state"]) for row in await connection.fetch(sql, list(names))]


def _rows(found: Mapping[UUID, Sequence[Offer]]) -> Iterable[dict[str, Any]]:
    for agreement, offers in found.items():
        for one in offers:
            yield {"agreement": str(agreement), **_OFFER.dump_python(one, mode="json", by_alias=True)}
