"""Whether neighbouring windows fit: notes that are cut at borders, and jumps of the texture there.

Places are borders between two changed windows and, to compare with, the middles of changed ones.
Nothing but music tells them apart: both are beats.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from fadernets.music.notes import EARLY, STEPS_PER_BEAT, Notes, first_steps
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from train.metrics.identity import matched

CROSSES = 0.3  # beats: a note that sounds so long on either side of a place crosses it
AT = 0.16  # beats: a note that ends so near to a place ends there
PLACES = ("border", "middle")
TEXTURE = ("onsets a beat", "keys sounding", "register", "loudness")


@dataclass(frozen=True)
class Place:
    """Beats of a place, and the beats on either side that its texture is taken from."""

    at: float
    before: float
    after: float


@dataclass
class Cuts:
    """Counts of notes that cross places: all, those still there, and those that end there now."""

    crossing: int = 0
    surviving: int = 0
    cut: int = 0

    @property
    def share(self) -> float:
        """The share of surviving notes that end at the place."""
        return self.cut / max(self.surviving, 1)


@dataclass
class BorderFit:
    """What is measured at borders and at middles, by place: cuts, and jumps of the texture."""

    cuts: dict[str, Cuts] = field(default_factory=lambda: {place: Cuts() for place in PLACES})
    jumps: dict[str, list[np.ndarray]] = field(default_factory=lambda: {p: [] for p in PLACES})

    def add(
        self, before: Piece, after: Piece, numbers: Collection[int], with_edges: bool = False
    ) -> None:
        """Count a piece in, changed in the segments of some numbers; edges as in `places`."""
        ends = ends_after(before.notes, after.notes)
        for kind, some in places(before, numbers, with_edges).items():
            for place in some:
                count(before.notes, ends, place.at, self.cuts[kind])
                self.jumps[kind].append(jump(after.notes, place))

    def as_json(self) -> dict[str, object]:
        """Shares of notes cut and mean jumps, by place."""
        return {
            place: {
                "crossing": self.cuts[place].crossing,
                "surviving": self.cuts[place].surviving,
                "cut": round(self.cuts[place].share, 4),
                "jumps": self.mean_jumps(place),
            }
            for place in PLACES
        }

    def mean_jumps(self, place: str) -> dict[str, float]:
        """Mean jump of each part of the texture, where notes sound on both sides.

        A part that sounds on both sides of no place is left out.
        """
        jumps = np.array(self.jumps[place], float).reshape(-1, len(TEXTURE))
        known = {name: jump[np.isfinite(jump)] for name, jump in zip(TEXTURE, jumps.T, strict=True)}
        return {n: round(float(jump.mean()), 3) for n, jump in known.items() if len(jump)}


def places(
    piece: Piece, numbers: Collection[int], with_edges: bool = False
) -> Mapping[str, list[Place]]:
    """Borders between changed segments, and middles of changed ones that have a whole beat each.

    Parameters
    ----------
    piece : Piece
    numbers : collection of int
        Of the changed segments.
    with_edges : bool
        Take the borders between a changed segment and one that is not changed, too.
    """
    every = segments(piece)
    half = [segment.beats / 2 for segment in every]
    enough = any if with_edges else all
    borders = [
        Place(every[i].start, half[i - 1], half[i])
        for i in range(1, len(every))
        if enough(number in numbers for number in (i - 1, i))
    ]
    middles = [
        Place(segment.start + side, side, side)
        for segment, side in zip(every, half, strict=True)
        if segment.index in numbers and side * STEPS_PER_BEAT % 1 == 0
    ]
    return {"border": borders, "middle": middles}


def ends_after(before: Notes, after: Notes) -> np.ndarray:
    """Where each of n notes ends after a change, NaN where it is gone: float64, (n,), beats."""
    ends = np.full(len(before), np.nan)
    rows, rows_after = matched(before, after)
    ends[rows] = after.offset[rows_after]
    return ends


def count(before: Notes, ends: np.ndarray, beat: float, cuts: Cuts) -> None:
    """Count the notes that cross a place before and what became of them.

    Parameters
    ----------
    before : Notes
    ends : float array, shape (n,)
        Of `ends_after`.
    beat : float
    cuts : Cuts
    """
    crosses = (before.onset < beat - CROSSES) & (before.offset > beat + CROSSES)
    cuts.crossing += int(crosses.sum())
    cuts.surviving += int(np.isfinite(ends[crosses]).sum())
    cuts.cut += int((np.abs(ends[crosses] - beat) <= AT).sum())


def texture(notes: Notes, begin: float, end: float) -> np.ndarray:
    """What `TEXTURE` names, between two beats; NaN for what silence has not: float64, (4,)."""
    sounds = (notes.onset < end - EARLY) & (notes.offset > begin)
    heard = notes[sounds]
    lasting = np.minimum(heard.offset, end) - np.maximum(heard.onset, begin)
    begun = heard.onset >= begin - EARLY
    steps = np.unique(first_steps(heard.onset[begun]))
    register = np.average(heard.pitch, weights=lasting) if lasting.sum() > 0 else np.nan
    loudness = heard.velocity[begun].mean() if begun.any() else np.nan
    beats = end - begin
    return np.array([len(steps) / beats, lasting.sum() / beats, register, loudness])


def jump(notes: Notes, place: Place) -> np.ndarray:
    """How far each part of the texture is from one side of a place to the other: float64, (4,)."""
    return np.abs(
        texture(notes, place.at, place.at + place.after)
        - texture(notes, place.at - place.before, place.at)
    )
