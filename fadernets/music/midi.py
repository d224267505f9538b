"""MIDI files <-> pieces: the only file that knows a MIDI library.

symusic reads: it parses the files of a whole corpus in seconds. pretty_midi, which also knows how
to order events of one instant, writes.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import symusic

from fadernets.atomic_file import replacing
from fadernets.music.midi_error import MidiError as MidiError
from fadernets.music.midi_limits import check_bytes, check_piece
from fadernets.music.notes import BEATS, HIGHEST_PITCH, LOWEST_PITCH, STEPS_PER_BEAT, Notes
from fadernets.music.piece import NO_PEDAL, Piece, struck_once

MAX_BEATS = 9_600  # most beats that faders are offered for: 30 minutes at 320 a minute
MAX_MINUTES = 30  # longest piece that faders are offered for; training may read longer ones
DEFAULT_TEMPO = 120.0  # quarter notes per minute when a file gives none
DEFAULT_METER = (4, 4)
MOST_BYTES = 20_000_000  # a hundred times a long recital
MOST_BEATS = 20_000  # 30 minutes at 667 a minute: more means damaged times
SUSTAIN = 64  # number of the sustain pedal's controller
PEDAL_DOWN = 64  # its smallest value that counts as down
RESOLUTION = 480  # ticks of a beat in files written; the recordings trained on have as many
SLOWEST = 2**24 - 1  # microseconds of a beat, what a tempo event can hold


def read(source: str | Path | bytes) -> Piece:
    """The piano music of a MIDI file: all tracks but drums, merged.

    Pitches outside the piano are left out. Of several strikes of a key at one instant the longest
    stays; a key struck again while it is down ends its note there. Pedals of several tracks or
    channels count as one, down while any is down; a pedal in a track without notes is not seen.

    Parameters
    ----------
    source : path, or the bytes of a file

    Raises
    ------
    MidiError
        If it cannot be read, is not a MIDI file, holds more than `fadernets.music.midi_limits`
        allows or has no notes for a piano. The sentence has the file's name, but not its folder.
    """
    if isinstance(source, bytes):
        name, data = "the MIDI data", source
        _check_size(len(data), name)
    else:
        name = Path(source).name or "the path"
        data = _bytes(Path(source), name)
    score = _parse(data, name)
    tracks = [track for track in score.tracks if len(track.notes)]
    if not tracks:
        raise MidiError(f"{name} has no notes.")
    tracks = [track for track in tracks if not track.is_drum]
    if not tracks:
        raise MidiError(f"{name} has only drums.")
    tpq = score.ticks_per_quarter
    notes = _notes([track.notes.numpy() for track in tracks], tpq)
    if not len(notes):
        raise MidiError(f"{name} has no notes in the range of a piano.")
    # The last event of a track that is used: tempo and meter may go on long after the music.
    length = max(float(notes.offset.max()), *(track.end() / tpq for track in tracks))
    # Damaged delta times add up to weeks of silence, or overflow to a time before the beginning.
    if length > MOST_BEATS or notes.onset[0] < 0:
        raise MidiError(f"{name} is damaged: it has impossible times.")
    piece = Piece(
        notes=notes,
        pedal=_pedal([track.controls.numpy() for track in tracks], tpq, length),
        tempo=_tempo(score.tempos.numpy(), tpq, length),
        meter=_meter(score.time_signatures.numpy(), tpq, length),
        length=length,
        name="" if isinstance(source, bytes) else Path(source).stem,
    )
    check_piece(piece, name)
    return piece


def check_length(
    piece: Piece,
    *,
    least_beats: float = BEATS,
    most_minutes: float = MAX_MINUTES,
    most_beats: float = MAX_BEATS,
) -> None:
    """Refuse a piece too short for one segment, or longer than the limit.

    A last note that ends within the final sixteenth of `least_beats` still fills them: players
    release keys early, and many files end with the last release.

    Raises
    ------
    MidiError
        If it is shorter or longer.
    """
    name = piece.name or "the piece"
    if piece.length <= least_beats - 1 / STEPS_PER_BEAT:
        raise MidiError(
            f"{name} lasts {piece.length:.1f} beats, shorter than one segment of "
            f"{least_beats:g} beats."
        )
    if piece.duration > most_minutes * 60:
        raise MidiError(
            f"{name} lasts {piece.duration / 60:.1f} minutes, longer than the limit of "
            f"{most_minutes:g} minutes."
        )
    if piece.length > most_beats:
        raise MidiError(
            f"{name} has {piece.length:,.0f} beats, more than the limit of {most_beats:,.0f}."
        )


def dump(piece: Piece, tail: float = 0.0) -> bytes:
    """The bytes of a MIDI file of a piece: one piano track, its pedal, tempo map and meter.

    Parameters
    ----------
    piece : Piece
    tail : float
        Seconds of silence after the end. A synthesiser stops at the last event: a tail lets the
        last notes die away.
    """
    # In ticks of a file with its own tempo map: seconds of the tail are beats at the last tempo. A
    # very fast last tempo would make the tail millions of beats long: it is cut.
    end = int(_ticks(min(piece.beats(piece.duration + tail), piece.length + MOST_BEATS)))
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


def write(piece: Piece, path: str | Path) -> None:
    """Write a piece to a MIDI file, whole or not at all.

    Raises
    ------
    MidiError
        If it cannot be written.
    """
    save(dump(piece), path)


def save(data: bytes, path: str | Path) -> None:
    """Write bytes to a file, whole or not at all.

    Raises
    ------
    MidiError
        If it cannot be written.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a device or a folder, not to be replaced
            path.write_bytes(data)
            return
        with replacing(path, shared=True) as part:
            part.write_bytes(data)
    except OSError as error:
        raise MidiError(f"{path} cannot be written: {_reason(error)}.") from error


def _ticks(beats: float | np.ndarray) -> np.ndarray:
    """Nearest ticks of a file written."""
    return np.rint(np.asarray(beats) * RESOLUTION).astype(np.int64)


def _blank(piece: Piece, end: int) -> pretty_midi.PrettyMIDI:
    """A file up to tick `end` with a piece's tempo map and meter, and no notes yet."""
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
    one = struck_once(Notes.of(start, stop, notes.pitch, notes.velocity))  # after rounding
    return np.stack([one.onset, one.offset, one.pitch, one.velocity], axis=1).astype(np.int64)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _bytes(path: Path, name: str) -> bytes:
    """What is in a regular file; anything else is refused before a byte of it is read."""
    try:
        with open(path, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise MidiError(f"{name} cannot be read: not a regular file.")
            _check_size(status.st_size, name)
            data = file.read(MOST_BYTES + 1)  # it may have grown
    except OSError as error:
        raise MidiError(f"{name} cannot be read: {_reason(error)}.") from error
    _check_size(len(data), name)
    return data


def _opener(path: str, flags: int) -> int:
    """Opens without waiting: else a pipe would not open before somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_size(size: int, name: str) -> None:
    if size > MOST_BYTES:
        raise MidiError(f"{name} is too large for a piece: more than {MOST_BYTES // 10**6} MB.")


def _parse(data: bytes, name: str) -> Any:
    """symusic's score, in ticks."""
    if data[:4] != b"MThd" or len(data) < 14:
        raise MidiError(f"{name} is not a MIDI file.")
    division = int.from_bytes(data[12:14], "big")
    if division & 0x8000:
        raise MidiError(f"{name} counts time in SMPTE frames, which have no beats.")
    if division == 0:
        raise MidiError(f"{name} is damaged: its beats have no length.")
    check_bytes(data, name)
    try:
        return symusic.Score.from_midi(data)
    except (RuntimeError, ValueError, IndexError, MemoryError, OverflowError) as error:
        raise MidiError(f"{name} is damaged or cut short.") from error


def _notes(tracks: list[dict[str, np.ndarray]], tpq: int) -> Notes:
    """Merged notes of the piano's range."""
    start, length, pitch, velocity = (
        np.concatenate([track[key] for track in tracks]).astype(np.int64)
        for key in ("time", "duration", "pitch", "velocity")
    )
    length = np.maximum(length, 1)  # released in the tick it was struck: the shortest note there is
    piano = (pitch >= LOWEST_PITCH) & (pitch <= HIGHEST_PITCH)
    onset, offset = start[piano] / tpq, (start + length)[piano] / tpq
    return struck_once(Notes.of(onset, offset, pitch[piano], velocity[piano]))


def _pedal(tracks: list[dict[str, np.ndarray]], tpq: int, length: float) -> np.ndarray:
    """Presses of all tracks, (p, 2) in beats; one still down at the end closes at `length`.

    From the control changes, not symusic's own list of pedals: that one misses a pedal that is
    never lifted, and invents one where a channel's first message is a lift.
    """
    presses = []
    for control in tracks:
        moves = control["number"] == SUSTAIN
        time = control["time"][moves] / tpq
        down = np.concatenate([[False], control["value"][moves] >= PEDAL_DOWN, [False]])
        change = np.flatnonzero(down[1:] != down[:-1])  # down and up in turn
        presses.append(np.append(time, length)[change].reshape(-1, 2))
    return merged(np.concatenate(presses))


def merged(presses: np.ndarray) -> np.ndarray:
    """Presses in order, those that overlap made one: (p, 2) -> (q, 2).

    Two that only touch stay two: lifting the pedal for an instant damps what sounds.

    >>> merged(np.array([[0.0, 2.0], [1.0, 3.0], [3.0, 4.0]])).tolist()
    [[0.0, 3.0], [3.0, 4.0]]
    """
    presses = presses[presses[:, 1] > presses[:, 0]]
    if not len(presses):
        return NO_PEDAL
    presses = presses[np.argsort(presses[:, 0], kind="stable")]
    reach = np.maximum.accumulate(presses[:, 1])
    first = np.ones(len(presses), bool)
    first[1:] = presses[1:, 0] >= reach[:-1]
    last = np.append(np.flatnonzero(first)[1:], len(presses)) - 1
    return np.stack([presses[first, 0], reach[last]], axis=1)


def _tempo(tempos: dict[str, np.ndarray], tpq: int, length: float) -> np.ndarray:
    """Rows (beat, quarter notes per minute)."""
    valid = tempos["mspq"] > 0
    beat, qpm = tempos["time"][valid] / tpq, 6e7 / tempos["mspq"][valid]
    return _rows(np.stack([beat, qpm], axis=1), (DEFAULT_TEMPO,), length)


def _meter(signatures: dict[str, np.ndarray], tpq: int, length: float) -> np.ndarray:
    """Rows (beat, numerator, denominator)."""
    valid = (signatures["numerator"] > 0) & (signatures["denominator"] > 0)
    beat = signatures["time"] / tpq
    rows = np.stack([beat, signatures["numerator"], signatures["denominator"]], axis=1)
    return _rows(rows[valid], DEFAULT_METER, length)


def _rows(rows: np.ndarray, default: tuple[float, ...], length: float) -> np.ndarray:
    """Rows by beat, the first at beat 0, none past `length`; of two at one beat the later stays."""
    rows = rows[(rows[:, 0] >= 0) & (rows[:, 0] <= length)]
    rows = np.concatenate([[(0.0, *default)], rows])
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    return rows[np.append(rows[1:, 0] != rows[:-1, 0], True)]
