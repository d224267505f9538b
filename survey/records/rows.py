"""Rows of the database as records have them: which columns, and what each value may be.

Pydantic's models of what is read; what is written is the same fields, unchecked, so that an export
never fails on what an earlier version stored.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    PlainSerializer,
    StringConstraints,
)

from db.models import (
    HEADPHONE_SOUNDS,
    LONGEST_SECONDS,
    PLACES,
    TRANSFER,
    AgeBand,
    Answer,
    Base,
    Clip,
    ConsentText,
    Device,
    Direction,
    HeadphoneCheck,
    Invitation,
    Kind,
    Outcome,
    PanelPlace,
    Participant,
    Place,
    Play,
    PlayEvent,
    Stage,
    State,
    Stimulus,
    Study,
    Training,
    Trial,
)
from survey.core import panels
from survey.ratings.judgement import Comment, Judgement, StoredSubmission, storable


def _moment(value: object) -> object:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _writable(value: dict[str, Any]) -> dict[str, Any]:
    """Without infinite numbers: 1e999 in a file is read as one, and could not be written."""
    json.dumps(value, allow_nan=False)
    return value


def bounded(seconds: float | None) -> float | None:
    """No more than may be stored: journals and exports of the time without a bound are read."""
    return None if seconds is None else min(seconds, LONGEST_SECONDS)


Text = Annotated[str, AfterValidator(storable)]
Text16 = Annotated[Text, StringConstraints(max_length=16)]
Text32 = Annotated[Text, StringConstraints(max_length=32)]
Text64 = Annotated[Text, StringConstraints(max_length=64)]
Text100 = Annotated[Text, StringConstraints(max_length=100)]
Text200 = Annotated[Text, StringConstraints(max_length=200)]
Text300 = Annotated[Text, StringConstraints(max_length=300)]
Whole = Annotated[int, Field(gt=-(2**31), lt=2**31)]  # what databases' integers hold
Moment = Annotated[
    AwareDatetime, BeforeValidator(_moment), PlainSerializer(lambda moment: moment.isoformat())
]
Json = Annotated[dict[str, Any], AfterValidator(_writable)]
PanelFields = Annotated[dict[str, Any], AfterValidator(panels.checked)]
Names = dict[Text100, Text100]


def _open_panel(panel: dict[str, Any]) -> dict[str, Any]:
    """What of a study's panel is no secret: by whom people came, and not what pays them."""
    return {name: panel[name] for name in ("kind", "name", "parameter") if name in panel}


class Row(BaseModel):
    """A row without the numbers and links of one database; other members are passed over."""

    model_config = ConfigDict(strict=True)


class StudyRow(Row):
    """A listening test."""

    name: Text64
    design: Text32 = TRANSFER  # this and the next: records of earlier versions lack them
    questions: list[Json] = []
    title: Text200
    state: State
    invited_only: bool
    trials_each: Whole
    lease_minutes: Whole
    language: Text16
    contact: Text200
    retention: Text
    information: Text = ""  # this and the next: records of earlier versions lack them
    statement: Text = ""
    rules: Json
    build: Json
    panel: Annotated[PanelFields, AfterValidator(_open_panel), PlainSerializer(_open_panel)] = (
        Field(default_factory=dict)
    )
    headphones: HeadphoneCheck = "none"
    stops_at_wanted: bool = False
    withdrawn: Whole
    lapsed: Whole = 0
    created_at: Moment
    opened_at: Moment | None
    closed_at: Moment | None


class PrivateStudyRow(StudyRow):
    """As a journal needs it."""

    panel: PanelFields = Field(default_factory=dict)


class ClipRow(Row):
    """A sound file."""

    sha256: Text64
    bytes: Whole
    seconds: FiniteFloat


class StimulusRow(Row):
    """A pair of clips, or of other designs any number of them."""

    name: Text64
    kind: Kind
    intended: Direction | None
    item: Text64 = ""  # this and the next two: records of earlier versions lack them
    systems: Annotated[list[Text64], Field(max_length=len(PLACES))] = []
    text: Text = ""
    strength: FiniteFloat
    checkpoint: Text100
    source: Text300
    segment: Whole | None
    measured: Json


class InvitationRow(Row):
    """A link for one person, without what lets anybody use it."""

    created_at: Moment
    used_at: Moment | None


class PrivateInvitationRow(InvitationRow):
    """As a journal needs it."""

    token_hash: Text64
    label: Text100


class ConsentTextRow(Row):
    """A wording that people agreed to."""

    sha256: Text64
    text: Text | None
    created_at: Moment


class ParticipantRow(Row):
    """One person's way through one study, without what lets anybody act as them."""

    public_id: Text32
    stage: Stage
    consented_at: Moment
    consent: Text64
    seen_at: Moment
    finished_at: Moment | None
    asked_at: Moment | None
    age_band: AgeBand | None
    training: Training | None
    device: Device | None
    checked_at: Moment | None
    sound_ok: bool | None
    headphones_right: Annotated[int, Field(ge=0, le=HEADPHONE_SOUNDS)] | None = None


class PrivateParticipantRow(ParticipantRow):
    """As a journal needs it."""

    token_hash: Text64
    completion_code: Text32 | None
    paid_at: Moment | None = None  # records of earlier versions lack it


class PanelPlaceRow(Row):
    """A panel's numbers for somebody; in private records only."""

    panel_id: Text100
    ids: Names
    outcome: Outcome
    ended_at: Moment | None


class TrialRow(Row):
    """A stimulus at its place in a participant's order."""

    position: Whole
    arrangement: list[Whole] | None = None  # records of earlier versions lack it
    assigned_at: Moment


class PlayRow(Row):
    """A clip began or ended to play."""

    submission: Text64
    side: Place
    event: PlayEvent
    at: Moment


class AnswerRow(Judgement):
    """What a participant said of a trial."""

    comment: Comment
    seconds: Annotated[FiniteFloat | None, AfterValidator(bounded)]
    at: Moment


class RepliesRow(Row):
    """The same in designs that have questions of their own."""

    submission: StoredSubmission
    replies: Json
    comment: Comment
    seconds: Annotated[FiniteFloat | None, AfterValidator(bounded)]
    at: Moment


ROWS: dict[type[Base], type[BaseModel]] = {
    Study: StudyRow,
    Clip: ClipRow,
    Stimulus: StimulusRow,
    Invitation: InvitationRow,
    ConsentText: ConsentTextRow,
    Participant: ParticipantRow,
    PanelPlace: PanelPlaceRow,
    Trial: TrialRow,
    Play: PlayRow,
    Answer: AnswerRow,
}
PRIVATE_ROWS: dict[type[Base], type[BaseModel]] = {
    **ROWS,
    Study: PrivateStudyRow,
    Invitation: PrivateInvitationRow,
    Participant: PrivateParticipantRow,
}


def row_type(model: type[Base], replies: object, private: bool) -> type[BaseModel]:
    """What a record of a row holds; that of an answer with replies is another."""
    if model is Answer and replies is not None:
        return RepliesRow
    return (PRIVATE_ROWS if private else ROWS)[model]
