"""Studies of other designs: their name, questions and replies, and stimuli of any number of clips.

What is there is of the design `transfer`, and stays as it is.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DIRECTIONS = ("lower", "same", "higher")
KINDS = ("transfer", "identical", "swapped", "practice")
SIDES = ("first", "second")
PLACES = (
    *(*SIDES, "third", "fourth", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)
SCALES = ("rhythm", "melody", "harmony", "naturalness")
NAMING = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


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
    sa.Column("intended", _words("intended", *DIRECTIONS), nullable=False),
    sa.Column("strength", sa.Double(), nullable=False),
    sa.Column("checkpoint", sa.String(100), nullable=False),
    sa.Column("source", sa.String(300), nullable=False),
    sa.Column("segment", sa.Integer(), nullable=True),
    sa.Column("measured", sa.JSON(), nullable=False),
    sa.Column("first_id", sa.Integer(), nullable=False),
    sa.Column("second_id", sa.Integer(), nullable=False),
    sa.CheckConstraint("(kind = 'identical') = (intended = 'same')", name="identical_is_same"),
    sa.CheckConstraint("strength >= 0", name="strength"),
    _key("stimuli", "first_id", "clips", "RESTRICT"),
    _key("stimuli", "second_id", "clips", "RESTRICT"),
    _key("stimuli", "study_id", "studies"),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("study_id", "name"),
)
ANSWERS = sa.Table(
    "answers",
    sa.MetaData(naming_convention=NAMING),
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("trial_id", sa.Integer(), nullable=False),
    sa.Column("submission", sa.String(64), nullable=False),
    sa.Column("direction", _words("direction", *DIRECTIONS), nullable=False),
    *(sa.Column(scale, sa.Integer(), nullable=False) for scale in SCALES),
    sa.Column("comment", sa.Text(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seconds", sa.Double(), nullable=True),
    *(sa.CheckConstraint(f"{scale} BETWEEN 1 AND 5", name=scale) for scale in SCALES),
    sa.CheckConstraint("length(comment) <= 1000", name="comment"),
    sa.CheckConstraint("seconds BETWEEN 0 AND 1000000", name="seconds"),
    _key("answers", "trial_id", "trials"),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("trial_id"),
)
PLAYS = sa.Table(
    "plays",
    sa.MetaData(naming_convention=NAMING),
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("trial_id", sa.Integer(), nullable=False),
    sa.Column("submission", sa.String(64), nullable=False),
    sa.Column("side", _words("side", *SIDES), nullable=False),
    sa.Column("event", _words("event", "started", "ended"), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    _key("plays", "trial_id", "trials"),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("trial_id", "submission"),
)


def upgrade() -> None:
    """Add columns and two tables; let answers be replies, and clips have further places."""
    for column, default in (("design VARCHAR(32)", "transfer"), ("questions JSON", "[]")):
        op.execute(f"ALTER TABLE studies ADD COLUMN {column} DEFAULT '{default}' NOT NULL")
    op.add_column("trials", sa.Column("arrangement", sa.JSON(), nullable=True))
    with op.batch_alter_table("stimuli", copy_from=STIMULI) as batch:
        batch.alter_column(
            "kind", type_=_words("kind", *KINDS, "rated"), existing_type=_words("kind", *KINDS)
        )
        batch.alter_column("intended", nullable=True, existing_type=STIMULI.c.intended.type)
        batch.add_column(sa.Column("item", sa.String(64), nullable=False, server_default=""))
        batch.add_column(sa.Column("systems", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("text", sa.Text(), nullable=False, server_default=""))
        batch.create_check_constraint(
            "is_meant", "kind IN ('rated', 'practice') OR intended IS NOT NULL"
        )
    with op.batch_alter_table("answers", copy_from=ANSWERS) as batch:
        for name in ("direction", *SCALES):
            batch.alter_column(name, nullable=True, existing_type=ANSWERS.c[name].type)
        batch.add_column(sa.Column("replies", sa.JSON(), nullable=True))
        batch.create_check_constraint(
            "one_form",
            " AND ".join(
                f"({name} IS NULL) = (replies IS NOT NULL)" for name in ("direction", *SCALES)
            ),
        )
    with op.batch_alter_table("plays", copy_from=PLAYS) as batch:
        batch.alter_column(
            "side", type_=_words("side", *PLACES), existing_type=_words("side", *SIDES)
        )
    _create("stimulus_clips", "stimulus_id", "stimuli", sa.Column("clip_id", sa.Integer()))
    _create("trial_clips", "trial_id", "trials", sa.Column("token", sa.String(43)))


def _create(table: str, owner: str, owners: str, column: sa.Column[Any]) -> None:
    """A table of what a row of another has at each further place: a clip, or its address."""
    column.nullable = False
    if column.name == "token":
        constraint: sa.Constraint = sa.UniqueConstraint("token", name=op.f(f"uq_{table}_token"))
    else:
        constraint = _key(table, "clip_id", "clips", "RESTRICT")
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(owner, sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        column,
        sa.CheckConstraint("place BETWEEN 2 AND 11", name=op.f(f"ck_{table}_place")),
        _key(table, owner, owners),
        constraint,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(owner, "place", name=op.f(f"uq_{table}_{owner}_place")),
    )
