"""The test's own account of a region: what was accepted, and since when each version of it is known."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, ClaimState, ProductState, ProviderState
from shared.events.known import Known
from shared.events.referrals import CareState, IndicationState
from shared.events.state import State
from tests.unit.monitoring.brute_force import EVER, World
from tests.unit.monitoring.inputs import at

StateT = TypeVar("StateT", bound=State)

_OWNERS: Mapping[type[State], tuple[str, str]] = {
    IndicationState: ("referrals", "indication"),
    ProductState: ("contracts", "product"),
    ProviderState: ("contracts", "provider"),
    AgreementState: ("contracts", "agreement"),
    CareState: ("referrals", "care"),
    ClaimState: ("contracts", "claim"),
    ReportState: ("availability", "report"),
}
# What is accepted of what providers say hangs on what had arrived when, which is tested at its rules: here the owners'
# journals say it.
_SAID = """
select j.aggregateid, j.version, p.known_at, j.payload::text as payload
from {service}.journal j join {service}.journal_position p using (id)
where j.aggregatetype = $1 and j.payload ->> 'provider' = any($2) order by j.aggregateid, j.version
"""
_KNOWN = """
select j.aggregateid, j.version, p.known_at, j.payload::text as payload
from {service}.journal j left join {service}.journal_position p using (id)
where j.aggregatetype = $1 and j.aggregateid = any($2) order by j.aggregateid, j.version
"""


@dataclass
class Ledger:
    """Every version that was accepted in one example, by kind, aggregate and version; `providers`: its providers."""

    providers: tuple[str, ...]
    accepted: dict[type[State], dict[UUID, dict[int, State]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )

    def note(self, answer: Mapping[str, Any], state: State) -> None:
        """A version was accepted, as the answer says: it must be the next one of its aggregate."""
        versions = self.accepted[type(state)][UUID(answer["id"])]
        assert answer["version"] == len(versions) + 1
        versions[answer["version"]] = state

    def newest(self, kind: type[StateT], aggregate: UUID) -> StateT:
        versions = self.accepted[kind][aggregate]
        state = versions[max(versions)]
        assert isinstance(state, kind)
        return state

    async def world(self, connection: asyncpg.Connection) -> "KnownWorld":
        """All that has become known by now; what was not sequenced yet is left out."""
        indications = await self._known(connection, IndicationState)
        agreements = await self._known(connection, AgreementState)
        products = await self._known(connection, ProductState)
        await self._known(connection, ProviderState)
        return KnownWorld(
            *(indications, agreements, products),
            care=await self._said(connection, CareState),
            claims=await self._said(connection, ClaimState),
            reports=await self._said(connection, ReportState),
        )

    async def _said(self, connection: asyncpg.Connection, kind: type[StateT]) -> list[Known[StateT]]:
        """Read what was published of what the providers said; later versions of an aggregate became known later."""
        service, aggregate = _OWNERS[kind]
        rows = await connection.fetch(_SAID.format(service=service), aggregate, list(self.providers))
        found = [
            Known(
                row["aggregateid"],
                row["version"],
                row["known_at"],
                kind.model_validate_json(row["payload"]),
            )
            for row in rows
        ]
        for one, following in pairwise(found):
            assert one.aggregate != following.aggregate or one.known_at <= following.known_at
        return found

    async def _known(self, connection: asyncpg.Connection, kind: type[StateT]) -> list[Known[StateT]]:
        """Read since when each version is known; the journal must hold these versions, and no others."""
        service, aggregate = _OWNERS[kind]
        kept = self.accepted[kind]
        rows = await connection.fetch(_KNOWN.format(service=service), aggregate, list(kept))
        journal = {(row["aggregateid"], row["version"]): row for row in rows}
        accepted = {
            (each, version): state for each, versions in kept.items() for version, state in versions.items()
        }
        assert {key: kind.model_validate_json(row["payload"]) for key, row in journal.items()} == accepted
        found = [
            Known(id_, version, row["known_at"], kind.model_validate_json(row["payload"]))
            for (id_, version), row in journal.items()
            if row["known_at"] is not None
        ]
        _without_gaps(found)
        return found


def _without_gaps(versions: Iterable[Known[StateT]]) -> None:
    """What is known of an aggregate starts at version 1, and later versions became known later."""
    by_aggregate: dict[UUID, list[Known[StateT]]] = defaultdict(list)
    for known in versions:
        by_aggregate[known.aggregate].append(known)
    for history in by_aggregate.values():
        assert [known.version for known in history] == list(range(1, len(history) + 1))
        moments = [known.known_at for known in history]
        assert moments == sorted(moments)


class KnownWorld:
    """Everything with the moments at which it became known, which for the brute force are numbered minutes."""

    def __init__(
        self,
        indications: list[Known[IndicationState]],
        agreements: list[Known[AgreementState]],
        products: list[Known[ProductState]],
        *,
        care: list[Known[CareState]],
        claims: list[Known[ClaimState]],
        reports: list[Known[ReportState]],
    ) -> None:
        everything: list[Sequence[Known[Any]]] = [indications, agreements, products, care, claims, reports]
        self.moments = sorted({known.known_at for several in everything for known in several})
        by_aggregate: dict[UUID, list[Known[IndicationState]]] = defaultdict(list)
        for known in indications:
            by_aggregate[known.aggregate].append(self._numbered(known))
        self.world = World(
            list(by_aggregate.values()),
            [self._numbered(known) for known in agreements],
            [self._numbered(known) for known in products],
            [EVER] * len(by_aggregate),
            care=[self._numbered(known) for known in care],
            claims=[self._numbered(known) for known in claims],
            reports=[self._numbered(known) for known in reports],
        )

    def minute(self, moment: datetime) -> int:
        """The number of the newest moment that had come; -1 when none had."""
        return bisect_right(self.moments, moment) - 1

    def _numbered(self, known: Known[StateT]) -> Known[StateT]:
        return Known(known.aggregate, known.version, at(self.minute(known.known_at)), known.state)
