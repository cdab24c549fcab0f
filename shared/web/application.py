"""`create_app`: from routers to the HTTP side of a service."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared import health, metrics
from shared.auth.access import declared_roles
from shared.auth.keys import SigningKeys, fetch_from
from shared.auth.principal import Role
from shared.auth.tokens import TokenVerifier
from shared.database import Database
from shared.process import SideTask
from shared.serving import AddressTakenError, metrics_server
from shared.settings import Settings
from shared.web import documentation, openapi
from shared.web.body_limit import DeclaredLimit, Limited
from shared.web.errors import HANDLERS
from shared.web.middleware import Caught, Headed, Observed
from shared.web.routing import Route, Router

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_VERSION: Final = "1.0.0"
_log = structlog.get_logger(component="web")


def create_app(
    *,
    service: str,
    title: str,
    description: str,
    settings: Settings,
    routers: Sequence[Router],
    lifespan: Lifespan | None = None,
    version: str = _VERSION,
) -> FastAPI:
    """The API of a service under /<service>/v1, with its document and documentation page, livez and readyz.

    `version` is that of the API (semantic), its first number the one in the path. `app.state` holds
    `database`, `verifier`, `checks`, `settings` and `stopping`, an event that is set when the server is to stop;
    `lifespan` may add what the service's own routes need.
    Raises TypeError or ValueError for a route that declares no roles, or uses a router that is not ours, and
    for an operationId that is taken.
    """
    prefix = f"/{service}/v{version.partition('.')[0]}"
    templates: dict[Any, str] = {}
    limits: list[DeclaredLimit] = []
    app = FastAPI(
        title=title,
        description=description,
        version=version,
        openapi_url=None,
        redirect_slashes=False,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        servers=[{"url": settings.public_url + prefix}],
        generate_unique_id_function=_operation_id,
        exception_handlers=HANDLERS,
        lifespan=_living(service, settings, lifespan),
        middleware=[
            Middleware(Observed, service=service, templates=templates),
            Middleware(Headed, version=version, origins=settings.cors_origins),
            Middleware(Caught),
            Middleware(Limited, declared=limits),
        ],
    )
    for router in routers:
        app.include_router(router, prefix=prefix)
    operations = list(iter_route_contexts(app.routes))
    _check(operations)
    templates |= {each.endpoint: str(each.path_format) for each in operations}
    limits += _declared_limits(operations)
    _give_state(app, service, settings)
    app.state.methods = [(each.path_regex, frozenset(each.methods or ())) for each in operations]
    _publish(app, prefix)
    _describe(app, prefix, operations)
    return app


def _contact(settings: Settings) -> dict[str, str]:
    return {
        "name": settings.contact_name,
        "email": settings.contact_email,
        "url": settings.contact_url or settings.public_url,
    }


def _operation_id(route: APIRoute) -> str:
    first, *others = route.name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _check(operations: list[RouteContext]) -> None:
    names: set[str] = set()
    for each in operations:
        _roles(each)
        if each.unique_id in names:
            raise ValueError(
                f"Two operations are called {each.unique_id}: rename the endpoint of {each.path}"
            )
        names.add(each.unique_id)


def _roles(context: RouteContext) -> frozenset[Role]:
    route = context.original_route
    if not isinstance(route, Route):
        raise TypeError(f"{context.path} is not of shared.web.Router, which checks who calls")
    roles = declared_roles(route)
    if roles is None:
        raise TypeError(
            f"{context.path} declares no roles: give its endpoint "
            "`principal: Annotated[Principal, allow(Role...)]`, or `dependencies=[public]`"
        )
    return roles


def _declared_limits(operations: list[RouteContext]) -> list[DeclaredLimit]:
    return [
        DeclaredLimit(frozenset(each.methods or ()), each.path_regex, each.max_body_size)
        for each in operations
        if each.max_body_size is not None
    ]


def _give_state(app: FastAPI, service: str, settings: Settings) -> None:
    keys = SigningKeys(fetch_from(settings.jwks_url))
    checks = health.Checks()
    checks.add("keys", keys.check)
    app.state.service = service
    app.state.stopping = asyncio.Event()
    app.state.settings = settings
    app.state.checks = checks
    app.state.verifier = TokenVerifier(keys, issuer=settings.token_issuer, audience=settings.token_audience)


def _living(service: str, settings: Settings, lifespan: Lifespan | None) -> Lifespan:
    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        try:
            metrics_port = metrics_server(service, "api", settings, app.state.checks)
        except AddressTakenError as error:
            # The server that runs us says no more than that the start failed.
            _log.critical("cannot_start", exc_info=error)
            raise
        side_tasks = (metrics_port, app.state.verifier.keys.run)
        async with _running(side_tasks), _database(service, settings) as database:
            app.state.database = database
            app.state.checks.add("database", health.answers(database))
            async with lifespan(app) if lifespan else nullcontext():
                yield

    return living


@asynccontextmanager
async def _running(side_tasks: Sequence[SideTask]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = [asyncio.ensure_future(task(stop)) for task in side_tasks]
    for each in running:
        each.add_done_callback(lambda ended: _stop_process(ended, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*running, return_exceptions=True)


def _stop_process(ended: "asyncio.Future[None]", stop: asyncio.Event) -> None:
    if not stop.is_set():
        _log.critical("side_task_died", exc_info=None if ended.cancelled() else ended.exception())
        signal.raise_signal(signal.SIGTERM)


@asynccontextmanager
async def _database(service: str, settings: Settings) -> AsyncIterator[Database]:
    database = Database(
        settings.service_database_url.get_secret_value(),
        application=f"{service}-api",
        size=settings.database_pool_size,
    )
    metrics.watch_pool(service, database)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def _publish(app: FastAPI, prefix: str) -> None:
    async def document(_: Request) -> Response:
        # The design rules want the document readable for pages of any origin.
        open_to_all = {"Access-Control-Allow-Origin": "*"}
        return Response(app.state.openapi, media_type="application/json", headers=open_to_all)

    async def docs(_: Request) -> Response:
        policy = {"Content-Security-Policy": documentation.CONTENT_SECURITY_POLICY}
        return HTMLResponse(app.state.documentation, headers=policy)

    app.router.add_route(f"{prefix}/openapi.json", document, include_in_schema=False)
    app.router.add_route(f"{prefix}/docs", docs, include_in_schema=False)
    app.router.routes += health.routes(app.state.checks)


def _describe(app: FastAPI, prefix: str, operations: list[RouteContext]) -> None:
    roles: dict[tuple[str, str], frozenset[Role]] = {
        (str(each.path_format).removeprefix(prefix), method.lower()): _roles(each)
        for each in operations
        for method in each.methods or ()
    }
    completed = openapi.complete(
        app.openapi(), prefix=prefix, roles=roles, contact=_contact(app.state.settings)
    )
    app.state.openapi = orjson.dumps(completed)
    app.state.documentation = documentation.page(completed)
