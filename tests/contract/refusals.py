"""What a refusal of bad input says, and that nothing else came of it."""

import json
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import asyncpg
import httpx

from jeugdregio.services import SERVICES
from shared.auth import Role
from tests.contract.callers import own
from tests.contract.logs import Logs
from tests.contract.region import Region
from tests.contract.requests import Sample
from tests.contract.rights import RIGHTS

_SHORTEST = 5
_TABLES = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = any($1) order by 1"


async def send(
    region: Region,
    operation: str,
    sample: Sample,
    content: bytes | str | None = None,
    *,
    role: Role | None = None,
    media_type: str = "application/json",
    link: str | None = None,
) -> httpx.Response:
    """Make a request with body and address as they are written, by a role that may."""
    caller = own(role or next(iter(RIGHTS[operation])))
    headers = {"Authorization": f"Bearer {region.issuer.token(*caller)}"}
    if content is not None:
        headers["Content-Type"] = media_type
    client, query = region.clients[sample.service], sample.query or None
    return await client.request(
        sample.method, link or sample.path, params=None if link else query, content=content, headers=headers
    )


def text_of(body: object) -> str:
    """Write a body as JSON; half a surrogate pair becomes its escape."""
    return json.dumps(body)


def places(answer: httpx.Response) -> set[str]:
    """Give where the errors of a refusal are; raises AssertionError when it is none."""
    assert answer.status_code == 400, f"{answer.status_code} {answer.text[:300]}"
    problem = answer.json()
    assert problem["type"] == "urn:problem-type:jeugdregio:invalid-input"
    assert all(each["message"] and each["code"] for each in problem["errors"])
    return {each.get("pointer") or each["parameter"] for each in problem["errors"]}


def repeats(answer: httpx.Response, logs: Logs, values: Collection[object]) -> list[object]:
    """Give those of the values that stand in an answer or in the logs."""
    text = answer.text + str(answer.headers.raw) + logs.text
    return [value for value in values for leaf in _leaves(value) if _stands_in(leaf, text)]


def _stands_in(leaf: str, text: str) -> bool:
    return len(leaf) >= _SHORTEST and re.search(rf"(?<!\w){re.escape(leaf)}(?!\w)", text) is not None


def _leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value[:1] for leaf in _leaves(each)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


@asynccontextmanager
async def nothing_written(region: Region) -> AsyncIterator[None]:
    """Show that what happens inside leaves every table as it was, the processing log too."""
    administrator = await asyncpg.connect(region.databases.admin_url)
    try:
        before = await _contents(administrator)
        yield
        assert await _contents(administrator) == before
    finally:
        await administrator.close()


async def _contents(administrator: asyncpg.Connection) -> dict[str, tuple[object, ...]]:
    """Give of every table how many rows it has, and a hash over all of them."""
    tables = [row[0] for row in await administrator.fetch(_TABLES, list(SERVICES))]
    assert len(tables) > len(SERVICES)
    statement = "select count(*), sum(hashtextextended(t::text, 0)) from {} t"
    return {table: tuple(await administrator.fetchrow(statement.format(table)) or ()) for table in tables}
