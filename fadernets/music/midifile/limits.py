"""How much a MIDI file may hold, so that no file of a stranger's costs much time or memory.

`fadernets.music.midifile.tracks` stops reading as soon as there are too many events, tracks or
chunks; `check_counts` checks the other counts before notes are made of the events, and
`check_piece` checks what can only be counted in a piece. The bounds are at least four times the
counts of the longest recital, half an hour by a reproducing piano with 30,000 notes and 150,000
movements of controllers. They hold for training, too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fadernets.music.midifile.error import MidiError
from fadernets.music.notes import BEATS
from fadernets.music.piece import Piece
from fadernets.music.segments import segment_count

# What is counted in a file, and how much of it there may be.
LIMITS = {
    "notes": 120_000,
    "controller movements": 600_000,  # pitch bends are among them
    "tempos": 50_000,
    "time signatures": 2_000,
    "key signatures": 2_000,
    "tracks": 500,
    "instruments": 500,  # channels with notes, of all tracks
    "foreign chunks": 1_000,
    "texts": 50_000,  # names, lyrics, markers
    "letters": 1_000_000,  # bytes of those texts
    "changes of program": 20_000,
    "system messages": 50_000,  # exclusive or escaped
    "other meta events": 50_000,
    "events": 1_000_000,
}
# What is counted in a piece.
MOST_BARS = 100_000
MOST_SEGMENTS = 5_000
MOST_PRESSES = 50_000  # of the pedal: one each 36 ms for half an hour
MOST_TOGETHER = 5_000  # notes that begin within four beats, and so in one segment at most
SHORTEST_BEAT_MICROSECONDS = 20_000  # 3000 beats a minute


class Excess(Exception):
    """A file holds more of something than `LIMITS` allows; the argument is its key there."""

    def sentence(self, name: str) -> str:
        """The refusal of a file, in a sentence that calls it `name`."""
        kind = self.args[0]
        return f"{name} has too many {kind}: more than {LIMITS[kind]:,}."


def check_counts(counts: Mapping[str, int], name: str) -> None:
    """Refuse a file that holds too much.

    Parameters
    ----------
    counts : mapping
        How much there is, by the keys of `LIMITS`.
    name : str
        What the sentence calls it.

    Raises
    ------
    MidiError
        If it holds more of something than `LIMITS`; the first of `LIMITS` is named.
    """
    for kind, limit in LIMITS.items():
        if counts.get(kind, 0) > limit:
            raise MidiError(Excess(kind).sentence(name))


def check_piece(piece: Piece, name: str) -> None:
    """Refuse a piece that would take too long to draw, to write or to play.

    Parameters
    ----------
    piece : Piece
    name : str
        What the sentence calls it.

    Raises
    ------
    MidiError
        If a beat is shorter than `SHORTEST_BEAT_MICROSECONDS`, or it has more bars, segments,
        presses of the pedal or notes in four beats than the bounds.
    """
    fastest = float(piece.tempo[:, 1].max())
    if 6e7 / fastest < SHORTEST_BEAT_MICROSECONDS - 0.5:
        raise MidiError(
            f"{name} is too fast: it has a beat of {round(6e7 / fastest):,} µs, "
            f"shorter than {SHORTEST_BEAT_MICROSECONDS:,} µs."
        )
    bar = 4 * piece.meter[:, 1] / piece.meter[:, 2]
    lasts = np.diff(piece.meter[:, 0], append=piece.length)
    # From every note on: behind an upbeat segments do not begin with every fourth beat.
    onset = piece.notes.onset
    together = (np.searchsorted(onset, onset + BEATS) - np.arange(len(onset))).max(initial=0)
    for count, limit, kind in (
        (np.ceil(lasts / bar).sum(), MOST_BARS, "bars"),
        (segment_count(piece), MOST_SEGMENTS, "segments"),
        (len(piece.pedal), MOST_PRESSES, "presses of the pedal"),
        (together, MOST_TOGETHER, f"notes within {BEATS} beats"),
    ):
        if count > limit:
            raise MidiError(f"{name} has too many {kind}: more than {limit:,}.")
