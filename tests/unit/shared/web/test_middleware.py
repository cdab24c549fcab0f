import uuid
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from shared.metrics import REGISTRY

GIVEN = "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"
ORIGIN = "https://portal.example"


async def test_a_request_id_is_taken_over_when_it_is_a_uuid(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/demo/v1/open", headers={"X-Request-Id": GIVEN})
    assert answer.headers["x-request-id"] == GIVEN


@pytest.mark.parametrize("given", ["999900006", "x" * 36, ""])
async def test_any_other_request_id_is_replaced(caller: httpx.AsyncClient, given: str) -> None:
    answer = await caller.get("/demo/v1/open", headers={"X-Request-Id": given})
    assert uuid.UUID(answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != given


@pytest.mark.parametrize("path", ["/demo/v1/open", "/demo/v1/broken", "/nowhere", "/livez", "/demo/v1/docs"])
async def test_every_answer_carries_version_and_security_headers(
    caller: httpx.AsyncClient, path: str
) -> None:
    headers = (await caller.get(path)).headers
    assert headers["api-version"] == "1.0.0"
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers.get_list("content-security-policy")[0].startswith("default-src 'none'")
    assert len(headers.get_list("content-security-policy")) == 1


@pytest.fixture
def portal(make_app: Callable[..., FastAPI]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(make_app(cors_origins=ORIGIN))
    return httpx.AsyncClient(transport=transport, base_url="http://api")


PREFLIGHT = {"Access-Control-Request-Method": "PUT"}


async def test_a_listed_origin_may_call(portal: httpx.AsyncClient) -> None:
    preflight = await portal.options("/demo/v1/open", headers={"Origin": ORIGIN, **PREFLIGHT})
    answer = await portal.get("/demo/v1/open", headers={"Origin": ORIGIN})
    assert preflight.status_code == 204
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["api-version"] == "1.0.0"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["vary"] == "Origin"


async def test_another_origin_gets_no_permission(
    portal: httpx.AsyncClient, caller: httpx.AsyncClient
) -> None:
    for client in (portal, caller):
        for origin in ("https://evil.example", ORIGIN + ".evil.example"):
            preflight = await client.options("/demo/v1/open", headers={"Origin": origin, **PREFLIGHT})
            answer = await client.get("/demo/v1/open", headers={"Origin": origin})
            assert preflight.status_code == 405
            assert "access-control-allow-origin" not in {*preflight.headers, *answer.headers}


async def test_the_access_log_knows_the_template_and_not_the_path(caller: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await caller.get("/demo/v1/things/0743?pageSize=999900006")
        await caller.request("999900006", "/demo/v1/999900006")
    known, unknown = (line for line in lines if line["event"] == "request")
    assert (known["route"], known["method"], known["status"]) == (
        "/demo/v1/things/{municipality}",
        "GET",
        200,
    )
    assert (unknown["route"], unknown["method"], unknown["status"]) == ("unknown", "OTHER", 404)
    assert "999900006" not in str(lines)


async def test_requests_are_counted_per_route_template(caller: httpx.AsyncClient) -> None:
    labels = {"service": "demo", "route": "/demo/v1/things/{municipality}", "method": "GET"}

    def counted(status: str) -> float:
        return REGISTRY.get_sample_value("http_requests_total", {**labels, "status": status}) or 0

    before = counted("200"), counted("400")
    await caller.get("/demo/v1/things/0743")
    await caller.get("/demo/v1/things/0743?pageSize=x")
    assert (counted("200") - before[0], counted("400") - before[1]) == (1, 1)
    assert REGISTRY.get_sample_value("http_request_duration_seconds_count", labels)


async def test_a_fault_of_ours_is_logged_and_counted(caller: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await caller.get("/demo/v1/broken")
    assert [line["event"] for line in lines] == ["request_failed", "request"]
    assert lines[1]["status"] == 500
