"""The variants of playing that the ablation compares, from the paper's to the arranger's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from fadernets.arranger.weights import ArrangementWeights
from fadernets.codes import Codes
from fadernets.models.reviser import Reviser
from fadernets.music.attributes import measure
from fadernets.music.grid import Grid
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from fadernets.realisers import CANDIDATES, Arranger

ROUNDS = 4  # decodes of the closed loop
BEST_OF = 8
NO_PREFERENCE = ArrangementWeights(
    stays_rhythm=0,
    stays_note=0,
    stays_onset=0,
    stays_hold=0,
    in_melody=0,
    in_harmony=0,
    unlike_gaps=0,
    unlike_beats=0,
    in_pattern=0,
    on_beat=0,
    in_gaps=0,
    keeps_melody=0,
    adds=0,
)
PLAN_STAYS = replace(
    NO_PREFERENCE,
    stays_rhythm=ArrangementWeights.stays_rhythm,
    stays_note=ArrangementWeights.stays_note,
)
NOTES_STAY = replace(
    PLAN_STAYS, stays_onset=ArrangementWeights.stays_onset, stays_hold=ArrangementWeights.stays_hold
)
MELODY_STAYS = replace(NOTES_STAY, in_melody=ArrangementWeights.in_melody)

PlayFunction = Callable[[FaderNet, Codes, str, np.ndarray], list[Notes]]


@dataclass(frozen=True)
class Variant:
    """One row of the ablation.

    Attributes
    ----------
    name : str
    model : str
        Shipped model it plays with.
    prepared : callable
        Loaded model -> the model that plays.
    play : callable
        Net, codes of n segments, fader, densities asked for (n,) -> what is played.
    decodes : int
        Decodes of each segment.
    searches : bool
        Whether one of several results is chosen by what it measures.
    """

    name: str
    model: str
    prepared: Callable[[FaderNet], FaderNet]
    play: PlayFunction
    decodes: int = 1
    searches: bool = False


def calibrated(net: FaderNet, codes: Codes, fader: str, targets: np.ndarray) -> list[Notes]:
    """One decode where the fader's scale has the density."""
    return net.slide(codes, {fader: net.position(fader, targets)})


def best_of(net: FaderNet, codes: Codes, fader: str, targets: np.ndarray) -> list[Notes]:
    """The nearest to the density among one greedy and several random decodes."""
    moved = net.moved(codes, {fader: net.position(fader, targets)})
    return _nearest(
        [net.reconstruct(moved, seed=s) for s in (None, *range(1, BEST_OF))], fader, targets
    )


def closed_loop(net: FaderNet, codes: Codes, fader: str, targets: np.ndarray) -> list[Notes]:
    """The best of several decodes; each aim is corrected by the misses of all earlier decodes."""
    aim, attempts = targets, []
    for _ in range(ROUNDS):
        attempts.append(calibrated(net, codes, fader, aim))
        aim = aim + targets - _densities(attempts[-1], fader)
    return _nearest(attempts, fader, targets)


def _nearest(attempts: Sequence[list[Notes]], fader: str, targets: np.ndarray) -> list[Notes]:
    miss = np.stack([np.abs(_densities(played, fader) - targets) for played in attempts])
    return [attempts[t][i] for i, t in enumerate(miss.argmin(0))]


def _densities(played: Sequence[Notes], fader: str) -> np.ndarray:
    return np.array([measure(notes)[fader] for notes in played])


def unchanged(net: FaderNet) -> FaderNet:
    """The shipped model, unchanged."""
    return net


def arranging(
    candidates: int = CANDIDATES,
    weights: ArrangementWeights | None = None,
    *,
    mute: bool = False,
    discriminating: bool = False,
) -> Callable[[FaderNet], FaderNet]:
    """A function that gives an arranger other settings, or a reviser without preferences.

    Its discriminator has a say in the choice among candidates only where that is asked for.
    """

    def prepared(net: FaderNet) -> FaderNet:
        if not isinstance(net.realiser, Arranger):
            raise TypeError(f"{net.name} has no reviser")
        reviser = _Mute(net.realiser.reviser) if mute else net.realiser.reviser
        realiser = Arranger(
            reviser,
            candidates,
            weights or ArrangementWeights(),
            strict=True,
            discriminator=net.realiser.discriminator if discriminating else None,
        )
        return FaderNet(net.model, net.scales, net.name, realiser)

    return prepared


class _Mute(Reviser):
    """A reviser to which all notes are equally likely, and all new ones moderately loud."""

    def __init__(self, reviser: Reviser) -> None:
        torch.nn.Module.__init__(self)  # without a reviser's layers
        self.poles = reviser.poles

    def forward(
        self, source: Grid, labels: dict[str, torch.Tensor], key: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        nothing = torch.zeros_like(source.onset)
        return nothing, nothing, nothing + 0.5


def _arranged(
    name: str,
    candidates: int,
    weights: ArrangementWeights,
    *,
    mute: bool = False,
    discriminating: bool = False,
) -> Variant:
    prepared = arranging(candidates, weights, mute=mute, discriminating=discriminating)
    return Variant(name, "arranger", prepared, calibrated, candidates, candidates > 1)


SHIPPED = ArrangementWeights()
_shipped = partial(_arranged, candidates=CANDIDATES, discriminating=True)
VARIANTS = (
    Variant("re-telling from codes, calibrated faders", "gmvae", unchanged, calibrated),
    Variant(f"… closed loop, {ROUNDS} decodes", "gmvae", unchanged, closed_loop, ROUNDS, True),
    Variant(f"… best of {BEST_OF}", "gmvae", unchanged, best_of, BEST_OF, True),
    _arranged("exact plan of the label decoders, notes by the reviser", 1, NO_PREFERENCE),
    _arranged("+ plan near the segment's", 1, PLAN_STAYS),
    _arranged("+ notes stay", 1, NOTES_STAY),
    _arranged("+ melody stays", 1, MELODY_STAYS),
    _arranged("+ harmony draws", 1, SHIPPED),
    _arranged("+ best of 4", 4, SHIPPED),
    _arranged(f"+ best of {CANDIDATES}", CANDIDATES, SHIPPED),
    _arranged("+ best of 16", 16, SHIPPED),
    _shipped(f"+ best of {CANDIDATES}, the discriminator among them (shipped)", weights=SHIPPED),
    _shipped("shipped, the reviser mute", weights=SHIPPED, mute=True),
    _shipped("shipped, two passes of the reviser", weights=replace(SHIPPED, passes=2)),
    _shipped(
        "shipped, no label decoders",
        weights=replace(SHIPPED, rhythm_decoder=0.0, note_decoder=0.0),
    ),
    _shipped("shipped, melody free", weights=replace(SHIPPED, in_melody=0.0)),
    _shipped("shipped, harmony free", weights=replace(SHIPPED, in_harmony=0.0)),
)
