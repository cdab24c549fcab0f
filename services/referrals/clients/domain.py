"""How a BSN is kept: sealed with AES-GCM, found by a keyed hash, so that the database alone gives no number away."""

import hmac
import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.values.bsn import Bsn

_KEY_BYTES = 32
_NONCE_BYTES = 12


class VaultKeyError(ValueError):
    """A vault key is not 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class SealedBsn:
    """A BSN as the vault keeps it. `index` is the same for the same number, `sealed` never."""

    index: bytes
    sealed: bytes
    key_version: int


class Vault:
    """Seals with the newest key; the older ones stay for reading what was sealed with them."""

    def __init__(self, keys: Mapping[int, str], index_key: str) -> None:
        self._ciphers = {version: AESGCM(key_bytes(text)) for version, text in keys.items()}
        self._newest = max(self._ciphers)
        self._index_key = key_bytes(index_key)

    def index(self, bsn: Bsn) -> bytes:
        """Give the keyed hash by which a client is found."""
        return hmac.digest(self._index_key, bsn.reveal().encode(), sha256)

    def seal(self, bsn: Bsn) -> SealedBsn:
        """Encrypt a number, bound to its index, so that two rows cannot be exchanged unnoticed."""
        index = self.index(bsn)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._ciphers[self._newest].encrypt(nonce, bsn.reveal().encode(), index)
        return SealedBsn(index, sealed, self._newest)

    def open(self, kept: SealedBsn) -> Bsn:
        """Decrypt; raises cryptography's InvalidTag when the row was tampered with."""
        nonce, sealed = kept.sealed[:_NONCE_BYTES], kept.sealed[_NONCE_BYTES:]
        return Bsn(self._ciphers[kept.key_version].decrypt(nonce, sealed, kept.index).decode())


def key_bytes(text: str) -> bytes:
    """Read a key of 32 bytes from base64. Raises VaultKeyError."""
    try:
        key = b64decode(text, validate=True)
    except ValueError as error:
        raise VaultKeyError("a vault key must be 32 bytes in base64") from error
    if len(key) != _KEY_BYTES:
        raise VaultKeyError("a vault key must be 32 bytes in base64")
    return key
