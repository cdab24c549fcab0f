"""The SQL that records waiting times does what `domain.decide` says, for any lists in any order; and who sees the rows."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.availability.search.tables import offer
from services.availability.waiting_times.commands import report
from services.availability.waiting_times.domain import (
    EXPLAINED,
    Decision,
    Known,
    Outcome,
    Refusal,
    Said,
    StillCorrect,
    confirmed,
    decide,
    key_of,
    last_reported,
    violations,
)
from shared.database import Database, fetch
from shared.events.availability import ReportState
from shared.values.codes import Admission
from shared.values.period import Period
from tests.unit.availability.conftest import clear

FIRST = date(2023, 1, 1)
PROVIDER = "98000001"
FOSTER, HOME = "43A09", "43A10"


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def said(**changes: Any) -> ReportState:  # noqa: ANN401 - any field
    """A report of foster care at the first location, on the first day."""
    values = {
        "provider": PROVIDER,
        "location": "1",
        "product": FOSTER,
        "reference_date": FIRST,
        "intake_weeks": 2,
        "start_weeks": 4,
        "admission": Admission.ACCEPTING,
    }
    return ReportState.model_validate(values | changes)


def still(number: int, location: str = "1") -> StillCorrect:
    return StillCorrect(PROVIDER, location, day(number))


async def know(worker: Database, known: Known, provider: str = PROVIDER) -> None:
    """Put what the copies know of a provider into the offers."""
    async with worker.transaction() as connection:
        for number, (product, period) in enumerate(known.contracted):
            for location in sorted(known.locations) if known.locations else (None,):
                row = {
                    "agreement": UUID(int=number, version=4),
                    "provider": provider,
                    "provider_name": None if known.locations is None else "De Linde",
                    "product": product,
                    "location": location,
                    "valid_from": period.valid_from,
                    "valid_to": period.valid_to,
                }
                await fetch(connection, offer.insert().values(row))


async def send(api: Database, *given: Said, provider: str = PROVIDER) -> list[Decision]:
    async with api.transaction(organisation=provider, role="provider") as connection:
        return await report(connection, provider, given)


def kept(known: Known, given: Sequence[Said]) -> Known:
    """What is known after a list, by the model."""
    reports = dict(known.reports)
    named = {key_of(each) for each in given if isinstance(each, ReportState)}
    for each, decision in zip(given, decide(known, given), strict=True):
        if decision.outcome is Outcome.REFUSED:
            continue
        if isinstance(each, ReportState):
            reports[key_of(each)] = each
            continue
        for last in last_reported(known, each):
            made = confirmed(last, each.reference_date)
            if key_of(made) not in named:
                reports[key_of(made)] = made
    return replace(known, reports=reports)


# --- the property ---

days = st.integers(0, 6).map(day)
reports = st.builds(
    lambda location, product, on, weeks, admission, length: said(
        location=location,
        product=product,
        reference_date=on,
        intake_weeks=weeks,
        admission=admission,
        reason=None if admission is Admission.ACCEPTING else "Vol",
        until=None
        if admission is Admission.ACCEPTING or length is None
        else on + timedelta(days=length),
    ),
    st.sampled_from(["1", "2", "3"]), st.sampled_from([FOSTER, HOME]), days, st.sampled_from([None, 0, 3]),
    st.sampled_from(Admission), st.none() | st.integers(0, 3),
)  # fmt: skip
confirmations = st.builds(StillCorrect, st.just(PROVIDER), st.sampled_from(["1", "2", "3"]), days)
lists = st.lists(st.lists(st.one_of(reports, reports, confirmations), min_size=1, max_size=6), max_size=4)
knowledge = st.builds(
    lambda contracted, locations: Known({}, tuple(contracted), locations),
    st.lists(
        st.builds(
            lambda product, first, length: (
                product,
                Period(first, length and first + timedelta(days=length)),
            ),
            st.sampled_from([FOSTER, HOME]),
            days,
            st.none() | st.integers(1, 4),
        ),
        min_size=1,
        max_size=3,
    ),
    st.none() | st.sampled_from([frozenset(["1", "2"]), frozenset(["1"]), frozenset[str]()]),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(known=knowledge, arriving=lists)
async def test_the_database_decides_as_the_rules_say_for_any_lists(
    worker: Database, owner: Database, api: Database, known: Known, arriving: list[list[Said]]
) -> None:
    await clear(owner)
    await know(worker, known)
    for given_list in arriving:
        assert await send(api, *given_list) == decide(known, given_list)
        known = kept(known, given_list)
    assert await stored(worker) == known.reports
    newest: dict[tuple[str, str], date] = {}
    for key in known.reports:
        pair = (key.location, key.product)
        newest[pair] = max(newest.get(pair, FIRST), key.reference_date)
    assert await counting(worker) == {known.reports[key_of(said(
        location=location, product=product, reference_date=on))] for (location, product), on in newest.items()}  # fmt: skip
    await every_version_is_an_event(worker)


async def stored(worker: Database) -> dict[Any, ReportState]:
    async with worker.transaction() as connection:
        rows = await connection.fetch("select state from report")
    states = [ReportState.model_validate(row["state"]) for row in rows]
    return {key_of(state): state for state in states}


async def counting(worker: Database) -> set[ReportState]:
    """What counts now, as the search joins it."""
    async with worker.transaction() as connection:
        rows = await connection.fetch("select * from waiting_time")
    return {ReportState.model_validate(dict(row)) for row in rows}


async def every_version_is_an_event(worker: Database) -> None:
    async with worker.transaction() as connection:
        rows = await connection.fetch(
            "select r.version, r.state, r.provider, array_agg(j.version order by j.id) as versions,"
            " array_agg(distinct j.organisations) as organisations,"
            " (array_agg(j.payload order by j.id desc))[1] as payload"
            " from report r left join journal j on j.aggregateid = r.id and j.aggregatetype = 'report' group by r.id"
        )
        pending = await connection.fetchval(
            "select count(*) from journal where id not in (select id from journal_pending)"
        )
    assert pending == 0
    for row in rows:
        assert row["versions"] == list(range(1, row["version"] + 1))
        assert row["payload"] == row["state"]
        assert row["organisations"] == [[row["provider"], "contract-manager"]]


# --- one by one, and what a rule says alone ---

CONTRACTED = Known({}, ((FOSTER, Period(FIRST)), (HOME, Period(FIRST))), frozenset(["1", "2"]))


def outcome(decisions: Sequence[Decision]) -> list[str]:
    return [f"{each.outcome} {each.confirmed}".removesuffix(" 0") for each in decisions]


async def test_the_newest_reference_date_counts_whatever_the_order_of_arrival(
    worker: Database, api: Database
) -> None:
    await know(worker, CONTRACTED)
    newest, older = said(reference_date=day(9), intake_weeks=9), said(intake_weeks=1)
    await send(api, newest)
    assert outcome(await send(api, older)) == ["created"]
    assert await counting(worker) == {newest}
    assert set((await stored(worker)).values()) == {newest, older}


async def test_the_same_again_changes_nothing_and_other_content_is_the_next_version(
    worker: Database, api: Database
) -> None:
    await know(worker, CONTRACTED)
    assert outcome(await send(api, said())) == ["created"]
    assert outcome(await send(api, said())) == ["unchanged"]
    assert outcome(await send(api, said(start_weeks=None))) == ["changed"]
    async with worker.transaction() as connection:
        assert await connection.fetchval("select version from report") == 2
        assert await connection.fetchval("select count(*) from journal") == 2


async def test_still_correct_reports_all_of_a_location_anew_and_only_once(
    worker: Database, api: Database
) -> None:
    await know(worker, CONTRACTED)
    await send(api, said(), said(product=HOME, intake_weeks=None), said(location="2"))
    assert outcome(await send(api, still(31))) == ["confirmed 2"]
    assert outcome(await send(api, still(31))) == ["unchanged"]
    dates = {(each.location, each.product): each.reference_date for each in await counting(worker)}
    assert dates == {("1", FOSTER): day(31), ("1", HOME): day(31), ("2", FOSTER): FIRST}


async def test_good_reports_go_in_although_others_of_the_list_are_refused(
    worker: Database, api: Database
) -> None:
    await know(worker, CONTRACTED)
    decisions = await send(api, said(location="9"), said(), said(product="45A01"), said(intake_weeks=7))
    assert [each.refusals for each in decisions] == [
        (Refusal.UNKNOWN_LOCATION,), (), (Refusal.NO_AGREEMENT,), (Refusal.NAMED_TWICE,)
    ]  # fmt: skip
    assert set((await stored(worker)).values()) == {said()}


async def test_two_lists_of_one_provider_at_once_lose_no_version(worker: Database, api: Database) -> None:
    await know(worker, CONTRACTED)
    forward = [said(reference_date=day(number)) for number in range(20)]
    backward = [said(reference_date=day(number), intake_weeks=8) for number in reversed(range(20))]
    await asyncio.gather(*(send(api, *each) for each in (forward, backward, forward, backward)))
    await every_version_is_an_event(worker)
    (counts,) = await counting(worker)
    assert counts.reference_date == day(19)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, []),
        ({"reference_date": day(3)}, []),
        ({"reference_date": day(4)}, [Refusal.IN_THE_FUTURE]),
        ({"reference_date": date(2014, 12, 31)}, [Refusal.BEFORE_2015]),
        ({"reference_date": date(2015, 1, 1)}, []),
        ({"admission": "stop"}, [Refusal.REASON_REQUIRED]),
        ({"admission": "limited"}, [Refusal.REASON_REQUIRED]),
        ({"admission": "stop", "reason": "Vol"}, []),
        ({"until": day(9)}, [Refusal.UNTIL_OF_ACCEPTING]),
        ({"admission": "stop", "reason": "Vol", "until": FIRST}, []),
        (
            {"admission": "stop", "reason": "Vol", "until": day(-1)},
            [Refusal.UNTIL_BEFORE_REFERENCE_DATE],
        ),
        (
            {"admission": "stop", "until": day(-1)},
            [Refusal.REASON_REQUIRED, Refusal.UNTIL_BEFORE_REFERENCE_DATE],
        ),
    ],
)
def test_what_goes_together_in_a_report(changes: dict[str, Any], broken: list[Refusal]) -> None:
    assert list(violations(said(**changes), today=day(3))) == broken


def test_a_confirmation_is_held_to_its_reference_date_alone() -> None:
    assert list(violations(still(4), today=day(3))) == [Refusal.IN_THE_FUTURE]
    assert list(violations(still(3), today=day(3))) == []


def test_an_end_that_has_passed_is_not_confirmed() -> None:
    stop = said(admission="stop", reason="Vol", until=day(5))
    assert confirmed(stop, day(5)) == stop.model_copy(update={"reference_date": day(5)})
    assert confirmed(stop, day(6)).until is None


def test_every_refusal_is_explained_in_both_languages() -> None:
    assert EXPLAINED.keys() == set(Refusal)
    assert all(each.message != each.message_nl for each in EXPLAINED.values())


# --- who sees what, from the database's side ---


@pytest.mark.parametrize(
    ("organisation", "role", "seen"),
    [
        (PROVIDER, "provider", (True, True)),
        ("98000002", "provider", (False, False)),
        (PROVIDER, "municipality", (False, False)),
        ("an-access-team", "referrer", (False, True)),
        ("the-region", "contract-manager", (True, True)),
        ("", "", (False, False)),
    ],
)
async def test_a_provider_sees_its_own_reports_and_a_referrer_what_counts_now(
    worker: Database, api: Database, organisation: str, role: str, seen: tuple[bool, bool]
) -> None:
    await know(worker, CONTRACTED)
    await send(api, said())
    async with api.transaction(organisation=organisation, role=role) as connection:
        found = [
            await connection.fetchval(f"select exists (select from {table})")
            for table in ("report", "waiting_time")
        ]
    assert tuple(found) == seen


async def test_nobody_reports_for_another_provider(worker: Database, api: Database) -> None:
    await know(worker, CONTRACTED)
    async with api.transaction(organisation="98000002", role="provider") as connection:
        # What it is contracted for is not seen either.
        (decision,) = await report(connection, PROVIDER, [said()])
        assert decision.outcome is Outcome.REFUSED
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "insert into waiting_time (provider, location, product, reference_date, admission, recorded_at)"
                " values ($1, '1', '43A09', '2023-01-01', 'stop', now())",
                PROVIDER,
            )
