"""From what FastAPI and Pydantic found wrong to our own form: all errors at once, and nothing of the input.

An error names a member of the body by JSON Pointer, or a parameter by name. Its message says what is asked
for; when it would repeat what was given (some validators do), or a name is not one that a programmer would
choose (unknown members are named by the caller), that part is left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from shared.problems import FieldError, InvalidInput

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_SHORTEST_ECHO: Final = 3
_MOST_LEAVES: Final = 500
_MOST_ERRORS: Final = 1_000
_UNSAID: Final = "The value is not valid."
_NUL: Final = "\0"
# In the context of an error of a rule between fields: the field that it names need not be in the body.
BETWEEN_FIELDS: Final = "between_fields"
# Their message is a fixed text, and their input is the whole surrounding object.
_FIXED: Final = ("missing", "extra_forbidden")


def invalid_input(errors: Sequence[Mapping[str, Any]], body: object) -> InvalidInput:
    """The problem for a list of Pydantic's errors about a request with this body."""
    found = [_field_error(error, body) for error in errors[:_MOST_ERRORS]]
    return InvalidInput([*found, *_rest(len(errors) - len(found))])


def unstorable(content: object) -> list[FieldError]:
    """Errors for the strings in a body that no database stores: with NUL, or with half a surrogate pair."""
    places = [path for path, text in _strings(content, ()) if _NUL in text or not _is_unicode(text)]
    message = "NUL and lone surrogates are not text."
    found = [FieldError("character", message, pointer=_pointer(path)) for path in places[:_MOST_ERRORS]]
    return [*found, *_rest(len(places) - len(found))]


def _rest(left_out: int) -> list[FieldError]:
    # A megabyte of unknown members would otherwise become an answer of eight, and seconds of work.
    message = f"There are {left_out} more errors; mend these first."
    return [FieldError("more-errors", message, pointer="#")] if left_out else []


def unstorable_parameters(parameters: Mapping[str, object]) -> list[FieldError]:
    """The same for path and query parameters."""
    return [
        FieldError("character", "NUL is not text.", parameter=name if _NAME.fullmatch(name) else "")
        for name, value in parameters.items()
        if _NUL in name or _NUL in str(value)
    ]


def _field_error(error: Mapping[str, Any], body: object) -> FieldError:
    place, *path = error["loc"]
    code = str(error["type"]).replace("_", "-")
    message = _message(error)
    if place == "body":
        missing = error["type"] == "missing" or BETWEEN_FIELDS in error.get("ctx", ())
        existing = _existing(path, body, missing=missing)
        return FieldError(code, message, pointer=_pointer(existing))
    name = str(path[0]) if path else str(place)
    return FieldError(code, message, parameter=name if _NAME.fullmatch(name) else "")


def _message(error: Mapping[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if error["type"] in _FIXED:
        return message
    return _UNSAID if _echoes(message, error.get("input")) else message


def _echoes(message: str, given: object) -> bool:
    return any(
        re.search(rf"(?<!\w){re.escape(leaf)}(?!\w)", message)
        for leaf in _leaves(given)
        if len(leaf) >= _SHORTEST_ECHO
    )


def _leaves(given: object) -> Iterator[str]:
    waiting, seen = [given], 0
    while waiting and seen < _MOST_LEAVES:
        value = waiting.pop()
        seen += 1
        if isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
        elif value is not None and not isinstance(value, bool):
            yield str(value)


def _existing(path: Sequence[Any], body: object, *, missing: bool) -> list[str | int]:
    # Pydantic puts the branches of a union in the path too; a pointer holds only what is in the body.
    found: list[str | int] = []
    node = body
    for position, part in enumerate(path):
        if _holds(node, part):
            node = node[part]  # type: ignore[index]
        elif not (missing and position == len(path) - 1):
            continue
        found.append(part)
    return found


def _holds(node: object, part: str | int) -> bool:
    if isinstance(node, list):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, Mapping) and part in node


def _pointer(path: Sequence[str | int]) -> str:
    pointer = "#"
    for part in path:
        if not isinstance(part, int) and not _NAME.fullmatch(part):
            return pointer
        pointer += "/" + quote(str(part), safe="")
    return pointer


def _strings(content: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield path, key
            yield from _strings(value, (*path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from _strings(value, (*path, index))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
