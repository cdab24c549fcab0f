"""What must hold of the tables at every moment, and what once all has come through."""

import asyncpg

from tests.unit.chain.loops import READ

_OWN_COPIES = {"contracts": ("contracts.product", "contracts.agreement")}
_COPIED = """
with journal as (
    select j.aggregateid as aggregate, j.version, p.known_at, j.payload as state
    from {owner}.journal j join {owner}.journal_position p using (id) where j.aggregatetype = '{aggregate}')
"""
# Whoever says that all is known up to a moment has all of it.
_MISSING = (
    _COPIED
    + """
select j.aggregate, j.version from {reader}.watermark w join journal j on j.known_at <= w.known_through
left join {reader}.{copy} c on (c.aggregate, c.version, c.known_at) = (j.aggregate, j.version, j.known_at)
    and c.state = j.state
where w.topic = '{topic}' and c.aggregate is null
"""
)
_AHEAD = """
select w.known_through from {reader}.watermark w, {owner}.sequencer s
where w.topic = '{topic}' and w.known_through > s.known_through
"""
_DIFFERENT = (
    _COPIED
    + """
select aggregate, version from journal j full join {reader}.{copy} c using (aggregate, version)
where (j.known_at, j.state) is distinct from (c.known_at, c.state)
"""
)
_WAITS_FOR_NOTHING = """
select c.reference from contracts.claim c
join contracts.claimable i using (municipality, assignment_number, provider) where c.status = 'waiting'
"""
_POSITIONS = "select count(*) = max(position) and min(position) = 1 from {owner}.journal_position"


def _names(reader: str, topic: str) -> dict[str, str]:
    owner, _, aggregate = topic.partition(".")
    return {
        "reader": reader,
        "topic": topic,
        "owner": owner,
        "aggregate": aggregate,
        "copy": topic.replace(".", "_"),
    }


async def nothing_is_promised_too_early(connection: asyncpg.Connection) -> None:
    """No watermark is ahead of its owner, and none ahead of what was applied."""
    for reader, topics in READ.items():
        for topic in topics:
            names = _names(reader, topic)
            assert await connection.fetch(_AHEAD.format(**names)) == [], names
            assert await connection.fetch(_MISSING.format(**names)) == [], names


async def every_copy_equals_its_journal(connection: asyncpg.Connection) -> None:
    """Every reader has every version of every aggregate, as its owner recorded it, and no other."""
    for reader, topics in READ.items():
        for topic in (*topics, *_OWN_COPIES.get(reader, ())):
            names = _names(reader, topic)
            assert await connection.fetch(_DIFFERENT.format(**names)) == [], names


async def no_claim_waits_for_what_is_known(connection: asyncpg.Connection) -> None:
    """A number and its claims find each other, whichever came first."""
    assert await connection.fetch(_WAITS_FOR_NOTHING) == []


async def positions_have_no_gaps(connection: asyncpg.Connection) -> None:
    for owner in ("referrals", "contracts", "availability"):
        assert await connection.fetchval(_POSITIONS.format(owner=owner)) in (True, None), owner
