"""From bearer token to principal.

Claims: `iss`, `aud`, `exp`, `sub` and of our own `role`, `organisation`, `activity`, all required; `nbf` is
checked when it is there. Signed with RS256, PS256 or ES256 by a key that the issuer publishes; nothing else
is accepted.
"""

import re
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, TypeGuard

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode

from shared.auth.keys import SigningKeys
from shared.auth.principal import Principal, Role
from shared.problems import InvalidToken

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
_LEEWAY_SECONDS: Final = 30
_LONGEST_TOKEN: Final = 8192
_REMEMBERED: Final = 10_000
_ORGANISATION = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TEXT = re.compile(r"[\x21-\x7e]{1,255}")


class TokenVerifier:
    """Checks tokens, and remembers what it accepted until that expires (a check costs 90 us, a look-up 1)."""

    def __init__(
        self, keys: SigningKeys, *, issuer: str, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        self.keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._accepted: dict[bytes, tuple[float, Principal]] = {}
        self._keys_version = keys.version

    async def verify(self, token: str) -> Principal:
        """Who this token is. Raises InvalidToken, or KeysUnavailable when no key was ever read."""
        if len(token) > _LONGEST_TOKEN:
            raise InvalidToken
        digest = sha256(token.encode("utf-8", "surrogateescape")).digest()
        return self._remembered(digest) or await self._check(token, digest)

    def _remembered(self, digest: bytes) -> Principal | None:
        self._forget_with_keys()
        known = self._accepted.get(digest)
        if known is None or known[0] + _LEEWAY_SECONDS <= self._now():
            self._accepted.pop(digest, None)
            return None
        return known[1]

    def _forget_with_keys(self) -> None:
        # A key that the issuer withdrew takes along what was signed with it.
        if self._keys_version != self.keys.version:
            self._accepted.clear()
            self._keys_version = self.keys.version

    async def _check(self, token: str, digest: bytes) -> Principal:
        key = await self.keys.find(_key_id(token))
        self._forget_with_keys()
        if key is None:
            raise InvalidToken("The token is signed with a key that the issuer does not publish.")
        try:
            payload = jws.deserialize_compact(token, key, algorithms=ALGORITHMS).payload
            claims = orjson.loads(payload or b"")
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidToken("The signature of the token is not valid.") from error
        if not isinstance(claims, dict):
            raise InvalidToken
        expires = self._check_claims(claims)
        principal = _principal(claims)
        self._remember(digest, expires, principal)
        return principal

    def _check_claims(self, claims: dict[str, Any]) -> float:
        now = self._now()
        expires, begins, audience = claims.get("exp"), claims.get("nbf", 0), claims.get("aud")
        if claims.get("iss") != self._issuer:
            raise InvalidToken("The token is of another issuer.")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidToken("The token is for another audience.")
        if not _is_moment(expires) or expires + _LEEWAY_SECONDS <= now:
            raise InvalidToken("The token has expired.")
        if not _is_moment(begins) or begins - _LEEWAY_SECONDS > now:
            raise InvalidToken("The token is not valid yet.")
        return float(expires)

    def _remember(self, digest: bytes, expires: float, principal: Principal) -> None:
        while len(self._accepted) >= _REMEMBERED:
            self._accepted.pop(next(iter(self._accepted)))
        self._accepted[digest] = (expires, principal)


def _key_id(token: str) -> str:
    # Read before the signature is checked, so used for nothing but finding the key.
    try:
        header = orjson.loads(urlsafe_b64decode(token.split(".", 1)[0].encode("ascii")))
    except ValueError as error:
        raise InvalidToken from error
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str) or header.get("alg") not in ALGORITHMS:
        raise InvalidToken("The token must name its key, and an algorithm out of RS256, PS256, ES256.")
    return kid


def _is_moment(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _principal(claims: dict[str, Any]) -> Principal:
    role, organisation = claims.get("role"), claims.get("organisation")
    subject, activity = claims.get("sub"), claims.get("activity")
    if role not in list(Role):
        raise InvalidToken("The token carries no role that is known here.")
    if not isinstance(organisation, str) or not _ORGANISATION.fullmatch(organisation):
        raise InvalidToken("The token carries no organisation.")
    for name, value in (("sub", subject), ("activity", activity)):
        if not isinstance(value, str) or not _TEXT.fullmatch(value):
            raise InvalidToken(f"The token carries no {name}.")
    return Principal(Role(role), organisation, str(subject), str(activity))
