"""A MIDI file made anew of a piece, by pretty_midi, which orders events of one instant."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from fadernets.music.midifile.events import SUSTAIN
from fadernets.music.notes import Notes, struck_once
from fadernets.music.piece import Piece

if TYPE_CHECKING:  # nothing but what is written anew needs it
    import pretty_midi

MOST_TAIL_BEATS = 20_000  # a very fast last tempo would make the tail millions of beats long
RESOLUTION = 480  # ticks of a beat in files written; the recordings trained on have as many
SLOWEST = 2**24 - 1  # microseconds of a beat, what a tempo event can hold


def dump(piece: Piece, tail: float = 0.0) -> bytes:
    """The bytes of a MIDI file made anew: one piano track, its pedal, tempo map and meter.

    Parameters
    ----------
    piece : Piece
    tail : float
        Seconds of silence after the end. A synthesiser stops at the last event: a tail lets the
        last notes die away.
    """
    import pretty_midi

    # In ticks of a file with its own tempo map: seconds of the tail are beats at the last tempo. A
    # very fast last tempo would make the tail millions of beats long: it is cut.
    end = int(_ticks(min(piece.beats(piece.duration + tail), piece.length + MOST_TAIL_BEATS)))
    score = _blank(piece, end)
    at = score.tick_to_time
    piano = pretty_midi.Instrument(program=0)
    piano.notes = [
        pretty_midi.Note(velocity, pitch, at(start), at(stop))
        for start, stop, pitch, velocity in _note_ticks(piece.notes).tolist()
    ]
    presses = _ticks(piece.pedal)
    presses = presses[presses[:, 1] > presses[:, 0]]  # in one tick the lift would come first
    moves = [move for down, up in presses.tolist() for move in ((down, 127), (up, 0))]
    moves.append((end, 0))  # lifts nothing, but keeps the piece's length
    piano.control_changes = [
        pretty_midi.ControlChange(SUSTAIN, value, at(tick)) for tick, value in moves
    ]
    score.instruments = [piano]
    file = io.BytesIO()
    score.write(file)
    return file.getvalue()


def _ticks(beats: float | np.ndarray) -> np.ndarray:
    """Nearest ticks of a file written."""
    return np.rint(np.asarray(beats) * RESOLUTION).astype(np.int64)


def _blank(piece: Piece, end: int) -> pretty_midi.PrettyMIDI:
    """A file up to tick `end` with a piece's tempo map and meter, and no notes yet."""
    import pretty_midi

    score = pretty_midi.PrettyMIDI(resolution=RESOLUTION)
    ticks = _ticks(piece.tempo[:, 0]).tolist()
    microseconds = np.rint(6e7 / piece.tempo[:, 1]).clip(1, SLOWEST).tolist()
    tempo = dict(zip(ticks, microseconds, strict=True))  # of two at one tick the later
    # pretty_midi has no public way to give a tempo map: these two members are what it fills from
    # a file. Half a microsecond more keeps its rounding down from losing one.
    score._tick_scales = [(tick, (us + 0.5) / 1e6 / RESOLUTION) for tick, us in tempo.items()]
    score._update_tick_to_time(end + 1)
    score.time_signature_changes = [
        pretty_midi.TimeSignature(
            int(numerator), int(denominator), score.tick_to_time(int(_ticks(beat)))
        )
        for beat, numerator, denominator in piece.meter.tolist()
    ]
    return score


def _note_ticks(notes: Notes) -> np.ndarray:
    """Rows (start, stop, pitch, velocity) in ticks of a file written, each a tick long at least."""
    start, stop = _ticks(notes.onset), _ticks(notes.offset)
    stop = np.maximum(stop, start + 1)
    single = struck_once(Notes.of(start, stop, notes.pitch, notes.velocity))  # after rounding
    return np.stack([single.onset, single.offset, single.pitch, single.velocity], axis=1).astype(
        np.int64
    )
