"""Arousal transfer: codes move from one component of the mixture towards the other.

Paper, section 5.2, but for the length of the way: see `fadernets.models.mixture.MixtureVAE.poles`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

AROUSAL = {"low": 0, "high": 1}  # component of each state


def shift(
    codes: Mapping[str, Tensor],
    logits: Mapping[str, Tensor],
    poles: Mapping[str, Tensor],
    target: str,
    strength: float = 1.0,
) -> dict[str, Tensor]:
    """Codes shifted by the difference of the poles of arousal.

    Only codes that do not already lie in the target component move.

    Parameters
    ----------
    codes : name -> float tensor, shape (b, latent)
    logits : name -> float tensor, shape (b, 2)
        Unnormalised log p(c|z) of each code.
    poles : name -> float tensor, shape (2, latent)
        Of `MixtureVAE.poles`.
    target : {"low", "high"}
    strength : float
        0 is no shift, 1 the way from one pole to the other.

    Raises
    ------
    ValueError
        If `target` is neither or `strength` is negative or not finite.
    """
    if target not in AROUSAL:
        raise ValueError(f"arousal {target!r} is neither low nor high")
    if not 0 <= strength < math.inf:
        raise ValueError(f"strength {strength} is not a number of 0 or more")
    to = AROUSAL[target]
    moved = {}
    for name, code in codes.items():
        step = poles[name][to] - poles[name][1 - to]
        outside = logits[name].argmax(1, keepdim=True) != to
        moved[name] = code + strength * outside * step
    return moved
