"""Writes as callers make them up: new ones, corrections, withdrawals, the same again, older ones, wrong ones."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from stdnum.nl import bsn

from shared.values.moments import moment_text
from tests.faults.ledger import Entry, Ledger, State, Write
from tests.faults.region import REGION_OIN

MUNICIPALITIES = ("0794", "0820", "0743")
YEAR = 2023
_START, _END = date(YEAR, 1, 1), date(YEAR, 12, 31)
_DECIDED = datetime(YEAR - 1, 12, 1, tzinfo=UTC)
_CLIENTS = [str(n) for n in range(999_900_006, 999_999_990) if bsn.is_valid(str(n))][:4_000]
_CLIENTS_PER_LINE = 60


def client(line: int, number: int) -> str:
    """Give the BSN, of the official test range, of one of the clients that only this line writes about."""
    return _CLIENTS[line * _CLIENTS_PER_LINE + number % _CLIENTS_PER_LINE]


def provider(line: int) -> str:
    return f"98{line:06d}"


def product(line: int) -> str:
    return f"45A{line:02d}"


def _day(draw: Random, first: date, last: date) -> date:
    return first + timedelta(days=draw.randint(0, (last - first).days))


def put_provider(ledger: Ledger, draw: Random, agb: str) -> Write:
    body: State = {"name": f"Aanbieder {agb} {draw.randint(1, 1_000_000)}", "locations": []}
    return _contracts(ledger.entry("provider", agb), f"/providers/{agb}", body, makes=body)


def put_product(ledger: Ledger, draw: Random, code: str) -> Write:
    body: State = {
        "category": code[:2], "segment": 4, "residential": False, "family": False, "housing": False,
        "unit": "04", "nameNl": f"Ambulant {draw.randint(1, 1_000_000)}", "nameEn": "Ambulatory",
        "from": _START.isoformat(),
        "tariffs": [
            {"from": "2023-01-01", "to": "2023-06-30", "cents": draw.randint(5_000, 9_000)},
            {"from": "2023-07-01", "cents": draw.randint(5_000, 9_000)},
        ],
    }  # fmt: skip
    return _contracts(ledger.entry("product", code), f"/products/{code}", body, makes=body)


def put_agreement(ledger: Ledger, draw: Random, agb: str, code: str) -> Write:
    body: State = {}
    if draw.random() < 0.6:
        body["to"] = _day(draw, _START, _END).isoformat()
    if draw.random() < 0.5:
        body["tariffCents"] = draw.randint(4_000, 12_000)
    entry = ledger.entry("agreement", agb, code)
    same = entry.state is not None and entry.state == {**body, "withdrawn": False}
    return _contracts(entry, _agreement(entry), body, makes=None if same else {**body, "withdrawn": False})


def withdraw_agreement(entry: Entry) -> Write:
    makes = {**(entry.state or {}), "withdrawn": True}
    return _contracts(entry, f"{_agreement(entry)}/withdrawals", {}, makes=makes, method="POST")


def _agreement(entry: Entry) -> str:
    return f"/agreements/{entry.key[0]}/{entry.key[1]}/{_START}"


def _contracts(entry: Entry, path: str, body: State, *, makes: State | None, method: str = "PUT") -> Write:
    return Write(entry, "contracts", method, path, "contract-manager", REGION_OIN, body, makes)


def new_indication(
    ledger: Ledger, draw: Random, *, bsn: str, agb: str, code: str, municipality: str
) -> Write:
    """A budget, or hours per day at the tariff of agreement or catalogue; all of it within the year."""
    entry = ledger.entry("indication", municipality, ledger.next_number())
    first = _day(draw, _START, _END)
    body: State = {
        "bsn": bsn, "birthYear": 2012, "product": code, "provider": agb,
        "from": first.isoformat(), "to": _day(draw, first, _END).isoformat(),
    }  # fmt: skip
    if draw.random() < 0.5:
        body["budgetCents"] = draw.randint(1, 5_000_000)
    else:
        body |= {"volume": draw.randint(1, 3), "unit": "04", "frequency": "1"}
    return put_indication(entry, body)


def correction(entry: Entry, draw: Random) -> Write:
    """Another end or budget, decided later."""
    body = dict((entry.state or {})["body"])
    body["to"] = _day(draw, date.fromisoformat(body["from"]), _END).isoformat()
    if "budgetCents" in body:
        body["budgetCents"] = draw.randint(1, 5_000_000)
    return put_indication(entry, body)


def put_indication(entry: Entry, body: State) -> Write:
    entry.sent += 1
    makes = {"body": body, "withdrawn": False, "sent": entry.sent}
    return _referrals(entry, body, entry.sent, makes)


def same_again(entry: Entry) -> Write:
    state = entry.state or {}
    return _referrals(entry, state["body"], state["sent"], None)


def older(entry: Entry) -> Write:
    """Decided before everything that is known: kept in the history, changes nothing."""
    entry.sent += 1
    return _referrals(entry, (entry.state or {})["body"], -entry.sent, None)


def wrong(entry: Entry, draw: Random) -> Write:
    """What has to be refused: another product under the same number, or an end before the start."""
    entry.sent += 1
    body = dict((entry.state or {})["body"])
    body |= {"product": "45Z99"} if draw.random() < 0.5 else {"to": "2022-01-01"}
    return _referrals(entry, body, entry.sent, None, accepted=False)


def withdrawal(entry: Entry) -> Write:
    entry.sent += 1
    makes = {**(entry.state or {}), "withdrawn": True}
    path = f"/indications/{'/'.join(entry.key)}/withdrawals"
    body = _moments(entry.sent)
    return Write(entry, "referrals", "POST", path, "municipality", entry.key[0], body, makes)


def _referrals(
    entry: Entry, body: State, decided: int, makes: State | None, *, accepted: bool = True
) -> Write:
    path = f"/indications/{'/'.join(entry.key)}"
    body = {**body, **_moments(decided)}
    return Write(entry, "referrals", "PUT", path, "municipality", entry.key[0], body, makes, accepted)


def _moments(decided: int) -> State:
    moment = moment_text(_DECIDED + timedelta(hours=decided))
    return {"decidedAt": moment, "sentAt": moment}


def withdrawn(entry: Entry) -> bool:
    return bool(entry.state and entry.state["withdrawn"])
