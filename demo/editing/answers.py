"""What the page gets, as it stands in the JSON: the types of `demo.editing.service`'s results."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from fadernets.playback.comparison import Origin


class CodedSound(TypedDict):
    """A sound file."""

    data: str  # base64
    rate: int  # Hz
    channels: int


class SoundTime(TypedDict):
    """Seconds of its own that a result has whose tempo is another."""

    clock: NotRequired[list[list[float]]]  # rows of `fadernets.playback.clocks.clock`
    result_starts: NotRequired[list[float]]  # of its own seconds, at which its chunks begin


class SoundMessage(SoundTime):
    """Sound of original and result; which keys there are is said where each is made."""

    made: bool  # whether there is sound in this message
    original: CodedSound | None
    result: CodedSound | None
    later: NotRequired[bool]  # whether the sound comes in chunks, each when it is asked for
    starts: NotRequired[list[float]]  # seconds at which its chunks begin
    same: NotRequired[bool]  # whether the result is the original
    volume: NotRequired[float]  # 0 to 1, of the original beside a louder result
    peak: NotRequired[float]  # largest sample of the original before any gain
    gain: NotRequired[float]  # of the result's chunks


class FaderFigure(TypedDict):
    """A place on a fader's scale, 0 to 1, of densities that of offsets; and the figure there."""

    position: float
    level: NotRequired[float]  # the place of a density on the scale of positions
    text: str


class Tables(TypedDict):
    """Densities that a fader asks for at equal steps: of offsets, -1 to 1, of positions, 0 to 1."""

    offsets: list[float]
    positions: list[float]


class Along(TypedDict):
    """The density that each segment of the selection had, and has."""

    original: list[float]
    result: list[float]


class FaderFigures(TypedDict):
    """Where the piece is, where the result came out, and the fader's scale; of moods no scale."""

    piece: FaderFigure
    result: FaderFigure
    tables: NotRequired[Tables]
    along: NotRequired[Along]


class RollSide(TypedDict):
    """Notes ``[onset, offset, pitch, velocity]``, times in seconds, and what became of each."""

    notes: list[list[float]]
    marks: list[str]  # as `fadernets.playback.comparison.words`
    pedal: list[list[float]]  # down, up
    origins: NotRequired[list[Origin]]  # of the result


class Rolls(TypedDict):
    """Piano rolls of the selection; times in seconds from its start, which is ``start``."""

    original: RollSide
    result: RollSide
    beats: list[float]
    bars: list[float]
    length: float
    pitches: list[int]  # lowest, highest
    start: float
    numbers: list[int]  # from 1, in the piece, of the original's notes
    locked: list[int]  # which of these stay as they are, from 0


class _Selection(TypedDict):
    """What an answer is about."""

    number: int | None  # of the page's move
    piece: str
    first: int
    last: int


class EditAnswer(_Selection):
    """What becomes of the selection."""

    length: float  # seconds
    rolls: Rolls
    figures: dict[str, FaderFigures]
    closed: bool  # whether no segment can change
    changes: str
    summary: str
    sound: SoundMessage


class Chunk(TypedDict):
    """One chunk of the selection's sound."""

    chunk: int | None  # None: there is no sound, and ``trouble`` says why
    sound: SoundMessage
    chunks: NotRequired[int]  # how many there are
    start: NotRequired[float]  # seconds
    length: NotRequired[float]  # seconds
    trouble: NotRequired[str]


class ChunkAnswer(_Selection, Chunk):
    """A chunk, and what it is about."""


class VariationRoll(TypedDict):
    """A small piano roll: `RollSide` with what it is drawn by, seconds from its start."""

    notes: list[list[float]]
    marks: list[str]
    origins: list[Origin]
    pedal: list[list[float]]
    beats: list[float]
    bars: list[float]
    length: float
    pitches: list[int]
    start: float


class Variation(TypedDict):
    """The selection drawn by a seed, its marks beside the result as it is now."""

    seed: int
    sentence: str
    roll: VariationRoll


class Variations(TypedDict):
    """Some drawings of the selection of a piece."""

    piece: str
    variations: list[Variation]


class SegmentMessage(TypedDict):
    """A segment for the strip on top of the page."""

    start_s: float
    bar: int  # in which it begins, from 1
    last_bar: int  # in which it ends
    problem: str | None


class VisitorTrack(TypedDict):
    """A track of the visitor's file."""

    number: int  # from 1, of all that have notes
    name: str
    notes: int
    chosen: bool  # whether it is the piece


class PieceMessage(TypedDict):
    """A piece for the strip on top of the page."""

    id: str
    file: str  # the same for all pieces of one file
    name: str
    tracks: list[VisitorTrack]  # those that can be chosen; none where there is nothing to choose
    locks: bool  # whether the model can leave notes as they are
    has_bars: bool  # whether its bars mean something to a musician
    edges: list[float]  # beats at which segments begin, and at which the last one ends
    length_s: float
    notes: list[list[float]]  # [onset, offset, pitch], in beats
    pitches: list[int]  # lowest, highest
    segments: list[SegmentMessage]
    first: int  # segment selected at first
    last: int
    settings: dict[str, Any] | None  # that the file carries, as the page has them
    along: NotRequired[dict[str, list[float]]]  # of each segment, 0 to 1: densities and arousal


class EndpointFigures(TypedDict):
    """Means before and after a program's change, the segments that cannot, what is to be known.

    Where something is locked, ``reach`` has of each density the means asked, reached and possible.
    """

    before: dict[str, float]
    after: dict[str, float]
    unchanged: list[UnchangedSegment]
    tracks: list[VisitorTrack]  # all that have notes
    notices: list[str]
    reach: dict[str, dict[str, float]]  # `fadernets.lock_report.LockReport.means`


class DescribedFigures(TypedDict):
    """What `describe` says beside its file, which has the rest."""

    beats: float
    seconds: float
    segments: int
    tracks: int
    notices: list[str]


class RenderedFigures(TypedDict):
    """What is to be known of a file that was rendered."""

    seconds: float  # of the piece, without its dying away
    notices: list[str]


class UnchangedSegment(TypedDict):
    """Index, from 0, and what is wrong."""

    segment: int
    problem: str
