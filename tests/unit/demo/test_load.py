import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from demo.april_2023 import example
from demo.load import NoTokenError, RefusedError, Summary, UnreachableError, load
from demo.offer import PROVIDERS

MUNICIPALITIES = ("0743", "0762", "0794", "0820", "0847", "0848", "0861", "0866", "1652", "1659", "1771")
REGION: dict[str, Any] = {
    "services": {
        "referrals": {"url": "http://127.0.0.1:1/referrals/v1"},
        "contracts": {"url": "http://127.0.0.1:2/contracts/v1"},
        "availability": {"url": "http://127.0.0.1:3/availability/v1"},
    },
    "tokens": {
        "municipality": {code: f"token-{code}" for code in MUNICIPALITIES},
        "provider": {agb: f"token-{agb}" for agb in PROVIDERS},
        "contract-manager": {"00000099000000010010": "token-manager"},
    },
}
Handler = Callable[[httpx.Request], httpx.Response]


class Services:
    """Answers as the services do: by the newest moments per address, and `unchanged` for what is known."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str]] = []
        self.tokens: dict[str, set[str]] = defaultdict(set)
        self._known: dict[str, dict[str, str]] = defaultdict(dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        address = request.url.path.removesuffix("/withdrawals")
        text = request.content.decode()
        body = json.loads(text)
        if reports := body.get("reports"):
            address += f"/{reports[0]['provider']}"
            body = {"sentAt": reports[0]["referenceDate"]}
        moments = body.get("decidedAt") or body.get("sentAt", "")
        self.arrived.append((address, text))
        self.tokens[request.headers["Authorization"]].add(address)
        known = self._known[address]
        newest = max(known, default=None)
        if known.get(moments) == text:
            return answered(request, 200, "unchanged")
        known[moments] = text
        if newest is None:
            return answered(request, 201, "created")
        return answered(request, 200, "applied" if moments > newest else "superseded")


def answered(request: httpx.Request, status: int, outcome: str) -> httpx.Response:
    """Answer as a service does: with what stands there now, which here is what was sent."""
    noun, *key = request.url.path.removesuffix("/withdrawals").split("/")[3:]
    if noun == "waiting-times":
        results = [{"outcome": "changed" if outcome in {"applied", "superseded"} else outcome}]
        return httpx.Response(200, json={"results": results})
    names = {
        "products": ("code",),
        "providers": ("agb",),
        "agreements": ("provider", "product", "from"),
        "indications": ("municipality", "assignmentNumber"),
        "care-periods": ("municipality", "assignmentNumber", "from"),
        "claims": ("provider", "reference"),
    }[noun]
    of_all = {"id": str(UUID(int=1)), "version": 1, "recordedAt": "2023-04-01T08:00:00Z", "withdrawn": False}
    of_indications = {
        "clientId": str(UUID(int=2)), "birthYear": 2011, "product": "43A09", "provider": "98900101", "from": "2023-04-01",
    }  # fmt: skip
    outcome = "applied" if noun == "claims" and outcome == "superseded" else outcome
    content = (
        {"status": "accepted"}
        | of_indications
        | json.loads(request.content)
        | dict(zip(names, key, strict=True))
        | of_all
    )
    return httpx.Response(status, json=content | {"outcome": outcome})


async def sent_to(handler: Handler, region: dict[str, Any] = REGION) -> Summary:
    return await load(region, _quiet, transport=httpx.MockTransport(handler), pause=_no_pause)


def _quiet(done: int, total: int, what: str) -> None:
    assert 0 < done <= total
    assert what


async def _no_pause(seconds: float) -> None:
    assert seconds > 0


async def test_all_is_sent_once_in_order_per_address_and_sending_again_changes_nothing() -> None:
    services = Services()
    first = await sent_to(services)
    assert first.total == len(example().requests) == len(services.arrived)
    assert (first.unchanged, first.superseded > 0, first.changed > first.superseded) == (0, True, True)
    in_order = defaultdict(list)
    for address, text in services.arrived:
        in_order[address.split("/v1", 1)[1]].append(json.loads(text))
    expected = defaultdict(list)
    for request in example().requests:
        # The client writes moments shorter.
        expected[request.line].append(json.loads(json.dumps(request.body).replace(".000000Z", "Z")))
    assert in_order == expected
    assert await sent_to(services) == Summary(unchanged=first.total)


async def test_products_and_providers_stand_before_agreements_and_those_before_indications() -> None:
    services = Services()
    await sent_to(services)
    kinds = [address.split("/")[3] for address, _ in services.arrived]
    order = ["products", "providers", "agreements", "indications", "waiting-times", "claims"]
    firsts = [kinds.index(kind) for kind in order]
    assert firsts == sorted(firsts)
    assert kinds[firsts[2] : firsts[3]] == ["agreements"] * (firsts[3] - firsts[2])


async def test_each_municipality_sends_its_own_with_its_own_token() -> None:
    services = Services()
    await sent_to(services)
    for code in MUNICIPALITIES:
        addresses = services.tokens[f"Bearer token-{code}"]
        assert addresses
        assert all(address.startswith(f"/referrals/v1/indications/{code}/") for address in addresses)
    assert all(address.startswith("/contracts/v1/") for address in services.tokens["Bearer token-manager"])


async def test_each_provider_reports_under_its_own_token() -> None:
    services = Services()
    await sent_to(services)
    for agb in PROVIDERS:
        addresses = services.tokens[f"Bearer token-{agb}"]
        assert addresses
        assert all(agb in address or "/care-periods/" in address for address in addresses)


async def test_a_report_that_is_refused_ends_the_load_and_says_why() -> None:
    services = Services()

    def refusing(request: httpx.Request) -> httpx.Response:
        if "/waiting-times" not in request.url.path:
            return services(request)
        wrong = {
            "code": "location",
            "pointer": "#/reports/0/location",
            "message": "Name a location.",
            "messageNl": "Noem een locatie.",
        }
        return httpx.Response(200, json={"results": [{"outcome": "refused", "errors": [wrong]}]})

    with pytest.raises(RefusedError, match="Name a location"):
        await sent_to(refusing)


async def test_an_unavailable_service_gets_the_same_again() -> None:
    services, turns = Services(), defaultdict[str, int](int)

    def stumbling(request: httpx.Request) -> httpx.Response:
        turns[request.url.path] += 1
        if turns[request.url.path] == 1:
            return httpx.Response(503, headers={"Retry-After": "1"})
        if turns[request.url.path] == 2:
            raise httpx.ConnectError("refused", request=request)
        return services(request)

    assert (await sent_to(stumbling)).total == len(example().requests)


async def test_a_service_that_stays_away_ends_the_load_with_what_to_do() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(UnreachableError, match=r"contracts did not answer .*ConnectError.* load again"):
        await sent_to(away)


async def test_a_refusal_ends_the_load_and_says_why_without_what_was_sent() -> None:
    services = Services()

    def refusing(request: httpx.Request) -> httpx.Response:
        if "/indications/" not in request.url.path:
            return services(request)
        problem = {
            "title": "Input is not valid",
            "errors": [{"code": "bsn", "message": "Check it.", "pointer": "#/bsn"}],
        }
        return httpx.Response(400, json=problem)

    with pytest.raises(RefusedError, match="400: Input is not valid; #/bsn: Check it") as caught:
        await sent_to(refusing)
    assert caught.value.request.body["bsn"] not in str(caught.value)


async def test_a_server_error_that_is_no_unavailability_ends_the_load() -> None:
    with pytest.raises(RefusedError, match="500"):
        await sent_to(lambda _: httpx.Response(500, text="oops"))


async def test_a_missing_token_is_named() -> None:
    region = REGION | {"tokens": REGION["tokens"] | {"municipality": {}}}
    with pytest.raises(NoTokenError, match="role municipality for"):
        await sent_to(Services(), region)
