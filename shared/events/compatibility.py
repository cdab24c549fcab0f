"""Whether a reader of the old schema can read what the new one allows, and the other way round.

Both matter: readers run behind publishers, and the journal is an archive whose old events go out again. So
only one kind of change is additive: a new property that need not be there.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

# What a schema says about itself and not about the values that it allows.
_SAYS_NOTHING = {"title", "description", "examples", "default", "$id", "$schema", "$defs", "$comment"}
_SUBSCHEMAS = {"properties", "required", "items", "anyOf", "oneOf", "allOf", "$ref"}


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What in `new` is not an addition to `old`, one line per place; empty when the change is additive."""
    return list(_compare("", old, new, (old.get("$defs", {}), new.get("$defs", {}))))


def _compare(path: str, old: Schema, new: Schema, defs: tuple[Schema, Schema]) -> Iterator[str]:
    old, new = _resolved(old, defs[0]), _resolved(new, defs[1])
    place = path or "/"
    for keyword in sorted((old.keys() | new.keys()) - _SAYS_NOTHING - _SUBSCHEMAS):
        before, after = old.get(keyword), new.get(keyword)
        if before != after:
            yield f"{place}: {keyword} was {before!r}, is {after!r}"
    yield from _properties(path, old, new, defs)
    if ("items" in old) != ("items" in new):
        yield f"{place}: items was {old.get('items')!r}, is {new.get('items')!r}"
    elif isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _compare(f"{path}/*", old["items"], new["items"], defs)
    for keyword in ("anyOf", "oneOf", "allOf"):
        yield from _choices(path, keyword, old, new, defs)


def _properties(path: str, old: Schema, new: Schema, defs: tuple[Schema, Schema]) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name in after:
            yield from _compare(f"{path}/{name}", before[name], after[name], defs)
        else:
            yield f"{path}/{name}: removed"
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(required_after - required_before):
        yield f"{path}/{name}: became required, which events in the archive do not meet"
    for name in sorted((required_before - required_after) & after.keys()):
        yield f"{path}/{name}: may now be absent, which readers do not expect"


def _choices(
    place: str, keyword: str, old: Schema, new: Schema, defs: tuple[Schema, Schema]
) -> Iterator[str]:
    before, after = old.get(keyword, []), new.get(keyword, [])
    if len(before) != len(after):
        yield f"{place or '/'}: {keyword} had {len(before)} choices, has {len(after)}"
        return
    for one, other in zip(before, after, strict=True):
        yield from _compare(place, one, other, defs)


def _resolved(schema: Schema, defs: Schema) -> Schema:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Schema = defs[str(reference).removeprefix("#/$defs/")]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return target | beside
