"""The two panels of the paper's Figure 6, and their relatives: heat maps and bars.

Drawn without pyplot, so in any thread. The heat map has one hue, dark for much, and prints its
counts; bars have one grey-safe colour: both can be read in grayscale. SVG texts are text, and all
style is in attributes, so that a page's content security policy cannot strip it.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from db.models import BEST, DIRECTIONS, SCALES, WORST
from survey.statistics import twoway
from survey.statistics.agreement import INTENDED, HeardRow, crosstab
from survey.statistics.crossed_design import crossed
from survey.statistics.estimate import CONSTANT, Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BAR = "#9dbfe0"  # light enough for black print, dark enough against white
DPI = 300
SETTINGS = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
MOST_TICKS = 20  # of a scale by whole numbers
NOTHING = "no answers yet"
_LOCK = threading.Lock()  # matplotlib's settings belong to the process

Draw = Callable[["Axes"], None]


def heatmap_svg(table: pd.DataFrame) -> str:
    """Heard against intended direction of the ratings so far, as SVG."""
    transfers = table[table["kind"] == "transfer"]
    rows = crosstab(transfers, transfers["intended"], INTENDED)
    if not any(row.n for row in rows):
        return svg("heatmap", _nothing, NOTHING)
    return svg("heatmap", heatmap(rows), heatmap_words(rows))


def mos_svg(table: pd.DataFrame) -> str:
    """Mean opinion scores of the ratings so far with two-way intervals, as SVG."""
    transfers = table[table["kind"] == "transfer"]
    means = {scale: twoway.mean(crossed(transfers, transfers[scale])) for scale in SCALES}
    if not any(mean.n for mean in means.values()):
        return svg("mos", _nothing, NOTHING)
    return svg("mos", bars(means), bars_words(means))


def heatmap(rows: Sequence[HeardRow], label: str = "actual change") -> Draw:
    """A heat map of what was heard, each row of shares adding up to 1, counts printed.

    Parameters
    ----------
    rows : sequence of HeardRow
    label : str
        What the rows are.
    """

    def draw(axes: Axes) -> None:
        shares = [[row.shares[word] or 0.0 for word in DIRECTIONS] for row in rows]
        axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1.5)
        for at, row in enumerate(rows):
            for place, word in enumerate(DIRECTIONS):
                share = row.shares[word]
                text = "–" if share is None else f"{share:.1%}"
                colour = "white" if (share or 0) > 0.55 else "black"
                axes.text(
                    place + 0.5,
                    at + 0.5,
                    f"{text}\n{row.counts[word]}",
                    ha="center",
                    va="center",
                    color=colour,
                )
        axes.invert_yaxis()
        axes.set_xticks([at + 0.5 for at in range(len(DIRECTIONS))], DIRECTIONS)
        axes.set_yticks(
            [at + 0.5 for at in range(len(rows))],
            [f"{row_name(row)}\nn = {row.n}" for row in rows],
        )
        axes.set_xlabel("annotated change of arousal")
        axes.set_ylabel("".join(filter(str.isprintable, label)), parse_math=False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)

    return draw


def bars(
    means: Mapping[str, Estimate],
    least: float = WORST,
    most: float = BEST,
    label: str = "mean opinion score",
) -> Draw:
    """Means on a scale with their 95 % intervals, where there are any.

    Bars stand on the scale's least, or on 0 where it is within.
    """
    ground = max(least, min(0, most)) if least < 0 else least
    span = (most - least) / (BEST - WORST)

    def draw(axes: Axes) -> None:
        bottom, top = float(least), float(most)
        for at, mean in enumerate(means.values()):
            if mean.value is None:
                height = ground + 0.05 * span
                axes.text(at, height, "no answers", ha="center", va="bottom", rotation=90)
                continue
            axes.bar(at, mean.value - ground, 0.62, ground, color=BAR, edgecolor="black", lw=0.6)
            axes.text(at, least + 0.08 * span, f"{mean.value:.2f}", ha="center")
            if mean.low is not None and mean.high is not None and mean.note != CONSTANT:
                reach = (mean.high - mean.low) / 2
                axes.errorbar(at, mean.value, reach, color="black", capsize=4, lw=1.2)
                bottom = min(bottom, mean.low - 0.1 * span)
                top = max(top, mean.high + 0.1 * span)
        counts = [f"{name}\nn = {mean.n}" for name, mean in means.items()]
        axes.set_xticks(range(len(means)), counts)
        if most - least <= MOST_TICKS:
            axes.set_yticks(range(int(least), int(most) + 1))
        axes.set_ylim(bottom, top)
        axes.set_xlim(-0.6, len(means) - 0.4)
        axes.set_ylabel(f"{label}, {least:g} to {most:g}".replace("-", "−"))
        axes.tick_params(axis="x", length=0)

    return draw


def heatmap_words(rows: Sequence[HeardRow]) -> str:
    """The heat map for somebody who does not see it."""
    parts = [
        f"{row_name(row)}: "
        + ", ".join(f"{row.counts[word]} of {row.n} heard {word}" for word in DIRECTIONS)
        for row in rows
    ]
    return "Annotated against actual change of arousal. " + "; ".join(parts) + "."


def bars_words(means: Mapping[str, Estimate], label: str = "Mean opinion scores") -> str:
    """The bars for somebody who does not see them."""
    parts = []
    for name, mean in means.items():
        if mean.value is None:
            parts.append(f"{name} no answers")
        elif mean.low is None or mean.note == CONSTANT:
            parts.append(f"{name} {mean.value:.2f}")
        else:
            parts.append(f"{name} {mean.value:.2f} ({mean.low:.2f} to {mean.high:.2f})")
    return f"{label} with 95 % intervals: {', '.join(parts)}."


def row_name(row: HeardRow) -> str:
    """How a row of a heat map is called: a word, a signed strength, or a range of changes."""
    name = row.row
    if isinstance(name, str):
        return name
    if isinstance(name, list):
        return " to ".join(dict.fromkeys(_signed(end) for end in name))
    return _signed(name)


def _signed(number: float) -> str:
    return f"{number:+.3g}" if number else "0"


def svg(name: str, draw: Draw, words: str, rows: int = 2) -> str:
    """A figure as SVG; `name` begins the ids in it, `words` say what it shows."""
    raw = _saved(name, draw, rows, "svg", {"Date": None, "Creator": None}).decode()
    raw = raw[raw.index("<svg ") :]
    raw = re.sub(r"<metadata>.*?</metadata>", "", raw, flags=re.DOTALL)
    raw = re.sub(r"<style[^>]*>.*?</style>", "", raw, flags=re.DOTALL)
    raw = re.sub(r' style="([^"]*)"', lambda match: _attributes(match[1]), raw)
    raw = re.sub(r' id="', f' id="{name}-', raw)
    raw = re.sub(r'href="#', f'href="#{name}-', raw)
    raw = raw.replace("url(#", f"url(#{name}-")
    label = words.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return raw.replace(
        "<svg ",
        f'<svg role="img" aria-label="{label}" stroke-linejoin="round" stroke-linecap="butt" ',
        1,
    )


def png(name: str, draw: Draw, rows: int = 2) -> bytes:
    """A figure as PNG, 300 dots per inch."""
    return _saved(name, draw, rows, "png", {"Software": None})


def _saved(name: str, draw: Draw, rows: int, form: str, metadata: dict[str, None]) -> bytes:
    import matplotlib
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {**SETTINGS, "svg.hashsalt": name}
    with _LOCK, matplotlib.rc_context(settings):
        figure: Figure = Figure(
            figsize=(3.5, 2.6 + 0.4 * max(0, rows - 2)), layout="constrained", facecolor="white"
        )
        draw(figure.add_subplot())
        stream = io.BytesIO()
        figure.savefig(stream, format=form, dpi=DPI, metadata=metadata)
    return stream.getvalue()


def _attributes(style: str) -> str:
    attributes = ""
    for part in filter(None, (part.strip() for part in style.split(";"))):
        key, value = (half.strip() for half in part.split(":", 1))
        if key == "font":
            font = re.match(r"(?:\w+ )*?([\d.]+px) (.*)", value)
            if font is None:
                raise ValueError(f"a font without size or family: {value}")
            size, family = font.groups()
            attributes += f' font-size="{size}" font-family="{family}"'
        else:
            attributes += f' {key}="{value}"'
    return attributes


def _nothing(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, NOTHING, ha="center", va="center", transform=axes.transAxes)
