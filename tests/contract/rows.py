"""Rows of two municipalities and two providers in all four services, each with marks that are nobody else's."""

from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid5

import httpx

from services.availability.search.tables import offer
from services.contracts.claims.commands import settle
from services.monitoring.facts.commands import (
    replace_care,
    replace_claimed,
    replace_granted,
    replace_offered,
)
from services.monitoring.facts.domain import Care, Claimed, Granted, Offered, Span, Status, Subject
from services.monitoring.figures.domain import FIGURES
from shared.auth import Role
from shared.database import Connection, fetch
from shared.journal.sequencer import Sequencer
from shared.values.codes import ReferrerType
from tests.contract.callers import (
    IMPORTING,
    OTHER_MUNICIPALITY,
    OTHER_OIN,
    OTHER_PROVIDER,
    OWN_MUNICIPALITY,
    OWN_OIN,
    OWN_PROVIDER,
    Caller,
    own,
)
from tests.contract.canaries import Canary, Kind
from tests.contract.region import Region
from tests.contract.requests import (
    AWAITED_NUMBER,
    CARE,
    CARE_FROM_TO_WITHDRAW,
    CARE_START,
    CONTEXT_FIGURE,
    NUMBER,
    NUMBER_OF_OTHER_PROVIDER,
    NUMBER_TO_WITHDRAW,
    PRODUCT,
    REFERENCE,
    REFERENCE_TO_CREDIT,
    SAMPLES,
    VALID_FROM_TO_WITHDRAW,
    accounts_of,
    agreement_of,
    claim_of,
    delivery_of,
    indication_of,
    provider_of,
    waiting_time_of,
)

MUNICIPALITIES = (OWN_MUNICIPALITY, OTHER_MUNICIPALITY)
PROVIDERS = (OWN_PROVIDER, OTHER_PROVIDER)
MANAGERS = (OWN_OIN, OTHER_OIN)
KNOWN_THROUGH = datetime(2026, 1, 1, tzinfo=UTC)
# How many clients of a municipality are with a provider: a sum of these says of which of them it is the sum.
CLIENTS = {
    (OWN_MUNICIPALITY, OWN_PROVIDER): 1,
    (OWN_MUNICIPALITY, OTHER_PROVIDER): 2,
    (OTHER_MUNICIPALITY, OWN_PROVIDER): 4,
    (OTHER_MUNICIPALITY, OTHER_PROVIDER): 8,
}
_APRIL_2023 = 2023 * 12 + 3
_Fact = TypeVar("_Fact", Granted, Care, Claimed, Offered)
_SUB_REGIONS = {OWN_MUNICIPALITY: "Helmond", OTHER_MUNICIPALITY: "Peelgemeenten"}
_IDS = UUID("6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11")


async def fill(region: Region) -> list[Canary]:
    """Put the rows in, by the front doors where there is one; give the marks."""
    canaries = [canary async for canary in _contracts(region)]
    for municipality in MUNICIPALITIES:
        for number in (NUMBER, NUMBER_OF_OTHER_PROVIDER, NUMBER_TO_WITHDRAW):
            canaries += [canary async for canary in _indication(region, municipality, number)]
        for provider in PROVIDERS:
            canaries += [canary async for canary in _care(region, municipality, provider)]
    for service, work in (("availability", _offers), ("monitoring", _spans)):
        async with region.databases.database(service, "worker") as worker, worker.transaction() as connection:
            await work(connection)
    canaries += [canary async for canary in _waiting_times(region)]
    canaries += [canary async for canary in _stated(region)]
    canaries += [canary async for canary in _deliveries(region)]
    canaries += [canary async for canary in _import_windows(region)]
    for service in ("referrals", "contracts", "availability"):
        async with region.databases.database(service, "worker") as worker, worker.transaction() as connection:
            assert await Sequencer().step(connection) > 0
    return canaries


_WINDOW = "insert into import_window (organisation, reason, opened_by, opened_at) values ($1, $2, 'operator', moment())"
_DELIVERED = """
with delivered as (
    insert into delivery (id, organisation, role, kind, dry_run, state, processing, traceparent, records, refused,
                          recorded_at, advanced_at, finished_at)
    values ($1, $2, $3, $4, false, 'done', '{}', '', 1, 1, moment(), moment(), moment())
), missing as (
    insert into delivery_missing values ($1, 'x', $5, $2, $3)
)
insert into delivery_refusal
select $1, 1, place, $2, $3, '#/bsn', 'bsn', 'wrong', null, moment() from generate_series(0, 1) as place
"""


async def _deliveries(region: Region) -> AsyncIterator[Canary]:
    """Of each a delivery that was refused as a whole: for two reasons, so that there is a second page of them."""
    for service, kind, role, organisations in (
        ("referrals", "indications", Role.MUNICIPALITY, MUNICIPALITIES),
        ("referrals", "care-periods", Role.PROVIDER, PROVIDERS),
        ("contracts", "claims", Role.PROVIDER, PROVIDERS),
        ("contracts", "products", Role.CONTRACT_MANAGER, MANAGERS),
        ("availability", "waiting-times", Role.PROVIDER, PROVIDERS),
    ):
        async with region.databases.database(service, "worker") as worker, worker.transaction() as connection:
            for organisation in organisations:
                id_ = delivery_of(organisation)
                missing = f"canary missing {organisation}"
                await connection.execute(_DELIVERED, id_, organisation, role.value, kind, missing)
                yield Canary.of_delivery(id_, role, organisation)
                yield Canary.of_delivery(missing, role, organisation, inside=True)


async def _import_windows(region: Region) -> AsyncIterator[Canary]:
    whose = [Caller(Role.MUNICIPALITY, each) for each in (*MUNICIPALITIES, IMPORTING)]
    whose += [Caller(Role.PROVIDER, each) for each in PROVIDERS]
    for service in ("referrals", "contracts", "availability"):
        async with region.databases.database(service, "worker") as worker, worker.transaction() as connection:
            for caller in whose:
                await connection.execute(_WINDOW, caller.organisation, f"canary window {caller.organisation}")
    for role, organisation in whose:
        of_provider = role is Role.PROVIDER
        mark = f"canary window {organisation}"
        yield Canary(
            mark, Kind.DELIVERY, organisation if of_provider else "", "" if of_provider else organisation
        )


async def _contracts(region: Region) -> AsyncIterator[Canary]:
    manager = own(Role.CONTRACT_MANAGER)
    await _accepted(region.call(manager, SAMPLES["contracts.putProduct"]))
    for agb in PROVIDERS:
        body = provider_of(agb)
        await _accepted(region.call(manager, SAMPLES["contracts.putProvider"].about(agb=agb).sending(body)))
        yield Canary(body["name"], Kind.PROVIDER, agb)
        put = SAMPLES["contracts.putAgreement"].about(provider=agb)
        body = agreement_of(agb)
        await _accepted(region.call(manager, put.sending(body)))
        await _accepted(region.call(manager, put.about(**{"from": VALID_FROM_TO_WITHDRAW}).sending({})))
        yield Canary(str(body["tariffCents"]), Kind.AGREEMENT, agb)


async def _indication(region: Region, municipality: str, number: int) -> AsyncIterator[Canary]:
    body = indication_of(municipality, number)
    put = SAMPLES["referrals.recordIndication"].about(municipality=municipality, assignmentNumber=number)
    recorded = await _accepted(region.call(Caller(Role.MUNICIPALITY, municipality), put.sending(body)))
    cents = int(f"99{number}{municipality}")
    await _valuation(region, recorded, municipality, number, cents)
    marks = (recorded["clientId"], cents, body["agreedTariffCents"])
    for mark in (*marks, body["team"], body["administrativeReason"]):
        yield Canary(str(mark), Kind.CARE, body["provider"], municipality)
    claims = [each async for each in _claims(region, municipality, number, body["provider"])]
    # Whoever reads the event of a claim reads the random id of its indication.
    kind = Kind.CLAIM if claims else Kind.CARE
    for canary in (*claims, Canary(recorded["id"], kind, body["provider"], municipality)):
        yield canary


async def _claims(region: Region, municipality: str, number: int, provider: str) -> AsyncIterator[Canary]:
    """A claim under a number, and another that is there to be credited."""
    if number == NUMBER_TO_WITHDRAW:
        return
    # A reference is the provider's own: the samples name that of its claims in their municipality.
    own_place = municipality == OWN_MUNICIPALITY
    for reference, changed in ((REFERENCE, {}), (REFERENCE_TO_CREDIT, {"to": "2023-01-31", "cents": 1})):
        name = reference if own_place else f"{reference}-{municipality}"
        put = SAMPLES["contracts.putClaim"].about(provider=provider, reference=name)
        body = claim_of(municipality, number) | changed
        recorded = await _accepted(region.call(Caller(Role.PROVIDER, provider), put.sending(body)))
        assert recorded["status"] == "accepted"
        yield Canary(recorded["id"], Kind.CLAIM, provider, municipality)
    yield Canary(str(claim_of(municipality, number)["cents"]), Kind.CLAIM, provider, municipality)


async def _care(region: Region, municipality: str, provider: str) -> AsyncIterator[Canary]:
    """Two periods under a number of the provider's own, and one that waits for its indication."""
    own_number = {OWN_PROVIDER: NUMBER, OTHER_PROVIDER: NUMBER_OF_OTHER_PROVIDER}[provider]
    put, caller = SAMPLES["referrals.recordCarePeriod"], Caller(Role.PROVIDER, provider)
    for number, changed, body in (
        (own_number, {}, CARE_START),
        (own_number, {}, CARE),
        (own_number, {"from": CARE_FROM_TO_WITHDRAW}, CARE_START),
        (AWAITED_NUMBER, {}, CARE_START),
    ):
        one = put.about(municipality=municipality, assignmentNumber=number, **changed).sending(body)
        recorded = await _accepted(region.call(caller, one))
        assert recorded["status"] == ("waiting" if number == AWAITED_NUMBER else "accepted")
        yield Canary(recorded["id"], Kind.CARE, provider, municipality)


async def _accepted(answering: Awaitable[httpx.Response]) -> dict[str, Any]:
    answer = await answering
    assert answer.status_code in (200, 201), answer.text
    content: dict[str, Any] = answer.json()
    return content


async def _valuation(
    region: Region, recorded: dict[str, Any], municipality: str, number: int, cents: int
) -> None:
    """What the worker makes of an indication: its value, and that it can be claimed under."""
    names = ("clientId", "municipality", "product", "provider", "from", "to", "withdrawn")
    copy = {name: recorded[name] for name in names} | {"assignmentNumber": number}
    stretch = {"from": "2023-01-01", "to": "2023-01-31", "contracted": True, "valued": True, "cents": [cents]}
    entry = {
        "knownFrom": "2023-01-01T00:00:00Z",
        "indicationVersion": 1,
        "segment": 2,
        "residential": True,
        "family": True,
        "housing": False,
        "stretches": [stretch],
    }
    event = {
        "aggregateType": "valuation",
        "aggregateId": recorded["id"],
        "version": 1,
        "payload": {"municipality": municipality, "provider": recorded["provider"], "line": [entry]},
        "organisations": [municipality, recorded["provider"]],
    }
    async with region.databases.database("contracts", "worker") as worker, worker.transaction() as connection:
        await connection.execute("select record_events($1, null)", [event])
        await connection.execute(
            "insert into referrals_indication values ($1, 1, moment(), 1, $2)", recorded["id"], copy
        )
        await settle(connection, [UUID(recorded["id"])])


async def _offers(connection: Connection) -> None:
    for agb in PROVIDERS:
        row = {
            "agreement": uuid5(_IDS, agb),
            "provider": agb,
            "provider_name": provider_of(agb)["name"],
            "product": PRODUCT,
            "name_nl": "Pleegzorg",
            "name_en": "Foster care",
            "category": "43",
            "segment": 2,
            "valid_from": date(2023, 1, 1),
        }
        for place in provider_of(agb)["locations"]:
            where = {"location": place["code"], "location_name": place["name"]}
            coordinates = {name: place[name] for name in ("postcode", "latitude", "longitude")}
            await fetch(connection, offer.insert().values(row | where | coordinates))


async def _stated(region: Region) -> AsyncIterator[Canary]:
    """Accounts of each municipality, in two versions, and the young inhabitants of every part of the region."""
    for municipality in MUNICIPALITIES:
        put, body = (
            SAMPLES["monitoring.putAccounts"].about(municipality=municipality),
            accounts_of(municipality),
        )
        caller = Caller(Role.MUNICIPALITY, municipality)
        for each in (body | {"statedOn": "2024-03-01"}, body):
            await _accepted(region.call(caller, put.sending(each)))
        for mark in (body["source"], str(body["cents"])):
            yield Canary(mark, Kind.ACCOUNTS, "", municipality)
    put = SAMPLES["monitoring.putContextFigure"]
    for area in ("region", *_SUB_REGIONS, *_SUB_REGIONS.values()):
        for each in (CONTEXT_FIGURE | {"statedOn": "2023-03-01"}, CONTEXT_FIGURE):
            await _accepted(region.call(own(Role.ANALYST), put.about(area=area).sending(each)))


async def _waiting_times(region: Region) -> AsyncIterator[Canary]:
    for agb in PROVIDERS:
        sample = SAMPLES["availability.reportWaitingTimes"].sending({"reports": [waiting_time_of(agb)]})
        answer = await _accepted(region.call(Caller(Role.PROVIDER, agb), sample))
        assert [each["outcome"] for each in answer["results"]] == ["created"]
        yield Canary(waiting_time_of(agb)["reason"], Kind.PROVIDER, agb)


async def _spans(connection: Connection) -> None:
    """Of every client an indication, care from April on, and a claim; of every provider a report."""
    clients = [(*key, client) for key, clients in CLIENTS.items() for client in range(clients)]
    named = {
        uuid5(_IDS, f"{municipality} {provider} {n}"): key
        for key in clients
        for municipality, provider, n in [key]
    }
    await replace_granted(connection, {id_: [_known(_granted_fact(*key))] for id_, key in named.items()})
    await replace_care(connection, {id_: [_known(_care_fact(id_, *key))] for id_, key in named.items()})
    await replace_claimed(connection, {id_: [_known(_claimed_fact(id_, *key))] for id_, key in named.items()})
    await replace_offered(
        connection, {uuid5(_IDS, f"report {agb}"): [_known(_offered_fact(agb))] for agb in PROVIDERS}
    )
    for topic in sorted({topic for figure in FIGURES.values() for topic in figure.topics}):
        await connection.execute("insert into recompute_through values ($1, $2)", topic, KNOWN_THROUGH)


def _known(fact: _Fact) -> Span[_Fact]:
    return Span(fact, datetime(2023, 1, 1, tzinfo=UTC), None)


def _granted_fact(municipality: str, provider: str, client: int) -> Granted:
    contracted = client % 2 == 0
    return Granted(
        subject=_subject(municipality, provider, client, referred=contracted),
        sub_region=_SUB_REGIONS[municipality],
        status=Status.CONTRACTED if contracted else Status.BESPOKE,
        valued=True,
        first_month=_APRIL_2023,
        last_month=_APRIL_2023,
        running_cents=(1000,),
    )


def _care_fact(indication: UUID, municipality: str, provider: str, client: int) -> Care:
    return Care(
        care=uuid5(indication, "care"),
        subject=_subject(municipality, provider, client, referred=client % 2 == 0),
        sub_region=_SUB_REGIONS[municipality],
        pending=False,
        first_month=_APRIL_2023,
        last_month=_APRIL_2023,
        started=True,
        ended=True,
        first_start=True,
        waited_days=client,
    )


def _claimed_fact(indication: UUID, municipality: str, provider: str, client: int) -> Claimed:
    return Claimed(
        indication=indication,
        subject=_subject(municipality, provider, client, referred=client % 2 == 0),
        sub_region=_SUB_REGIONS[municipality],
        pending=False,
        first_month=_APRIL_2023,
        last_month=_APRIL_2023,
        running_cents=(100 + client,),
    )


def _offered_fact(provider: str) -> Offered:
    return Offered(
        provider=provider,
        product=PRODUCT,
        segment=2,
        residential=True,
        family=True,
        housing=False,
        first_month=_APRIL_2023,
        last_month=_APRIL_2023,
        weeks=PROVIDERS.index(provider),
    )


def _subject(municipality: str, provider: str, client: int, *, referred: bool) -> Subject:
    return Subject(
        client=uuid5(_IDS, f"client {municipality} {provider} {client}"),
        municipality=municipality,
        product=PRODUCT,
        segment=2,
        residential=True,
        family=True,
        housing=False,
        provider=provider,
        referrer=ReferrerType.GENERAL_PRACTITIONER if referred else None,
    )
