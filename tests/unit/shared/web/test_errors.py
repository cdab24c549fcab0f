from typing import Protocol

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from shared import problems
from shared.problems import NotFound, kind_of
from shared.values.withheld import Withheld
from shared.web.errors import as_problem, problem_response

ONE = "/demo/v1/things/0743/1"
BODY = {"name": "a", "from": "2023-04-01"}


class Database(Protocol):
    story: list[str]
    work_error: Exception | None
    begin_error: Exception | None


def postgres(state: str) -> asyncpg.PostgresError:
    return asyncpg.PostgresError.new({"C": state, "M": "999900006", "D": "Key (bsn)=(999900006)"})


@pytest.mark.parametrize(
    ("path", "method", "status", "slug"),
    [
        ("/", "GET", 404, "not-found"),
        ("/demo/v1", "GET", 404, "not-found"),
        ("/demo/v1/open/", "GET", 404, "not-found"),
        ("/demo/v1/nothing", "PUT", 404, "not-found"),
        ("/demo/v1/things/9999", "DELETE", 405, "method-not-allowed"),
        ("/demo/v1/open", "POST", 405, "method-not-allowed"),
        ("/demo/v1/open", "OPTIONS", 405, "method-not-allowed"),
        ("/demo/v1/broken", "GET", 500, "internal-error"),
    ],
)
async def test_every_error_is_a_problem(
    caller: httpx.AsyncClient, path: str, method: str, status: int, slug: str
) -> None:
    answer = await caller.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:problem-type:jeugdregio:{slug}"
    assert problem["status"] == status
    assert problem["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    assert problem["title"]
    assert problem["titleNl"]
    assert problem["detail"]
    assert "999900006" not in answer.text


async def test_405_says_what_is_allowed(caller: httpx.AsyncClient) -> None:
    assert (await caller.post("/demo/v1/open")).headers["allow"] == "GET"


# Every state in which the server is away, full, or gave way to another: by its code, as the server sends it.
AWAY = ["08006", "08003", "57P01", "57P02", "57P03", "57014", "53100", "53200", "53300"]
AWAY += ["40001", "40P01", "55P03", "25006", "28P01", "3D000"]


@pytest.mark.parametrize(
    "error",
    [
        *map(postgres, AWAY),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.InternalClientError("999900006"),
        ConnectionRefusedError("999900006"),
        TimeoutError(),
    ],
    ids=lambda error: getattr(error, "sqlstate", None) or type(error).__name__,
)
async def test_while_the_database_is_away_503_and_when_to_try_again(
    caller: httpx.AsyncClient, database: Database, error: Exception
) -> None:
    database.work_error = error
    answer = await caller.put(ONE, json=BODY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["type"].endswith(":database-unavailable")
    assert "999900006" not in answer.text
    assert database.story[-1] == "rollback"


async def test_the_service_is_back_without_a_restart(caller: httpx.AsyncClient, database: Database) -> None:
    database.begin_error = ConnectionRefusedError()
    assert (await caller.put(ONE, json=BODY)).status_code == 503
    database.begin_error = None
    assert (await caller.put(ONE, json=BODY)).status_code == 200


async def test_a_foreseen_constraint_is_its_problem(
    caller: httpx.AsyncClient, database: Database, unique_violation: asyncpg.PostgresError
) -> None:
    database.work_error = unique_violation
    answer = await caller.put(ONE, json=BODY)
    assert (answer.status_code, answer.json()["detail"]) == (409, "There is another thing in this period.")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (postgres("23505"), 500),
        (postgres("42P01"), 500),
        (postgres("22003"), 400),
        (postgres("22P05"), 400),
        (HTTPException(418), 500),
        (HTTPException(400), 400),
        (KeyError("999900006"), 500),
    ],
    ids=str,
)
def test_what_nobody_foresaw_is_a_fault_of_ours_and_what_does_not_fit_is_the_callers(
    error: Exception, status: int
) -> None:
    problem = as_problem(error)
    assert kind_of(type(problem)).status == status
    assert "999900006" not in str(bytes(problem_response(problem).body))


def test_facts_are_members_but_cannot_replace_those_of_the_standard() -> None:
    body = bytes(problem_response(NotFound("Not there.", knownThrough="2023-04-01", status=200)).body)
    assert b'"knownThrough":"2023-04-01"' in body
    assert b'"status":404' in body


def test_a_problem_that_carries_a_withheld_value_is_not_sent() -> None:
    with pytest.raises(TypeError):
        problem_response(NotFound(bsn=Withheld("999900006")))  # type: ignore[arg-type]


async def test_an_answer_that_broke_off_is_not_made_to_look_whole(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        with pytest.raises(KeyError):
            await client.get("/demo/v1/half")


def test_every_kind_says_both_titles() -> None:
    assert [kind for kind in problems.PROBLEMS.values() if not (kind.title and kind.title_nl)] == []
