"""When notes of a segment end: as early or late about the ends of steps as those that are there."""

from __future__ import annotations

import numpy as np

from fadernets.music.notes import STEPS_PER_BEAT, Notes

ON_GRID = 1e-3  # beats that are no distance
NEAR_NOTES = 5  # of which one gives a new note its end, or its loudness
PITCHES_A_BEAT = 12  # semitones as far away as a beat
SHORT_SHARE = 0.25  # of a segment's notes, than which a new or a shortened one is no shorter
ALIKE_SHARE = 0.75  # of a segment's notes, which end alike where all ends are written
LATE_SHARE = 0.75  # of a grid's notes, than which others end no later about a step
USUAL_BEATS = 0.15  # the same where no note of the segment ends in it
MARGIN = 0.0125  # beats that times keep from a limit, which a clock of tokens would round over
HALF = 0.5 / STEPS_PER_BEAT - MARGIN  # beats: a note counts in a step if it fills half of it


class NoteEnds:
    """How late the notes of a segment end about the ends of steps.

    Parameters
    ----------
    notes : Notes
        Of the segment.
    beats : float
        Its length; what ends with it tells nothing.
    is_played : bool
        Whether its notes begin on no grid.
    """

    def __init__(self, notes: Notes, beats: float, is_played: bool) -> None:
        ended = notes[notes.offset < beats - ON_GRID]
        self.at, self.pitches = ended.offset, ended.pitch
        self.lateness = self.at - np.rint(self.at * STEPS_PER_BEAT) / STEPS_PER_BEAT
        lengths = ended.offset - ended.onset
        self.shortest = float(np.quantile(lengths, SHORT_SHARE)) if len(lengths) else USUAL_BEATS
        # On a grid a triplet's notes end late about one part of a beat and early about another; as
        # late as a thirty-second none could end without counting in the step behind.
        every = np.arange(len(ended))
        fits = np.flatnonzero(self.lateness <= HALF)
        of_beat = np.rint(self.at[fits] * STEPS_PER_BEAT) % STEPS_PER_BEAT
        parts = [fits[of_beat == part] for part in range(STEPS_PER_BEAT)]
        is_exact = not is_played and _are_alike([self.lateness[rows] for rows in parts])
        self.alike = [rows if is_exact and len(rows) else every for rows in parts]
        self.latest = [HALF if is_played else _latest(self.lateness[rows]) for rows in self.alike]
        early = self.lateness[self.lateness <= 0]
        self.early = float(early.max()) if len(early) else 0.0

    def end(self, step: int, pitch: int, start: float) -> float:
        """Beats at which a note from `start` ends that sounds up to a step, but not in it."""
        boundary, part = step / STEPS_PER_BEAT, step % STEPS_PER_BEAT
        alike, latest = self.alike[part], self.latest[part]
        least = min(start + self.shortest, boundary + latest)
        if not len(alike):
            return max(boundary, least)
        near = alike[near_note(self.at[alike], self.pitches[alike], step, pitch)]
        lateness = float(self.lateness[near])
        return max(boundary + min(max(lateness, -HALF), latest), least)


def _are_alike(lateness: list[np.ndarray]) -> bool:
    """Whether most notes end alike about each part of a beat, as those of a written grid do.

    Notes of other grids begin on it and end as a hand lets go.
    """
    usual, count = 0, sum(map(len, lateness))
    for each in lateness:
        _, times = np.unique(np.rint(each / ON_GRID), return_counts=True)
        usual += int(times.max(initial=0))
    return count > 0 and usual >= ALIKE_SHARE * count


def _latest(lateness: np.ndarray) -> float:
    """How late a note of a grid may end about a step, by what others do: one of their values.

    Where nearly all end just before steps, an end on one is none of the grid's own.
    """
    if not len(lateness):
        return 0.0
    return min(HALF, float(np.sort(lateness)[int(LATE_SHARE * (len(lateness) - 1))]))


def near_note(times: np.ndarray, pitches: np.ndarray, step: int, pitch: int) -> int:
    """One of the notes nearest to a step and a pitch, always the same."""
    distance = np.abs(times - step / STEPS_PER_BEAT) + np.abs(pitches - pitch) / PITCHES_A_BEAT
    near = np.argsort(distance, kind="stable")[:NEAR_NOTES]
    return int(near[(5 * step + pitch) % len(near)])
