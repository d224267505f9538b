"""Work that is done before the first visitor comes, so that nobody waits for it."""

from __future__ import annotations

from demo.editing import service
from demo.editing.opening import open_example
from fadernets.music import midi
from fadernets.music.examples import FIRST
from fadernets.net import FaderNet


def warm_up(net: FaderNet) -> None:
    """Read the first example, as a file, too, and move a fader of it once."""
    session = open_example(FIRST)
    midi.read(midi.dump(session.piece))
    selection = {"first": 0, "last": 0, "number": 0, "original": True}
    service.answer(net, session, selection | dict.fromkeys(net.faders[:1], 0.5))
