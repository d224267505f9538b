"""Trials that come once more: a kind of stimulus of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DIRECTIONS = ("lower", "same", "higher")
KINDS = ("transfer", "identical", "swapped", "practice", "rated")
NAMING = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
IS_MEANT = "kind IN ('rated', 'practice') OR intended IS NOT NULL"
MAY_BE_MEANT = "kind IN ('rated', 'practice', 'repeat') OR intended IS NOT NULL"


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True)


def _key(table: str, column: str, target: str, on_delete: str = "CASCADE") -> sa.Constraint:
    name = f"fk_{table}_{column}_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=on_delete)


# SQLite's tables are copied, and what is not named here may be lost: see revision 0002.
STIMULI = sa.Table(
    "stimuli",
    sa.MetaData(naming_convention=NAMING),
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("study_id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("kind", _words("kind", *KINDS), nullable=False),
    sa.Column("intended", _words("intended", *DIRECTIONS), nullable=True),
    sa.Column("strength", sa.Double(), nullable=False),
    sa.Column("checkpoint", sa.String(100), nullable=False),
    sa.Column("source", sa.String(300), nullable=False),
    sa.Column("segment", sa.Integer(), nullable=True),
    sa.Column("measured", sa.JSON(), nullable=False),
    sa.Column("first_id", sa.Integer(), nullable=False),
    sa.Column("second_id", sa.Integer(), nullable=False),
    sa.Column("item", sa.String(64), nullable=False, server_default=""),
    sa.Column("systems", sa.JSON(), nullable=False, server_default="[]"),
    sa.Column("text", sa.Text(), nullable=False, server_default=""),
    sa.CheckConstraint("(kind = 'identical') = (intended = 'same')", name="identical_is_same"),
    sa.CheckConstraint("strength >= 0", name="strength"),
    sa.CheckConstraint(IS_MEANT, name="is_meant"),
    _key("stimuli", "first_id", "clips", "RESTRICT"),
    _key("stimuli", "second_id", "clips", "RESTRICT"),
    _key("stimuli", "study_id", "studies"),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("study_id", "name"),
)


def upgrade() -> None:
    """Let stimuli be of the kind "repeat", which means no direction."""
    with op.batch_alter_table("stimuli", copy_from=STIMULI) as batch:
        batch.alter_column(
            "kind", type_=_words("kind", *KINDS, "repeat"), existing_type=_words("kind", *KINDS)
        )
        batch.drop_constraint("is_meant", type_="check")
        batch.create_check_constraint("is_meant", MAY_BE_MEANT)
