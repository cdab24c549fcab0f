import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from shared.auth import public
from shared.web import Router


@pytest.fixture
async def document(caller: httpx.AsyncClient) -> dict[str, Any]:
    answer = await caller.get("/demo/v1/openapi.json", headers={"Authorization": ""})
    assert answer.headers["access-control-allow-origin"] == "*"
    content: dict[str, Any] = answer.json()
    return content


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_says_what_it_is(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["info"]["version"] == "1.0.0"
    assert {"name", "email", "url"} <= document["info"]["contact"].keys()
    assert document["servers"] == [{"url": "https://api.region.example/demo/v1"}]
    assert document["tags"] == [{"name": "things"}]


def test_paths_are_relative_to_the_server(document: dict[str, Any]) -> None:
    assert "/things/{municipality}/{number}" in document["paths"]
    assert [path for path in document["paths"] if path.startswith("/demo")] == []


def test_every_answer_carries_the_version_and_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert "422" not in operation["responses"]
        assert {"500", "503"} <= operation["responses"].keys(), (path, method)
        for status, response in operation["responses"].items():
            assert "API-Version" in response["headers"], (path, method, status)
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"]
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()


def slugs(document: dict[str, Any], path: str, method: str) -> set[str]:
    responses = document["paths"][path][method]["responses"]
    return {
        slug
        for response in responses.values()
        for slug in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }


def test_an_operation_has_the_problems_it_declares_and_those_that_follow(document: dict[str, Any]) -> None:
    of_all = {"internal-error", "database-unavailable"}
    of_roles = {"authentication-required", "invalid-token", "forbidden", "foreign-organisation"}
    assert slugs(document, "/open", "get") == of_all
    assert slugs(document, "/things/{municipality}", "get") == (
        of_all | of_roles | {"keys-unavailable", "invalid-input", "not-found"}
    )
    assert slugs(document, "/things/{municipality}/{number}", "put") == (
        of_all
        | of_roles
        | {"keys-unavailable", "invalid-input", "body-too-large", "unsupported-media-type", "conflict"}
    )


def test_roles_and_security_stand_in_the_document(document: dict[str, Any]) -> None:
    closed = document["paths"]["/providers/{agb}"]["get"]
    assert closed["security"] == [{"bearer": []}]
    assert closed["x-roles"] == ["contract-manager", "provider"]
    assert document["paths"]["/open"]["get"]["security"] == []
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_operation_ids_are_camel_case_and_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert "putThing" in names
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch("[a-z][a-zA-Z]*", name)] == []


def test_two_operations_of_one_name_do_not_start(make_app: Callable[..., FastAPI]) -> None:
    doubled = Router()
    for path in ("/one", "/two"):

        @doubled.get(path, dependencies=[public])
        async def same() -> str:
            return ""

    with pytest.raises(ValueError, match="same"):
        make_app(doubled)


def test_the_document_that_python_gives_is_the_one_that_is_published(
    app: FastAPI, document: dict[str, Any]
) -> None:
    assert app.openapi() == document


async def test_the_documentation_page_stands_on_its_own(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/demo/v1/docs", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert "/things/{municipality}/{number}" in answer.text
    assert "conflict" in answer.text
    assert "<script" not in answer.text
    assert re.findall(r"(?:src|href)=\"(?!#|openapi\.json)[^\"]*\"", answer.text) == []
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]
