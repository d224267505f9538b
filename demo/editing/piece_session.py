"""A piece under the faders, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from demo.editing.answers import Track
from demo.editing.requests import EditRequest
from fadernets import mood_classifier
from fadernets.music import examples, midi
from fadernets.music.midi_part import labels
from fadernets.music.notes import EARLY, Notes
from fadernets.music.piece import Piece, Segment, segments
from fadernets.playback import pianoroll
from fadernets.whole_piece import changed

if TYPE_CHECKING:  # PyTorch takes 200 MB, and only the workers need it
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

SLICE = 32  # segments between two moments at which work can be given up: about .2 seconds
SAMPLE = 32  # segments whose mean arousal stands for that of more

WorkProgress = Callable[[int, int], None]


def nobody(done: int, total: int) -> None:
    """WorkProgress that is not shown."""


@dataclass(eq=False)
class PieceSession:
    """A piece with its segments, and what was last worked out about it.

    Attributes
    ----------
    piece : Piece
    id : str
        Tells the pieces a visitor has opened apart.
    file : str
        Tells files apart: pieces of other tracks of one file have the same.
    takes_any : bool
        Whether the model changes every segment, or those of the paper alone.
    peak : (span, float) or None
        The loudest sample of the original before any gain, for the short selection heard last.
        Saves work, no more: a session in another process has none.
    progress : function
        Called with how many segments are done and how many there are, as work on them goes on; it
        may raise to give the work up.
    """

    piece: Piece
    id: str = field(default_factory=lambda: uuid4().hex)
    file: str = ""
    takes_any: bool = True
    peak: tuple[tuple[int, int], float] | None = None
    progress: WorkProgress = nobody
    _codes: tuple[tuple[int, int], dict[int, Codes]] | None = None
    _result: tuple[EditRequest, Piece] | None = None

    def __post_init__(self) -> None:
        self.file = self.file or self.id

    @cached_property
    def segments(self) -> list[Segment]:
        """Every segment: bars, or parts of long ones."""
        return segments(self.piece)

    @property
    def tracks(self) -> list[Track]:
        """The tracks of its file that have notes."""
        original = self.piece.original
        if original is None:
            return []
        return [
            {
                "number": number + 1,
                "name": name,
                "notes": original.tracks[number].notes,
                "chosen": number in original.parts,
            }
            for number, name in enumerate(labels(original.tracks))
        ]

    @cached_property
    def choices(self) -> list[Track]:
        """The tracks that can be chosen: all but drums, if there are two or more.

        A piano on the drums' channel counts where there is no other track.
        """
        parts = self.piece.original.tracks if self.piece.original else ()
        drums = {number for number, part in enumerate(parts, 1) if part.is_drums}
        never = drums if len(drums) < len(parts) else set()
        choices = [track for track in self.tracks if track["number"] not in never]
        return choices if len(choices) > 1 else []

    @cached_property
    def bars(self) -> np.ndarray:
        """Seconds of the bar lines."""
        return np.array(pianoroll.roll(self.piece)["bars"])

    def usable(self, span: tuple[int, int]) -> list[Segment]:
        """The segments of a span that the model can take."""
        return [s for s in self.segments[span[0] : span[1] + 1] if self.problem(s) is None]

    def problem(self, segment: Segment) -> str | None:
        """Why the model cannot change a segment, in words."""
        return segment.problem if self.takes_any else segment.paper_problem

    def ends(self, span: tuple[int, int]) -> tuple[float, float]:
        """Beats at which a span of segments begins and ends."""
        begin, end = self.segments[span[0]].start, self.segments[span[1]].span.end
        return begin, min(end, self.piece.length)

    def codes(self, net: FaderNet, span: tuple[int, int]) -> dict[int, Codes]:
        """Codes of the usable segments of a span by index; the last span's are kept."""
        if self._codes is None or self._codes[0] != span:
            self._codes = span, self._encoded(net, self.usable(span))
        return self._codes[1]

    def _encoded(self, net: FaderNet, chosen: Sequence[Segment]) -> dict[int, Codes]:
        """Codes of segments by index, worked out `SLICE` by `SLICE`."""
        codes: dict[int, Codes] = {}
        for first in range(0, len(chosen), SLICE):
            self.progress(0, len(chosen))
            part = chosen[first : first + SLICE]
            made = net.encode(part)
            codes |= {s.index: made[[row]] for row, s in enumerate(part)}
        return codes

    def result(self, net: FaderNet, edit: EditRequest) -> Piece:
        """The whole piece with the asked segments changed; the piece itself if nothing is."""
        if self.leaves(edit):
            return self.piece
        if self._result is None or self._result[0] != edit:
            self._result = edit, self._changed(net, edit, self.codes(net, edit.span))
        return self._result[1]

    def nearby(self, net: FaderNet, edit: EditRequest, begin: float, end: float) -> Piece:
        """As `result`, between two beats; what lies outside may not be changed yet.

        Costs only what lies between, where the result is not at hand: segments are changed one by
        one, each with a seed of its own.
        """
        if self.leaves(edit) or (self._result is not None and self._result[0] == edit):
            return self.result(net, edit)
        # Two segments more on either side: notes ring on, a segment's first ones may be early, and
        # every second segment depends on its neighbours' results.
        starts = [segment.start for segment in self.segments]
        first, last = (int(np.searchsorted(starts, beat, "right")) - 1 for beat in (begin, end))
        first, last = max(edit.first, first - 2), min(edit.last, last + 2)
        near = replace(edit, first=first, last=last)
        chosen = self.usable(near.span)
        if not chosen:
            return self.piece
        return self._changed(net, near, self._encoded(net, chosen))

    def leaves(self, edit: EditRequest) -> bool:
        """Whether the result is the piece itself: nothing was moved, or no segment can change."""
        return edit.is_neutral or not self.usable(edit.span)

    def _changed(self, net: FaderNet, edit: EditRequest, codes: Mapping[int, Codes]) -> Piece:
        done = 0

        def change(part: list[Segment]) -> list[Notes]:
            nonlocal done
            self.progress(done, len(codes))
            done += len(part)
            indices = [segment.index for segment in part]
            return play(net, net.coded(part, [codes[i] for i in indices]), edit, indices)

        return changed(self.piece, codes, change, batch=SLICE)


def mean_arousal(source: Sequence[Notes]) -> float:
    """Mean probability of high arousal; of many segments, of `SAMPLE` that lie evenly among them.

    The shipped classifier says it, not the model: the model's mixtures tell arousal apart less
    well, and the model moves the music by them.
    """
    chosen = [notes for notes in source if len(notes)]
    if len(chosen) > SAMPLE:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, SAMPLE).astype(int)]
    return float(mood_classifier.of_arousal().probability(chosen).mean()) if chosen else 0.0


def play(net: FaderNet, codes: Codes, edit: EditRequest, indices: list[int]) -> list[Notes]:
    """What the model plays for the codes of some segments, given with their indices.

    Moods move the codes first and faders second, so a fader's position always holds. Each segment
    has its own seed, the same whatever is selected beside it, and on the command line.
    """
    for mood, strength in edit.moods.items():
        codes = net.shifted(codes, {mood: "high" if strength > 0 else "low"}, abs(strength))
    seeds = None if edit.seed is None else [edit.seed + i for i in indices]
    return net.slide(codes, edit.faders, seed=seeds)


def open_file(path: str | Path, tracks: Sequence[int] | None = None) -> PieceSession:
    """A MIDI file of the visitor's; tracks as in `fadernets.music.midi.read`.

    Raises
    ------
    MidiError
        If it cannot be used; one plain sentence.
    """
    piece = midi.read(path, tracks)
    midi.check_length(piece)
    return PieceSession(piece)


def choose(session: PieceSession, tracks: Sequence[int]) -> PieceSession:
    """Other tracks of a piece's file, by their numbers, as a piece of its own.

    Raises
    ------
    ValueError
        If one is not in `PieceSession.choices`, or they hold no piece.
    """
    allowed = {track["number"] for track in session.choices}
    if not tracks or not allowed.issuperset(tracks):
        raise ValueError(f"tracks {short(list(tracks))} are none of those that can be chosen")
    piece = midi.with_parts(session.piece, [number - 1 for number in sorted(set(tracks))])
    midi.check_length(piece)
    return PieceSession(piece, file=session.file, takes_any=session.takes_any)


def open_example(key: str) -> PieceSession:
    """One of `fadernets.music.examples.EXAMPLES`; raises ValueError for any other key."""
    return PieceSession(examples.load(key))


def excerpt(piece: Piece, begin: float, end: float) -> Piece:
    """What lies between two beats, as a piece of its own.

    Notes that begin in it, cut at its end, as segments are. Bars are counted from its first beat.
    """
    if begin <= 0 and end >= piece.length:
        return piece
    first, last = np.searchsorted(piece.notes.onset, [begin - EARLY, end - EARLY])
    notes = piece.notes[first:last]
    onset = np.maximum(notes.onset - begin, 0.0)
    offset = np.minimum(notes.offset, end) - begin
    sounds = offset > onset
    notes = Notes(onset, offset, notes.pitch, notes.velocity)[sounds]
    pedal = piece.pedal.clip(begin, end) - begin
    return Piece(
        notes=notes,
        pedal=pedal[pedal[:, 1] > pedal[:, 0]],
        tempo=_rows_between(piece.tempo, begin, end),
        meter=_rows_between(piece.meter, begin, end),
        length=end - begin,
        name=piece.name,
    )


def _rows_between(rows: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Rows (beat, ...) that hold between two beats, the first at beat 0."""
    first = np.searchsorted(rows[:, 0], begin, side="right") - 1
    inside = rows[first:][rows[first:, 0] < end].astype(float)
    inside[:, 0] = np.maximum(inside[:, 0] - begin, 0.0)
    return inside
