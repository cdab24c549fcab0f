"""Back-ups as a cluster's administrator makes them."""

from pathlib import Path

from jeugdregio.engines import Postgres
from tests.system.program import Program, run


def cluster(program: Program) -> Postgres:
    """Give the region's own PostgreSQL, as its administrator sees it: also while the region is stopped."""
    return Postgres(program.data.path / "postgres", port=program.data.ports["postgres"])


async def dump(postgres: Postgres, service: str, file: Path) -> Path:
    """Back up a service's schema: by anybody else the dump would be empty, because of row-level security."""
    await run(
        postgres.bin / "pg_dump", "--format=custom", f"--schema={service}", f"--file={file}", postgres.url
    )
    return file


async def restore(postgres: Postgres, file: Path) -> None:
    """Put a schema back as it was; the roles that own it must be there."""
    how = ("--clean", "--if-exists", "--exit-on-error", "--single-transaction")
    await run(postgres.bin / "pg_restore", *how, f"--dbname={postgres.url}", file)
