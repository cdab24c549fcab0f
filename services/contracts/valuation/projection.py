"""Keep the value of every indication: derive it anew from the histories of what it hangs on, and publish what changed.

The inputs are copies, also of our own products and agreements: these come from our own *positioned* journal, since they
have no `known_at` before. What is promised follows architecture 4b.4: only when the queue was emptied, and never more than
the inputs promise.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from orjson import Fragment

from services.contracts.claims import commands as claims
from services.contracts.valuation.domain import value_line
from shared.consumer.copies import grouped
from shared.consumer.recompute import Touched
from shared.database import Connection
from shared.events.contracts import AgreementState, ProductState, ValuationState
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.values.region import Region

INDICATION = "referrals.indication"
PRODUCT = "contracts.product"
AGREEMENT = "contracts.agreement"

_OWN = """
with reached as (select position, known_through, importing() from sequencer),
     followed as (
         update own_inputs
         set position = reached.position, known_through = reached.known_through, importing = reached.importing
         from reached
         where own_inputs.known_through is distinct from reached.known_through
         returning old.position as after, new.position as upto),
     arrived as (
         select 'contracts.' || j.aggregatetype as kind, j.aggregateid, j.version, p.known_at, j.payload
         from followed f join journal_position p on p.position > f.after and p.position <= f.upto join journal j using (id)
         where j.aggregatetype in ('product', 'agreement')),
     products as (
         insert into contracts_product (aggregate, version, known_at, generation, state)
         select aggregateid, version, known_at, 1, payload from arrived where kind = 'contracts.product'
         on conflict do nothing),
     agreements as (
         insert into contracts_agreement (aggregate, version, known_at, generation, state)
         select aggregateid, version, known_at, 1, payload from arrived where kind = 'contracts.agreement'
         on conflict do nothing)
insert into dirty (kind, aggregate) select distinct kind, aggregateid from arrived
"""
# What hangs on a product or an agreement: every indication that was ever for it, in any version.
_SPREAD = {
    PRODUCT: """
        insert into dirty (kind, aggregate)
        select distinct 'referrals.indication', i.aggregate from contracts_product p
        join referrals_indication i on i.state ->> 'product' = p.state ->> 'code' where p.aggregate = any($1)""",
    AGREEMENT: """
        insert into dirty (kind, aggregate)
        select distinct 'referrals.indication', i.aggregate from contracts_agreement a
        join referrals_indication i on i.state ->> 'provider' = a.state ->> 'provider'
         and i.state ->> 'product' = a.state ->> 'product' where a.aggregate = any($1)""",
}
_INDICATIONS = (
    "select aggregate, version, known_at, state from referrals_indication where aggregate = any($1)"
)
_PRODUCTS = (
    "select aggregate, version, known_at, state from contracts_product where state ->> 'code' = any($1)"
)
_AGREEMENTS = """
select aggregate, version, known_at, state from contracts_agreement
where (state ->> 'provider', state ->> 'product') in (select * from unnest($1::text[], $2::text[]))
"""
# The last line of an indication stands in the journal; a new one is recorded when it differs.
_RECORD = """
with given as (select * from unnest($1::uuid[], $2::jsonb[]) as g (id, payload)),
     changed as (
         select g.id, g.payload, coalesce(last.version, 0) + 1 as version
         from given g left join lateral (
             select j.version, j.payload from journal j where j.aggregateid = g.id order by j.version desc limit 1
         ) last on true
         where last.payload is distinct from g.payload)
select record_events(jsonb_agg(jsonb_build_object(
    'aggregateType', 'valuation', 'aggregateId', id, 'version', version, 'payload', payload,
    'organisations', jsonb_build_array(payload -> 'municipality', payload -> 'provider'))), null)
from changed having count(*) > 0
"""
# An indication that its owner lost (a restored backup) has no value any more.
_FORGET = """
with given as (select * from unnest($1::uuid[]) as g (id)),
     last as (select distinct on (j.aggregateid) j.aggregateid as id, j.version, j.payload
              from given g join journal j on j.aggregateid = g.id order by j.aggregateid, j.version desc)
select record_events(jsonb_agg(jsonb_build_object(
    'aggregateType', 'valuation', 'aggregateId', id, 'version', version + 1, 'payload', payload || '{"line": []}',
    'organisations', jsonb_build_array(payload -> 'municipality', payload -> 'provider'))), null)
from last where payload -> 'line' <> '[]' having count(*) > 0
"""
# Nothing while an input has no watermark; `least` and `min` alone would pass over a NULL.
_PROMISE = """
update sequencer set derived_through = promised.through, derived_importing = promised.importing
from (select case when w.known_through is not null then least(w.known_through, o.known_through) end as through,
             o.importing or coalesce(w.importing, false) as importing
      from own_inputs o left join recompute_through w on w.topic = 'referrals.indication') as promised
where (sequencer.derived_through, sequencer.derived_importing) is distinct from (promised.through, promised.importing)
"""


async def follow_own_journal(connection: Connection) -> None:
    """Take over what our own journal has positioned since the last time: products and agreements, as copies."""
    await connection.execute(_OWN)


async def promise(connection: Connection) -> None:
    """The queue is empty: promise what the inputs promise, and no more. The sequencer makes it known."""
    await connection.execute(_PROMISE)


class Valuation:
    """Derives values up to the region's horizon."""

    def __init__(self, region: Region) -> None:
        self._horizon = region.horizon

    async def derive(self, connection: Connection, touched: Touched) -> bool:
        """Value the touched indications anew; what hangs on products and agreements becomes dirty for the next step."""
        spread = [kind for kind in _SPREAD if touched.get(kind)]
        for kind in spread:
            await connection.execute(_SPREAD[kind], list(touched[kind]))
        if indications := touched.get(INDICATION):
            await self._value(connection, indications)
        return not spread

    async def _value(self, connection: Connection, ids: Collection[UUID]) -> None:
        rows = await connection.fetch(_INDICATIONS, list(ids))
        versions = grouped(rows, IndicationState, lambda known: known.aggregate)
        pairs = {(k.state.provider, k.state.product) for known in versions.values() for k in known}
        rows = await connection.fetch(_PRODUCTS, [product for _, product in pairs])
        products = grouped(rows, ProductState, lambda known: known.state.code)
        rows = await connection.fetch(_AGREEMENTS, [p for p, _ in pairs], [product for _, product in pairs])
        agreements = grouped(rows, AgreementState, lambda known: (known.state.provider, known.state.product))
        values = {
            indication: Fragment(self._line(known, products, agreements).payload())
            for indication, known in versions.items()
        }
        await connection.execute(_RECORD, list(values), list(values.values()))
        await connection.execute(_FORGET, list(set(ids) - values.keys()))
        await claims.settle(connection, ids)

    def _line(
        self,
        indications: Sequence[Known[IndicationState]],
        products: Mapping[str, list[Known[ProductState]]],
        agreements: Mapping[tuple[str, str], list[Known[AgreementState]]],
    ) -> ValuationState:
        newest = max(indications, key=lambda known: known.version).state
        pairs = {(known.state.provider, known.state.product) for known in indications}
        line = value_line(
            indications,
            [known for pair in pairs for known in agreements[pair]],
            [known for product in {product for _, product in pairs} for known in products[product]],
            self._horizon,
        )
        return ValuationState(municipality=newest.municipality, provider=newest.provider, line=tuple(line))
