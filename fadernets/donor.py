"""A piece whose notes are played in the rhythm of another, segment by segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fadernets.music.piece import Piece
from fadernets.music.segment_limits import NO_NOTES
from fadernets.music.segments import Segment, segments
from fadernets.music.windows import Window

if TYPE_CHECKING:
    from fadernets.codes import Codes
    from fadernets.net import FaderNet


@dataclass(frozen=True)
class Donor:
    """The segments of a piece that gives its notes; `name` is what sentences call it."""

    segments: Sequence[Segment]
    name: str

    @classmethod
    def of(cls, piece: Piece, name: str) -> Donor:
        """The donor that a piece is."""
        return cls(segments(piece), name)

    def problem(self, net: FaderNet, index: int) -> str | None:
        """Why it has no notes for the segment of that index, None if it has."""
        if index >= len(self.segments):
            return f"past the end of {self.name}"
        own = self.segments[index]
        problem = net.problem(own) or (None if len(own.notes) else NO_NOTES)
        return problem and f"{problem} in {self.name}"

    def mixed(self, net: FaderNet, batch: Sequence[Segment]) -> Codes:
        """Codes of its notes in the rhythm of some segments, each by its index."""
        if net.by_sound:
            rhythm = [Window(own.sounding) for own in batch]
            return net.mixed(rhythm, [Window(self.segments[s.index].sounding) for s in batch])
        rhythm = [replace(own.window, notes=own.notes, before=None) for own in batch]
        notes = [Window(self.segments[s.index].notes, s.window.steps) for s in batch]
        return net.mixed(rhythm, notes)
