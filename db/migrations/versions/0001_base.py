"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "clips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_clips_bytes")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_clips_sha256")),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_clips_seconds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clips")),
        sa.UniqueConstraint("sha256", name=op.f("uq_clips_sha256")),
    )
    op.create_table(
        "studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft", "open", "closed", name="state", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("invited_only", sa.Boolean(), nullable=False),
        sa.Column("trials_each", sa.Integer(), nullable=False),
        sa.Column("lease_minutes", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("retention", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("build", sa.JSON(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_studies_named")),
        sa.CheckConstraint("lease_minutes > 0", name=op.f("ck_studies_lease")),
        sa.CheckConstraint("trials_each > 0", name=op.f("ck_studies_trials_each")),
        sa.CheckConstraint("withdrawn >= 0", name=op.f("ck_studies_withdrawn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
        sa.UniqueConstraint("name", name=op.f("uq_studies_name")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "actor",
            sa.Enum(
                "admin",
                "participant",
                "system",
                name="actor",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["studies.id"],
            name=op.f("fk_audit_study_id_studies"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["studies.id"],
            name=op.f("fk_invitations_study_id_studies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index("ix_invitations_study_id", "invitations", ["study_id"])

    op.create_table(
        "stimuli",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "transfer",
                "identical",
                "swapped",
                "practice",
                name="kind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "intended",
            sa.Enum(
                "lower",
                "same",
                "higher",
                name="intended",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("strength", sa.Double(), nullable=False),
        sa.Column("checkpoint", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=True),
        sa.Column("measured", sa.JSON(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'identical') = (intended = 'same')", name=op.f("ck_stimuli_identical_is_same")
        ),
        sa.CheckConstraint("strength >= 0", name=op.f("ck_stimuli_strength")),
        sa.ForeignKeyConstraint(
            ["first_id"], ["clips.id"], name=op.f("fk_stimuli_first_id_clips"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"],
            ["clips.id"],
            name=op.f("fk_stimuli_second_id_clips"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["studies.id"],
            name=op.f("fk_stimuli_study_id_studies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stimuli")),
        sa.UniqueConstraint("study_id", "name", name=op.f("uq_stimuli_study_id_name")),
    )
    op.create_table(
        "participants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invitation_id", sa.Integer(), nullable=True),
        sa.Column(
            "stage",
            sa.Enum("active", "finished", name="stage", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completion_code", sa.String(length=32), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "age_band",
            sa.Enum(
                "18-24",
                "25-34",
                "35-44",
                "45-54",
                "55-64",
                "65+",
                name="age_band",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "training",
            sa.Enum(
                "none",
                "under 2 years",
                "2-5 years",
                "6-10 years",
                "over 10 years",
                name="training",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "device",
            sa.Enum(
                "headphones", "speakers", name="device", native_enum=False, create_constraint=True
            ),
            nullable=True,
        ),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sound_ok", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(stage = 'finished') = (finished_at IS NOT NULL)",
            name=op.f("ck_participants_finished"),
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_participants_invitation_id_invitations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["study_id"],
            ["studies.id"],
            name=op.f("fk_participants_study_id_studies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("completion_code", name=op.f("uq_participants_completion_code")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_participants_invitation_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_participants_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_participants_token_hash")),
    )
    op.create_index("ix_participants_study_stage", "participants", ["study_id", "stage"])

    op.create_table(
        "trials",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("stimulus_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("first_token", sa.String(length=43), nullable=False),
        sa.Column("second_token", sa.String(length=43), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_trials_position")),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_trials_participant_id_participants"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stimulus_id"],
            ["stimuli.id"],
            name=op.f("fk_trials_stimulus_id_stimuli"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trials")),
        sa.UniqueConstraint("first_token", name=op.f("uq_trials_first_token")),
        sa.UniqueConstraint(
            "participant_id", "position", name=op.f("uq_trials_participant_id_position")
        ),
        sa.UniqueConstraint(
            "participant_id", "stimulus_id", name=op.f("uq_trials_participant_id_stimulus_id")
        ),
        sa.UniqueConstraint("second_token", name=op.f("uq_trials_second_token")),
        sa.UniqueConstraint("token", name=op.f("uq_trials_token")),
    )
    op.create_index("ix_trials_stimulus_id", "trials", ["stimulus_id"])

    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column(
            "direction",
            sa.Enum(
                "lower",
                "same",
                "higher",
                name="direction",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("rhythm", sa.Integer(), nullable=False),
        sa.Column("melody", sa.Integer(), nullable=False),
        sa.Column("harmony", sa.Integer(), nullable=False),
        sa.Column("naturalness", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("harmony BETWEEN 1 AND 5", name=op.f("ck_answers_harmony")),
        sa.CheckConstraint("length(comment) <= 1000", name=op.f("ck_answers_comment")),
        sa.CheckConstraint("melody BETWEEN 1 AND 5", name=op.f("ck_answers_melody")),
        sa.CheckConstraint("naturalness BETWEEN 1 AND 5", name=op.f("ck_answers_naturalness")),
        sa.CheckConstraint("rhythm BETWEEN 1 AND 5", name=op.f("ck_answers_rhythm")),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trials.id"], name=op.f("fk_answers_trial_id_trials"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("trial_id", name=op.f("uq_answers_trial_id")),
    )
    op.create_table(
        "plays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trial_id", sa.Integer(), nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column(
            "side",
            sa.Enum("first", "second", name="side", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column(
            "event",
            sa.Enum("started", "ended", name="event", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trials.id"], name=op.f("fk_plays_trial_id_trials"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plays")),
        sa.UniqueConstraint("trial_id", "submission", name=op.f("uq_plays_trial_id_submission")),
    )
