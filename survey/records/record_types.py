"""Shapes of the records that `survey.records.to_json` makes: what each holds, as JSON has it.

`survey.records.rows` says what a value may be. Members that only private records have, and members
that records of earlier versions lack, are not required.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ClipRecord(TypedDict):
    """A sound file."""

    sha256: str
    bytes: int
    seconds: float


class StimulusRecord(TypedDict):
    """A pair of clips."""

    name: str
    kind: str
    intended: str
    strength: float
    checkpoint: str
    source: str
    segment: int | None
    measured: dict[str, Any]
    first: ClipRecord
    second: ClipRecord


class InvitationRecord(TypedDict):
    """A link for one person; its hash and label in private records only."""

    created_at: str
    used_at: str | None
    token_hash: NotRequired[str]
    label: NotRequired[str]


class StudyRecord(TypedDict):
    """A study with its stimuli and invitations."""

    name: str
    title: str
    state: str
    invited_only: bool
    trials_each: int
    lease_minutes: int
    language: str
    contact: str
    retention: str
    rules: dict[str, Any]
    build: dict[str, Any]
    withdrawn: int
    lapsed: NotRequired[int]
    created_at: str
    opened_at: str | None
    closed_at: str | None
    stimuli: list[StimulusRecord]
    invitations: list[InvitationRecord]


class PlayRecord(TypedDict):
    """A clip began or ended to play."""

    submission: str
    side: str
    event: str
    at: str


class AnswerRecord(TypedDict):
    """What a participant said of a trial."""

    submission: str
    direction: str
    rhythm: int
    melody: int
    harmony: int
    naturalness: int
    comment: str
    seconds: float | None
    at: str


class TrialRecord(TypedDict):
    """A stimulus at its place in a participant's order, with plays and answer."""

    stimulus: str
    position: int
    assigned_at: str
    plays: list[PlayRecord]
    answer: AnswerRecord | None


class ParticipantRecord(TypedDict):
    """A participant with trials; hash, completion code and invitation in private records only."""

    public_id: str
    stage: str
    consented_at: str
    consent: str
    seen_at: str
    finished_at: str | None
    asked_at: str | None
    age_band: str | None
    training: str | None
    device: str | None
    checked_at: str | None
    sound_ok: bool | None
    token_hash: NotRequired[str]
    completion_code: NotRequired[str | None]
    invitation: NotRequired[InvitationRecord | None]
    trials: list[TrialRecord]
