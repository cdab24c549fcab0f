"""Bad bodies, generated per field from the schemas: all errors at once, nothing written, nothing repeated."""

from dataclasses import replace

import httpx
import pytest

from tests.contract.logs import Logs
from tests.contract.refusals import nothing_written, places, repeats, send, text_of
from tests.contract.region import Region
from tests.contract.requests import SAMPLES, SEARCH, Sample, citizen_number
from tests.contract.wrong_values import MARK, Fault, faults

BSN = citizen_number(1)
# Numbers of nine digits that are no BSN, and spellings that another reader would make one of.
WRONG_BSNS = (
    "999990018",
    "000000000",
    f" {BSN}",
    f"{BSN[:3]}.{BSN[3:]}",
    BSN[1:],
    int(BSN),
    f"{BSN}0",
    BSN.replace("9", "９"),
)


def with_body(operation: str) -> Sample:
    """Give the sample whose body holds every part that it can have."""
    if operation == "referrals.searchIndications":
        return SAMPLES[operation].sending({**SEARCH, "bsn": BSN})
    return SAMPLES[operation]


# Where records are judged one by one: a fault in one is that record's, in an answer of 200.
PER_RECORD = {"availability.reportWaitingTimes": "#/reports/0"}
BODIES = [name for name, sample in SAMPLES.items() if sample.body is not None]


def body_faults(region: Region, operation: str) -> list[Fault]:
    """Give the faults that the document of the operation's service makes possible."""
    sample = with_body(operation)
    document = region.apps[sample.service].openapi()
    request = document["paths"][sample.template][sample.method.lower()]["requestBody"]
    assert request["required"]
    assert sample.body is not None
    return list(faults(request["content"]["application/json"]["schema"], sample.body, document))


def in_a_record(operation: str, fault: Fault) -> bool:
    """Whether a fault is answered as that of a record. What is no text is refused before anybody looks at what it says."""
    return fault.pointer.startswith(PER_RECORD.get(operation, "-")) and not fault.is_no_text


def is_refused(operation: str, fault: Fault, answer: httpx.Response) -> bool:
    """Whether the one fault is answered, and where it stands."""
    if not in_a_record(operation, fault):
        return answer.status_code == 400 and places(answer) == {fault.pointer}
    (result,) = answer.json()["results"]
    assert all(each["code"] and each["message"] and each["messageNl"] for each in result["errors"])
    return result["outcome"] == "refused" and {each["pointer"] for each in result["errors"]} == {
        fault.pointer
    }


def test_every_body_has_its_faults(region: Region) -> None:
    documented = {
        f"{service}.{operation['operationId']}"
        for service, app in region.apps.items()
        for methods in app.openapi()["paths"].values()
        for operation in methods.values()
        if "application/json" in operation.get("requestBody", {}).get("content", ())
    }
    assert documented == set(BODIES)
    assert all(len(body_faults(region, operation)) > 20 for operation in BODIES)


@pytest.mark.parametrize("operation", BODIES)
async def test_every_wrong_value_is_refused_where_it_stands(
    region: Region, logs: Logs, operation: str
) -> None:
    sample, wrong = with_body(operation), []
    async with nothing_written(region):
        for fault in body_faults(region, operation):
            logs.clear()
            answer = await send(region, operation, sample, text_of(fault.body))
            if not is_refused(operation, fault, answer):
                wrong.append(f"{fault}: {answer.status_code} {answer.text[:300]}")
            if repeated := repeats(answer, logs, [fault.value, BSN]):
                wrong.append(f"{fault} is repeated: {repeated}")
            assert logs.lines("request"), "the logs are not seen here"
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("operation", BODIES)
async def test_two_faults_are_answered_with_both(region: Region, operation: str) -> None:
    sample, wrong = with_body(operation), []
    async with nothing_written(region):
        for fault in body_faults(region, operation):
            # What is no text is refused before anybody looks at what it says.
            if fault.is_no_text or fault.pointer == "#/unexpected":
                continue
            twice = replace(fault, body={**fault.body, "unexpected": MARK})
            answer = await send(region, operation, sample, text_of(twice.body))
            both = {fault.pointer, "#/unexpected"}
            if in_a_record(operation, fault):
                # A broken envelope is refused before its records are looked at.
                both = {"#/unexpected"}
            if answer.status_code != 400 or places(answer) != both:
                wrong.append(f"{fault}: {answer.status_code} {answer.text[:300]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("operation", BODIES)
async def test_a_body_that_is_no_object_is_refused_as_a_whole(
    region: Region, logs: Logs, operation: str
) -> None:
    contents = [
        "",
        "[]",
        "null",
        "7",
        f'"{MARK}"',
        "{",
        "{}}",
        '{"a": NaN}',
        '{"a": 1e999}',
        "\ufeff{}",
        "{'a': 1}",
    ]
    contents += ["[" * 100_000, '{"a":' * 100_000, "\x00", '{"a": 1, "a": ']
    async with nothing_written(region):
        for content in contents:
            answer = await send(region, operation, SAMPLES[operation], content.encode())
            assert places(answer) == {"#"}, content[:20]
            assert repeats(answer, logs, [MARK]) == []
        assert places(await send(region, operation, SAMPLES[operation], b'"\xff\xfe"')) == {"#"}


@pytest.mark.parametrize("operation", ["referrals.recordIndication", "contracts.putAgreement"])
async def test_a_wide_body_is_refused_within_bounds(region: Region, operation: str) -> None:
    """A megabyte of unknown members must not become an answer of ten."""
    content = text_of({f"m{number}": 0 for number in range(80_000)})
    assert 900_000 < len(content) < 1024 * 1024
    answer = await send(region, operation, SAMPLES[operation], content)
    assert answer.status_code == 400
    assert len(answer.content) < 200_000


@pytest.mark.parametrize("wrong", WRONG_BSNS, ids=range(len(WRONG_BSNS)))
@pytest.mark.parametrize("operation", ["referrals.recordIndication", "referrals.searchIndications"])
async def test_a_wrong_bsn_is_refused_and_repeated_nowhere(
    region: Region, logs: Logs, operation: str, wrong: object
) -> None:
    sample = SAMPLES[operation]
    async with nothing_written(region):
        answer = await send(region, operation, sample, text_of({**(sample.body or {}), "bsn": wrong}))
    assert places(answer) == {"#/bsn"}
    digits = str(wrong).strip().replace(".", "")
    assert [text for text in (str(wrong), digits, BSN) if text in answer.text + logs.text] == []


@pytest.mark.parametrize("operation", BODIES)
@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""]
)
async def test_another_media_type_is_415(region: Region, operation: str, media_type: str) -> None:
    sample = SAMPLES[operation]
    async with nothing_written(region):
        answer = await send(region, operation, sample, text_of(sample.body), media_type=media_type)
    assert answer.status_code == 415
    assert answer.json()["type"].endswith(":unsupported-media-type")
