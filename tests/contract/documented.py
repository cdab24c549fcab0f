"""Hold an answer against what its service's OpenAPI document promises: status, headers, type, schema."""

import re
from typing import Any, Final

import httpx
import jsonschema

from shared.dutch import UNSAID

HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
PROBLEM: Final = "application/problem+json"
_LOWEST_ERROR: Final = 400
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_FORMATS = jsonschema.FormatChecker()


@_FORMATS.checks("date-time")
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or _MOMENT.fullmatch(value) is not None


class Documented:
    """The document of one service, whose paths begin with `prefix`."""

    def __init__(self, document: dict[str, Any], prefix: str) -> None:
        self._document = document
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}
        self._operations = [
            (method, re.compile(prefix + re.sub(r"\{\w+\}", "[^/]+", path)), operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        ]

    async def check(self, answer: httpx.Response) -> None:
        """Raise AssertionError when the document does not say that this may be answered."""
        self._check_headers(answer)
        operation = self.operation(answer.request.method, answer.request.url.path)
        failed = answer.status_code >= _LOWEST_ERROR
        if operation is None and not failed:
            return
        body = (await answer.aread()).decode()
        where = f"{answer.request.method} {answer.request.url.path} {answer.status_code} {body[:500]}"
        # The answer to HEAD has no body to look at.
        if failed and answer.request.method != "HEAD":
            self._check_problem(answer, where)
        if operation is not None:
            self._check_operation(answer, operation, where)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """Find the operation that answers a request; None when there is none."""
        found = (
            operation
            for known, template, operation in self._operations
            if known == method.lower() and template.fullmatch(path)
        )
        return next(found, None)

    def _check_headers(self, answer: httpx.Response) -> None:
        given = {name: answer.headers.get(name) for name in HEADERS}
        if not answer.request.url.path.endswith("/docs"):
            assert given == HEADERS, answer.request.url
        assert answer.headers["api-version"] == self._document["info"]["version"]
        assert answer.headers["x-request-id"]

    def _check_problem(self, answer: httpx.Response, where: str) -> None:
        if answer.request.url.path.endswith("/readyz"):
            return
        assert answer.headers["content-type"] == PROBLEM, where
        problem = answer.json()
        self._validator("#/components/schemas/Problem").validate(problem)
        assert problem["status"] == answer.status_code, where
        assert problem["instance"] == f"urn:uuid:{answer.headers['x-request-id']}", where
        for error in problem.get("errors", ()):
            assert error["messageNl"] != UNSAID, (
                f"say it in Dutch (shared/dutch.py): {error['code']}, {where}"
            )

    def _check_operation(self, answer: httpx.Response, operation: dict[str, Any], where: str) -> None:
        status = str(answer.status_code)
        assert status in operation["responses"], f"status not in the document: {where}"
        response = operation["responses"][status]
        content = response["content"]
        media_type = answer.headers["content-type"].partition(";")[0]
        assert media_type in content, f"media type not in the document: {where}"
        for name, header in response["headers"].items():
            assert not header.get("required") or name in answer.headers, f"header {name} lacks: {where}"
        pointer = f"{operation['operationId']}/{status}"
        schema = content[media_type]["schema"]
        errors = list(self._validator(pointer, schema).iter_errors(answer.json()))
        assert errors == [], where

    def _validator(self, key: str, schema: dict[str, Any] | None = None) -> jsonschema.Draft202012Validator:
        if key not in self._validators:
            whole = (schema or {"$ref": key}) | {"components": self._document["components"]}
            self._validators[key] = jsonschema.Draft202012Validator(whole, format_checker=_FORMATS)
        return self._validators[key]
