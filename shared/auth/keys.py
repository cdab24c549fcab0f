"""The public keys of the token issuer: fetched, kept, refreshed in the background."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import httpx
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from shared.problems import KeysUnavailable

SigningKey = RSAKey | ECKey
Fetch = Callable[[], Awaitable[bytes]]

_REFRESH_SECONDS: Final = 60
_UNKNOWN_KEY_SECONDS: Final = 5
_FETCH_SECONDS: Final = 5
_SMALLEST_RSA_BITS: Final = 2048
_log = structlog.get_logger(component="auth")


class SigningKeys:
    """The issuer's keys by `kid`.

    A failed refresh keeps what is known: an issuer that is away for a while stops nobody. `version` rises
    when the set changes, so that whoever remembers a verdict knows when to forget it.
    """

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.version = 0
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._document = b""
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> SigningKey | None:
        """The key of this id, None when there is none. Raises KeysUnavailable when nothing was ever read."""
        if kid not in self._keys:
            await self._ask_for_unknown()
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    async def check(self) -> None:
        """Raise KeysUnavailable when no token can be checked."""
        if not self._keys:
            await self._ask_for_unknown()
        if not self._keys:
            raise KeysUnavailable

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh until told to stop."""
        while not stop.is_set():
            await self.refresh()
            try:
                await asyncio.wait_for(stop.wait(), _REFRESH_SECONDS)
            except TimeoutError:
                continue

    async def refresh(self) -> None:
        async with self._lock:
            await self._refresh()

    async def _ask_for_unknown(self) -> None:
        # Anyone can send tokens with made-up key ids: they must not become a flood towards the issuer.
        async with self._lock:
            if self._clock() - self._asked_at >= _UNKNOWN_KEY_SECONDS:
                await self._refresh()

    async def _refresh(self) -> None:
        self._asked_at = self._clock()
        try:
            document = await asyncio.wait_for(self._fetch(), _FETCH_SECONDS)
            keys = _read(document)
        except (httpx.HTTPError, OSError, TimeoutError, ValueError) as error:
            _log.warning("keys_not_refreshed", reason=type(error).__name__, known=len(self._keys))
            return
        if keys and document != self._document:
            self._keys, self._document = keys, document
            self.version += 1
            _log.info("keys_refreshed", known=len(keys))


def fetch_from(url: str) -> Fetch:
    """How to read the key set at an https or file url (both are checked by the settings)."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))

        async def read() -> bytes:
            return await asyncio.to_thread(path.read_bytes)

        return read

    async def get() -> bytes:
        async with httpx.AsyncClient(timeout=_FETCH_SECONDS) as client:
            return (await client.get(url)).raise_for_status().content

    return get


def _read(document: bytes) -> dict[str, SigningKey]:
    # Keys that we would not verify with (symmetric, short, without id) are left out, not refused:
    # an issuer may publish keys for others too.
    content = orjson.loads(document)
    listed = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a key set")  # noqa: TRY004 - caught with the other faults of a document
    found: dict[str, SigningKey] = {}
    for data in listed:
        key = _usable(data)
        if key is not None and key.kid:
            found[key.kid] = key
    return found


def _usable(data: object) -> SigningKey | None:
    if not isinstance(data, dict) or data.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAKey):
        return key if key.public_key.key_size >= _SMALLEST_RSA_BITS else None
    return key if isinstance(key, ECKey) and data.get("crv") == "P-256" else None
