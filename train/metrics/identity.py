"""Identity: how much of a segment is left in what was made of it."""

from __future__ import annotations

import numpy as np

from fadernets.music import key
from fadernets.music.events import TEMPO
from fadernets.music.notes import STEPS, STEPS_PER_BEAT, Notes

ONSET_TOLERANCE = 0.05 * TEMPO / 60  # beats: 50 ms of the token clock


def note_f1(reference: Notes, played: Notes, tolerance: float = ONSET_TOLERANCE) -> float:
    """F1 of the notes of one segment found in another: same pitch, onset within `tolerance` beats.

    Each note matches one other at most. Two empty segments agree: 1.
    """
    if not len(reference) and not len(played):
        return 1.0
    return 2 * len(matched(reference, played, tolerance)[0]) / (len(reference) + len(played))


def matched(
    reference: Notes, played: Notes, tolerance: float = ONSET_TOLERANCE
) -> tuple[np.ndarray, np.ndarray]:
    """As many pairs of notes as can be: same pitch, onset within `tolerance` beats.

    Returns
    -------
    two int64 arrays, shape (m,)
        Numbers of the notes of each pair, in `reference` and in `played`.
    """
    pairs: list[tuple[int, int]] = []
    for pitch in np.intersect1d(reference.pitch, played.pitch):
        rows, played_rows = (np.flatnonzero(x.pitch == pitch) for x in (reference, played))
        onsets = reference.onset[rows].tolist()
        played_onsets = played.onset[played_rows].tolist()
        i = j = 0  # both rise, so taking the earliest pair within reach is a largest matching
        while i < len(onsets) and j < len(played_onsets):
            if abs(onsets[i] - played_onsets[j]) <= tolerance:
                pairs.append((int(rows[i]), int(played_rows[j])))
                i, j = i + 1, j + 1
            elif onsets[i] < played_onsets[j]:
                i += 1
            else:
                j += 1
    in_reference, in_played = np.array(pairs, np.int64).reshape(-1, 2).T
    return in_reference, in_played


def pitch_class_cosine(reference: Notes, played: Notes) -> float:
    """Cosine of the duration-weighted pitch-class histograms, in [0, 1]; 0 if one is empty."""
    a, b = key.histogram(reference), key.histogram(played)
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    return float(a @ b / norm) if norm else 0.0


def key_kept(reference: Notes, played: Notes) -> bool:
    """Whether two segments have the same key (`fadernets.music.key.find`); not if one is empty."""
    return bool(len(reference) and len(played) and key.find(reference) == key.find(played))


def contour(reference: Notes, played: Notes) -> float:
    """Pearson correlation of the top notes of two segments, in [-1, 1].

    Over the steps, sixteen a segment, in which both sound. Two contours that are level agree: 1; a
    level one and a moving one have nothing in common: 0, as have fewer than two steps.
    """
    a, b = _top(reference), _top(played)
    in_both = (a >= 0) & (b >= 0)
    if in_both.sum() < 2:
        return 0.0
    a, b = a[in_both], b[in_both]
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float(np.ptp(a) == np.ptp(b))
    return float(np.corrcoef(a, b)[0, 1])


def _top(notes: Notes) -> np.ndarray:
    """Highest pitch sounding at the middle of each step, -1 where none is: int64, (16,)."""
    middle = (np.arange(STEPS) + 0.5) / STEPS_PER_BEAT
    sounds = (notes.onset[:, None] <= middle) & (notes.offset[:, None] > middle)
    return np.where(sounds, notes.pitch[:, None], -1).max(axis=0, initial=-1)
