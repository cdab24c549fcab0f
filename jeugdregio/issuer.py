"""The development issuer: tokens for trying out, signed with a key that only this machine trusts.

It refuses to work for anything but an embedded database on loopback: a real region has a real issuer.
"""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters

from jeugdregio.errors import StarterError

ISSUER = "urn:jeugdregio:development"
AUDIENCE = "jeugdregio"
_LIFETIME = 7 * 24 * 3600  # seconds
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Why each role comes here, as its entry in a register of processing activities would be called.
_ACTIVITIES = {
    "municipality": "granting-youth-care",
    "provider": "delivering-youth-care",
    "referrer": "finding-fitting-care",
    "contract-manager": "contracting-youth-care",
    "analyst": "steering-on-figures",
    "peer": "comparing-regions",
    "operator": "operating-the-platform",
}
ROLES = tuple(_ACTIVITIES)


@dataclass(frozen=True)
class Issuer:
    """Makes tokens. Raises StarterError when it is asked to work for more than a region on this machine."""

    signing_key: dict[str, Any]
    embedded: bool
    addresses: tuple[str, ...]

    def __post_init__(self) -> None:
        hosts = {urlsplit(address).hostname for address in self.addresses}
        if not self.embedded or not hosts <= _LOOPBACK:
            raise StarterError(
                "the development issuer works only with the embedded database, on loopback: "
                "take tokens from your own issuer and set JWKS_URL, TOKEN_ISSUER and TOKEN_AUDIENCE"
            )

    def token(self, role: str, organisation: str) -> str:
        """Sign a token of one role and organisation, valid for a week."""
        if role not in _ACTIVITIES:
            raise StarterError(f"there is no role {role!r}: choose one of {', '.join(ROLES)}")
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": f"development-{role}",
            "role": role,
            "organisation": organisation,
            "activity": f"urn:jeugdregio:activity:{_ACTIVITIES[role]}",
            "iat": now,
            "exp": now + _LIFETIME,
        }
        key = ECKey.import_key(self.signing_key)
        return jwt.encode({"alg": "ES256", "kid": self.signing_key["kid"]}, claims, key)

    def publish(self, jwks: Path) -> None:
        """Write the public half where the services read it."""
        public = ECKey.import_key(self.signing_key).as_dict(private=False)
        jwks.write_text(json.dumps({"keys": [public]}, indent=1))


def new_signing_key() -> dict[str, Any]:
    """Make a new ES256 key, private half included, as a JWK."""
    parameters: KeyParameters = {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"}
    return dict(ECKey.generate_key("P-256", parameters).as_dict(private=True))
