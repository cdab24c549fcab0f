"""Wrong path and query parameters, generated from the documents: 400 that names the parameter, and nothing done."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from shared.auth import Role
from tests.contract.callers import other
from tests.contract.logs import Logs
from tests.contract.refusals import nothing_written, places, repeats, send, text_of
from tests.contract.region import Region
from tests.contract.requests import SAMPLES, Sample
from tests.contract.rights import RIGHTS
from tests.contract.wrong_values import MARK, out_of_range, resolved, wrong_texts

OPERATIONS = [name for name, sample in SAMPLES.items() if sample.parameters or sample.method == "GET"]
LISTS = [
    "referrals.indications",
    "referrals.indicationHistory",
    "referrals.carePeriods",
    "referrals.carePeriodHistory",
    "referrals.deliveries",
    "referrals.deliveryRefusals",
    "referrals.deliveryMissing",
    "referrals.importWindows",
    "referrals.events",
    "contracts.products",
    "contracts.productHistory",
    "contracts.providers",
    "contracts.providerHistory",
    "contracts.agreements",
    "contracts.agreementHistory",
    "contracts.claims",
    "contracts.claimHistory",
    "contracts.deliveries",
    "contracts.deliveryRefusals",
    "contracts.deliveryMissing",
    "contracts.importWindows",
    "contracts.events",
    "availability.offers",
    "availability.waitingTimes",
    "availability.waitingTimeHistory",
    "availability.deliveries",
    "availability.deliveryRefusals",
    "availability.deliveryMissing",
    "availability.importWindows",
    "monitoring.figure",
    "monitoring.accounts",
    "monitoring.accountsHistory",
    "monitoring.contextFigures",
    "monitoring.contextFigureHistory",
]
_NOT_OF_THE_TYPE = {
    # A space, a plus and an underscore are left to the reader of numbers: leniency that confuses nobody.
    "integer": (
        MARK,
        "",
        "1.5",
        "1e3",
        "true",
        "0x1",
        str(2**63),
        str(2**64),
        str(-(2**63) - 1),
        "10" * 2500,
    ),
    "boolean": (MARK, "", "2", "waar"),
    "string": (),
}


def parameters(region: Region, operation: str) -> list[dict[str, Any]]:
    sample = SAMPLES[operation]
    document = region.apps[sample.service].openapi()
    found: list[dict[str, Any]] = document["paths"][sample.template][sample.method.lower()].get(
        "parameters", []
    )
    return [each | {"schema": _one(each["schema"], document)} for each in found]


def _one(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of one value; of a parameter that may be given several times, that of each."""
    if schema.get("type") == "array":
        schema = schema["items"]
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    # Of a choice (a day or a moment, a code or a word) the widest: what is none of both is wrong for that too.
    widest = max(options, key=lambda each: ("$ref" in each, each.get("format") == "date-time"))
    return resolved(widest, document)


def wrong_words(schema: dict[str, Any]) -> Iterator[str]:
    """Give what a parameter's schema does not allow, as it stands in an address."""
    yield from _NOT_OF_THE_TYPE[schema["type"]]
    # A day is right where a day or a moment may stand; "2024-03-02" is the one wrong moment that is a day.
    yield from (str(each) for each in wrong_texts(schema) if each != "2024-03-02")
    yield from map(str, out_of_range(schema))
    if schema["type"] == "string" and schema.keys() & {"pattern", "enum", "format", "maxLength"}:
        yield "a\0b"


def link_of(sample: Sample, name: str, place: str, value: str) -> str:
    if place == "query":
        return f"{sample.path}?{urlencode({**sample.query, name: value})}"
    encoded = {key: quote(str(each), safe="") for key, each in sample.parameters.items()} | {
        name: quote(value, safe="")
    }
    return f"/{sample.service}/v1{sample.template.format_map(encoded)}?{urlencode(sample.query)}"


def names_caller(role: Role, name: str) -> bool:
    """Whether a path parameter is compared with the caller's own organisation before anything else."""
    return name in {Role.MUNICIPALITY: ("municipality",), Role.PROVIDER: ("provider", "agb")}.get(role, ())


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_every_wrong_parameter_is_refused_by_its_name(
    region: Region, logs: Logs, operation: str
) -> None:
    sample, wrong, asked = SAMPLES[operation], [], 0
    async with nothing_written(region):
        for parameter in parameters(region, operation):
            name, place = parameter["name"], parameter["in"]
            roles = [role for role in RIGHTS[operation] if place == "query" or not names_caller(role, name)]
            for value in wrong_words(parameter["schema"]) if roles else ():
                if place == "path" and value == "":
                    continue
                logs.clear()
                asked += 1
                content = None if sample.body is None else text_of(sample.body)
                link = link_of(sample, name, place, value)
                answer = await send(region, operation, sample, content, role=roles[0], link=link)
                if answer.status_code != 400 or places(answer) != {name}:
                    wrong.append(f"{name}={value!r}: {answer.status_code} {answer.text[:300]}")
                if repeats(answer, logs, [value]):
                    wrong.append(f"{name}={value!r} is repeated")
    assert not wrong, "\n".join(wrong)
    assert asked or not [each for each in parameters(region, operation) if each["in"] == "query"]


@pytest.mark.parametrize("spelling", ["1_000", "+1", " 1", "１", "1.0", "-0"])
async def test_an_indication_has_one_address(region: Region, spelling: str) -> None:
    link = link_of(SAMPLES["referrals.indication"], "assignmentNumber", "path", spelling)
    answer = await send(region, "referrals.indication", SAMPLES["referrals.indication"], link=link)
    assert places(answer) == {"assignmentNumber"}


async def test_wrong_parameters_and_a_wrong_body_are_answered_together(region: Region) -> None:
    sample = SAMPLES["contracts.putAgreement"].about(provider="1", product="x", **{"from": "2023-02-30"})
    answer = await send(
        region, "contracts.putAgreement", sample, text_of({"to": "0202-01-01", "tariffCents": -1})
    )
    assert places(answer) == {"provider", "product", "from", "#/to", "#/tariffCents"}
    list_of = SAMPLES["referrals.indications"].asking(
        municipality="x", product="x", provider="x", validOn="x", withdrawn="x", pageSize=0
    )
    answer = await region.call(other(Role.MUNICIPALITY), list_of)
    assert places(answer) == set(list_of.query)


def cursor_of(key: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


# Keys of every list that there is, and such as none has.
KEYS = [
    [], [1], ["x"], [None], [True], [1, 2, 3, 4], ["0794", 1], ["0794", "1"], [1, 1], [1, -1], [1, 2**63], [2**40],
    [1.5], ["43A09"], ["98000001", "43A09", "2023-01-01"], ["98000001", "43A09", "no day"], [{}], [[1]],
    ["2023-01-01T00:00:00+00:00"], ["2023-01-01T00:00:00", "2023-01-01T00:00:00"], ["no moment", "no moment"],
    ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"],
    ["43A09", "98000001", "2023-01-01", "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"], ["43A09", "98000001", "x", "x"],
    ["0794", 1, "2023-01-01", "98000001"], ["0794", 1, "no day", "98000001"],
    ["wait", 1, 1, "43A09", "98000001", "1", "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"],
    ["near", 1, 1, "43A09", "98000001", "1", "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"],
    [0], [0, "x"], [2**31], [-1], ["\x00"], ["\x00", 1], ["\x00", "\x00", "2023-01-01"],
    {}, "x", 7, None,
]  # fmt: skip
RIGHT: dict[str, list[object]] = {
    "referrals.indications": [["0794", 1]],
    "referrals.indicationHistory": [],
    "referrals.carePeriods": [["0794", 1, "2023-01-01", "98000001"]],
    "referrals.carePeriodHistory": [],
    "referrals.deliveries": [],
    "referrals.deliveryRefusals": [[1, 1], [1, -1]],
    "referrals.deliveryMissing": [["x"], ["43A09"], ["2023-01-01T00:00:00+00:00"]],
    "referrals.importWindows": [],
    "referrals.events": [[1, 1]],
    "contracts.products": [["x"], ["43A09"], ["2023-01-01T00:00:00+00:00"]],
    "contracts.productHistory": [[1], [0], [-1]],
    "contracts.providers": [["x"], ["43A09"], ["2023-01-01T00:00:00+00:00"]],
    "contracts.providerHistory": [[1], [0], [-1]],
    "contracts.agreements": [["98000001", "43A09", "2023-01-01"]],
    "contracts.agreementHistory": [[1], [0], [-1]],
    "contracts.claims": [
        ["0794", "1"],
        ["2023-01-01T00:00:00", "2023-01-01T00:00:00"],
        ["no moment", "no moment"],
        ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"],
    ],
    "contracts.claimHistory": [[1], [0], [-1]],
    "contracts.deliveries": [],
    "contracts.deliveryRefusals": [[1, 1], [1, -1]],
    "contracts.deliveryMissing": [["x"], ["43A09"], ["2023-01-01T00:00:00+00:00"]],
    "contracts.importWindows": [],
    "contracts.events": [[1, 1]],
    "availability.deliveries": [],
    "availability.deliveryRefusals": [[1, 1], [1, -1]],
    "availability.deliveryMissing": [["x"], ["43A09"], ["2023-01-01T00:00:00+00:00"]],
    "availability.importWindows": [],
    "availability.offers": [["wait", 1, 1, "43A09", "98000001", "1", "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"]],
    "availability.waitingTimes": [["98000001", "43A09", "2023-01-01"], ["98000001", "43A09", "no day"]],
    "availability.waitingTimeHistory": [["2023-01-01", 1]],
    "monitoring.figure": [[1], [0], [2**40]],
    "monitoring.accounts": [["x"], ["43A09"], ["2023-01-01T00:00:00+00:00"]],
    "monitoring.accountsHistory": [[1], [0], [-1]],
    "monitoring.contextFigures": [["x"], ["43A09"], ["2023-01-01T00:00:00+00:00"]],
    "monitoring.contextFigureHistory": [[1], [0], [-1]],
}


@pytest.mark.parametrize("operation", LISTS)
async def test_the_cursor_of_another_list_is_refused(region: Region, operation: str) -> None:
    sample, wrong = SAMPLES[operation], []
    async with nothing_written(region):
        for key in KEYS:
            if key in RIGHT[operation]:
                continue
            link = link_of(sample, "cursor", "query", cursor_of(key))
            answer = await send(region, operation, sample, link=link)
            if answer.status_code != 400 or places(answer) != {"cursor"}:
                wrong.append(f"{key}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("cursor", ["x", "%%%", "W10=", "eyJ9", "é", "A" * 501, "", "null", "bm8gSlNPTg"])
async def test_a_broken_cursor_is_refused(region: Region, operation: str, cursor: str) -> None:
    link = link_of(SAMPLES[operation], "cursor", "query", cursor)
    assert places(await send(region, operation, SAMPLES[operation], link=link)) == {"cursor"}


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
async def test_the_cursor_of_another_list_is_refused_in_a_search(region: Region, key: object) -> None:
    if key == ["0794", 1]:
        key = [1, "0794"]
    body = text_of({"cursor": cursor_of(key)})
    answer = await send(region, "referrals.searchIndications", SAMPLES["referrals.searchIndications"], body)
    assert places(answer) == {"#/cursor"}


@pytest.mark.parametrize("operation", LISTS)
async def test_a_page_is_of_1_to_its_largest_size(region: Region, operation: str) -> None:
    largest = 10_000 if operation == "monitoring.figure" else 1_000
    for size in ("0", "-1", str(largest + 1), "abc", "", str(2**64)):
        link = link_of(SAMPLES[operation], "pageSize", "query", size)
        assert places(await send(region, operation, SAMPLES[operation], link=link)) == {"pageSize"}, size
    for size in ("1", str(largest)):
        link = link_of(SAMPLES[operation], "pageSize", "query", size)
        assert (await send(region, operation, SAMPLES[operation], link=link)).status_code == 200
