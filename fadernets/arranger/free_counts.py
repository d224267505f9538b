"""Numbers of notes where nobody asked for a note density: they go along with the rhythm.

A plan that holds the density exactly pays for rhythm with notes: for every onset that it adds, it
has to cut a held note; for every onset that it takes away, it has to prolong another note.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fadernets.arranger.request import ArrangementRequest, all_of, step_notes
from fadernets.music.attributes import MAX_POLYPHONY, ONSET, PLANNED_COUNTS, PLANNED_ONSETS
from fadernets.music.events import PITCHES
from fadernets.music.notes import STEPS, Notes

OUTER_VOICES = 2  # melody and bass
LEGATO_BEATS = 1 / 24  # by which a note may last into the one that it gives way to


def slack(request: ArrangementRequest, free_notes: float) -> Tensor:
    """How much a sum of notes may differ from what the density asks for: int64, (n,).

    `free_notes`, where the density is free, is by how much itself may differ.
    """
    return (request.counts_are_free * request.steps * free_notes).long()


def usual_counts(
    request: ArrangementRequest, passing: Tensor | None, ringing: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Notes that sound in each step where it has no onset, and where it has one: int64, (n, 16).

    They are the segment's own, whatever the rhythm. But where the density is free and an onset is
    taken, what sounds before goes on; and where one is added, melody and bass go on beside it. Of
    more notes one gives way.

    Parameters
    ----------
    request : ArrangementRequest
    passing : int64 tensor, shape (n, 16), optional
        Notes of each step that do not go on (`passing_notes`).
    ringing : int64 tensor, shape (n,), optional
        Notes that the first step may hold.
    """
    own, onset = request.labels[PLANNED_COUNTS], request.labels[PLANNED_ONSETS] == ONSET
    if passing is None:
        return own, own
    goes_on = F.pad((own - passing)[:, :-1], (1, 0), value=MAX_POLYPHONY)
    if ringing is not None:
        goes_on[:, 0] = ringing
    free = request.counts_are_free[:, None]
    held = torch.where(free & onset, torch.minimum(own, goes_on), own)
    outer = (own <= OUTER_VOICES) & (own > 0)
    struck = torch.where(free & ~onset & outer, own + 1, own)
    return held, struck


def passing_notes(segments: Sequence[Notes], device: torch.device | str = "cpu") -> Tensor:
    """Notes that give way within their last step to another, such as those of an ornament.

    Returns
    -------
    int64 tensor, shape (n, 16, 88)
        How many of each key end so in each step.
    """
    notes, onset, offset = step_notes(segments), *(all_of(segments, n) for n in ("onset", "offset"))
    size, struck = len(segments), notes.first >= 0
    latest = torch.full((size * STEPS,), -torch.inf, dtype=onset.dtype)
    begins = (notes.segment * STEPS + notes.first)[struck]
    latest = latest.scatter_reduce(0, begins, onset[struck], "amax")
    next_strike = latest[notes.segment * STEPS + notes.last.clamp(min=0)]
    gives_way = (notes.last >= 0) & (onset < next_strike) & (offset <= next_strike + LEGATO_BEATS)
    ended = notes[gives_way]
    cells = torch.zeros(size, STEPS, PITCHES, dtype=torch.long)
    ones = torch.ones_like(ended.last)
    cells.index_put_((ended.segment, ended.last, ended.pitch), ones, accumulate=True)
    return cells.to(device)
