"""Files that commands write: which names they may have, and whether they can be written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fadernets.command_line.refusal import Refusal

MIDI = ".mid", ".midi", ".kar", ".smf", ".rmi"  # endings of names; none will do, too
WAV = ".wav", ".wave"
# Other sound, scores and data; a dot in a title, as in "Op. 10 No. 3", begins no ending.
OTHER_KINDS = (
    *(".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp3", ".mp4", ".ogg", ".opus", ".wma"),
    *(".mscx", ".mscz", ".musicxml", ".mxl", ".sib", ".xml"),
    *(".csv", ".json", ".pdf", ".txt", ".zip"),
)


def check(output: Path, suffixes: Sequence[str], writes: str) -> None:
    """Refuse before the work what cannot be written after it, or has another kind of name."""
    if output.suffix.lower() in {*MIDI, *WAV, *OTHER_KINDS}.difference(suffixes):
        other = "; render makes a WAV file of it" if output.suffix.lower() in WAV else ""
        raise Refusal(
            f"{writes}, and {output.name} is no name for it: "
            f"write {output.with_suffix(suffixes[0]).name}{other}."
        )
    if not output.parent.is_dir():
        raise Refusal(f"{output} cannot be written: there is no folder {output.parent}.")
    if output.is_dir():
        raise Refusal(f"{output} cannot be written: it is a folder.")
