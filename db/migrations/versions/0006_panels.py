"""Panels that send participants: what a study knows of one, and the panel's numbers of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OUTCOMES = ("begun", "finished", "failed")


def upgrade() -> None:
    """Add `panel_places`, nobody so far, and two columns of studies, which have no panel."""
    # A column alone needs no copy of SQLite's table.
    op.execute("ALTER TABLE studies ADD COLUMN panel JSON DEFAULT '{}' NOT NULL")
    op.execute("ALTER TABLE studies ADD COLUMN stops_at_wanted BOOLEAN DEFAULT false NOT NULL")
    op.create_table(
        "panel_places",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("panel_id", sa.String(100), nullable=False),
        sa.Column("ids", sa.JSON(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="outcome", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("panel_id <> ''", name=op.f("ck_panel_places_panel_id")),
        sa.CheckConstraint(
            "(outcome = 'begun') = (ended_at IS NULL)", name=op.f("ck_panel_places_ended")
        ),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["studies.id"],
            name=op.f("fk_panel_places_study_id_studies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_panel_places_participant_id_participants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel_places")),
        sa.UniqueConstraint("participant_id", name=op.f("uq_panel_places_participant_id")),
        sa.UniqueConstraint("study_id", "panel_id", name=op.f("uq_panel_places_study_id_panel_id")),
    )
