"""A check of headphones: whether a study has one, and how much of it somebody named rightly."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns: no study so far checks headphones; a column alone needs no copy."""
    op.execute(
        "ALTER TABLE studies ADD COLUMN headphones VARCHAR(9) DEFAULT 'none' NOT NULL "
        "CONSTRAINT ck_studies_headphones CHECK (headphones IN ('none', 'covariate', 'gate'))"
    )
    op.execute(
        "ALTER TABLE participants ADD COLUMN headphones_right INTEGER "
        "CONSTRAINT ck_participants_headphones_right CHECK (headphones_right BETWEEN 0 AND 6)"
    )
