"""Addresses that are not there, methods that are not for them, and bodies that do not end."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.types import Message

from jeugdregio.services import SERVICES
from shared.auth import Role
from shared.web.body_limit import DEFAULT_LIMIT
from tests.contract.callers import own
from tests.contract.refusals import nothing_written
from tests.contract.region import Region
from tests.contract.requests import SAMPLES, Sample
from tests.contract.rights import RIGHTS

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "QUERY")
BODIES = [name for name, sample in SAMPLES.items() if sample.body is not None]
PIECE = 65_536
HUNDRED_MEGABYTES = 100 * 1024 * 1024


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def headers(region: Region, operation: str) -> dict[str, str]:
    role = next(iter(RIGHTS[operation]))
    return {"Authorization": f"Bearer {region.issuer.token(*own(role))}", "Content-Type": "application/json"}


@pytest.mark.parametrize("service", SERVICES)
async def test_an_unknown_address_is_404_with_and_without_a_token(region: Region, service: str) -> None:
    token = {"Authorization": f"Bearer {region.issuer.token(*own(Role.ANALYST))}"}
    base = f"/{service}/v1"
    unknown = [
        "/",
        f"/{service}",
        base,
        f"{base}/",
        f"{base}/nothing",
        f"{base}/docs/",
        f"{base}/openapi.yaml",
    ]
    unknown += [
        f"/{service}/v2/openapi.json",
        f"{base}//docs",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/redoc",
        "/%2e%2e/",
    ]
    for path in unknown:
        for given in ({}, token):
            answer = await region.clients[service].get(path, headers=given)
            assert (answer.status_code, slug(answer)) == (404, "not-found"), path


@pytest.mark.parametrize("operation", SAMPLES)
async def test_a_trailing_slash_is_404_and_no_redirect(region: Region, operation: str) -> None:
    sample = SAMPLES[operation]
    answer = await region.clients[sample.service].request(
        sample.method, f"{sample.path}/", params=sample.query or None, headers=headers(region, operation)
    )
    assert (answer.status_code, slug(answer)) == (404, "not-found")
    assert "location" not in answer.headers


def by_template() -> Iterator[tuple[Sample, set[str]]]:
    """Give every address once, with the methods that it has."""
    templates = {(sample.service, sample.template): sample for sample in SAMPLES.values()}
    for key, sample in templates.items():
        yield sample, {each.method for each in SAMPLES.values() if (each.service, each.template) == key}


@pytest.mark.parametrize(
    ("sample", "methods"), list(by_template()), ids=lambda each: getattr(each, "template", "")
)
async def test_a_method_that_is_not_there_is_405_and_says_which_are(
    region: Region, sample: Sample, methods: set[str]
) -> None:
    for method in METHODS:
        if method in methods:
            continue
        answer = await region.clients[sample.service].request(method, sample.path)
        assert answer.status_code == 405, method
        assert set(re.split(r",\s*", answer.headers["allow"])) == methods, method
        assert method == "HEAD" or slug(answer) == "method-not-allowed"


class Upload:
    """A body that comes in pieces, and knows how much of it was taken when the answer began."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0
        self.taken_before_the_answer: int | None = None
        self.status = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        while self._taken < self._size:
            self._taken += PIECE
            yield b" " * PIECE

    async def receive(self) -> Message:
        self._taken += PIECE
        return {"type": "http.request", "body": b" " * PIECE, "more_body": self._taken < self._size}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.taken_before_the_answer = message["status"], self._taken


def limit_of(region: Region, operation: str) -> int:
    """Give the limit that the operation's route declares."""
    for each in iter_route_contexts(region.apps[SAMPLES[operation].service].routes):
        if str(each.unique_id) == operation.partition(".")[2]:
            return each.max_body_size or DEFAULT_LIMIT
    raise AssertionError(operation)


@pytest.mark.parametrize("operation", BODIES)
async def test_a_body_over_the_limit_is_refused_while_it_is_read(region: Region, operation: str) -> None:
    sample, limit = SAMPLES[operation], limit_of(region, operation)
    client = region.clients[sample.service]
    async with nothing_written(region):
        for content in (b" " * (limit + 1), Upload(limit + PIECE).pieces()):
            answer = await client.request(
                sample.method, sample.path, content=content, headers=headers(region, operation)
            )
            assert (answer.status_code, slug(answer)) == (413, "body-too-large")
            assert answer.json()["maximumBytes"] == limit
            assert answer.headers["connection"] == "close"
        answer = await client.request(
            sample.method, sample.path, content=b" " * limit, headers=headers(region, operation)
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("announced", [None, b"0", b"104857600"])
@pytest.mark.parametrize("operation", BODIES)
async def test_of_a_hundred_megabytes_no_more_is_taken_than_the_limit(
    region: Region, operation: str, announced: bytes | None
) -> None:
    sample, upload = SAMPLES[operation], Upload(HUNDRED_MEGABYTES)
    given = [(name.lower().encode(), value.encode()) for name, value in headers(region, operation).items()]
    if announced is not None:
        given.append((b"content-length", announced))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": sample.method,
        "path": sample.path,
        "raw_path": sample.path.encode(),
        "query_string": b"",
        "headers": given,
    }
    await cast("Any", region.apps[sample.service])(scope, upload.receive, upload.send)
    assert upload.status == 413
    assert upload.taken_before_the_answer is not None
    most = 0 if announced == b"104857600" else limit_of(region, operation) + PIECE
    assert upload.taken_before_the_answer <= most


@pytest.mark.parametrize("operation", BODIES)
async def test_who_may_not_call_is_refused_before_the_body_is_read(region: Region, operation: str) -> None:
    sample, upload = SAMPLES[operation], Upload(HUNDRED_MEGABYTES)
    answer = await region.clients[sample.service].request(sample.method, sample.path, content=upload.pieces())
    assert answer.status_code == 401
    assert upload._taken <= PIECE
