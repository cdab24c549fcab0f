"""A commit that fails is never answered with success, and leaves nothing behind."""

from random import Random

import pytest

from tests.faults import writes
from tests.faults.gate import failing_commits
from tests.faults.ledger import Ledger
from tests.faults.region import Region
from tests.faults.verification import APART, verify
from tests.faults.workload import Workload
from tests.faults.writes import product, provider

_RECORDED = """
select (select count(*) from referrals.journal) + (select count(*) from referrals.indication)
     + (select count(*) from referrals.indication_history) + (select count(*) from referrals.processing_log)
"""


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("raise exception 'not like this'", 500),
        ("raise serialization_failure", 503),
        ("raise disk_full", 503),
        ("perform pg_terminate_backend(pg_backend_pid())", 503),
    ],
)
async def test_a_failing_commit_is_answered_as_a_failure_and_nothing_is_there(
    region: Region, statement: str, status: int
) -> None:
    draw, bsn = Random(1), writes.client(21, 1)
    write = writes.new_indication(
        Ledger(), draw, bsn=bsn, agb=provider(0), code=product(0), municipality=APART
    )
    async with region.administrator() as administrator:
        before = await administrator.fetchval(_RECORDED)
        of_apart = f"new.municipality = '{APART}'"
        async with failing_commits(region, "referrals.indication", of_apart, statement):
            answer = await region.send(
                "referrals", "PUT", write.path, role="municipality", organisation=APART, body=write.body
            )
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert await administrator.fetchval(_RECORDED) == before


async def test_after_failed_commits_all_is_whole(region: Region, workload: Workload) -> None:
    assert await verify(region, workload.ledger) == []
