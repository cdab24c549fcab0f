"""The one place where an exception becomes an answer: problem+json (RFC 9457), whatever went wrong.

Members: `type`, `title` (English), `titleNl` (Dutch; both always, whatever Accept-Language asks), `status`,
`detail`, `instance` (the request id as URN), for wrong input `errors` (each with `message` and `messageNl`), and the
facts of the problem.
"""

from dataclasses import asdict
from typing import Any, Final

import asyncpg
import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from shared import problems, tracing
from shared.problems import FieldError, InvalidInput, Problem
from shared.web.validation import invalid_input

MEDIA_TYPE: Final = "application/problem+json"
_INTERNAL: Final = 500
_METHOD_NOT_ALLOWED: Final = 405
_log = structlog.get_logger(component="web")

# The server is away, going down, full, or undid the work in favour of another: the caller may try again.
_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class RefusedBody(HTTPException):
    """The body grew over its limit while it was read.

    An HTTPException because FastAPI makes a 400 of anything else that is raised while it reads a body.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit


def as_problem(error: Exception) -> Problem:
    """What the caller is told. An exception that nobody foresaw is a fault of ours, and says nothing."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return invalid_input(error.errors(), error.body)
    if isinstance(error, HTTPException):
        return _of_status(error)
    if isinstance(error, ClientDisconnect):
        return unreadable()
    return _of_database(error) or problems.InternalError()


def _of_status(error: HTTPException) -> Problem:
    match error.status_code:
        case 400:
            return unreadable()
        case 404:
            return problems.NotFound()
        case 405:
            return problems.MethodNotAllowed((error.headers or {}).get("Allow", ""))
        case 413:
            return problems.BodyTooLarge(getattr(error, "limit", 0))
        case _:
            return problems.InternalError()


def unreadable(position: int | None = None) -> InvalidInput:
    """The problem of a body that is not JSON, with where it stops being it (characters from the start)."""
    where = "" if position is None else f" See character {position}."
    return InvalidInput([FieldError("unreadable", f"The body cannot be read as JSON.{where}", pointer="#")])


def _of_database(error: Exception) -> Problem | None:
    if isinstance(error, asyncpg.PostgresError):
        known = problems.of_constraint(getattr(error, "constraint_name", None))
        if known is not None:
            return known
    # A value that asyncpg itself finds too large for its type is an InterfaceError and a ValueError.
    if isinstance(error, asyncpg.DataError) or (
        isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    ):
        return InvalidInput([FieldError("not-storable", "A value is out of range.", pointer="#")])
    return problems.DatabaseUnavailable() if isinstance(error, _AWAY) else None


def answer(error: Exception) -> Response:
    """The answer to an exception; tells the log what the caller is not told."""
    problem = as_problem(error)
    status = problems.kind_of(type(problem)).status
    if status == _INTERNAL:
        _log.error("request_failed", exc_info=error)
    elif not isinstance(error, Problem | RequestValidationError | HTTPException):
        _log.warning("request_refused_by_database", status=status, exc_info=error)
    return problem_response(problem)


def problem_response(problem: Problem) -> Response:
    kind = problems.kind_of(type(problem))
    content = orjson.dumps(members(problem), default=_refuse)
    return Response(content, kind.status, {**problem.headers, "Content-Type": MEDIA_TYPE})


def members(problem: Problem) -> dict[str, Any]:
    """The problem as the caller gets it."""
    kind = problems.kind_of(type(problem))
    content: dict[str, Any] = dict(problem.facts) | {
        "type": kind.type,
        "title": kind.title,
        "titleNl": kind.title_nl,
        "status": kind.status,
        "detail": problem.detail,
    }
    request_id = tracing.request_id.get()
    if request_id:
        content["instance"] = f"urn:uuid:{request_id}"
    if isinstance(problem, InvalidInput):
        content["errors"] = [_without_none(error) for error in problem.errors]
    return content


def _without_none(error: FieldError) -> dict[str, str]:
    given = asdict(error) | {"messageNl": error.message_nl}
    return {name: value for name, value in given.items() if value is not None}


def _refuse(value: object) -> object:
    raise TypeError(f"A problem may not carry a {type(value).__name__}")


async def handle(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == _METHOD_NOT_ALLOWED:
        error = problems.MethodNotAllowed(_allowed(request) or (error.headers or {}).get("Allow", ""))
    return answer(error)


def _allowed(request: Request) -> str:
    # The router names the methods of the first route with this path only, and each method is a route here.
    path, known = request.scope["path"], request.app.state.methods
    return ", ".join(sorted({method for of, methods in known if of.match(path) for method in methods}))


# By class, so that FastAPI asks us before it answers in its own way; all others end in `middleware.Caught`.
HANDLERS: Final[dict[Any, Any]] = dict.fromkeys(
    (
        Problem,
        RequestValidationError,
        HTTPException,
        ClientDisconnect,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        OSError,
    ),
    handle,
)
