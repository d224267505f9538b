"""A result as a file to take away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from demo.editing import sound
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest, SaveRequest, Values
from fadernets.curve import Amount, Curve
from fadernets.music import midi
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment
from fadernets.score import controllers

if TYPE_CHECKING:
    from fadernets.net import FaderNet

NAME_BYTES = 90  # of a piece's name in that of a file, of which there are 255 at most
MOOD_WORDS = {"arousal": ("calm", "energetic"), "valence": ("sad", "joyful")}  # low, high


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
    if is_whole and edit.everywhere:
        edit = replace(edit, first=0, last=len(session.segments) - 1)
    result = session.result(net, edit)
    name = file_name(session, edit, is_whole)
    if request.kind != "midi":
        with own_file(folder, f"{name}.{request.kind}") as path:
            sound.write(path, request.kind, session, edit, result, is_whole)
        return str(path)
    data = midi.file_bytes(result)
    if request.curves:
        data = controllers.written(data, edit, session.piece)
    if not is_whole:
        data = midi.cut(data, session.piece, session.ends(edit.span))
    return write_midi(folder, name, data)


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
    words = [plain_name(session.piece)]
    if not is_whole:
        places = session.places(range(edit.first, edit.last + 1))[0]
        words.append(f"{'bars-' * session.has_bars}{re.sub('[–:]', '-', places)}")
    chosen = session.usable(edit.span)
    levels = (
        {name: _level(amount, session, chosen) for name, amount in amounts.items()}
        for amounts in (edit.faders, edit.positions, edit.moods, edit.expression)
    )
    offsets, positions, moods, expression = levels
    for name, offset in offsets.items():
        if offset != 0:
            words.append(f"{name}-{'curve' if offset is None else _way(offset)}")
    for name, position in positions.items():
        if position is None or not np.isnan(position):
            words.append(f"{name}-{'curve' if position is None else f'{position:.2f}'}")
    for mood, strength in moods.items():
        if strength is None:
            words.append(f"{mood}-curve")
        elif strength != 0:
            words.append(f"{MOOD_WORDS[mood][strength > 0]}-{abs(strength):.2f}")
    for name, octaves in expression.items():
        if octaves != 0:
            words.append(f"{name}-{'curve' if octaves is None else f'{2**octaves:.2f}'}")
    if edit.seed is not None and not edit.is_neutral:
        words.append(f"seed-{edit.seed}")
    return "_".join(words)


def plain_name(piece: Piece) -> str:
    """A piece's name as a file may have it among other words."""
    return shortened(re.sub(r"\W+", "-", piece.name).strip("-").lower()[:60]) or "piece"


def title(piece: Piece) -> str:
    """A piece's name as people read it, without signs that names of files cannot have."""
    return shortened(re.sub(r"\s+", " ", re.sub(r"[^\w\s.,'()&-]+", "", piece.name))) or "piece"


def shortened(name: str) -> str:
    """The beginning of a name that is too long: file systems count bytes, of some letters three."""
    return name.encode()[:NAME_BYTES].decode(errors="ignore").strip(" .-")


def _way(offset: float) -> str:
    return f"{'up' if offset > 0 else 'down'}-{abs(offset):.2f}"


def _level(amount: Amount, session: PieceSession, chosen: Sequence[Segment]) -> float | None:
    """The amount that all of some segments have, NaN in a gap; None if they differ."""
    if not isinstance(amount, Curve):
        return amount
    values = np.unique(amount.along(session.piece, chosen))
    return float(values[0]) if len(values) == 1 else None
