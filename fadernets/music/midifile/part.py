"""The parts of a MIDI file: what a track holds for one channel, and what to call it.

What people call a track may be a track of its own or one channel of the single track that a file
of format 0 has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DRUMS = 9  # the channel of drums, which people count as the tenth
PIANOS = 8  # General MIDI's first programs are pianos, harpsichord and clavinet


@dataclass(frozen=True)
class Part:
    """What one track holds for one channel.

    Attributes
    ----------
    track, channel : int
        From 0.
    program : int
        General MIDI's, 0 to 127; of drums it has no meaning.
    name : str
        The track's.
    notes : int
    """

    track: int
    channel: int
    program: int
    name: str
    notes: int

    @property
    def is_drums(self) -> bool:
        """Whether its channel is that of drums."""
        return self.channel == DRUMS

    @property
    def is_piano(self) -> bool:
        """Whether it is played by a piano or what is much like one."""
        return not self.is_drums and self.program < PIANOS

    @property
    def label(self) -> str:
        """Its label, which other parts may share."""
        return self.name or ("Drums" if self.is_drums else f"Channel {self.channel + 1}")


def labels(parts: Sequence[Part]) -> list[str]:
    """What to call parts, each by another name: parts of one label say their channel or track.

    >>> piano = Part(track=0, channel=0, program=0, name="Piano", notes=7)
    >>> labels([piano, Part(0, 1, 0, "Piano", 7), Part(1, 9, 0, "", 7)])
    ['Piano, channel 1', 'Piano, channel 2', 'Drums']
    """
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.label, []).append(part)
    return [part.label + _place(part, groups[part.label]) for part in parts]


def _place(part: Part, same: Sequence[Part]) -> str:
    """Words that tell a part from others with the same label."""
    if len(same) == 1:
        return ""
    channel, track = f", channel {part.channel + 1}", f", track {part.track + 1}"
    if len({other.channel for other in same}) == len(same):
        return channel
    return track if len({other.track for other in same}) == len(same) else track + channel
