"""The router of every service: a route that checks its caller before it reads the body.

In this order: token and role (401, 403), characters that cannot be stored (400), media type (415), JSON
(400), then FastAPI's own: dependencies, parameters and body together (400), the endpoint.
"""

import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import orjson
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.types import DecoratedCallable
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from shared.auth.access import authorise, declared_roles
from shared.problems import InvalidInput, Problem, UnsupportedMediaType
from shared.web.errors import unreadable
from shared.web.openapi import problem_responses
from shared.web.validation import unstorable, unstorable_parameters

Problems = Sequence[type[Problem]]
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _JsonRequest(Request):
    """A request whose body was parsed before FastAPI asks for it."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self.content: object = None

    async def json(self) -> object:
        return self.content


class Route(APIRoute):
    """A route of `Router`."""

    def get_route_handler(self) -> _Handler:
        handle = super().get_route_handler()
        roles = declared_roles(self)
        takes_body = self.body_field is not None

        async def checked(request: Request) -> Response:
            if roles is None:
                raise RuntimeError("A route without declared roles was served")
            await authorise(request, roles)
            _refuse_nul(request)
            if not takes_body:
                return await handle(request)
            parsed = _JsonRequest(request.scope, request.receive)
            await _parse(parsed)
            return await handle(parsed)

        return checked


class Router(APIRouter):
    """The APIRouter to use in services.

    `problems` names the problems that an operation can give beyond those that every operation can; they
    come into the OpenAPI document. Everything else is FastAPI's.
    """

    def __init__(self, *, prefix: str = "", tags: list[str] | None = None) -> None:
        super().__init__(prefix=prefix, tags=list(tags or []), route_class=Route, redirect_slashes=False)

    def get(
        self, path: str, *, problems: Problems = (), **options: object
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        return super().get(path, **_documented(problems, options))

    def put(
        self, path: str, *, problems: Problems = (), **options: object
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        return super().put(path, **_documented(problems, options))

    def post(
        self, path: str, *, problems: Problems = (), **options: object
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        return super().post(path, **_documented(problems, options))

    def delete(
        self, path: str, *, problems: Problems = (), **options: object
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        return super().delete(path, **_documented(problems, options))


def _documented(problems: Problems, options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "responses": problem_responses(problems) | (options.get("responses") or {})}


def _refuse_nul(request: Request) -> None:
    if b"%00" not in request.scope.get("raw_path", b"") and b"%00" not in request.scope["query_string"]:
        return
    errors = unstorable_parameters({**request.path_params, **request.query_params})
    if errors:
        raise InvalidInput(errors)


async def _parse(request: _JsonRequest) -> None:
    raw = await request.body()
    if not raw:
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType
    try:
        request.content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _of_malformed(raw, error) from None
    if b"\\u0000" in raw and (errors := unstorable(request.content)):
        raise InvalidInput(errors)


def _of_malformed(raw: bytes, error: orjson.JSONDecodeError) -> InvalidInput:
    # orjson refuses half a surrogate pair without saying where; the standard library lets it pass, so it can
    # be found and named.
    try:
        errors = unstorable(json.loads(raw))
    except (ValueError, RecursionError):
        errors = []
    return InvalidInput(errors) if errors else unreadable(error.pos)
