"""Identity: how much of a segment remains after its faders moved, by distance moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fadernets.music import attributes
from fadernets.music.notes import Notes
from fadernets.net import FaderNet
from train import metrics
from train.data.definitions import Measure
from train.reporting.results.evaluation import Identity, Moved

DISTANCES = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)  # standard deviations of the density


def identity(source: Sequence[Notes], played: Sequence[Notes]) -> Identity:
    """Means over pairs of segments."""
    pairs = list(zip(source, played, strict=True))
    means = {
        name: round(float(np.mean([score(a, b) for a, b in pairs])), 4)
        for name, score in (
            ("note_f1", metrics.note_f1),
            ("pitch_class_cosine", metrics.pitch_class_cosine),
            ("key_kept", metrics.key_kept),
            ("contour", metrics.contour),
        )
    }
    return Identity(**means)


def curve(
    net: FaderNet,
    source: Sequence[Notes],
    fader: str,
    sd: float,
    measure: Measure = attributes.measure,
) -> list[Moved]:
    """Identity of segments asked for another density, and how far they really moved.

    Each segment is asked for its own density and so many standard deviations more or less. Those
    for which that lies beyond the ends of the fader are left out, and the rest counted as "n".

    Parameters
    ----------
    net : FaderNet
    source : sequence of n Notes
    fader : str
    sd : float
        Of the density.
    """
    own = np.array([measure(notes)[fader] for notes in source])
    low, high = net.density(fader, 0.0), net.density(fader, 1.0)
    moves = []
    for distance in DISTANCES:
        targets = own + distance * sd
        inside = np.flatnonzero((targets >= low) & (targets <= high)).tolist()
        if not len(inside):
            moves.append(Moved(distance=distance, n=0))
            continue
        part = [source[i] for i in inside]
        played = net.slide(part, {fader: net.position(fader, targets[inside])})
        moved = np.array([measure(notes)[fader] for notes in played]) - own[inside]
        moves.append(
            Moved(
                distance=distance,
                n=len(part),
                moved=round(float(moved.mean() / sd), 4),
                **identity(part, played).stored(),
            )
        )
    return moves
