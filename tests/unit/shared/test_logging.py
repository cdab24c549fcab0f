import asyncio
import logging as standard_logging
import sys
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any

import asyncpg
import orjson
import pytest
import structlog
from pydantic import BaseModel

from shared import logging, tracing
from shared.auth import Role
from shared.problems import NotFound
from shared.values.withheld import Withheld

BSN = "999900006"


class Body(BaseModel):
    bsn: str


@dataclass
class Row:
    bsn: str

    def __str__(self) -> str:
        return self.bsn


class Lines:
    """What the process wrote."""

    def __init__(self, capture: pytest.CaptureFixture[bytes]) -> None:
        self._capture = capture

    def __call__(self) -> list[dict[str, Any]]:
        written = self._capture.readouterr()
        assert written.err == b""
        return [orjson.loads(line) for line in written.out.splitlines()]


@pytest.fixture
def lines(capsysbinary: pytest.CaptureFixture[bytes]) -> Iterator[Lines]:
    root = standard_logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    before = structlog.get_config()
    logging.configure(service="referrals", process="api")
    yield Lines(capsysbinary)
    structlog.configure(**before)
    standard_logging.captureWarnings(capture=False)
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)


def test_a_line_says_which_process_and_which_request(lines: Lines) -> None:
    token = tracing.request_id.set("6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11")
    with tracing.following(None) as trace:
        structlog.get_logger().info("recorded", records=3)
    tracing.request_id.reset(token)
    (line,) = lines()
    assert line["event"] == "recorded"
    assert (line["service"], line["process"], line["level"]) == ("referrals", "api", "info")
    assert line["request_id"] == "6f1e1d52-6f0c-4f0e-9a51-0d9a4d7f2a11"
    assert line["trace_id"] == trace.trace_id
    assert line["records"] == 3


@pytest.mark.parametrize(
    "value",
    [
        Withheld(BSN),
        [Withheld(BSN)],
        {"client": {"bsn": Withheld(BSN)}},
        Body(bsn=BSN),
        Row(BSN),
        BSN.encode(),
        f"client {Withheld(BSN)}",
        {Withheld(BSN): 1},
        ValueError(BSN),
    ],
)
def test_a_value_of_a_type_that_is_not_plain_is_not_written(lines: Lines, value: object) -> None:
    structlog.get_logger().warning("refused", value=value)
    (line,) = lines()
    assert BSN not in str(line)


def test_plain_values_are_written_as_they_are(lines: Lines) -> None:
    structlog.get_logger().info(
        "all",
        moment=datetime(2023, 4, 1, tzinfo=UTC),
        day=date(2023, 4, 1),
        id=uuid.UUID(int=1),
        role=Role.ANALYST,
        path=PurePath("region.toml"),
        parts=(1, 2.5, None, True, {"a": "b"}),
        broken="\ud800",
    )
    (line,) = lines()
    assert line["moment"] == "2023-04-01T00:00:00+00:00"
    assert line["day"] == "2023-04-01"
    assert line["id"] == "00000000-0000-0000-0000-000000000001"
    assert (line["role"], line["path"]) == ("analyst", "region.toml")
    assert line["parts"] == [1, 2.5, None, True, {"a": "b"}]
    assert line["broken"] == "?"


def database_error() -> asyncpg.PostgresError:
    return asyncpg.UniqueViolationError.new(
        {"C": "23505", "M": f"duplicate {BSN}", "D": f"Key (bsn)=({BSN})", "n": "client_key", "t": "client"}
    )


def test_an_exception_shows_its_class_and_place_but_no_values(lines: Lines) -> None:
    bsn = BSN
    try:
        try:
            raise database_error()
        except asyncpg.PostgresError as error:
            raise KeyError(bsn) from error
    except KeyError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert BSN not in str(line)
    described = line["exception"]
    assert described["type"] == "builtins.KeyError"
    assert "test_an_exception_shows_its_class" in described["frames"][-1]
    assert described["cause"]["sqlstate"] == "23505"
    assert described["cause"]["constraint_name"] == "client_key"
    assert "message" not in described["cause"]


def test_an_exception_of_our_own_may_speak(lines: Lines) -> None:
    structlog.get_logger().error("failed", exc_info=NotFound("No such product."))
    (line,) = lines()
    assert line["exception"]["message"] == "No such product."


def test_a_group_shows_its_members(lines: Lines) -> None:
    structlog.get_logger().error("failed", exc_info=ExceptionGroup("both", [KeyError(BSN), OSError(5, BSN)]))
    (line,) = lines()
    assert [each["type"] for each in line["exception"]["exceptions"]] == [
        "builtins.KeyError",
        "builtins.OSError",
    ]
    assert line["exception"]["exceptions"][1]["errno"] == 5
    assert BSN not in str(line)


def test_libraries_come_out_by_the_same_way(lines: Lines) -> None:
    log = standard_logging.getLogger("uvicorn.error")
    log.warning("Retry %s after %d s: %s", "one", 3, ValueError(BSN))
    log.error("ended with %s", Row(BSN))
    first, second = lines()
    assert first["event"] == "Retry one after 3 s: <ValueError>"
    assert (first["component"], first["level"]) == ("uvicorn.error", "warning")
    assert second["event"] == "ended with <Row>"


async def test_a_task_whose_exception_nobody_took_tells_no_more_than_its_class(lines: Lines) -> None:
    async def fail() -> None:
        raise ValueError(BSN)

    task = asyncio.ensure_future(fail())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )
    (line,) = lines()
    assert line["event"] == "Task exception was never retrieved"
    assert line["exception"]["type"] == "builtins.ValueError"
    assert BSN not in str(line)


def test_what_nobody_caught_is_logged_and_not_printed(lines: Lines) -> None:
    error = ValueError(BSN)
    sys.excepthook(type(error), error, None)
    (line,) = lines()
    assert (line["event"], line["level"]) == ("uncaught", "critical")
    assert BSN not in str(line)


def test_warnings_are_lines_too(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        standard_logging.captureWarnings(capture=True)
        warnings.showwarning("old", UserWarning, "file.py", 3)
    assert lines()[0]["component"] == "py.warnings"
