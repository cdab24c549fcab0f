"""Refuse a body at its limit, while it is read.

The limit is 1 MB unless the route declares another (`max_body_size=` of FastAPI's decorators). A
Content-Length over it is refused before anything is read; without one, bytes are counted as they come in.
"""

import asyncio
from contextlib import suppress
from re import Pattern
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import BodyTooLarge
from shared.web.errors import RefusedBody, problem_response

DEFAULT_LIMIT: Final = 1024 * 1024
_LINGER_SECONDS: Final = 3.0


class DeclaredLimit(NamedTuple):
    """A route that takes larger or smaller bodies than others."""

    methods: frozenset[str]
    path: Pattern[str]
    limit: int


class Limited:
    """The ASGI middleware."""

    def __init__(self, app: ASGIApp, *, declared: list[DeclaredLimit]) -> None:
        self._app = app
        self._declared = declared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, send, self._limit(scope))
        if _content_length(scope) > body.limit:
            body.refused = True
            await problem_response(BodyTooLarge(body.limit))(scope, receive, body.answer)
        else:
            await self._app(scope, body.read, body.answer)

    def _limit(self, scope: Scope) -> int:
        for each in self._declared:
            if scope["method"] in each.methods and each.path.match(scope["path"]):
                return each.limit
        return DEFAULT_LIMIT


class _Body:
    """The body of one request: counts what comes in, and what to do when it is too much."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self._received = 0
        self.limit = limit
        self.refused = False

    async def read(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > self.limit:
            self.refused = True
            raise RefusedBody(self.limit)
        return message

    async def answer(self, message: Message) -> None:
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not (self.refused and last):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        await self._linger()
        await self._send({"type": "http.response.body", "body": b""})

    async def _linger(self) -> None:
        # To close while the caller still sends resets the connection, and many clients then never see the
        # answer: so the answer goes first, and for a while what comes in is thrown away.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while (await self._receive()).get("more_body", False):
                    pass


def _content_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
