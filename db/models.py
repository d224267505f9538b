"""Tables of the listening test; what may be stored is decided here, by the schema itself.

A study has a design and stimuli, each of one clip or of several. A participant, one person's way
through one study, is assigned trials; a trial is one stimulus at one place. Plays say what was
heard; a trial has one answer at most: a direction and four ratings in the design `TRANSFER`,
replies to the study's own questions in all others. A participant points at the text that they
agreed to. Nothing here holds an address, a name or anything else that tells who somebody is, but
for the number by which a panel knows somebody whom it sent, which lies in a table of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

# The words of each column, for types; below them as values.
State = Literal["draft", "open", "closed"]  # of a study
Stage = Literal["active", "finished"]  # of a participant; who withdraws is erased
Kind = Literal["transfer", "identical", "swapped", "practice", "rated", "repeat"]  # of a stimulus
Direction = Literal["lower", "same", "higher"]  # of arousal, from the first clip to the second
Side = Literal["first", "second"]  # clip of a pair: the original, then the transformed one
# Where a clip is in a trial; the first two are the sides of a pair.
Place = Literal[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
PlayEvent = Literal["started", "ended"]
AgeBand = Literal["18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
Training = Literal["none", "under 2 years", "2-5 years", "6-10 years", "over 10 years"]
Device = Literal["headphones", "speakers"]
HeadphoneCheck = Literal["none", "covariate", "gate"]  # of a study; who fails a gate stays out
Outcome = Literal["begun", "finished", "failed"]  # of somebody whom a panel sent
STATES: tuple[State, ...] = get_args(State)
STAGES: tuple[Stage, ...] = get_args(Stage)
KINDS: tuple[Kind, ...] = get_args(Kind)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
SIDES: tuple[Side, ...] = get_args(Side)
PLACES: tuple[Place, ...] = get_args(Place)
PLAY_EVENTS: tuple[PlayEvent, ...] = get_args(PlayEvent)
AGE_BANDS: tuple[AgeBand, ...] = get_args(AgeBand)
TRAININGS: tuple[Training, ...] = get_args(Training)
DEVICES: tuple[Device, ...] = get_args(Device)
HEADPHONE_CHECKS: tuple[HeadphoneCheck, ...] = get_args(HeadphoneCheck)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SCALES = ("rhythm", "melody", "harmony", "naturalness")  # each 1 (worst) to 5 (best)
TRANSFER = "transfer"  # the design of pairs: an original, then what it was transferred to
MAIN: tuple[Kind, ...] = ("transfer", "rated")  # stimuli that a study is about
ACTORS = ("admin", "participant", "system")
LONGEST_COMMENT = 1000  # characters
HEADPHONE_SOUNDS = 6  # of the headphone check
LONGEST_PANEL_ID = 100  # characters
LONGEST_SECONDS = 1_000_000  # for one answer, 11 days: a page may be left open
WORST, BEST = 1, 5

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment, always in UTC; SQLite keeps no time zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the moment {value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def one_of(name: str, values: tuple[str, ...]) -> Enum:
    """A column type for a few words, with a CHECK in the schema."""
    return Enum(
        *values, name=name, native_enum=False, create_constraint=True, validate_strings=True
    )


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Instant(), dict[str, Any]: JSON()}

    def column_values(self, without: Collection[str] = ()) -> dict[str, Any]:
        """The values of the row's columns by their names, but for some: what a copy is made of."""
        names = (column.key for column in inspect(type(self)).column_attrs)
        return {name: getattr(self, name) for name in names if name not in without}


class Study(Base):
    """A listening test: its state, how it was built, and how participants are led through it."""

    __tablename__ = "studies"
    __table_args__ = (
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("trials_each > 0", name="trials_each"),
        CheckConstraint("lease_minutes > 0", name="lease"),
        CheckConstraint("withdrawn >= 0", name="withdrawn"),
        CheckConstraint("lapsed >= 0", name="lapsed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)  # in addresses: [a-z0-9-]
    design: Mapped[str] = mapped_column(String(32), default=TRANSFER)  # of `survey.designs`
    # Those of `survey.designs.questions`, as JSON; none in the design `TRANSFER`.
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSON(), default=list)
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(one_of("state", STATES), default="draft")
    invited_only: Mapped[bool] = mapped_column(default=False)
    trials_each: Mapped[int]  # of `MAIN` stimuli, for one participant; catch trials come on top
    lease_minutes: Mapped[int] = mapped_column(default=60)  # silence after which a place is free
    language: Mapped[str] = mapped_column(String(16), default="en")
    contact: Mapped[str] = mapped_column(String(200), default="")  # whom participants may write to
    retention: Mapped[str] = mapped_column(Text, default="")  # how long answers are kept
    # What participants read before they agree, and the sentence that they agree to; "": those of
    # the language's words.
    information: Mapped[str] = mapped_column(Text, default="")
    statement: Mapped[str] = mapped_column(Text, default="")
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)  # exclusions, fixed before data
    build: Mapped[dict[str, Any]] = mapped_column(default=dict)  # seed, checkpoint, hashes
    panel: Mapped[dict[str, Any]] = mapped_column(default=dict)  # `survey.core.panels`; {}: none
    headphones: Mapped[str] = mapped_column(one_of("headphones", HEADPHONE_CHECKS), default="none")
    stops_at_wanted: Mapped[bool] = mapped_column(default=False)  # then it lets nobody else in
    withdrawn: Mapped[int] = mapped_column(default=0)  # how many withdrew and were erased
    lapsed: Mapped[int] = mapped_column(default=0)  # how many agreed, did no more, and were removed
    created_at: Mapped[datetime] = mapped_column(default=now)
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    stimuli: Mapped[list[Stimulus]] = relationship(
        back_populates="study", order_by="Stimulus.id", passive_deletes=True
    )
    participants: Mapped[list[Participant]] = relationship(
        back_populates="study", order_by="Participant.id", passive_deletes=True
    )


class Clip(Base):
    """A sound file, named by the hash of its bytes: ``<audio folder>/<sha256>.mp3``."""

    __tablename__ = "clips"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint("bytes > 0", name="bytes"),
        CheckConstraint("seconds > 0", name="seconds"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    bytes: Mapped[int]
    seconds: Mapped[float]


class Stimulus(Base):
    """Clips and what is known of them; all that a participant must not learn is here.

    In the design `TRANSFER` it is a pair. Elsewhere `systems` says who made each of its clips: the
    first, the second, then `more`; a stimulus of one clip has it as its second, too.
    """

    __tablename__ = "stimuli"
    __table_args__ = (
        UniqueConstraint("study_id", "name"),
        CheckConstraint("strength >= 0", name="strength"),
        CheckConstraint("(kind = 'identical') = (intended = 'same')", name="identical_is_same"),
        CheckConstraint(
            "kind IN ('rated', 'practice', 'repeat') OR intended IS NOT NULL", name="is_meant"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))  # the item, as exports and analysis call it
    kind: Mapped[str] = mapped_column(one_of("kind", KINDS))
    # From the first clip to the second; None where nothing is intended.
    intended: Mapped[str | None] = mapped_column(one_of("intended", DIRECTIONS))
    item: Mapped[str] = mapped_column(String(64), default="")  # what its clips are versions of
    systems: Mapped[list[str]] = mapped_column(JSON(), default=list)  # by clip; [] in a pair
    text: Mapped[str] = mapped_column(Text, default="")  # shown beside the clips
    strength: Mapped[float] = mapped_column(default=0.0)
    checkpoint: Mapped[str] = mapped_column(String(100), default="")
    source: Mapped[str] = mapped_column(String(300), default="")  # the piece
    segment: Mapped[int | None]  # its place in the piece
    # name of attribute -> {"before": density of the first clip, "after": of the second}
    measured: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_id: Mapped[int] = mapped_column(ForeignKey("clips.id", ondelete="RESTRICT"))
    second_id: Mapped[int] = mapped_column(ForeignKey("clips.id", ondelete="RESTRICT"))

    study: Mapped[Study] = relationship(back_populates="stimuli")
    first: Mapped[Clip] = relationship(foreign_keys=[first_id])
    second: Mapped[Clip] = relationship(foreign_keys=[second_id])
    more: Mapped[list[StimulusClip]] = relationship(
        order_by="StimulusClip.place", passive_deletes=True
    )

    @property
    def clips(self) -> list[Clip]:
        """All its clips, in their order."""
        clips = [self.first, self.second, *(one.clip for one in self.more)]
        return clips[: self.size]

    @property
    def size(self) -> int:
        """How many clips it has."""
        return len(self.systems) or len(SIDES)


class StimulusClip(Base):
    """A clip of a stimulus after its second."""

    __tablename__ = "stimulus_clips"
    __table_args__ = (
        UniqueConstraint("stimulus_id", "place"),
        CheckConstraint(f"place BETWEEN {len(SIDES)} AND {len(PLACES) - 1}", name="place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stimulus_id: Mapped[int] = mapped_column(ForeignKey("stimuli.id", ondelete="CASCADE"))
    place: Mapped[int]  # from 0; the first two are columns of the stimulus
    clip_id: Mapped[int] = mapped_column(ForeignKey("clips.id", ondelete="RESTRICT"))

    clip: Mapped[Clip] = relationship()


class Invitation(Base):
    """A link for one person, good for one participant; only a hash of its token is kept."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(100), default="")  # the researcher's, e.g. "batch 2"
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class ConsentText(Base):
    """All that somebody read, and the sentence they agreed to: one row a wording of a study's."""

    __tablename__ = "consent_texts"
    __table_args__ = (
        UniqueConstraint("study_id", "sha256"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))  # of the text
    text: Mapped[str | None] = mapped_column(Text)  # None: earlier versions kept the hash alone
    created_at: Mapped[datetime] = mapped_column(default=now)  # when somebody first agreed to it


class Participant(Base):
    """One person's way through one study. Erased on withdrawal: the row goes, a count stays."""

    __tablename__ = "participants"
    __table_args__ = (
        CheckConstraint("(stage = 'finished') = (finished_at IS NOT NULL)", name="finished"),
        CheckConstraint(
            f"headphones_right BETWEEN 0 AND {HEADPHONE_SOUNDS}", name="headphones_right"
        ),
        ForeignKeyConstraint(
            ["study_id", "consent"], ["consent_texts.study_id", "consent_texts.sha256"]
        ),
        Index("ix_participants_study_stage", "study_id", "stage"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    public_id: Mapped[str] = mapped_column(String(32), unique=True)  # random; in exports
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of the resume token
    invitation_id: Mapped[int | None] = mapped_column(
        ForeignKey("invitations.id", ondelete="SET NULL"), unique=True
    )
    stage: Mapped[str] = mapped_column(one_of("stage", STAGES), default="active")
    consented_at: Mapped[datetime] = mapped_column(default=now)
    consent: Mapped[str] = mapped_column(String(64))  # `ConsentText.sha256` of what was agreed to
    seen_at: Mapped[datetime] = mapped_column(default=now)  # last request; leases count from here
    finished_at: Mapped[datetime | None]
    completion_code: Mapped[str | None] = mapped_column(String(32), unique=True)
    paid_at: Mapped[datetime | None]  # when the admin noted that this code has been paid
    asked_at: Mapped[datetime | None]  # when the optional questions were answered or passed
    age_band: Mapped[str | None] = mapped_column(one_of("age_band", AGE_BANDS))
    training: Mapped[str | None] = mapped_column(one_of("training", TRAININGS))
    device: Mapped[str | None] = mapped_column(one_of("device", DEVICES))
    checked_at: Mapped[datetime | None]  # when the sound check was done
    sound_ok: Mapped[bool | None]  # both channels named rightly; nobody is turned away by it
    headphones_right: Mapped[int | None]  # of the sounds of the headphone check, named rightly

    study: Mapped[Study] = relationship(back_populates="participants")
    trials: Mapped[list[Trial]] = relationship(
        back_populates="participant", order_by="Trial.position", passive_deletes=True
    )
    panel_place: Mapped[PanelPlace | None] = relationship(
        back_populates="participant", passive_deletes=True
    )


class PanelPlace(Base):
    """Whom a panel sent: its number for somebody, apart from all that they answer."""

    __tablename__ = "panel_places"
    __table_args__ = (
        UniqueConstraint("study_id", "panel_id"),
        CheckConstraint("panel_id <> ''", name="panel_id"),
        CheckConstraint("(outcome = 'begun') = (ended_at IS NULL)", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(
        ForeignKey("participants.id", ondelete="CASCADE"), unique=True
    )
    panel_id: Mapped[str] = mapped_column(String(LONGEST_PANEL_ID))
    ids: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the panel's others, by parameter
    outcome: Mapped[str] = mapped_column(one_of("outcome", OUTCOMES), default="begun")
    ended_at: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship(back_populates="panel_place")


class Trial(Base):
    """A stimulus at its place in a participant's order; tokens are all the browser ever sees."""

    __tablename__ = "trials"
    __table_args__ = (
        UniqueConstraint("participant_id", "position"),
        UniqueConstraint("participant_id", "stimulus_id"),
        CheckConstraint("position >= 0", name="position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id", ondelete="CASCADE"))
    stimulus_id: Mapped[int] = mapped_column(
        ForeignKey("stimuli.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]  # 0-based; practice trials first
    token: Mapped[str] = mapped_column(String(43), unique=True)
    first_token: Mapped[str] = mapped_column(String(43), unique=True)  # address of the first clip
    second_token: Mapped[str] = mapped_column(String(43), unique=True)
    # Which of the stimulus's clips is heard at each place; None: in their order.
    arrangement: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    assigned_at: Mapped[datetime] = mapped_column(default=now)

    participant: Mapped[Participant] = relationship(back_populates="trials")
    stimulus: Mapped[Stimulus] = relationship()
    answer: Mapped[Answer | None] = relationship(back_populates="trial", passive_deletes=True)
    plays: Mapped[list[Play]] = relationship(back_populates="trial", passive_deletes=True)
    more: Mapped[list[TrialClip]] = relationship(
        back_populates="trial", order_by="TrialClip.place", passive_deletes=True
    )


class TrialClip(Base):
    """The address of a clip of a trial after its second."""

    __tablename__ = "trial_clips"
    __table_args__ = (
        UniqueConstraint("trial_id", "place"),
        CheckConstraint(f"place BETWEEN {len(SIDES)} AND {len(PLACES) - 1}", name="place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id", ondelete="CASCADE"))
    place: Mapped[int]  # from 0, in the order heard
    token: Mapped[str] = mapped_column(String(43), unique=True)

    trial: Mapped[Trial] = relationship(back_populates="more")


class Play(Base):
    """A clip began or ended to play in a participant's browser."""

    __tablename__ = "plays"
    __table_args__ = (UniqueConstraint("trial_id", "submission"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id", ondelete="CASCADE"))
    submission: Mapped[str] = mapped_column(String(64))  # idempotency key, made by the browser
    side: Mapped[str] = mapped_column(one_of("side", PLACES))
    event: Mapped[str] = mapped_column(one_of("event", PLAY_EVENTS))
    at: Mapped[datetime] = mapped_column(default=now)

    trial: Mapped[Trial] = relationship(back_populates="plays")


class Answer(Base):
    """What a participant said of a trial; one a trial, complete or not at all.

    Either a direction and all four ratings, or replies to the study's questions.
    """

    __tablename__ = "answers"
    __table_args__ = (
        CheckConstraint(
            " AND ".join(
                f"({name} IS NULL) = (replies IS NOT NULL)" for name in ("direction", *SCALES)
            ),
            name="one_form",
        ),
        *(CheckConstraint(f"{scale} BETWEEN {WORST} AND {BEST}", name=scale) for scale in SCALES),
        CheckConstraint(f"length(comment) <= {LONGEST_COMMENT}", name="comment"),
        CheckConstraint(f"seconds BETWEEN 0 AND {LONGEST_SECONDS}", name="seconds"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("trials.id", ondelete="CASCADE"), unique=True)
    submission: Mapped[str] = mapped_column(String(64))  # idempotency key, made by the browser
    direction: Mapped[str | None] = mapped_column(one_of("direction", DIRECTIONS))
    rhythm: Mapped[int | None]
    melody: Mapped[int | None]
    harmony: Mapped[int | None]
    naturalness: Mapped[int | None]
    # Name of a question to what was said, or a list of it by place; `survey.designs.questions`.
    replies: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    comment: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[float | None]  # from the trial shown to its answer, by the browser's clock
    at: Mapped[datetime] = mapped_column(default=now)

    trial: Mapped[Trial] = relationship(back_populates="answer")


class Audit(Base):
    """What was done to a study, by which kind of person; no personal data."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(one_of("actor", ACTORS))
    action: Mapped[str] = mapped_column(String(50))
    study_id: Mapped[int | None] = mapped_column(ForeignKey("studies.id", ondelete="SET NULL"))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
