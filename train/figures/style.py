"""How figures look, and how they are written: the same bytes for the same results.

Colours are of Okabe and Ito's palette and of cividis, which people who do not tell red from green
tell apart; whatever has a colour has a shape, a place or a word of its own too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

WIDTH = 8.0  # inches; a README shows about a hundred pixels of each
DPI = 200
SETTINGS: dict[str, Any] = {
    "svg.fonttype": "path",  # a page that shows an SVG as an image brings no font of ours
    "svg.hashsalt": "fadernets",
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#777777",
    "axes.linewidth": 0.7,
    "axes.grid": False,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "legend.frameon": False,
    "legend.fontsize": 8,
}
OURS, PAPERS, GOAL = "#0072B2", "#767676", "#D55E00"
LOW, HIGH, UNRATED = "#0072B2", "#D55E00", "#cccccc"
LOW_MARK, HIGH_MARK = "o", "^"
SCALE = "cividis"
LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A4A1E", "#000000")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "h")


@dataclass(frozen=True)
class Drawn:
    """A figure to be written.

    Attributes
    ----------
    name : str
        Of its files.
    figure : Figure
    words : str
        What it shows, for somebody who does not see it.
    facts : str
        Numbers of segments, seeds, checkpoints: what its caption has to say beside the prose.
    """

    name: str
    figure: Figure
    words: str
    facts: str


@contextmanager
def settings() -> Iterator[None]:
    """Matplotlib with the look of these figures, for as long as they are drawn and written."""
    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]  # lists every key
        yield


def figure(height: float) -> Figure:
    """An empty figure, `WIDTH` inches wide."""
    return Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")


def image(drawn: Drawn, form: str) -> bytes:
    """A figure as "svg" or "png"."""
    metadata: dict[str, str | None] = {"Title": drawn.words}
    metadata |= {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    stream = io.BytesIO()
    drawn.figure.savefig(stream, format=form, dpi=DPI, metadata=metadata)
    return stream.getvalue()


def write(drawn: Drawn, folder: Path) -> list[Path]:
    """Write a figure as SVG and PNG; returns the paths."""
    paths = []
    for form in ("svg", "png"):
        path = folder / f"{drawn.name}.{form}"
        path.write_bytes(image(drawn, form))
        paths.append(path)
    return paths


def line(number: int) -> dict[str, str]:
    """Colour and mark of the n-th of many lines; no two of the first 77 are alike."""
    return {"color": LINES[number % len(LINES)], "marker": MARKS[number % len(MARKS)]}
