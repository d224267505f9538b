"""Segments as grids of sixteen steps by 88 keys: what is struck, what is held, how loud.

The steps are those of the labels (`fadernets.music.attributes`). A grid counts a key once a step.
The note label counts all notes of a key that is struck several times in a step, or struck while an
earlier note of it lasts: `strikes` and `counts` say how many.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.music import events
from fadernets.music.attributes import HOLD, ONSET, REST
from fadernets.music.notes import BEATS, EARLY, STEPS, STEPS_PER_BEAT

END = int(-(-BEATS * events.TICKS_PER_BEAT // 1))  # tick at which sounding notes are cut off


@dataclass(frozen=True)
class StepNotes:
    """The notes of b segments, m in all, in steps.

    Attributes
    ----------
    segment : int64 tensor, shape (m,), 0 to b - 1
    first, last : int64 tensors, shape (m,), -1 to 15
        Steps in which a note begins and ends; one that begins in step -1 rings in.
    pitch : int64 tensor, shape (m,), 0 to 87 from the lowest key
    velocity : float tensor, shape (m,), 0 to 1
    """

    segment: Tensor
    first: Tensor
    last: Tensor
    pitch: Tensor
    velocity: Tensor

    def __getitem__(self, index: Tensor) -> StepNotes:
        """The notes of a mask or of indices."""
        return StepNotes(
            self.segment[index],
            self.first[index],
            self.last[index],
            self.pitch[index],
            self.velocity[index],
        )

    def __len__(self) -> int:
        return len(self.segment)


@dataclass(frozen=True)
class Grid:
    """Onsets, holds (0 or 1) and velocities (0 to 1): float tensors, shape (b, 16, 88).

    A hold is a step in which a note sounds that began earlier; velocities stand at onsets.
    """

    onset: Tensor
    hold: Tensor
    velocity: Tensor

    @property
    def rhythm(self) -> Tensor:
        """Rhythm labels: int64, shape (b, 16)."""
        sounding = (self.onset + self.hold).amax(2) > 0
        label = torch.where(sounding, HOLD, REST)
        return torch.where(self.onset.amax(2) > 0, ONSET, label)

    @property
    def count(self) -> Tensor:
        """Number of notes that sound in each step, unclipped: int64, shape (b, 16)."""
        return (self.onset + self.hold).sum(2).long()


def steps_of(onset: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """First and last step of notes from `onset` to `offset` beats: 0 to 15, -1 if before."""
    first = torch.floor((onset + EARLY) * STEPS_PER_BEAT).long()
    last = torch.floor(offset * STEPS_PER_BEAT + 0.5).long() - 1
    return first.clamp(-1, STEPS - 1), torch.maximum(first, last).clamp(-1, STEPS - 1)


def notes_of_tokens(tokens: Tensor) -> StepNotes:
    """The notes that `fadernets.music.events.decode` would read, all segments at once.

    Parameters
    ----------
    tokens : int64 tensor, shape (b, t)
        EOS last, then PAD.
    """
    length = tokens.shape[1]
    shifts = (tokens >= events.TIME_SHIFT) & (tokens < events.VELOCITY)
    tick = torch.where(shifts, tokens - events.TIME_SHIFT + 1, 0).cumsum(1)
    place = torch.arange(length, device=tokens.device).expand_as(tokens)
    # A velocity holds until the next one: the place of the last velocity token so far.
    last_velocity = torch.where(tokens >= events.VELOCITY, place, 0).cummax(1).values
    velocity = (2 * (tokens.gather(1, last_velocity) - events.VELOCITY) + 1).clamp(min=1) / 127
    struck = (tokens >= events.NOTE_ON) & (tokens < events.NOTE_OFF)
    released = (tokens >= events.NOTE_OFF) & (tokens < events.TIME_SHIFT)
    pitch = torch.where(struck, tokens - events.NOTE_ON, tokens - events.NOTE_OFF)
    row, column = torch.nonzero(struck | released, as_tuple=True)
    # Sort by segment, key and time: a note then ends where the next row of its key begins.
    string = row * events.PITCHES + pitch[row, column]  # one a key of each segment
    order = torch.argsort(string * length + column)
    row, column, string = row[order], column[order], string[order]
    now = tick[row, column]
    follows = torch.zeros_like(struck[row, column])
    follows[:-1] = string[1:] == string[:-1]
    until = torch.where(follows, now.roll(-1), END)  # the next event of the same key ends a note
    onset, offset = now / events.TICKS_PER_BEAT, until / events.TICKS_PER_BEAT
    first, last = steps_of(onset, offset.clamp(max=BEATS))
    notes = StepNotes(row, first, last, pitch[row, column], velocity[row, column])
    return notes[struck[row, column] & (onset < BEATS)]


def strikes(notes: StepNotes, segments: int) -> Tensor:
    """How many notes of each key begin in each step: int64, shape (segments, 16, 88)."""
    shape = (segments, STEPS, events.PITCHES)
    begun = torch.zeros(shape, dtype=torch.long, device=notes.pitch.device)
    struck = notes[notes.first >= 0]
    ones = torch.ones_like(struck.first)
    return begun.index_put_((struck.segment, struck.first, struck.pitch), ones, accumulate=True)


def counts(notes: StepNotes, segments: int) -> Tensor:
    """How many notes of each key the note label counts in each step: int64, (segments, 16, 88)."""
    shape = (segments, STEPS + 1, events.PITCHES)
    ended = torch.zeros(shape, dtype=torch.long, device=notes.pitch.device)
    ones = torch.ones_like(notes.first)
    ended.index_put_((notes.segment, notes.last + 1, notes.pitch), ones, accumulate=True)
    change = strikes(notes, segments) - ended[:, :STEPS]
    ring_in = notes[notes.first < 0]
    ones = torch.ones_like(ring_in.first)
    change[:, 0].index_put_((ring_in.segment, ring_in.pitch), ones, accumulate=True)
    return change.cumsum(1)


def grid(notes: StepNotes, segments: int) -> Grid:
    """The grid of the notes of so many segments."""
    shape = (segments, STEPS, events.PITCHES)
    device = notes.pitch.device
    onset, velocity = (torch.zeros(shape, device=device) for _ in range(2))
    struck = notes[notes.first >= 0]
    onset[struck.segment, struck.first, struck.pitch] = 1.0
    velocity[struck.segment, struck.first, struck.pitch] = struck.velocity
    # +1 after the first step and -1 after the last: the running sum is the notes held.
    change = torch.zeros(segments, STEPS + 1, events.PITCHES, device=device)
    ones = torch.ones(len(notes), device=device)
    after = (notes.segment, notes.first + 1, notes.pitch)
    change.index_put_(after, ones, accumulate=True)
    change.index_put_((notes.segment, notes.last + 1, notes.pitch), -ones, accumulate=True)
    hold = (change.cumsum(1)[:, :STEPS] > 0).float()
    return Grid(onset, hold * (1 - onset), velocity)


def a_step_later(cells: Tensor) -> Tensor:
    """Cells, (b, 16, 88), a step later; the first step is empty."""
    return F.pad(cells[:, :-1], (0, 0, 1, 0))
