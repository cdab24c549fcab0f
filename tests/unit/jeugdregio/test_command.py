"""The command ends with one clear line, never with a traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jeugdregio.command import app

_NO_SERVERS = {"DATABASE_URL": "", "KAFKA_BOOTSTRAP_SERVERS": ""}


def _run(*arguments: str, environment: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, arguments, env={**_NO_SERVERS, **(environment or {})})


@pytest.mark.parametrize(
    "command", ["up", "migrate", "serve", "work", "token", "republish", "restored", "doctor", "parked"]
)
def test_every_command_explains_itself(command: str) -> None:
    answer = _run(command, "--help")
    assert answer.exit_code == 0
    assert f"Usage: jeugdregio {command}" in answer.output.replace("root", "jeugdregio")


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["doctor"], "start it with `make up`"),
        (["token", "--role", "analyst", "--organisation", "1"], "start it with `make up`"),
        (["republish", "referrals"], "start it with `make up`"),
        (["parked", "list", "monitoring"], "start it with `make up`"),
        (["migrate"], "set DATABASE_URL"),
        (["up", "--region-file", "nowhere.toml"], "Set REGION_FILE"),
    ],
)
def test_what_cannot_go_on_says_what_to_do_in_one_line(
    arguments: list[str], remedy: str, tmp_path: Path
) -> None:
    answer = _run(*arguments, "--data", str(tmp_path))
    assert answer.exit_code == 1
    assert remedy in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_an_existing_database_without_an_issuer_is_refused_before_anything_starts(tmp_path: Path) -> None:
    answer = _run(
        "up", "--data", str(tmp_path), environment={"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
    )
    assert answer.exit_code == 1
    assert "set JWKS_URL, TOKEN_ISSUER, TOKEN_AUDIENCE" in answer.stderr
