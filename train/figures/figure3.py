"""Figure 3: maps of each code, coloured by density, by z^d and by arousal (paper 5.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from scipy import stats

from train.figures import facts, style
from train.figures.style import Drawn
from train.reporting.reading import ResultFiles
from train.reporting.results.latent import Latent, Map
from train.reporting.results.part import present

SIZE = 9  # of a dot, square points
HEADS = ("density", "$z^d$", "P(high arousal), inferred", "arousal, as rated")


def draw(results: ResultFiles) -> tuple[list[Drawn], list[str]]:
    """A figure of every model whose codes have both a fader and a mixture."""
    drawn, missing = [], []
    for latent in results.latents:
        if latent.mixed is None:
            missing.append(f"figure 3: {latent.name} has no map of mixed segments")
        elif not panels(latent):
            missing.append(f"figure 3: {latent.name} has no code with a fader and a mixture")
        else:
            drawn.append(_figure(latent))
    return drawn, missing if results.latents else ["figure 3: no results of train.latent"]


def panels(latent: Latent) -> list[tuple[str, str, Map]]:
    """Rows of the figure: code, attribute whose fader it holds, map."""
    mixed = present(latent.mixed)
    return [
        (code, attribute, places)
        for code, places in mixed.codes.items()
        for attribute in places.zd
        if places.high is not None and attribute in mixed.density
    ]


def _figure(latent: Latent) -> Drawn:
    lines, mixed = panels(latent), present(latent.mixed)
    figure = style.figure(0.4 + 2.15 * len(lines))
    grid = figure.subplots(len(lines), len(HEADS), squeeze=False)
    rated = np.array(mixed.arousal)
    for row, (code, attribute, places) in enumerate(lines):
        density = mixed.density[attribute]
        _scatter(figure, grid[row, 0], places, density)
        _scatter(figure, grid[row, 1], places, places.zd[attribute])
        _scatter(figure, grid[row, 2], places, present(places.high), 0, 1)
        sides(grid[row, 3], np.array(places.x), np.array(places.y), rated)
        grid[row, 0].set_ylabel(f"{code} code", fontweight="bold", labelpad=6)
    for axes, head in zip(grid[0], HEADS, strict=True):
        axes.set_title(head)
    legend(figure, rated)
    return Drawn(
        f"figure3-{latent.name}",
        figure,
        f"Maps of the codes of {mixed.segments} unseen segments by {latent.name}, coloured by "
        "density, z^d and arousal",
        f"{mixed.segments} segments of {mixed.pieces} pieces, {int((rated >= 0).sum())} of them "
        f"rated; {latent.name} saw none of these segments; "
        f"t-SNE with perplexity {latent.perplexity:g}. "
        f"Rank correlation of density and z^d: {followed(latent)}. "
        f"{facts.provenance([latent])}",
    )


def followed(latent: Latent) -> str:
    """How well z^d ranks segments by density, attribute by attribute."""
    density = present(latent.mixed).density
    ranks = (
        (attribute, stats.spearmanr(places.zd[attribute], density[attribute]))
        for _, attribute, places in panels(latent)
    )
    return ", ".join(f"{attribute} {rank.statistic:.2f}" for attribute, rank in ranks)


def sides(axes: Axes, x: np.ndarray, y: np.ndarray, rated: np.ndarray, size: float = SIZE) -> None:
    """Dots by rating: low, high or none."""
    kinds = (
        (-1, style.UNRATED, ".", 0.6),
        (0, style.LOW, style.LOW_MARK, 1.0),
        (1, style.HIGH, style.HIGH_MARK, 1.0),
    )
    for side, colour, mark, share in kinds:
        part = rated == side
        axes.scatter(
            x[part], y[part], size * share, color=colour, marker=mark, lw=0, alpha=0.85,
            rasterized=True,
        )  # fmt: skip
    bare(axes)


def bare(axes: Axes) -> None:
    """A map has no scale: t-SNE keeps neighbours, not distances."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.04)
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#cccccc")


def legend(figure: Figure, rated: np.ndarray) -> None:
    """What the dots of `sides` are."""
    dot: dict[str, Any] = {"ls": "", "ms": 4, "mew": 0}
    handles = [
        Line2D([], [], marker=style.LOW_MARK, color=style.LOW, label="rated low", **dot),
        Line2D([], [], marker=style.HIGH_MARK, color=style.HIGH, label="rated high", **dot),
    ]
    if (rated < 0).any():
        label = "not rated"
        handles.append(Line2D([], [], marker="o", color=style.UNRATED, label=label, **dot))
    figure.legend(handles=handles, loc="outside lower right", ncols=3)


def _scatter(
    figure: Figure,
    axes: Axes,
    places: Map,
    values: list[float],
    low: float | None = None,
    high: float | None = None,
) -> None:
    """Dots coloured by a value, its outermost percents in the end colours."""
    if low is None:
        low, high = np.percentile(values, (1, 99))
    dots = axes.scatter(
        places.x, places.y, SIZE, c=values, cmap=style.SCALE, vmin=low, vmax=high, lw=0,
        rasterized=True,
    )  # fmt: skip
    bar = figure.colorbar(dots, ax=axes, location="bottom", fraction=0.05, pad=0.02, aspect=28)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7, length=2)
    bar.locator = MaxNLocator(4)
    bar.update_ticks()
    bare(axes)
