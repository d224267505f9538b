"""Transfer of mood: codes move along the way between two poles.

Paper, section 5.2, where arousal alone is moved, but for the length of the way: see
`fadernets.models.mixture.MixtureVAE.poles`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from torch import Tensor

SIDES = {"low": 0, "high": 1}  # pole of each state; of arousal, also its component
AROUSAL = SIDES
MOODS = ("arousal", "valence")
PRESETS = {  # the quarters of Russell's circle of moods
    "calm": {"arousal": "low", "valence": "high"},
    "tense": {"arousal": "high", "valence": "low"},
    "sad": {"arousal": "low", "valence": "low"},
    "joyful": {"arousal": "high", "valence": "high"},
}

STRONGEST = 10.0  # of strengths; at 1 a mood goes from one pole to the other

Target = str | Mapping[str, str]


def asked_moods(sides: Mapping[str, str | None], preset: str | None) -> dict[str, str]:
    """What a transfer shall move: mood -> side.

    Parameters
    ----------
    sides : mood -> "low", "high" or None
    preset : str, optional
        Of `PRESETS`, in place of sides.

    Raises
    ------
    ValueError
        If there is neither a side nor a preset, or there are both; one sentence.

    >>> asked_moods({"arousal": "low", "valence": None}, None)
    {'arousal': 'low'}
    """
    moods = {mood: side for mood, side in sides.items() if side}
    if not preset:
        if not moods:
            raise ValueError("a transfer needs arousal, valence or a preset")
        return moods
    if moods:
        raise ValueError("a preset says where both moods go; leave arousal and valence out")
    if preset not in PRESETS:
        raise ValueError(f"there is no such preset; there are: {', '.join(PRESETS)}")
    return dict(PRESETS[preset])


def sides_of(target: Target) -> dict[str, str]:
    """The side that each moving mood goes to: mood -> "low" or "high".

    Parameters
    ----------
    target : {"low", "high"} or mapping
        Of arousal alone, or mood -> side, such as one of `PRESETS`.

    Raises
    ------
    ValueError
        If a mood is none of `MOODS` or a side neither low nor high.
    """
    sides = {"arousal": target} if isinstance(target, str) else dict(target)
    for mood, side in sides.items():
        if mood not in MOODS:
            raise ValueError(f"no mood {mood!r}; there are: {', '.join(MOODS)}")
        if side not in SIDES:
            preset = (
                f"; write {PRESETS[side]}" if isinstance(target, str) and target in PRESETS else ""
            )
            raise ValueError(f"{mood} {side!r} is neither low nor high{preset}")
    return sides


def shift(
    codes: Mapping[str, Tensor],
    logits: Mapping[str, Tensor],
    poles: Mapping[str, Tensor],
    target: str,
    strength: ArrayLike = 1.0,
) -> dict[str, Tensor]:
    """Codes shifted by the difference of the poles of a mood.

    Only codes that do not already lie at the target move.

    Parameters
    ----------
    codes : name -> float tensor, shape (b, latent)
    logits : name -> float tensor, shape (b, 2)
        Unnormalised log probability that each code lies at either pole; for arousal log p(c|z).
    poles : name -> float tensor, shape (2, latent)
        Of `MixtureVAE.poles`, or of its `valence`.
    target : {"low", "high"}
    strength : float or float array, shape (b,)
        0 is no shift, 1 the way from one pole to the other.

    Raises
    ------
    ValueError
        If `target` is neither or a `strength` is negative or not finite.
    """
    if target not in SIDES:
        raise ValueError(f"arousal {target!r} is neither low nor high")
    to = SIDES[target]
    moved = {}
    for name, code in codes.items():
        step = poles[name][to] - poles[name][1 - to]
        outside = logits[name].argmax(1, keepdim=True) != to
        by = code.new_tensor(strengths_of(strength, len(code)))[:, None]
        moved[name] = code + by * outside * step
    return moved


def strengths_of(strength: ArrayLike, count: int) -> np.ndarray:
    """How far each of n segments shall go, of one strength for all or of n: float64, (n,).

    Raises
    ------
    ValueError
        If there are not n, or one is negative or not finite.
    """
    strengths = np.asarray(strength, float)
    if strengths.ndim and strengths.shape != (count,):
        raise ValueError(f"{strengths.size} strengths for {count} segments")
    possible = (strengths >= 0) & (strengths < np.inf)
    if not possible.all():
        raise ValueError(f"strength {strengths[~possible].flat[0]} is not a number of 0 or more")
    return np.broadcast_to(strengths, count).copy()
