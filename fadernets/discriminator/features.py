"""What the discriminator sees of arrangements: features of all of them at once.

Each is a mean, an extreme or a share over the notes, strikes or gaps of one arrangement. A third of
them are as well among those by which naturalness is measured (`train.metrics.window_features`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fadernets.discriminator.row_statistics import Features, Rows
from fadernets.music.notes import EARLY, STEPS, STEPS_PER_BEAT, Notes, first_steps

SAME_STRIKE = 1 / 16  # beats, within which notes are struck together
SOON = 0.6  # beats, within which a key that is struck again is a repeat
AT_ONCE = 1 / 32  # beats after its end, within which a key is struck as it sounds
SHORTEST = 1 / 96  # beats: shorter gaps and notes count as such
EVEN = 0.1  # octaves by which a gap is as the one before
GAPS = (-2.25, -1.75, -1.25, -0.75, -0.25, 0.25)  # octaves of a beat, between kinds of gaps
LENGTHS = (-2.5, -1.5, -0.5, 0.5, 1.5)  # octaves of a beat, between kinds of notes
OCTAVE = 12
KEYS = 128  # of MIDI
NEVER = 3.0  # octaves of a beat: as if a key that is struck once were struck again so late


@dataclass(frozen=True, eq=False)
class Strikes:
    """Notes that begin together, of all arrangements.

    Attributes
    ----------
    rows : Rows
    of_note : int array, shape (notes,)
        The strike of each note.
    onset, last, top, bottom, size : float arrays, shape (strikes,)
        Beats of its first and of its last note, its highest and lowest pitch, how many notes.
    """

    rows: Rows
    of_note: np.ndarray
    onset: np.ndarray
    last: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    size: np.ndarray

    @classmethod
    def of(cls, notes: Notes, rows: Rows) -> Strikes:
        is_other = np.diff(rows.of, prepend=-1) > 0
        begins = is_other | (np.diff(notes.onset, prepend=0.0) > SAME_STRIKE)
        first = np.flatnonzero(begins)
        pitch = notes.pitch.astype(float)
        return cls(
            rows.where(first),
            np.cumsum(begins) - 1,
            notes.onset[first],
            np.maximum.reduceat(notes.onset, first),
            np.maximum.reduceat(pitch, first),
            np.minimum.reduceat(pitch, first),
            np.diff(first, append=len(notes)).astype(float),
        )


def features(arrangements: Sequence[Notes], steps: Sequence[int]) -> Features:
    """What the discriminator sees of b arrangements, by name: float64, (b,) each.

    Parameters
    ----------
    arrangements : sequence of b Notes
        Beats from the start of their segment. Those that ring in are left out.
    steps : sequence of b int
        Sixteenths that each segment has.

    Returns
    -------
    name -> float array
        NaN where there is too little of something; nothing at all if no note begins in any.
    """
    begun = [notes[notes.onset >= -EARLY] for notes in arrangements]
    rows = Rows(np.repeat(np.arange(len(begun)), [len(notes) for notes in begun]), len(begun))
    if not len(rows.of):
        return {}
    names = "onset", "offset", "pitch", "velocity"
    # Not sorted anew: those of one arrangement stay together.
    notes = Notes(*(np.concatenate([getattr(n, name) for n in begun]) for name in names))
    beats = np.asarray(steps, float) / STEPS_PER_BEAT
    strikes = Strikes.of(notes, rows)
    return (
        _strikes(strikes, rows, beats)
        | _gaps(strikes)
        | _places(notes, strikes, rows, beats)
        | _lengths(notes, strikes, rows, beats)
        | _pitches(notes, strikes, rows)
        | _repeats(notes, rows)
        | _loudness(notes, rows)
    )


def _strikes(strikes: Strikes, rows: Rows, beats: np.ndarray) -> Features:
    of, chord = strikes.rows, strikes.size > 1
    spread = (strikes.last - strikes.onset)[chord]
    return {
        "strikes": of.sizes / beats,
        "notes": rows.sizes / beats,
        "notes a strike": of.mean(strikes.size),
        "largest strike": of.most(strikes.size),
        "single notes": of.mean(~chord),
        "chords' spread": of.where(chord).mean(spread),
        "chords together": of.where(chord).mean(spread < SHORTEST),
        "first strike": of.least(strikes.onset),
        "last strike": beats - of.most(strikes.onset),
    }


def _gaps(strikes: Strikes) -> Features:
    """Gaps between strikes in octaves of a beat, and how unlike the one before each is."""
    follows = np.flatnonzero(np.diff(strikes.rows.of) == 0) + 1
    gaps = _octaves(strikes.onset[follows] - strikes.onset[follows - 1])
    rows = strikes.rows.where(follows)
    again = np.flatnonzero(np.diff(rows.of) == 0) + 1
    unlike, of = np.abs(gaps[again] - gaps[again - 1]), rows.where(again)
    return rows.shares("gap", gaps, GAPS) | {
        "gap": rows.mean(gaps),
        "gaps' spread": rows.spread(gaps),
        "shortest gap": rows.least(gaps),
        "longest gap": rows.most(gaps),
        "gaps unlike": of.mean(unlike),
        "gaps most unlike": of.most(unlike),
        "gaps even": of.mean(unlike < EVEN),
    }


def _places(notes: Notes, strikes: Strikes, rows: Rows, beats: np.ndarray) -> Features:
    """Which steps are struck, and how near to steps."""
    step = first_steps(strikes.onset).clip(0, STEPS - 1)
    times = np.zeros((rows.count, STEPS))
    np.add.at(times, (strikes.rows.of, step), 1)
    struck = times > 0
    by_beat = struck.reshape(rows.count, -1, STEPS_PER_BEAT)
    alike = (by_beat[:, 1:] == by_beat[:, :-1]).mean(2)
    is_whole = np.arange(1, by_beat.shape[1]) < np.floor(beats)[:, None]
    count = is_whole.sum(1)
    off = _off_step(notes.onset)
    return {f"strikes at {s}": struck[:, s].astype(float) for s in range(STEPS)} | {
        "beats alike": np.where(count, (alike * is_whole).sum(1) / count.clip(min=1), np.nan),
        "strikes on beats": strikes.rows.mean(step % STEPS_PER_BEAT == 0),
        "steps struck twice": (times > 1).sum(1) / struck.sum(1).clip(min=1),
        "off steps": rows.mean(off),
        "on steps": rows.mean(off < 0.01),
    }


def _lengths(notes: Notes, strikes: Strikes, rows: Rows, beats: np.ndarray) -> Features:
    """Lengths in octaves of a beat, and in octaves of the time to the next strike."""
    lengths = notes.offset - notes.onset
    last = np.diff(strikes.rows.of, append=rows.count) > 0
    following = np.where(last, beats[strikes.rows.of], np.append(strikes.onset[1:], 0.0))
    until = following[strikes.of_note]
    held = _octaves(lengths) - _octaves(until - notes.onset)
    octaves = _octaves(lengths)
    return rows.shares("length", octaves, LENGTHS) | {
        "length": rows.mean(octaves),
        "lengths' spread": rows.spread(octaves),
        "shortest": rows.least(octaves),
        "longest": rows.most(octaves),
        "held": rows.mean(held),
        "held, spread": rows.spread(held),
        "held over": rows.mean(held > 0.15),
        "let go": rows.mean(held < -1),
        "end with the next": rows.mean(np.abs(notes.offset - until) < 1 / 24),
        "end on steps": rows.mean(_off_step(notes.offset) < 0.05),
        "sound at the end": rows.mean(notes.offset > beats[rows.of] - 1 / 48),
    }


def _pitches(notes: Notes, strikes: Strikes, rows: Rows) -> Features:
    follows = np.flatnonzero(np.diff(strikes.rows.of) == 0) + 1
    leaps = {
        name: np.abs(line[follows] - line[follows - 1])
        for name, line in (("top", strikes.top), ("bottom", strikes.bottom))
    }
    after = strikes.rows.where(follows)
    order = np.lexsort((notes.pitch, strikes.of_note))
    together = np.flatnonzero(np.diff(strikes.of_note[order]) == 0) + 1
    interval = notes.pitch[order][together] - notes.pitch[order][together - 1]
    inside, width = rows.where(order[together]), strikes.top - strikes.bottom
    keys, classes = (np.zeros((rows.count, size), bool) for size in (KEYS, OCTAVE))
    keys[rows.of, notes.pitch] = classes[rows.of, notes.pitch % OCTAVE] = True
    each = {f"leaps of the {name}": after.mean(leap) for name, leap in leaps.items()}
    widest = {f"widest leap of the {name}": after.most(leap) for name, leap in leaps.items()}
    return each | widest | {
        "top stays": after.mean(leaps["top"] == 0),
        "width": strikes.rows.mean(width),
        "greatest width": strikes.rows.most(width),
        "pitches' spread": rows.spread(notes.pitch.astype(float)),
        "pitch classes": classes.sum(1).astype(float),
        "keys a note": keys.sum(1) / rows.sizes.clip(min=1),
        "seconds": inside.mean(interval <= 2),
        "thirds and sixths": inside.mean(np.isin(interval, (3, 4, 8, 9))),
        "octaves": inside.mean(interval == OCTAVE),
    }  # fmt: skip


def _repeats(notes: Notes, rows: Rows) -> Features:
    """Keys that are struck again."""
    order = np.lexsort((notes.onset, notes.pitch, rows.of))
    onset, offset, pitch = (x[order] for x in (notes.onset, notes.offset, notes.pitch))
    again = np.flatnonzero((np.diff(pitch) == 0) & (np.diff(rows.of[order]) == 0)) + 1
    of = rows.where(order[again])
    silence = onset[again] - offset[again - 1]
    soonest = _octaves(of.least(silence))
    share = of.sizes / rows.sizes.clip(min=1)  # of the notes
    return {
        "repeats": share * np.nan_to_num(of.mean(onset[again] - onset[again - 1] < SOON)),
        "struck as they sound": share * np.nan_to_num(of.mean(silence < AT_ONCE)),
        "soonest again": np.where(of.sizes > 0, soonest, NEVER),
    }


def _loudness(notes: Notes, rows: Rows) -> Features:
    velocity = notes.velocity.astype(float)
    follows = np.flatnonzero(np.diff(rows.of) == 0) + 1
    louder = np.abs(velocity[follows] - velocity[follows - 1])
    return {
        "velocities' spread": rows.spread(velocity),
        "velocity from note to note": rows.where(follows).mean(louder),
    }


def _octaves(beats: np.ndarray) -> np.ndarray:
    return np.log2(np.maximum(beats, SHORTEST))


def _off_step(beats: np.ndarray) -> np.ndarray:
    """How far times are from the nearest step, in steps."""
    place = beats * STEPS_PER_BEAT
    return np.abs(place - np.rint(place))
