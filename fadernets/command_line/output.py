"""Files that commands write: which names they may have, and whether they can be written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fadernets.command_line.refusal import Refusal
from fadernets.music import user_file
from fadernets.playback.sound_file import SUFFIXES

MIDI = ".mid", ".midi", ".kar", ".smf", ".rmi"  # endings of names; none will do, too
SOUND = tuple(SUFFIXES)
# Other sound, scores and data; a dot in a title, as in "Op. 10 No. 3", begins no ending.
OTHER_KINDS = (
    *(".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp4", ".opus", ".wma"),
    *(".mscx", ".mscz", ".musicxml", ".mxl", ".sib", ".xml"),
    *(".csv", ".json", ".pdf", ".txt", ".zip"),
)


def check(output: Path, suffixes: Sequence[str], writes: str) -> None:
    """Refuse before the work what cannot be written after it, or has another kind of name."""
    if output.suffix.lower() in {*MIDI, *SOUND, *OTHER_KINDS}.difference(suffixes):
        other = "; render makes sound of it" if output.suffix.lower() in SOUND else ""
        raise Refusal(
            f"{writes}, and {output.name} is no name for it: "
            f"write {output.with_suffix(suffixes[0]).name}{other}."
        )
    try:
        if not output.parent.is_dir():
            raise Refusal(f"{output} cannot be written: there is no folder {output.parent}.")
        if output.is_dir():
            raise Refusal(f"{output} cannot be written: it is a folder.")
    except OSError as error:  # a name that is too long, a folder that lets nobody in
        raise Refusal(f"{output} cannot be written: {user_file.reason(error)}.") from None
