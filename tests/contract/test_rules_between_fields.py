"""The rules between fields (`domain.md`, iJw 3.2), one by one: which field is at fault, and all faults at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shared.auth import Role
from tests.contract.callers import OTHER_MUNICIPALITY, OTHER_PROVIDER, OUTSIDE_THE_REGION, WRITER, Caller, own
from tests.contract.refusals import nothing_written, places, send, text_of
from tests.contract.region import Region
from tests.contract.requests import (
    CARE,
    CARE_FROM,
    CARE_FROM_TO_WITHDRAW,
    CARE_START,
    NUMBER,
    NUMBER_TO_WITHDRAW,
    SAMPLES,
    UNKNOWN_PRODUCT,
    VALID_FROM,
    Body,
    Sample,
    citizen_number,
    claim_of,
    indication,
    location,
    product,
    provider,
)

PUT = "referrals.recordIndication"
BUDGET: Body = {"volume": None, "unit": None, "frequency": None, "budgetCents": 100_000}


async def refused(region: Region, operation: str, body: Body, sample: Sample | None = None) -> set[str]:
    async with nothing_written(region):
        return places(await send(region, operation, sample or SAMPLES[operation], text_of(body)))


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        # The last day lies before the first.
        ({"to": "2022-12-31"}, {"#/to"}),
        # A volume or a budget is required, and not both.
        ({**BUDGET, "budgetCents": None}, {"#/volume"}),
        ({"budgetCents": 100_000}, {"#/budgetCents"}),
        # A budget requires an end.
        ({**BUDGET, "to": None}, {"#/to"}),
        # Frequency 2 (week) requires an end.
        ({"to": None}, {"#/to"}),
        # Volume, unit and frequency go together.
        ({"unit": None}, {"#/unit"}),
        ({"frequency": None}, {"#/frequency"}),
        ({"unit": None, "frequency": None}, {"#/unit", "#/frequency"}),
        ({**BUDGET, "unit": "14"}, {"#/unit"}),
        ({**BUDGET, "frequency": "6"}, {"#/frequency"}),
        # Units 14, 16, 83 and 84 go with frequency 2, 4 or 6.
        *(({"unit": unit, "frequency": "1"}, {"#/frequency"}) for unit in ("14", "16", "83", "84")),
        # A code goes with referrers of type 02 to 05.
        *(
            ({"referrer": {"type": kind, "code": "98900901"}}, {"#/referrer"})
            for kind in ("01", "06", "08", "RvdK")
        ),
        # The analysis was done, or it is said why not.
        ({"explanatoryAnalysis": {}}, {"#/explanatoryAnalysis"}),
        (
            {"explanatoryAnalysis": {"doneOn": "2022-11-20", "motivation": "In an emergency"}},
            {"#/explanatoryAnalysis"},
        ),
        # All at once.
        (
            {"to": "2022-12-31", "frequency": "1", "budgetCents": 1, "referrer": {"type": "06", "code": "98900901"}},
            {"#/to", "#/frequency", "#/budgetCents", "#/referrer"},
        ),
        ({"to": None, "budgetCents": 1, "unit": None}, {"#/to", "#/budgetCents", "#/unit"}),
    ],
)  # fmt: skip
async def test_an_indication_whose_fields_do_not_go_together_is_refused(
    region: Region, changed: Body, at: set[str]
) -> None:
    assert await refused(region, PUT, indication(citizen_number(1), **changed)) == at


@pytest.mark.parametrize(
    "changed",
    [
        BUDGET,
        {"to": None, "frequency": "4"},
        *({"unit": unit, "frequency": "1"} for unit in ("01", "04", "82")),
        *({"referrer": {"type": kind, "code": "98900901"}} for kind in ("02", "03", "04", "05")),
        *({"referrer": {"type": kind}} for kind in ("01", "02", "06", "08", "RvdK")),
        {"referrer": None, "explanatoryAnalysis": {"motivation": "In an emergency"}},
        {"to": VALID_FROM},
    ],
)
async def test_what_goes_together_is_accepted(region: Region, changed: Body) -> None:
    """The other side of each rule: under numbers of their own, since what is accepted is kept."""
    number = next(FREE_NUMBERS)
    sample = SAMPLES[PUT].about(municipality=WRITER.organisation, assignmentNumber=number)
    body = indication(citizen_number(40), OTHER_PROVIDER, **changed)
    answer = await region.call(WRITER, sample.sending(body))
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created"), answer.text


FREE_NUMBERS: Iterator[int] = iter(range(10_000, 20_000))


async def test_a_municipality_outside_the_region_is_refused(region: Region) -> None:
    for operation in (PUT, "referrals.withdrawIndication"):
        sample = SAMPLES[operation].about(municipality=OUTSIDE_THE_REGION)
        async with nothing_written(region):
            answer = await region.call(Caller(Role.MUNICIPALITY, OUTSIDE_THE_REGION), sample)
        assert places(answer) == {"municipality"}


CARE_PERIOD = "referrals.recordCarePeriod"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        # A stop has a last day and a reason.
        ({**CARE_START, "to": "2023-06-30"}, {"#/reasonOfEnding"}),
        ({**CARE_START, "reasonOfEnding": "31"}, {"#/to"}),
        # The last day lies before the first.
        ({**CARE, "to": "2023-01-31"}, {"#/to"}),
    ],
)
async def test_a_stop_that_is_not_whole_or_lies_before_its_start_is_refused(
    region: Region, body: Body, at: set[str]
) -> None:
    assert await refused(region, CARE_PERIOD, body) == at


async def test_care_in_a_municipality_outside_the_region_is_refused(region: Region) -> None:
    for operation in (CARE_PERIOD, "referrals.withdrawCarePeriod"):
        sample = SAMPLES[operation].about(municipality=OUTSIDE_THE_REGION)
        assert await refused(region, operation, sample.body or {}, sample) == {"municipality"}


@pytest.mark.parametrize(
    ("first", "body", "slug", "facts"),
    [
        (
            "2022-12-31",
            CARE_START,
            "outside-indication",
            {"field": "from", "indicationFrom": VALID_FROM, "indicationTo": "2023-12-31"},
        ),
        (
            "2023-08-01",
            {**CARE, "to": "2024-01-01"},
            "outside-indication",
            {"field": "to", "indicationFrom": VALID_FROM, "indicationTo": "2023-12-31"},
        ),
        ("2023-01-15", CARE_START, "care-overlaps", {"overlapsFrom": CARE_FROM, "overlapsTo": "2023-06-30"}),
        (
            "2023-08-01",
            CARE_START,
            "care-overlaps",
            {"overlapsFrom": CARE_FROM_TO_WITHDRAW, "overlapsTo": None},
        ),
        (CARE_FROM, {**CARE, "to": "2023-06-29"}, "moments-taken", {}),
    ],
)
async def test_care_that_cannot_stand_is_a_conflict_that_names_what_is_in_the_way(
    region: Region, first: str, body: Body, slug: str, facts: Body
) -> None:
    sample = SAMPLES[CARE_PERIOD].about(**{"from": first})
    if facts.get("overlapsFrom") == CARE_FROM_TO_WITHDRAW:
        # Another test may have withdrawn what is in the way here.
        back = {"sentAt": "2023-10-01T09:00:00Z"}
        again = sample.about(**{"from": CARE_FROM_TO_WITHDRAW})
        assert (await send(region, CARE_PERIOD, again, text_of(back))).status_code == 200
    async with nothing_written(region):
        answer = await send(region, CARE_PERIOD, sample, text_of(body))
    content = answer.json()
    assert (answer.status_code, content["type"].rpartition(":")[2]) == (409, slug)
    assert {name: content[name] for name in facts} == facts


async def test_a_start_cannot_be_deleted_after_its_stop(region: Region) -> None:
    sample = SAMPLES["referrals.withdrawCarePeriod"].about(**{"from": CARE_FROM})
    async with nothing_written(region):
        answer = await send(region, "referrals.withdrawCarePeriod", sample, text_of(sample.body))
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "care-has-stop")


async def test_a_withdrawn_indication_takes_no_start(region: Region) -> None:
    await region.call(own(Role.MUNICIPALITY), SAMPLES["referrals.withdrawIndication"])
    sample = SAMPLES[CARE_PERIOD].about(assignmentNumber=NUMBER_TO_WITHDRAW)
    async with nothing_written(region):
        answer = await send(region, CARE_PERIOD, sample, text_of(CARE_START))
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "indication-takes-no-care")


async def test_a_made_up_number_is_refused_where_children_are_real(region: Region) -> None:
    body = indication(citizen_number(1))
    with as_in_production(region):
        assert await refused(region, PUT, body) == {"#/bsn"}


@contextmanager
def as_in_production(region: Region) -> Iterator[None]:
    region.apps["referrals"].state.demonstration = False
    try:
        yield
    finally:
        region.apps["referrals"].state.demonstration = True


TARIFF = {"from": VALID_FROM, "cents": 1}


@pytest.mark.parametrize(
    ("operation", "body", "at"),
    [
        ("contracts.putProduct", product(category="45"), {"#/category"}),
        ("contracts.putProduct", product(to="2022-12-31"), {"#/to"}),
        ("contracts.putProduct", product(tariffs=[{**TARIFF, "to": "2022-12-31"}]), {"#/tariffs/0/to"}),
        (
            "contracts.putProduct",
            product(tariffs=[TARIFF, {"from": "2024-01-01", "cents": 2}]),
            {"#/tariffs/0/to"},
        ),
        (
            "contracts.putProduct",
            product(tariffs=[{**TARIFF, "to": "2023-12-31"}, {"from": "2023-12-31", "cents": 2}]),
            {"#/tariffs/1/from"},
        ),
        (
            "contracts.putProduct",
            product(category="45", to="2022-12-31", tariffs=[{**TARIFF, "to": "2022-12-31"}]),
            {"#/category", "#/to", "#/tariffs/0/to"},
        ),
        ("contracts.putProvider", provider(locations=[location(), location()]), {"#/locations/1/code"}),
        ("contracts.putProduct", product(minimumAge=12, maximumAge=11), {"#/maximumAge"}),
        ("contracts.putAgreement", {"to": "2022-12-31"}, {"#/to"}),
        (
            "contracts.putAgreement",
            {"municipalities": [OTHER_MUNICIPALITY, OUTSIDE_THE_REGION]},
            {"#/municipalities/1"},
        ),
        ("contracts.putClaim", {**claim_of(OTHER_MUNICIPALITY, NUMBER), "to": "2022-12-31"}, {"#/to"}),
        ("contracts.putClaim", claim_of(OUTSIDE_THE_REGION, NUMBER), {"#/municipality"}),
    ],
)
async def test_what_does_not_go_together_in_contracts_is_refused(
    region: Region, operation: str, body: Body, at: set[str]
) -> None:
    assert await refused(region, operation, body) == at


async def test_an_agreement_of_unknown_parties_names_both(region: Region) -> None:
    sample = SAMPLES["contracts.putAgreement"].about(provider="98009999", product=UNKNOWN_PRODUCT)
    assert await refused(region, "contracts.putAgreement", {}, sample) == {"provider", "product"}


async def test_agreements_that_overlap_are_a_conflict_that_names_the_period(region: Region) -> None:
    sample = SAMPLES["contracts.putAgreement"].about(**{"from": "2023-06-01"})
    async with nothing_written(region):
        answer = await send(region, "contracts.putAgreement", sample, "{}")
    assert (answer.status_code, answer.json()["overlapsFrom"]) == (409, VALID_FROM)
