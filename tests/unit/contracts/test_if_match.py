"""Two editors of one product, provider or agreement: who names the version that was read loses nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest

from tests.unit.contracts.conftest import Caller
from tests.unit.contracts.states import FOSTER_CARE, PROVIDER, product, provider

Body = dict[str, Any]
PRODUCT: Body = product().model_dump(mode="json", by_alias=True, exclude={"code"})
OF_PROVIDER: Body = provider().model_dump(mode="json", by_alias=True, exclude={"agb"})


class Edited(NamedTuple):
    """Something that people edit: where it stands, and a body with a member that can take any of these values."""

    path: str
    body: Body
    member: str
    values: tuple[object, object, object]


EDITED = {
    "product": Edited(f"/products/{FOSTER_CARE}", PRODUCT, "nameNl", ("een", "twee", "drie")),
    "provider": Edited(f"/providers/{PROVIDER}", OF_PROVIDER, "name", ("een", "twee", "drie")),
    "agreement": Edited(f"/agreements/{PROVIDER}/{FOSTER_CARE}/2023-01-01", {}, "tariffCents", (1, 2, 3)),
}


@pytest.fixture
async def manager(caller: Caller, admin: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    async with caller() as client:
        assert (await client.put(f"/products/{FOSTER_CARE}", json=PRODUCT)).status_code == 201
        assert (await client.put(f"/providers/{PROVIDER}", json=OF_PROVIDER)).status_code == 201
        assert (await client.put(EDITED["agreement"].path, json={})).status_code == 201
        yield client
    await admin.execute("truncate agreement, product, provider, journal, journal_pending")


async def put(client: httpx.AsyncClient, edited: Edited, value: object, tag: str = "") -> httpx.Response:
    headers = {"If-Match": tag} if tag else {}
    return await client.put(edited.path, json={**edited.body, edited.member: value}, headers=headers)


@pytest.mark.parametrize("edited", EDITED.values(), ids=EDITED)
async def test_a_change_of_the_version_that_was_read_is_made_and_of_another_is_refused(
    manager: httpx.AsyncClient, edited: Edited
) -> None:
    read = await manager.get(edited.path)
    assert read.headers["etag"] == f'"{read.json()["id"]}.1"'
    one, two, three = edited.values
    first = await put(manager, edited, one, read.headers["etag"])
    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert first.headers["etag"] == (await manager.get(edited.path)).headers["etag"] != read.headers["etag"]
    refused = await put(manager, edited, two, read.headers["etag"])
    told = refused.json()
    assert (refused.status_code, told["type"]) == (412, "urn:problem-type:jeugdregio:version-differs")
    assert (told["title"], told["titleNl"]) == ("Version differs", "Versie verschilt")
    assert (told["currentVersion"], told["currentETag"]) == (2, first.headers["etag"])
    assert (await manager.get(edited.path)).json()[edited.member] == one
    # Without a condition the last one wins, as ever.
    assert (await put(manager, edited, three)).json()["version"] == 3


@pytest.mark.parametrize("edited", EDITED.values(), ids=EDITED)
async def test_of_writers_who_read_the_same_version_one_is_accepted_and_none_is_overwritten(
    manager: httpx.AsyncClient, edited: Edited
) -> None:
    for _ in range(5):
        read = await manager.get(edited.path)
        version, tag = read.json()["version"], read.headers["etag"]
        values = [value for value in edited.values if value != read.json()[edited.member]]
        answers = await asyncio.gather(*(put(manager, edited, value, tag) for value in values))
        assert sorted(answer.status_code for answer in answers) == [200] + [412] * (len(values) - 1)
        (accepted,) = [answer.json() for answer in answers if answer.status_code == 200]
        now = (await manager.get(edited.path)).json()
        assert (now["version"], now[edited.member]) == (version + 1, accepted[edited.member])


@pytest.mark.parametrize("edited", EDITED.values(), ids=EDITED)
async def test_a_change_whose_answer_was_lost_can_be_sent_again_as_it_was(
    manager: httpx.AsyncClient, edited: Edited
) -> None:
    tag = (await manager.get(edited.path)).headers["etag"]
    lost, again = [await put(manager, edited, edited.values[0], tag) for _ in range(2)]
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert again.headers["etag"] == lost.headers["etag"]


@pytest.mark.parametrize(
    ("tag", "status"),
    [("*", 200), ('"other", {}', 200), ("W/{}", 412), ("nonsense", 412), ('"{}"', 412), ("1", 412)],
)
async def test_a_condition_is_read_as_http_says(manager: httpx.AsyncClient, tag: str, status: int) -> None:
    edited = EDITED["product"]
    current = (await manager.get(edited.path)).headers["etag"]
    answer = await put(manager, edited, edited.values[0], tag.format(current))
    assert answer.status_code == status


async def test_what_is_not_there_has_no_version_to_change(
    manager: httpx.AsyncClient, admin: asyncpg.Connection
) -> None:
    before = await admin.fetchval("select count(*) from journal")
    for edited, path in (
        (EDITED["product"], "/products/43A10"),
        (EDITED["provider"], "/providers/98000009"),
        (EDITED["agreement"], EDITED["agreement"].path.replace("2023", "2022")),
    ):
        body = {**edited.body, "to": "2022-12-31"} if path.startswith("/agreements") else edited.body
        answer = await manager.put(path, json=body, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["currentVersion"]) == (412, None)
    assert await admin.fetchval("select count(*) from journal") == before


async def test_a_withdrawal_of_another_version_is_refused(manager: httpx.AsyncClient) -> None:
    edited = EDITED["agreement"]
    read = (await manager.get(edited.path)).headers["etag"]
    changed = (await put(manager, edited, 1)).headers["etag"]
    withdrawals = edited.path + "/withdrawals"
    assert (await manager.post(withdrawals, headers={"If-Match": read})).status_code == 412
    withdrawn = await manager.post(withdrawals, headers={"If-Match": changed})
    again = await manager.post(withdrawals, headers={"If-Match": changed})
    assert [(a.status_code, a.json()["outcome"]) for a in (withdrawn, again)] == [
        (200, "applied"),
        (200, "unchanged"),
    ]


async def test_the_document_says_where_a_version_is_named_and_what_is_answered(
    manager: httpx.AsyncClient,
) -> None:
    paths = (await manager.get("/openapi.json")).json()["paths"]
    tagged, conditional = set(), set()
    for operation in (each for methods in paths.values() for each in methods.values()):
        if "ETag" in operation["responses"].get("200", {}).get("headers", ()):
            tagged.add(operation["operationId"])
        if any(each["name"] == "If-Match" for each in operation.get("parameters", ())):
            conditional.add(operation["operationId"])
            examples = operation["responses"]["412"]["content"]["application/problem+json"]["examples"]
            assert list(examples) == ["version-differs"]
    assert conditional == {"putProduct", "putProvider", "putAgreement", "withdrawAgreement"}
    assert tagged == conditional | {"product", "provider", "agreement"}
