"""Packages from npm that tests use when npm is here: kept in the user's cache, never part of the project."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_INSTALLED_WITHIN = 180


def installed(package: str, otherwise: str) -> Path:
    """Give the folder `node_modules` with the package (name@version); skips the test when it cannot be had.

    `otherwise` says what the test did not do then.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"NOT RUN: npm is not here, so {otherwise}")
    folder = _cache() / package.rpartition("/")[2]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(npm, folder, package, otherwise)
    return folder / "node_modules"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jeugdregio"


def _install(npm: str, folder: Path, package: str, otherwise: str) -> None:
    command = [
        npm,
        "install",
        "--prefix",
        str(folder),
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        package,
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_INSTALLED_WITHIN)
    except subprocess.TimeoutExpired:
        pytest.skip(f"NOT RUN: {package} was not installed within {_INSTALLED_WITHIN} s, so {otherwise}")
    if done.returncode != 0:
        pytest.skip(f"NOT RUN: npm could not install {package}, so {otherwise}: {done.stderr.strip()[:300]}")
    (folder / "complete").touch()
