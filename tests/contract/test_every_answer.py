"""What every answer carries, what a request leaves behind, and what is answered while something is away.

That headers, status and content of every answer are those of the document is checked for each request that any
test of this folder makes (`documented.py`); here stands what needs a story of its own.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from jeugdregio.ports import free_port
from jeugdregio.services import SERVICES
from shared.auth import Role
from tests.contract.callers import WRITER, Caller, own
from tests.contract.documented import HEADERS
from tests.contract.logs import Logs
from tests.contract.outage import Line, cut_line
from tests.contract.region import PUBLIC_URL, Region, living, make_app
from tests.contract.requests import SAMPLES, Sample, citizen_number, indication
from tests.contract.rights import RIGHTS
from tests.contract.tokens import Issuer

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
# One request of each service that asks the database for something.
ASKING = {
    "referrals": "referrals.indications",
    "contracts": "contracts.products",
    "availability": "availability.offers",
    "monitoring": "monitoring.figure",
}


async def ask(region: Region, caller: Caller, sample: Sample, **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {region.issuer.token(*caller)}", **headers}
    client = region.clients[sample.service]
    return await client.request(sample.method, sample.path, json=sample.body, headers=given)


# --- traces ---


@pytest.fixture
async def administrator(region: Region) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(region.databases.admin_url)
    yield connection
    await connection.close()


async def test_the_trace_of_a_write_reaches_journal_processing_log_and_logs(
    region: Region, administrator: asyncpg.Connection, logs: Logs
) -> None:
    sample = SAMPLES["referrals.recordIndication"].about(
        municipality=WRITER.organisation, assignmentNumber=77
    )
    sample = sample.sending(indication(citizen_number(50)))
    answer = await ask(region, WRITER, sample, traceparent=f"00-{TRACE}-{SPAN}-01")
    assert answer.status_code == 201, answer.text
    recorded = UUID(answer.json()["id"])
    traceparent = await administrator.fetchval(
        "select traceparent from referrals.journal where aggregateid = $1", recorded
    )
    version, trace, span, flags = traceparent.split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != SPAN, "a step of our own in the caller's trace"
    logged = await administrator.fetchrow(
        "select * from referrals.processing_log where data_subject_id = $1 order by id desc limit 1",
        UUID(answer.json()["clientId"]),
    )
    assert logged is not None
    assert (logged["trace_id"], logged["span_id"], logged["name"]) == (TRACE, span, "record_indication")
    (line,) = logs.lines("request")
    assert (line["trace_id"], line["span_id"], line["request_id"]) == (
        TRACE,
        span,
        answer.headers["x-request-id"],
    )


async def test_the_trace_of_contracts_too(region: Region, administrator: asyncpg.Connection) -> None:
    sample = SAMPLES["contracts.putProvider"].about(agb="98000077").sending({"name": "New"})
    answer = await ask(region, own(Role.CONTRACT_MANAGER), sample, traceparent=f"00-{TRACE}-{SPAN}-00")
    traceparent = await administrator.fetchval(
        "select traceparent from contracts.journal where aggregateid = $1", UUID(answer.json()["id"])
    )
    assert traceparent.startswith(f"00-{TRACE}-")


@pytest.mark.parametrize(
    "given", ["", "nonsense", "00-0-0-01", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01"]
)
async def test_a_trace_that_is_none_begins_a_new_one(region: Region, logs: Logs, given: str) -> None:
    await ask(region, own(Role.REFERRER), SAMPLES["availability.offers"], traceparent=given)
    (line,) = logs.lines("request")
    assert len(line["trace_id"]) == len(TRACE)
    assert line["trace_id"] not in {TRACE, "0" * 32}


async def test_a_request_id_is_taken_over_when_it_is_one(region: Region, logs: Logs) -> None:
    given = str(uuid4())
    answer = await ask(region, own(Role.REFERRER), SAMPLES["availability.offers"], **{"X-Request-ID": given})
    assert answer.headers["x-request-id"] == given
    answer = await ask(
        region, own(Role.REFERRER), SAMPLES["availability.offers"], **{"X-Request-ID": "<script>"}
    )
    assert answer.headers["x-request-id"] != "<script>"
    assert "script" not in logs.text


# --- every answer ---


@pytest.mark.parametrize("service", SERVICES)
async def test_api_version_and_security_headers_stand_on_answers_of_every_kind(
    region: Region, service: str
) -> None:
    client, sample = region.clients[service], SAMPLES[ASKING[service]]
    role = next(iter(RIGHTS[ASKING[service]]))
    token = {"Authorization": f"Bearer {region.issuer.token(*own(role))}"}
    answers = [
        await client.get("/livez"),
        await client.get("/readyz"),
        await client.get(f"/{service}/v1/openapi.json"),
        await client.get(sample.path, params=sample.query, headers=token),
        await client.get(sample.path, params={**sample.query, "pageSize": "x"}, headers=token),
        await client.get(sample.path),
        await client.get("/nowhere"),
        await client.delete(sample.path),
        await client.options(sample.path),
    ]
    assert [each.status_code for each in answers] == [200, 200, 200, 200, 400, 401, 404, 405, 405]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert answer.headers["api-version"] == "1.0.0"
        assert "server" not in answer.headers


async def test_the_logs_name_routes_and_never_what_stands_in_an_address(region: Region, logs: Logs) -> None:
    await region.call(own(Role.PROVIDER), SAMPLES["referrals.indication"].about(assignmentNumber=123456789))
    (line,) = logs.lines("request")
    assert line["route"] == "/referrals/v1/indications/{municipality}/{assignmentNumber}"
    assert "123456789" not in logs.text


# --- the database is away ---


def is_away(answer: httpx.Response) -> bool:
    problem = answer.json()
    return (
        answer.status_code == 503
        and answer.headers["retry-after"].isdigit()
        and answer.headers["api-version"] == "1.0.0"
        and problem["type"] == "urn:problem-type:jeugdregio:database-unavailable"
    )


@pytest.fixture
async def line_to(
    region: Region, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[Line, Region]]:
    """Give a service whose database is away at its start, and the line that brings it back."""
    service, issuer = str(request.param), Issuer(tmp_path)
    async with cut_line(region.databases.url(service, "api"), free_port()) as (line, url):
        app = make_app(service, url, issuer.url)
        async with living(app) as client:
            yield line, replace(region, apps={service: app}, clients={service: client}, issuer=issuer)


@pytest.mark.parametrize("line_to", SERVICES, indirect=True)
async def test_while_the_database_is_away_503_and_back_without_a_restart(
    line_to: tuple[Line, Region],
) -> None:
    line, region = line_to
    (service,) = region.apps
    operation, caller = ASKING[service], own(next(iter(RIGHTS[ASKING[service]])))
    for _ in range(2):
        assert is_away(await region.call(caller, SAMPLES[operation]))
        ready = await region.clients[service].get(f"{PUBLIC_URL}/readyz")
        assert (ready.status_code, ready.json()["broken"]) == (503, ["database"])
        assert (await region.clients[service].get("/livez")).status_code == 200
        await line.connect()
        assert (await region.call(caller, SAMPLES[operation])).status_code == 200
        assert (await region.clients[service].get("/readyz")).json()["status"] == "ready"
        await line.cut()


@pytest.mark.parametrize("line_to", ["referrals"], indirect=True)
async def test_a_write_while_the_database_is_away_is_no_success_and_arrives_when_it_is_sent_again(
    line_to: tuple[Line, Region],
) -> None:
    line, region = line_to
    sample = SAMPLES["referrals.recordIndication"].about(
        municipality=WRITER.organisation, assignmentNumber=78
    )
    sample = sample.sending(indication(citizen_number(51)))
    assert is_away(await region.call(WRITER, sample))
    await line.connect()
    assert (await region.call(WRITER, sample)).json()["outcome"] == "created"
    await line.cut()
    assert is_away(await region.call(WRITER, sample))
    await line.connect()
    assert (await region.call(WRITER, sample)).json()["outcome"] == "unchanged"


async def test_without_keys_no_token_can_be_checked_and_that_is_503_too(
    region: Region, tmp_path: Path
) -> None:
    app = make_app(
        "availability", region.databases.url("availability", "api"), (tmp_path / "none.json").as_uri()
    )
    async with living(app) as client:
        token = region.issuer.token(*own(Role.REFERRER))
        answer = await client.get("/availability/v1/offers", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["type"].endswith(":keys-unavailable")
