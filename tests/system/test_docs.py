"""Every example of the pages for users is run as it stands, from top to bottom, against a real region.

A page's blocks of shell are executed one after the other in the repository's folder; a block of JSON right below one shows
what it prints. Of objects only the members shown are compared, of lists as many items as shown; "…" stands for anything.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jeugdregio.addresses import shell_lines
from jeugdregio.problem_list import markdown
from tests.system.front_door import FrontDoor
from tests.system.program import ROOT, inherited

PAGES = sorted((ROOT / "docs" / "users").glob("*.md"))
_BLOCK = re.compile(r"^```(?P<kind>sh|json)\n(?P<text>.*?)^```\n", re.MULTILINE | re.DOTALL)
_WITHIN_SECONDS = 60
_BEGINNING = 'eval "$(.venv/bin/jeugdregio addresses)"'


@dataclass(frozen=True)
class Example:
    """Lines for a shell, and what they print (None: nothing was said of it)."""

    line: int
    shell: str
    prints: Any = None


def examples(page: Path) -> Iterator[Example]:
    """The examples of a page, in its order."""
    text = page.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    for place, block in enumerate(blocks):
        if block["kind"] != "sh":
            continue
        below = blocks[place + 1] if place + 1 < len(blocks) else None
        answered = (
            below is not None and below["kind"] == "json" and not text[block.end() : below.start()].strip()
        )
        prints = json.loads(below["text"]) if below is not None and answered else None
        yield Example(text.count("\n", 0, block.start()) + 1, block["text"], prints)


def difference(shown: Any, found: Any, place: str = "$") -> str | None:  # noqa: ANN401 - any JSON
    """What an answer lacks of what a page shows, or None."""
    if shown == "…":
        return None
    if isinstance(shown, dict) and isinstance(found, dict):
        lacking = [f"{place}.{name} is not there" for name in shown.keys() - found.keys()]
        parts = [
            difference(shown[name], found[name], f"{place}.{name}") for name in shown.keys() & found.keys()
        ]
        return next((each for each in [*lacking, *parts] if each), None)
    if isinstance(shown, list) and isinstance(found, list):
        if len(found) < len(shown):
            return f"{place} has {len(found)} items, {len(shown)} are shown"
        parts = [
            difference(one, other, f"{place}[{n}]")
            for n, (one, other) in enumerate(zip(shown, found, strict=False))
        ]
        return next((each for each in parts if each), None)
    return None if shown == found else f"{place} is {found!r}, {shown!r} is shown"


async def run(shell: str, environment: dict[str, str]) -> str:
    """Run lines as a shell does that stops at the first error; what they print."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", shell,
        cwd=ROOT, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, complaints = await asyncio.wait_for(process.communicate(), _WITHIN_SECONDS)
    assert process.returncode == 0, f"{shell}\n{printed.decode()}\n{complaints.decode()}"
    return printed.decode()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_every_example_of_a_page_does_what_the_page_says(region: FrontDoor, page: Path) -> None:
    program = region.program
    exported = dict(
        line.removeprefix("export ").split("=", 1) for line in shell_lines(program.region, program.data)
    )
    # The commands of this environment, whichever folder it stands in; the region of these tests, and not one of `make up`.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**inherited(), **exported, "PATH": path, "DATA_FOLDER": str(program.data.path)}
    found = list(examples(page))
    assert found[0].shell.startswith(_BEGINNING), f"{page.name} begins with where things are: {_BEGINNING}"
    for example in found:
        shell = example.shell.replace(".venv/bin/", "").replace(_BEGINNING.replace(".venv/bin/", ""), "")
        printed = await run(shell, environment)
        if example.prints is not None:
            lacking = difference(example.prints, json.loads(printed))
            assert lacking is None, f"{page.name}, line {example.line}: {lacking}\n{printed}"


def test_each_kind_of_user_has_a_page_with_examples() -> None:
    users = {"analyst", "contract-manager", "municipality", "operator", "provider", "referrer"}
    assert {page.stem for page in PAGES} == users
    for page in PAGES:
        assert sum(example.prints is not None for example in examples(page)) >= 3, (
            f"{page.name} shows too little"
        )


def test_every_example_file_is_used_on_a_page() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    unused = [
        file.name
        for file in (ROOT / "docs" / "examples").iterdir()
        if f"docs/examples/{file.name}" not in told
    ]
    assert unused == []


def test_the_page_of_problems_is_the_written_one() -> None:
    written = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8").splitlines()
    assert written == list(markdown()), "Run `jeugdregio problems > docs/problems.md`."


def test_what_a_page_shows_is_compared_with_what_is_printed() -> None:
    shown = {"items": [{"a": 1, "b": "…"}]}
    assert difference(shown, {"items": [{"a": 1, "b": 2, "c": 3}], "next": None}) is None
    assert difference(shown, {"items": [{"a": 2, "b": 2}]}) == "$.items[0].a is 2, 1 is shown"
    assert difference(shown, {"items": []}) == "$.items has 0 items, 1 are shown"
    assert difference(shown, {"items": [{"a": 1}]}) == "$.items[0].b is not there"
