"""The linter of the Dutch API Design Rules: Spectral from npm, kept in the user's cache; its rules stand beside us."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "@stoplight/spectral-cli@6.16.3"
# Not part of the product: a folder beside it, where it was developed.
RULES = Path(__file__).parents[3] / "shared" / "standards" / "adr-linter-2.2.1.yaml"
_INSTALLED_WITHIN = 180
_LINTED_WITHIN = 120


def installed() -> Path:
    """Give the program; skips the test, and says why, when it cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(
            "NOT RUN: npm is not here, so Spectral did not lint the OpenAPI documents (the rules in Python did)"
        )
    if not RULES.exists():
        pytest.skip(f"NOT RUN: {RULES.name} is not beside the project, so Spectral has no rules to lint by")
    folder = _cache() / PACKAGE.rpartition("/")[2]
    program = folder / "node_modules" / ".bin" / "spectral"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(npm, folder)
    return program


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jeugdregio"


def _install(npm: str, folder: Path) -> None:
    command = [
        npm,
        "install",
        "--prefix",
        str(folder),
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        PACKAGE,
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_INSTALLED_WITHIN)
    except subprocess.TimeoutExpired:
        pytest.skip(f"NOT RUN: Spectral was not installed within {_INSTALLED_WITHIN} s")
    if done.returncode != 0:
        pytest.skip(f"NOT RUN: npm could not install Spectral: {done.stderr.strip()[:300]}")
    (folder / "complete").touch()


def lint(*documents: Path) -> dict[Path, list[str]]:
    """Give what Spectral finds wrong with documents: all in one run, since starting it takes most of the time."""
    command = [str(installed()), "lint", "--ruleset", str(RULES), "--format", "json", "--quiet"]
    command += [str(each) for each in documents]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LINTED_WITHIN)
    assert done.returncode in (0, 1), done.stderr[:2_000]
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return {
        document: [
            f"{each['code']} {'/'.join(map(str, each['path']))}: {each['message']}"
            for each in found
            if Path(each["source"]) == document
        ]
        for document in documents
    }
