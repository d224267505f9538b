"""How many agreed, did nothing more, and were removed for it: they go on being counted."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add `studies.lapsed`, nobody so far; a column alone needs no copy of SQLite's table."""
    op.execute(
        "ALTER TABLE studies ADD COLUMN lapsed INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_studies_lapsed CHECK (lapsed >= 0)"
    )
