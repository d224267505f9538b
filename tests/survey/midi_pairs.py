"""Small MIDI files for pairs of the demo's page."""

from __future__ import annotations

from tests.fadernets.music import midi_bytes as mb


def melody(beats: int) -> bytes:
    """A file of so many beats, half a second each."""
    return mb.file(mb.track(*(mb.music(beats) if beats else ())))
