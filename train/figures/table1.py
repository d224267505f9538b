"""Table 1 as a picture: every model's six scores, the paper's and ours, and the goal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from train.figures import facts, style
from train.figures.style import Drawn
from train.reporting.comparison import is_complete, score
from train.reporting.paper import COLUMNS, GOAL, PAPER
from train.reporting.reading import ResultFiles
from train.reporting.results.evaluation import Evaluation
from train.reporting.results.part import present

Row = tuple[str, str | None, Evaluation | None]  # label, model of the paper, model of ours
SHAPES = {"z": "o", "fader": "D"}  # what the sweep asks for


def draw(results: ResultFiles) -> tuple[list[Drawn], list[str]]:
    """The figure, and a line for every model without a table."""
    complete = [e for e in results.evaluations if is_complete(e)]
    incomplete = [e.name for e in results.evaluations if e not in complete]
    missing = [f"table1: {name} has no Table 1 (--runs)" for name in incomplete]
    if not complete:
        return [], missing or ["table1: no results of train.evaluate"]
    lines = rows(complete)
    figure = style.figure(1.3 + 2 * (0.42 + 0.21 * len(lines)))
    grid = figure.subplots(2, 3, sharex=True, sharey=True)
    for column, (measure, fader) in enumerate(COLUMNS):
        _panel(grid[column % 2, column // 2], lines, column)
        grid[column % 2, column // 2].set_title(f"{measure}, {fader}")
    figure.legend(handles=_legend(), loc="outside lower center", ncols=5)
    protocol = [present(e.table).protocol for e in complete]
    runs = sorted(
        {f"{p.runs} runs of {p.segments} segments at {p.values} values" for p in protocol}
    )
    drawn = Drawn(
        "table1",
        figure,
        "Scores of Table 1: " + "; ".join(_words(e) for e in complete),
        f"{'; '.join(runs)}, drawn by seed "
        f"{', '.join(sorted({str(p.seed) for p in protocol}))}; bars are the sd over runs, mostly "
        f"within the dot. {facts.provenance(complete)}",
    )
    return [drawn], missing


def rows(evaluations: Sequence[Evaluation]) -> list[Row]:
    """From top to bottom: the paper's models, each with ours of its kind, then further ones."""
    lines: list[Row] = []
    for name in PAPER:
        of_row = [e for e in evaluations if e.of_paper == name]
        lines += [(e.title, name, e) for e in of_row] or [(name, name, None)]
    return lines + [(e.title, None, e) for e in evaluations if e.of_paper not in PAPER]


def _panel(axes: Axes, lines: Sequence[Row], column: int) -> None:
    axes.axvline(GOAL, color=style.GOAL, ls=(0, (4, 2)), lw=1, zorder=1, gid="goal")
    for row, (_, paper, evaluation) in enumerate(lines):
        axes.axhline(row, color="#eeeeee", lw=0.7, zorder=0)
        if paper:
            axes.plot(
                PAPER[paper][column], row, "o", mfc="white", mec=style.PAPERS, ms=5.5, mew=1.3
            )
        if evaluation:
            mean, sd = score(evaluation, column)
            shape = SHAPES.get(present(evaluation.table).protocol.scale, "o")
            axes.errorbar(mean, row, xerr=sd, fmt=shape, color=style.OURS, ms=5, lw=1.2, zorder=4)
        if paper and evaluation:
            ends = [PAPER[paper][column], score(evaluation, column)[0]]
            axes.plot(ends, [row, row], color="#b8b8b8", lw=1.2, zorder=1.5)
    axes.set_yticks(range(len(lines)), [label for label, *_ in lines])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    lowest = min(
        [
            score(evaluation, c)[0]
            for _, _, evaluation in lines
            if evaluation
            for c in range(len(COLUMNS))
        ],
        default=0,
    )
    axes.set_xlim(min(0, lowest - 0.06), 1.04)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])


def _legend() -> list[Line2D]:
    dot: dict[str, Any] = {"color": style.OURS, "ls": "", "ms": 5}
    return [
        Line2D([], [], marker="o", ls="", mfc="white", mec=style.PAPERS, ms=5.5, label="paper"),
        Line2D([], [], marker="o", label="ours, swept in $z^d$ as the paper's", **dot),
        Line2D([], [], marker="D", label="ours, swept in asked density", **dot),
        Line2D([], [], color=style.GOAL, ls=(0, (4, 2)), lw=1, label=f"goal, {GOAL:.2f}"),
    ]


def _words(evaluation: Evaluation) -> str:
    scores = ", ".join(f"{score(evaluation, c)[0]:.2f}" for c in range(len(COLUMNS)))
    return f"{evaluation.name} {scores}"
