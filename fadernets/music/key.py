"""Key of a segment: Krumhansl–Schmuckler key finding as one matrix product; keys along a piece.

The profiles are those of Aarden and Essen, which music21's ``analyze("key")`` uses by default
and with it the paper (section 4.1). music21 itself takes about 19 ms a segment.

Four beats alone often have another key than the music around them: a chord of F in C major is F
major by itself. Along a piece a change of key has a price, as in the hidden Markov models of Noland
and Sandler (ISMIR 2006).
"""

from __future__ import annotations

import numpy as np

from fadernets.music.notes import Notes

KEYS = 24  # 12 major from C, then 12 minor from C
MINOR = 12  # the first minor one
CHANGE = 2.0  # price of a change of key, in correlations: .80 of 60 scores' bars in their signature

_MAJOR = (17.7661, 0.145624, 14.9265, 0.160186, 19.8049, 11.3587,
          0.291248, 22.062, 0.145624, 8.15494, 0.232998, 4.95122)  # fmt: skip
_MINOR = (18.2648, 0.737619, 14.0499, 16.8599, 0.702494, 14.4362,
          0.702494, 18.6161, 4.56621, 1.93186, 7.37619, 1.75623)  # fmt: skip
_MAJOR_TONICS = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "A-", "A", "B-", "B")
_MINOR_TONICS = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
_NAMES = tuple([f"{t} major" for t in _MAJOR_TONICS] + [f"{t} minor" for t in _MINOR_TONICS])


def _standardised(profile: tuple[float, ...]) -> np.ndarray:
    values = np.array(profile) - np.mean(profile)
    return values / np.linalg.norm(values)


# Row k is the profile of key k over the pitch classes: shape (24, 12).
_PROFILES = np.stack(
    [np.roll(_standardised(mode), tonic) for mode in (_MAJOR, _MINOR) for tonic in range(12)]
)


def histogram(notes: Notes) -> np.ndarray:
    """Beats sounded by each pitch class, C first: float64, shape (12,)."""
    return np.bincount(notes.pitch % 12, weights=notes.offset - notes.onset, minlength=12)


def correlations(histograms: np.ndarray) -> np.ndarray:
    """Pearson correlation of pitch-class histograms, shape (..., 12), with every key, (..., 24).

    A flat histogram correlates with nothing: zeros.
    """
    centred = histograms - histograms.mean(-1, keepdims=True)
    norm = np.linalg.norm(centred, axis=-1, keepdims=True)
    return np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 1e-12) @ _PROFILES.T


def find(notes: Notes) -> int:
    """The key whose profile correlates best: 0 to 11 major from C, 12 to 23 minor from C.

    >>> name(find(Notes.of([0, 0, 0], [4, 4, 4], [60, 64, 67], [80] * 3)))
    'C major'
    """
    return int(correlations(histogram(notes)).argmax())


def along(histograms: np.ndarray, change: float = CHANGE) -> np.ndarray:
    """Keys of successive stretches of music, with few changes between them (Viterbi).

    Parameters
    ----------
    histograms : float array, shape (n, 12)
        Of each stretch, as `histogram` has them; a silent one goes with those beside it.
    change : float
        What a change costs: by so much the correlations before and after it must be better.

    Returns
    -------
    int64 array, shape (n,)

    >>> c, f = np.eye(12)[[0, 4, 7]].sum(0), np.eye(12)[[5, 9, 0]].sum(0)
    >>> correlations(np.stack([c, f, c])).argmax(1).tolist(), along(np.stack([c, f, c])).tolist()
    ([0, 5, 0], [0, 0, 0])
    """
    scores = correlations(histograms)
    if not len(scores):
        return np.empty(0, np.int64)
    best, before = scores[0], []
    for score in scores[1:]:
        top = best.argmax()
        stays = best >= best[top] - change
        before.append(np.where(stays, np.arange(KEYS), top))
        best = np.where(stays, best, best[top] - change) + score
    keys = [int(best.argmax())]
    for sources in reversed(before):
        keys.append(int(sources[keys[-1]]))
    return np.array(keys[::-1])


def name(key: int) -> str:
    """A key in words (spelled as in music21).

    >>> name(3), name(12)
    ('E- major', 'C minor')

    Raises
    ------
    ValueError
        If `key` is not in 0 to 23.
    """
    if not 0 <= key < KEYS:
        raise ValueError(f"key {key} is outside 0 to {KEYS - 1}")
    return _NAMES[key]
