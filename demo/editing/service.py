"""Fader values in, everything the page shows out: figures, piano rolls, sound, files.

Knows nothing of Gradio: plain data in, JSON-able data out.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from demo.editing import piece_session, sound
from demo.editing.answers import (
    Answer,
    Chunk,
    ChunkAnswer,
    FaderFigures,
    Figure,
    PieceMessage,
    Rolls,
    RollSide,
    SoundMessage,
    Tables,
)
from demo.editing.excerpts import excerpt, excerpt_rows
from demo.editing.piece_session import PieceSession, mean_arousal
from demo.editing.requests import (
    HIGHEST_NUMBER,
    EditRequest,
    SaveRequest,
    Values,
    track_numbers,
    whole,
)
from demo.editing.sound import SoundRequest
from fadernets.curve import Curve
from fadernets.music import key, midi
from fadernets.music.piece import Piece, Segment, segments
from fadernets.playback import pianoroll
from fadernets.playback.audio import AudioError

if TYPE_CHECKING:
    from fadernets.net import FaderNet

FIRST_SELECTION = 2  # segments selected when a piece is opened
SCALE_POINTS = 21  # of a fader's scale, which the page interpolates
MOOD_WORDS = {"arousal": ("calm", "energetic"), "valence": ("sad", "joyful")}  # low, high
NO_SOUND: SoundMessage = {"made": False, "original": None, "result": None}
NO_FIGURE: Figure = {"position": 0.5, "text": "–"}
RUNS_NAMED = 20  # runs of segments that are named before the rest is counted


def choose(session: PieceSession, values: Values) -> tuple[PieceSession, PieceMessage]:
    """The piece of the tracks that ``tracks`` numbers, and its message.

    Raises
    ------
    ValueError
        If these cannot be chosen or hold no piece.
    """
    chosen = piece_session.choose(session, track_numbers(values))
    return chosen, piece_message(chosen)


def piece_message(session: PieceSession) -> PieceMessage:
    """A piece for the strip on top of the page: notes in beats, and which segments can change."""
    piece = session.piece
    notes = np.stack([piece.sounding.onset, piece.sounding.offset, piece.sounding.pitch], axis=1)
    usable = [s.index for s in session.segments if session.problem(s) is None]
    first = next((i for i in usable if i + 1 in usable), usable[0] if usable else 0)
    last = min(first + FIRST_SELECTION, len(session.segments)) - 1
    starts = np.array([segment.start for segment in session.segments])
    rows = zip(session.segments, piece.seconds(starts).tolist(), session.bars_of, strict=True)
    return {
        "id": session.id,
        "file": session.file,
        "tracks": session.choices,
        "locks": session.takes_any,
        "has_bars": session.has_bars,
        "name": piece.name or "Your piece",
        "edges": [*(s.start for s in session.segments), session.segments[-1].span.end],
        "length_s": round(piece.duration, 3),
        "notes": notes.round(2).tolist(),
        "pitches": [int(piece.notes.pitch.min()), int(piece.notes.pitch.max())],
        "segments": [
            {
                "start_s": round(seconds, 3),
                "bar": first_bar,
                "last_bar": last_bar,
                "problem": session.problem(segment),
            }
            for segment, seconds, (first_bar, last_bar) in rows
        ],
        "first": first,
        "last": last,
    }


def answer(
    net: FaderNet, session: PieceSession, values: Values, *, hear: bool = False
) -> Answer | ChunkAnswer:
    """What becomes of the selection when the faders stand as `values` say.

    Parameters
    ----------
    values : mapping
        `EditRequest`'s fields, `SoundRequest`'s, and ``number``, which of the page's moves it is.
    hear : bool
        Give one chunk of the sound, and only that.

    Raises
    ------
    ValueError
        If a value is missing or outside its range.
    """
    edit = EditRequest.read(values, len(session.segments), net.faders)
    number = whole(values, "number", 0, HIGHEST_NUMBER)
    request = SoundRequest.read(values)
    if hear:
        part = _chunk(net, session, edit, request)
        return {
            "number": number,
            "piece": session.id,
            "first": edit.first,
            "last": edit.last,
            **part,
        }
    begin, end = session.ends(edit.span)
    changed = session.result(net, edit)
    original = excerpt(session.piece, begin, end)
    result = original if changed is session.piece else excerpt(changed, begin, end)
    rolls = pianoroll.compare(original, result)
    changes = _changes(rolls, edit)
    sound_message, trouble = _sound(session, edit, original, result, request)
    unchanged = _unchanged(session, session.segments[edit.first : edit.last + 1])
    locked = session.lock_sentences(net, edit)
    sentences = (changes, *locked, unchanged, trouble, *session.piece.notices)
    return {
        "number": number,
        "piece": session.id,
        "first": edit.first,
        "last": edit.last,
        "length": rolls["length_s"],
        "rolls": _drawn(session, edit, rolls),
        "figures": figures(net, session, edit, changed),
        "closed": not session.usable(edit.span),
        "changes": changes,
        "summary": " ".join(filter(None, sentences)),
        "sound": sound_message,
    }


def _chunk(net: FaderNet, session: PieceSession, edit: EditRequest, request: SoundRequest) -> Chunk:
    try:
        return sound.chunk(net, session, edit, request)
    except AudioError as error:
        return {"chunk": None, "sound": NO_SOUND, "trouble": str(error)}


def _sound(
    session: PieceSession,
    edit: EditRequest,
    original: Piece,
    result: Piece,
    request: SoundRequest,
) -> tuple[SoundMessage, str]:
    """The sound message, and in words why there is no sound."""
    try:
        if sound.is_long(original):
            return sound.promise(original, result), ""
        return sound.message(session, edit, original, result, request), ""
    except AudioError as error:
        return NO_SOUND, str(error)


def _drawn(session: PieceSession, edit: EditRequest, rolls: pianoroll.Comparison) -> Rolls:
    """`pianoroll.compare`'s data as the page draws it, the bar lines those of the whole piece."""
    begin, end = session.ends(edit.span)
    numbers = excerpt_rows(session.piece, begin, end)
    _, locked = session.locks(edit)
    start = float(session.piece.seconds(begin))
    bars = session.bars - start
    inside = bars[(bars > -1e-3) & (bars < rolls["length_s"])]
    return {
        "original": _side(rolls["original"]),
        "result": _side(rolls["result"]),
        "beats": rolls["original"]["beats"],
        "bars": inside.round(4).tolist(),
        "length": rolls["length_s"],
        "pitches": rolls["pitches"],
        "start": round(start, 4),
        "numbers": (numbers + 1).tolist(),
        "locked": np.flatnonzero(locked[numbers]).tolist(),
    }


def _side(roll: pianoroll.MarkedRoll) -> RollSide:
    return {"notes": roll["notes"], "marks": roll["marks"]}


def figures(
    net: FaderNet, session: PieceSession, edit: EditRequest, changed: Piece
) -> dict[str, FaderFigures]:
    """Of each fader: where the piece is, where the result came out, and the fader's scale.

    Means over the segments that can change, or over all if none can. The scale has the mean
    density that each position asks for, or each offset from what the segments have.
    """
    selected = session.segments[edit.first : edit.last + 1]
    usable = session.usable(edit.span)
    before = after = usable or selected
    along = along_after = net.densities(selected)
    if changed is not session.piece:
        results = segments(changed, numbers={segment.index for segment in selected})
        after = [results[s.index - edit.first] for s in usable]
        along_after = net.densities(results)
    rows = [s.index - edit.first for s in before]
    had, has = (
        {name: values[rows] for name, values in each.items()} for each in (along, along_after)
    )
    home = had
    if edit.moods and usable:
        home = session.home(net, edit, usable, session.codes(net, session.moving(edit)))
    places = np.linspace(0, 1, SCALE_POINTS)
    by_fader: dict[str, FaderFigures] = {}
    for name in net.faders:
        offsets = [net.offset_density(name, home[name], by).mean() for by in 2 * places - 1]
        positions = net.density(name, places)
        table = positions if edit.absolute else np.array(offsets)
        piece, result = (_density(float(each[name].mean()), table, places) for each in (had, has))
        tables: Tables = {
            "offsets": np.round(offsets, 4).tolist(),
            "positions": np.round(positions, 4).tolist(),
        }
        by_fader[name] = {
            "piece": piece,
            "result": result,
            "tables": tables,
            "along": {
                "original": np.round(along[name], 4).tolist(),
                "result": np.round(along_after[name], 4).tolist(),
            },
        }
    arousal = _arousal(before) if usable else NO_FIGURE
    by_fader["arousal"] = {
        "piece": arousal,
        "result": arousal if after is before else _arousal(after),
    }
    by_fader["valence"] = {"piece": _in_major(before), "result": _in_major(after)}
    return by_fader


def _density(density: float, table: np.ndarray, places: np.ndarray) -> Figure:
    """A mean density, and where it is on a fader's scale."""
    # Segments beyond an end of the scale do not move, so that the table may be level there: of
    # places with one density the one nearest to the middle counts.
    level = np.isclose(table, density)
    place = places[level] if level.any() else np.interp(density, table, places)
    nearest = np.atleast_1d(place)[np.argmin(np.abs(np.atleast_1d(place) - 0.5))]
    return {"position": float(nearest), "text": f"{density:.2f}"}


def _arousal(chosen: Sequence[Segment]) -> Figure:
    return _percent(mean_arousal([segment.sounding for segment in chosen]))


def _percent(probability: float) -> Figure:
    return {"position": probability, "text": f"{100 * probability:.0f} %"}


def _in_major(chosen: Sequence[Segment]) -> Figure:
    """Share of segments in major, by which valence is moved; those without notes have no key."""
    is_major = [key.find(s.notes) < key.MINOR for s in chosen if len(s.notes)]
    return _percent(float(np.mean(is_major))) if is_major else NO_FIGURE


def _changes(rolls: pianoroll.Comparison, edit: EditRequest) -> str:
    """How many notes stayed, came and went, and what became of those that stayed."""
    before, after = rolls["original"]["marks"], rolls["result"]["marks"]
    unchanged, gone = before.count(pianoroll.KEPT), before.count(pianoroll.REMOVED)
    new = after.count(pianoroll.ADDED)
    if not unchanged and not new and not gone:
        return ""
    otherwise = _otherwise(rolls)
    if new or gone or otherwise:
        of_kept = f"; of those kept {', '.join(otherwise)}" if otherwise else ""
        return f"{unchanged} note{'s' * (unchanged != 1)} kept, {new} new, {gone} gone{of_kept}."
    if edit.is_neutral:
        return "As played. Move a fader to change it."
    return "As played: what the faders ask for is there already."


def _otherwise(rolls: pianoroll.Comparison) -> list[str]:
    """How many of the notes that stayed are louder, softer, longer and shorter than before."""
    before, after = (_kept_by_pitch(roll) for roll in (rolls["original"], rolls["result"]))
    velocity = after[:, 3] - before[:, 3]
    length = (after[:, 1] - after[:, 0]) - (before[:, 1] - before[:, 0])
    counts = {
        "louder": velocity > 0,
        "softer": velocity < 0,
        "longer": length > pianoroll.SAME_ONSET,
        "shorter": length < -pianoroll.SAME_ONSET,
    }
    return [f"{np.count_nonzero(those)} {word}" for word, those in counts.items() if those.any()]


def _kept_by_pitch(roll: pianoroll.MarkedRoll) -> np.ndarray:
    """The notes that stayed, by pitch and onset, so that those of both sides are in one order."""
    rows = zip(roll["notes"], roll["marks"], strict=True)
    unchanged = [row for row, mark in rows if mark == pianoroll.KEPT]
    return np.array(sorted(unchanged, key=itemgetter(2, 0))).reshape(-1, 4)


def _unchanged(session: PieceSession, chosen: Sequence[Segment]) -> str:
    """Which segments the model leaves as they are, and why."""
    sentences = []
    problems = {s.index: session.problem(s) for s in chosen}
    for problem in dict.fromkeys(filter(None, problems.values())):
        names = session.places([index for index in problems if problems[index] == problem])
        more = f" and {len(names) - RUNS_NAMED} more" if len(names) > RUNS_NAMED else ""
        unit = f"bar{'s' * ('–' in names[0] or len(names) > 1)} " if session.has_bars else ""
        sentences.append(f"Unchanged, {problem}: {unit}{', '.join(names[:RUNS_NAMED])}{more}.")
    return " ".join(sentences)


def save(net: FaderNet, session: PieceSession, values: Values, folder: str | Path) -> str:
    """The result as a file to take away: its path.

    Parameters
    ----------
    values : mapping
        `SaveRequest`'s fields, and `EditRequest`'s.
    folder : path
        Made for the file, and removed if the file does not come about.

    Raises
    ------
    ValueError
        If a value is missing or none of those.
    AudioError
        If there is nothing to be heard.
    """
    request = SaveRequest.read(values, len(session.segments), net.faders)
    edit, is_whole = request.edit, request.scope == "piece"
    result = session.result(net, edit)
    name = file_name(session, edit, is_whole)
    if request.kind == "wav":
        with own_file(folder, f"{name}.wav") as path:
            sound.write_wav(path, session, edit, result, is_whole)
        return str(path)
    span = None if is_whole else session.ends(edit.span)
    return write_midi(folder, name, midi.file_bytes(result, span))


def write_midi(folder: str | Path, name: str, data: bytes) -> str:
    """A MIDI file in a new folder, its name with the ending that its wrapping has: its path."""
    with own_file(folder, f"{name}.{'rmi' if data.startswith(b'RIFF') else 'mid'}") as path:
        path.write_bytes(data)
    return str(path)


@contextmanager
def own_file(folder: str | Path, name: str) -> Iterator[Path]:
    """A path in a new folder, which is removed if the file does not come about."""
    folder = Path(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder / name
    except BaseException:  # given up, no room, nothing to be heard
        shutil.rmtree(folder, ignore_errors=True)
        raise


def file_name(session: PieceSession, edit: EditRequest, is_whole: bool) -> str:
    """Name of a file, without its ending, that says what was done."""
    words = [re.sub(r"\W+", "-", session.piece.name).strip("-").lower()[:60] or "piece"]
    if not is_whole:
        places = session.places(range(edit.first, edit.last + 1))[0]
        words.append(f"{'bars-' * session.has_bars}{re.sub('[–:]', '-', places)}")
    for name, amount in edit.faders.items():
        if isinstance(amount, Curve):
            words.append(f"{name}-curve")
        elif edit.absolute:
            words.append(f"{name}-{amount:.2f}")
        else:
            words.append(f"{name}-{'up' if amount > 0 else 'down'}-{abs(amount):.2f}")
    for mood, strength in edit.moods.items():
        if isinstance(strength, Curve):
            words.append(f"{mood}-curve")
        else:
            words.append(f"{MOOD_WORDS[mood][strength > 0]}-{abs(strength):.2f}")
    if edit.seed is not None and not edit.is_neutral:
        words.append(f"seed-{edit.seed}")
    return "_".join(words)
