"""What a classifier sees of a window of music: features of its notes, made by hand."""

from __future__ import annotations

import numpy as np

from fadernets.music.notes import EARLY, STEPS_PER_BEAT, Notes, first_steps
from train.metrics.music import STUB
from train.metrics.strikes import SAME_STRIKE, restruck, since_struck, strikes

SAME_TIME = 1 / 48  # beats: 10 ms at 117 qpm
CLICK = 1 / 12  # beats: notes of 40 ms at 117 qpm
SOON = 0.6  # beats, within which a key that is struck again is a repeat
SECOND, OCTAVE = 2, 12  # semitones
LOUDNESS = (
    "velocity, mean",
    "velocity, spread",
    "softest",
    "loudest",
    "velocity from note to note",
)


def features(notes: Notes, steps: int) -> dict[str, float]:
    """What a classifier sees of a window; NaN where there is too little of something.

    Parameters
    ----------
    notes : Notes
        Beats from the window's start. Those that ring in are left out.
    steps : int
        The window's sixteenths.
    """
    notes = notes[notes.onset >= -EARLY]
    if not len(notes):
        return {}
    strike = strikes(notes)
    first = np.flatnonzero(np.diff(strike, prepend=-1))
    sizes = np.diff(first, append=len(notes))
    at = notes.onset[first]
    top = np.maximum.reduceat(notes.pitch, first).astype(float)
    bottom = np.minimum.reduceat(notes.pitch, first).astype(float)
    # notes of a strike in order of pitch
    order = np.lexsort((notes.pitch, strike))
    interval = np.diff(notes.pitch[order])[np.diff(strike) == 0]
    spread = np.maximum.reduceat(notes.onset, first) - at
    chord = sizes > 1
    return (
        _counts(notes, at, sizes, steps)
        | _times(notes, at, steps)
        | _loudness(notes)
        | _lengths(notes, at, steps / STEPS_PER_BEAT)
        | {
            "pitch, mean": _mean(notes.pitch),
            "pitch, spread": float(np.std(notes.pitch)),
            "lowest pitch": float(notes.pitch.min()),
            "highest pitch": float(notes.pitch.max()),
            "leaps of the top": _mean(np.abs(np.diff(top))),
            "widest leap of the top": float(np.max(np.abs(np.diff(top)), initial=0)),
            "leaps of the bottom": _mean(np.abs(np.diff(bottom))),
            "widest strike": float((top - bottom).max()),
            "seconds struck": _mean(interval <= SECOND),
            "thirds and sixths struck": _mean(np.isin(interval, (3, 4, 8, 9))),
            "octaves struck": _mean(interval == OCTAVE),
            "chords' spread": _mean(spread[chord]),
            "chords exactly together": _mean(spread[chord] < SAME_TIME / 2),
            "pitch classes": float(len(np.unique(notes.pitch % OCTAVE))),
            "pitches a note": len(np.unique(notes.pitch)) / len(notes),
        }
        | _restrikes(notes)
    )


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _quantiles(values: np.ndarray, name: str, *shares: float) -> dict[str, float]:
    measured = np.quantile(values, shares) if len(values) else [np.nan] * len(shares)
    return {f"{name}, {s:.0%}": float(v) for s, v in zip(shares, measured, strict=True)}


def _counts(notes: Notes, at: np.ndarray, sizes: np.ndarray, steps: int) -> dict[str, float]:
    return {
        "notes a step": len(notes) / steps,
        "strikes a step": len(at) / steps,
        "notes a strike": _mean(sizes),
        "largest strike": float(sizes.max()),
        "single notes": _mean(sizes == 1),
    }


def _times(notes: Notes, at: np.ndarray, steps: int) -> dict[str, float]:
    """Gaps between strikes, and where notes stand in their steps."""
    gaps = np.diff(at)
    place = (notes.onset * STEPS_PER_BEAT) % 1  # in the step, 0 to 1
    apart = np.diff(notes.onset)
    step = first_steps(at).clip(0, steps - 1)
    struck = np.zeros(steps)
    struck[step] = 1
    beats = struck[: steps // STEPS_PER_BEAT * STEPS_PER_BEAT].reshape(-1, STEPS_PER_BEAT)
    return (
        _quantiles(gaps, "gap", 0, 0.25, 0.5, 1)
        | _quantiles(apart[apart > 0], "gap of notes", 0, 0.1, 0.5)
        | {
            "gaps, relative spread": float(np.std(gaps) / np.mean(gaps)) if len(gaps) else np.nan,
            "gaps as the one before": _mean(np.abs(np.diff(gaps)) < SAME_TIME),
            "gaps of whole steps": _mean(
                np.abs(gaps * STEPS_PER_BEAT - np.rint(gaps * STEPS_PER_BEAT)) < SAME_TIME
            ),
            "notes at once": _mean(apart < SAME_TIME / 2),
            "exactly on a step": _mean(np.abs(notes.onset * STEPS_PER_BEAT % 1) < 1e-3),
            "near the edge of a step": _mean(np.minimum(place, 1 - place) < 0.1),
            "distance from a step": _mean(np.minimum(place, 1 - place)),
            "place in the step, spread": float(np.std(place)),
            "beats alike": _mean((beats[1:] == beats[:-1]).mean(1)),
            "strikes on beats": _mean(step % STEPS_PER_BEAT == 0),
            "first strike": float(at[0]),
            "last strike": float(steps / STEPS_PER_BEAT - at[-1]),
        }
    )


def _loudness(notes: Notes) -> dict[str, float]:
    return {
        "velocity, mean": _mean(notes.velocity),
        "velocity, spread": float(np.std(notes.velocity)),
        "softest": float(notes.velocity.min()),
        "loudest": float(notes.velocity.max()),
        "velocity from note to note": _mean(np.abs(np.diff(notes.velocity))),
    }


def _lengths(notes: Notes, at: np.ndarray, beats: float) -> dict[str, float]:
    """Lengths, and where notes end: with the next strike, on a step."""
    length = notes.offset - notes.onset
    following = np.append(at, beats)[np.searchsorted(at, notes.onset + SAME_STRIKE)]
    place = (notes.offset * STEPS_PER_BEAT) % 1
    return _quantiles(length, "length", 0, 0.1, 0.5, 0.9, 1) | {
        "length, mean": _mean(length),
        "length, spread": float(np.std(np.log(length))),
        "clicks": _mean(length < CLICK),
        "stubs": _mean(length < STUB),
        "length in gaps": _mean(length / np.maximum(following - notes.onset, SAME_TIME)),
        "ends with the next strike": _mean(np.abs(notes.offset - following) < SAME_TIME * 2),
        "ends on a step": _mean(np.minimum(place, 1 - place) < SAME_TIME * STEPS_PER_BEAT / 2),
        "sounds at the end": _mean(notes.offset > beats - SAME_TIME),
    }


def _restrikes(notes: Notes) -> dict[str, float]:
    """How often a key is struck again soon, or while it is held."""
    since_strike, since_end = since_struck(notes)
    nearest = float(since_end.min())
    return {
        "repeats": float((since_strike < SOON).sum() / len(notes)),
        "restrikes": float(restruck(notes).sum() / len(notes)),
        "nearest restrike": nearest if np.isfinite(nearest) else np.nan,
    }
