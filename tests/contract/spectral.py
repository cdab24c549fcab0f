"""The linter of the Dutch API Design Rules: Spectral from npm, kept in the user's cache; its rules stand beside us."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract import npm

PACKAGE = "@stoplight/spectral-cli@6.16.3"
# Not part of the product: a folder beside it, where it was developed.
RULES = Path(__file__).parents[3] / "shared" / "standards" / "adr-linter-2.2.1.yaml"
_LINTED_WITHIN = 120


def installed() -> Path:
    """Give the program; skips the test, and says why, when it cannot be had."""
    if not RULES.exists():
        pytest.skip(f"NOT RUN: {RULES.name} is not beside the project, so Spectral has no rules to lint by")
    modules = npm.installed(PACKAGE, "Spectral did not lint the OpenAPI documents (the rules in Python did)")
    return modules / ".bin" / "spectral"


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
