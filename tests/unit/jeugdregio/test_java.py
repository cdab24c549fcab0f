"""The jars that run as the broker are exactly the ones that were tested."""

import shutil
from pathlib import Path

import pytest
import requests

from jeugdregio.engines import java
from jeugdregio.errors import StarterError

_EXPECTED = {"broker.jar": "8d6ab1ab09c1b7be8a05dd0d8a0b6e64ec8efdb7a6ba4e9b3f9f8f8b3f1f6bd0"}


@pytest.fixture
def jars(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder of two jars, and the list of their sums."""
    folder = tmp_path / "jars"
    folder.mkdir()
    (folder / "broker.jar").write_bytes(b"broker")
    (folder / "clients.jar").write_bytes(b"clients")
    return folder, {
        "broker.jar": "0b1e8e5ea8eb1b6e1e0f7f8c7c7f6c6b",
        "clients.jar": "",
    }
