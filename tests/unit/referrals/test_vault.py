"""The client vault: what is kept gives no number away, and the settings take no key that would not do."""

import base64

import pytest
from cryptography.exceptions import InvalidTag

from services.referrals.clients.domain import SealedBsn, Vault, VaultKeyError
from services.referrals.settings import Settings
from shared.settings import SettingsError, load
from shared.values.bsn import Bsn

KEY, NEWER, INDEX = (base64.b64encode(bytes([filling]) * 32).decode() for filling in (1, 2, 3))
BSN = Bsn("999990019")


def test_what_was_sealed_opens_again_also_after_a_newer_key_came() -> None:
    sealed = Vault({1: KEY}, INDEX).seal(BSN)
    assert Vault({1: KEY, 2: NEWER}, INDEX).open(sealed) == BSN


def test_the_newest_key_seals() -> None:
    assert Vault({1: KEY, 2: NEWER}, INDEX).seal(BSN).key_version == 2


def test_the_same_number_is_found_by_the_same_index_and_never_sealed_the_same() -> None:
    vault = Vault({1: KEY}, INDEX)
    one, other = vault.seal(BSN), vault.seal(BSN)
    assert one.index == other.index == vault.index(BSN)
    assert one.sealed != other.sealed
    assert BSN.reveal().encode() not in one.sealed + one.index


def test_another_index_key_finds_nothing() -> None:
    assert Vault({1: KEY}, INDEX).index(BSN) != Vault({1: KEY}, KEY).index(BSN)


def test_a_sealed_number_under_another_clients_index_does_not_open() -> None:
    vault = Vault({1: KEY}, INDEX)
    sealed = vault.seal(BSN)
    moved = SealedBsn(vault.index(Bsn("999990020")), sealed.sealed, 1)
    with pytest.raises(InvalidTag):
        vault.open(moved)


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(bytes(31)).decode(), "*" * 44])
def test_a_key_that_is_not_32_bytes_is_refused(key: str) -> None:
    with pytest.raises(VaultKeyError):
        Vault({1: key}, INDEX)


def test_a_wrong_key_in_the_settings_is_named_with_its_remedy_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VAULT_KEYS", '{"1": "c2hvcnQ="}')
    monkeypatch.setenv("VAULT_INDEX_KEY", "bm90IDMyIGJ5dGVz")
    with pytest.raises(SettingsError) as refused:
        load(Settings)
    lines = [line for line in refused.value.lines if line.startswith("VAULT")]
    assert len(lines) == 2
    assert all("32 bytes in base64" in line for line in lines)
    assert "c2hvcnQ" not in str(refused.value)
    assert "bm90IDMy" not in str(refused.value)
