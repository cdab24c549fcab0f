"""An indication of Helmond for one provider, and what that provider and others say about care under it."""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.referrals.care import commands as care
from services.referrals.care.domain import Key, Version
from services.referrals.clients.domain import Vault
from services.referrals.indications import commands as indications
from shared.auth import Principal, Role
from shared.database import Database
from shared.processing_log import ProcessingRecord, record
from shared.values.bsn import Bsn
from shared.values.codes import ReasonOfEnding

FEBRUARY = date(2023, 2, 1)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
HELMOND, PROVIDER, OTHER = "0794", "98000001", "98000002"
KEY = base64.b64encode(bytes(32)).decode()
VAULT = Vault({1: KEY}, KEY)
CONTENT: Mapping[str, Any] = {
    "birthYear": 2011,
    "product": "43A09",
    "provider": PROVIDER,
    "from": "2023-01-01",
    "to": "2023-12-31",
    "volume": 7,
    "unit": "14",
    "frequency": "4",
}


def at(hour: int) -> datetime:
    return EPOCH + timedelta(hours=hour)


def day(month: int, of_month: int = 1) -> date:
    return date(2023, month, of_month)


def granted(number: int, hour: int = 1, bsn: str = "999990019", **changes: object) -> indications.Arrival:
    """Give a version of the indication; None takes a field out."""
    content = {name: value for name, value in {**CONTENT, **changes}.items() if value is not None}
    return indications.Arrival((HELMOND, number), at(hour), at(hour), VAULT.seal(Bsn(bsn)), content)


def withdrawn(number: int, hour: int = 2) -> indications.Arrival:
    return indications.Arrival((HELMOND, number), at(hour), at(hour))


def started(number: int, first: date = FEBRUARY, hour: int = 1, provider: str = PROVIDER) -> care.Arrival:
    return care.Arrival(Key(HELMOND, number, first, provider), Version(at(hour)))


def stopped(
    number: int, last: date, first: date = FEBRUARY, hour: int = 2, provider: str = PROVIDER
) -> care.Arrival:
    version = Version(at(hour), last, ReasonOfEnding.AS_PLANNED)
    return care.Arrival(Key(HELMOND, number, first, provider), version)


def taken_back(number: int, first: date = FEBRUARY, hour: int = 2, provider: str = PROVIDER) -> care.Arrival:
    """Give the withdrawal of a period."""
    return care.Arrival(Key(HELMOND, number, first, provider), Version(at(hour), withdrawal=True))


def processing(role: Role, organisation: str, name: str) -> ProcessingRecord:
    principal = Principal(role, organisation, "a system", "youth-act")
    return record(name, principal, service="referrals", start_time=EPOCH)


async def grant(api: Database, *arrivals: indications.Arrival) -> list[indications.Result]:
    async with api.transaction(organisation=HELMOND, role="municipality") as connection:
        step = processing(Role.MUNICIPALITY, HELMOND, "recordIndication")
        return await indications.record(connection, arrivals, step)


async def say(api: Database, *arrivals: care.Arrival) -> list[care.Result]:
    """Record what one provider says, all in one list."""
    (provider,) = {arrival.key.provider for arrival in arrivals}
    async with api.transaction(organisation=provider, role="provider") as connection:
        step = processing(Role.PROVIDER, provider, "recordCarePeriod")
        return await care.record(connection, arrivals, step)
