"""A piece under the faders, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from reprlib import repr as short
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from demo.editing.answers import Track
from demo.editing.pulse import follows_beats
from demo.editing.requests import EditRequest
from fadernets import mood_classifier
from fadernets.curve import along, moving
from fadernets.lock_report import LockReport
from fadernets.lock_words import NO_WORDS, LockWords
from fadernets.music import examples, midi
from fadernets.music.locks import NO_LOCKS, Locks
from fadernets.music.midi_part import labels
from fadernets.music.notes import EARLY, Notes
from fadernets.music.piece import Piece, Segment, segments
from fadernets.music.segment_limits import runs
from fadernets.music.windows import ROUNDING, Span, spans
from fadernets.playback import pianoroll
from fadernets.whole_piece import changed

if TYPE_CHECKING:  # PyTorch takes 200 MB, and only the workers need it
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

SLICE = 32  # segments changed before work can be given up: about .2 seconds
SAMPLE = 32  # segments whose mean arousal stands for that of a longer selection

NO_LOCKS_YET = (NO_WORDS, NO_LOCKS, None)

WorkProgress = Callable[[int, int], None]


def ignore_progress(count: int, total: int) -> None:
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
    progress: WorkProgress = ignore_progress
    _codes: tuple[list[int], dict[int, Codes]] | None = None
    _result: tuple[EditRequest, Piece, LockReport | None] | None = None
    _locks: tuple[LockWords, Locks, np.ndarray | None] = NO_LOCKS_YET

    def __post_init__(self) -> None:
        self.file = self.file or self.id

    def __getstate__(self) -> dict[str, object]:
        """What another process needs: the rest it works out sooner than it would read it."""
        state = {each.name: getattr(self, each.name) for each in fields(self)}
        caches = {"peak": None, "_codes": None, "_result": None, "_locks": NO_LOCKS_YET}
        return state | {"piece": replace(self.piece), **caches}

    @cached_property
    def spans(self) -> list[Span]:
        """Where every segment begins and ends."""
        return spans(self.piece.meter, self.piece.length)

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

    @cached_property
    def has_bars(self) -> bool:
        """Whether the bars of its file mean something to a musician."""
        return follows_beats(self.piece)

    @cached_property
    def bars_of(self) -> list[tuple[int, int]]:
        """Of each segment the numbers of its first and its last bar."""
        begins = np.array([span.start for span in self.spans]) + ROUNDING
        ends = np.array([span.end for span in self.spans]).clip(max=self.piece.length) - EARLY
        bars = np.floor(self.piece.bars(np.stack([begins, np.maximum(ends, begins)], axis=1)))
        return [(int(first), int(last)) for first, last in bars]

    def places(self, indices: Sequence[int]) -> list[str]:
        """Where segments are: runs of bars such as "5–8", or times where bars mean nothing."""
        if self.has_bars:
            edges = [self.bars_of[index] for index in indices]
            bars = sorted({bar for first, last in edges for bar in range(first, last + 1)})
            return [f"{a}–{b}" if b > a else f"{a}" for a, b in runs(bars)]
        return [
            "–".join(clock(self.piece.seconds(beat)) for beat in self.ends(run))
            for run in runs(indices)
        ]

    def usable(self, span: tuple[int, int]) -> list[Segment]:
        """The segments of a span that the model can take."""
        return [s for s in self.segments[span[0] : span[1] + 1] if self.problem(s) is None]

    def problem(self, segment: Segment) -> str | None:
        """Why the model cannot change a segment, in words."""
        return segment.problem if self.takes_any else segment.paper_problem

    def ends(self, span: tuple[int, int]) -> tuple[float, float]:
        """Beats at which a span of segments begins and ends."""
        begin, end = self.spans[span[0]].start, self.spans[span[1]].end
        return begin, min(end, self.piece.length)

    def moving(self, edit: EditRequest) -> list[Segment]:
        """The usable segments that a fader or a mood moves; all others stay exactly as they are."""
        chosen = self.usable(edit.span)
        if edit.absolute and edit.faders:
            return chosen
        return moving([*edit.faders.values(), *edit.moods.values()], self.piece, chosen)

    def codes(self, net: FaderNet, chosen: Sequence[Segment]) -> dict[int, Codes]:
        """Codes of segments by index; those of the segments chosen last are kept."""
        indices = [segment.index for segment in chosen]
        if self._codes is None or self._codes[0] != indices:
            self._codes = indices, self._encoded(net, chosen)
        return self._codes[1]

    def _encoded(self, net: FaderNet, chosen: Sequence[Segment]) -> dict[int, Codes]:
        """Codes of segments by index, worked out `SLICE` by `SLICE`."""
        codes: dict[int, Codes] = {}
        for first in range(0, len(chosen), SLICE):
            self.progress(0, len(chosen))
            part = chosen[first : first + SLICE]
            part_codes = net.encode(part)
            codes |= {s.index: part_codes[[row]] for row, s in enumerate(part)}
        return codes

    def home(
        self,
        net: FaderNet,
        edit: EditRequest,
        chosen: Sequence[Segment],
        codes: Mapping[int, Codes],
    ) -> dict[str, np.ndarray]:
        """Where the faders' offsets start from: what segments have, the moods moved.

        Parameters
        ----------
        chosen : sequence of n Segment
        codes : mapping
            Of those of the segments, by index, that the moods move.

        Returns
        -------
        name of the fader -> float64 array, shape (n,)
        """
        home = net.densities(chosen)
        if not edit.moods:
            return home
        rows = [row for row, segment in enumerate(chosen) if segment.index in codes]
        for first in range(0, len(rows), SLICE):
            part = rows[first : first + SLICE]
            moved = [chosen[row] for row in part]
            coded = net.coded(moved, [codes[segment.index] for segment in moved])
            wanted = net.wanted_densities(shift_moods(net, coded, edit, self.piece, moved))
            for name, values in wanted.items():
                home[name][part] = values
        return home

    def result(self, net: FaderNet, edit: EditRequest) -> Piece:
        """The whole piece with the asked segments changed; the piece itself if nothing is."""
        if self.leaves(edit):
            return self.piece
        if self._result is None or self._result[0] != edit:
            chosen = self.moving(edit)
            report = LockReport(edit.lock.sentence) if edit.lock else None
            result = self._changed(net, edit, chosen, self.codes(net, chosen), report)
            self._result = edit, result, report
        return self._result[1]

    def lock_report(self, net: FaderNet, edit: EditRequest) -> LockReport | None:
        """How far the faders came beside what is locked; None where nothing is."""
        if not edit.lock or self.leaves(edit):
            return None
        self.result(net, edit)
        return self._result[2] if self._result else None

    def lock_sentences(self, net: FaderNet, edit: EditRequest) -> list[str]:
        """Of each fader that the locks hold back: how far it came."""
        report = self.lock_report(net, edit)
        return report.sentences(net.faders if edit.moods else edit.faders) if report else []

    def locks(self, edit: EditRequest) -> tuple[Locks, np.ndarray]:
        """The locks of a request, and which notes of the piece they lock: bool, (n,).

        Raises
        ------
        ValueError
            If the piece has no such note or track.
        """
        words, locks, locked = self._locks
        if locked is None or words != edit.lock:
            locks = edit.lock.on(self.piece)
            locked = locks.of(self.piece.notes)
            if edit.lock:  # looked up once
                notes = self.piece.notes[locked]
                locks = replace(locks, melody=False, bass=False, hand=None, notes=notes)
            self._locks = edit.lock, locks, locked
        return locks, locked

    def nearby(self, net: FaderNet, edit: EditRequest, begin: float, end: float) -> Piece:
        """As `result`, between two beats; what lies outside may not be changed yet.

        Unless the result is there already, only the segments between are changed; that gives the
        same notes, because each segment has a seed of its own.
        """
        if self.leaves(edit) or (self._result is not None and self._result[0] == edit):
            return self.result(net, edit)
        # Two segments more on either side: notes ring on, a segment's first ones may be early, and
        # every second segment depends on its neighbours' results.
        starts = [each.start for each in self.spans]
        first, last = (int(np.searchsorted(starts, beat, "right")) - 1 for beat in (begin, end))
        first, last = max(edit.first, first - 2), min(edit.last, last + 2)
        near = replace(edit, first=first, last=last)
        chosen = self.moving(near)
        if not chosen:
            return self.piece
        return self._changed(net, near, chosen, self._encoded(net, chosen))

    def leaves(self, edit: EditRequest) -> bool:
        """Whether the result is the piece itself: nothing was moved, or no segment can change."""
        return edit.is_neutral or not self.moving(edit)

    def _changed(
        self,
        net: FaderNet,
        edit: EditRequest,
        chosen: Sequence[Segment],
        codes: Mapping[int, Codes],
        report: LockReport | None = None,
    ) -> Piece:
        locks, _ = self.locks(edit)
        home = self.home(net, edit, chosen, codes)
        rows = {segment.index: row for row, segment in enumerate(chosen)}
        count = 0

        def change(part: list[Segment]) -> list[Notes]:
            nonlocal count
            self.progress(count, len(chosen))
            count += len(part)
            coded = net.coded(part, [codes[segment.index] for segment in part])
            own = [rows[segment.index] for segment in part]
            start = {name: values[own] for name, values in home.items()}
            return play(net, coded, edit, self.piece, part, start, report)

        return changed(self.piece, rows, change, locks=locks, batch=SLICE)


def clock(seconds: float) -> str:
    """Minutes and seconds, as the page shows them.

    >>> clock(83.9)
    '1:23'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def mean_arousal(source: Sequence[Notes]) -> float:
    """Mean probability of high arousal; of many segments, of `SAMPLE` that lie evenly among them.

    The shipped classifier says it, not the model: the model's mixtures tell arousal apart less
    well, and the model moves the music by them.
    """
    chosen = [notes for notes in source if len(notes)]
    if len(chosen) > SAMPLE:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, SAMPLE).astype(int)]
    return float(mood_classifier.of_arousal().probability(chosen).mean()) if chosen else 0.0


def play(
    net: FaderNet,
    codes: Codes,
    edit: EditRequest,
    piece: Piece,
    chosen: Sequence[Segment],
    home: Mapping[str, np.ndarray],
    report: LockReport | None = None,
) -> list[Notes]:
    """What the model plays for the codes of some segments of a piece, offsets starting from `home`.

    Moods move the codes first and faders second, so that a position always holds, and an offset
    goes on from where the moods have brought a segment. Each segment has its own seed, the same
    whatever is selected beside it, and on the command line. A report is told how far it came.
    """
    codes = shift_moods(net, codes, edit, piece, chosen)
    seeds = None if edit.seed is None else [edit.seed + segment.index for segment in chosen]
    faders = {name: along(amount, piece, chosen) for name, amount in edit.faders.items()}
    if edit.absolute:
        codes = net.moved(codes, faders)
    else:
        codes = net.moved(codes, offsets=faders, home=home)
    notes = net.reconstruct(codes, seed=seeds)
    if report is not None:
        report.add(net, codes, notes)
    return notes


def shift_moods(
    net: FaderNet, codes: Codes, edit: EditRequest, piece: Piece, chosen: Sequence[Segment]
) -> Codes:
    """Codes of some segments of a piece with the moods moved."""
    for mood, amount in edit.moods.items():
        strengths = along(amount, piece, chosen)
        for side, by in (("low", -strengths), ("high", strengths)):
            if (by > 0).any():
                codes = net.shifted(codes, {mood: side}, np.maximum(by, 0.0))
    return codes


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
