"""Estimates, before work begins, of how long it takes on an idle core.

The figures are rounded up from `benchmarks/results`: they only have to tell short work from long.
"""

from __future__ import annotations

import math
import os

import numpy as np

from demo.editing.piece_session import SLICE, PieceSession
from demo.editing.requests import HIGHEST_NUMBER, Values
from fadernets.curve import lowest
from fadernets.expression.tempo import Tempo
from fadernets.score.expressing import MOST_OCTAVES
from fadernets.score.settings import PieceSettings, Redrawn

ANSWER_SECONDS = 0.06  # for any answer
SECONDS_PER_SEGMENT = 0.014  # that is planned; with a dozen notes 0.011, with fifty 0.014
SECONDS_PER_BATCH = 0.02  # of up to `SLICE` segments that are planned together, be it only one
SECONDS_PER_NOTE = 6e-5  # that is drawn, played or written
SECONDS_PER_SOUND_SECOND = 0.008  # that is rendered
SECONDS_PER_NOTE_HEARD = 4e-4  # that is rendered: in music of ten notes a second a third of it
SECONDS_PER_LONG_NOTE_HEARD = 0.01  # that sounds through a chunk, as in a drone
LONG_BEATS = 64.0  # from which on a note does
# Of sound that is coded for a file of each kind; the synthesis of a piano piece takes 0.012:
SECONDS_PER_SOUND_CODED = {"wav": 0.001, "ogg": 0.009, "mp3": 0.03}
SECONDS_PER_BYTE_OPENED = 3e-7  # of a file
SECONDS_PER_SEGMENT_SHOWN = 1.5e-4  # of a piece that is opened
SECONDS_PER_NOTE_SHOWN = 4e-6  # likewise
SECONDS_PER_BYTE_SAVED = 1e-6  # of the file that the new one is made from
SECONDS_PER_SEGMENT_KNOWN = 1e-4  # of the whole piece, in a process that does not know it yet
SECONDS_PER_NOTE_KNOWN = 3e-6  # of the whole piece, likewise
SECONDS_PER_NOTE_LOCKED = 3e-5  # of the whole piece, where something in it is locked
LOCKED_PLANS = 2  # times that a segment is planned, to say how far locks let the faders go
SECONDS_PER_SEGMENT_TOLD = 1e-3  # of which a program learns densities and arousal
SECONDS_PER_SEGMENT_REDRAWN = 1e-5  # of the whole piece, for each part that is drawn once more
SECONDS_PER_NOTE_REDRAWN = 1.5e-6  # likewise
SHORT_SECONDS = 0.3  # up to which work is short
MEDIUM_SECONDS = 3.0  # up to which it is not long

# As `demo.editing.sound` has them, which the server itself does not load:
WHOLE_SOUND_SECONDS = 24.0  # a longer sound does not come with the notes
TAIL_SECONDS = 2.0
CHUNK_SECONDS = 20.0  # of sound in an answer, of each side
# As `fadernets.playback.chunks` has them:
FIRST_CHUNK_SECONDS, LATER_CHUNK_SECONDS, LONGEST_CHUNK_SECONDS = 8.0, 20.0, 25.1
CHUNK_PREROLL_SECONDS = 13.0  # of the piece before a chunk, of which it is made as well
MOST_VARIATIONS = 3  # at once, as `demo.editing.variations` has it


def of_reading(path: str) -> float:
    """Seconds that reading a file takes, to know what it holds."""
    try:
        return _of_bytes(os.stat(path).st_size)
    except OSError:  # the file is gone: reading it will say so
        return ANSWER_SECONDS


def of_choosing(session: PieceSession) -> float:
    """Seconds that reading other tracks of a piece's file takes."""
    return _of_bytes(_bytes(session))


def of_opening(session: PieceSession) -> float:
    """Seconds that opening a piece takes: reading it, and all that the page shows of it."""
    segments = SECONDS_PER_SEGMENT_SHOWN * len(session.spans)
    return of_choosing(session) + segments + SECONDS_PER_NOTE_SHOWN * len(session.piece.notes)


def of_call(
    task: str, session: PieceSession, values: Values, donor: PieceSession | None = None
) -> float:
    """Seconds that a program's task on an opened file takes, priced as the page's own work is.

    Parameters
    ----------
    task : str
        One of `demo.compute.workers.FOR_PROGRAMS`.
    donor : PieceSession, optional
        The piece that the notes come from.
    """
    if task == "render":
        return _of_file(session, values.get("kind") or "wav") + _of_whole(session, values)
    figures = SECONDS_PER_SEGMENT_TOLD * len(session.spans)
    if task == "describe":
        return figures + _of_file(session) + _of_whole(session, values)
    if task == "mix":
        return figures + of_mixing(session, values, donor)
    return figures + of_saving(session, {**values, "kind": "midi"})


def of_answer(session: PieceSession, values: Values, *, hear: bool = False) -> float:
    """Seconds that a change of the selection takes, or the sound of a part of it."""
    first, last = _span(session, values)
    changed = _of_plans(session, (first, last), values)
    count = _notes(session, session.ends((first, last)))
    notes = SECONDS_PER_NOTE * count + _of_whole(session, values)
    begin, end = session.piece.seconds(np.array(session.ends((first, last)))).tolist()
    seconds = end - begin + TAIL_SECONDS
    is_long = seconds > WHOLE_SOUND_SECONDS
    slower, faster = _paces(values)
    if hear:
        near = _of_chunk(session, begin, values.get("chunk"), faster)
        if is_long and values.get("gain") is not None:  # else all of the selection is changed
            changed = min(changed, _of_plans(session, (first, last), values, near))
        both = CHUNK_SECONDS * (1 + slower)
        sound = _of_sound(both, 2 * min(count, _notes(session, near)))
        sound += 2 * SECONDS_PER_LONG_NOTE_HEARD * _long_notes(session, near)
    else:
        # Without the original's peak the original is rendered as well, whether it is sent or not.
        before = bool(values.get("original", True)) or values.get("peak") is None
        sound = _of_sound((slower + before) * seconds, (1 + before) * count)
        sound = 0.0 if is_long else sound
    return ANSWER_SECONDS + changed + notes + sound


def of_mixing(session: PieceSession, values: Values, donor: PieceSession | None = None) -> float:
    """Seconds that mixing a piece with an example takes, or with the piece of another file."""
    whole = {**values, "first": 0, "last": len(session.spans) - 1, "kind": "midi"}
    donor_seconds = ANSWER_SECONDS if donor is None else of_choosing(donor) + _of_whole(donor, {})
    return of_saving(session, whole) + donor_seconds


def of_varying(session: PieceSession, values: Values) -> float:
    """Seconds that other drawings of the selection take, beside the one that is there."""
    seeds = values.get("seeds")
    count = min(len(seeds), MOST_VARIATIONS) if isinstance(seeds, list) else 0
    now = of_answer(session, {**values, "redrawn": values.get("redrawn_now")})
    first, last = _span(session, values)
    own = _of_part(session, last - first + 1)  # the selection is a part drawn once more
    return now + count * (of_answer(session, values) + own)


def _of_chunk(
    session: PieceSession, begin: float, chunk: object, faster: float
) -> tuple[float, float]:
    """The first and the last beat of the music that a chunk of a selection's sound is made of.

    Parameters
    ----------
    begin : float
        Seconds at which the selection begins.
    faster : float
        As `_paces` has it: so much more music lies in the seconds before a chunk.
    """
    index = chunk if isinstance(chunk, int) and 0 < chunk <= HIGHEST_NUMBER else 0
    start = begin + (FIRST_CHUNK_SECONDS + LATER_CHUNK_SECONDS * (index - 1)) * (index > 0)
    near = np.array([start - CHUNK_PREROLL_SECONDS * faster, start + LONGEST_CHUNK_SECONDS])
    low, high = session.piece.beats(near.clip(0, session.piece.duration)).tolist()
    return low, high


def of_saving(session: PieceSession, values: Values) -> float:
    """Seconds that making a file for download takes."""
    span = _span(session, values)
    if values.get("scope") == "piece" and values.get("everywhere"):
        span = 0, len(session.spans) - 1
    changed = _of_plans(session, span, values)
    written = _of_file(session, values.get("kind"), _paces(values)[0])
    return changed + written + _of_whole(session, values)


def _of_file(session: PieceSession, kind: object = "midi", slower: float = 1.0) -> float:
    """Seconds that writing a file of all of a piece takes, or of a result that is slower."""
    notes, seconds = len(session.piece.notes), slower * session.piece.duration
    written = SECONDS_PER_NOTE * notes + SECONDS_PER_BYTE_SAVED * _bytes(session)
    if kind != "midi":
        coding = SECONDS_PER_SOUND_CODED.get(str(kind), 0.0)  # another kind is refused later
        written += coding * seconds + _of_sound(seconds, notes)
    return ANSWER_SECONDS + written


def _of_sound(seconds: float, notes: int) -> float:
    """Seconds that rendering so much sound with so many notes takes."""
    return SECONDS_PER_SOUND_SECOND * seconds + SECONDS_PER_NOTE_HEARD * notes


def _of_plans(
    session: PieceSession,
    span: tuple[int, int],
    values: Values,
    near: tuple[float, float] | None = None,
) -> float:
    """Seconds that planning takes, each time counted, for what sounds between two beats.

    By default these are the ends of the span, which is all that changes unless `everywhere`.
    """
    redrawn = _redrawn(values)
    low, high = span
    if values.get("everywhere") or near is not None:
        if values.get("everywhere"):
            low, high = 0, len(session.spans) - 1
        first, last = session.bearing_span(*(near or session.ends(span)), len(redrawn))
        low, high = max(low, first), min(high, last)
    seconds = _of_plan(high - low + 1) * (LOCKED_PLANS if values.get("lock") else 1)
    middles = session.middles[low : high + 1]
    for part in redrawn:
        begin, end = np.searchsorted(middles, [part.begin, part.end])
        seconds += _of_part(session, int(end - begin))
    return seconds


def _of_plan(count: int) -> float:
    """Seconds that planning so many neighbouring segments takes: every second one first."""
    count = max(count, 0)
    turns = (count + 1) // 2, count // 2
    batches = sum(math.ceil(turn / SLICE) for turn in turns)
    return SECONDS_PER_BATCH * batches + SECONDS_PER_SEGMENT * count


def _of_part(session: PieceSession, count: int) -> float:
    """Seconds that drawing so many segments of a piece once more takes; none for none."""
    if count <= 0:
        return 0.0
    whole = SECONDS_PER_SEGMENT_REDRAWN * len(session.spans)
    return _of_plan(count) + whole + SECONDS_PER_NOTE_REDRAWN * len(session.piece.notes)


def _paces(values: Values) -> tuple[float, float]:
    """How many times as long as the piece its result may last, and how many times as fast be.

    Both are 1 at least; and 1 if the values are invalid, which a later check refuses.
    """
    try:
        settings = PieceSettings.read(
            {name: values.get(name) for name in (Tempo.name, "arousal")}, ()
        )
    except ValueError:
        return 1.0, 1.0
    own, arousal = settings.expression.get(Tempo.name, 0.0), settings.arousal
    by = Tempo.of_arousal
    ways = (own, arousal), (-own, -arousal)
    octaves = [-lowest(tempo) - by * lowest(mood) for tempo, mood in ways]
    slower, faster = (2.0 ** min(max(0.0, each), MOST_OCTAVES) for each in octaves)
    return slower, faster


def _redrawn(values: Values) -> tuple[Redrawn, ...]:
    """The parts drawn once more; none if they are invalid, which a later check refuses."""
    try:
        return Redrawn.read(values.get("redrawn"))
    except ValueError:
        return ()


def _of_bytes(count: int) -> float:
    """Seconds that reading a file of so many bytes takes."""
    return ANSWER_SECONDS + SECONDS_PER_BYTE_OPENED * count


def _bytes(session: PieceSession) -> int:
    return len(session.piece.original.data) if session.piece.original else 0


def _of_whole(session: PieceSession, values: Values) -> float:
    """Seconds for what follows from a piece: its segments, its sound by the pedal, its locks."""
    segments = SECONDS_PER_SEGMENT_KNOWN * len(session.spans)
    per_note = SECONDS_PER_NOTE_KNOWN
    locks = 0.0
    if values.get("lock"):
        per_note += SECONDS_PER_NOTE_LOCKED
        locks = SECONDS_PER_BYTE_OPENED * _bytes(session)  # for the notes of a track
    return segments + per_note * len(session.piece.notes) + locks


def _span(session: PieceSession, values: Values) -> tuple[int, int]:
    """Segments selected; all if the values are invalid, which a later check refuses."""
    first, last, count = values.get("first"), values.get("last"), len(session.spans)
    if isinstance(first, int) and isinstance(last, int) and 0 <= first <= last < count:
        return first, last
    return 0, count - 1


def _notes(session: PieceSession, ends: tuple[float, float]) -> int:
    """Notes that begin between two beats."""
    return int(np.diff(np.searchsorted(session.piece.notes.onset, ends))[0])


def _long_notes(session: PieceSession, ends: tuple[float, float]) -> int:
    """Notes of `LONG_BEATS` or more that sound between two beats."""
    notes, (begin, end) = session.piece.notes, ends
    sounds = (notes.onset < end) & (notes.offset > begin)
    return int((sounds & (notes.offset - notes.onset >= LONG_BEATS)).sum())
