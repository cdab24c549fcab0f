"""Wrong values by JSON Schema: for every field of a body, and for every parameter, all the ways to get it wrong."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
Path = tuple[str | int, ...]

# Longer than any name or reference may be.
MARK = "wrong-value-of-the-caller-that-is-longer-than-names"
NOT_TEXT = ("nul\0", "lone \ud800 surrogate")
_BEYOND_64_BITS = (2**63, 2**64, -(2**63) - 1, 10**30)
WRONG_TYPES: dict[str, tuple[object, ...]] = {
    "string": (12345678, True, [MARK], {MARK: MARK}),
    "integer": (MARK, "12345678", 12345.75, True, [12345678], {}, *_BEYOND_64_BITS),
    "number": (MARK, "12345.75", True, [], {}),
    "boolean": (MARK, "true", 1, 0, "yes", [], {}),
    "array": (MARK, 12345678, {}, {"0": {}}),
    "object": (MARK, 12345678, [], [MARK]),
}
WRONG_DAYS = (
    *(
        "2023-02-30",
        "0202-01-01",
        "20235-01-01",
        "2023-13-01",
        "2023-1-1",
        "23-01-01",
        "1989-12-31",
        "2200-01-01",
    ),
    *("2024-03-02T00:00:00Z", "2024-03-02 00:00", "1680307200", 1680307200, "today", "", " 2024-03-02"),
)
WRONG_MOMENTS = (
    *("2024-03-02", "2024-03-02T09:00:00", "2023-02-30T09:00:00Z", "2024-03-02T25:00:00Z", "1680307200"),
    *(
        1680307200,
        1680307200.5,
        "now",
        "",
        "2024-03-02T09:00:00+25:00",
        "2024-03-02T09:00:00 Europe/Amsterdam",
    ),
    # Nobody can mean these; the first two are also outside of what a computer can convert to UTC.
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0202-01-01T00:00:00Z"),
)


@dataclass(frozen=True)
class Fault:
    """A body with one thing wrong in it: where, and the value that must not come back."""

    pointer: str
    body: Schema
    value: object

    @property
    def is_no_text(self) -> bool:
        return self.value in NOT_TEXT

    def __str__(self) -> str:
        return f"{self.pointer} = {str(self.value)[:60]!r}"


def resolved(schema: Schema, document: Schema) -> Schema:
    """Follow references and leave `null` out: give the schema that a value must fit; of a choice the first."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            target = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        else:
            only, *_ = [each for each in schema["anyOf"] if each.get("type") != "null"]
            schema = {**only, **{key: value for key, value in schema.items() if key != "anyOf"}}
    return schema


def is_nullable(schema: Schema) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", ()))


def faults(schema: Schema, body: Schema, document: Schema) -> Iterator[Fault]:
    """Give every fault of every field of a body that is right; it must hold one of each part that it can have."""
    for path, field, required, nullable in _fields(resolved(schema, document), body, (), document):
        if required:
            yield Fault(_pointer(path), _without(body, path), None)
        for value in (*(() if nullable else (None,)), *wrong_values(field)):
            yield Fault(_pointer(path), _with(body, path, value), value)
        if "maxItems" in field:
            (item, *_) = _place(body, path)[path[-1]]
            yield Fault(_pointer(path), _with(body, path, [item] * (field["maxItems"] + 1)), None)
    for path in _objects(body, ()):
        yield Fault(_pointer((*path, "unexpected")), _with(body, (*path, "unexpected"), MARK), MARK)


def wrong_values(schema: Schema) -> Iterator[object]:
    """Give values that a resolved schema does not allow."""
    kind = schema["type"]
    yield from WRONG_TYPES[kind]
    if kind == "string":
        yield from NOT_TEXT
        yield from wrong_texts(schema)
    if kind in ("integer", "number"):
        yield from out_of_range(schema)


def wrong_texts(schema: Schema) -> Iterator[object]:
    """Give texts that a schema of text does not allow."""
    match schema.get("format"):
        case "date":
            yield from WRONG_DAYS
        case "date-time":
            yield from WRONG_MOMENTS
        case "uuid":
            yield from (MARK, "", "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a1")
    if "enum" in schema:
        yield from (MARK, "", f"{schema['enum'][0]} ", schema["enum"][0] + "0")
    if "pattern" in schema:
        example = schema.get("examples", ["main"])[0]
        yield from (MARK, "", f"{example}\n", f" {example}", f"{example}é", "１２３４５６７８")
    if schema.get("minLength", 0) > 0:
        yield "x" * (schema["minLength"] - 1)
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)


def out_of_range(schema: Schema) -> Iterator[object]:
    """Give the numbers next to what a schema allows."""
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1


def _fields(
    schema: Schema, body: object, path: Path, document: Schema
) -> Iterator[tuple[Path, Schema, bool, bool]]:
    for name, given in schema["properties"].items():
        field, here = resolved(given, document), (*path, name)
        yield here, field, name in schema.get("required", ()), is_nullable(given)
        value = body[name] if isinstance(body, dict) and name in body else None
        if field["type"] == "object":
            assert value, f"the sample lacks {here}"
            yield from _fields(field, value, here, document)
        if field["type"] == "array":
            assert isinstance(value, list), f"the sample lacks {here}"
            item = resolved(field["items"], document)
            if item["type"] == "object":
                yield from _fields(item, value[0], (*here, 0), document)
            else:
                yield (*here, 0), item, False, False


def _objects(body: object, path: Path) -> Iterator[Path]:
    if isinstance(body, dict):
        yield path
        for name, value in body.items():
            yield from _objects(value, (*path, name))
    if isinstance(body, list):
        yield from _objects(body[0], (*path, 0))


def _pointer(path: Path) -> str:
    return "/".join(("#", *map(str, path)))


def _with(body: Schema, path: Path, value: object) -> Schema:
    changed = copy.deepcopy(body)
    _place(changed, path)[path[-1]] = value
    return changed


def _without(body: Schema, path: Path) -> Schema:
    changed = copy.deepcopy(body)
    del _place(changed, path)[path[-1]]
    return changed


def _place(body: Schema, path: Path) -> Any:  # noqa: ANN401 - an object or a list
    place: Any = body
    for part in path[:-1]:
        place = place[part]
    return place
