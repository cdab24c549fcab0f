"""Rows of two municipalities and two providers in all four services, each with marks that are nobody else's."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID, uuid5

import httpx
import orjson

from services.monitoring.facts.domain import Fact, Span, Status
from services.monitoring.facts.tables import replace_spans
from shared.auth import Role
from shared.journal.sequencer import Sequencer
from shared.values.codes import ReferrerType
from tests.contract.callers import OTHER_MUNICIPALITY, OTHER_PROVIDER, OWN_MUNICIPALITY, OWN_PROVIDER, Caller, own
from tests.contract.region import Region
from tests.contract.requests import (
    NUMBER,
    NUMBER_OF_OTHER_PROVIDER,
    NUMBER_TO_WITHDRAW,
    PRODUCT,
    SAMPLES,
    VALID_FROM,
    VALID_FROM_TO_WITHDRAW,
    agreement_of,
    indication_of,
    provider_of,
)

MUNICIPALITIES = (OWN_MUNICIPALITY, OTHER_MUNICIPALITY)
PROVIDERS = (OWN_PROVIDER, OTHER_PROVIDER)
KNOWN_THROUGH = datetime(2026, 1, 1, tzinfo=UTC)
# How many clients of a municipality are with a provider: a sum of these says which of them it is the sum of.
CLIENTS = {
    (OWN_MUNICIPALITY, OWN_PROVIDER): 1,
    (OWN_MUNICIPALITY, OTHER_PROVIDER): 2,
    (OTHER_MUNICIPALITY, OWN_PROVIDER): 4,
    (OTHER_MUNICIPALITY, OTHER_PROVIDER): 8,
}
_APRIL_2023 = 2023 * 12 + 3
_IDS = UUID("6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11")


class Kind(Enum):
    """Whose a mark is: of a client's care (municipality and provider), of an agreement, of a provider."""

    CARE = "care"
    AGREEMENT = "agreement"
    PROVIDER = "provider"


@dataclass(frozen=True)
class Canary:
    """A text that stands in one organisation's rows only."""

    text: str
    kind: Kind
    provider: str
    municipality: str = ""

    def may_reach(self, caller: Caller) -> bool:
        """Whether the caller may be shown it anywhere."""
        match caller.role:
            case Role.MUNICIPALITY:
                return self.municipality == caller.organisation
            case Role.PROVIDER:
                return self.provider == caller.organisation
            case Role.CONTRACT_MANAGER:
                return self.kind is not Kind.CARE
            case Role.REFERRER:
                return self.kind is Kind.PROVIDER
        return False


def leaks(answer: httpx.Response, caller: Caller, canaries: list[Canary]) -> list[str]:
    """Give the marks in an answer, its headers and its cursors that its caller may not see."""
    text = answer.text + str(answer.headers.raw)
    cursors = "".join(map(_decoded, re.findall(r"(?:cursor=|nextCursor\":\")([\w-]+)", text)))
    return [each.text for each in canaries if each.text in text + cursors and not each.may_reach(caller)]


def _decoded(cursor: str) -> str:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()


async def fill(region: Region) -> list[Canary]:
    """Put the rows in, by the front doors where there is one; give the marks."""
    canaries = [canary async for canary in _contracts(region)]
    for municipality in MUNICIPALITIES:
        for number in (NUMBER, NUMBER_OF_OTHER_PROVIDER, NUMBER_TO_WITHDRAW):
            canaries += await _indication(region, municipality, number)
    await _offers(region)
    await _spans(region)
    for service in ("referrals", "contracts"):
        async with region.databases.database(service, "worker") as worker, worker.transaction() as connection:
            assert await Sequencer().step(connection) > 0
    return canaries


async def _contracts(region: Region) -> Iterator[Canary]:  # type: ignore[misc]
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


async def _indication(region: Region, municipality: str, number: int) -> list[Canary]:
    body = indication_of(municipality, number)
    put = SAMPLES["referrals.recordIndication"].about(municipality=municipality, assignmentNumber=number)
    caller = Caller(Role.MUNICIPALITY, municipality)
    recorded = await _accepted(region.call(caller, put.sending(body)))
    cents = int(f"99{number}{municipality}")
    await _valuation(region, recorded["id"], municipality, body["provider"], cents)
    texts = [recorded["id"], recorded["clientId"], body["team"], body["administrativeReason"], str(cents)]
    texts += [str(body["agreedTariffCents"])]
    return [Canary(text, Kind.CARE, body["provider"], municipality) for text in texts]


async def _accepted(answering: "httpx.Response") -> dict[str, str]:  # type: ignore[misc]
    answer = await answering
    assert answer.status_code in (200, 201), answer.text
    return answer.json()
