"""A value that cannot be shown by accident: not printed, not logged, not pickled, not serialised."""

import hmac
from typing import NoReturn, final

SHOWN_AS = "<withheld>"


class WithheldError(TypeError):
    """Something tried to write a withheld value out."""

    def __init__(self) -> None:
        super().__init__("A withheld value is not written out; `reveal()` it where that is the purpose.")


class Withheld:
    """Text that only `reveal()` gives back. Equal and hashed by its content, in constant time."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    @final
    def reveal(self) -> str:
        """The value itself. Every use of this is a place where personal data or a secret goes out."""
        return self._value

    def __str__(self) -> str:
        return SHOWN_AS

    def __repr__(self) -> str:
        return f"{type(self).__name__}({SHOWN_AS})"

    def __format__(self, spec: str) -> str:
        return SHOWN_AS

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, Withheld):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise WithheldError

    def __getstate__(self) -> NoReturn:
        raise WithheldError
