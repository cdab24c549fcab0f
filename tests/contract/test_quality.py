"""Style, types, migrations and the lock file: what a reviewer would otherwise have to look for."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from jeugdregio.engines import Postgres
from jeugdregio.services import SERVICES
from shared.migrations import alembic_config
from tests.databases import Databases, make_databases

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def run(*command: str, cwd: Path = ROOT, within: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=within)


@pytest.mark.parametrize("arguments", [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)])
def test_the_code_is_clean(arguments: tuple[str, ...]) -> None:
    verdict = run(str(BIN / arguments[0]), *arguments[1:])
    assert verdict.returncode == 0, verdict.stdout[-4_000:] + verdict.stderr[-1_000:]


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, *SERVICES)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_make_what_the_code_declares(databases: Databases, service: str) -> None:
    config = alembic_config(service)

    def check(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.check(config)  # raises when autogenerate would change anything

    url = databases.url(service, "owner").replace("postgresql://", "postgresql+asyncpg://", 1)
    settings = {"server_settings": {"search_path": "pg_catalog"}}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=settings)
    async with engine.connect() as connection:
        await connection.run_sync(check)
        tables = await connection.run_sync(lambda c: c.exec_driver_sql(_TABLES, (service,)).scalar())
    await engine.dispose()
    assert tables


_TABLES = "select count(*) from information_schema.tables where table_schema = $1"


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_has_one_head(service: str) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(service)).get_heads()) == 1


def test_the_lock_files_are_fresh(tmp_path: Path) -> None:
    """Compiling again from what is locked gives what is locked: nothing was added to pyproject.toml and forgotten."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    extras = ("--extra", "embedded", "--extra", "development")
    verdict = run(
        str(BIN / "uv"),
        *("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url"),
        *("--python-version", "3.11", *extras, "pyproject.toml", "-o", "requirements/development.txt"),
        cwd=tmp_path,
    )
    if verdict.returncode != 0 and "connect" in verdict.stderr.lower():
        pytest.skip(
            "NOT RUN: the package registry cannot be reached, so the lock file's freshness is not known"
        )
    assert verdict.returncode == 0, verdict.stderr
    locked = (ROOT / "requirements/development.txt").read_text()
    assert (tmp_path / "requirements/development.txt").read_text() == locked, (
        "run `make lock` and commit both files"
    )


def test_no_dependency_ships_packages_of_our_names() -> None:
    site = BIN.parent / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    taken = [
        name for name in ("shared", "services", "jeugdregio", "demo", "client") if (site / name).exists()
    ]
    assert taken == []
