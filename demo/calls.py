"""From a call of the example to an operation of the typed client."""

from datetime import date
from typing import Any

import httpx

from client.api import Answer, Api, Token
from client.contracts import AgreementBody, Contracts, ProductBody, ProviderBody
from client.referrals import IndicationBody, Referrals, WithdrawalBody
from demo.request import Request


async def send(request: Request, url: str, token: Token, http: httpx.AsyncClient) -> Answer[Any]:
    """Send a call of the example. Raises client.api.ProblemError and httpx's errors."""
    match request.service:
        case "contracts":
            return await _offer(Contracts(url, token, http), request)
        case "referrals":
            return await _indication(Referrals(url, token, http), request)
        case _:
            return await _as_it_is(Api(url, token, http), request)


async def _offer(contracts: Contracts, request: Request) -> Answer[Any]:
    match request.method, *request.path.split("/")[1:]:
        case "PUT", "products", code:
            return await contracts.put_product(code, ProductBody.model_validate(request.body))
        case "PUT", "providers", agb:
            return await contracts.put_provider(agb, ProviderBody.model_validate(request.body))
        case "PUT", "agreements", provider, product, first:
            body = AgreementBody.model_validate(request.body)
            return await contracts.put_agreement(provider, product, date.fromisoformat(first), body)
        case _:
            return await _as_it_is(contracts, request)


async def _indication(referrals: Referrals, request: Request) -> Answer[Any]:
    match request.method, *request.path.split("/")[1:]:
        case "PUT", "indications", municipality, number:
            body = IndicationBody.model_validate(request.body)
            return await referrals.record_indication(municipality, int(number), body)
        case "POST", "indications", municipality, number, "withdrawals":
            withdrawal = WithdrawalBody.model_validate(request.body)
            return await referrals.withdraw_indication(municipality, int(number), withdrawal)
        case _:
            return await _as_it_is(referrals, request)


async def _as_it_is(api: Api, request: Request) -> Answer[Any]:
    """Send what has no place above yet."""
    return await api.send(request.method, request.path, request.body)
