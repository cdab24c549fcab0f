"""Keep the spans: derive those of every touched indication anew, from all its versions and its newest valuation."""

from collections.abc import Collection
from uuid import UUID

from services.monitoring.facts.commands import replace_spans
from services.monitoring.facts.domain import spans
from shared.consumer.copies import grouped
from shared.consumer.recompute import Touched
from shared.database import Connection
from shared.events.contracts import ValuationState
from shared.events.referrals import IndicationState
from shared.values.region import Region

# The aggregate of a valuation is its indication, so both topics touch the same id.
_SPANNED = ("referrals.indication", "contracts.valuation")
_INDICATIONS = (
    "select aggregate, version, known_at, state from referrals_indication where aggregate = any($1)"
)
_VALUATIONS = """
select distinct on (aggregate) aggregate, version, known_at, state from contracts_valuation
where aggregate = any($1) order by aggregate, version desc
"""


class Spans:
    """Derives spans for one region."""

    def __init__(self, region: Region) -> None:
        self._region = region

    async def derive(self, connection: Connection, touched: Touched) -> bool:
        """Bring the spans of the touched indications up to date; what figures do not hang on is passed over."""
        ids = set().union(*(touched.get(topic, ()) for topic in _SPANNED))
        if ids:
            await self._replace(connection, ids)
        return True

    async def _replace(self, connection: Connection, ids: Collection[UUID]) -> None:
        rows = await connection.fetch(_INDICATIONS, list(ids))
        indications = grouped(rows, IndicationState, lambda known: known.aggregate)
        rows = await connection.fetch(_VALUATIONS, list(ids))
        valuations = {row["aggregate"]: ValuationState.model_validate(row["state"]) for row in rows}
        found = {each: spans(indications[each], valuations.get(each), self._region) for each in ids}
        await replace_spans(connection, found)
