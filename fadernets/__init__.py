"""Music FaderNets: sliders for rhythm density, note density and arousal of piano music.

After Tan and Herremans, "Music FaderNets: Controllable Music Generation Based On High-Level
Features via Low-Level Feature Modelling", ISMIR 2020.

A MIDI file with its notes changed, and all else where it was::

    piece = fadernets.read("in.mid")
    usable = [s for s in fadernets.segments(piece) if s.problem is None]
    notes = fadernets.load().slide(usable, offsets={"rhythm": 0.3})
    changed = fadernets.stitch(piece, {s.index: n for s, n in zip(usable, notes)})
    fadernets.write(changed, "out.mid")

A fader may follow a curve over the piece's beats or bars::

    rise = fadernets.Curve([(1, 0.0), (17, 0.5)], "bars").along(piece, usable)
    notes = fadernets.load().slide(usable, offsets={"rhythm": rise})
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fadernets.curve import Curve
from fadernets.lock_words import LockWords
from fadernets.music.attributes import ATTRIBUTES, measure
from fadernets.music.locks import Locks
from fadernets.music.midi import read, write
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from fadernets.music.stitching import stitch

if TYPE_CHECKING:
    from fadernets.codes import Codes
    from fadernets.net import FaderNet

    load = FaderNet.load

__all__ = [
    "ATTRIBUTES",
    "Codes",
    "Curve",
    "FaderNet",
    "LockWords",
    "Locks",
    "Notes",
    "Piece",
    "load",
    "measure",
    "read",
    "segments",
    "stitch",
    "write",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Names that need torch, which takes a second to import, come when first asked for."""
    if name in ("Codes", "FaderNet", "load"):
        from fadernets import net

        return net.FaderNet.load if name == "load" else getattr(net, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, those that come later among them."""
    return sorted([*__all__, "__version__"])
