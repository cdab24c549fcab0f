"""Every operation x every role x whose rows x every kind of token: the table in `rights` decides, and nothing else."""

from collections.abc import Iterator, Sequence

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from shared.auth import Role
from tests.contract.callers import (
    OTHER_MUNICIPALITY,
    OUTSIDE_THE_REGION,
    STRANGE_MUNICIPALITY,
    STRANGE_PROVIDER,
    Caller,
    other,
    own,
    stranger,
)
from tests.contract.canaries import Canary, leaks
from tests.contract.region import Region
from tests.contract.requests import (
    AWAITED_NUMBER_OF_OTHERS,
    NUMBER_OF_OTHER_PROVIDER,
    SAMPLES,
    UNKNOWN_NUMBER,
    UNKNOWN_PRODUCT,
    UNKNOWN_REFERENCE,
    UNKNOWN_VALID_FROM,
    Sample,
)
from tests.contract.rights import AWAITED, FOREIGN, HIDDEN, LEFT_OUT, RIGHTS, SHARED, Others
from tests.contract.tokens import ACCEPTED, REFUSED

# What is there for everybody: is this process well, and what can be asked of it.
OPEN = {"/livez", "/readyz", "/{service}/v1/openapi.json", "/{service}/v1/docs"}
UNKNOWN: dict[str, str | int] = {
    "assignmentNumber": UNKNOWN_NUMBER,
    "product": UNKNOWN_PRODUCT,
    "code": UNKNOWN_PRODUCT,
    "from": UNKNOWN_VALID_FROM,
    "reference": UNKNOWN_REFERENCE,
    "year": 2016,
    "referenceDate": UNKNOWN_VALID_FROM,
    "delivery": "0190a5b0-0000-7000-8000-000000009999",
}
OPERATIONS = list(RIGHTS)


def _names_one(sample: Sample) -> bool:
    return sample.method == "GET" and bool(sample.parameters)


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def verdict(answer: httpx.Response) -> tuple[int, str]:
    """Give the status, and which problem it is when it is one."""
    return answer.status_code, slug(answer) if answer.status_code >= 400 else ""


def without_instance(answer: httpx.Response) -> dict[str, object]:
    """Give what two callers must not be able to tell apart: all but the id of the request."""
    return {name: value for name, value in answer.json().items() if name != "instance"}


def callers() -> Iterator[Caller]:
    for role in Role:
        yield from (own(role), other(role))


# --- the table is whole ---


def test_every_operation_has_rights_and_a_sample_and_none_is_left_over(empty_region: Region) -> None:
    served = {
        f"{service}.{operation['operationId']}"
        for service, app in empty_region.apps.items()
        for methods in app.openapi()["paths"].values()
        for operation in methods.values()
    }
    assert served == RIGHTS.keys(), "write down in tests/contract/rights.py who may use it, and whose rows"
    assert served == SAMPLES.keys(), "write a valid request of it in tests/contract/requests.py"


def test_nothing_is_served_beside_the_documented_operations(empty_region: Region) -> None:
    """A route that keeps out of the document would keep out of this test: so there are none but those open to all."""
    for service, app in empty_region.apps.items():
        documented = {f"/{service}/v1{path}" for path in app.openapi()["paths"]}
        served = {path for route in app.router.routes for path in paths_of(route)}
        assert served - documented == {each.format(service=service) for each in OPEN}


def paths_of(route: object) -> Iterator[str]:
    """Give the templates of a route, or of all in an included router, documented or not."""
    for each in iter_route_contexts([route]):  # type: ignore[list-item]
        yield str(each.path)


def test_the_document_says_which_roles_may(empty_region: Region) -> None:
    said = {
        f"{service}.{operation['operationId']}": set(operation["x-roles"])
        for service, app in empty_region.apps.items()
        for methods in app.openapi()["paths"].values()
        for operation in methods.values()
    }
    assert said == {name: {role.value for role in roles} for name, roles in RIGHTS.items()}


# --- tokens ---


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_without_an_accepted_token_nobody_gets_further_than_the_door(
    region: Region, operation: str
) -> None:
    sample = SAMPLES[operation]
    wrong = []
    with region.without_database():
        answer = await region.call_with(None, sample)
        assert verdict(answer) == (401, "authentication-required")
        for caller in callers():
            for kind in REFUSED:
                answer = await region.call_with(region.issuer.refused(kind, *caller), sample)
                if verdict(answer) != (401, "invalid-token") or "www-authenticate" not in answer.headers:
                    wrong.append((kind, caller, verdict(answer)))
    assert wrong == []


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_role_without_the_right_is_refused_whoever_it_is(region: Region, operation: str) -> None:
    with region.without_database():
        for caller in callers():
            if caller.role not in RIGHTS[operation]:
                answer = await region.call(caller, SAMPLES[operation])
                assert verdict(answer) == (403, "forbidden"), caller


# --- whose rows ---


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_a_role_with_the_right_gets_its_own(
    region: Region, canaries: Sequence[Canary], operation: str
) -> None:
    for role in RIGHTS[operation]:
        for kind in ACCEPTED:
            sample = SAMPLES[operation].by(role)
            answer = await region.call_with(region.issuer.accepted(kind, *own(role)), sample)
            assert answer.is_success, (role, answer.text)
            assert leaks(answer, own(role), canaries) == []


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_what_is_anothers_is_treated_as_the_table_says(
    region: Region, canaries: Sequence[Canary], operation: str
) -> None:
    for role, others in RIGHTS[operation].items():
        for caller in (other(role), stranger(role)):
            check = {
                FOREIGN: _is_foreign,
                HIDDEN: _is_hidden,
                LEFT_OUT: _lacks_them,
                AWAITED: _is_hidden_or_waits,
                SHARED: _is_the_same,
            }
            await check[others](region, caller, SAMPLES[operation], canaries)


async def _is_foreign(region: Region, caller: Caller, sample: Sample, _: Sequence[Canary]) -> None:
    """The same 403 for what is there and what is not, and no database was asked."""
    with region.without_database():
        answers = [await region.call(caller, each) for each in (sample, sample.about(**UNKNOWN))]
    assert [verdict(each) for each in answers] == [(403, "foreign-organisation")] * 2
    assert without_instance(answers[0]) == without_instance(answers[1])


async def _is_hidden(region: Region, caller: Caller, sample: Sample, _: Sequence[Canary]) -> None:
    there, absent = [await region.call(caller, each) for each in (sample, sample.about(**UNKNOWN))]
    assert verdict(there) == verdict(absent) == (404, "not-found")
    assert without_instance(there) == without_instance(absent)


async def _is_hidden_or_waits(
    region: Region, caller: Caller, sample: Sample, canaries: Sequence[Canary]
) -> None:
    """What is another's is 404. That a number is nobody's yet can be told from it: it must wait for its owner."""
    there = await region.call(caller, sample)
    assert verdict(there) == (404, "not-found")
    absent = sample.about(**{**UNKNOWN, "assignmentNumber": AWAITED_NUMBER_OF_OTHERS})
    answer = await region.call(caller, absent.sending({"sentAt": "2023-02-02T09:00:00Z"}))
    assert answer.status_code in (200, 201)
    assert answer.json()["status"] == "waiting"
    assert leaks(answer, caller, canaries) == []


async def _lacks_them(region: Region, caller: Caller, sample: Sample, canaries: Sequence[Canary]) -> None:
    answer = await region.call(caller, sample)
    assert answer.is_success, answer.text
    assert leaks(answer, caller, canaries) == []


async def _is_the_same(region: Region, caller: Caller, sample: Sample, canaries: Sequence[Canary]) -> None:
    answers = [await region.call(each, sample) for each in (own(caller.role), caller)]
    assert {each.status_code for each in answers} == {200}
    assert answers[0].json() == answers[1].json()
    assert leaks(answers[1], caller, canaries) == []


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if _names_one(SAMPLES[name])])
async def test_what_is_not_there_is_404_for_all_who_may_ask(region: Region, operation: str) -> None:
    sample = SAMPLES[operation]
    absent = sample.about(**UNKNOWN, figure="no-such-figure", agb=STRANGE_PROVIDER)
    for role in RIGHTS[operation]:
        caller = stranger(role) if "agb" in sample.parameters else own(role)
        assert verdict(await region.call(caller, absent)) == (404, "not-found"), role


async def test_a_provider_cannot_tell_what_a_municipality_has_for_others(region: Region) -> None:
    """Another provider's indication, a number that is free, a municipality without rows, one that nobody knows."""
    sample = SAMPLES["referrals.indication"]
    caller = own(Role.PROVIDER)
    answers = [
        await region.call(caller, sample.about(assignmentNumber=NUMBER_OF_OTHER_PROVIDER)),
        await region.call(caller, sample.about(assignmentNumber=UNKNOWN_NUMBER)),
        await region.call(caller, sample.about(municipality=STRANGE_MUNICIPALITY)),
        await region.call(caller, sample.about(municipality=OUTSIDE_THE_REGION)),
    ]
    assert [verdict(each) for each in answers] == [(404, "not-found")] * 4
    assert all(without_instance(each) == without_instance(answers[0]) for each in answers)


@pytest.mark.parametrize("operation", [name for name, sample in SAMPLES.items() if sample.method == "GET"])
async def test_every_page_of_a_list_holds_the_callers_own_rows_only(
    region: Region, canaries: Sequence[Canary], operation: str
) -> None:
    """One row a page, so that every link and cursor is one that a row of the caller's made."""
    for role in RIGHTS[operation]:
        for caller in (own(role), other(role), stranger(role)):
            answer = await region.call(caller, SAMPLES[operation].asking(pageSize=1))
            for _ in range(40):
                assert leaks(answer, caller, canaries) == []
                link = _next_of(answer)
                if link is None or link == answer.request.url.raw_path.decode():
                    break
                headers = {"Authorization": answer.request.headers["Authorization"]}
                answer = await region.clients[SAMPLES[operation].service].get(link, headers=headers)
            else:
                pytest.fail("the links lead on for ever")


def _next_of(answer: httpx.Response) -> str | None:
    if answer.status_code != 200:
        return None
    if answer.links:
        return answer.links["next"]["url"]
    content = answer.json()
    return content.get("next") if isinstance(content, dict) else None


async def test_the_callers_own_marks_do_arrive(region: Region, canaries: Sequence[Canary]) -> None:
    """Without this, a list that is always empty would pass for one that keeps secrets."""
    expected = {
        "referrals.indications": (Role.MUNICIPALITY, Role.PROVIDER),
        "referrals.carePeriods": (Role.MUNICIPALITY, Role.PROVIDER),
        "referrals.deliveries": (Role.MUNICIPALITY, Role.PROVIDER),
        "referrals.events": (Role.MUNICIPALITY, Role.PROVIDER),
        "contracts.deliveries": (Role.PROVIDER, Role.CONTRACT_MANAGER),
        "contracts.events": (Role.MUNICIPALITY, Role.PROVIDER, Role.CONTRACT_MANAGER),
        "contracts.agreements": (Role.PROVIDER, Role.CONTRACT_MANAGER),
        "contracts.claims": (Role.MUNICIPALITY, Role.PROVIDER, Role.CONTRACT_MANAGER),
        "contracts.providers": (Role.PROVIDER, Role.CONTRACT_MANAGER),
        "availability.deliveries": (Role.PROVIDER,),
        "availability.offers": (Role.REFERRER, Role.CONTRACT_MANAGER),
        "availability.waitingTimes": (Role.PROVIDER, Role.CONTRACT_MANAGER),
        "availability.events": (Role.PROVIDER, Role.CONTRACT_MANAGER),
    }
    for operation, roles in expected.items():
        for role in roles:
            text = (await region.call(own(role), SAMPLES[operation])).text
            assert any(each.text in text for each in canaries if each.may_reach(own(role))), (operation, role)


async def test_filters_do_not_open_what_is_anothers(region: Region, canaries: Sequence[Canary]) -> None:
    own_municipality, own_provider = own(Role.MUNICIPALITY), own(Role.PROVIDER)
    asked = [
        (own_municipality, SAMPLES["referrals.indications"].asking(municipality=OTHER_MUNICIPALITY)),
        (own_provider, SAMPLES["referrals.indications"].asking(provider=other(Role.PROVIDER).organisation)),
        (own_municipality, SAMPLES["referrals.carePeriods"].asking(municipality=OTHER_MUNICIPALITY)),
        (own_provider, SAMPLES["referrals.carePeriods"].asking(provider=other(Role.PROVIDER).organisation)),
        (own_municipality, SAMPLES["contracts.claims"].asking(municipality=OTHER_MUNICIPALITY)),
        (own_provider, SAMPLES["contracts.claims"].asking(provider=other(Role.PROVIDER).organisation)),
        (own_provider, SAMPLES["contracts.agreements"].asking(provider=other(Role.PROVIDER).organisation)),
    ]
    for caller, sample in asked:
        answer = await region.call(caller, sample)
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    theirs = [each for each in canaries if each.municipality == OTHER_MUNICIPALITY]
    search = SAMPLES["referrals.searchIndications"]
    for canary in theirs:
        if len(canary.text) == len("6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"):
            answer = await region.call(own_municipality, search.sending({"clientId": canary.text}))
            assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_the_kinds_of_others_are_all_in_use() -> None:
    assert {others for roles in RIGHTS.values() for others in roles.values()} == set(Others)
