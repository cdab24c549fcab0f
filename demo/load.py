"""Send the example to a running region, through the public APIs and nothing else."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Any

import httpx

from client.api import Answer, ProblemError
from demo.april_2023 import example
from demo.calls import send
from demo.request import Request

Progress = Callable[[int, int, str], None]
Pause = Callable[[float], Awaitable[None]]

_AT_ONCE = 16
_TIMEOUT_SECONDS = 30.0
_TRIES = 60
# What one service says, another hears a moment later: what was refused for that reason is sent again.
_TRIES_OF_REFUSED = 20
_PAUSE_SECONDS = 1.0
_AGAIN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the calls. `superseded`: older than what was known, kept in the history only."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    superseded: int = 0

    @property
    def total(self) -> int:
        """How many calls were answered."""
        return self.created + self.changed + self.unchanged + self.superseded

    def __str__(self) -> str:
        return (
            f"{self.created} created, {self.changed} changed, {self.unchanged} unchanged, "
            f"{self.superseded} superseded"
        )


class LoadError(Exception):
    """The example could not be sent; base of what `load` raises."""


class RefusedError(LoadError):
    """A call was refused. Shows the call's address and the answer, never what was sent."""

    def __init__(self, request: Request, status: int, why: str) -> None:
        super().__init__(f"{request} was refused with {why}")
        self.request = request
        self.status = status


class UnreachableError(LoadError):
    """A service stayed away."""

    def __init__(self, request: Request, reason: str) -> None:
        super().__init__(
            f"{request.service} did not answer in {_TRIES} tries ({reason}). "
            f"Look at its log, then load again: sending twice does no harm."
        )
        self.request = request


class NoTokenError(LoadError):
    """The region file holds no token for a role or an organisation that the example needs."""

    def __init__(self, request: Request) -> None:
        whose = request.organisation or "any organisation"
        super().__init__(f"No token of role {request.role} for {whose} in the region file.")


async def load(
    region: dict[str, Any],
    progress: Progress,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    pause: Pause = asyncio.sleep,
) -> Summary:
    """Send the whole example and count what became of it; `progress` gets done, total and what is being sent.

    `region` is the content of `.data/region.json`. Sending again is harmless. Raises a LoadError.
    """
    requests = example().requests
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, limits=limits, transport=transport) as client:
        sending = _Sending(client, region, pause, len(requests), progress)
        for _, stage in groupby(requests, key=lambda request: request.stage):
            await sending.all(list(stage))
    return sending.summary()


class _Sending:
    def __init__(
        self, client: httpx.AsyncClient, region: dict[str, Any], pause: Pause, total: int, progress: Progress
    ) -> None:
        self._client = client
        self._region = region
        self._pause = pause
        self._total = total
        self._progress = progress
        self._outcomes: Counter[str] = Counter()

    async def all(self, requests: Sequence[Request]) -> None:
        """Send some lines at once, each in its order; the first error ends all."""
        lines = iter(_lines(requests))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._take(lines))
        except* LoadError as errors:
            raise _first(errors) from None

    async def _take(self, lines: Iterable[Sequence[Request]]) -> None:
        for line in lines:
            for request in line:
                self._outcomes[_outcome(await self._send(request))] += 1
                self._progress(self._outcomes.total(), self._total, request.path.split("/")[1])

    async def _send(self, request: Request) -> Answer[Any]:
        url, token = self._region["services"][request.service]["url"], self._token(request)
        reason = ""
        for number in range(_TRIES):
            try:
                answer = await send(request, url, token, self._client)
                if not (refused := _refused(answer)):
                    return answer
                if number >= _TRIES_OF_REFUSED:
                    raise RefusedError(request, answer.status, refused)
            except httpx.TransportError as error:
                reason = type(error).__name__
            except ProblemError as error:
                if error.status not in _AGAIN:
                    raise RefusedError(request, error.status, str(error)) from error
                reason = f"status {error.status}"
            await self._pause(_PAUSE_SECONDS)
        raise UnreachableError(request, reason)

    def _token(self, request: Request) -> str:
        tokens: dict[str, str] = self._region["tokens"].get(request.role, {})
        token = next(iter(tokens.values()), None)
        if request.organisation is not None:
            token = tokens.get(request.organisation)
        if token is None:
            raise NoTokenError(request)
        return token

    def summary(self) -> Summary:
        return Summary(**self._outcomes)


def _lines(requests: Iterable[Request]) -> list[list[Request]]:
    lines: dict[str, list[Request]] = {}
    for request in requests:
        lines.setdefault(request.line, []).append(request)
    return list(lines.values())


def _refused(answer: Answer[Any]) -> str:
    """Say what was wrong with the parts of a call that is answered part by part; empty when nothing was."""
    return "; ".join(
        error.message for part in _parts(answer) for error in getattr(part, "errors", None) or ()
    )


def _outcome(answer: Answer[Any]) -> str:
    """How the answer counts in the summary."""
    outcomes = {str(getattr(part, "outcome", None)) for part in _parts(answer)}
    if answer.status == HTTPStatus.CREATED or "created" in outcomes:
        return "created"
    return next((kind for kind in ("superseded", "unchanged") if outcomes == {kind}), "changed")


def _parts(answer: Answer[Any]) -> Sequence[object]:
    """What was answered for each part of the call; most have one part."""
    results: Sequence[object] = getattr(answer.content, "results", None) or [answer.content]
    return results


def _first(errors: BaseExceptionGroup[LoadError]) -> LoadError:
    for error in errors.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise errors
