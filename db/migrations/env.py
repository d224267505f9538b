"""Run by Alembic for each migration; `db.migrate` gives the connection and its transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from db.models import Base, Instant


def written(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """How a new migration writes our own type, which may be another one some day."""
    return "sa.DateTime(timezone=True)" if isinstance(item, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite can change little of a table in place
    render_item=written,
)
context.run_migrations()
