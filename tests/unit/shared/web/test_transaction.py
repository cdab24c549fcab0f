from typing import Protocol

import httpx
import pytest

ONE = "/demo/v1/things/0743/1"
BODY = {"name": "a", "from": "2023-04-01"}


class Database(Protocol):
    story: list[str]
    work_error: Exception | None
    commit_error: Exception | None


async def test_the_transaction_knows_who_calls_and_commits(
    caller: httpx.AsyncClient, database: Database
) -> None:
    assert (await caller.put(ONE, json=BODY)).status_code == 200
    assert database.story == ["begin municipality 0743", "work", "commit"]


async def test_a_commit_that_fails_is_never_answered_with_success(
    caller: httpx.AsyncClient, database: Database
) -> None:
    database.commit_error = ConnectionResetError()
    answer = await caller.put(ONE, json=BODY)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert database.story == ["begin municipality 0743", "work"]


async def test_the_answer_is_sent_after_the_commit(
    caller: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = caller._transport.app  # type: ignore[attr-defined]

    async def watched(scope: object, receive: object, send: object) -> None:
        async def note(message: dict[str, object]) -> None:
            database.story.append(str(message["type"]))
            await send(message)  # type: ignore[operator]

        await app(scope, receive, note)

    monkeypatch.setattr(caller._transport, "app", watched)
    await caller.put(ONE, json=BODY)
    assert database.story[-3:] == ["commit", "http.response.start", "http.response.body"]


async def test_an_error_rolls_back(caller: httpx.AsyncClient, database: Database) -> None:
    database.work_error = KeyError()
    assert (await caller.put(ONE, json=BODY)).status_code == 500
    assert database.story == ["begin municipality 0743", "work", "rollback"]


async def test_a_refused_caller_opens_no_transaction(caller: httpx.AsyncClient, database: Database) -> None:
    await caller.put("/demo/v1/things/0744/1", json=BODY)
    await caller.put(ONE, content=b"{", headers={"Content-Type": "application/json"})
    assert database.story == []


async def test_wrong_input_does_no_work(caller: httpx.AsyncClient, database: Database) -> None:
    assert (await caller.put(ONE, json={})).status_code == 400
    assert "work" not in database.story
    assert "commit" not in database.story
