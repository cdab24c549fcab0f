"""Put and withdraw agreements: lists of changes, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts.agreements.domain import Change, Decision, Key, Outcome
from shared.database import Connection
from shared.deliveries.kinds import Judged, judged
from shared.deliveries.kinds import Outcome as CountedAs
from shared.dutch import translate
from shared.problems import (
    Conflict,
    FieldError,
    InvalidInput,
    Kind,
    NotFound,
    register,
    register_constraints,
)
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent
from shared.values.period import Period

_CHANGE = "select * from change_agreements($1, $2) order by ordinal"
# What `mode=full` of a delivery is compared with.
DELIVERED_BEFORE = """
select provider || '/' || product || '/' || valid_from as key, provider || ' ' || product || ' ' || valid_from as number
from agreement where $1::text is not null and not withdrawn
"""
_COUNTED_AS = {
    Outcome.CREATED: CountedAs.CREATED,
    Outcome.APPLIED: CountedAs.CHANGED,
    Outcome.UNCHANGED: CountedAs.UNCHANGED,
}
_REMEDIES = {
    "product": "This product is not known: put it first, under /contracts/v1/products.",
    "provider": "This provider is not known: put it first, under /contracts/v1/providers.",
}


translate(
    {
        "unknown-product": "Dit product is niet bekend: leg het eerst vast, onder /contracts/v1/products.",
        "unknown-provider": "Deze aanbieder is niet bekend: leg hem eerst vast, onder /contracts/v1/providers.",
    }
)


class AgreementsOverlap(Conflict):
    """Two agreements of one provider for one product may not hold on the same day. End or withdraw the other one first."""

    @classmethod
    def with_period(cls, other: Period) -> "AgreementsOverlap":
        """Give the problem that names the period in the way."""
        last = other.valid_to.isoformat() if other.valid_to else None
        detail = (
            f"There is an agreement of this provider for this product from {other.valid_from} "
            f"{'on, without end' if last is None else f'to {last}'}. End or withdraw it first."
        )
        return cls(detail, overlapsFrom=other.valid_from.isoformat(), overlapsTo=last)


register(
    {AgreementsOverlap: Kind(409, "agreements-overlap", "Agreements overlap", "Overeenkomsten overlappen")}
)
register_constraints({"agreement_overlap": AgreementsOverlap})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a change, and the agreement as it is now (None when it is not there)."""

    decision: Decision
    current: dict[str, Any] | None

    @property
    def outcome(self) -> Outcome:
        return self.decision.outcome

    def accepted(self) -> dict[str, Any]:
        """Give the agreement; raises the problem when the change was refused."""
        if self.decision.outcome is Outcome.UNKNOWN_PARTY:
            raise InvalidInput(
                [
                    FieldError(f"unknown-{name}", _REMEDIES[name], parameter=name)
                    for name in self.decision.unknown
                ]
            )
        if self.decision.other is not None:
            raise AgreementsOverlap.with_period(self.decision.other)
        if self.current is None:
            raise NotFound
        return self.current


async def hold(connection: Connection, key: Key) -> None:
    """Let nobody else change the agreements of this provider for this product until the transaction ends."""
    await connection.execute("select lock_states('agreement', $1)", [f"{key.provider}/{key.product}"])


async def change(connection: Connection, changes: Sequence[Change]) -> list[Result]:
    """Make changes to different agreements, all in one call; results in the order given.

    Those of one provider and product are one change, so that a list may shift an agreement and the one that follows it.
    """
    return await _change_rows(connection, [as_row(each) for each in changes])


async def apply_delivered(
    connection: Connection, rows: Sequence[dict[str, Any]], _: ProcessingRecord
) -> list[Judged]:
    """Make the changes of a delivery, made by `as_row`, to different agreements; what became of each."""
    return [judged(result, _COUNTED_AS) for result in await _change_rows(connection, rows)]


async def _change_rows(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Result]:
    found = await connection.fetch(_CHANGE, list(rows), current_traceparent())
    return [
        Result(
            Decision(
                Outcome(row["outcome"]),
                tuple(row["unknown"]),
                Period(row["other_from"], row["other_to"]) if row["other_from"] else None,
            ),
            row["current"],
        )
        for row in found
    ]


def as_row(change: Change) -> dict[str, Any]:
    """Write a change as the database takes it, and as it waits in a delivery."""
    return {
        "provider": change.key.provider,
        "product": change.key.product,
        "from": change.key.valid_from,
        "state": change.state and change.state.model_dump(mode="json", by_alias=True),
    }
