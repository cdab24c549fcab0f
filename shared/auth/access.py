"""Which roles may use a route: declared on the route, checked before its body is read.

    @router.get("/indications/{municipality}", ...)
    async def indications(principal: Annotated[Principal, allow(Role.MUNICIPALITY)]) -> ...

`shared.web.Router` does the checking; a route that declares nothing keeps the service from starting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final, cast

from fastapi import Depends, Request, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.auth.principal import Principal, Role
from shared.auth.tokens import TokenVerifier
from shared.problems import Forbidden, ForeignOrganisation, Unauthenticated

# The path parameters that name an organisation of the caller's own kind.
_OWN: Final = {Role.MUNICIPALITY: ("municipality",), Role.PROVIDER: ("provider", "agb")}


def current_principal(request: Request) -> Principal:
    """Who makes this request. Raises Unauthenticated on a route that is open to all."""
    principal = getattr(request.state, "principal", None)
    if principal is None:
        raise Unauthenticated
    return cast("Principal", principal)


@dataclass(frozen=True, slots=True)
class _Declaration:
    """A dependency that carries what a route declares; no roles means open to all."""

    roles: frozenset[Role]

    async def __call__(self, request: Request) -> Principal | None:
        return current_principal(request) if self.roles else None


def allow(*roles: Role) -> params.Depends:
    """Declare which roles may use the route; gives the Principal."""
    if not roles:
        raise ValueError("Name the roles; a route for everybody says `dependencies=[public]`.")
    return cast("params.Depends", Depends(_Declaration(frozenset(roles))))


public: Final = cast("params.Depends", Depends(_Declaration(frozenset())))


async def _authenticated(request: Request) -> Principal:
    return current_principal(request)


Authenticated = Annotated[Principal, Depends(_authenticated)]


def declared_roles(route: APIRoute) -> frozenset[Role] | None:
    """The roles that a route declares; empty when it is open to all, None when it declares nothing.

    Raises TypeError when it declares twice: then it is not clear which holds.
    """
    declared = {each.roles for each in _declarations(route.dependant)}
    if len(declared) > 1:
        raise TypeError(f"{route.path} declares its roles more than once")
    return next(iter(declared), None)


def _declarations(dependant: Dependant) -> Iterator[_Declaration]:
    for each in dependant.dependencies:
        if isinstance(each.call, _Declaration):
            yield each.call
        yield from _declarations(each)


async def authorise(request: Request, roles: frozenset[Role]) -> None:
    """Let the request pass or raise; leaves its principal for the dependencies.

    Raises Unauthenticated, InvalidToken, Forbidden; ForeignOrganisation when the path names another
    organisation of the caller's own kind, before anybody looks whether that one exists.
    """
    if not roles:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    verifier: TokenVerifier = request.app.state.verifier
    principal = await verifier.verify(token.strip())
    if principal.role not in roles:
        raise Forbidden
    for name in _OWN.get(principal.role, ()):
        if request.path_params.get(name, principal.organisation) != principal.organisation:
            raise ForeignOrganisation
    request.state.principal = principal
