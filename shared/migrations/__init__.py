"""Migrations: roles, schemas, tables, functions, run by the administrator before a rollout, never at a process's start."""

import asyncio
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.migrations.functions import sql_files
from shared.migrations.security import PROCESSES, make_roles, role_of, with_user

ROOT = Path(__file__).parents[2]
# Longer than any request may hold a lock, short enough that waiting for one does not stop the writes behind it.
_LOCK_TIMEOUT = "5s"


def migrate(admin_urls: Mapping[str, str], credentials: Path) -> None:
    """Bring every schema to this code; make the roles, with new passwords kept in `credentials` where none is given.

    `admin_urls`: service -> URL of an administrator of its database. Safe to run again and from two places at once.
    Raises asyncpg's errors when a database cannot be reached or a lock does not come free.
    """
    roles = [role_of(service, process) for service in admin_urls for process in PROCESSES]
    passwords = read_credentials(credentials)
    if new := set(roles) - passwords.keys():
        passwords |= {role: secrets.token_urlsafe(24) for role in sorted(new)}
        _write_credentials(credentials, passwords)
    asyncio.run(_migrate_all(admin_urls, passwords))


def read_credentials(path: Path) -> dict[str, str]:
    """Read role -> password: from the environment (REFERRALS_API_PASSWORD and so on), else from the file, if it is there."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    endings = tuple(f"_{process}_PASSWORD".upper() for process in PROCESSES)
    given = {
        name.removesuffix("_PASSWORD").lower(): value
        for name, value in os.environ.items()
        if value and name.endswith(endings)
    }
    return kept | given


def service_url(admin_url: str, service: str, process: str, passwords: Mapping[str, str]) -> str:
    """Give the URL with which a process of a service connects, as its own role."""
    role = role_of(service, process)
    return with_user(admin_url, role, passwords[role])


def alembic_config(service: str) -> Config:
    """Give the Alembic environment of one service (`alembic.ini` has a section each)."""
    config = Config(ROOT / "alembic.ini", ini_section=service)
    config.set_main_option("script_location", str(ROOT / "services" / service / "migrations"))
    return config


def _write_credentials(path: Path, passwords: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(passwords, file, indent=1)


async def _migrate_all(admin_urls: Mapping[str, str], passwords: Mapping[str, str]) -> None:
    for service, admin_url in admin_urls.items():
        admin = await asyncpg.connect(admin_url, timeout=10)
        try:
            # Two runs at once: the second waits here, then finds all done.
            await admin.execute("select pg_advisory_lock(hashtext('jeugdregio.migrate'))")
            await make_roles(admin, service, passwords)
            await _upgrade(service, service_url(admin_url, service, "owner", passwords))
        finally:
            await admin.close()


async def _upgrade(service: str, owner_url: str) -> None:
    engine = create_async_engine(
        owner_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        poolclass=NullPool,
        # Without a path of its own: Alembic takes tables of the path's first schema for tables without a schema.
        connect_args={"server_settings": {"lock_timeout": _LOCK_TIMEOUT, "search_path": "pg_catalog"}},
    )
    async with engine.begin() as connection:
        await connection.run_sync(_run_alembic, service)
    await engine.dispose()
    owner = await asyncpg.connect(owner_url)
    try:
        async with owner.transaction():
            for file in sql_files(service):
                await owner.execute(file.read_text())
            await owner.execute(
                f"grant execute on all functions in schema {service} to {service}_api, {service}_worker"
            )
    finally:
        await owner.close()


def _run_alembic(connection: SyncConnection, service: str) -> None:
    config = alembic_config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
