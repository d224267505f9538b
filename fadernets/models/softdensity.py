"""Densities of token distributions rather than tokens: what a decoder plays, differentiably."""

from __future__ import annotations

import torch
from torch import Tensor

from fadernets.music import events
from fadernets.music.attributes import ATTRIBUTES, SoftNotes
from fadernets.music.notes import EARLY, STEPS, STEPS_PER_BEAT

CERTAIN = 1 - 1e-6  # probability past which a note counts as sure, so that log(1 - p) is finite


def soft_densities(logits: Tensor, tokens: Tensor) -> dict[str, Tensor]:
    """Expected densities under teacher forcing, of every attribute that has a soft one.

    The clock is that of the tokens given; at each token the probability of any note-on, or
    note-off, counts in the step that the clock shows. Where the distributions are certain these
    are the densities of `fadernets.music.attributes`, but that a note shorter than half a step
    counts no step in the note density. Far from certain, more may end than began: the note density
    is then negative, and not clipped, since a clip would have no slope.

    Parameters
    ----------
    logits : float tensor, shape (b, t, 342)
        Of each token given those before it.
    tokens : int64 tensor, shape (b, t)
        EOS last, then PAD.

    Returns
    -------
    name -> float tensor, shape (b,)
    """
    soft = soft_notes(logits, tokens)
    return {n: a.soft_density(soft) for n, a in ATTRIBUTES.items() if a.soft_density is not None}


def soft_notes(logits: Tensor, tokens: Tensor) -> SoftNotes:
    """What the distributions would play, for logits (b, t, 342) and tokens (b, t)."""
    probability = logits.float().softmax(-1)
    is_token = (tokens != events.PAD).float()
    struck = probability[..., events.NOTE_ON : events.NOTE_OFF].sum(-1) * is_token
    released = probability[..., events.NOTE_OFF : events.TIME_SHIFT].sum(-1) * is_token
    shifts = (tokens >= events.TIME_SHIFT) & (tokens < events.VELOCITY)
    ticks = torch.where(shifts, tokens - events.TIME_SHIFT + 1, 0)
    beat = (ticks.cumsum(1) - ticks) / events.TICKS_PER_BEAT  # before the token itself
    first = ((beat + EARLY) * STEPS_PER_BEAT).floor().long().clamp(0, STEPS - 1)
    after = (beat * STEPS_PER_BEAT + 0.5).floor().clamp(0, STEPS)  # the first step without it
    silence = torch.log1p(-struck.clamp(max=CERTAIN))
    silence = torch.zeros(len(tokens), STEPS, device=tokens.device).scatter_add(1, first, silence)
    sounding = struck * (STEPS - first) - released * (STEPS - after)
    return SoftNotes(probability, is_token, first, after, -torch.expm1(silence), sounding)
