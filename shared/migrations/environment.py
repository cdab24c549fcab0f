"""The Alembic environment that every service's `migrations/env.py` hands its metadata to."""

from typing import Any

from alembic import context
from sqlalchemy import MetaData


def run(metadata: MetaData) -> None:
    """Run the migrations of one service on the connection that the caller put in the configuration."""
    schema = metadata.schema

    def in_schema(_: Any, name: str | None, kind: str, *__: Any) -> bool:  # noqa: ANN401 - Alembic's own signature
        return not (kind == "table" and name == "alembic_version")

    def own_schema(name: str | None, kind: str, _: Any) -> bool:  # noqa: ANN401 - Alembic's own signature
        return kind != "schema" or name == schema

    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table_schema=schema,
        include_schemas=True,
        include_name=own_schema,
        include_object=in_schema,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()
