"""The SQL that changes agreements does what `domain.decide` says, for any lists; and who sees the rows."""

from datetime import date

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.agreements import commands, queries
from services.contracts.agreements.commands import AgreementsOverlap
from services.contracts.agreements.domain import Change, Key, Outcome, decide, result
from services.contracts.products import commands as products
from services.contracts.providers import commands as providers
from shared.database import Connection, Database
from shared.events.contracts import AgreementState
from shared.problems import InvalidInput, NotFound
from shared.values.period import Period
from tests.unit.contracts.states import (
    FOSTER_CARE,
    MANAGER,
    PROVIDER,
    agreement,
    become,
    key_of,
    product,
    provider,
    undone,
)

OTHER = "98000002"
UNKNOWN = "98000009"


async def put_parties(connection: Connection) -> None:
    await products.put(connection, [product(), product("45A01")])
    await providers.put(connection, [provider(), provider(OTHER)])


def put(state: AgreementState) -> Change:
    return Change(key_of(state), state)


DAYS = [date(2023, month, 1) for month in range(1, 7)]
keys = st.builds(
    Key,
    st.sampled_from([PROVIDER, PROVIDER, PROVIDER, OTHER, UNKNOWN]),
    st.sampled_from([FOSTER_CARE, FOSTER_CARE, "45A01", "46A01"]),
    st.sampled_from(DAYS),
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    key = draw(keys)
    if draw(st.sampled_from([True, False, False, False])):
        return Change(key, None)
    last = draw(st.sampled_from([day for day in DAYS if day >= key.valid_from] + [None]))
    cents = draw(st.sampled_from([None, 100]))
    return put(agreement(key.valid_from, last, agb=key.provider, code=key.product, tariffCents=cents))


lists = st.lists(
    st.lists(changes(), min_size=1, max_size=5, unique_by=lambda each: each.key), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(sent=lists)
async def test_the_database_decides_as_the_rule_says_for_any_lists(
    api: Database, sent: list[list[Change]]
) -> None:
    known: dict[Key, AgreementState] = {}
    versions: dict[Key, list[AgreementState]] = {}
    async with undone(api) as connection:
        await put_parties(connection)
        for changing in sent:
            decisions = decide(known, [PROVIDER, OTHER], [FOSTER_CARE, "45A01"], changing)
            results = await commands.change(connection, changing)
            assert [each.decision for each in results] == decisions
            after = dict(known)
            for change, decision in zip(changing, decisions, strict=True):
                if decision.outcome in {Outcome.CREATED, Outcome.APPLIED}:
                    after[change.key] = result(known, change)
                    versions.setdefault(change.key, []).append(after[change.key])
            known = after
            for change, each in zip(changing, results, strict=True):
                assert (each.current is None) is (change.key not in known)
        rows = await queries.many(connection, queries.Filter(), after=None, limit=1_000)
        assert [AgreementState.model_validate(row) for row in rows] == [known[key] for key in sorted(known)]
        for key, states in versions.items():
            kept = await queries.history(connection, key, after=None, limit=100)
            assert [AgreementState.model_validate(row) for row in kept] == states[::-1]
            assert [row["version"] for row in kept] == list(range(len(states), 0, -1))


async def test_one_list_shifts_an_agreement_and_the_one_that_follows_it(api: Database) -> None:
    first, second = agreement(date(2023, 1, 1), date(2023, 12, 31)), agreement(date(2024, 1, 1))
    longer, later = agreement(date(2023, 1, 1), date(2024, 6, 30)), agreement(date(2024, 7, 1))
    async with undone(api) as connection:
        await put_parties(connection)
        await commands.change(connection, [put(first), put(second)])
        results = await commands.change(connection, [put(longer), put(later), Change(key_of(second), None)])
        assert [each.decision.outcome for each in results] == [
            Outcome.APPLIED,
            Outcome.CREATED,
            Outcome.APPLIED,
        ]
        narrowed = queries.Filter(withdrawn=False)
        rows = await queries.many(connection, narrowed, after=None, limit=10)
        assert [AgreementState.model_validate(row) for row in rows] == [longer, later]


async def test_the_database_itself_refuses_an_overlap_at_the_end_of_the_statement(
    api: Database, admin: asyncpg.Connection
) -> None:
    """Whoever writes past the function: the constraint holds."""
    async with undone(api) as connection:
        await put_parties(connection)
        await commands.change(connection, [put(agreement(date(2023, 1, 1), date(2023, 12, 31)))])
        with pytest.raises(asyncpg.ExclusionViolationError) as refused:
            await connection.execute(
                "insert into agreement select uuidv7(), provider, product, date '2023-06-01', provider_number,"
                " product_number, null, false, state, 1, moment() from agreement"
            )
        assert refused.value.constraint_name == "agreement_overlap"
    deferrable = (
        "select condeferrable and not condeferred from pg_constraint where conname = 'agreement_overlap'"
    )
    assert await admin.fetchval(deferrable)


async def test_a_refusal_says_what_to_do(api: Database) -> None:
    async with undone(api) as connection:
        await put_parties(connection)
        year = agreement(date(2023, 1, 1), date(2023, 12, 31))
        await commands.change(connection, [put(year)])
        overlapping, unknown, nothing = await commands.change(
            connection,
            [
                put(agreement(date(2023, 6, 1))),
                put(agreement(agb=UNKNOWN, code="46A01")),
                Change(Key(OTHER, FOSTER_CARE, date(2023, 1, 1)), None),
            ],
        )
        assert overlapping.decision.other == Period(year.valid_from, year.valid_to)
        with pytest.raises(AgreementsOverlap, match="from 2023-01-01 to 2023-12-31") as overlaps:
            overlapping.accepted()
        assert overlaps.value.facts == {"overlapsFrom": "2023-01-01", "overlapsTo": "2023-12-31"}
        with pytest.raises(InvalidInput) as invalid:
            unknown.accepted()
        assert [error.parameter for error in invalid.value.errors] == ["product", "provider"]
        with pytest.raises(NotFound):
            nothing.accepted()


async def test_an_event_goes_to_the_provider_and_to_contract_managers(api: Database) -> None:
    async with undone(api) as connection:
        await put_parties(connection)
        (each,) = await commands.change(connection, [put(agreement(tariffCents=4400))])
        event = await connection.fetchrow(
            "select * from journal where aggregateid = $1", each.accepted()["id"]
        )
        assert event is not None
        assert (event["aggregatetype"], event["version"]) == ("agreement", 1)
        assert event["organisations"] == [PROVIDER, "contract-manager"]
        assert AgreementState.model_validate(event["payload"]) == agreement(tariffCents=4400)


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        (queries.Filter(), 4),
        (queries.Filter(provider=OTHER), 1),
        (queries.Filter(product="45A01"), 1),
        (queries.Filter(valid_on=date(2023, 12, 31)), 3),
        (queries.Filter(valid_on=date(2023, 12, 31), withdrawn=False), 2),
        (queries.Filter(provider=PROVIDER, product=FOSTER_CARE, valid_on=date(2024, 1, 1)), 1),
    ],
)
async def test_a_list_is_narrowed_by_what_is_given_and_goes_on_after_a_key(
    api: Database, narrowed: queries.Filter, found: int
) -> None:
    year = date(2023, 1, 1), date(2023, 12, 31)
    async with undone(api) as connection:
        await put_parties(connection)
        withdrawn = agreement(*year, code="45A01")
        given_states = [agreement(*year), agreement(date(2024, 1, 1)), agreement(*year, agb=OTHER), withdrawn]
        await commands.change(connection, [put(state) for state in given_states])
        await commands.change(connection, [Change(key_of(withdrawn), None)])
        rows = await queries.many(connection, narrowed, after=None, limit=10)
        assert len(rows) == found
        after = [rows[0][name] for name in ("provider", "product", "from")]
        assert await queries.many(connection, narrowed, after=after, limit=10) == rows[1:]


@pytest.mark.parametrize(
    ("organisation", "role", "seen"),
    [
        (MANAGER, "contract-manager", 1),
        (PROVIDER, "provider", 1),
        (OTHER, "provider", 0),
        (PROVIDER, "municipality", 0),
        (MANAGER, "provider", 0),
        ("", "contract-manager", 0),
        ("", "", 0),
    ],
)
async def test_the_api_role_shows_an_agreement_to_its_provider_and_to_contract_managers(
    api: Database, organisation: str, role: str, seen: int
) -> None:
    async with undone(api) as connection:
        await put_parties(connection)
        (each,) = await commands.change(connection, [put(agreement())])
        await become(connection, organisation, role)
        assert await connection.fetchval("select count(*) from agreement") == seen
        events = await connection.fetchval(
            "select count(*) from journal where aggregateid = $1", each.accepted()["id"]
        )
        # An event's rights name organisations: a role that no route lets in is kept out by the route.
        assert events == (1 if organisation == PROVIDER else seen)


async def test_a_provider_does_not_write_its_agreements(api: Database) -> None:
    async with undone(api) as connection:
        await put_parties(connection)
        await commands.change(connection, [put(agreement())])
        await become(connection, PROVIDER, "provider")
        # Nothing that it could write is there for it: the row of the update is not its to change.
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await commands.change(connection, [put(agreement(tariffCents=999_999))])
