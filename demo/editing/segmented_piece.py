"""A piece as the page shows it: its segments, bars and tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import uuid4

import numpy as np

from demo.editing.answers import VisitorTrack
from fadernets.music.midifile.part import labels
from fadernets.music.piece import Piece
from fadernets.music.segment_limits import runs
from fadernets.music.segments import Segment, bars_of, segments
from fadernets.music.windows import Span, spans
from fadernets.playback import pianoroll

RINGS_BACK = 8  # segments, at most, that what the pedal holds is followed back


@dataclass(eq=False)
class SegmentedPiece:
    """A piece with its segments.

    Attributes
    ----------
    piece : Piece
    id : str
        Tells the pieces a visitor has opened apart.
    file : str
        Tells files apart: pieces of other tracks of one file have the same.
    takes_any : bool
        Whether the model changes every segment, or those of the paper alone.
    """

    piece: Piece
    id: str = field(default_factory=lambda: uuid4().hex)
    file: str = ""
    takes_any: bool = True

    def __post_init__(self) -> None:
        self.file = self.file or self.id

    @cached_property
    def spans(self) -> list[Span]:
        """Where every segment begins and ends."""
        return spans(self.piece.meter, self.piece.length)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where every segment begins: beats."""
        return np.array([span.start for span in self.spans])

    @cached_property
    def middles(self) -> np.ndarray:
        """The middle of every segment: beats."""
        return np.array([(span.start + span.end) / 2 for span in self.spans])

    @cached_property
    def segments(self) -> list[Segment]:
        """Every segment: bars, or parts of long ones."""
        return segments(self.piece)

    @property
    def tracks(self) -> list[VisitorTrack]:
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
    def choices(self) -> list[VisitorTrack]:
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
        return self.piece.follows_beats

    @cached_property
    def bars_of(self) -> list[tuple[int, int]]:
        """The numbers of each segment's first and last bar."""
        return bars_of(self.piece, self.spans)

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

    def bearing_span(self, begin: float, end: float, redrawn: int = 0) -> tuple[int, int]:
        """First and last segment on which depends what sounds between two beats.

        Parameters
        ----------
        redrawn : int
            How many parts are drawn once more.
        """
        first, last = self._at(begin), self._at(end)
        notes = self.piece.notes
        rings = notes.onset[(notes.onset < begin) & (notes.offset > begin)]
        down, up = self.piece.pedal.T
        held = down[(down < begin) & (up > begin)]
        if len(rings):
            first = min(first, self._at(float(rings.min())))
        if len(held):
            first = min(first, max(self._at(float(held.min())), first - RINGS_BACK))
        # What is drawn once more has neighbours that have become what they are before.
        beside = 2 + 2 * redrawn
        return max(0, first - beside), min(len(self.spans) - 1, last + beside)

    def _at(self, beat: float) -> int:
        """The segment in which a beat lies, or which begins there."""
        return max(0, int(np.searchsorted(self.starts, beat, "right")) - 1)

    def ends(self, span: tuple[int, int]) -> tuple[float, float]:
        """Beats at which a span of segments begins and ends."""
        begin, end = self.spans[span[0]].start, self.spans[span[1]].end
        return begin, min(end, self.piece.length)


def clock(seconds: float) -> str:
    """Minutes and seconds, as the page shows them.

    >>> clock(83.9)
    '1:23'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
