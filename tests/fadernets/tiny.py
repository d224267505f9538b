"""A small untrained model, and random segments to run it on."""

import numpy as np
import torch
from torch import nn

from fadernets.faders import Fader
from fadernets.models import build
from fadernets.models.batch import Batch
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music import events, key
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.notes import BEATS, NO_PEDAL, STEPS, STEPS_PER_BEAT, Notes, concatenate
from fadernets.music.piece import Piece
from fadernets.music.segment_limits import problem
from fadernets.net import FaderNet
from fadernets.realisers import Arranger

TINY = ModelConfig(hidden=16, latent=8, embedding=8, beta_free_steps=2, beta_anneal_steps=10)
SCALES = {
    "rhythm": Fader("rhythm", (0.0625, 1.0), (-1.0, 1.0)),
    "note": Fader("note", (0.0, 8.0), (-1.0, 1.0)),
}
SCALE = np.array([48, 50, 52, 53, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79])


def model(config: ModelConfig = TINY, seed: int = 0) -> nn.Module:
    """A fresh model, the same for a seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(config).eval()


def arranging_net() -> FaderNet:
    """A fresh model whose arranger changes pieces, always the same."""
    torch.manual_seed(0)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    return FaderNet(model(), SCALES, "tiny", Arranger(reviser, candidates=2))


def bar(rng: np.random.Generator) -> Notes:
    """A segment the model can take: chords on 4 to 16 steps, the first among them, legato."""
    while True:
        count = rng.integers(4, STEPS + 1)
        steps = np.sort(np.append(0, 1 + rng.permutation(STEPS - 1)[: count - 1]))
        voices = rng.integers(1, 4 if count <= STEPS // 2 else 2)
        rows = [
            (start / STEPS_PER_BEAT, end / STEPS_PER_BEAT, pitch, 20 + 4 * rng.integers(25))
            for start, end in zip(steps, [*steps[1:], STEPS], strict=True)
            for pitch in rng.permutation(SCALE)[:voices]
        ]
        notes = Notes.of(*zip(*rows, strict=True))
        if problem(notes) is None:
            return notes


def bars(count: int, seed: int = 0) -> list[Notes]:
    """Segments that the model can take, of many densities."""
    rng = np.random.default_rng(seed)
    return [bar(rng) for _ in range(count)]


def piece(parts: list[Notes], tempo=((0, 117),), meter=((0, 4, 4),), pedal=NO_PEDAL) -> Piece:
    """A piece of segments played one after the other."""
    return Piece(
        notes=concatenate([part.shifted(i * BEATS) for i, part in enumerate(parts)]),
        pedal=pedal,
        tempo=np.array(tempo, float),
        meter=np.array(meter, float),
        length=float(len(parts) * BEATS),
    )


def batch(segments: list[Notes], arousal: list[int] | None = None) -> Batch:
    """Segments as the models take them, unlabelled unless told."""
    tokens = [torch.from_numpy(events.encode(notes)) for notes in segments]
    labels = {n: np.stack([a.label(notes) for notes in segments]) for n, a in ATTRIBUTES.items()}
    densities = {n: a.density(labels[n]) for n, a in ATTRIBUTES.items()}
    return Batch(
        tokens=nn.utils.rnn.pad_sequence(tokens, batch_first=True, padding_value=events.PAD),
        lengths=torch.tensor([len(t) for t in tokens]),
        key=torch.tensor([key.find(notes) for notes in segments]),
        labels={n: torch.from_numpy(label) for n, label in labels.items()},
        densities={n: torch.from_numpy(d).float() for n, d in densities.items()},
        arousal=torch.tensor([-1] * len(segments) if arousal is None else arousal),
    )
