"""Whether classifiers tell the windows of changed pieces from real ones of the same densities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from train.evaluation.naturalness import REAL_WINDOWS, drawn, joined, way_separability
from train.evaluation.pair_scores import Compared
from train.metrics.naturalness import FOLDS
from train.reporting.results.score import Natural

WINDOWS = 40  # of a piece, at most, that are judged
MOST_WINDOWS = 2_000  # of all pieces


def naturalness(pairs: Sequence[Compared], other: Mapping[str, Piece] | None, seed: int) -> Natural:
    """Judged segments after, and as a floor the same segments before, told from real music.

    Parameters
    ----------
    pairs : sequence of Compared
    other : name -> Piece, optional
        Real music; one of the name of a pair is the same piece. By default the pieces before.
    seed : int

    Raises
    ------
    ValueError
        With a sentence why nothing can be said.
    """
    if not any(pair.changed for pair in pairs):
        raise ValueError("nothing was changed, so that there is nothing to tell apart")
    if len(pairs) < FOLDS:
        raise ValueError(
            f"it takes {FOLDS} pieces at least, since no piece may be on both sides of a fold; "
            f"there are {len(pairs)}"
        )
    rng = np.random.default_rng(seed)
    sources = {pair.pair.name: pair.before for pair in pairs}
    if other is not None:
        sources = {name: segments(piece) for name, piece in other.items()}
    names = dict.fromkeys([*(pair.pair.name for pair in pairs), *sources])
    group = {name: number for number, name in enumerate(names)}
    real = joined(
        [drawn(_begun(parts), REAL_WINDOWS, group[name], rng) for name, parts in sources.items()]
    )
    # Densities that are all alike need no scale.
    sd = np.where((spread := real.densities.std(0)) > 0, spread, 1.0)
    most = max(1, min(WINDOWS, MOST_WINDOWS // len(pairs)))
    chosen = [(p, rng.permutation(p.changed)[:most].tolist()) for p in pairs if p.changed]
    before, after = (
        joined(
            [
                drawn(_begun([getattr(p, side)[i] for i in part]), most, group[p.pair.name], rng)
                for p, part in chosen
            ]
        )
        for side in ("before", "after")
    )
    result = way_separability(after, real, sd, seed)
    try:
        floor = way_separability(before, real, sd, seed)
    except ValueError:  # of too few pieces there are windows of the same densities
        floor = None
    return Natural(
        after=result,
        floor=floor,
        windows=len(after.features),
        real_windows=len(real.features),
        real="before" if other is None else "other music",
    )


def _begun(parts: Sequence[Segment]) -> list[Segment]:
    """Segments in which a note begins."""
    return [segment for segment in parts if len(segment.notes)]
