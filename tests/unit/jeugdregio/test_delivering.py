"""The command that delivers knows every kind, and takes from a file's path what nobody said."""

from pathlib import Path

import pytest

from jeugdregio.delivering import SENDERS, Addressed, Sender, address
from jeugdregio.errors import StarterError
from services.availability.waiting_times.routes import DELIVERED as WAITING_TIMES
from services.contracts.app import DELIVERED as OF_CONTRACTS
from services.referrals.indications.routes import DELIVERED as INDICATIONS

MANAGER = "00000099000000001000"
REGION = {
    "services": {name: {"url": f"http://{name}"} for name in ("referrals", "contracts", "availability")},
    "tokens": {
        "municipality": {"0794": "helmond", "0743": "asten"},
        "provider": {"98000001": "carer", "98000002": "clinic"},
        "contract-manager": {MANAGER: "manager"},
    },
}


def test_every_kind_that_a_service_takes_can_be_sent_by_its_role() -> None:
    kinds = (("referrals", [INDICATIONS]), ("contracts", OF_CONTRACTS), ("availability", [WAITING_TIMES]))
    served = {each.name: Sender(service, each.role.value) for service, of in kinds for each in of}
    assert {name: SENDERS[name] for name in served} == served


@pytest.mark.parametrize(
    ("file", "organisation", "kind", "sent"),
    [
        ("claims/98000002.ndjson.gz", None, None, ("http://contracts", "clinic", "claims")),
        (
            "waiting-times/98000001/2024-01-10.csv",
            None,
            None,
            ("http://availability", "carer", "waiting-times"),
        ),
        ("agreements.ndjson", None, None, ("http://contracts", "manager", "agreements")),
        ("indications.csv", "0743", None, ("http://referrals", "asten", "indications")),
        ("0794/june.csv", None, "indications", ("http://referrals", "helmond", "indications")),
        ("claims/98000002.csv", "98000001", None, ("http://contracts", "carer", "claims")),
    ],
)
def test_who_delivers_what_is_said_or_stands_in_the_path(
    file: str, organisation: str | None, kind: str | None, sent: tuple[str, str, str]
) -> None:
    assert address(REGION, Path(file), organisation, kind) == Addressed(*sent)


@pytest.mark.parametrize(
    ("file", "organisation", "complaint"),
    [
        ("june.csv", None, "say what the records of june.csv are"),
        ("claims.csv", None, "say which provider delivers"),
        ("claims.csv", "0794", "no token of provider 0794"),
    ],
)
def test_what_is_neither_said_nor_in_the_path_is_asked_for(
    file: str, organisation: str | None, complaint: str
) -> None:
    with pytest.raises(StarterError, match=complaint):
        address(REGION, Path(file), organisation, None)
