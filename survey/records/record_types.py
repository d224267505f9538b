"""Shapes of the records that `survey.records.to_json` makes: what each holds, as JSON has it.

`survey.records.rows` says what a value may be. Members that only private records have, and members
that records of earlier versions lack, are not required.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from survey.ratings.exclusion import Rules


class ClipRecord(TypedDict):
    """A sound file."""

    sha256: str
    bytes: int
    seconds: float


class Measured(TypedDict):
    """Densities of the two clips of a pair."""

    before: float
    after: float


class StimulusRecord(TypedDict):
    """A pair of clips, or of other designs any number of them."""

    name: str
    kind: str
    intended: str | None
    item: NotRequired[str]
    systems: NotRequired[list[str]]
    text: NotRequired[str]
    strength: float
    checkpoint: str
    source: str
    segment: int | None
    measured: dict[str, Measured]  # by attribute
    first: ClipRecord
    second: ClipRecord
    more: NotRequired[list[ClipRecord]]


class InvitationRecord(TypedDict):
    """A link for one person; its hash and label in private records only."""

    created_at: str
    used_at: str | None
    token_hash: NotRequired[str]
    label: NotRequired[str]


class PanelRecord(TypedDict):
    """A study's panel; addresses and key in private records only."""

    kind: NotRequired[str]
    name: NotRequired[str]
    parameter: NotRequired[str]
    finished: NotRequired[str]
    declined: NotRequired[str]
    failed: NotRequired[str]
    fails_by_rules: NotRequired[bool]
    key: NotRequired[str]


class PanelPlaceRecord(TypedDict):
    """A panel's numbers for somebody."""

    panel_id: str
    ids: dict[str, str]  # others, by parameter
    outcome: str
    ended_at: str | None


class ConsentTextRecord(TypedDict):
    """A wording that people agreed to."""

    sha256: str
    text: str | None
    created_at: str


class CheckpointRecord(TypedDict):
    """The model that made a study's clips."""

    name: str
    sums_sha256: str  # of the checksums of all its files


# The music that a study was chosen from: hashes of works, None for scores of music21, and what is
# wrong with others.
MusicRecord = TypedDict(
    "MusicRecord", {"from": str, "works": dict[str, str | None], "left_out": dict[str, str]}
)


class SelectionRecord(TypedDict):
    """How segments were chosen."""

    by: NotRequired[str]  # who heard their arousal: "classifier" or, where it is missing, "model"
    candidates: int
    low_up_to: float  # probability of high arousal
    high_from: float
    unchanged: list[list[str | int]]  # work and segment of those that a transfer left as they are
    seconds: list[float]  # shortest and longest
    most_each: int  # segments of a work


class SoundRecord(TypedDict):
    """How clips were made."""

    samples: int
    rate: int  # Hz
    kbits: int
    lead: float  # seconds before and after the music
    tail: float
    synthesiser: str
    soundfont_sha256: str


class ItemRecord(TypedDict):
    """Hashes of a pair's clips, and the arousal that the model hears in them."""

    clips: list[str]
    arousal: list[float]


class BuildRecord(TypedDict):
    """How a study was built, in so much detail that it can be built again."""

    seed: int
    pairs: int
    strengths: list[float]
    checkpoint: CheckpointRecord
    music: MusicRecord
    selection: SelectionRecord
    clips: SoundRecord
    items: dict[str, ItemRecord]  # by name of the pair
    versions: dict[str, str]  # of Python and libraries


class SoundsRecord(TypedDict):
    """How a study of sounds from anywhere was built."""

    seed: int
    stimuli: dict[str, str]  # file, as the table names it, to the hash of its bytes
    loudness: str  # "align" or "keep"
    anchors: list[float]  # kHz
    lufs: float | None  # of all clips, where they were aligned
    clips: SoundsClipsRecord
    items: dict[str, SoundsItemRecord]  # by name of the stimulus
    trial_seconds: float  # about how long one takes
    repeats: NotRequired[int]  # trials of each participant that come once more
    versions: dict[str, str]


class SoundsClipsRecord(TypedDict):
    """How their clips were made."""

    samples: int
    rate: int  # Hz
    kbits: int
    lead: float  # seconds before the sound


class SoundsItemRecord(TypedDict):
    """Hashes of a stimulus's clips, and how they were made where the table of sounds said it."""

    clips: list[str]
    settings: NotRequired[str]


class StudyRecord(TypedDict):
    """A study with its stimuli, invitations and the texts that people agreed to."""

    name: str
    design: NotRequired[str]
    questions: NotRequired[list[dict[str, Any]]]
    title: str
    state: str
    invited_only: bool
    trials_each: int
    lease_minutes: int
    language: str
    contact: str
    retention: str
    information: NotRequired[str]
    statement: NotRequired[str]
    rules: Rules
    build: BuildRecord | SoundsRecord
    panel: NotRequired[PanelRecord]
    headphones: NotRequired[str]
    stops_at_wanted: NotRequired[bool]
    withdrawn: int
    lapsed: NotRequired[int]
    created_at: str
    opened_at: str | None
    closed_at: str | None
    stimuli: list[StimulusRecord]
    invitations: list[InvitationRecord]
    consent_texts: NotRequired[list[ConsentTextRecord]]


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


class RepliesRecord(TypedDict):
    """The same in designs that have questions of their own: what was replied to each."""

    submission: str
    replies: dict[str, Any]
    comment: str
    seconds: float | None
    at: str


class TrialRecord(TypedDict):
    """A stimulus at its place in a participant's order, with plays and answer."""

    stimulus: str
    position: int
    arrangement: NotRequired[list[int] | None]
    assigned_at: str
    plays: list[PlayRecord]
    answer: AnswerRecord | RepliesRecord | None


class ParticipantRecord(TypedDict):
    """A participant with trials; hash, code, invitation and panel in private records only."""

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
    headphones_right: NotRequired[int | None]
    token_hash: NotRequired[str]
    completion_code: NotRequired[str | None]
    paid_at: NotRequired[str | None]
    invitation: NotRequired[InvitationRecord | None]
    panel: NotRequired[PanelPlaceRecord | None]
    trials: list[TrialRecord]
