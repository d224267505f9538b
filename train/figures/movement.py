"""Identity against movement: what is left of a segment the farther a fader has moved it."""

from __future__ import annotations

from train.figures import facts, style
from train.figures.style import Drawn
from train.reporting.reading import ResultFiles
from train.reporting.results.evaluation import Evaluation, Identity, Moved, names_in

SCORES = {
    "note_f1": "note F1",
    "pitch_class_cosine": "harmony\n(pitch-class cosine)",
    "key_kept": "key kept",
    "contour": "melody\n(top-note correlation)",
}


def draw(results: ResultFiles) -> tuple[list[Drawn], list[str]]:
    """One figure: a row a fader, a column a score, a line a model."""
    if not results.evaluations:
        return [], ["movement: no results of train.evaluate"]
    evaluations = [e for e in results.evaluations if any(curve(e, f) for f in e.identity or {})]
    missing = [
        f"movement: {e.name} has no curve of identity"
        for e in results.evaluations
        if e not in evaluations
    ]
    if not evaluations:
        return [], missing
    faders = names_in(e.identity for e in evaluations)
    legend_rows = -(-len(evaluations) // 3)
    figure = style.figure(2.1 * len(faders) + 0.17 * legend_rows)
    grid = figure.subplots(len(faders), len(SCORES), sharex=True, sharey=True, squeeze=False)
    for row, fader in enumerate(faders):
        for column, (score, title) in enumerate(SCORES.items()):
            axes = grid[row, column]
            axes.axvline(0, color="#cccccc", lw=0.8, zorder=0)
            axes.grid(axis="y", zorder=0)
            for number, evaluation in enumerate(evaluations):
                points = curve(evaluation, fader)
                axes.plot(
                    [distance for distance, _ in points],
                    [getattr(identity, score) for _, identity in points],
                    label=evaluation.title,
                    ms=3.5,
                    lw=1.3,
                    **style.line(number),
                )
            if row == 0:
                axes.set_title(title)
            if row == len(faders) - 1:
                axes.set_xlabel("moved by, sd")
        grid[row, 0].set_ylabel(f"{fader} fader", fontweight="bold")
    lowest = min(
        getattr(identity, s)
        for e in evaluations
        for f in faders
        for _, identity in curve(e, f)
        for s in SCORES
    )
    grid[0, 0].set_ylim(min(0, lowest), 1.03)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(evaluations)))
    drawn = Drawn(
        "movement",
        figure,
        "What is left of segments as a fader moves: " + "; ".join(_words(e) for e in evaluations),
        f"{facts.counts(evaluations)} Asked for 0.5, 1 and 2 sd less and more, drawn where the "
        "density really went on average; segments for which that lies beyond the fader's end are "
        f"left out. {facts.provenance(evaluations)}",
    )
    return [drawn], missing


def curve(evaluation: Evaluation, fader: str) -> list[tuple[float, Identity | Moved]]:
    """(sd moved, what is left), by movement; the reconstruction has moved by 0."""
    points = (evaluation.identity or {}).get(fader, [])
    path: list[tuple[float, Identity | Moved]] = [
        (point.moved, point) for point in points if point.n and point.moved is not None
    ]
    if path and evaluation.reconstruction:
        path.append((0.0, evaluation.reconstruction))
    return sorted(path, key=lambda point: point[0])


def _words(evaluation: Evaluation) -> str:
    reconstruction = evaluation.reconstruction
    start = (
        f"{evaluation.name} begins at note F1 {reconstruction.note_f1:.2f}, "
        if reconstruction
        else ""
    )
    ends = [f"{curve(evaluation, f)[-1][1].note_f1:.2f} ({f})" for f in evaluation.identity or {}
            if curve(evaluation, f)]  # fmt: skip
    return start + "ends at " + ", ".join(ends)
