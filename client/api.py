"""What the four generated clients have in common: calling, reading answers, raising problems."""

import json
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import httpx
from pydantic import BaseModel, TypeAdapter

T = TypeVar("T")
Token = str | Callable[[], str]


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a service answered: the body, read, with what stands around it."""

    status: int
    content: T
    headers: httpx.Headers

    @property
    def etag(self) -> str | None:
        """What to send as `if_match` with a change of what was read here."""
        etag: str | None = self.headers.get("ETag")
        return etag

    @property
    def next(self) -> str | None:
        """The link of the `Link` header that leads on; pages of lists have theirs in the body."""
        link = httpx.Response(self.status, headers=self.headers).links.get("next", {})
        return link.get("url")


File = bytes | AsyncIterable[bytes]


class ProblemError(Exception):
    """A service refused: `problem` is its answer (RFC 9457), `status` that of HTTP."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.problem: dict[str, Any] = _problem(response)
        self.retry_after = response.headers.get("Retry-After")
        super().__init__(f"{self.status}: {self._explanation()}")

    @property
    def type(self) -> str:
        """Which problem this is, as the documents name it; empty when the answer did not come from a service."""
        return str(self.problem.get("type", ""))

    def _explanation(self) -> str:
        errors = [
            f"{each.get('pointer') or each.get('parameter')}: {each['message']}"
            for each in self.problem.get("errors", ())
        ]
        return "; ".join([str(self.problem.get("detail") or self.problem.get("title")), *errors])


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        problem = response.json()
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"title": response.reason_phrase}


def cursor_of(link: str | None) -> str | None:
    """Give the cursor that a link to a next page holds; None when there is no next page."""
    return next(iter(parse_qs(urlsplit(link or "").query).get("cursor", ())), None)


class Api:
    """One service. `url` ends with its version, as `https://api.region.example/referrals/v1`.

    `token` is a bearer token, or gives one whenever it is asked. The caller opens and closes `http`.
    """

    def __init__(self, url: str, token: Token, http: httpx.AsyncClient) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._http = http

    async def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer[Any]:
        """Call an operation that is newer than this client, with plain JSON. Raises like every operation."""
        return await self._call(method, path, Any, body=body)

    async def _call(
        self,
        method: str,
        path: str,
        returns: type[T],
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, object] | None = None,
        body: BaseModel | Mapping[str, Any] | None = None,
    ) -> Answer[T]:
        """Call an operation. Raises ProblemError, and httpx's errors when there was no answer."""
        response = await self._http.request(
            method,
            self._url + path,
            params=_texts(query or {}),
            headers={**_headers(headers or {}), **self._authorisation(), **_content_type(body)},
            content=None if body is None else _json(body),
        )
        if not response.is_success:
            raise ProblemError(response)
        content = _reader(returns).validate_json(response.content or b"null")
        return Answer(response.status_code, content, response.headers)

    async def _deliver(
        self,
        method: str,
        path: str,
        returns: type[T],
        file: File,
        media_type: str,
        query: Mapping[str, object],
    ) -> Answer[T]:
        """Send a file as it is; a large one as an iterator of its pieces, so that it is never whole in memory."""
        response = await self._http.request(
            method,
            self._url + path,
            params=_texts(query),
            headers={**self._authorisation(), "Content-Type": media_type},
            content=file,
        )
        if not response.is_success:
            raise ProblemError(response)
        return Answer(
            response.status_code, _reader(returns).validate_json(response.content), response.headers
        )

    def _authorisation(self) -> dict[str, str]:
        token = self._token if isinstance(self._token, str) else self._token()
        return {"Authorization": f"Bearer {token}"}


def _json(body: BaseModel | Mapping[str, Any]) -> str:
    if isinstance(body, BaseModel):
        return body.model_dump_json(by_alias=True, exclude_unset=True)
    return json.dumps(body)


def _content_type(body: object) -> dict[str, str]:
    return {} if body is None else {"Content-Type": "application/json"}


def _texts(values: Mapping[str, object]) -> dict[str, str | list[str]]:
    return {
        name: [_text(each) for each in value] if isinstance(value, list) else _text(value)
        for name, value in values.items()
        if value is not None
    }


def _headers(values: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def in_path(value: object) -> str:
    """Write a value as it may stand in a path."""
    return quote(_text(value), safe="")


_READERS: dict[Any, TypeAdapter[Any]] = {}


def _reader(returns: type[T]) -> TypeAdapter[T]:
    if returns not in _READERS:
        _READERS[returns] = TypeAdapter(returns)
    return _READERS[returns]
