"""Excerpts of unseen pieces as they are and as models and rules change them, to be heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from fadernets import whole_piece
from fadernets.arranger.request import ArrangementRequest
from fadernets.music.attributes import PAPER, measure
from fadernets.music.notes import Notes
from fadernets.music.segments import Segment
from fadernets.net import FaderNet
from fadernets.realisers import Arranger
from train.evaluation.arousal_classifiers import heard
from train.evaluation.naturalness import Change, Excerpt, by_model, moved_by_arousal
from train.metrics.arousal_features import Heard

SLOWER, LOWER = 1.25, 4  # times as long; semitones
LONG, DETACHED = 1.0, 0.5  # of the gap to the next strike


@dataclass(frozen=True, eq=False)
class ChangedSegments:
    """n segments before and after a change.

    Attributes
    ----------
    before, after : list of n Heard
    piece : str array, shape (n,)
        Names of their pieces.
    densities : float array, shape (2, n, 2)
        Before and after, those of the paper; NaN where a rule has none.
    """

    before: list[Heard]
    after: list[Heard]
    piece: np.ndarray
    densities: np.ndarray


@dataclass(frozen=True)
class NamedExcerpt:
    """An excerpt and the name of its piece."""

    excerpt: Excerpt
    name: str


class OnsetsOnly(Arranger):
    """Arousal in the number of onsets alone."""

    def shift_arousal(self, request: ArrangementRequest, by: Tensor) -> ArrangementRequest:
        """Without loudness, and neither held nor struck rather."""
        moved = super().shift_arousal(request, by)
        return replace(moved, louder=request.louder, legato=request.legato)


class HoldsOnly(Arranger):
    """Arousal in whether notes are held or struck, alone."""

    def shift_arousal(self, request: ArrangementRequest, by: Tensor) -> ArrangementRequest:
        """With the densities and the loudness that there are."""
        moved = super().shift_arousal(request, by)
        return replace(moved, louder=request.louder, densities=request.densities)


PARTS = {"onsets": OnsetsOnly, "held or struck": HoldsOnly}
EXPRESSION = "tempo"


def part_of(net: FaderNet, part: str) -> FaderNet:
    """An arranger that moves one of `PARTS` of arousal alone.

    Raises
    ------
    TypeError
        If the model arranges nothing.
    """
    if not isinstance(net.realiser, Arranger):
        raise TypeError(f"{net.name} arranges nothing")
    own = net.realiser
    realiser = PARTS[part](own.reviser, own.candidates, own.weights, has_tempo=True)
    return FaderNet(net.model, net.scales, net.name, realiser)


def changes(net: FaderNet, sd: np.ndarray) -> dict[str, Change]:
    """Every way in which a model is to be heard, by name: moods, faders, and parts of arousal.

    Parameters
    ----------
    sd : float array, shape (2,)
        Of the densities of real windows.
    """
    sides = ("low", "high")
    ways: dict[str, Change] = {f"arousal {side}": by_model(net, side, sd) for side in sides}
    for name in PAPER:
        for side in (-1, 1):
            if name in net.faders:
                ways[f"{name} {side:+d} sd"] = by_model(net, (name, side), sd)
    if isinstance(net.realiser, Arranger):
        for part in PARTS:
            alone = part_of(net, part)
            ways |= {f"{part} alone, {side}": by_model(alone, side, sd) for side in sides}
        ways |= {f"{EXPRESSION} alone, {side}": _as_they_are for side in sides}
    else:
        ways["nothing moved"] = lambda part: net.reconstruct(net.encode(part))
    return ways


def _as_they_are(parts: Sequence[Segment]) -> list[Notes]:
    return [segment.window.notes for segment in parts]


def expression_of(way: str) -> str | None:
    """The side that a way of `changes` moves expression to with the notes; None if it does not."""
    return way.rpartition(" ")[2] if way.startswith(("arousal ", EXPRESSION)) else None


def by_change(
    net: FaderNet, source: Sequence[NamedExcerpt], change: Change, expression: str | None = None
) -> ChangedSegments:
    """Excerpts before and after a model's change, as `train.evaluation.naturalness.changed`.

    With the `expression` that goes with arousal "low" or "high", if that is given.
    """
    before: list[tuple[Segment, Notes]] = []
    after: list[tuple[Segment, Notes]] = []
    names: list[str] = []
    for each in source:
        parts = each.excerpt.segments()
        if net.by_sound:
            parts = [s for s in parts if net.problem(s) is None]
            played = change(parts) if parts else []
            before += [(s, s.sounding) for s in parts]
            after += list(zip(parts, played, strict=True))
        else:
            numbers = each.excerpt.numbers
            piece = whole_piece.changed(each.excerpt.piece, numbers, change)
            if expression is not None:
                piece = moved_by_arousal(net, each.excerpt.piece, piece, expression)
            before += [(s, s.window.notes) for s in parts]
            after += [(s, s.window.notes) for s in each.excerpt.segments(piece)]
        names += [each.name] * len(parts)
    densities = [[_densities(*pair) for pair in side] for side in (before, after)]
    return ChangedSegments(
        [heard(*pair) for pair in before],
        [heard(*pair) for pair in after],
        np.array(names),
        np.array(densities).reshape(2, -1, len(PAPER)),
    )


def _densities(segment: Segment, notes: Notes) -> list[float]:
    return list(measure(notes, PAPER, steps=segment.window.steps).values())


def _slower(music: Heard, factor: float) -> Heard:
    notes = music.notes
    notes = replace(notes, onset=notes.onset * factor, offset=notes.offset * factor)
    return Heard(notes, music.seconds * factor)


def _lower(music: Heard, semitones: int) -> Heard:
    return replace(music, notes=replace(music.notes, pitch=music.notes.pitch - semitones))


def _lasting(music: Heard, share: float) -> Heard:
    """Every struck note as long as a share of the gap to the next strike."""
    if not len(music.struck):
        return music
    notes, offset = music.notes, music.notes.offset.copy()
    struck = len(notes) - len(music.struck)  # those that ring in come first
    offset[struck:] = music.struck.onset + share * music.gaps[music.strike]
    return replace(music, notes=replace(notes, offset=offset))


RULES: dict[str, Callable[[Heard], Heard]] = {
    "a quarter slower": lambda music: _slower(music, SLOWER),
    "a quarter faster": lambda music: _slower(music, 1 / SLOWER),
    "a third lower": lambda music: _lower(music, LOWER),
    "a third higher": lambda music: _lower(music, -LOWER),
    "every note held to the next strike": lambda music: _lasting(music, LONG),
    "every note half as long as that": lambda music: _lasting(music, DETACHED),
}


def by_rule(source: Sequence[NamedExcerpt], rule: Callable[[Heard], Heard]) -> ChangedSegments:
    """Excerpts before and after a rule that knows no music: what moves a classifier."""
    parts = [(each.name, s) for each in source for s in each.excerpt.segments()]
    before = [heard(s, s.window.notes) for _, s in parts]
    densities = np.full((2, len(parts), len(PAPER)), np.nan)
    names = np.array([name for name, _ in parts])
    return ChangedSegments(before, [rule(music) for music in before], names, densities)
