"""Fader values in, everything the page shows out: figures, piano rolls, sound, files.

Knows nothing of Gradio: plain data in, JSON-able data out.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from demo.editing import sound
from demo.editing.piece_session import (
    EditRequest,
    PieceSession,
    excerpt,
    mean_arousal,
    short,
    whole,
)
from fadernets.music import key, midi
from fadernets.music.attributes import measure
from fadernets.music.notes import BEATS, Notes, cut
from fadernets.music.piece import Piece, Segment
from fadernets.music.segment_limits import runs
from fadernets.playback import pianoroll
from fadernets.playback.audio import AudioError

if TYPE_CHECKING:
    from fadernets.net import FaderNet

FIRST_CHOICE = 2  # segments chosen when a piece is opened
SCALE = 21  # points of a fader's scale that the page interpolates
WAYS = {"arousal": ("calm", "energetic"), "valence": ("sad", "joyful")}  # low, high
HIGHEST_NUMBER = 2**53  # what a page can count to
NO_SOUND = {"made": False, "original": None, "result": None}
NAMED = 20  # runs of segments that are named before the rest is counted


def piece_message(study: PieceSession) -> dict:
    """A piece for the strip on top of the page: notes in beats, and which segments can change."""
    piece = study.piece
    notes = np.stack([piece.sounding.onset, piece.sounding.offset, piece.sounding.pitch], axis=1)
    usable = [s.index for s in study.segments if s.problem is None]
    first = next((i for i in usable if i + 1 in usable), usable[0] if usable else 0)
    last = min(first + FIRST_CHOICE, len(study.segments)) - 1
    return {
        "id": study.id,
        "name": piece.name or "Your piece",
        "beats": BEATS,
        "length_s": round(piece.duration, 3),
        "notes": notes.round(2).tolist(),
        "pitches": [int(piece.notes.pitch.min()), int(piece.notes.pitch.max())],
        "segments": [
            {"start_s": round(float(piece.seconds(s.start)), 3), "problem": s.problem}
            for s in study.segments
        ],
        "first": first,
        "last": last,
    }


def answer(net: FaderNet, study: PieceSession, values: Mapping, *, hear: bool = False) -> dict:
    """What becomes of the selection when the faders stand as `values` say.

    Parameters
    ----------
    values : mapping
        `EditRequest`'s fields, with ``number``, which comes back, and what
        `demo.editing.sound.message` and `demo.editing.sound.chunk` take of the page.
    hear : bool
        Give one chunk of the sound, and only that.

    Returns
    -------
    dict
        ``number``, ``piece``, ``first``, ``last``. To hear, what `demo.editing.sound.chunk` gives,
        or ``sound`` that is not ``made`` and ``trouble``, a sentence that says why. Otherwise
        ``length`` in seconds; ``rolls``; ``figures`` of each fader; ``closed``, whether no segment
        can change; ``summary`` and ``changes`` in words; ``sound`` as `demo.editing.sound.message`
        gives it, or of a long selection `demo.editing.sound.promise`.

    Raises
    ------
    ValueError
        If a value is missing or outside its range.
    """
    ask = EditRequest.read(values, len(study.segments), net.faders)
    which = {
        "number": whole(values, "number", 0, HIGHEST_NUMBER),
        "piece": study.id,
        "first": ask.first,
        "last": ask.last,
    }
    if hear:
        return which | _chunk(net, study, ask, values)
    begin, end = study.ends(ask.span)
    changed = study.result(net, ask)
    original = excerpt(study.piece, begin, end)
    result = original if changed is study.piece else excerpt(changed, begin, end)
    rolls = pianoroll.compare(original, result)
    changes = _changes(rolls)
    heard, trouble = _sound(study, ask, (original, result), values)
    told = [changes, _passed(study.segments[ask.first : ask.last + 1]), trouble]
    return {
        **which,
        "length": rolls["length_s"],
        "rolls": _drawn(study, begin, rolls),
        "figures": figures(net, study, ask, changed),
        "closed": not study.usable(ask.span),
        "changes": changes,
        "summary": " ".join(filter(None, told)),
        "sound": heard,
    }


def _chunk(net: FaderNet, study: PieceSession, ask: EditRequest, values: Mapping) -> dict:
    try:
        return sound.chunk(net, study, ask, values)
    except AudioError as error:
        return {"chunk": None, "sound": dict(NO_SOUND), "trouble": str(error)}


def _sound(
    study: PieceSession, ask: EditRequest, pair: tuple[Piece, Piece], values: Mapping
) -> tuple[dict, str]:
    """The sound message, and in words why there is none."""
    page = sound.wishes(values)
    try:
        if sound.is_long(pair[0]):
            return sound.promise(*pair), ""
        return sound.message(study, ask, *pair, **page), ""
    except AudioError as error:
        return dict(NO_SOUND), str(error)


def _drawn(study: PieceSession, begin: float, rolls: dict) -> dict:
    """`pianoroll.compare`'s data as the page draws it, the bar lines those of the whole piece."""
    start = float(study.piece.seconds(begin))
    bars = study.bars - start
    inside = bars[(bars > -1e-3) & (bars < rolls["length_s"])]
    return {
        **{side: _bricks(rolls[side]) for side in ("original", "result")},
        "beats": rolls["original"]["beats"],
        "bars": inside.round(4).tolist(),
        "length": rolls["length_s"],
        "pitches": rolls["pitches"],
        "start": round(start, 4),
    }


def _bricks(roll: dict) -> dict:
    return {"notes": roll["notes"], "marks": roll["marks"]}


def figures(
    net: FaderNet, study: PieceSession, ask: EditRequest, changed: Piece
) -> dict[str, dict]:
    """Of each fader: where the piece is, where the result came out, and the fader's scale.

    Means over the segments that can change, or over all if none can.
    """
    chosen = study.usable(ask.span)
    before = [s.notes for s in chosen or study.segments[ask.first : ask.last + 1]]
    after = before
    if changed is not study.piece:
        after = [cut(changed.sounding, s.start) for s in chosen]
    found = {}
    for name in net.faders:
        scale = net.density(name, np.linspace(0, 1, SCALE))
        found[name] = {
            "piece": _density(net, name, before),
            "result": _density(net, name, after),
            "table": np.round(scale, 4).tolist(),
        }
    unknown = {"position": 0.5, "text": "–"}
    piece = _shown(mean_arousal(before)) if chosen else unknown
    result = piece if after is before else _shown(mean_arousal(after))
    modes = {"piece": _in_major(before), "result": _in_major(after)}
    return {**found, "arousal": {"piece": piece, "result": result}, "valence": modes}


def _density(net: FaderNet, name: str, chosen: Sequence[Notes]) -> dict:
    density = float(np.mean([measure(notes, [name])[name] for notes in chosen]))
    return {"position": net.position(name, density), "text": f"{density:.2f}"}


def _shown(probability: float) -> dict:
    return {"position": probability, "text": f"{100 * probability:.0f} %"}


def _in_major(chosen: Sequence[Notes]) -> dict:
    """Share of segments in major, by which valence is moved; those without notes have no key."""
    major = [key.find(notes) < key.MINOR for notes in chosen if len(notes)]
    return _shown(float(np.mean(major))) if major else {"position": 0.5, "text": "–"}


def _changes(rolls: dict) -> str:
    """How many notes stayed, came and went."""
    marks = {side: rolls[side]["marks"] for side in ("original", "result")}
    kept, gone = (marks["original"].count(mark) for mark in (pianoroll.KEPT, pianoroll.REMOVED))
    new = marks["result"].count(pianoroll.ADDED)
    if not new and not gone:
        return "As played. Move a fader to change it." if kept else ""
    return f"{kept} note{'s' * (kept != 1)} kept, {new} new, {gone} gone."


def _passed(chosen: Sequence[Segment]) -> str:
    """Which segments pass through unchanged, and why."""
    told = []
    for problem in dict.fromkeys(s.problem for s in chosen if s.problem):
        joined = _runs([s.index + 1 for s in chosen if s.problem == problem])
        more = f" and {len(joined) - NAMED} more" if len(joined) > NAMED else ""
        several = "–" in joined[0] or len(joined) > 1
        which = f"segment{'s' * several} {', '.join(joined[:NAMED])}{more}"
        told.append(f"Unchanged, {problem}: {which}.")
    return " ".join(told)


def _runs(numbers: list[int]) -> list[str]:
    """Rising numbers with neighbours joined: ``["4–6", "9"]``."""
    return [f"{first}–{last}" if last > first else f"{first}" for first, last in runs(numbers)]


def save(net: FaderNet, study: PieceSession, values: Mapping, folder: str | Path) -> str:
    """The result as a file to take away: its path.

    Parameters
    ----------
    values : mapping
        `EditRequest`'s fields, ``kind``, "midi" or "wav", and ``scope``, "selection" or "piece".
    folder : path
        Where the file is put, in a folder of its own.

    Raises
    ------
    ValueError
        If a value is missing or none of those.
    AudioError
        If there is nothing to be heard.
    """
    kind, scope = values.get("kind"), values.get("scope")
    if kind not in ("midi", "wav"):
        raise ValueError(f"kind {short(kind)} is neither midi nor wav")
    if scope not in ("selection", "piece"):
        raise ValueError(f"scope {short(scope)} is neither selection nor piece")
    ask = EditRequest.read(values, len(study.segments), net.faders)
    result = study.result(net, ask)
    entire = scope == "piece"
    name = file_name(study, ask, entire)
    with own_file(folder, f"{name}.{'wav' if kind == 'wav' else 'mid'}") as path:
        if kind == "wav":
            sound.write_wav(path, study, ask, result, entire)
        else:
            piece = result if entire else excerpt(result, *study.ends(ask.span))
            path.write_bytes(midi.dump(piece))
    return str(path)


@contextmanager
def own_file(folder: str | Path, name: str) -> Iterator[Path]:
    """A path in a new folder of its own, which goes again if the file does not come about."""
    own = Path(tempfile.mkdtemp(dir=folder))
    try:
        yield own / name
    except BaseException:  # given up, no room, nothing to be heard: no half of a file is left
        shutil.rmtree(own, ignore_errors=True)
        raise


def file_name(study: PieceSession, ask: EditRequest, whole: bool) -> str:
    """Name of a file, without its ending, that says what was done."""
    words = [re.sub(r"\W+", "-", study.piece.name).strip("-").lower()[:60] or "piece"]
    if not whole:
        words.append(f"segments-{ask.first + 1}-{ask.last + 1}")
    words += [f"{name}-{position:.2f}" for name, position in ask.faders.items()]
    for mood, way in ask.moods.items():
        words.append(f"{WAYS[mood][way > 0]}-{abs(way):.2f}")
    if ask.seed is not None and not ask.is_neutral:
        words.append(f"seed-{ask.seed}")
    return "_".join(words)
