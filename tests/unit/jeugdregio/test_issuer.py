"""Tokens of the development issuer are accepted by the services of this machine, and made for nothing else."""

from pathlib import Path

import pytest

from jeugdregio.errors import StarterError
from jeugdregio.issuer import AUDIENCE, ISSUER, ROLES, Issuer, new_signing_key
from shared.auth.keys import SigningKeys, fetch_from
from shared.auth.principal import Role
from shared.auth.tokens import TokenVerifier

_HERE = ("http://127.0.0.1:20001",)


async def test_its_tokens_are_accepted_with_role_and_organisation(tmp_path: Path) -> None:
    issuer = Issuer(new_signing_key(), embedded=True, addresses=_HERE)
    issuer.publish(tmp_path / "jwks.json")
    keys = SigningKeys(fetch_from((tmp_path / "jwks.json").as_uri()))
    verifier = TokenVerifier(keys, issuer=ISSUER, audience=AUDIENCE)
    principal = await verifier.verify(issuer.token("municipality", "0743"))
    assert (principal.role, principal.organisation) == (Role.MUNICIPALITY, "0743")
    assert principal.activity == "urn:jeugdregio:activity:granting-youth-care"


def test_it_knows_every_role() -> None:
    assert set(ROLES) == set(Role)


def test_what_it_publishes_holds_no_private_key(tmp_path: Path) -> None:
    key = new_signing_key()
    Issuer(key, embedded=True, addresses=_HERE).publish(tmp_path / "jwks.json")
    published = (tmp_path / "jwks.json").read_text()
    assert key["d"] not in published
    assert key["kid"] in published


@pytest.mark.parametrize(
    ("embedded", "addresses"),
    [
        (False, _HERE),
        (True, ("http://10.0.0.5:20001",)),
        (True, ("postgresql://database.example:5432/jeugdregio", *_HERE)),
    ],
)
def test_it_refuses_to_work_for_more_than_this_machine(embedded: bool, addresses: tuple[str, ...]) -> None:  # noqa: FBT001
    with pytest.raises(StarterError, match="only with the embedded database, on loopback"):
        Issuer(new_signing_key(), embedded, addresses)


def test_an_unknown_role_is_refused_with_the_known_ones() -> None:
    with pytest.raises(StarterError, match="choose one of municipality"):
        Issuer(new_signing_key(), embedded=True, addresses=_HERE).token("alderman", "0743")
