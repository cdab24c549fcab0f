import base64
import hmac
import time
from typing import Any, Protocol

import orjson
import pytest
from joserfc.jwk import ECKey, RSAKey

from shared.auth import Principal, Role
from shared.auth.keys import SigningKeys, fetch_from
from shared.auth.tokens import TokenVerifier
from shared.problems import InvalidToken


class Issuer(Protocol):
    key: ECKey

    @property
    def url(self) -> str: ...
    def publish(self, *keys: object) -> None: ...
    def claims(self, **changed: object) -> dict[str, Any]: ...
    def token(self, **changed: object) -> str: ...


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> TokenVerifier:
    keys = SigningKeys(fetch_from(issuer.url))
    return TokenVerifier(keys, issuer="https://issuer.example", audience="jeugdregio", now=clock)


async def test_a_good_token_gives_its_principal(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert await verifier.verify(issuer.token()) == Principal(
        Role.MUNICIPALITY, "0743", "user-7", "https://register.example/indications"
    )


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
async def test_rsa_signatures_are_accepted(issuer: Issuer, verifier: TokenVerifier, algorithm: str) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    issuer.publish(key)
    token = issuer.token(key=key, header={"alg": algorithm, "kid": "rsa"})
    assert (await verifier.verify(token)).organisation == "0743"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://another.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"exp": None},
        {"exp": "2099-01-01"},
        {"exp": True},
        {"exp": 1_600_000_000},
        {"nbf": 4_000_000_000},
        {"nbf": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a b"},
        {"role": None},
        {"role": "superuser"},
        {"role": ["municipality", "operator"]},
        {"organisation": None},
        {"organisation": ["0743"]},
        {"organisation": "0743', true"},
        {"activity": None},
        {"activity": ""},
    ],
)
async def test_a_claim_that_is_missing_or_wrong_refuses_the_token(
    issuer: Issuer, verifier: TokenVerifier, changed: dict[str, object]
) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(issuer.token(**changed))


async def test_one_of_several_audiences_is_enough(issuer: Issuer, verifier: TokenVerifier) -> None:
    assert await verifier.verify(issuer.token(aud=["other", "jeugdregio"]))


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


async def test_an_unsigned_token_is_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    unsigned = f"{_part({'alg': 'none', 'kid': 'first'})}.{_part(issuer.claims())}."
    with pytest.raises(InvalidToken):
        await verifier.verify(unsigned)


async def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(
    issuer: Issuer, verifier: TokenVerifier
) -> None:
    signed = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(issuer.claims())}"
    signature = hmac.digest(issuer.key.as_pem(private=False), signed.encode(), "sha256")
    token = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


async def test_a_signature_of_another_key_or_algorithm_is_refused(
    issuer: Issuer, verifier: TokenVerifier
) -> None:
    another = ECKey.generate_key("P-256", {"kid": "first"})
    rsa = RSAKey.generate_key(2048, {"kid": "first"})
    for token in (issuer.token(key=another), issuer.token(key=rsa, header={"alg": "RS256"})):
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


async def test_a_changed_token_is_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    head, _, signature = issuer.token().split(".")
    with pytest.raises(InvalidToken):
        await verifier.verify(f"{head}.{_part(issuer.claims(role='operator'))}.{signature}")


@pytest.mark.parametrize(
    "token", ["", ".", "a.b.c", "é.b.c", "\udcff.b", "e30.e30.e30", "bnVsbA.e30.", "a" * 9000, "W10.a.b.c.d"]
)
async def test_what_is_not_a_token_is_refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


async def test_an_accepted_token_is_remembered_until_it_expires(
    issuer: Issuer, verifier: TokenVerifier, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token(exp=int(clock.now) + 60)
    first = await verifier.verify(token)
    monkeypatch.setattr(verifier.keys, "find", None)
    assert await verifier.verify(token) is first
    monkeypatch.undo()
    clock.now += 120
    with pytest.raises(InvalidToken, match="expired"):
        await verifier.verify(token)


async def test_a_withdrawn_key_takes_along_what_it_signed(issuer: Issuer, verifier: TokenVerifier) -> None:
    token = issuer.token()
    await verifier.verify(token)
    issuer.publish(ECKey.generate_key("P-256", {"kid": "second"}))
    await verifier.keys.refresh()
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


async def test_what_is_remembered_is_bounded(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.auth.tokens._REMEMBERED", 3)
    for number in range(5):
        await verifier.verify(issuer.token(sub=f"user-{number}"))
    assert len(verifier._accepted) == 3
