"""The jars that run as the broker are exactly the ones that were tested."""

import hashlib
from pathlib import Path

import pytest
import requests

from jeugdregio.engines import java
from jeugdregio.errors import StarterError

Jars = tuple[Path, dict[str, str]]


@pytest.fixture
def jars(tmp_path: Path) -> Jars:
    """Give a folder of two jars, and the list of their sums."""
    folder = tmp_path / "jars"
    folder.mkdir()
    contents = {"broker.jar": b"broker", "clients.jar": b"clients"}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder, {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def test_the_expected_jars_pass(jars: Jars) -> None:
    folder, expected = jars
    java.verify(folder, expected)
    assert java.committed().keys() >= {"kafka_2.13-4.3.0.jar", "log4j-slf4j-impl-2.25.4.jar"}


def test_a_changed_jar_is_refused_by_name(jars: Jars) -> None:
    folder, expected = jars
    (folder / "clients.jar").write_bytes(b"clients, and something else")
    with pytest.raises(StarterError, match=r"clients\.jar"):
        java.verify(folder, expected)


def test_a_jar_too_many_is_refused_by_name(jars: Jars) -> None:
    folder, expected = jars
    (folder / "extra.jar").write_bytes(b"")
    with pytest.raises(StarterError, match=r"extra\.jar"):
        java.verify(folder, expected)


def test_a_missing_jar_is_refused_by_name(jars: Jars) -> None:
    folder, expected = jars
    (folder / "broker.jar").unlink()
    with pytest.raises(StarterError, match=r"broker\.jar"):
        java.verify(folder, expected)


def test_a_jar_tampered_with_in_the_cache_keeps_the_broker_from_starting(tmp_path: Path) -> None:
    folder = tmp_path / f"kafka-{java.KAFKA}"
    folder.mkdir()
    for name in java.committed():
        (folder / name).write_bytes(b"tampered")
    with pytest.raises(StarterError, match="not the ones that this version was tested with"):
        java.class_path(tmp_path)


def test_jars_that_cannot_be_downloaded_are_said_in_one_line_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(workshop: Path) -> list[Path]:
        (workshop / "half.jar").write_bytes(b"half")
        raise requests.ConnectionError("name not resolved")

    monkeypatch.setattr(java, "resolve", no_network)
    with pytest.raises(StarterError, match="cannot be downloaded: check the network") as failure:
        java.class_path(tmp_path)
    assert "\n" not in str(failure.value)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_download_that_is_not_what_was_expected_is_never_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swapped(workshop: Path) -> list[Path]:
        jar = workshop / "kafka_2.13-4.3.0.jar"
        jar.write_bytes(b"somebody else's")
        return [jar]

    monkeypatch.setattr(java, "resolve", swapped)
    with pytest.raises(StarterError, match="not the ones that this version was tested with"):
        java.class_path(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
