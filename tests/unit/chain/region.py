"""A region whose whole chain a test holds in its hands: it writes, steps, sends messages out of turn, and asks."""

import base64
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import singledispatchmethod
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaProducer

from services.availability.waiting_times.commands import report
from services.contracts.agreements import commands as agreements
from services.contracts.agreements.domain import Change, Key
from services.contracts.claims import commands as claims
from services.contracts.claims.domain import Content
from services.contracts.products import commands as products
from services.contracts.providers import commands as providers
from services.monitoring.figures.domain import FIGURES, Dimension, FigureRequest, visible
from services.monitoring.figures.queries import groups
from services.referrals.care import commands as care
from services.referrals.care.domain import Key as CareKey
from services.referrals.care.domain import Version
from services.referrals.clients.domain import Vault
from services.referrals.indications.commands import Arrival, record
from services.referrals.indications.domain import Outcome
from services.referrals.indications.schemas import IndicationBody
from shared.auth import Principal, Role
from shared.database import Connection, Database
from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, Location, ProductState, ProviderState
from shared.events.envelope import cloud_event, source
from shared.events.referrals import IndicationState
from shared.journal.generation import republish
from shared.processing_log import ProcessingRecord
from shared.processing_log import record as processing_record
from shared.values.codes import Admission, ReasonOfEnding
from shared.values.period import Period
from tests.unit.chain.ledger import Ledger
from tests.unit.chain.loops import Loops
from tests.unit.chain.operations import (
    CreditClaim,
    PutAgreement,
    PutCare,
    PutClaim,
    PutIndication,
    PutProduct,
    PutProvider,
    ReportWaits,
    SendAll,
    WithdrawAgreement,
    WithdrawIndication,
    Write,
)
from tests.unit.monitoring.inputs import CARER, CLINIC, FOSTER, REGION, THERAPY
from tests.unit.monitoring.recomputed import Answer, row_of

MANAGER = "00000099000000001000"
ANALYST = Principal(Role.ANALYST, MANAGER, "analyst", "figures")
_BSNS = ("999990019", "999990020", "999990032")
_EPOCH = datetime(2022, 1, 1, tzinfo=UTC)
_KEY = base64.b64encode(bytes(32)).decode()
_VAULT = Vault({1: _KEY}, _KEY)
_LOCATION = Location(code="1", name="Hoofdlocatie", postcode="5701AA", latitude=51.48, longitude=5.66)
_ACCEPTED = ("created", "applied")
_SENT = """
select j.event_id, j.aggregateid, j.version, p.position, j.recorded_at, p.known_at, j.payload::text as payload,
       j.aggregatetype, r.generation
from {service}.relay r, {service}.journal_position p join {service}.journal j using (id)
order by p.position desc limit 100
"""


@dataclass(frozen=True)
class Engines:
    """What outlives an example: pools of every role, a producer that is nobody's relay, and the loops."""

    apis: Mapping[str, Database]
    workers: Mapping[str, Database]
    administrator: asyncpg.Connection
    producer: AIOKafkaProducer
    loops: Loops


class ARegion:
    """One example: codes and numbers that no other has used, and the account of what was accepted under them."""

    def __init__(self, engines: Engines, number: int, municipalities: list[str]) -> None:
        self._engines = engines
        self._number = number
        self._municipalities = municipalities
        self._codes = {FOSTER: f"43{number:03X}", THERAPY: f"45{number:03X}"}
        self._agbs = {CARER: f"{number * 2:08}", CLINIC: f"{number * 2 + 1:08}"}
        self._indications: dict[int, UUID] = {}
        self.ledger = Ledger(tuple(self._agbs.values()))

    @singledispatchmethod
    async def write(self, write: Write) -> None:
        """Send a write under the role that may; note what was accepted."""
        raise NotImplementedError(write)

    @write.register
    async def _(self, write: PutIndication) -> None:
        content = self._own(write.content)
        body = IndicationBody.model_validate(
            {
                **content,
                "bsn": _BSNS[write.client],
                "birthYear": 2011,
                "decidedAt": _EPOCH + timedelta(hours=write.decided),
                "sentAt": _EPOCH + timedelta(hours=write.sent),
            }
        )
        arrival = Arrival(
            self._key(write.number), body.decided_at, body.sent_at, _VAULT.seal(body.bsn), body.content()
        )
        outcome, current = await self._arrive(arrival)
        if outcome not in _ACCEPTED:
            return
        self._indications[write.number] = UUID(current["id"])
        published = IndicationState.model_validate(
            content
            | {
                "clientId": current["clientId"],
                "municipality": self._municipalities[write.number],
                "referrer": content["referrer"] and content["referrer"]["type"],
                "withdrawn": False,
                "assignmentNumber": arrival.number[1],
                "decidedAt": arrival.decided_at,
            }
        )
        self.ledger.note(current, published)

    @write.register
    async def _(self, write: WithdrawIndication) -> None:
        moments = (_EPOCH + timedelta(hours=write.decided), _EPOCH + timedelta(hours=write.sent))
        outcome, current = await self._arrive(Arrival(self._key(write.number), *moments))
        if outcome in _ACCEPTED:
            before = self.ledger.newest(IndicationState, self._indications[write.number])
            self.ledger.note(current, before.model_copy(update={"withdrawn": True, "decided_at": moments[0]}))

    async def _arrive(self, arrival: Arrival) -> tuple[Outcome, dict[str, Any]]:
        municipality, _ = arrival.number
        principal = Principal(Role.MUNICIPALITY, municipality, "back office", "youth-act")
        processing = processing_record("putIndication", principal, service="referrals", start_time=_EPOCH)
        api = self._engines.apis["referrals"]
        async with api.transaction(organisation=municipality, role="municipality") as connection:
            (result,) = await record(connection, [arrival], processing)
        return result.outcome, result.current or {}

    @write.register
    async def _(self, write: PutProduct) -> None:
        code = self._codes[write.code]
        names = {"code": code, "category": code[:2], "nameNl": code, "nameEn": code, "from": date(2020, 1, 1)}
        state = ProductState.model_validate({**names, **write.content})
        async with self._managing().transaction(organisation=MANAGER, role="contract-manager") as connection:
            (result,) = await products.put(connection, [state])
        if result.outcome in _ACCEPTED:
            self.ledger.note(result.current, state)

    @write.register
    async def _(self, write: PutProvider) -> None:
        state = ProviderState(agb=self._agbs[write.agb], name=write.name, locations=(_LOCATION,))
        async with self._managing().transaction(organisation=MANAGER, role="contract-manager") as connection:
            (result,) = await providers.put(connection, [state])
        if result.outcome in _ACCEPTED:
            self.ledger.note(result.current, state)

    @write.register
    async def _(self, write: PutAgreement) -> None:
        key = self._agreed(write.provider, write.product, write.start)
        state = AgreementState(
            **key._asdict(), valid_to=write.end, tariff_cents=write.tariff, withdrawn=False
        )
        await self._change(Change(key, state))

    @write.register
    async def _(self, write: WithdrawAgreement) -> None:
        await self._change(Change(self._agreed(write.provider, write.product, write.start), None))

    async def _change(self, change: Change) -> None:
        async with self._managing().transaction(organisation=MANAGER, role="contract-manager") as connection:
            (result,) = await agreements.change(connection, [change])
        current = result.current or {}
        if result.decision.outcome in _ACCEPTED:
            state = change.state or self.ledger.newest(AgreementState, UUID(current["id"]))
            self.ledger.note(current, state.model_copy(update={"withdrawn": change.state is None}))

    @write.register
    async def _(self, write: PutClaim) -> None:
        days = Period(write.first, write.last)
        await self._claim(
            write.provider, write.reference, Content(self._key(write.number), days, write.cents)
        )

    @write.register
    async def _(self, write: CreditClaim) -> None:
        await self._claim(write.provider, write.reference, None)

    async def _claim(self, provider: str, reference: str, content: Content | None) -> None:
        """Claim or credit. What becomes of it, now or when its number is known, is what the journal then says."""
        agb = self._agbs[provider]
        async with self._providing("contracts", agb) as connection:
            arrival = claims.Arrival(agb, reference, content)
            await claims.record(connection, [arrival], _processing("putClaim", agb, "contracts"))

    @write.register
    async def _(self, write: PutCare) -> None:
        agb = self._agbs[write.provider]
        ended = None if write.withdrawal else write.end
        version = Version(
            _EPOCH + timedelta(hours=write.sent),
            valid_to=ended,
            reason_of_ending=ReasonOfEnding.AS_PLANNED if ended else None,
            withdrawal=write.withdrawal,
        )
        arrival = care.Arrival(CareKey(*self._key(write.number), write.start, agb), version)
        async with self._providing("referrals", agb) as connection:
            await care.record(connection, [arrival], _processing("putCarePeriod", agb, "referrals"))

    @write.register
    async def _(self, write: ReportWaits) -> None:
        agb = self._agbs[write.provider]
        said = ReportState(
            provider=agb,
            location=_LOCATION.code,
            product=self._codes[write.product],
            reference_date=write.day,
            intake_weeks=write.intake,
            start_weeks=write.start,
            admission=Admission.ACCEPTING,
        )
        async with self._providing("availability", agb) as connection:
            await report(connection, agb, [said])

    def _providing(self, service: str, agb: str) -> AbstractAsyncContextManager[Connection]:
        return self._engines.apis[service].transaction(organisation=agb, role="provider")

    @write.register
    async def _(self, write: SendAll) -> None:
        async with self._engines.workers[write.service].transaction() as connection:
            await republish(connection)

    async def repeat(self, service: str, back: Iterable[int], *, of_last_generation: bool) -> None:
        """Send messages again that were sent before, or before the relay comes to them, in the order given."""
        rows = await self._engines.administrator.fetch(_SENT.format(service=service))
        for row in [rows[number % len(rows)] for number in back if rows]:
            generation = max(1, row["generation"] - of_last_generation)
            event = cloud_event(
                row, source=source(REGION.oin, service), service=service, generation=generation
            )
            key = str(row["aggregateid"]).encode()
            topic = f"{service}.{row['aggregatetype']}"
            await self._engines.producer.send_and_wait(topic, key=key, value=event)

    async def ask(self, figure: str, request: FigureRequest) -> tuple[datetime | None, Answer]:
        """Ask as the route does; give up to when all is known, and the rows."""
        api = self._engines.apis["monitoring"]
        async with api.transaction(organisation=MANAGER, role="analyst") as connection:
            found = FIGURES[figure]
            known_through, rows = await groups(
                connection, found, visible(found, request, ANALYST), size=10_000
            )
        return known_through, {row.key: row_of(row) for row in rows}

    def about(self, request: FigureRequest) -> FigureRequest:
        """The same request about this example's own products and providers."""
        filters = {name: tuple(map(self._named, values)) for name, values in request.filters.items()}
        return replace(request, filters={Dimension.PRODUCT: tuple(self._codes.values()), **filters})

    def _own(self, content: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **content,
            "product": self._codes[content["product"]],
            "provider": self._agbs[content["provider"]],
        }

    def _named(self, text: str) -> str:
        return {**self._codes, **self._agbs}.get(text, text)

    def _agreed(self, provider: str, product: str, start: date) -> Key:
        return Key(self._agbs[provider], self._codes[product], start)

    def _key(self, number: int) -> tuple[str, int]:
        return self._municipalities[number], self._number * 10 + number

    def _managing(self) -> Database:
        return self._engines.apis["contracts"]


def _processing(name: str, agb: str, service: str) -> ProcessingRecord:
    principal = Principal(Role.PROVIDER, agb, "administration", "youth-act")
    return processing_record(name, principal, service=service, start_time=_EPOCH)
