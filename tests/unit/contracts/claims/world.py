"""Claims for tests: who claims, how an indication with its value arrives, and what stands in the database then."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

import asyncpg

from services.contracts.claims import commands
from services.contracts.claims.commands import Arrival, Result
from services.contracts.claims.domain import Claimable, Content
from shared.auth import Principal, Role
from shared.database import Database
from shared.events.contracts import ValuationState
from shared.events.referrals import IndicationState
from shared.processing_log import ProcessingRecord
from shared.processing_log import record as processing_record
from shared.values.period import Period
from tests.databases import empty

HELMOND = "0794"
CARER, CLINIC = "98000001", "98000002"
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
APRIL = Period(date(2023, 4, 1), date(2023, 4, 30))
MAY = Period(date(2023, 5, 1), date(2023, 5, 31))
_LONG_AGO = datetime(2023, 1, 1, tzinfo=UTC)
_IDS = UUID("6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11")


def processing(provider: str = CARER) -> ProcessingRecord:
    principal = Principal(Role.PROVIDER, provider, "administration", "youth-act-claims")
    return processing_record("put_claim", principal, service="contracts", start_time=_LONG_AGO)


def claimed(reference: str = "a", *, number: int = 1, period: Period = APRIL, cents: int = 100) -> Arrival:
    return Arrival(CARER, reference, Content((HELMOND, number), period, cents))


async def send(api: Database, *arrivals: Arrival) -> list[Result]:
    """Record claims as their provider, in a transaction of its own."""
    provider = arrivals[0].provider
    async with api.transaction(organisation=provider, role="provider") as connection:
        return await commands.record(connection, arrivals, processing(provider))


def indication_of(number: int) -> UUID:
    return uuid5(_IDS, f"indication {number}")


def client_of(number: int) -> UUID:
    return uuid5(_IDS, f"client {number}")


def granted(
    number: int = 1, cents: int | None = 1_000, *, period: Period = YEAR, provider: str = CARER
) -> Claimable:
    return Claimable(indication_of(number), provider, period, cents, withdrawn=False)


@dataclass
class Worker:
    """The worker's side: indications arrive with their values, as events say."""

    database: Database

    async def arrive(
        self,
        number: int,
        known: Claimable,
        *,
        assignment_number: int | None = None,
        known_at: datetime | None = None,
    ) -> None:
        """Take in a version of an indication, record its value and settle, in one transaction."""
        async with self.database.transaction() as connection:
            await connection.execute(
                "insert into referrals_indication select $1, coalesce(max(version), 0) + 1, coalesce($3, moment()), 1, $2"
                " from referrals_indication where aggregate = $1",
                known.indication,
                _indication(number if assignment_number is None else assignment_number, known),
                known_at,
            )
            await connection.execute(
                "select record_events($1 || jsonb_build_array(jsonb_build_object('aggregateType', 'valuation',"
                " 'aggregateId', $2::uuid, 'version', (select coalesce(max(version), 0) + 1 from journal"
                " where aggregateid = $2), 'payload', $3::jsonb, 'organisations', '[]'::jsonb)), null)",
                [],
                known.indication,
                _valuation(known),
            )
            await commands.settle(connection, [known.indication])

    async def refuse_all_that_wait(self) -> int:
        """As if thirty days had gone by."""
        async with self.database.transaction() as connection:
            refused: int = await connection.fetchval("select refuse_late_claims('0')")
            return refused


def _indication(assignment_number: int, known: Claimable) -> dict[str, object]:
    state = {
        "clientId": client_of(assignment_number),
        "municipality": HELMOND,
        "product": "43A09",
        "provider": known.provider,
        "from": known.period.valid_from,
        "to": known.period.valid_to,
        "withdrawn": known.withdrawn,
        "assignmentNumber": assignment_number if assignment_number >= 0 else None,
    }
    return IndicationState.model_validate(state).model_dump(mode="json", by_alias=True)


def _valuation(known: Claimable) -> dict[str, object]:
    """Give a line whose last entry is worth what is granted, in two stretches; the entry before it was worth more."""
    half, rest = divmod(known.granted_cents or 0, 2)
    first = {"from": known.period.valid_from, "to": known.period.valid_from, "contracted": True}
    valued = known.granted_cents is not None
    stretches = [
        {**first, "valued": True, "cents": [half, half]},
        {**first, "valued": valued, "cents": [rest]},
    ]
    entry = {"indicationVersion": 1, "residential": True, "family": True, "housing": False}
    before = {**entry, "knownFrom": _LONG_AGO, "stretches": [{**first, "valued": True, "cents": [10**9]}]}
    line = [before, {**entry, "knownFrom": _LONG_AGO, "stretches": [] if known.withdrawn else stretches}]
    state = {"municipality": HELMOND, "provider": known.provider, "line": line}
    return ValuationState.model_validate(state).model_dump(mode="json", by_alias=True)


async def emptied(admin: asyncpg.Connection) -> None:
    """Take away all that an example left."""
    await empty(
        admin,
        *("claim", "claim_history", "claim_client", "claimable", "referrals_indication"),
        *("journal", "journal_pending", "processing_log"),
    )
