"""Notes chosen step by step: the likeliest of each, as many as the plan says."""

from __future__ import annotations

import torch
from torch import Tensor

from fadernets.arranger.label_plan import LabelPlan
from fadernets.arranger.note_limits import NoteLimits, Repeats
from fadernets.music.attributes import MAX_POLYPHONY, ONSET
from fadernets.music.notes import STEPS

FIRST = 1e9  # log-odds beyond all others but those of what must sound


def select(
    onset: Tensor,
    hold: Tensor,
    plans: LabelPlan,
    own: Tensor,
    repeats: Repeats,
    limits: NoteLimits | None = None,
    again: float = 0.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """From left to right, the likeliest notes at every step, as many as the plan says.

    Parameters
    ----------
    onset, hold : float tensors, shape (b, 16, 88)
        Log-odds that a note is struck, and that one goes on sounding.
    plans : LabelPlan
        Of b segments.
    own : bool tensor, shape (b, 16, 88)
        Where the source strikes a key.
    repeats : Repeats
        Of the source: what its strikes count for beyond one. The last key chosen in a step counts
        for no more than the plan has left.
    limits : NoteLimits, optional
        By default nothing rings in and nothing is locked.
    again : float
        Log-odds taken from a new strike of a key that sounds in the step before.

    Returns
    -------
    struck, held : bool tensors, shape (b, 16, 88)
        At a step with an onset at least one note is struck, at others none; only what sounded in
        the step before can be held.
    count : int64 tensor, shape (b, 16, 88)
        Notes that each cell counts for in the note label.
    """
    sounding = torch.zeros_like(onset[:, 0], dtype=torch.bool)
    never = torch.tensor(-torch.inf, device=onset.device)
    notes, must = plans.note, None
    if limits is not None:
        # What ends at the border is no part of what is struck there: its harmony may be another.
        strikes_first = (plans.rhythm[:, 0] == ONSET)[:, None]
        sounding, must = limits.ringing & ~(limits.held_on & strikes_first), limits.must_strike
        onset = onset.masked_fill(~limits.may_strike, -torch.inf).masked_fill(must, torch.inf)
        hold = hold.masked_fill(~limits.may_hold, -torch.inf)
        hold = hold.masked_fill(limits.must_hold, torch.inf)
        notes = notes + torch.where(notes == MAX_POLYPHONY, limits.beyond, 0)
    # Whether a note that sounds is the source's last one of its key. One that rings in and is
    # struck again in the first step counts there, too, and cannot be held.
    is_own = sounding | (repeats.over[:, 0] > 0)
    row = torch.arange(len(onset), device=onset.device)
    struck, held, count = [], [], []
    for t in range(STEPS):
        strikes = (plans.rhythm[:, t] == ONSET)[:, None]
        wish = onset[:, t] - again * (sounding & ~own[:, t])
        on = torch.where(strikes, wish, never)
        # The likeliest onset goes before all but what must sound, for which the plan has room:
        # holds alone could fill the step, and the plan's onset would be lost.
        first = torch.zeros_like(sounding)
        first[row, wish.argmax(1)] = True
        on = torch.where(first & strikes, on.clamp(min=FIRST), on)
        off = torch.where(sounding, hold[:, t], never)
        score = torch.maximum(on, off)
        order = score.argsort(dim=1, descending=True, stable=True)
        key_counts = 1 + (on >= off) * (repeats.again[:, t] + repeats.over[:, t] * is_own)
        in_order = key_counts.gather(1, order)
        rest = notes[:, t, None] - (in_order.cumsum(1) - in_order)
        amount = torch.minimum(in_order, rest.clamp(min=0))
        if must is not None:  # of a locked key all strikes stay
            amount = torch.where(must[:, t].gather(1, order), in_order, amount)
        counted = torch.empty_like(amount).scatter_(1, order, amount) * (score > never)
        sounding = counted > 0
        struck.append(sounding & (on >= off))
        held.append(sounding & (on < off))
        count.append(counted)
        is_own = (struck[-1] & own[:, t]) | (held[-1] & is_own & ~own[:, t])
    return torch.stack(struck, 1), torch.stack(held, 1), torch.stack(count, 1)
