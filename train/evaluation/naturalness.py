"""Windows of unseen pieces as they are, and as models and rules change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fadernets import whole_piece
from fadernets.music import midi
from fadernets.music.attributes import PAPER, measure
from fadernets.music.midifile.events import MidiFile
from fadernets.music.notes import (
    EARLY,
    HIGHEST_PITCH,
    LOWEST_PITCH,
    STEPS_PER_BEAT,
    Notes,
    concatenate,
    first_steps,
)
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from fadernets.net import FaderNet
from fadernets.score.expressing import expressed
from fadernets.score.settings import PieceSettings
from train.metrics.changes import changes
from train.metrics.naturalness import Cut, Windows, pair, separability
from train.metrics.over_pieces import Tally
from train.metrics.window_features import features
from train.reporting.results.naturalness import Beside, WaySeparability

MOODS = ("low", "high")
# A way is a mood, or an attribute and one standard deviation of its density up or down.
Way = str | tuple[str, int]
WAYS: tuple[Way, ...] = (*((name, side) for name in PAPER for side in (-1, 1)), *MOODS)
REAL_WINDOWS = 120  # of a piece, at most
LEAST_NOTES = 4  # of a window that is changed
Change = Callable[[Sequence[Segment]], list[Notes]]


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Successive segments of an unseen piece, to be changed.

    Attributes
    ----------
    piece : Piece
    numbers : tuple of int
        Of `fadernets.music.segments.segments`.
    group : int
        Number of the performance.
    """

    piece: Piece
    numbers: tuple[int, ...]
    group: int

    def segments(self, piece: Piece | None = None) -> list[Segment]:
        """Its segments, of its own piece or of one that its piece was changed to."""
        return segments(piece or self.piece, numbers=set(self.numbers))

    @property
    def notes(self) -> list[Notes]:
        """The notes of its segments."""
        return [segment.window.notes for segment in self.segments()]


def title(way: Way) -> str:
    """Such as "rhythm +1 sd" or "arousal low"."""
    return f"arousal {way}" if isinstance(way, str) else f"{way[0]} {way[1]:+d} sd"


def excerpt(piece: Piece, group: int, length: int, rng: np.random.Generator) -> Excerpt | None:
    """Successive segments with notes in them; None if the piece has too few.

    The first and last segments are left out: they have one neighbour only.
    """
    usable = [s.index for s in segments(piece)[1:-1] if len(s.notes) >= LEAST_NOTES]
    if len(usable) < length:
        return None
    first = int(rng.integers(len(usable) - length + 1))
    return Excerpt(piece, tuple(usable[first : first + length]), group)


def sample(
    pieces: Sequence[Piece], count: int, length: int, rng: np.random.Generator
) -> tuple[list[list[Segment]], list[Excerpt]]:
    """Real segments of every piece, and excerpts of `count` of the pieces, `length` segments each.

    Which pieces these are is drawn: the first ones may be of one year or composer, which can be
    told.
    """
    real: list[list[Segment]] = []
    excerpts: list[Excerpt | None] = []
    for group, piece in enumerate(pieces):
        parts = [s for s in segments(piece)[1:-1] if len(s.notes)]
        real.append([parts[i] for i in rng.permutation(len(parts))[:REAL_WINDOWS]])
        excerpts.append(excerpt(piece, group, length, rng))
    usable = [excerpt for excerpt in excerpts if excerpt]
    chosen = np.sort(rng.permutation(len(usable))[:count])
    return real, [usable[number] for number in chosen]


def windows(parts: Sequence[Segment], group: int, by_sound: bool = False) -> Windows:
    """Segments as a classifier sees them.

    Parameters
    ----------
    by_sound : bool
        Notes lengthened by the pedal, as the models of the paper have them.
    """
    notes = [s.sounding if by_sound else s.window.notes for s in parts]
    return of_notes(notes, [s.window.steps for s in parts], group)


def drawn(
    parts: Sequence[Segment],
    most: int,
    group: int,
    rng: np.random.Generator,
    by_sound: bool = False,
) -> Windows:
    """As `windows`, of so many segments at most, drawn at random."""
    return windows([parts[i] for i in rng.permutation(len(parts))[:most]], group, by_sound)


def of_notes(notes: Sequence[Notes], steps: Sequence[int], group: int) -> Windows:
    """Windows of notes, beats from the start of each."""
    pairs = list(zip(notes, steps, strict=True))
    densities = [list(measure(n, PAPER, steps=s).values()) for n, s in pairs]
    return Windows(
        [features(n, s) for n, s in pairs],
        np.array(densities).reshape(-1, len(PAPER)),
        np.full(len(pairs), group),
        [Cut(n, s) for n, s in pairs],
    )


def joined(parts: Sequence[Windows]) -> Windows:
    """All windows of several collections."""
    return Windows(
        [f for part in parts for f in part.features],
        np.concatenate([part.densities for part in parts]),
        np.concatenate([part.group for part in parts]),
        [cut for part in parts for cut in part.cuts],
    )


def way_separability(changed: Windows, real: Windows, sd: np.ndarray, seed: int) -> WaySeparability:
    """How well changed windows are told from real ones, by `separability`, for a results file.

    Raises
    ------
    ValueError
        As `separability` does.
    """
    result = separability(changed, real, sd, seed)
    return WaySeparability(
        pairs=result.pairs,
        aucs={name: round(value, 3) for name, value in result.aucs.items()},
        deaf_aucs={name: round(value, 3) for name, value in result.deaf_aucs.items()},
        spreads={name: round(value, 3) for name, value in result.spreads.items()},
        tells={name: round(value, 2) for name, value in result.tells.items()},
        measures={
            name: Beside(changed=round(one, 4), real=round(other, 4))
            for name, (one, other) in result.measures.items()
        },
    )


def by_model(net: FaderNet, way: Way, sd: np.ndarray) -> Change:
    """What a model makes of segments, asked for a way, of arousal with tempo beside it.

    Parameters
    ----------
    sd : float array, shape (2,)
        Of the densities of real windows, in the order of `PAPER`.
    """

    def change(part: Sequence[Segment]) -> list[Notes]:
        if isinstance(way, str):
            return net.with_tempo().transfer(part, way)
        name, side = way
        target = net.densities(part, [name])[name] + side * sd[PAPER.index(name)]
        return net.slide(part, {name: net.position(name, target)})

    return change


@dataclass(frozen=True, eq=False)
class ChangedExcerpt:
    """An excerpt as it was changed.

    Attributes
    ----------
    windows : Windows
    before : list of n Notes
        What each of them was.
    changes : name -> Tally
        What became of its notes (`train.metrics.changes`), where its piece was changed.
    """

    windows: Windows
    before: list[Notes]
    changes: Mapping[str, Tally] = field(default_factory=dict)


def changed(net: FaderNet, source: Excerpt, way: Way, sd: np.ndarray) -> ChangedExcerpt:
    """An excerpt as a model changes it.

    A model that arranges notes changes the piece, so that neighbours fit, and what is judged is the
    file that people get. Another plays the segments that it can read one by one.
    """
    change = by_model(net, way, sd)
    if not net.by_sound:
        piece = whole_piece.changed(source.piece, source.numbers, change)
        became = became_of(source, piece)
        if isinstance(way, str):
            piece = moved_by_arousal(net, source.piece, piece, way)
        piece = _as_saved(piece)
        parts, before = source.segments(piece), source.notes
        if not source.piece.follows_beats and not np.array_equal(piece.tempo, source.piece.tempo):
            parts, before = _recorded_anew(source, piece)
        return ChangedExcerpt(windows(parts, source.group), before, became)
    parts = [s for s in source.segments() if net.problem(s) is None]
    played = change(parts) if parts else []
    after = of_notes(played, [s.window.steps for s in parts], source.group)
    return ChangedExcerpt(after, [s.window.notes for s in parts])


def moved_by_arousal(net: FaderNet, piece: Piece, result: Piece, side: str) -> Piece:
    """A result of a piece with the expression that arousal moves beside its notes."""
    settings = PieceSettings(arousal=-1.0 if side == "low" else 1.0)
    return expressed(piece, result, settings, by_arousal=net.realiser.moves_expression)


def _as_saved(piece: Piece) -> Piece:
    """A piece with the notes of its saved file, which begin and end on ticks as all others do."""
    return replace(piece, notes=midi.read(midi.file_bytes(piece)).notes)


def _recorded_anew(source: Excerpt, piece: Piece) -> tuple[list[Segment], list[Notes]]:
    """Segments of a take at another tempo, as its recorder would have them; and those before.

    A take without a click has beats by the recorder's clock alone. Played more slowly, it fills
    more of them: only so do classifiers see another tempo.
    """
    own = source.segments()
    clock, ends = source.piece, (own[0].span.start, own[-1].span.end)
    begin, end = (float(clock.beats(piece.seconds(beat))) for beat in ends)
    assert clock.original is not None
    division = MidiFile.parse(clock.original.data, clock.name).division

    def recorded(notes: Notes) -> Piece:
        onset, offset = (
            np.rint(clock.beats(piece.seconds(beats)) * division) / division
            for beats in (notes.onset, notes.offset)
        )
        offset = np.maximum(offset, onset + 1 / division)
        pedal = clock.beats(piece.seconds(piece.pedal))
        length = float(clock.beats(piece.seconds(piece.length)))
        notes = replace(notes, onset=onset, offset=offset)
        return replace(clock, notes=notes, pedal=pedal, length=length, original=None)

    after, before = (segments(recorded(notes)) for notes in (piece.notes, clock.notes))
    inside = [
        s.index
        for s in after
        if s.span.start >= begin and s.span.end <= end and len(s.notes) >= LEAST_NOTES
    ]
    return [after[i] for i in inside], [before[i].window.notes for i in inside]


def became_of(source: Excerpt, after: Piece) -> dict[str, Tally]:
    """What became of the notes that begin in an excerpt: `train.metrics.changes`, by name."""
    parts = source.segments()
    begins = np.array([part.start - EARLY for part in parts])
    ends = begins + [part.beats for part in parts]

    def is_own(notes: Notes) -> np.ndarray:
        row = np.searchsorted(begins, notes.onset, side="right") - 1
        return (row >= 0) & (notes.onset < ends[row])

    before, now = source.piece.notes, after.notes
    return changes(before, now, is_own(before), is_own(now))


def in_place(
    changed: Windows, before: Sequence[Notes], real: Windows, sd: np.ndarray, seed: int
) -> tuple[Windows, Windows]:
    """Real windows in the place of changed ones, and the other real ones.

    They are as dense as the changed ones, and made as loud and as high as the music that was
    changed: what gives them away no change of its notes could avoid that keeps both.

    Parameters
    ----------
    changed : Windows
    before : sequence of n Notes
        Their notes before.
    """
    parts, others = [], list(real.features)
    for row, place in pair(changed, real, sd, seed).tolist():
        others[place] = {}
        notes, steps = real.cuts[place]
        parts.append(of_notes([_like(notes, before[row])], [steps], int(real.group[place])))
    return joined(parts), replace(real, features=others)


def _like(notes: Notes, other: Notes) -> Notes:
    """Notes as loud and as high in the mean as others that begin in a window."""
    own, like = (n[n.onset >= -EARLY] for n in (notes, other))
    if not len(like):
        return notes
    louder, higher = (
        round(float(getattr(like, name).mean() - getattr(own, name).mean()))
        for name in ("velocity", "pitch")
    )
    return replace(
        notes,
        velocity=(notes.velocity + louder).clip(1, 127),
        pitch=(notes.pitch + higher).clip(LOWEST_PITCH, HIGHEST_PITCH),
    )


def by_rule(source: Excerpt, side: int) -> ChangedExcerpt:
    """An excerpt changed by rules that know no music, to compare models with.

    Fewer onsets: notes that are struck off the beats are left out. More: notes longer than half a
    beat are struck twice.
    """
    rule = _without_off_beats if side < 0 else _split
    steps = [segment.window.steps for segment in source.segments()]
    after = of_notes([rule(notes) for notes in source.notes], steps, source.group)
    return ChangedExcerpt(after, source.notes)


def _without_off_beats(notes: Notes) -> Notes:
    step = first_steps(notes.onset)
    return notes[(notes.onset < -EARLY) | (step % STEPS_PER_BEAT == 0)]


def _split(notes: Notes) -> Notes:
    is_long = (notes.offset - notes.onset > 0.5) & (notes.onset >= -EARLY)
    middle = np.where(is_long, (notes.onset + notes.offset) / 2, notes.offset)
    second = replace(notes, onset=middle)[is_long]
    return concatenate([replace(notes, offset=middle), second])
