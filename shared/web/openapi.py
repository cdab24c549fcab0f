"""The OpenAPI document: FastAPI's, completed to the Dutch API Design Rules 2.2.

FastAPI knows paths with their base, 422 answers and neither our problems nor our headers. Here paths become
relative to the server's address, every answer gets the API-Version header, and every operation the problems
that it can give: those that its route declares and those that follow from what it is (a body, roles).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shared import problems
from shared.auth.principal import Role
from shared.dutch import in_dutch
from shared.problems import InvalidInput, Problem, kind_of, summary_of
from shared.web.errors import MEDIA_TYPE

Document = dict[str, Any]

_SCHEME: Final = "bearer"
_VERSION_HEADER: Final = "API-Version"
_PROBLEM_REF: Final = {"$ref": "#/components/schemas/Problem"}
_FASTAPIS_OWN: Final = ("HTTPValidationError", "ValidationError")
_OF_ALL: Final = (problems.InternalError, problems.DatabaseUnavailable)
_OF_ROLES: Final = (
    problems.Unauthenticated,
    problems.InvalidToken,
    problems.Forbidden,
    problems.ForeignOrganisation,
    problems.KeysUnavailable,
)
_OF_BODIES: Final = (problems.BodyTooLarge, problems.UnsupportedMediaType)

_PROBLEM_SCHEMA: Final = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457). A type can add members with its facts.",
    "type": "object",
    "required": ["type", "title", "titleNl", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Which problem this is"},
        "title": {"type": "string", "description": "The same for every problem of this type, English"},
        "titleNl": {"type": "string", "description": "The same, Dutch"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status"},
        "detail": {"type": "string", "description": "What is wrong here and what to do"},
        "instance": {"type": "string", "format": "uri", "description": "The request: name it when you ask"},
        "errors": {
            "type": "array",
            "description": "Everything that is wrong with the input",
            "items": {"$ref": "#/components/schemas/FieldError"},
        },
    },
}
_FIELD_ERROR_SCHEMA: Final = {
    "title": "FieldError",
    "description": "One thing wrong with the input; it never repeats what was sent.",
    "type": "object",
    "required": ["code", "message", "messageNl"],
    "properties": {
        "code": {"type": "string", "description": "Which rule was broken"},
        "message": {"type": "string", "description": "What is asked for, in English"},
        "messageNl": {"type": "string", "description": "The same, Dutch, in the words of the code"},
        "pointer": {"type": "string", "description": "Where in the body: JSON Pointer as URI fragment"},
        "parameter": {"type": "string", "description": "Which path or query parameter"},
    },
}


def problem_responses(given: Iterable[type[Problem]]) -> dict[int | str, dict[str, Any]]:
    """The answers, by status, of an operation that can give these problems; each with an example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for problem in given:
        kind = kind_of(problem)
        content = {"schema": _PROBLEM_REF, "examples": {}}
        response = responses.setdefault(
            kind.status, {"description": kind.title, "content": {MEDIA_TYPE: content}}
        )
        example = {"summary": kind.title, "value": _example(problem)}
        response["content"][MEDIA_TYPE]["examples"][kind.slug] = example
    return responses


def _example(problem: type[Problem]) -> dict[str, Any]:
    kind = kind_of(problem)
    example: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "titleNl": kind.title_nl,
        "status": kind.status,
        "detail": summary_of(problem),
        "instance": "urn:uuid:6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11",
    }
    if issubclass(problem, InvalidInput):
        example["errors"] = [
            {
                "code": "missing",
                "message": "Field required",
                "messageNl": in_dutch("missing"),
                "pointer": "#/from",
            }
        ]
    return example


def complete(
    document: Document,
    *,
    prefix: str,
    roles: Mapping[tuple[str, str], frozenset[Role]],
    contact: Mapping[str, str],
) -> Document:
    """Complete FastAPI's document in place; `roles` by (path without prefix, method in lower case)."""
    document["info"]["contact"] = dict(contact)
    document["paths"] = {
        path.removeprefix(prefix): operations for path, operations in document["paths"].items()
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete_operation(operation, roles[path, method], document["info"]["version"])
    _complete_components(document.setdefault("components", {}))
    document["tags"] = [{"name": tag} for tag in sorted(_tags(document))]
    return document


def _complete_operation(operation: Document, roles: frozenset[Role], version: str) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    for status, response in problem_responses(_problems_of(operation, roles)).items():
        known = responses.setdefault(str(status), response)
        known["content"][MEDIA_TYPE]["examples"] |= response["content"][MEDIA_TYPE]["examples"]
    operation["responses"] = dict(sorted(responses.items()))
    for response in responses.values():
        response.setdefault("headers", {})[_VERSION_HEADER] = {
            "description": "Full version of the API",
            "schema": {"type": "string"},
            "example": version,
        }
    operation["security"] = [{_SCHEME: []}] if roles else []
    operation["x-roles"] = sorted(roles)


def _problems_of(operation: Document, roles: frozenset[Role]) -> Sequence[type[Problem]]:
    has_body = "requestBody" in operation
    found: list[type[Problem]] = [*_OF_ALL]
    if has_body or operation.get("parameters"):
        found.append(InvalidInput)
    if has_body:
        found += _OF_BODIES
    if roles:
        found += _OF_ROLES
    return found


def _complete_components(components: Document) -> None:
    schemas = components.setdefault("schemas", {})
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    schemas |= {"Problem": _PROBLEM_SCHEMA, "FieldError": _FIELD_ERROR_SCHEMA}
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        _SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "One role and one organisation per token; `x-roles` says which roles may do what.",
        }
    }


def _tags(document: Document) -> set[str]:
    return {
        tag
        for operations in document["paths"].values()
        for operation in operations.values()
        for tag in operation.get("tags", ())
    }
