"""Fader response: the density asked for against the density played, with its spread."""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from train.figures import facts, style
from train.figures.style import Drawn
from train.reporting.reading import ResultFiles
from train.reporting.results.evaluation import Evaluation, Response, names_in
from train.reporting.results.part import present

COLUMNS = 4  # models side by side


def draw(results: ResultFiles) -> tuple[list[Drawn], list[str]]:
    """One figure, a panel a model and fader, all of a fader on one scale."""
    if not results.evaluations:
        return [], ["response: no results of train.evaluate"]
    evaluations = [e for e in results.evaluations if e.faders]
    missing = [
        f"response: {e.name} has no faders" for e in results.evaluations if e not in evaluations
    ]
    if not evaluations:
        return [], missing
    faders = names_in(e.faders for e in evaluations)
    columns = min(COLUMNS, len(evaluations))
    bands = -(-len(evaluations) // columns)
    figure = style.figure(0.4 + 1.65 * len(faders) * bands)
    grid = figure.subplots(len(faders) * bands, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_visible(False)
    tops = {
        fader: _top([e.faders[fader] for e in evaluations if e.faders and fader in e.faders])
        for fader in faders
    }
    for index, evaluation in enumerate(evaluations):
        for row, fader in enumerate(faders):
            axes = grid[len(faders) * (index // columns) + row, index % columns]
            axes.set_visible(True)
            if row == 0:
                axes.set_title(evaluation.title.replace(" (", "\n("))
            if index % columns == 0:
                axes.set_ylabel(f"{fader} density played")
            if evaluation.faders and fader in evaluation.faders:
                _panel(axes, evaluation.faders[fader], tops[fader])
            axes.set_xlabel(f"{fader} density asked")
    figure.legend(handles=_legend(evaluations), loc="outside lower center", ncols=4)
    drawn = Drawn(
        "response",
        figure,
        "Density asked against density played: " + "; ".join(_words(e) for e in evaluations),
        f"{facts.counts(evaluations)} {facts.provenance(evaluations)}",
    )
    return [drawn], missing


def _top(faders: list[Response]) -> float:
    """End of both axes: all that is drawn lies below."""
    return 1.04 * max(
        max(*f.asked, *(f.measured_90 or []), *(m + s for m, s in _band(f)), 0) for f in faders
    )


def _band(fader: Response) -> list[tuple[float, float]]:
    return list(zip(fader.measured_mean, fader.measured_sd, strict=True))


def _panel(axes: Axes, fader: Response, top: float) -> None:
    axes.plot([0, top], [0, top], color=style.PAPERS, ls=(0, (4, 2)), lw=0.9, zorder=1)
    if fader.measured_10 and fader.measured_90:
        axes.fill_between(
            fader.asked, fader.measured_10, fader.measured_90, color=style.OURS, alpha=0.13, lw=0
        )
    low, high = ([m + sign * s for m, s in _band(fader)] for sign in (-1, 1))
    axes.fill_between(fader.asked, low, high, color=style.OURS, alpha=0.27, lw=0)
    axes.plot(fader.asked, fader.measured_mean, color=style.OURS, marker="o", ms=3, lw=1.4)
    axes.text(
        0.96, 0.05, f"mean error {fader.mean_absolute_error:.3f}", transform=axes.transAxes,
        ha="right", va="bottom", fontsize=7.5,
    )  # fmt: skip
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.locator_params(nbins=4)


def _legend(evaluations: list[Evaluation]) -> list[Artist]:
    handles: list[Artist] = [
        Line2D([], [], color=style.OURS, marker="o", ms=3, lw=1.4, label="mean"),
        Patch(color=style.OURS, alpha=0.35, lw=0, label="± 1 sd over segments"),
    ]
    if any(f.measured_10 for e in evaluations for f in present(e.faders).values()):
        handles.append(Patch(color=style.OURS, alpha=0.13, lw=0, label="four segments of five"))
    diagonal = Line2D([], [], color=style.PAPERS, ls=(0, (4, 2)), lw=0.9, label="played as asked")
    return [*handles, diagonal]


def _words(evaluation: Evaluation) -> str:
    errors = (
        f"{name} off by {fader.mean_absolute_error:.3f} on average"
        for name, fader in present(evaluation.faders).items()
    )
    return f"{evaluation.name}, {', '.join(errors)}"
