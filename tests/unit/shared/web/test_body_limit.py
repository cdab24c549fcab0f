from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

MEGABYTE = 1024 * 1024
ONE = "/demo/v1/things/0743/1"
JSON = {"Content-Type": "application/json"}


class Upload:
    """A body that comes in pieces and counts how much of it was taken."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.taken = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        while self.taken < self.size:
            self.taken += 65536
            yield b" " * 65536


def is_refusal(answer: httpx.Response, limit: int) -> bool:
    return (
        answer.status_code == 413
        and answer.headers["content-type"] == "application/problem+json"
        and answer.headers["connection"] == "close"
        and answer.json()["maximumBytes"] == limit
    )


async def test_a_body_over_the_limit_is_refused_by_its_announced_length(caller: httpx.AsyncClient) -> None:
    answer = await caller.put(ONE, content=b" " * (MEGABYTE + 1), headers=JSON)
    assert is_refusal(answer, MEGABYTE)
    assert answer.headers["api-version"] == "1.0.0"


async def test_a_body_without_length_is_refused_while_it_is_read(caller: httpx.AsyncClient) -> None:
    answer = await caller.put(ONE, content=Upload(2 * MEGABYTE).pieces(), headers=JSON)
    assert is_refusal(answer, MEGABYTE)


async def test_a_body_at_the_limit_is_read(caller: httpx.AsyncClient) -> None:
    answer = await caller.put(ONE, content=b" " * MEGABYTE, headers=JSON)
    assert answer.status_code == 400


async def test_a_route_can_take_more(caller: httpx.AsyncClient) -> None:
    path = "/demo/v1/uploads"
    accepted = await caller.post(path, content=b'["' + b" " * 2 * MEGABYTE + b'"]', headers=JSON)
    refused = await caller.post(path, content=Upload(4 * MEGABYTE).pieces(), headers=JSON)
    assert (accepted.status_code, accepted.json()) == (201, 1)
    assert is_refusal(refused, 3 * MEGABYTE)


@pytest.mark.parametrize("announced", [b"0", b"nonsense", b"-5", b"99999999999999999999"])
async def test_what_is_announced_is_not_believed(app: FastAPI, announced: bytes) -> None:
    sent: list[dict[str, object]] = []
    taken = 0

    async def receive() -> dict[str, object]:
        nonlocal taken
        taken += 65536
        return {"type": "http.request", "body": b" " * 65536, "more_body": taken < 4 * MEGABYTE}

    async def send(message: dict[str, object]) -> None:
        sent.append({**message, "taken": taken})

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/demo/v1/uploads",
        "raw_path": b"/demo/v1/uploads",
        "query_string": b"",
        "headers": [(b"content-length", announced), (b"content-type", b"application/json")],
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert sent[1]["type"] == "http.response.body"
    # The whole answer is out before more is taken in than the limit and one piece.
    assert sent[1]["taken"] in ({0} if len(announced) > 9 else {3 * MEGABYTE + 65536})
    assert not sent[-1].get("more_body")
