"""The texts that people agreed to, texts of the researcher's own, and whose code has been paid.

Until now only hashes of the texts were kept. Each gets a row without its text;
`survey.records.consent_texts` puts the text in where it is still the study's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AGES = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
TRAININGS = ("none", "under 2 years", "2-5 years", "6-10 years", "over 10 years")
NAMING = {
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True)


# SQLite's table is copied, and what is not named here may be lost: see revision 0002.
PARTICIPANTS = sa.Table(
    "participants",
    sa.MetaData(naming_convention=NAMING),
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("study_id", sa.Integer(), nullable=False),
    sa.Column("public_id", sa.String(32), nullable=False, unique=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("invitation_id", sa.Integer(), nullable=True, unique=True),
    sa.Column("stage", _words("stage", "active", "finished"), nullable=False),
    sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("consent", sa.String(64), nullable=False),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("completion_code", sa.String(32), nullable=True, unique=True),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("age_band", _words("age_band", *AGES), nullable=True),
    sa.Column("training", _words("training", *TRAININGS), nullable=True),
    sa.Column("device", _words("device", "headphones", "speakers"), nullable=True),
    sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("sound_ok", sa.Boolean(), nullable=True),
    sa.CheckConstraint("(stage = 'finished') = (finished_at IS NOT NULL)", name="finished"),
    sa.ForeignKeyConstraint(
        ["invitation_id"],
        ["invitations.id"],
        name="fk_participants_invitation_id_invitations",
        ondelete="SET NULL",
    ),
    sa.ForeignKeyConstraint(
        ["study_id"], ["studies.id"], name="fk_participants_study_id_studies", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_participants"),
    sa.Index("ix_participants_study_stage", "study_id", "stage"),
)


def upgrade() -> None:
    """Add `consent_texts`, two columns of studies and one of participants, who point at a text."""
    op.create_table(
        "consent_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_consent_texts_sha256")),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["studies.id"],
            name=op.f("fk_consent_texts_study_id_studies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_texts")),
        sa.UniqueConstraint("study_id", "sha256", name=op.f("uq_consent_texts_study_id_sha256")),
    )
    op.execute(
        "INSERT INTO consent_texts (study_id, sha256, created_at) "
        "SELECT study_id, consent, min(consented_at) FROM participants GROUP BY study_id, consent"
    )
    for name in ("information", "statement"):
        op.execute(f"ALTER TABLE studies ADD COLUMN {name} TEXT DEFAULT '' NOT NULL")
    with op.batch_alter_table("participants", copy_from=PARTICIPANTS) as batch:
        batch.add_column(sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(
            "fk_participants_study_id_consent_texts",
            "consent_texts",
            ["study_id", "consent"],
            ["study_id", "sha256"],
        )
