"""A page that shows the OpenAPI document to people: made once, no script, nothing fetched from elsewhere."""

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from typing import Any, Final

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
h2{margin-top:2.5rem;border-bottom:2px solid #154273}
details{border:1px solid #ccc;border-radius:4px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}summary b{display:inline-block;min-width:4.5rem;color:#154273}
table{border-collapse:collapse;margin:.5rem 0}
td,th{border:1px solid #ccc;padding:.2rem .6rem;text-align:left;vertical-align:top}
pre{background:#f4f4f4;padding:.6rem;overflow:auto;font-size:.85rem}
@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#eee}pre{background:#2b2b2b}
h2,summary b{color:#9cf;border-color:#9cf}a{color:#9cf}}
"""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)


def page(document: Mapping[str, Any]) -> str:
    """The whole document as one HTML page."""
    info = document["info"]
    schemas = document.get("components", {}).get("schemas", {})
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>{_text(info.get('description'))}"
        f'<p><a href="openapi.json">openapi.json</a> &middot; {escape(document["servers"][0]["url"])}</p>'
        + "".join(_tag(document, tag["name"]) for tag in document["tags"])
        + f'<h2 id="schemas">Schemas</h2>{"".join(_schema(*each) for each in schemas.items())}</body></html>'
    )


def _tag(document: Mapping[str, Any], tag: str) -> str:
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag in operation.get("tags", ())
    ]
    return f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    roles = ", ".join(operation.get("x-roles", ())) or "everybody"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return (
        f'<details id="{escape(operation["operationId"])}"><summary><b>{method.upper()}</b> '
        f"<code>{escape(path)}</code> {escape(operation.get('summary', ''))}</summary>"
        f"{_text(operation.get('description'))}<p>For: {escape(roles)}</p>"
        f"{_parameters(operation.get('parameters', ()))}{_body(body)}"
        f"{_responses(operation['responses'])}</details>"
    )


def _parameters(parameters: Any) -> str:  # noqa: ANN401 - a part of the document
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{each['in']}</td>"
        f"<td>{'required' if each.get('required') else ''}</td>"
        f"<td><code>{escape(_kind(each['schema']))}</code></td><td>{_text(each.get('description'))}</td></tr>"
        for each in parameters
    )
    return f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""


def _body(content: Mapping[str, Any]) -> str:
    if not content:
        return ""
    return f"<h4>Body</h4><p>{_link(content['schema'])}</p>{_json(content.get('example'))}"


def _responses(responses: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(response['description'])}</td><td>{_answers(response)}</td></tr>"
        for status, response in responses.items()
    )
    return f"<h4>Answers</h4><table>{rows}</table>"


def _answers(response: Mapping[str, Any]) -> str:
    content: Mapping[str, Any] = next(iter(response.get("content", {}).values()), {})
    problems = content.get("examples", {})
    if problems:
        return ", ".join(f"<code>{escape(slug)}</code>" for slug in problems)
    return _link(content.get("schema", {}))


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    return (
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"{_text(schema.get('description'))}{_json(schema)}</details>"
    )


def _link(schema: Mapping[str, Any]) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return f'<a href="#schema-{escape(name)}">{escape(name)}</a>' if name else escape(_kind(schema))


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return " or ".join(_kind(option) for option in options)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    kind = str(schema.get("format") or schema.get("type", ""))
    return f"{kind} of {_kind(schema['items'])}" if "items" in schema else kind


def _json(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>" if value else ""


def _text(value: str | None) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in (value or "").split("\n\n") if part.strip())
