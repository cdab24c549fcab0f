"""The typed client: what is sent for what was said, and what is read of the answers."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import ValidationError

from client.api import ProblemError, cursor_of
from client.contracts import AgreementBody, Contracts
from client.referrals import IndicationBody, Referrals

URL = "https://api.region.example/referrals/v1"
AGREEMENT = {
    "provider": "98000001", "product": "43A09", "from": "2023-04-01", "withdrawn": False,
    "id": str(UUID(int=1)), "version": 1, "recordedAt": "2023-04-01T08:00:00Z", "outcome": "created",
}  # fmt: skip
MOMENT = datetime(2023, 4, 1, 8, tzinfo=UTC)


def answering(status: int, content: object, **headers: str) -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    """Give the way to a service that answers so, and the list of what it was sent."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if isinstance(content, str):
            return httpx.Response(status, text=content, headers=headers)
        return httpx.Response(status, json=content, headers=headers)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer)), sent


async def test_a_body_is_sent_under_its_wire_names_and_without_what_was_left_out() -> None:
    http, (sent) = answering(201, AGREEMENT)
    answer = await Contracts(URL, "token", http).put_agreement(
        "98000001", "43A09", date(2023, 4, 1), AgreementBody(tariff_cents=7)
    )
    (request,) = sent
    assert (request.method, request.url.path) == (
        "PUT", "/referrals/v1/agreements/98000001/43A09/2023-04-01",
    )  # fmt: skip
    assert json.loads(request.content) == {"tariffCents": 7}
    assert request.headers["Authorization"] == "Bearer token"
    assert request.headers["Content-Type"] == "application/json"
    assert (answer.status, answer.content.from_, answer.content.outcome) == (201, date(2023, 4, 1), "created")


async def test_what_was_set_to_nothing_is_sent() -> None:
    http, sent = answering(201, AGREEMENT)
    await Contracts(URL, "token", http).put_agreement(
        "98000001", "43A09", date(2023, 4, 1), AgreementBody(to=None)
    )
    assert json.loads(sent[0].content) == {"to": None}


async def test_queries_are_written_as_the_service_reads_them() -> None:
    http, sent = answering(200, {"items": [], "next": None})
    await Referrals(URL, "token", http).indications(valid_on=date(2023, 4, 1), withdrawn=False, page_size=7)
    assert dict(sent[0].url.params) == {"validOn": "2023-04-01", "withdrawn": "false", "pageSize": "7"}


async def test_a_value_cannot_leave_its_place_in_the_path() -> None:
    http, sent = answering(404, {"title": "Not found"})
    with pytest.raises(ProblemError):
        await Contracts(URL, "token", http).product("../providers?x")
    assert sent[0].url.raw_path == b"/referrals/v1/products/..%2Fproviders%3Fx"


async def test_the_token_is_asked_for_each_call() -> None:
    http, sent = answering(200, {"items": [], "next": None})
    tokens = iter(["first", "second"])
    referrals = Referrals(URL, lambda: next(tokens), http)
    await referrals.indications()
    await referrals.indications()
    assert [each.headers["Authorization"] for each in sent] == ["Bearer first", "Bearer second"]


async def test_a_problem_is_raised_with_what_it_says() -> None:
    problem = {
        "type": "urn:problem-type:jeugdregio:invalid-input",
        "title": "Input is not valid",
        "detail": "Two fields are wrong.",
        "errors": [{"code": "missing", "message": "Field required", "pointer": "#/from"}],
    }
    http, _ = answering(400, problem, **{"Retry-After": "1"})
    with pytest.raises(ProblemError, match=r"400: Two fields are wrong\.; #/from: Field required") as caught:
        await Referrals(URL, "token", http).indications()
    assert (caught.value.type, caught.value.retry_after) == (problem["type"], "1")


@pytest.mark.parametrize("content", ["<html>", [], "null"])
async def test_a_refusal_that_no_service_wrote_is_a_problem_too(content: object) -> None:
    http, _ = answering(502, content)
    with pytest.raises(ProblemError, match="502: Bad Gateway") as caught:
        await Referrals(URL, "token", http).indications()
    assert caught.value.type == ""


def test_what_is_wrong_in_a_body_is_said_without_repeating_it() -> None:
    make: Callable[..., Any] = IndicationBody
    with pytest.raises(ValidationError) as caught:
        make(bsn=999900006, birth_year="2011", decided_at=MOMENT)
    assert "999900006" not in str(caught.value)


def test_the_cursor_of_a_link() -> None:
    assert cursor_of("/referrals/v1/indications?pageSize=1&cursor=WyIwNzk0Il0") == "WyIwNzk0Il0"
    assert cursor_of("/referrals/v1/indications?pageSize=1") is None
    assert cursor_of(None) is None


async def test_an_operation_that_is_newer_than_the_client_can_be_called() -> None:
    http, sent = answering(200, {"new": 1}, ETag='"7"')
    answer = await Referrals(URL, "token", http).send("POST", "/novelties", {"some": 1})
    assert (answer.content, answer.etag) == ({"new": 1}, '"7"')
    assert (sent[0].method, json.loads(sent[0].content)) == ("POST", {"some": 1})
