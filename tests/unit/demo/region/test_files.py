"""What the files of the demonstration region look like: fit for the front doors, and the same each time."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from demo.region import generate
from demo.region.files import LAST_DELIVERY, LOADED_UNTIL, Files, delivery_day
from demo.region.naming import Naming
from demo.region.published import CLIENTS
from services.availability.waiting_times.schemas import WaitingTimeReport
from services.contracts.agreements.schemas import AgreementBody
from services.contracts.claims.schemas import ClaimBody
from services.contracts.products.schemas import ProductBody
from services.contracts.providers.schemas import ProviderBody
from services.referrals.care.schemas import CarePeriodBody
from services.referrals.indications.domain import Outcome, Version, decide
from services.referrals.indications.schemas import IndicationBody, WithdrawalBody
from shared.values.region import load_region
from tests.unit.demo.region.counting import Deliveries, Line, clients, lines_of

_ONE_IN = 97
# Numbers of what was delivered twice by mistake; some of it is not withdrawn yet.
_SECOND_TIME = 800_000_000


def test_what_is_loaded_has_some_half_a_million_records_of_all_kinds(written: Files) -> None:
    assert set(written.records) == {
        "products", "providers", "agreements", "indications", "care-periods", "claims", "waiting-times",
    }  # fmt: skip
    assert 400_000 < sum(written.records.values()) <= 500_000


@pytest.mark.parametrize(
    ("kind", "body", "keys"),
    [
        ("products", ProductBody, ("code",)),
        ("providers", ProviderBody, ("agb",)),
        ("agreements", AgreementBody, ("provider", "product", "from")),
    ],
)
def test_what_is_delivered_once_is_a_body_with_its_key(
    deliveries: Deliveries, kind: str, body: type[BaseModel], keys: tuple[str, ...]
) -> None:
    lines = list(lines_of(deliveries.folder / f"{kind}.ndjson.gz"))
    _accepted(lines, body, keys)
    assert len({tuple(line[key] for key in keys) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("kind", "body", "keys", "fits"),
    [
        ("indications", IndicationBody, ("municipality", "assignmentNumber"), lambda line: "bsn" in line),
        (
            "indications",
            WithdrawalBody,
            ("municipality", "assignmentNumber", "withdrawn"),
            lambda line: "bsn" not in line,
        ),
        (
            "care-periods",
            CarePeriodBody,
            ("provider", "municipality", "assignmentNumber", "from"),
            lambda _: True,
        ),
        ("claims", ClaimBody, ("provider", "reference"), lambda line: "credited" not in line),
        ("waiting-times", WaitingTimeReport, (), lambda _: True),
    ],
)
def test_a_line_is_the_body_of_the_single_call_with_its_key(
    deliveries: Deliveries,
    kind: str,
    body: type[BaseModel],
    keys: tuple[str, ...],
    fits: Callable[[Line], bool],
) -> None:
    some = islice((line for line in deliveries.all_of(kind) if fits(line)), 0, None, _ONE_IN)
    assert _accepted(some, body, keys) > 10


def test_a_line_says_since_when_it_was_known_and_nothing_comes_after_the_last_delivery(
    deliveries: Deliveries,
) -> None:
    moments = {
        line["knownAt"]
        for kind in ("indications", "care-periods", "claims", "waiting-times")
        for line in deliveries.all_of(kind)
    }
    assert {moment[8:10] for moment in moments} == {"10"}
    assert (min(moments)[:10], max(moments)[:10]) == ("2021-01-10", LOADED_UNTIL.isoformat())


def test_every_version_is_kept_when_versions_arrive_in_the_order_of_their_moments(
    deliveries: Deliveries,
) -> None:
    for lines in deliveries.versions.values():
        kept: list[Version] = []
        for line in sorted(lines, key=lambda line: (line["decidedAt"], line["sentAt"])):
            version = _version(line, kept)
            outcome = decide(kept, version).outcome
            assert outcome is (Outcome.APPLIED if kept else Outcome.CREATED), (
                line["assignmentNumber"],
                outcome,
            )
            kept.append(version)


def test_claims_lie_within_their_indication_and_stay_below_what_was_granted(
    deliveries: Deliveries, now: list[Line]
) -> None:
    numbers = {(line["municipality"], line["assignmentNumber"]): line for line in now}
    claimed: dict[tuple[str, int], int] = {}
    for claim in deliveries.claims:
        key = claim["municipality"], claim["assignmentNumber"]
        line = numbers[key]
        assert line["provider"] == claim["provider"]
        assert line["from"] <= claim["from"] <= claim["to"] <= line.get("to", "9999")
        claimed[key] = claimed.get(key, 0) + claim["cents"]
    for key in islice(claimed, 0, None, 499):
        line = numbers[key]
        assert claimed[key] <= deliveries.worth(line, (line["from"], line.get("to", "2030-12-31")))


@pytest.mark.parametrize(
    ("sent", "delivered"),
    [
        (date(2023, 8, 10), date(2023, 8, 10)),
        (date(2023, 8, 11), date(2023, 9, 10)),
        (date(2022, 12, 11), date(2023, 1, 10)),
        (date(2019, 5, 1), date(2021, 1, 10)),
        (LAST_DELIVERY, LAST_DELIVERY),
    ],
)
def test_what_is_sent_goes_with_the_next_tenth_of_a_month(sent: date, delivered: date) -> None:
    assert delivery_day(sent) == delivered


def test_the_same_seed_grants_the_same_and_another_region_has_other_people(now: list[Line]) -> None:
    again, other = generate.granted(0), generate.granted(1)
    granted = {_said(each.record()) for each in again.grants}
    assert granted >= {_said(line) for line in now if line["assignmentNumber"] < _SECOND_TIME}
    assert not {each.person.bsn for each in other.grants} & clients(now)


def test_further_regions_have_codes_of_their_own_in_one_region_file(tmp_path: Path) -> None:
    names = [Naming(region) for region in range(3)]
    file = tmp_path / "region.toml"
    file.write_text(Naming.region_file(names), encoding="utf-8")
    region = load_region(file)
    codes = [names[number].municipality(code) for number in range(3) for code in CLIENTS]
    assert list(region.names) == codes
    assert len(set(codes)) == 3 * len(CLIENTS)
    line: dict[str, Any] = {"municipality": "0794", "provider": "98900101", "team": "0794-2"}
    assert Naming(0).of(line) == line
    assert Naming(1).of(line) == {"municipality": "2015", "provider": "98901101", "team": "2015-2"}


def _accepted(lines: Iterable[Line], body: type[BaseModel], keys: tuple[str, ...]) -> int:
    """How many there were. Raises ValidationError for one that its route would refuse."""
    count = 0
    for line in lines:
        body.model_validate({name: value for name, value in line.items() if name not in (*keys, "knownAt")})
        assert set(keys) <= set(line)
        count += 1
    return count


def _version(line: Line, kept: list[Version]) -> Version:
    moments = datetime.fromisoformat(line["decidedAt"]), datetime.fromisoformat(line["sentAt"])
    if "withdrawn" in line:
        return Version(*moments, kept[-1].client, kept[-1].content, withdrawal=True, reason=line["reason"])
    about = ("municipality", "assignmentNumber", "bsn", "decidedAt", "sentAt", "knownAt")
    return Version(*moments, line["bsn"], {name: value for name, value in line.items() if name not in about})


def _said(line: Line) -> tuple[Any, ...]:
    return (
        line["municipality"],
        line["assignmentNumber"],
        line["bsn"],
        line["product"],
        line["provider"],
        line["from"],
    )
