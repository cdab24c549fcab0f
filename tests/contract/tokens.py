"""An issuer of tokens, also of those that must not be accepted: expired, for others, signed in another way."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

ISSUER = "https://issuer.example"
AUDIENCE = "jeugdregio"


class Issuer:
    """Signs with an ES256 and an RS256 key, both published in a file; `unpublished` is nobody's."""

    def __init__(self, folder: Path) -> None:
        self._elliptic = ECKey.generate_key("P-256", {"kid": "elliptic", "use": "sig"})
        self._rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
        self._unpublished = ECKey.generate_key("P-256", {"kid": "unpublished", "use": "sig"})
        # Signing takes longer than most of the requests that it is for.
        self._made: dict[tuple[str, str, str], str] = {}
        self._file = folder / "jwks.json"
        keys = [key.as_dict(private=False) for key in (self._elliptic, self._rsa)]
        self._file.write_text(json.dumps({"keys": keys}))

    @property
    def url(self) -> str:
        return self._file.as_uri()

    def token(self, role: str, organisation: str, **changed: object) -> str:
        """Give a token that is accepted, unless a claim is changed."""
        if changed:
            return self._signed("ES256", self._elliptic, self._claims(role, organisation, **changed))
        return self._once("", role, organisation, lambda *whose: self.accepted("ES256", *whose))

    def refused(self, kind: str, role: str, organisation: str) -> str:
        """Give a token that must be refused, of one of the REFUSED."""
        return self._once(kind, role, organisation, lambda *whose: _REFUSED[kind](self, *whose))

    def _once(self, kind: str, role: str, organisation: str, make: Callable[[str, str], str]) -> str:
        if (kind, role, organisation) not in self._made:
            self._made[kind, role, organisation] = make(role, organisation)
        return self._made[kind, role, organisation]

    def accepted(self, algorithm: str, role: str, organisation: str) -> str:
        """Give a token that must be accepted, of one of the ACCEPTED."""
        keys: dict[str, Key] = {"ES256": self._elliptic, "RS256": self._rsa}
        return self._signed(algorithm, keys[algorithm], self._claims(role, organisation))

    def _claims(self, role: str, organisation: str, **changed: object) -> dict[str, Any]:
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "user-7",
            "exp": int(time.time()) + 3600,
            "role": role,
            "organisation": organisation,
            "activity": "https://register.example/contract-tests",
        } | changed

    def _signed(self, algorithm: str, key: Key, claims: dict[str, Any], kid: str | None = None) -> str:
        header = {"alg": algorithm, "kid": kid or str(key.kid)}
        return jwt.encode(header, claims, key, algorithms=[algorithm])

    def _unsigned(self, role: str, organisation: str) -> str:
        return _by_hand({"alg": "none", "kid": "elliptic"}, self._claims(role, organisation), b"")

    def _symmetric(self, role: str, organisation: str) -> str:
        # The classic forgery: the public key, which everybody has, taken for a shared secret.
        secret = self._rsa.as_pem(private=False)
        return _by_hand({"alg": "HS256", "kid": "rsa"}, self._claims(role, organisation), secret)

    def _of_unknown_key(self, role: str, organisation: str) -> str:
        return self._signed("ES256", self._unpublished, self._claims(role, organisation))

    def _under_a_known_name(self, role: str, organisation: str) -> str:
        return self._signed("ES256", self._unpublished, self._claims(role, organisation), kid="elliptic")


def _by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    signed = ".".join(_segment(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(secret, signed.encode(), sha256) if secret else b""
    return f"{signed}.{_segment(signature)}"


def _segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


_REFUSED: dict[str, Callable[[Issuer, str, str], str]] = {
    "expired": lambda issuer, *whose: issuer.token(*whose, exp=int(time.time()) - 3600),
    "not yet valid": lambda issuer, *whose: issuer.token(*whose, nbf=int(time.time()) + 3600),
    "wrong audience": lambda issuer, *whose: issuer.token(*whose, aud="another"),
    "wrong issuer": lambda issuer, *whose: issuer.token(*whose, iss="https://another.example"),
    "HS256": lambda issuer, *whose: issuer._symmetric(*whose),
    "none algorithm": lambda issuer, *whose: issuer._unsigned(*whose),
    "unknown key": lambda issuer, *whose: issuer._of_unknown_key(*whose),
    "forged signature": lambda issuer, *whose: issuer._under_a_known_name(*whose),
}
REFUSED = tuple(_REFUSED)
ACCEPTED = ("ES256", "RS256")
