"""`REGION=none` starts empty, and what `up` prints can be pasted."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.system.front_door import FrontDoor
from tests.system.program import Program, run
from tests.waiting import until


@pytest.fixture(scope="module")
async def empty_region(engines_folder: Path, client: httpx.AsyncClient) -> AsyncIterator[FrontDoor]:
    program = Program(engines_folder / "empty-region")
    await program.start({"REGION": "none"})
    yield FrontDoor(program, client)
    await program.end()


def pasted(region: FrontDoor) -> dict[str, str]:
    """Give the commands that were printed, by the comment above each."""
    lines = region.program.output.splitlines()
    return {
        comment.removeprefix("# "): command
        for comment, command in pairwise(lines)
        if comment.startswith("# ") and command.startswith("curl ")
    }


async def paste(command: str) -> Any:  # noqa: ANN401 - whatever JSON it is
    return json.loads(await run("bash", "-c", command))


async def test_a_region_without_the_example_has_nothing_in_it(empty_region: FrontDoor) -> None:
    assert "The example" not in empty_region.program.output
    products = await empty_region.read("contracts", "/products", role="contract-manager")
    assert products["items"] == []
    year = await empty_region.figure("unique-clients", period="year", **{"from": "2023"})
    assert [row["value"] for row in year["rows"]] == [0]
    await empty_region.complete()


async def test_the_lines_that_up_prints_work_when_pasted(empty_region: FrontDoor) -> None:
    lines = pasted(empty_region)
    assert list(lines) == [
        "push an indication",
        "read a figure now",
        "read it as known before that indication",
        "page the journal",
    ]
    pushed = await paste(lines["push an indication"])
    assert (pushed["outcome"], pushed["version"], "bsn" in pushed) == ("created", 1, False)
    row = {"period": "2023-04", "product": pushed["product"], "value": 1}

    async def counted() -> bool:
        return bool((await paste(lines["read a figure now"]))["rows"] == [row])

    await until(counted)
    before = await paste(lines["read it as known before that indication"])
    assert before["rows"] == []
    assert before["asOf"] < pushed["recordedAt"]
    (event,) = await paste(lines["page the journal"])
    assert event["data"]["clientId"] == pushed["clientId"]
    again = await paste(lines["push an indication"])
    assert again["outcome"] == "unchanged"
