from typing import Any, Protocol

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Issuer(Protocol):
    def token(self, **changed: object) -> str: ...


ONE = "/demo/v1/things/0743/1"
JSON = {"Content-Type": "application/json"}
BODY = {"name": "a", "from": "2023-04-01"}


def errors(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return {each.get("pointer") or each["parameter"]: each["code"] for each in answer.json()["errors"]}


async def test_everything_that_is_wrong_is_said_at_once(caller: httpx.AsyncClient) -> None:
    body = {"name": "a" * 41, "places": [{"postcode": "5611"}, {"postcode": "x"}, {}], "more": 1}
    assert errors(await caller.put("/demo/v1/things/0743/one", json=body)) == {
        "number": "int-parsing",
        "#/name": "string-too-long",
        "#/from": "missing",
        "#/places/1/postcode": "string-pattern-mismatch",
        "#/places/2/postcode": "missing",
        "#/more": "extra-forbidden",
    }


async def test_a_query_parameter_is_named(caller: httpx.AsyncClient) -> None:
    assert errors(await caller.get("/demo/v1/things/0743?pageSize=0")) == {"pageSize": "greater-than-equal"}


async def test_what_was_sent_is_not_repeated(caller: httpx.AsyncClient) -> None:
    body = {**BODY, "secret": "999900006", "999900006": 1, "from": "999900006"}
    answer = await caller.put(ONE, json=body)
    assert errors(answer).keys() == {"#/secret", "#", "#/from"}
    assert "999900006" not in answer.text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "unreadable"),
        (b"\xff", "unreadable"),
        (b'{"name": NaN}', "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'"text"', "model-attributes-type"),
        (b"null", "model-attributes-type"),
        (b"", "missing"),
    ],
)
async def test_a_body_that_is_not_an_object_is_refused(
    caller: httpx.AsyncClient, content: bytes, code: str
) -> None:
    assert errors(await caller.put(ONE, content=content, headers=JSON)) == {"#": code}


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (rb'{"name": "a\u0000b", "from": "2023-04-01"}', "#/name"),
        (rb'{"name": "a\ud800", "from": "2023-04-01"}', "#/name"),
        (rb'{"places": [{"postcode": "\u0000"}]}', "#/places/0/postcode"),
        (rb'{"na\u0000me": "a"}', "#"),
    ],
)
async def test_text_that_cannot_be_stored_is_named(
    caller: httpx.AsyncClient, content: bytes, pointer: str
) -> None:
    assert errors(await caller.put(ONE, content=content, headers=JSON)) == {pointer: "character"}


async def test_a_backslash_before_u0000_is_just_text(caller: httpx.AsyncClient) -> None:
    answer = await caller.put(ONE, json={**BODY, "name": r"\u0000"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "parameter"), [("/demo/v1/providers/a%00b", "agb"), ("/demo/v1/things/0743?q=%00", "q")]
)
async def test_nul_in_a_parameter_is_refused(
    caller: httpx.AsyncClient, issuer: Issuer, path: str, parameter: str
) -> None:
    role = {"role": "contract-manager"} if "providers" in path else {}
    headers = {"Authorization": f"Bearer {issuer.token(**role)}"}
    assert errors(await caller.get(path, headers=headers)) == {parameter: "character"}


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/xml"])
async def test_another_media_type_is_refused(caller: httpx.AsyncClient, media_type: str) -> None:
    answer = await caller.put(ONE, content=orjson.dumps(BODY), headers={"Content-Type": media_type})
    assert answer.status_code == 415
    assert answer.json()["type"].endswith(":unsupported-media-type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/merge-patch+json"])
async def test_forms_of_json_are_accepted(caller: httpx.AsyncClient, media_type: str) -> None:
    answer = await caller.put(ONE, content=orjson.dumps(BODY), headers={"Content-Type": media_type})
    assert answer.status_code == 200


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.dictionaries(st.sampled_from(["name", "from", "places", "secret"]) | st.text(), JSON_VALUES)
)
async def test_whatever_is_sent_the_pointers_lead_into_it(
    caller: httpx.AsyncClient, content: dict[str, Any]
) -> None:
    sent = content | {"secret": "a-word-of-the-caller"}
    answer = await caller.put(ONE, json=sent)
    assert answer.status_code == 400
    assert "a-word-of-the-caller" not in answer.text
    for error in answer.json()["errors"]:
        node: Any = sent
        parts = error["pointer"].split("/")[1:]
        missing = parts.pop() if error["code"] == "missing" else None
        for part in parts:
            node = node[int(part)] if isinstance(node, list) else node[part]
        assert missing is None or missing not in node
