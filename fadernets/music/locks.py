"""Locks: what comes out exactly as it was, whatever the faders ask for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from fadernets.music.hands import OVERLAP_BEATS, TOGETHER_BEATS, by_right_hand
from fadernets.music.notes import (
    STEPS_PER_BEAT,
    Notes,
    concatenate,
    first_steps,
    struck_once,
)
from fadernets.music.windows import NO_NOTES, Hand, Window, among


@dataclass(frozen=True, eq=False)
class Locks:
    """What is locked. Locked notes keep their onset, length, pitch and loudness.

    Attributes
    ----------
    melody, bass : bool
        The top and the bottom voice: notes that have none above, or below, them when they begin.
    hand : {"left", "right", "both"}, optional
        Notes below `split`, from there on, or all; nothing new is struck among the hand's keys,
        nor anywhere if it is both.
    split : int, optional
        MIDI pitch at which the right hand begins; by default it moves with the music
        (`fadernets.music.hands`).
    notes : Notes, optional
        These notes, matched by onset and pitch; onsets in beats of the piece, or of the segment
        where only a segment is given.
    rhythm : bool
        Notes begin in every step in which notes begin now, and in no other step.
    tempo : bool
        Of the whole piece, which is nobody's notes: `fadernets.score.expressing` keeps it.
    pitches : bool
        Only keys of the segment are struck; notes may be added, removed and get other lengths.
    hand_notes : Notes, optional
        What the hand plays, where its file or the whole piece tells; `split` does not count then.
    parts : tuple of int
        Of the file, which get no new notes.
    """

    melody: bool = False
    bass: bool = False
    hand: Hand | None = None
    split: int | None = None
    notes: Notes | None = None
    rhythm: bool = False
    pitches: bool = False
    tempo: bool = False
    hand_notes: Notes | None = None
    parts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.hand not in (None, *get_args(Hand)):
            raise ValueError(f"hand {self.hand!r} is neither left nor right nor both")

    def of(self, notes: Notes) -> np.ndarray:
        """Which notes of a piece or a segment are locked: bool, shape (n,)."""
        locked = np.zeros(len(notes), bool)
        if self.melody:
            locked |= _outermost(notes, 1)
        if self.bass:
            locked |= _outermost(notes, -1)
        locked |= self.of_hand(notes)
        if self.notes is not None:
            locked |= among(notes, self.notes)
        return locked

    def of_hand(self, notes: Notes) -> np.ndarray:
        """Which notes of a piece or a segment the locked hand plays: bool, shape (n,)."""
        if self.hand is None:
            return np.zeros(len(notes), bool)
        if self.hand == "both":
            return np.ones(len(notes), bool)
        if self.hand_notes is not None:
            return among(notes, self.hand_notes)
        right = by_right_hand(notes) if self.split is None else notes.pitch >= self.split
        return right == (self.hand == "right")

    def with_hand(self, notes: Notes) -> Locks:
        """The same locks, with what the hand plays of the notes of a whole piece."""
        if self.hand is None or self.hand_notes is not None:
            return self
        return replace(self, hand_notes=notes[self.of_hand(notes)])

    def on(
        self, window: Window, locked: np.ndarray | None = None, of_hand: np.ndarray | None = None
    ) -> Window:
        """A segment with the locks on it.

        Parameters
        ----------
        window : Window
        locked, of_hand : bool arrays, shape (n,), optional
            Which of its notes are locked, and which of them the locked hand plays, where the whole
            piece tells; else the segment does.
        """
        if self is NO_LOCKS and locked is None:
            return window
        if locked is None:
            locked = self.of(window.notes)
        if of_hand is None:
            of_hand = self.of_hand(window.notes)
        return replace(
            window,
            locked=window.notes[locked],
            keeps_rhythm=self.rhythm,
            keeps_pitches=self.pitches,
            hand=window.notes[of_hand],
            closed=self.hand,
        )


NO_LOCKS = Locks()


def unlocked(window: Window) -> Window:
    """A segment without the locks on it."""
    return replace(
        window,
        locked=NO_NOTES,
        keeps_rhythm=False,
        keeps_pitches=False,
        pattern=None,
        hand=NO_NOTES,
        closed=None,
    )


def with_notes_of(window: Window, other: Window) -> Window:
    """Another segment's notes, under the locks of a segment and beside what it has locked.

    The other's notes make room for locked ones on their keys. Where the rhythm is locked they begin
    when the segment's do in the same sixteenth; those of other sixteenths cannot stay.
    """
    notes, locked = other.notes, window.locked
    meets = (
        (notes.pitch[:, None] == locked.pitch)
        & (notes.onset[:, None] < locked.offset + 1 / STEPS_PER_BEAT)
        & (notes.offset[:, None] > locked.onset - 1 / STEPS_PER_BEAT)
    )
    notes = notes[~meets.any(1)]
    if window.keeps_rhythm:
        own_onset = window.notes.onset[window.notes.onset >= 0][::-1]  # the first of a step counts
        starts = dict(zip(first_steps(own_onset).tolist(), own_onset.tolist(), strict=True))
        places = zip(first_steps(notes.onset).tolist(), notes.onset.tolist(), strict=True)
        onset = np.array([starts.get(step, start) for step, start in places], float)
        lasts = onset < notes.offset
        notes = struck_once(replace(notes, onset=onset)[lasts])
    return replace(
        window,
        notes=concatenate([notes, locked]),
        ring_in=NO_NOTES,
        ring_on=window.ring_on[among(window.ring_on, locked)],
        ring_out=window.ring_out[among(window.ring_out, locked)],
        before=None,
        pattern=window.notes,
        beside=other.beside,
    )


def _outermost(notes: Notes, sign: int) -> np.ndarray:
    """Notes that have none above them (sign 1), or below them (-1), as they begin."""
    outermost = np.ones(len(notes), bool)
    until: dict[int, float] = {}  # sounding keys -> their ends
    together = np.searchsorted(notes.onset, notes.onset + TOGETHER_BEATS, "right").tolist()
    pitches = (sign * notes.pitch).tolist()
    # Notes struck together from each note on, without those that a later and higher one outdoes.
    highest: deque[int] = deque()
    next_note = 0
    for number, (onset, offset, _, _) in enumerate(notes):
        until = {key: end for key, end in until.items() if end > onset + OVERLAP_BEATS}
        for later in range(next_note, together[number]):
            while highest and pitches[highest[-1]] <= pitches[later]:
                highest.pop()
            highest.append(later)
        next_note = max(next_note, together[number])
        while highest[0] < number:
            highest.popleft()
        outermost[number] = pitches[number] >= max((pitches[highest[0]], *until))
        until[pitches[number]] = offset
    return outermost
