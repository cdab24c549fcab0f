import asyncio
from typing import Literal

import orjson
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from shared.auth.keys import SigningKeys, fetch_from
from shared.problems import KeysUnavailable


class Published:
    """The issuer's key set, counted when it is asked for; `None` is an issuer that is away."""

    def __init__(self, *keys: ECKey | OctKey | RSAKey) -> None:
        self.asked = 0
        self.was_asked = asyncio.Event()
        self.now = 0.0
        self.document: bytes | None = b""
        self.publish(*keys)

    def publish(self, *keys: ECKey | OctKey | RSAKey) -> None:
        self.document = orjson.dumps({"keys": [key.as_dict(private=False) for key in keys]})

    async def fetch(self) -> bytes:
        self.asked += 1
        self.was_asked.set()
        if self.document is None:
            raise ConnectionRefusedError
        return self.document

    def keys(self) -> SigningKeys:
        return SigningKeys(self.fetch, clock=lambda: self.now)


def ec(kid: str, curve: Literal["P-256", "P-384"] = "P-256") -> ECKey:
    return ECKey.generate_key(curve, {"kid": kid})


async def test_a_key_is_fetched_when_it_is_first_needed() -> None:
    issuer = Published(ec("a"), RSAKey.generate_key(2048, {"kid": "b"}))
    keys = issuer.keys()
    assert await keys.find("a") is not None
    assert await keys.find("b") is not None
    assert issuer.asked == 1


async def test_a_new_key_is_found_without_waiting_for_the_next_refresh() -> None:
    issuer = Published(ec("a"))
    keys = issuer.keys()
    await keys.refresh()
    issuer.publish(ec("a"), ec("b"))
    issuer.now = 6
    assert await keys.find("b") is not None
    assert keys.version == 2


async def test_unknown_key_ids_do_not_become_a_flood_towards_the_issuer() -> None:
    issuer = Published(ec("a"))
    keys = issuer.keys()
    found = await asyncio.gather(*(keys.find(f"made-up-{number}") for number in range(100)))
    assert set(found) == {None}
    assert issuer.asked == 1


@pytest.mark.parametrize("document", [None, b"", b"nonsense", b"[]", b'{"keys": 1}', b'{"keys": []}'])
async def test_known_keys_are_kept_while_the_issuer_is_away_or_talks_nonsense(document: bytes | None) -> None:
    issuer = Published(ec("a"))
    keys = issuer.keys()
    await keys.refresh()
    issuer.document = document
    await keys.refresh()
    assert await keys.find("a") is not None
    assert keys.version == 1


async def test_without_any_key_nothing_can_be_said() -> None:
    issuer = Published()
    issuer.document = None
    keys = issuer.keys()
    with pytest.raises(KeysUnavailable):
        await keys.find("a")
    with pytest.raises(KeysUnavailable):
        await keys.check()


async def test_keys_that_are_not_for_our_algorithms_are_left_out() -> None:
    issuer = Published(
        ec("good"),
        ec("curve", "P-384"),
        OctKey.generate_key(256, {"kid": "symmetric"}),
        ECKey.generate_key("P-256", {"kid": "other-use", "use": "enc"}),
    )
    listed = orjson.loads(issuer.document or b"")
    listed["keys"] += ["text", {"kty": "EC", "kid": "half"}, {"kty": "unheard", "kid": "of"}]
    issuer.document = orjson.dumps(listed)
    keys = issuer.keys()
    found = {kid for kid in ("good", "curve", "symmetric", "other-use", "half", "of") if await keys.find(kid)}
    assert found == {"good"}


async def test_the_background_refresh_ends_when_told() -> None:
    issuer = Published(ec("a"))
    stop = asyncio.Event()
    running = asyncio.ensure_future(issuer.keys().run(stop))
    await asyncio.wait_for(issuer.was_asked.wait(), 5)
    stop.set()
    await running
    assert issuer.asked == 1


async def test_a_file_is_read_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("with space") / "jwks.json"
    file.write_bytes(b"content")
    assert await fetch_from(file.as_uri())() == b"content"
