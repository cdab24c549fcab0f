"""Every operation on personal data leaves a row for each person: who, for which activity, about whom. No other one does.

Which operations these are stands here by hand: a new one must be put into one of the two lists.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from pydantic.alias_generators import to_camel

from shared.auth import Role
from tests.contract.callers import Caller, own
from tests.contract.canaries import Canary
from tests.contract.region import Region
from tests.contract.requests import SAMPLES, Sample
from tests.contract.rights import RIGHTS

# About the care of a child, by its indication, its care period, or its claim.
PERSONAL = {
    "referrals.recordIndication",
    "referrals.withdrawIndication",
    "referrals.indication",
    "referrals.indicationHistory",
    "referrals.indications",
    "referrals.searchIndications",
    "referrals.recordCarePeriod",
    "referrals.withdrawCarePeriod",
    "referrals.carePeriod",
    "referrals.carePeriodHistory",
    "referrals.carePeriods",
    "referrals.events",
    "contracts.putClaim",
    "contracts.creditClaim",
    "contracts.claim",
    "contracts.claimHistory",
    "contracts.claims",
    "contracts.events",
}
# About the offer, or aggregates. What concerns a delivery is logged by what applies it.
IMPERSONAL = SAMPLES.keys() - PERSONAL
_LOG = "select * from {service}.processing_log order by id desc limit $1"
_CLIENTS = """
select client from contracts.claim_client where claim = any($1)
union select (state ->> 'clientId')::uuid from contracts.referrals_indication where aggregate = any($1)
"""
# One item a page, so that whoever is not shown must not be logged.
_PAGED = {"referrals.indications", "referrals.carePeriods", "contracts.claims", "referrals.events"}
_READERS = [(each, role) for each in sorted(PERSONAL) for role in RIGHTS[each]]


@pytest.fixture
async def administrator(region: Region) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(region.databases.admin_url)
    yield connection
    await connection.close()


def test_each_list_names_what_is_served() -> None:
    assert SAMPLES.keys() >= PERSONAL


def _found(name: str, content: Any) -> Iterator[UUID]:  # noqa: ANN401 - any JSON
    """Every id under a name in an answer."""
    if isinstance(content, dict):
        yield from (UUID(value) for key, value in content.items() if key == name and value)
        content = list(content.values())
    for each in content if isinstance(content, list) else ():
        yield from _found(name, each)


async def _concerned(
    administrator: asyncpg.Connection,
    operation: str,
    content: Any,  # noqa: ANN401 - any JSON
) -> set[UUID]:
    """Whose data an answer holds: it names them, or the service knows them by its claims and valuations."""
    if operation == "contracts.events":
        about = list(_found("subject", content))
    elif operation.startswith("contracts."):
        about = list(_found("id", content))
    else:
        return set(_found("clientId", content))
    return {row["client"] for row in await administrator.fetch(_CLIENTS, about)}


async def _rows(administrator: asyncpg.Connection, service: str) -> int:
    count: int = await administrator.fetchval(f"select count(*) from {service}.processing_log")
    return count


async def _asked(region: Region, caller: Caller, sample: Sample) -> Any:  # noqa: ANN401 - any JSON
    answer = await region.call(caller, sample)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.parametrize(("operation", "role"), _READERS)
async def test_whose_data_is_read_or_written_by_whom_and_why_stands_in_the_log(
    region: Region, administrator: asyncpg.Connection, operation: str, role: Role
) -> None:
    sample, caller = SAMPLES[operation], own(role)
    if operation in _PAGED:
        sample = replace(sample, query={**sample.query, "pageSize": "1"})
    before = await _rows(administrator, sample.service)
    content = await _asked(region, caller, sample)
    concerned = await _concerned(administrator, operation, content)
    new = await _rows(administrator, sample.service) - before
    logged = await administrator.fetch(_LOG.format(service=sample.service), new)
    if operation in {"referrals.indicationHistory", "referrals.carePeriodHistory"}:
        # A history shows no client; all its versions are of those whom the thing itself names.
        thing = operation.removesuffix("History")
        concerned = await _concerned(administrator, thing, await _asked(region, caller, SAMPLES[thing]))
    assert {row["data_subject_id"] for row in logged} == concerned
    assert len(logged) == len(concerned) > 0
    for row in logged:
        assert to_camel(row["name"]) == operation.partition(".")[2]
        assert row["organisation"] == caller.organisation
        assert row["processing_activity_id"]


@pytest.mark.parametrize("operation", sorted(IMPERSONAL))
async def test_what_is_about_nobody_leaves_no_row(
    region: Region, administrator: asyncpg.Connection, canaries: Sequence[Canary], operation: str
) -> None:
    sample = SAMPLES[operation]
    assert canaries
    services = ("referrals", "contracts")
    before = [await _rows(administrator, service) for service in services]
    for role in RIGHTS[operation]:
        await _asked(region, own(role), sample)
    assert [await _rows(administrator, service) for service in services] == before
