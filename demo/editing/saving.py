"""A result as a file to take away."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from demo.editing import sound
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest, SaveRequest, Values
from fadernets.curve import Curve
from fadernets.music import midi

if TYPE_CHECKING:
    from fadernets.net import FaderNet

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
