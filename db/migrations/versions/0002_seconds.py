"""How long a participant took for an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DIRECTIONS = ("lower", "same", "higher")
NAMING = {"ck": "ck_%(table_name)s_%(constraint_name)s"}

# SQLite's table is copied, and what is not named here may be lost: some versions of Alembic
# do not read the CHECK constraints of a table.
ANSWERS = sa.Table(
    "answers",
    sa.MetaData(naming_convention=NAMING),
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("trial_id", sa.Integer(), nullable=False),
    sa.Column("submission", sa.String(64), nullable=False),
    sa.Column(
        "direction",
        sa.Enum(*DIRECTIONS, name="direction", native_enum=False, create_constraint=True),
        nullable=False,
    ),
    sa.Column("rhythm", sa.Integer(), nullable=False),
    sa.Column("melody", sa.Integer(), nullable=False),
    sa.Column("harmony", sa.Integer(), nullable=False),
    sa.Column("naturalness", sa.Integer(), nullable=False),
    sa.Column("comment", sa.Text(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("rhythm BETWEEN 1 AND 5", name="rhythm"),
    sa.CheckConstraint("melody BETWEEN 1 AND 5", name="melody"),
    sa.CheckConstraint("harmony BETWEEN 1 AND 5", name="harmony"),
    sa.CheckConstraint("naturalness BETWEEN 1 AND 5", name="naturalness"),
    sa.CheckConstraint("length(comment) <= 1000", name="comment"),
    sa.ForeignKeyConstraint(
        ["trial_id"], ["trials.id"], name="fk_answers_trial_id_trials", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_answers"),
    sa.UniqueConstraint("trial_id", name="uq_answers_trial_id"),
)


def upgrade() -> None:
    """Add `answers.seconds`, unknown for the answers already there."""
    with op.batch_alter_table("answers", copy_from=ANSWERS) as batch:
        batch.add_column(sa.Column("seconds", sa.Double(), nullable=True))
        batch.create_check_constraint("seconds", "seconds >= 0")
