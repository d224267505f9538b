"""Moods moved in codes: towards the poles of arousal or valence, and what goes with it.

What is arranged is moved as well: its plan towards calm or energetic, its notes and keys between
minor and major.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from fadernets import mood_transfer
from fadernets.codes import Codes
from fadernets.models import losses
from fadernets.models.segmentvae import SegmentVAE
from fadernets.music import mode
from fadernets.net_arguments import Each
from fadernets.realisers import Realiser


@dataclass(frozen=True)
class CodeMoods:
    """The moods of a model, as they stand in codes and move them.

    Attributes
    ----------
    model : SegmentVAE
    realiser : Realiser
    described : str
        What sentences call the model.
    """

    model: SegmentVAE
    realiser: Realiser
    described: str

    def shifted(self, codes: Codes, target: mood_transfer.Target, strength: Each) -> Codes:
        """Codes with moods moved; arguments and errors as `fadernets.net.FaderNet.transfer`."""
        sides = mood_transfer.sides_of(target)
        strengths = mood_transfer.strengths_of(strength, len(codes))
        if "arousal" in sides:
            codes = self._shift_arousal(codes, sides["arousal"], strengths)
        if "valence" in sides:
            codes = self._shift_valence(codes, sides["valence"], strengths)
        return codes

    def _shift_arousal(self, codes: Codes, target: str, strengths: np.ndarray) -> Codes:
        """Codes with arousal moved towards low or high by strengths, (n,)."""
        logits = self._component_logits(codes)
        mixed = {name: codes.values[name] for name in logits}
        shifted = mood_transfer.shift(mixed, logits, self.model.poles, target, strengths)
        by = torch.from_numpy(strengths if target == "low" else -strengths).to(codes.key.device)
        request = self.realiser.shift_arousal(codes.request, by)
        return replace(codes, values=codes.values | shifted, request=request)

    def _shift_valence(self, codes: Codes, target: str, strengths: np.ndarray) -> Codes:
        """Codes with valence moved towards low or high, their keys towards minor or major."""
        poles = self.model.valence
        if not poles:
            raise ValueError(f"{self.described} has no poles of valence: it knows no valence")
        mixed = {name: codes.values[name] for name in poles}
        sides = {name: losses.component_logits(mixed[name], poles[name], 0.0) for name in poles}
        shifted = mood_transfer.shift(mixed, sides, poles, target, strengths)
        request = self.realiser.to_parallel_mode(codes.request, codes.key, target, strengths)
        moves = [bool(mode.degrees(target, strength)) for strength in strengths.tolist()]
        keys = torch.where(
            torch.tensor(moves, dtype=torch.bool, device=codes.key.device),
            mode.parallel(codes.key, target),
            codes.key,
        )
        return replace(codes, values=codes.values | shifted, key=keys, request=request)

    def arousal(self, codes: Codes) -> np.ndarray:
        """As `fadernets.net.FaderNet.arousal`."""
        high = [
            value.double().softmax(1)[:, mood_transfer.AROUSAL["high"]]
            for value in self._component_logits(codes).values()
        ]
        return torch.stack(high).mean(0).cpu().numpy()

    def _component_logits(self, codes: Codes) -> dict[str, Tensor]:
        """log p(c|z) of every code that has a mixture."""
        logits = self.model.component_logits(codes.values)
        if not logits:
            raise ValueError(f"{self.described} has no mixture components: it knows no arousal")
        return logits
