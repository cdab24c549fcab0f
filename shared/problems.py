"""Everything that can go wrong for a caller, as one tree of exceptions and one table.

    Problem
    ├── InvalidInput            400  what was sent is wrong: all errors at once
    ├── Unauthenticated         401  no token
    │   └── InvalidToken        401  a token that is not accepted
    ├── Forbidden               403  the role may not do this
    │   └── ForeignOrganisation 403  the path names another organisation of the caller's own kind
    ├── NotFound                404  not there, or not yours: the same answer
    ├── MethodNotAllowed        405
    ├── Conflict                409  what is asked contradicts what is known
    ├── Gone                    410  was there, start again
    ├── BodyTooLarge            413
    ├── UnsupportedMediaType    415
    ├── InternalError           500  a fault of ours
    └── Unavailable             503  something that we need is away: try again
        ├── DatabaseUnavailable
        └── KeysUnavailable

A rule raises one of these, or a class of its own below one of them, with its facts; it knows nothing of HTTP.
`PROBLEMS` says what each class is on the wire; a service adds its own with `register`. A class without an
entry answers as its nearest ancestor. Facts never hold personal data: they go out in the answer and the logs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import getdoc
from typing import Final

from shared.dutch import in_dutch

type_prefix: Final = "urn:problem-type:jeugdregio:"

Fact = str | int | bool | None | Sequence[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a class of problems is on the wire: HTTP status, last part of its type, title in two languages."""

    status: int
    slug: str
    title: str
    title_nl: str

    @property
    def type(self) -> str:
        return type_prefix + self.slug


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input.

    `pointer` is a JSON Pointer into the body as URI fragment (`#/from`); for what does not stand in the body
    `parameter` names it instead. `message` says what is asked for and never repeats what was given.
    """

    code: str
    message: str
    pointer: str | None = None
    parameter: str | None = None

    @property
    def message_nl(self) -> str:
        """The same in Dutch, as far as the code says it."""
        return in_dutch(self.code)


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """Something went wrong.

    `detail` is a sentence for the caller; without one, the first line of the class's docstring is used.
    `facts` become members of the answer, so their names are camelCase.
    """

    def __init__(self, detail: str = "", **facts: Fact) -> None:
        self.detail = detail or summary_of(type(self))
        self.facts = facts
        super().__init__(self.detail)

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that belong to the answer."""
        return {}


class InvalidInput(Problem):
    """The input is not valid: see `errors`, which holds everything that is wrong with it."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__()
        self.errors = tuple(errors)


class Unauthenticated(Problem):
    """A bearer token is needed for this."""

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="jeugdregio"'}


class InvalidToken(Unauthenticated):
    """The bearer token is not accepted."""

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="jeugdregio", error="invalid_token"'}


class Forbidden(Problem):
    """Your role may not do this."""


class ForeignOrganisation(Forbidden):
    """The path names another organisation than your own."""


class NotFound(Problem):
    """There is nothing here, or nothing that you may see."""


class MethodNotAllowed(Problem):
    """The method is not available here."""

    def __init__(self, allowed: str) -> None:
        super().__init__()
        self._allowed = allowed

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": self._allowed}


class Conflict(Problem):
    """What is asked contradicts what is known."""


class Gone(Problem):
    """What was here is no more."""


class BodyTooLarge(Problem):
    """The body is larger than is accepted here."""

    def __init__(self, limit: int) -> None:
        super().__init__(maximumBytes=limit)

    @property
    def headers(self) -> dict[str, str]:
        return {"Connection": "close"}


class UnsupportedMediaType(Problem):
    """The body must be JSON: send it with Content-Type application/json."""


class InternalError(Problem):
    """Something went wrong on our side. Nothing was changed. Name the request id when you report it."""


class Unavailable(Problem):
    """Something that is needed for this does not answer. Try again."""

    retry_after_seconds = 2

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}


class DatabaseUnavailable(Unavailable):
    """The database does not answer. If this was a change, send it again: it may or may not have been made."""


class KeysUnavailable(Unavailable):
    """The keys of the token issuer cannot be read, so no token can be checked. Try again."""


PROBLEMS: Final[dict[type[Problem], Kind]] = {
    Problem: Kind(500, "internal-error", "Internal error", "Interne fout"),
    InvalidInput: Kind(400, "invalid-input", "Invalid input", "Ongeldige invoer"),
    Unauthenticated: Kind(401, "authentication-required", "Authentication required", "Aanmelden vereist"),
    InvalidToken: Kind(401, "invalid-token", "Token not accepted", "Token niet geaccepteerd"),
    Forbidden: Kind(403, "forbidden", "Not allowed for your role", "Niet toegestaan voor uw rol"),
    ForeignOrganisation: Kind(403, "foreign-organisation", "Not your organisation", "Niet uw organisatie"),
    NotFound: Kind(404, "not-found", "Not found", "Niet gevonden"),
    MethodNotAllowed: Kind(405, "method-not-allowed", "Method not allowed", "Methode niet toegestaan"),
    Conflict: Kind(409, "conflict", "Conflict", "Conflict"),
    Gone: Kind(410, "gone", "No longer available", "Niet meer beschikbaar"),
    BodyTooLarge: Kind(413, "body-too-large", "Body too large", "Bericht te groot"),
    UnsupportedMediaType: Kind(
        415, "unsupported-media-type", "Unsupported media type", "Mediatype niet ondersteund"
    ),
    InternalError: Kind(500, "internal-error", "Internal error", "Interne fout"),
    Unavailable: Kind(503, "unavailable", "Temporarily unavailable", "Tijdelijk niet beschikbaar"),
    DatabaseUnavailable: Kind(
        503, "database-unavailable", "Database unavailable", "Database niet beschikbaar"
    ),
    KeysUnavailable: Kind(
        503, "keys-unavailable", "Token keys unavailable", "Sleutels voor tokens niet beschikbaar"
    ),
}

_CONSTRAINTS: Final[dict[str, Callable[[], Problem]]] = {}


def register(kinds: Mapping[type[Problem], Kind]) -> None:
    """Add a service's own problems to the table. Raises ValueError when a type is taken by another class."""
    for problem, kind in kinds.items():
        holders = [known for known, other in PROBLEMS.items() if other.slug == kind.slug and known != problem]
        if holders:
            raise ValueError(f"{problem.__name__} uses the type {kind.slug} of {holders[0].__name__}")
        PROBLEMS[problem] = kind


def register_constraints(problems: Mapping[str, Callable[[], Problem]]) -> None:
    """Say which problem it is when a database constraint is broken: its name to what makes the problem."""
    _CONSTRAINTS.update(problems)


def of_constraint(name: str | None) -> Problem | None:
    """The problem that a broken constraint stands for; None when nobody foresaw it: a fault of ours."""
    make = _CONSTRAINTS.get(name or "")
    return make() if make else None


def kind_of(problem: type[Problem]) -> Kind:
    """What a class is on the wire: its own entry or that of its nearest ancestor."""
    return next(PROBLEMS[ancestor] for ancestor in problem.__mro__ if ancestor in PROBLEMS)


def summary_of(problem: type[Problem]) -> str:
    """The first paragraph of a problem's docstring, on one line."""
    return " ".join((getdoc(problem) or problem.__name__).split("\n\n")[0].split())
