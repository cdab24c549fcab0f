"""The SQL that records and settles claims does what the rules say, also with several writers at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import asyncpg
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.claims import commands, queries
from services.contracts.claims.commands import Arrival, Result
from services.contracts.claims.domain import (
    REFUSALS,
    Claim,
    Claimable,
    Content,
    Decision,
    Outcome,
    Status,
    credit,
    decide,
    judge,
)
from services.contracts.worker import Waiting
from shared import metrics
from shared.database import Database
from shared.events.contracts import ClaimState
from shared.problems import Conflict, kind_of
from shared.values.period import Period
from tests.databases import Databases
from tests.unit.contracts.claims.world import (
    APRIL,
    CARER,
    CLINIC,
    HELMOND,
    MAY,
    YEAR,
    Worker,
    claimed,
    client_of,
    emptied,
    granted,
    indication_of,
    processing,
    send,
)

Key = tuple[str, str]


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Worker]:
    async with databases.database("contracts", "worker") as database:
        yield Worker(database)


@pytest.fixture(autouse=True)
async def nothing_left(admin: asyncpg.Connection) -> AsyncIterator[None]:
    await emptied(admin)
    yield
    await emptied(admin)


# --- the database decides as the rules say ---


@dataclass
class Model:
    """What the rules make of it: every claim as it stands, in order of arrival, and its versions."""

    known: dict[int, Claimable] = field(default_factory=dict)
    claims: dict[Key, Claim] = field(default_factory=dict)
    versions: dict[Key, list[Claim]] = field(default_factory=dict)
    arrived: dict[Key, int] = field(default_factory=dict)
    events: dict[Key, list[int]] = field(default_factory=dict)
    accepted: set[Key] = field(default_factory=set)

    def arrive(self, arrival: Arrival) -> Decision:
        key = (arrival.provider, arrival.reference)
        kept = self.claims.get(key)
        if arrival.content is None:
            decision = credit(kept)
            content = kept.content if kept else None
        else:
            content = arrival.content
            known = self.known.get(content.number[1])
            decision = decide(kept, known, self._others(key), arrival.provider, content)
        if decision.status is not None and content is not None:
            self._keep(key, Claim(arrival.reference, content, decision.status))
            self.arrived[key] = sum(map(len, self.versions.values()))
        return decision

    def settle(self, number: int, known: Claimable) -> None:
        self.known[number] = known
        for key in sorted(self._waiting(), key=lambda key: self.arrived[key]):
            claim = self.claims[key]
            refusal = judge(known, self._others(key), key[0], claim.content)
            if claim.content.number != (HELMOND, number) or (
                refusal is not None and refusal.outcome is Outcome.NUMBER_UNKNOWN
            ):
                continue
            status = Status.ACCEPTED if refusal is None else Status.REFUSED
            self._keep(key, replace(claim, status=status))

    def refuse_all_that_wait(self) -> None:
        for key in self._waiting():
            self._keep(key, replace(self.claims[key], status=Status.REFUSED))

    def _waiting(self) -> list[Key]:
        return [key for key, claim in self.claims.items() if claim.status is Status.WAITING]

    def _others(self, key: Key) -> list[Claim]:
        return [claim for other, claim in self.claims.items() if other[0] == key[0] and other != key]

    def _keep(self, key: Key, claim: Claim) -> None:
        self.claims[key] = claim
        self.versions.setdefault(key, []).append(claim)
        if claim.status is Status.ACCEPTED:
            self.accepted.add(key)
        if key in self.accepted:
            self.events.setdefault(key, []).append(len(self.versions[key]))


PERIODS = st.sampled_from([APRIL, MAY, YEAR, Period(APRIL.valid_from, MAY.valid_to)])
contents = st.builds(
    Content, st.tuples(st.just(HELMOND), st.integers(1, 2)), PERIODS, st.sampled_from([1, 400, 600, 1_000])
)
arrivals = st.builds(
    Arrival,
    st.sampled_from([CARER, CARER, CARER, CLINIC]),
    st.sampled_from(["a", "b", "c"]),
    st.one_of(contents, contents, contents, contents, st.none()),
)
sent = st.lists(arrivals, min_size=1, max_size=3, unique_by=lambda each: each.reference).map(
    lambda several: [each for each in several if each.provider == several[0].provider]
)
# Of one provider and mostly one number, so that the claims of a list decide about each other.
of_one_number = st.builds(
    Content,
    st.tuples(st.just(HELMOND), st.sampled_from([1, 1, 1, 2])),
    st.integers(1, 12).map(
        lambda day: Period(APRIL.valid_from, APRIL.valid_to and APRIL.valid_to.replace(day=day))
    ),
    st.sampled_from([1, 1, 200, 400, 600]),
)
many = st.lists(
    st.builds(
        Arrival,
        st.just(CARER),
        st.sampled_from("abcdefghij"),
        st.one_of(*[of_one_number] * 6, st.none()),
    ),
    min_size=4,
    max_size=10,
    unique_by=lambda each: each.reference,
)
known = st.tuples(
    st.integers(1, 2),
    st.builds(
        lambda provider, period, cents, withdrawn: Claimable(
            indication_of(0), provider, period, cents, withdrawn
        ),
        st.sampled_from([CARER, CARER, CARER, CLINIC]),
        st.sampled_from([YEAR, YEAR, Period(APRIL.valid_from), APRIL]),
        st.sampled_from([1_000, 1_000, 1_600, 0, None]),
        st.sampled_from([False, False, False, True]),
    ),
)
operations = st.lists(
    st.one_of(sent, sent, many, many, known, known, st.just("late")), min_size=1, max_size=12
)


@settings(max_examples=80, deadline=None)
@given(happening=operations)
async def test_the_database_decides_as_the_rules_say_for_any_order_of_arrival(
    api: Database, admin: asyncpg.Connection, worker: Worker, happening: list[object]
) -> None:
    await emptied(admin)
    model = Model()
    for each in happening:
        if isinstance(each, list):
            decisions = [model.arrive(arrival) for arrival in each]
            results = await send(api, *each)
            assert [(r.outcome, tuple(sorted(r.facts.items()))) for r in results] == [
                (decision.outcome, decision.facts) for decision in decisions
            ]
        elif isinstance(each, tuple):
            number, claimable = each
            claimable = replace(claimable, indication=indication_of(number))
            model.settle(number, claimable)
            await worker.arrive(number, claimable)
        else:
            model.refuse_all_that_wait()
            await worker.refuse_all_that_wait()
        await stands(admin, model)


async def stands(admin: asyncpg.Connection, model: Model) -> None:
    """Show that claims, histories and events are those of the model."""
    found = await admin.fetch("select * from claim")
    assert {(row["provider"], row["reference"]): as_kept(row["state"]) for row in found} == model.claims
    ids = {row["id"]: (row["provider"], row["reference"]) for row in found}
    versions: dict[Key, list[Claim]] = {}
    for row in await admin.fetch("select * from claim_history order by version"):
        assert row["version"] == len(versions.setdefault(ids[row["claim"]], [])) + 1
        versions[ids[row["claim"]]].append(as_kept(row["state"]))
    assert versions == model.versions
    events: dict[Key, list[int]] = {}
    for row in await admin.fetch("select * from journal where aggregatetype = 'claim' order by id"):
        key = ids[row["aggregateid"]]
        events.setdefault(key, []).append(row["version"])
        state = ClaimState.model_validate_json(row["payload"])
        claim = model.versions[key][row["version"] - 1]
        assert (state.indication, state.provider) == (indication_of(claim.content.number[1]), key[0])
        assert Period(state.valid_from, state.valid_to) == claim.content.period
        assert (state.cents, state.withdrawn) == (claim.content.cents, claim.status is Status.CREDITED)
        assert row["organisations"] == [HELMOND, key[0], "contract-manager"]
    assert events == model.events


def as_kept(text: str) -> Claim:
    state = orjson.loads(text)
    number = (state["municipality"], state["assignmentNumber"])
    period = Period(*(APRIL.valid_from.fromisoformat(state[name]) for name in ("from", "to")))
    return Claim(state["reference"], Content(number, period, state["cents"]), Status(state["status"]))


# --- several writers at once ---


async def test_a_claim_for_the_last_euro_of_an_indication_is_granted_once(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    await worker.arrive(1, granted(cents=1_000))
    await send(api, claimed("first", cents=900))
    days = [Period(APRIL.valid_from.replace(day=day), APRIL.valid_to) for day in range(2, 10)]
    racing = [send(api, claimed(f"r{place}", period=period)) for place, period in enumerate(days)]
    outcomes = [result.outcome for (result,) in await asyncio.gather(*racing)]
    assert outcomes.count(Outcome.CREATED) == 1
    assert outcomes.count(Outcome.ABOVE_GRANTED) == len(days) - 1
    assert await admin.fetchval("select sum(cents) from claim where status = 'accepted'") == 1_000


async def test_the_second_of_two_claims_waits_until_the_first_has_decided(
    api: Database, worker: Worker
) -> None:
    """The same, step by step: the one that comes second sees the first as soon as that one is kept, and not before."""
    await worker.arrive(1, granted(cents=100))
    async with api.transaction(organisation=CARER, role="provider") as connection:
        (first,) = await commands.record(connection, [claimed("a")], processing())
        second = asyncio.ensure_future(send(api, claimed("b", period=MAY)))
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done
    ((later),) = await second
    assert (first.outcome, later.outcome) == (Outcome.CREATED, Outcome.ABOVE_GRANTED)


async def test_two_writers_on_one_claim_never_lose_a_version(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    await worker.arrive(1, granted(cents=None))
    amounts = range(1, 21)
    results = await asyncio.gather(*(send(api, claimed(cents=cents)) for cents in amounts))
    assert sorted(result.current["version"] for (result,) in results if result.current) == list(amounts)
    kept = await admin.fetch("select version, (state ->> 'cents')::int as cents from claim_history")
    assert sorted(row["version"] for row in kept) == list(amounts)
    assert sorted(row["cents"] for row in kept) == list(amounts)
    assert await admin.fetchval("select count(*) from journal where aggregatetype = 'claim'") == len(amounts)


async def test_claims_crossing_each_other_do_not_deadlock(api: Database, worker: Worker) -> None:
    for number in range(1, 9):
        await worker.arrive(number, granted(number))
    several = [claimed(f"c{number}", number=number) for number in range(1, 9)]
    done = await asyncio.gather(
        *(send(api, *each) for each in (several, several[::-1], several, several[::-1]))
    )
    outcomes = [result.outcome for results in done for result in results]
    assert outcomes.count(Outcome.CREATED) == len(several)
    assert outcomes.count(Outcome.UNCHANGED) == 3 * len(several)


async def test_no_claim_is_left_waiting_for_a_number_that_arrives_meanwhile(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    for number in range(1, 16):
        await asyncio.gather(
            send(api, claimed(f"c{number}", number=number)), worker.arrive(number, granted(number))
        )
    assert await admin.fetchval("select count(*) from claim where status = 'accepted'") == 15


async def test_the_arrival_of_a_number_waits_for_the_claim_that_is_being_made(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    """The same, step by step: the claim does not see the number, the number must see the claim."""
    async with api.transaction(organisation=CARER, role="provider") as connection:
        (result,) = await commands.record(connection, [claimed()], processing())
        assert result.current is not None
        assert result.current["status"] == "waiting"
        arriving = asyncio.ensure_future(worker.arrive(1, granted()))
        done, _ = await asyncio.wait([arriving], timeout=0.2)
        assert not done
    await arriving
    assert await admin.fetchval("select status from claim") == "accepted"


# --- waiting ---


async def test_what_waited_is_decided_in_order_of_arrival(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    for reference, cents, period in (("z", 700, APRIL), ("a", 700, MAY), ("m", 300, YEAR)):
        await send(api, claimed(reference, cents=cents, period=period))
    await worker.arrive(1, granted(cents=1_000))
    stand = await admin.fetch("select reference, status, state -> 'refusal' as refusal from claim")
    assert {row["reference"]: row["status"] for row in stand} == {
        "z": "accepted",
        "a": "refused",
        "m": "accepted",
    }
    (reason,) = [orjson.loads(row["refusal"]) for row in stand if row["reference"] == "a"]
    assert reason == {"reason": "claim-above-granted", "facts": {"centsLeft": 300}}


async def test_a_claim_is_refused_after_thirty_days_and_not_before(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    await send(api, claimed("old"), claimed("young"), claimed("taken-back"))
    await send(api, Arrival(CARER, "taken-back", None))
    await admin.execute(
        "update claim set recorded_at = recorded_at - case reference when 'young' then interval '29 days 23 hours'"
        " else interval '30 days' end"
    )
    async with worker.database.transaction() as connection:
        assert (await queries.waiting(connection))[0] == 2
        assert await commands.refuse_late(connection) == 1
        count, oldest = await queries.waiting(connection)
        assert (count, int(oldest) // 3600) == (1, 29 * 24 + 23)
    statuses = await admin.fetch("select reference, status from claim order by reference")
    assert [row["status"] for row in statuses] == ["refused", "credited", "waiting"]
    assert await admin.fetchval("select count(*) from journal where aggregatetype = 'claim'") == 0


async def test_the_worker_refuses_what_is_late_and_shows_what_waits(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    await send(api, claimed("late"), claimed("waits"))
    await admin.execute(
        "update claim set recorded_at = moment() - interval '31 days' where reference = 'late'"
    )
    await admin.execute(
        "update claim set recorded_at = moment() - interval '2 hours' where reference = 'waits'"
    )
    waiting = Waiting(worker.database)
    assert [await waiting.step(), await waiting.step()] == [True, False]
    of_claims = {"service": "contracts", "noun": "claim"}
    assert metrics.REGISTRY.get_sample_value("waiting_records", of_claims) == 1
    oldest = metrics.REGISTRY.get_sample_value("oldest_waiting_seconds", of_claims)
    assert oldest is not None
    assert 7_200 <= oldest < 7_260


async def test_nothing_can_be_claimed_under_an_indication_whose_events_carry_no_number(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    await worker.arrive(1, granted(), assignment_number=-1)
    assert await admin.fetchval("select count(*) from claimable") == 0
    (result,) = await send(api, claimed())
    assert result.current is not None
    assert result.current["status"] == "waiting"


async def test_an_indication_that_its_owner_lost_can_be_claimed_under_no_more(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    await worker.arrive(1, granted())
    await send(api, claimed())
    await admin.execute("delete from referrals_indication")
    async with worker.database.transaction() as connection:
        await commands.settle(connection, [indication_of(1)])
    (corrected,) = await send(api, claimed(cents=99))
    assert corrected.outcome is Outcome.NUMBER_UNKNOWN
    (new,) = await send(api, claimed("b"))
    assert new.current is not None
    assert new.current["status"] == "waiting"


# --- the processing log, and who sees what ---


async def logged(admin: asyncpg.Connection) -> list[tuple[object, ...]]:
    rows = await admin.fetch("select * from processing_log order by id")
    return [
        (row["name"], row["organisation"], row["processing_activity_id"], row["data_subject_id"])
        for row in rows
    ]


async def test_every_write_of_a_claim_is_logged_with_its_client_and_what_waits_when_it_is_decided(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    row = ("put_claim", CARER, "youth-act-claims", client_of(1))
    await send(api, claimed())
    assert await logged(admin) == []
    await worker.arrive(1, granted())
    assert await logged(admin) == [row]
    await send(api, claimed())
    await send(api, claimed(cents=99))
    await send(api, Arrival(CARER, "a", None))
    assert await logged(admin) == [row] * 4
    assert await admin.fetchval("select processing from claim") is None


async def test_every_read_of_a_claim_is_logged_with_its_client(
    api: Database, admin: asyncpg.Connection, worker: Worker
) -> None:
    await worker.arrive(1, granted())
    await send(api, claimed(), claimed("waits", number=2))
    await admin.execute("truncate processing_log")
    async with api.transaction(organisation=CARER, role="provider") as connection:
        about = processing()
        assert await queries.one(connection, CARER, "a", about)
        assert await queries.history(connection, CARER, "a", after=None, limit=9, processing=about)
        rows = await queries.many(connection, queries.Filter(), after=None, limit=9, processing=about)
        assert len(rows) == 2
    assert [row[-1] for row in await logged(admin)] == [client_of(1)] * 3


@pytest.mark.parametrize(
    ("organisation", "role", "seen"),
    [
        (CARER, "provider", 1),
        (CLINIC, "provider", 0),
        (HELMOND, "municipality", 1),
        ("0743", "municipality", 0),
        ("00000099000000001000", "contract-manager", 1),
        (CARER, "municipality", 0),
        (HELMOND, "analyst", 0),
        ("", "contract-manager", 0),
        ("", "", 0),
    ],
)
async def test_a_claim_is_shown_to_its_provider_its_municipality_and_contract_managers(
    api: Database, worker: Worker, organisation: str, role: str, seen: int
) -> None:
    await worker.arrive(1, granted())
    await send(api, claimed())
    async with api.transaction(organisation=organisation, role=role) as connection:
        for table in ("claim", "claim_history"):
            assert await connection.fetchval(f"select count(*) from {table}") == seen
        mine = (organisation, role) == (CARER, "provider")
        assert await connection.fetchval("select count(*) from claimable") == (1 if mine else 0)


async def test_a_provider_claims_in_no_other_providers_name(api: Database, worker: Worker) -> None:
    await worker.arrive(1, granted(provider=CLINIC))
    theirs = replace(claimed(), provider=CLINIC)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api.transaction(organisation=CARER, role="provider") as connection:
            await commands.record(connection, [theirs], processing())
    async with api.transaction(organisation=CARER, role="provider") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("update claimable set granted_cents = null")


@pytest.mark.parametrize("outcome", list(REFUSALS))
def test_every_refusal_is_a_problem_with_its_facts_and_what_to_do(outcome: Outcome) -> None:
    facts = {"indicationFrom": "2023-01-01", "indicationTo": None, "otherReference": "b", "centsLeft": 100}
    with pytest.raises(Conflict) as refused:
        Result(outcome, facts, None).accepted()
    assert type(refused.value) is REFUSALS[outcome]
    assert (kind_of(type(refused.value)).slug, refused.value.facts) == (outcome.value, facts)
    assert {"credit", "claim", "ask"} & set(re.findall("[a-z]+", str(refused.value).lower()))
