"""What the example's providers report keeps to the rules and gives the published numbers, calculated from the calls."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from demo.request import Request
from shared.values.codes import ReasonOfEnding
from tests.unit.demo.test_april_2023 import covers, days, newest, sent, sent_offer, worth_on

REDEMPTION_2022 = {"43A09": "100.00", "43A10": "95.79", "43A14": "96.10", "43B99": "96.90"}
WAITING_WEEKS = {"43A09": (2, 12), "43A10": (1, 110), "43A14": (0, 40), "43B99": (1, 40)}
STANDING = {"43A09": 5, "43A10": 10, "43A14": 6, "43B99": 5}
APRIL = (date(2023, 4, 1), date(2023, 4, 30))
YEAR = (date(2022, 1, 1), date(2022, 12, 31))


@cache
def by_number() -> dict[tuple[str, int], dict[str, Any]]:
    """The indications in force by municipality and number; the number stands in the path of the calls only."""
    numbers = {
        (request.body["bsn"], request.body["decidedAt"]): int(request.path.split("/")[3])
        for request in sent()
        if request.path.startswith("/indications") and "bsn" in request.body
    }
    return {(one["municipality"], numbers[one["bsn"], one["decidedAt"]]): one for one in newest()}


def calls(noun: str) -> list[Request]:
    return [request for request in sent() if request.path.split("/")[1] == noun]


def worth(one: dict[str, Any], first: date, last: date) -> int:
    """The cents of some days of an indication: what accumulated by the last less what had by the day before the first."""
    began, ends = date.fromisoformat(one["from"]), date.fromisoformat(one.get("to", "9999-12-31"))
    # Minutes cost a sixtieth of the hour for which the catalogue has a tariff.
    share = Fraction(1, 60) if one.get("unit") == "01" else Fraction(1)
    before = whole = Fraction(0)
    for day in days(began, min(last, ends)):
        if day == max(first, began):
            before = whole
        whole += worth_on(one, day) * share
    return int(whole + Fraction(1, 2)) - int(before + Fraction(1, 2)) if min(last, ends) >= first else 0


@pytest.mark.parametrize("product", REDEMPTION_2022)
def test_claimed_of_granted_in_2022_is_the_published_percentage(product: str) -> None:
    granted = sum(worth(one, *YEAR) for one in newest() if one["product"] == product)
    claimed = sum(
        call.body["cents"]
        for call in calls("claims")
        if call.body["from"] < "2023" and indication_of(call)["product"] == product
    )
    exact = Decimal(claimed) * 100 / granted
    assert exact.quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal(REDEMPTION_2022[product])


def indication_of(claim: Request) -> dict[str, Any]:
    return by_number()[claim.body["municipality"], claim.body["assignmentNumber"]]


def test_a_claim_lies_in_its_indication_and_all_of_them_within_what_was_granted() -> None:
    claimed: dict[tuple[str, int], list[Request]] = defaultdict(list)
    for call in calls("claims"):
        one = indication_of(call)
        assert call.organisation == one["provider"] == call.path.split("/")[2]
        assert one["from"] <= call.body["from"] <= call.body["to"] <= one.get("to", "9999")
        claimed[call.body["municipality"], call.body["assignmentNumber"]].append(call)
    for key, several in claimed.items():
        assert sum(call.body["cents"] for call in several) <= worth(
            by_number()[key], YEAR[0], date(2023, 12, 31)
        )
        assert all(
            before.body["to"] < after.body["from"]
            for before, after in pairwise(sorted(several, key=lambda call: str(call.body["from"])))
        )


@pytest.mark.parametrize("product", WAITING_WEEKS)
def test_the_reported_waiting_times_of_april_have_the_published_range(product: str) -> None:
    reports = [
        report
        for call in calls("waiting-times")
        for report in call.body["reports"]
        if report["product"] == product and report["referenceDate"][:7] == "2023-04"
    ]
    weeks = [report["intakeWeeks"] + report["startWeeks"] for report in reports]
    assert (min(weeks), max(weeks)) == WAITING_WEEKS[product]
    assert len({report["provider"] for report in reports}) == STANDING[product]


def test_a_report_is_of_what_its_provider_offers_on_that_day_at_a_location_of_its_own() -> None:
    locations = {
        request.path.split("/")[2]: {place["code"] for place in request.body["locations"]}
        for request in calls("providers")
    }
    for call in calls("waiting-times"):
        for report in call.body["reports"]:
            agreements = sent_offer().agreements[report["provider"], report["product"]]
            day = date.fromisoformat(report["referenceDate"])
            assert any(covers(agreement, day) for agreement in agreements)
            assert report["location"] in locations[report["provider"]]
            assert call.organisation == report["provider"]


def test_care_lies_in_its_indication_and_a_stop_follows_its_start() -> None:
    told: dict[str, list[Request]] = defaultdict(list)
    for call in calls("care-periods"):
        _, _, municipality, number, began = call.path.split("/")
        one = by_number()[municipality, int(number)]
        assert one["from"] <= began <= call.body.get("to", began) <= one.get("to", "9999")
        assert call.organisation == one["provider"]
        assert ("to" in call.body) == ("reasonOfEnding" in call.body)
        told[call.path].append(call)
    assert {len(several) for several in told.values()} == {1, 2}
    for several in told.values():
        assert [("to" in call.body) for call in several] in ([False], [False, True])
        moments = [call.body["sentAt"] for call in several]
        assert moments == sorted(set(moments))
    reasons = {call.body["reasonOfEnding"] for call in calls("care-periods") if "to" in call.body}
    assert reasons > {ReasonOfEnding.AS_PLANNED}


def test_some_children_wait_and_some_start_at_once() -> None:
    waits = set()
    for call in calls("care-periods"):
        _, _, municipality, number, began = call.path.split("/")
        granted_from = date.fromisoformat(by_number()[municipality, int(number)]["from"])
        waits.add(date.fromisoformat(began) - granted_from)
    assert min(waits) == timedelta() < timedelta(days=42) < max(waits)
