"""Keep the spans: derive those of everything that was touched anew, from all its versions and of what it hangs on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from asyncpg import Record

from services.monitoring.facts import commands
from services.monitoring.facts.domain import (
    VALID_DAYS,
    History,
    Offered,
    Span,
    care_spans,
    claim_spans,
    granted_spans,
    offer_spans,
)
from shared.consumer.copies import Grouped, grouped
from shared.consumer.recompute import Touched
from shared.database import Connection
from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, ClaimState, ProductState, ValuationState
from shared.events.known import Known
from shared.events.referrals import CareState, IndicationState
from shared.values.region import Region

CARE = "referrals.care"
CLAIM = "contracts.claim"
REPORT = "availability.report"
AGREEMENT = "contracts.agreement"
PRODUCT = "contracts.product"
# The aggregate of a valuation is its indication, so both topics touch the same id.
_INDICATION = ("referrals.indication", "contracts.valuation")

_VERSIONS = "select aggregate, version, known_at, state from {} where aggregate = any($1)"
_INDICATIONS = _VERSIONS.format("referrals_indication")
_CLAIMS = _VERSIONS.format("contracts_claim")
_VALUATIONS = """
select distinct on (aggregate) aggregate, version, known_at, state from contracts_valuation
where aggregate = any($1) order by aggregate, version desc
"""
# What a period of care hung on: in any version, and as derived before; its owner may have lost it since.
_INDICATIONS_OF_CARE = """
select (state ->> 'indication')::uuid as id from referrals_care where aggregate = any($1)
union select indication from care_span where care = any($1)
"""
_CARE_OF = """
select aggregate, version, known_at, state from referrals_care where aggregate in (
    select aggregate from referrals_care where state ->> 'indication' = any($1::text[]))
"""
_CLAIMS_OF = (
    "select distinct aggregate as id from contracts_claim where state ->> 'indication' = any($1::text[])"
)
# The reports that hang on what was touched: a report cuts those shortly before it. An agreement or a product hangs
# together with all reports of its offer; of one that its owner lost nothing says any more which: then all reports.
_REPORTS = """
with reports as (
        select aggregate, state from availability_report where aggregate = any($1)),
     agreements as (
        select aggregate, state from contracts_agreement where aggregate = any($2)),
     products as (
        select aggregate, state from contracts_product where aggregate = any($3)),
     lost as (
        select from unnest($2::uuid[]) as touched (id) where id not in (select aggregate from agreements)
        union all
        select from unnest($3::uuid[]) as touched (id) where id not in (select aggregate from products)),
     offers as (
        select state ->> 'provider' as provider, state ->> 'product' as product from agreements
        union
        select provider, product from offer_span where report in (
            select id from unnest($1::uuid[]) as touched (id) where id not in (select aggregate from reports)))
select unnest($1::uuid[]) as id
union
select near.aggregate from reports join availability_report near
 on near.state ->> 'provider' = reports.state ->> 'provider'
 and near.state ->> 'product' = reports.state ->> 'product'
 and near.state ->> 'location' = reports.state ->> 'location'
 and (reports.state ->> 'referenceDate')::date - (near.state ->> 'referenceDate')::date between 1 and $4
union
select of.aggregate from offers join availability_report of
 on of.state ->> 'provider' = offers.provider and of.state ->> 'product' = offers.product
union
select aggregate from availability_report
where state ->> 'product' in (select state ->> 'code' from products) or exists (select from lost)
"""
_SERIES = """
select distinct on (near.aggregate, near.version) near.aggregate, near.version, near.known_at, near.state
from availability_report mine join availability_report near
 on near.state ->> 'provider' = mine.state ->> 'provider'
 and near.state ->> 'product' = mine.state ->> 'product'
 and near.state ->> 'location' = mine.state ->> 'location'
 and (near.state ->> 'referenceDate')::date - (mine.state ->> 'referenceDate')::date between 0 and $2
where mine.aggregate = any($1)
order by near.aggregate, near.version
"""
_AGREEMENTS = """
select aggregate, version, known_at, state from contracts_agreement
where (state ->> 'provider', state ->> 'product') in (select * from unnest($1::text[], $2::text[]))
"""
_PRODUCTS = (
    "select aggregate, version, known_at, state from contracts_product where state ->> 'code' = any($1)"
)


class Spans:
    """Derives spans for one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    async def derive(self, connection: Connection, touched: Touched) -> bool:
        """Bring the spans of what was touched up to date; what figures do not hang on is passed over."""
        indications = set().union(*(touched.get(topic, ()) for topic in _INDICATION))
        if indications:
            await self._granted(connection, indications)
        of_care = await _ids(connection, _INDICATIONS_OF_CARE, touched.get(CARE))
        if under := indications | of_care:
            await self._care(connection, under)
        claims = await _ids(connection, _CLAIMS_OF, map(str, indications))
        if claims := claims | set(touched.get(CLAIM, ())):
            await self._claimed(connection, claims)
        of_reports = [list(touched.get(topic, ())) for topic in (REPORT, AGREEMENT, PRODUCT)]
        if any(of_reports):
            rows = await connection.fetch(_REPORTS, *of_reports, VALID_DAYS)
            await _offered(connection, [row["id"] for row in rows])
        return True

    async def _granted(self, connection: Connection, ids: Collection[UUID]) -> None:
        indications, valuations = await _indications(connection, ids)
        found = {each: granted_spans(indications[each], valuations.get(each), self._region) for each in ids}
        await commands.replace_granted(connection, found)

    async def _care(self, connection: Connection, ids: Collection[UUID]) -> None:
        histories = await _histories(connection, ids)
        of_indications: dict[UUID, list[Known[CareState]]] = defaultdict(list)
        rows = await connection.fetch(_CARE_OF, list(map(str, ids)))
        for versions in grouped(rows, CareState, lambda known: known.aggregate).values():
            for indication in {each.state.indication for each in versions}:
                of_indications[indication] += versions
        found = {each: care_spans(each, histories[each], of_indications[each], self._region) for each in ids}
        await commands.replace_care(connection, found)

    async def _claimed(self, connection: Connection, ids: Collection[UUID]) -> None:
        rows = await connection.fetch(_CLAIMS, list(ids))
        claims = grouped(rows, ClaimState, lambda known: known.aggregate)
        named = {known.state.indication for versions in claims.values() for known in versions}
        histories = await _histories(connection, named)
        found = {each: claim_spans(claims[each], histories, self._region) for each in ids}
        await commands.replace_claimed(connection, found)


async def _ids(connection: Connection, sql: str, given: Iterable[object] | None) -> set[UUID]:
    listed = list(given or ())
    return {row["id"] for row in await connection.fetch(sql, listed)} if listed else set()


async def _indications(
    connection: Connection, ids: Collection[UUID]
) -> tuple[Grouped[UUID, IndicationState], dict[UUID, ValuationState]]:
    rows = await connection.fetch(_INDICATIONS, list(ids))
    indications = grouped(rows, IndicationState, lambda known: known.aggregate)
    rows = await connection.fetch(_VALUATIONS, list(ids))
    return indications, {row["aggregate"]: ValuationState.model_validate(row["state"]) for row in rows}


async def _histories(connection: Connection, ids: Collection[UUID]) -> Mapping[UUID, History]:
    indications, valuations = await _indications(connection, ids)
    lines = {each: valuation.line for each, valuation in valuations.items()}
    return {each: History(indications[each], lines.get(each, ())) for each in ids}


async def _offered(connection: Connection, ids: Collection[UUID]) -> None:
    rows: list[Record] = await connection.fetch(_SERIES, list(ids), VALID_DAYS)
    reports = grouped(rows, ReportState, lambda known: known.aggregate)
    series = grouped(rows, ReportState, lambda known: _series(known.state))
    pairs = {(provider, product) for provider, product, _ in series}
    providers, products = [provider for provider, _ in pairs], [product for _, product in pairs]
    rows = await connection.fetch(_AGREEMENTS, providers, products)
    agreements = grouped(rows, AgreementState, lambda known: (known.state.provider, known.state.product))
    rows = await connection.fetch(_PRODUCTS, list(set(products)))
    catalogue = grouped(rows, ProductState, lambda known: known.state.code)
    found: dict[UUID, Sequence[Span[Offered]]] = {}
    for each in ids:
        found[each] = []
        if versions := reports[each]:
            provider, product, _ = key = _series(versions[0].state)
            day = versions[0].state.reference_date
            later = [one for one in series[key] if one.state.reference_date > day]
            found[each] = offer_spans(versions, later, agreements[provider, product], catalogue[product])
    await commands.replace_offered(connection, found)


def _series(report: ReportState) -> tuple[str, str, str]:
    return report.provider, report.product, report.location
