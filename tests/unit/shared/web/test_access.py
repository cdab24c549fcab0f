from collections.abc import Callable
from typing import Annotated, Protocol

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts

from shared.auth import Authenticated, Principal, Role, allow, declared_roles, public
from shared.web import Router
from shared.web.routing import Route

ONE = "/demo/v1/things/0743/1"
BODY = {"name": "a", "from": "2023-04-01"}


class Issuer(Protocol):
    def token(self, **changed: object) -> str: ...


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def slug(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_a_role_that_is_declared_may(caller: httpx.AsyncClient) -> None:
    answer = await caller.put(ONE, json=BODY)
    assert (answer.status_code, answer.json()) == (200, {"name": "a of 0743 1"})


@pytest.mark.parametrize("header", ["", "Basic dXNlcjpwYXNz", "Bearer", "Bearer "])
async def test_without_a_token_401(caller: httpx.AsyncClient, header: str) -> None:
    answer = await caller.put(ONE, json=BODY, headers={"Authorization": header})
    assert (answer.status_code, slug(answer)) == (401, "authentication-required")
    assert answer.headers["www-authenticate"] == 'Bearer realm="jeugdregio"'


async def test_with_a_token_that_is_not_accepted_401(caller: httpx.AsyncClient, issuer: Issuer) -> None:
    answer = await caller.put(ONE, json=BODY, headers=bearer(issuer.token(aud="another")))
    assert (answer.status_code, slug(answer)) == (401, "invalid-token")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.MUNICIPALITY])
async def test_a_role_that_is_not_declared_may_not(
    caller: httpx.AsyncClient, issuer: Issuer, role: Role
) -> None:
    answer = await caller.put(ONE, json=BODY, headers=bearer(issuer.token(role=role.value)))
    assert (answer.status_code, slug(answer)) == (403, "forbidden")


async def test_another_municipality_in_the_path_is_refused_before_anything_is_looked_up(
    caller: httpx.AsyncClient,
) -> None:
    answers = [await caller.get(f"/demo/v1/things/{code}") for code in ("0744", "9999")]
    assert [(each.status_code, slug(each)) for each in answers] == [(403, "foreign-organisation")] * 2


async def test_a_provider_meets_only_itself_where_the_path_names_providers(
    caller: httpx.AsyncClient, issuer: Issuer
) -> None:
    own = bearer(issuer.token(role="provider", organisation="12345678"))
    answers = [await caller.get(f"/demo/v1/providers/{agb}", headers=own) for agb in ("12345678", "87654321")]
    assert [each.status_code for each in answers] == [200, 403]


async def test_organisations_of_another_kind_in_the_path_are_not_compared(
    caller: httpx.AsyncClient, issuer: Issuer
) -> None:
    provider = bearer(issuer.token(role="provider", organisation="12345678"))
    manager = bearer(issuer.token(role="contract-manager", organisation="00000099000000000000"))
    assert (await caller.get("/demo/v1/things/0743", headers=provider)).status_code == 200
    assert (await caller.get("/demo/v1/providers/12345678", headers=manager)).status_code == 200


async def test_the_caller_is_checked_before_the_body_is_read(caller: httpx.AsyncClient) -> None:
    answer = await caller.put(ONE, content=b"{not json", headers={"Authorization": ""})
    assert answer.status_code == 401


async def test_a_public_route_asks_for_nothing(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/demo/v1/open", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()["principal"]) == (200, None)


async def test_without_keys_no_token_can_be_checked(make_app: Callable[..., FastAPI], issuer: Issuer) -> None:
    app = make_app(jwks_url="file:///nowhere/jwks.json")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        answer = await client.get("/demo/v1/things/0743", headers=bearer(issuer.token()))
        ready = await client.get("/readyz")
    assert (answer.status_code, slug(answer)) == (503, "keys-unavailable")
    assert answer.headers["retry-after"] == "2"
    assert ready.json()["broken"] == ["keys"]


def test_the_roles_of_every_route_can_be_read(app: FastAPI) -> None:
    roles = {
        each.path: declared_roles(each.original_route)
        for each in iter_route_contexts(app.routes)
        if isinstance(each.original_route, Route)
    }
    assert roles["/demo/v1/things/{municipality}/{number}"] == frozenset({Role.MUNICIPALITY})
    assert roles["/demo/v1/providers/{agb}"] == frozenset({Role.PROVIDER, Role.CONTRACT_MANAGER})
    assert roles["/demo/v1/open"] == frozenset()


def test_a_route_without_roles_does_not_start(make_app: Callable[..., FastAPI]) -> None:
    forgotten = Router()

    @forgotten.get("/forgotten")
    async def forget(principal: Authenticated) -> str:
        return principal.subject

    with pytest.raises(TypeError, match="/forgotten declares no roles"):
        make_app(forgotten)


def test_a_route_that_declares_twice_does_not_start() -> None:
    twice = Router()
    with pytest.raises(TypeError, match="more than once"):

        @twice.get("/twice", dependencies=[public])
        async def declare(principal: Annotated[Principal, allow(Role.PEER)]) -> str:
            return principal.subject


def test_a_router_that_does_not_check_does_not_start(make_app: Callable[..., FastAPI]) -> None:
    unchecked = APIRouter()

    @unchecked.get("/unchecked", dependencies=[public])
    async def check() -> str:
        return ""

    with pytest.raises(TypeError, match=r"shared\.web\.Router"):
        make_app(unchecked)
