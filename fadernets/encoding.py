"""Segments to codes: what the model's encoder makes of them, and what an arrangement needs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fadernets.codes import Codes
from fadernets.models.segmentvae import SegmentVAE
from fadernets.music import events, key
from fadernets.music.attributes import measure
from fadernets.music.notes import Notes
from fadernets.music.windows import Window
from fadernets.realisers import BATCH, Realiser

MAX_TOKENS = 2 * events.MAX_TOKENS  # of a segment whose codes an arrangement can use


def encode(model: SegmentVAE, realiser: Realiser, windows: Sequence[Window]) -> Codes:
    """Codes of n segments: the means of their posteriors, always the same.

    Raises
    ------
    ValueError
        If a segment has no notes and the realiser does not take it.
    """
    device = next(model.parameters()).device
    played = [w.notes[w.notes.onset >= 0] for w in windows]
    tokens = [torch.from_numpy(events.encode(notes)) for notes in played]
    coded = [len(notes) > 0 for notes in played]
    key_sources = played
    if realiser.takes_any:
        coded = [c and len(t) <= MAX_TOKENS for c, t in zip(coded, tokens, strict=True)]
        key_sources = [w.notes for w in windows]
    elif not all(coded):
        raise ValueError(f"segment {coded.index(False)} of {len(coded)} has no notes to encode")
    numbers = [number for number, has_code in enumerate(coded) if has_code]
    values = {
        name: torch.zeros(len(windows), width, device=device) for name, width in model.sizes.items()
    }
    for first in range(0, len(numbers), BATCH):
        rows = numbers[first : first + BATCH]
        chunk = [tokens[row] for row in rows]
        lengths = torch.tensor([len(t) for t in chunk], device=device)
        padded = nn.utils.rnn.pad_sequence(chunk, batch_first=True).to(device)
        densities = _densities(model, [played[row] for row in rows], device)
        for name, code in model.encode(padded, lengths, densities).items():
            values[name][rows] = code
    keys = [key.find(notes) if len(notes) else 0 for notes in key_sources]
    return Codes(
        values,
        torch.tensor(keys, dtype=torch.long, device=device),
        realiser.request(windows, device),
        None if all(coded) else torch.tensor(coded, dtype=torch.bool, device=device),
    )


def _densities(
    model: SegmentVAE, segments: Sequence[Notes], device: torch.device
) -> dict[str, Tensor]:
    """Every density of n segments that the model knows: name -> (n,)."""
    names = model.config.attributes
    measured = [measure(notes, names) for notes in segments]
    return {name: torch.tensor([m[name] for m in measured], device=device) for name in names}
