"""A file of indications does what single writes do, and nothing of it is lost, doubled or read by others."""

import asyncio
import csv
import gzip
import io
import json
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.referrals.indications.commands import DELIVERED_BEFORE, apply_delivered
from services.referrals.indications.routes import DELIVERED
from shared.database import Database
from shared.deliveries.applying import WINDOW, Applying
from shared.deliveries.kinds import Applier, Cell, Column
from shared.deliveries.reading import LONGEST_RECORD
from shared.deliveries.unpacking import unzipped
from tests.databases import Databases
from tests.unit.referrals.conftest import HOST, Caller

Record = dict[str, Any]
ROOT = Path(__file__).parents[3]
HELMOND, GEMERT, DEURNE = "0794", "1652", "0762"
BSNS = ("999990019", "999990020")
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NDJSON = "application/x-ndjson"
APPLIERS = {"indications": Applier(apply_delivered, DELIVERED_BEFORE)}


def moment(hour: int) -> str:
    return (EPOCH + timedelta(hours=hour)).isoformat()


def indication(number: int, hour: int = 1, /, **changed: object) -> Record:
    record = {
        "assignmentNumber": number,
        "decidedAt": moment(hour),
        "sentAt": moment(hour),
        "bsn": BSNS[number % 2],
        "birthYear": 2011,
        "product": "43A09",
        "provider": "98000001",
        "from": "2026-01-01",
        "to": "2026-12-31",
        "volume": 7,
        "unit": "14",
        "frequency": "2",
    } | changed
    return {name: value for name, value in record.items() if value is not None}


def withdrawal(number: int, hour: int = 2) -> Record:
    return {
        "assignmentNumber": number,
        "decidedAt": moment(hour),
        "sentAt": moment(hour),
        "withdrawn": True,
    }


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def as_csv(records: list[Record], *, separator: str = ";", dutch: bool = True) -> bytes:
    """Write records as a spreadsheet does: byte order mark, CR LF, and in Dutch also Dutch headers, days and euros."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    euros = {column.path for column in DELIVERED.columns if column.cell is Cell.EUROS}
    columns = [
        each for each in DELIVERED.columns if (each.cell is Cell.EUROS) is (dutch and each.path in euros)
    ]
    writer.writerow([each.dutch[0] if dutch and each.dutch else ".".join(each.path) for each in columns])
    for record in records:
        writer.writerow([_cell(record, each, dutch=dutch) for each in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(record: Record, column: Column, *, dutch: bool) -> str:
    value: Any = record
    for name in column.path:
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return ""
    if column.cell is Cell.EUROS:
        return f"{value / 100:,.2f}".translate(str.maketrans(",.", ".,"))
    if dutch and column.cell is Cell.DAY:
        return "-".join(reversed(value.split("-")))
    if isinstance(value, bool):
        return "ja" if dutch else "true"
    return str(value)


@pytest.fixture(scope="module")
async def applying(databases: Databases) -> Any:  # noqa: ANN401 - an asynchronous iterator
    async with databases.database("referrals", "worker") as worker:
        yield Applying(worker, "referrals", APPLIERS)


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(10_000_000, 20_000_000, 1_000))


async def post(
    caller: Caller,
    content: bytes,
    media_type: str = NDJSON,
    organisation: str = HELMOND,
    *,
    encoding: str = "identity",
    dry_run: bool = False,
    mode: str = "changes",
) -> httpx.Response:
    async with caller("municipality", organisation) as client:
        return await client.post(
            "/deliveries",
            params={"kind": "indications", "dryRun": dry_run, "mode": mode},
            content=content,
            headers={"Content-Type": media_type, "Content-Encoding": encoding},
        )


async def deliver(caller: Caller, applying: Applying, content: bytes, *args: str, **how: Any) -> Record:  # noqa: ANN401
    """Deliver a file and apply it; what the delivery says in the end."""
    answer = await post(caller, content, *args, **how)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "received"
    while await applying.step():
        pass
    organisation = args[1] if len(args) > 1 else HELMOND
    async with caller("municipality", organisation) as client:
        delivery: Record = (await client.get(f"/deliveries/{answer.json()['id']}")).json()
    assert delivery["state"] == "done"
    assert delivery["handled"] == delivery["records"]
    return delivery


async def refusals(caller: Caller, delivery: Record, organisation: str = HELMOND) -> list[Record]:
    async with caller("municipality", organisation) as client:
        answer = await client.get(f"/deliveries/{delivery['id']}/refusals")
    items: list[Record] = answer.json()["items"]
    return items


def counts(delivery: Record) -> dict[str, int]:
    names = ("created", "changed", "unchanged", "superseded", "refused")
    return {name: delivery[name] for name in names if delivery[name]}


_ROWS = """
select i.assignment_number, i.client, i.content, i.decided_at, i.sent_at, i.withdrawn, i.version,
       h.decided_at, h.sent_at, h.content, h.client, h.withdrawal, h.reason, h.outcome, h.version
from referrals.indication i join referrals.indication_history h on h.indication = i.id
where i.municipality = $1 and i.assignment_number between $2 and $2 + 999 order by 1, h.decided_at, h.sent_at
"""
_EVENTS = """
select j.version, j.payload - 'municipality' as payload from referrals.journal j
join referrals.indication i on i.id = j.aggregateid
where i.municipality = $1 and i.assignment_number between $2 and $2 + 999 order by i.assignment_number, j.version
"""

# --- the property ---

_CHANGES: dict[str, st.SearchStrategy[object]] = {
    "bsn": st.sampled_from([*BSNS, "123456789"]),
    "product": st.sampled_from(["43A09", "43A10", "wrong"]),
    "to": st.sampled_from(["2026-06-30", "2025-01-01"]),
    "volume": st.sampled_from([5, -1]),
    "frequency": st.sampled_from(["2", "6", "9"]),
    "team": st.sampled_from(["noord", "a b"]),
    "referrer": st.sampled_from([{"type": "02", "code": "98900901"}, {"type": "06", "code": "98900901"}]),
    "administrativeReason": st.just("verkeerd product"),
}
_records = st.one_of(
    st.builds(
        lambda number, hour, changes: {**indication(number, hour), **changes},
        st.integers(0, 3),
        st.integers(1, 4),
        st.fixed_dictionaries({}, optional=_CHANGES),
    ),
    st.builds(indication, st.integers(0, 3), st.integers(1, 4)),
    st.builds(withdrawal, st.integers(0, 3), st.integers(1, 4)),
)


async def one_by_one(client: httpx.AsyncClient, records: list[Record]) -> Counter[str]:
    """Write records with single calls, those of a number in the order of their moments; count what became of them."""
    counted: Counter[str] = Counter()
    for record in sorted(records, key=lambda each: (each["assignmentNumber"], each["decidedAt"])):
        body = {
            name: value for name, value in record.items() if name not in ("assignmentNumber", "withdrawn")
        }
        path = f"/indications/{GEMERT}/{record['assignmentNumber']}"
        if record.get("withdrawn"):
            answer = await client.post(f"{path}/withdrawals", json=body)
        else:
            answer = await client.put(path, json=body)
        outcome = answer.json()["outcome"] if answer.is_success else "refused"
        counted["changed" if outcome == "applied" else outcome] += 1
    return counted


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(given_records=st.lists(_records, min_size=1, max_size=12), form=st.sampled_from(["json", ";", ","]))
async def test_a_delivery_gives_the_rows_events_and_outcomes_of_single_writes(
    caller: Caller,
    applying: Applying,
    owner: asyncpg.Connection,
    numbers: Iterator[int],
    given_records: list[Record],
    form: str,
) -> None:
    first = next(numbers)
    records = [{**each, "assignmentNumber": first + each["assignmentNumber"]} for each in given_records]
    content, media_type = lines(*records), NDJSON
    if form != "json":
        content, media_type = as_csv(records, separator=form, dutch=form == ";"), "text/csv; charset=utf-8"
    delivery = await deliver(caller, applying, content, media_type)
    async with caller("municipality", GEMERT) as client:
        singly = await one_by_one(client, records)
    assert counts(delivery) == singly
    assert await owner.fetch(_ROWS, HELMOND, first) == await owner.fetch(_ROWS, GEMERT, first)
    assert await owner.fetch(_EVENTS, HELMOND, first) == await owner.fetch(_EVENTS, GEMERT, first)
    assert len({each["record"] for each in await refusals(caller, delivery)}) == singly["refused"]


# --- one record is wrong, its neighbours are not ---


def whole_json(**changed: object) -> bytes:
    return lines(indication(500, **changed))


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (b"{\n", "#", "unreadable"),
        (b'{"a": NaN}\n', "#", "unreadable"),
        (b"[]\n", "#", "object"),
        (b"7\n", "#", "object"),
        (b'{"bsn": "\x00"}\n', "#", "unreadable"),
        (b'{"team": "' + b"x" * LONGEST_RECORD + b'"}\n', "#", "too-long"),
        (b'{"team": "' + b"x" * 10_000_000 + b'"}\n', "#", "too-long"),
        (whole_json(team="a\0"), "#/team", "character"),
        (whole_json(unexpected=1), "#/unexpected", "extra-forbidden"),
        (whole_json(bsn="123456789"), "#/bsn", "bsn"),
        (whole_json(bsn=None), "#/bsn", "missing"),
        (whole_json(municipality=GEMERT), "#/municipality", "foreign-organisation"),
        (whole_json(assignmentNumber=None), "#/assignmentNumber", "missing"),
        (whole_json(assignmentNumber=10**9), "#/assignmentNumber", "less-than-equal"),
        (whole_json(withdrawn="true"), "#/withdrawn", "bool-type"),
        (whole_json(withdrawn=True), "#/bsn", "extra-forbidden"),
        (whole_json(to="2025-12-31"), "#/to", "period"),
        (whole_json(to=None), "#/to", "end-required"),
        (whole_json(budgetCents=1), "#/budgetCents", "amount-twice"),
        (whole_json(unit=None), "#/unit", "volume-whole"),
        (whole_json(frequency="1"), "#/frequency", "frequency-of-unit"),
        (whole_json(**{"from": "01-01-26"}), "#/from", "day"),
        (lines(withdrawal(501)), None, "not-found"),
        (lines(indication(502, 3), indication(502, 3, team="zuid")), None, "moments-taken"),
        (lines(indication(503), indication(503, 3, product="43A10")), "#/product", "fixed-fields"),
        (lines(indication(504), withdrawal(504), indication(504, 3)), None, "indication-withdrawn"),
    ],
)
async def test_what_is_wrong_with_one_record_is_said_of_it_and_its_neighbours_go_in(
    caller: Caller, applying: Applying, numbers: Iterator[int], wrong: bytes, field: str | None, code: str
) -> None:
    first = next(numbers)
    content = lines(indication(first)) + wrong + lines(indication(first + 1))
    # Numbers of its own for each case: what is refused here must not depend on another case.
    for number in range(500, 505):
        content = content.replace(b'Number": %d' % number, b'Number": %d' % (first + number))
    delivery = await deliver(caller, applying, content)
    found = await refusals(caller, delivery)
    assert code in {each["code"] for each in found}
    assert field in {each["field"] for each in found}
    assert {each["record"] for each in found} <= set(range(2, delivery["records"]))
    assert delivery["refused"] == 1
    async with caller("municipality", HELMOND) as client:
        for number in (first, first + 1):
            assert (await client.get(f"/indications/{HELMOND}/{number}")).status_code == 200


@pytest.mark.parametrize(
    ("rows", "code"),
    [("1;2\n", "columns"), ('1;"a"b"";x\n', "unreadable"), (f"1;{'x' * LONGEST_RECORD};x\n", "too-long")],
)
async def test_a_row_that_does_not_fit_its_header_is_refused_alone(
    caller: Caller, applying: Applying, rows: str, code: str
) -> None:
    content = f"toewijzingnummer;bsn;vanaf\n{rows}1;2;3\n"
    delivery = await deliver(caller, applying, content.encode(), "text/csv")
    found = await refusals(caller, delivery)
    assert [each["code"] for each in found if each["record"] == 1] == [code]
    assert delivery["records"] == delivery["refused"] == 2


async def test_a_cell_in_quotes_holds_separators_quotes_and_line_ends(
    caller: Caller, applying: Applying, numbers: Iterator[int]
) -> None:
    reason = 'Een "reden";\nmet twee regels'
    records = [indication(next(numbers), administrativeReason=reason)]
    delivery = await deliver(caller, applying, as_csv(records), "text/csv")
    assert counts(delivery) == {"created": 1}
    async with caller("municipality", HELMOND) as client:
        shown = await client.get(f"/indications/{HELMOND}/{records[0]['assignmentNumber']}")
    assert shown.json()["administrativeReason"] == reason


# --- the file as a whole ---

WHOLE = lines(indication(900_000_001), indication(900_000_002))
_COUNTED = """
select (select count(*) from referrals.delivery) as deliveries, (select count(*) from referrals.staged_record) as staged,
       (select count(*) from referrals.delivery_refusal) as refusals
"""


@pytest.mark.parametrize(
    ("content", "media_type", "encoding", "code"),
    [
        (b"", NDJSON, "identity", "no-records"),
        (b"\n\n", NDJSON, "identity", "no-records"),
        (WHOLE, NDJSON, "gzip", "gzip"),
        (gzip.compress(WHOLE)[:-9], NDJSON, "gzip", "cut-off"),
        (b"", NDJSON, "gzip", "cut-off"),
        (WHOLE[:-20], NDJSON, "identity", "cut-off"),
        (b'{"team": "\xe9"}\n' + WHOLE, NDJSON, "identity", "encoding"),
        (WHOLE.decode().encode("utf-16"), NDJSON, "identity", "encoding"),
        (b"bsn;bsn\n1;2\n", "text/csv", "identity", "header"),
        (b"bsn;burgerservicenummer\n1;2\n", "text/csv", "identity", "header"),
        (b"bsn;what\n1;2\n", "text/csv", "identity", "header"),
        (b"bsn;team;from\n1;2;3\n1;2", "text/csv", "identity", "cut-off"),
        (b'bsn;team\n1;"2\n', "text/csv", "identity", "cut-off"),
        (b"bsn;team\n", "text/csv", "identity", "no-records"),
    ],
)
async def test_a_file_that_is_broken_as_a_whole_is_refused_and_leaves_nothing(
    caller: Caller, owner: asyncpg.Connection, content: bytes, media_type: str, encoding: str, code: str
) -> None:
    before = await owner.fetchrow(_COUNTED)
    answer = await post(caller, content, media_type, encoding=encoding)
    assert answer.status_code == 400, answer.text
    assert [each["code"] for each in answer.json()["errors"]] == [code]
    assert await owner.fetchrow(_COUNTED) == before


def zipped(*members: tuple[str, bytes], packing: int = zipfile.ZIP_DEFLATED, streamed: bool = False) -> bytes:
    """Pack a zip, as a program does that writes to a file, or (`streamed`) to a pipe."""
    out = _Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return out.getvalue()


class _Pipe(io.BytesIO):
    """What cannot go back: sizes and checksum then stand behind the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


async def _in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("size", [1, 7, 1_000, 10_000_000])
@pytest.mark.parametrize(
    ("packing", "streamed"),
    [(zipfile.ZIP_DEFLATED, False), (zipfile.ZIP_DEFLATED, True), (zipfile.ZIP_STORED, False)],
)
async def test_a_zip_comes_out_as_it_went_in_whatever_the_pieces(
    packing: int,
    streamed: bool,  # noqa: FBT001 - a parameter of the test
    size: int,
) -> None:
    content = b"".join(
        b'{"number": %d, "noise": "%x"}\n' % (each, each * 2_654_435_761) for each in range(2_000)
    )
    packed = zipped(("maand.ndjson", content), packing=packing, streamed=streamed)
    name, pieces = await unzipped(_in_pieces(packed, size))
    assert (name, b"".join([piece async for piece in pieces])) == ("maand.ndjson", content)


async def test_a_delivery_in_a_zip_goes_in(
    caller: Caller, applying: Applying, numbers: Iterator[int]
) -> None:
    first = next(numbers)
    records = [indication(first + place) for place in range(20)]
    for name, content in (("maand.ndjson", lines(*records)), ("Maand.CSV", as_csv(records))):
        delivery = await deliver(caller, applying, zipped((name, content)), "application/zip")
        assert delivery["records"] == 20
        assert delivery["refused"] == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK", "cut-off"),
        (b"", "zip"),
        (WHOLE, "zip"),
        (zipped(), "zip-members"),
        (zipped(("map/", b""), ("map/a.csv", b"x")), "zip-members"),
        (zipped(("a.ndjson", WHOLE), ("b.ndjson", WHOLE)), "zip-members"),
        (zipped(("a.ndjson", WHOLE), ("b.ndjson", WHOLE), streamed=True), "zip-members"),
        (zipped(("a.xlsx", WHOLE)), "zip-format"),
        (zipped(("a.ndjson", WHOLE), packing=zipfile.ZIP_BZIP2), "zip-method"),
        (zipped(("a.ndjson", WHOLE))[:-40], "cut-off"),
        (zipped(("a.ndjson", WHOLE))[:60], "cut-off"),
        (zipped(("a.ndjson", WHOLE), packing=zipfile.ZIP_STORED).replace(b"43A09", b"43A10"), "zip"),
        (zipped(("a.ndjson", WHOLE)) + b" " * 1_000_000, "zip-members"),
    ],
)
async def test_a_zip_that_is_broken_is_refused_and_leaves_nothing(
    caller: Caller, owner: asyncpg.Connection, content: bytes, code: str
) -> None:
    before = await owner.fetchrow(_COUNTED)
    answer = await post(caller, content, "application/zip")
    assert answer.status_code == 400, answer.text
    assert [each["code"] for each in answer.json()["errors"]] == [code]
    assert await owner.fetchrow(_COUNTED) == before


async def test_a_file_that_unpacks_to_more_than_is_accepted_is_refused(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.deliveries.routes.LARGEST_FILE", 1024 * 1024)
    bomb = gzip.compress(WHOLE + b" " * 2_000_000)
    assert len(bomb) < 10_000
    answer = await post(caller, bomb, encoding="gzip")
    assert (answer.status_code, answer.json()["maximumBytes"]) == (413, 1024 * 1024)


@pytest.mark.parametrize(("media_type", "encoding"), [("application/json", "identity"), (NDJSON, "br")])
async def test_another_form_of_file_is_415(caller: Caller, media_type: str, encoding: str) -> None:
    assert (await post(caller, WHOLE, media_type, encoding=encoding)).status_code == 415


# --- again, only to try, by whom ---


async def test_the_same_file_again_says_unchanged_of_every_record_and_emits_no_event(
    caller: Caller, applying: Applying, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    first = next(numbers)
    content = gzip.compress(lines(*(indication(first + place) for place in range(50)), {"wrong": 1}))
    delivery = await deliver(caller, applying, content, encoding="gzip")
    assert counts(delivery) == {"created": 50, "refused": 1}
    events = await owner.fetchval("select count(*) from referrals.journal")
    again = await deliver(caller, applying, content, encoding="gzip")
    assert counts(again) == {"unchanged": 50, "refused": 1}
    assert await owner.fetchval("select count(*) from referrals.journal") == events
    assert await owner.fetchval("select count(*) from referrals.staged_record") == 0


async def test_a_full_delivery_reports_what_is_known_and_not_in_it_and_withdraws_nothing(
    caller: Caller, applying: Applying, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    first = next(numbers)
    asten = ("application/x-ndjson", "0743")
    await deliver(caller, applying, lines(*(indication(first + place) for place in range(5))), *asten)
    await deliver(caller, applying, lines(withdrawal(first + 4)), *asten)
    delivery = await deliver(
        caller,
        applying,
        lines(indication(first), indication(first + 2), indication(first + 9)),
        *asten,
        mode="full",
    )
    assert counts(delivery) == {"created": 1, "unchanged": 2}
    assert delivery["missing"] == 2
    async with caller("municipality", "0743") as client:
        page = (await client.get(f"/deliveries/{delivery['id']}/missing", params={"pageSize": 1})).json()
        rest = (await client.get(f"{HOST}{page['next']}")).json()
    assert [each["number"] for each in page["items"] + rest["items"]] == [str(first + 1), str(first + 3)]
    assert rest["next"] is None
    withdrawn = "select count(*) from referrals.indication where municipality = '0743' and withdrawn"
    assert await owner.fetchval(withdrawn) == 1


async def test_a_dry_run_judges_like_the_real_thing_and_changes_nothing(
    caller: Caller, applying: Applying, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    first = next(numbers)
    content = lines(
        indication(first), indication(first, 2, team="zuid"), withdrawal(first + 1), indication(first + 2)
    )
    before = await owner.fetchrow(
        "select count(*), (select count(*) from referrals.journal) from referrals.indication"
    )
    tried = await deliver(caller, applying, content, dry_run=True)
    assert counts(tried) == {"created": 2, "changed": 1, "refused": 1}
    assert [each["code"] for each in await refusals(caller, tried)] == ["not-found"]
    after = await owner.fetchrow(
        "select count(*), (select count(*) from referrals.journal) from referrals.indication"
    )
    assert after == before
    assert counts(await deliver(caller, applying, content)) == counts(tried)


async def test_a_staged_record_holds_no_readable_bsn_and_no_route_reads_it(
    caller: Caller, api: Database, applying: Applying, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    assert (await post(caller, lines(indication(next(numbers))))).status_code == 202
    staged = await owner.fetch("select to_jsonb(s)::text from referrals.staged_record s")
    assert len(staged) == 1
    assert not [bsn for bsn in BSNS if bsn in staged[0][0]]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api.transaction(organisation=HELMOND, role="municipality") as connection:
            await connection.fetch("select * from staged_record")
    while await applying.step():
        pass


async def test_the_processing_log_names_the_activity_of_the_delivery(
    caller: Caller, applying: Applying, owner: asyncpg.Connection, numbers: Iterator[int]
) -> None:
    before = await owner.fetchval("select coalesce(max(id), 0) from referrals.processing_log")
    await deliver(caller, applying, lines(indication(next(numbers)), indication(next(numbers))))
    logged = await owner.fetch(
        "select name, organisation, data_subject_id from referrals.processing_log where id > $1", before
    )
    assert {(row["name"], row["organisation"]) for row in logged} == {("deliver", HELMOND)}
    assert len(logged) == 1, "both are of one child"


async def test_a_delivery_is_its_own_organisations(caller: Caller, applying: Applying) -> None:
    delivery = await deliver(caller, applying, lines({"wrong": 1}))
    async with caller("municipality", GEMERT) as client:
        for path in ("", "/refusals"):
            assert (await client.get(f"/deliveries/{delivery['id']}{path}")).status_code == 404
        listed = (await client.get("/deliveries")).json()["items"]
    assert delivery["id"] not in {each["id"] for each in listed}
    async with caller("referrer", "00000099000000000001") as client:
        assert (await client.get("/deliveries")).status_code == 403


async def test_the_worker_is_not_the_api_until_it_says_so(databases: Databases) -> None:
    async with databases.database("referrals", "worker") as worker, worker.transaction() as connection:
        assert await connection.fetchval("select pg_has_role('referrals_api', 'usage')") is False
        assert await connection.fetchval("select pg_has_role('referrals_api', 'set')") is True


async def test_refusals_come_as_csv_too_and_start_no_formula(caller: Caller, applying: Applying) -> None:
    delivery = await deliver(caller, applying, lines(*({"=1+1": number} for number in range(1_100))))
    async with caller("municipality", HELMOND) as client:
        answer = await client.get(f"/deliveries/{delivery['id']}/refusals", headers={"Accept": "text/csv"})
        page = (await client.get(f"/deliveries/{delivery['id']}/refusals?pageSize=7")).json()
        path = page["next"].removeprefix("/referrals/v1")
        following = (await client.get(path)).json()
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {int(row["record"]) for row in rows} == set(range(1, 1_101))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert "=1+1" not in answer.text
    assert len(page["items"]) == len(following["items"]) == 7
    assert not [each for each in following["items"] if each in page["items"]]


# --- crashes and several workers ---

_WORKER = """
import asyncio, sys
from services.referrals.indications.commands import DELIVERED_BEFORE, apply_delivered
from shared.deliveries.kinds import Applier
from shared.database import Database
from shared.deliveries.applying import Applying

async def main():
    appliers = {"indications": Applier(apply_delivered, DELIVERED_BEFORE)}
    applying = Applying(Database(sys.argv[1], application="test"), "referrals", appliers)
    while await applying.step():
        pass

asyncio.run(main())
"""


async def test_a_worker_killed_between_windows_is_followed_by_one_that_goes_on(
    caller: Caller, applying: Applying, databases: Databases, numbers: Iterator[int]
) -> None:
    first = next(numbers) * 10
    content = lines(*(indication(first + place) for place in range(3 * WINDOW)))
    answer = await post(caller, content)
    for crash in ("delivery_mid_batch", "delivery_mid_batch:2"):
        killed = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", _WORKER, databases.url("referrals", "worker")],
            cwd=ROOT,
            env={"CRASH_AT": crash},
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL
    async with caller("municipality", HELMOND) as client:
        path = f"/deliveries/{answer.json()['id']}"
        halfway = (await client.get(path)).json()
        assert (halfway["state"], counts(halfway)) == ("applying", {"created": WINDOW})
        while await applying.step():
            pass
        assert counts((await client.get(path)).json()) == {"created": 3 * WINDOW}


async def test_two_workers_share_deliveries_of_the_same_numbers(
    caller: Caller, applying: Applying, databases: Databases, numbers: Iterator[int]
) -> None:
    first = next(numbers) * 10
    records = [indication(first + place) for place in range(WINDOW + 1)]
    sent = [await post(caller, lines(*order)) for order in (records, records[::-1], records)]

    async def work(one: Applying) -> None:
        while await one.step():
            pass

    async with databases.database("referrals", "worker") as worker:
        await asyncio.gather(work(applying), work(Applying(worker, "referrals", APPLIERS)))
    async with caller("municipality", HELMOND) as client:
        found = [(await client.get(f"/deliveries/{each.json()['id']}")).json() for each in sent]
    assert [each["state"] for each in found] == ["done"] * 3
    assert sum(each["created"] for each in found) == len(records)
    assert sum(each["unchanged"] for each in found) == 2 * len(records)


async def test_a_fault_of_ours_fails_the_delivery_and_not_the_queue(
    caller: Caller,
    applying: Applying,
    databases: Databases,
    owner: asyncpg.Connection,
    numbers: Iterator[int],
) -> None:
    async def broken(*_: object) -> list[Any]:
        raise ZeroDivisionError

    sent = await post(caller, lines(indication(next(numbers))))
    async with databases.database("referrals", "worker") as worker:
        assert (
            await Applying(worker, "referrals", {"indications": Applier(broken, DELIVERED_BEFORE)}).step()
            is True
        )
    async with caller("municipality", HELMOND) as client:
        found = (await client.get(f"/deliveries/{sent.json()['id']}")).json()
    assert (found["state"], found["handled"]) == ("failed", 0)
    assert await owner.fetchval("select count(*) from referrals.staged_record") == 0
    assert counts(await deliver(caller, applying, lines(indication(next(numbers))))) == {"created": 1}
