"""Fader values in, everything the page shows out: figures, piano rolls, sound.

Knows nothing of Gradio: plain data in, JSON-able data out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from demo.editing import opening, sound
from demo.editing.answers import (
    Chunk,
    ChunkAnswer,
    EditAnswer,
    PieceMessage,
    Rolls,
    SoundMessage,
)
from demo.editing.excerpts import excerpt, excerpt_rows
from demo.editing.figures import figures
from demo.editing.piece_session import PieceSession
from demo.editing.requests import HIGHEST_NUMBER, EditRequest, Values, track_numbers, whole
from demo.editing.sentences import change_sentence, unchanged_sentences
from demo.editing.sound import SoundRequest
from fadernets.curve import Amount, Curve
from fadernets.lock_words import NO_WORDS
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.piece import Piece
from fadernets.playback import clocks, comparison
from fadernets.playback.audio import AudioError
from fadernets.score import controllers
from fadernets.score.settings import PieceSettings

if TYPE_CHECKING:
    from fadernets.net import FaderNet

FIRST_SELECTION = 2  # segments selected when a piece is opened
NO_SOUND: SoundMessage = {"made": False, "original": None, "result": None}


def chosen(session: PieceSession, values: Values) -> PieceSession:
    """The piece of the tracks that ``tracks`` numbers; raises as `choose` does."""
    return opening.choose(session, track_numbers(values))


def choose(session: PieceSession, values: Values) -> tuple[PieceSession, PieceMessage]:
    """The piece of the tracks that ``tracks`` numbers, and its message.

    Raises
    ------
    ValueError
        If these cannot be chosen or hold no piece.
    """
    piece = chosen(session, values)
    return piece, piece_message(piece)


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
        "settings": carried(session),
    }


def carried(session: PieceSession) -> dict[str, Any] | None:
    """The settings that a piece's file carries, as the page has them: curves of beats, or None."""
    piece = session.piece
    document = controllers.read(piece.original.data, piece) if piece.original else None
    if document is None:
        return None
    settings = PieceSettings.read(document, tuple(ATTRIBUTES))
    try:
        settings.lock.check(piece)
    except ValueError:  # a track that this piece has not
        settings = replace(settings, lock=NO_WORDS)
    ends = (session.segments[0].start, session.segments[-1].span.end)

    def points(amounts: Mapping[str, Amount]) -> dict[str, list[Any]]:
        return {
            name: [list(point) for point in controllers.in_beats(amount, piece).points]
            if isinstance(amount, Curve)
            else [[beat, amount] for beat in ends]
            for name, amount in amounts.items()
        }

    return {
        **points({**settings.faders, **settings.expression, **settings.moods}),
        "positions": points(settings.positions),
        "seed": settings.seed,
        "lock": settings.lock.words,
        "redrawn": [[each.begin, each.end, each.seed] for each in settings.redrawn],
    }


def answer(
    net: FaderNet, session: PieceSession, values: Values, *, hear: bool = False
) -> EditAnswer | ChunkAnswer:
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
    edit = EditRequest.of(values, len(session.segments), net.faders)
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
    rolls = comparison.compare(original, clocks.in_step(result, original))
    untouched = edit.is_neutral or (edit.everywhere and not session.moves(edit))
    sound_message, trouble = _sound(session, edit, original, result, request)
    unchanged = unchanged_sentences(session, session.segments[edit.first : edit.last + 1])
    locked = session.lock_sentences(net, edit)
    is_explained = bool(locked) or not session.usable(edit.span)
    is_paced = clocks.clock(original, result) is not None
    changes = change_sentence(rolls, untouched, is_explained, is_paced)
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


def _drawn(session: PieceSession, edit: EditRequest, rolls: comparison.Comparison) -> Rolls:
    """`comparison.compare`'s data as the page draws it, the bar lines those of the whole piece."""
    begin, end = session.ends(edit.span)
    numbers = excerpt_rows(session.piece, begin, end)
    _, locked = session.locks(edit)
    start = float(session.piece.seconds(begin))
    bars = session.bars - start
    inside = bars[(bars > -1e-3) & (bars < rolls["length_s"])]
    before, after = rolls["original"], rolls["result"]
    marks = comparison.words(rolls)
    return {
        "original": {"notes": before["notes"], "marks": marks[0], "pedal": before["pedal"]},
        "result": {
            "notes": after["notes"],
            "marks": marks[1],
            "pedal": after["pedal"],
            "origins": comparison.origins(rolls),
        },
        "beats": rolls["original"]["beats"],
        "bars": inside.round(4).tolist(),
        "length": rolls["length_s"],
        "pitches": rolls["pitches"],
        "start": round(start, 4),
        "numbers": (numbers + 1).tolist(),
        "locked": np.flatnonzero(locked[numbers]).tolist(),
    }
