"""From a call of the example to an operation of the typed client."""

from datetime import date
from typing import Any

import httpx

from client.api import Answer, Token
from client.availability import Availability, ReportsBody
from client.contracts import AgreementBody, ClaimBody, Contracts, ProductBody, ProviderBody
from client.referrals import CarePeriodBody, IndicationBody, Referrals, WithdrawalBody
from demo.request import Request


class NoSuchCallError(LookupError):
    """A call that the example does not make."""


async def send(request: Request, url: str, token: Token, http: httpx.AsyncClient) -> Answer[Any]:
    """Send a call of the example. Raises client.api.ProblemError and httpx's errors."""
    match request.service:
        case "contracts":
            return await _contracts(Contracts(url, token, http), request)
        case "referrals":
            return await _referrals(Referrals(url, token, http), request)
        case "availability":
            body = ReportsBody.model_validate(request.body)
            return await Availability(url, token, http).report_waiting_times(body)
    raise NoSuchCallError(str(request))


async def _contracts(contracts: Contracts, request: Request) -> Answer[Any]:
    match request.method, *request.path.split("/")[1:]:
        case "PUT", "products", code:
            return await contracts.put_product(code, ProductBody.model_validate(request.body))
        case "PUT", "providers", agb:
            return await contracts.put_provider(agb, ProviderBody.model_validate(request.body))
        case "PUT", "agreements", provider, product, first:
            body = AgreementBody.model_validate(request.body)
            return await contracts.put_agreement(provider, product, date.fromisoformat(first), body)
        case "PUT", "claims", provider, reference:
            return await contracts.put_claim(provider, reference, ClaimBody.model_validate(request.body))
    raise NoSuchCallError(str(request))


async def _referrals(referrals: Referrals, request: Request) -> Answer[Any]:
    match request.method, *request.path.split("/")[1:]:
        case "PUT", "indications", municipality, number:
            body = IndicationBody.model_validate(request.body)
            return await referrals.record_indication(municipality, int(number), body)
        case "POST", "indications", municipality, number, "withdrawals":
            withdrawal = WithdrawalBody.model_validate(request.body)
            return await referrals.withdraw_indication(municipality, int(number), withdrawal)
        case "PUT", "care-periods", municipality, number, first:
            period = CarePeriodBody.model_validate(request.body)
            return await referrals.record_care_period(
                municipality, int(number), date.fromisoformat(first), period
            )
    raise NoSuchCallError(str(request))
