"""The Dutch API Design Rules 2.2 as far as Python can check them: each rule gives what in a document breaks it.

Named as in their own linter where that has the rule; it is beside the project, not in it.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema

Document = dict[str, Any]
CAMEL = re.compile(r"\$?[a-z][a-z\d]*([A-Z][a-z\d]*)*")
# /core/path-segments-kebab-case, with the last segment of a search: `_search`.
KEBAB = re.compile(
    r"(\/|(\/_[a-z0-9]+|\/(([a-z0-9\-]+|{[^}]+})(\/([a-z0-9\-\.]+|{[^}]+}))*)(\/_[a-z]+)?)\/?)"
)
SEMANTIC_VERSION = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
)
STANDARD_METHODS = {"get", "put", "post", "patch", "delete"}
# Names that other standards fix: attributes of CloudEvents are lower case without any separator.
NAMES_OF_OTHERS = {"Envelope"}


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def responses(document: Document, first: str) -> Iterator[tuple[str, Document]]:
    """Give the responses whose status begins with one of these digits."""
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if status[0] in first:
                yield f"{name} {status}", response


def schemas(node: object) -> Iterator[Document]:
    """Give every schema of an object, wherever in the document."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield node
        for value in node.values():
            yield from schemas(value)
    if isinstance(node, list):
        for value in node:
            yield from schemas(value)


def _is_version_3(document: Document) -> Iterator[str]:
    if not re.fullmatch(r"3(\.\d+){1,2}", document["openapi"]):
        yield str(document["openapi"])


def _paths_are_kebab_case(document: Document) -> Iterator[str]:
    yield from (path for path in document["paths"] if not KEBAB.fullmatch(path))


def _paths_have_no_trailing_slash(document: Document) -> Iterator[str]:
    yield from (path for path in document["paths"] if path != "/" and path.endswith("/"))


def _nouns_are_plural(document: Document) -> Iterator[str]:
    # The first segment is the collection; one that ends otherwise is a name to think about again.
    yield from (path for path in document["paths"] if not path.split("/")[1].endswith("s"))


def _query_keys_are_camel_case(document: Document) -> Iterator[str]:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] in ("query", "path") and not CAMEL.fullmatch(parameter["name"]):
                yield f"{name} {parameter['name']}"


def _properties_are_camel_case(document: Document) -> Iterator[str]:
    for schema in schemas(document["components"]["schemas"]):
        if schema.get("title") not in NAMES_OF_OTHERS:
            yield from (name for name in schema["properties"] if not CAMEL.fullmatch(name))


def _version_header(document: Document) -> Iterator[str]:
    yield from (name for name, each in responses(document, "2345") if "API-Version" not in each["headers"])


def _contact(document: Document) -> Iterator[str]:
    yield from {"name", "email", "url"} - document["info"].get("contact", {}).keys()


def _semantic_version(document: Document) -> Iterator[str]:
    if not SEMANTIC_VERSION.fullmatch(document["info"]["version"]):
        yield str(document["info"]["version"])


def _servers(document: Document) -> Iterator[str]:
    major = document["info"]["version"].partition(".")[0]
    for server in document["servers"]:
        if not server["url"].startswith("https://") or not server["url"].endswith(f"/v{major}"):
            yield str(server["url"])


def _standard_methods(document: Document) -> Iterator[str]:
    yield from {method for methods in document["paths"].values() for method in methods} - STANDARD_METHODS


def _errors_are_problems(document: Document) -> Iterator[str]:
    for name, response in responses(document, "45"):
        if list(response.get("content", ())) != ["application/problem+json"]:
            yield name


def _problem_members(document: Document) -> Iterator[str]:
    for name, response in responses(document, "45"):
        content = response["content"].get("application/problem+json", {"schema": {"$ref": "Problem"}})
        schema = content["schema"]
        target = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if not {"status", "title", "detail", "type"} <= set(target["required"]) & target["properties"].keys():
            yield name


def _invalid_input_is_400(document: Document) -> Iterator[str]:
    for name, operation in operations(document):
        takes_input = operation.get("parameters") or not name.startswith("GET")
        if (takes_input and "400" not in operation["responses"]) or "422" in operation["responses"]:
            yield name


def _operation_ids(document: Document) -> Iterator[str]:
    names = [operation.get("operationId", "") for _, operation in operations(document)]
    yield from (name for name in names if names.count(name) > 1 or not CAMEL.fullmatch(name))


def _path_parameters(document: Document) -> Iterator[str]:
    for name, operation in operations(document):
        declared = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path" and p["required"]]
        if sorted(declared) != sorted(re.findall(r"{(\w+)}", name)):
            yield name


def _tags_are_unique(document: Document) -> Iterator[str]:
    names = [tag["name"] for tag in document["tags"]]
    used = {tag for _, operation in operations(document) for tag in operation["tags"]}
    yield from used ^ set(names)
    yield from (name for name in names if names.count(name) > 1)


def _moments_and_days(document: Document) -> Iterator[str]:
    """A name that ends in At or Through is a moment, one in On or Date a day; no other format of time is used."""
    for schema in schemas(document):
        for name, given in schema["properties"].items():
            formats = {each.get("format") for each in (given, *given.get("anyOf", ()))} - {None}
            if formats & {"time", "date-time-local"}:
                yield name
            if re.search("[a-z](At|Through|Moment)$", name) and formats != {"date-time"}:
                yield name
            if re.search("(^date|[a-z](On|Date))$", name) and formats != {"date"}:
                yield name


def _texts(document: Document) -> Iterator[str]:
    for name, operation in operations(document):
        if not operation.get("summary") or not operation.get("description"):
            yield name
    for name, schema in document["components"]["schemas"].items():
        if schema.get("type") == "object" and not schema.get("description"):
            yield name


def _references(document: Document) -> Iterator[str]:
    used = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    yield from used ^ document["components"]["schemas"].keys()


def _security(document: Document) -> Iterator[str]:
    schemes = document["components"]["securitySchemes"]
    for name, operation in operations(document):
        if not operation["security"] or not all(
            scheme in schemes for each in operation["security"] for scheme in each
        ):
            yield name


def _schemas_are_schemas(document: Document) -> Iterator[str]:
    for name, schema in document["components"]["schemas"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            yield f"{name}: {error.message}"


def _examples_are_valid(document: Document) -> Iterator[str]:
    for name, response in responses(document, "2345"):
        for content in response["content"].values():
            schema = content["schema"] | {"components": document["components"]}
            examples = [each["value"] for each in content.get("examples", {}).values()]
            for example in [*examples, *([content["example"]] if "example" in content else [])]:
                if not jsonschema.Draft202012Validator(schema).is_valid(example):
                    yield name
    for schema in schemas(document):
        for name, given in schema["properties"].items():
            resolved = given | {"components": document["components"]}
            for example in given.get("examples", ()):
                if not jsonschema.Draft202012Validator(resolved).is_valid(example):
                    yield f"{name}: {example}"


RULES: dict[str, Callable[[Document], Iterator[str]]] = {
    "nlgov:openapi3": _is_version_3,
    "nlgov:paths-kebab-case": _paths_are_kebab_case,
    "nlgov:paths-no-trailing-slash": _paths_have_no_trailing_slash,
    "plural nouns": _nouns_are_plural,
    "nlgov:query-keys-camel-case": _query_keys_are_camel_case,
    "camelCase properties": _properties_are_camel_case,
    "nlgov:missing-version-header": _version_header,
    "nlgov:info-contact-fields-exist": _contact,
    "nlgov:semver": _semantic_version,
    "nlgov:servers-use-https": _servers,
    "nlgov:http-methods": _standard_methods,
    "nlgov:use-problem-schema": _errors_are_problems,
    "nlgov:problem-schema-members": _problem_members,
    "nlgov:problem-invalid-input": _invalid_input_is_400,
    "operation-operationId-unique": _operation_ids,
    "path-params": _path_parameters,
    "openapi-tags-uniqueness": _tags_are_unique,
    "nlgov:date-time-ensure-timezone": _moments_and_days,
    "texts for people": _texts,
    "references": _references,
    "security": _security,
    "oas3-schema": _schemas_are_schemas,
    "oas3-valid-media-example": _examples_are_valid,
}


def lint(document: Document) -> dict[str, list[str]]:
    """Give what breaks each rule; a rule that nothing breaks is left out."""
    found = {name: list(rule(document)) for name, rule in RULES.items()}
    return {name: wrong for name, wrong in found.items() if wrong}
