"""What happens around every request, as plain ASGI (BaseHTTPMiddleware costs three quarters of the speed).

From the outside in:

    Observed   gives the request its id and trace, counts and logs it: outermost, so that nothing goes unseen
    Headed     API-Version, security headers, CORS: outside of what follows, so that refusals carry them too
    Caught     the last resort: whatever nobody caught becomes a problem without details
    Limited    (shared.web.body_limit) counts the body on its way in
    FastAPI    routing; shared.web.routing checks the caller; problems become answers here
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics, tracing
from shared.web.errors import answer

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNKNOWN_ROUTE: Final = "unknown"
_UUID_LENGTH: Final = 36
_log = structlog.get_logger(component="web")

Headers = list[tuple[bytes, bytes]]


class Observed:
    """Id, trace, metrics and access log. `templates` gives the route template of an endpoint.

    Neither the log nor the metrics hold what a caller chose: paths show as their template, methods that
    HTTP does not know as OTHER, and a request id is taken over only when it is a UUID.
    """

    def __init__(self, app: ASGIApp, *, service: str, templates: Mapping[Any, str]) -> None:
        self._app = app
        self._service = service
        self._templates = templates
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        request_id = _request_id(_header(scope, b"x-request-id"))
        id_token = tracing.request_id.set(request_id)
        trace_token = tracing.current.set(tracing.Trace.follow(_header(scope, b"traceparent")))

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        finally:
            self._record(scope, status, time.perf_counter() - started)
            tracing.current.reset(trace_token)
            tracing.request_id.reset(id_token)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = self._templates.get(scope.get("endpoint"), _UNKNOWN_ROUTE)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        count, duration = self._metrics_of(route, method, status)
        count.inc()
        duration.observe(seconds)
        _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2))

    def _metrics_of(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        # Looking labels up costs more than all else here, and there are few combinations.
        found = self._known.get((route, method, status))
        if found is None:
            found = self._known[route, method, status] = (
                metrics.http_requests_total.labels(self._service, route, method, str(status)),
                metrics.http_request_duration_seconds.labels(self._service, route, method),
            )
        return found


class Headed:
    """Headers of every answer, and CORS for the origins of the allowlist.

    An origin that is not listed gets no CORS header, which makes its browser refuse; its preflight is an
    OPTIONS like any other (405).
    """

    def __init__(self, app: ASGIApp, *, version: str, origins: Iterable[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)
        self._headers: Headers = [
            (b"api-version", version.encode()),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
            (b"referrer-policy", b"no-referrer"),
            (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = [*self._headers, *self._cors(scope)]

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                missing = [header for header in extra if header[0] not in present]
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        if self._origins and self._is_preflight(scope):
            await send_on({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
            await send_on({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, send_on)

    def _cors(self, scope: Scope) -> Headers:
        if not self._origins:
            return []
        origin = _header(scope, b"origin").encode("latin-1")
        if origin not in self._origins:
            return [(b"vary", b"Origin")]
        return [(b"vary", b"Origin"), (b"access-control-allow-origin", origin), _EXPOSED]

    def _is_preflight(self, scope: Scope) -> bool:
        return (
            scope["method"] == "OPTIONS"
            and bool(_header(scope, b"access-control-request-method"))
            and _header(scope, b"origin").encode("latin-1") in self._origins
        )


_EXPOSED: Final = (
    b"access-control-expose-headers",
    b"API-Version, X-Request-Id, Location, ETag, Link, Retry-After",
)
_PREFLIGHT: Final[Headers] = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, If-Match, traceparent"),
    (b"access-control-max-age", b"600"),
]


class Caught:
    """The last resort. An answer that has begun cannot be taken back: then the connection is broken off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:
            if begun:
                raise
            await answer(error)(scope, receive, send)


def _header(scope: Scope, wanted: bytes) -> str:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value, "latin-1")
    return ""


def _request_id(given: str) -> str:
    # Any other text could hold anything, and would stand in our logs.
    if len(given) == _UUID_LENGTH:
        try:
            return str(UUID(given))
        except ValueError:
            pass
    return str(uuid4())
