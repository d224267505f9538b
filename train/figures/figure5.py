"""Figure 5: piano rolls of what a model does to a piece, the original above the result."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from fadernets.playback.pianoroll import ADDED, KEPT, REMOVED, SHADES
from train.figures import facts, style
from train.figures.style import Drawn
from train.reporting.reading import ResultFiles
from train.reporting.results.transfers import MarkedNotes, TransferExample, Transfers

COLUMNS = 2
LOOKS: dict[str, dict[str, Any]] = {  # as on the demo's page: no mark is told by colour alone
    KEPT: {"lw": 0, "edgecolor": "none"},
    ADDED: {"lw": 0.9, "edgecolor": "black"},
    REMOVED: {"lw": 0.7, "edgecolor": "black", "ls": (0, (2, 1.5))},
}
WORDS = {KEPT: "kept", ADDED: "new", REMOVED: "gone"}
GAP = 0.012  # share of the width between a note and the same one struck again


def draw(results: ResultFiles) -> tuple[list[Drawn], list[str]]:
    """A figure a model."""
    if not results.transfers:
        return [], ["figure 5: no results of train.transfers"]
    drawable = [t for t in results.transfers if t.examples]
    missing = [
        f"figure 5: {t.name} has no examples" for t in results.transfers if t not in drawable
    ]
    return [_figure(t) for t in drawable], missing


def _figure(transfers: Transfers) -> Drawn:
    examples = transfers.examples
    blocks = -(-len(examples) // COLUMNS)
    figure = style.figure(0.35 + 3.3 * blocks)
    for index, part in enumerate(figure.subfigures(blocks, COLUMNS, squeeze=False).flat):
        if index < len(examples):
            _block(part.subplots(2, 1, sharex=True, sharey=True), examples[index])
    handles = [Patch(facecolor=colour(mark), label=WORDS[mark], **LOOKS[mark]) for mark in LOOKS]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return Drawn(
        f"figure5-{transfers.name}",
        figure,
        f"Piano rolls of {transfers.name}: "
        + "; ".join(f"{e.piece} to {e.move}: {changes(e)}" for e in examples),
        f"Segments {_segments(examples)} of each piece, {transfers.decoding} decoding. A note is "
        "kept if the other roll has its pitch within 50 ms. " + facts.provenance([transfers]),
    )


def _segments(examples: list[TransferExample]) -> str:
    spans = {f"{e.first_segment + 1} to {e.first_segment + e.segments}" for e in examples}
    return ", ".join(sorted(spans))


def _block(pair: list[Axes], example: TransferExample) -> None:
    """Original above result."""
    drawing = example.drawing
    low, high = drawing.pitches
    rolls = ((pair[0], drawing.original, example.before), (pair[1], drawing.result, example.after))
    for axes, roll, densities in rolls:
        _roll(axes, roll, drawing.length_s)
        measured = ", ".join(f"{name} {value:.2f}" for name, value in densities.items())
        axes.set_title(measured, loc="right", fontsize=7.5, fontweight="normal", pad=3)
    pair[0].set_ylim(low - 1.5, high + 1.5)
    pair[0].set_xlim(0, drawing.length_s)
    octaves = [p for p in range(0, 128, 12) if low - 1 <= p <= high + 1]
    pair[0].set_yticks(octaves, [f"C{p // 12 - 1}" for p in octaves])
    pair[0].set_title("original", loc="left", fontsize=7.5, fontweight="normal", pad=3)
    pair[1].set_title(example.move, loc="left", fontsize=7.5, pad=3)
    pair[1].set_xlabel("seconds")
    pair[0].figure.suptitle(example.piece, fontsize=8.5, fontweight="bold")


def _roll(axes: Axes, roll: MarkedNotes, length: float) -> None:
    axes.vlines(roll.beats, 0, 1, transform=axes.get_xaxis_transform(), color="#e8e8e8", lw=0.6)
    axes.vlines(roll.bars, 0, 1, transform=axes.get_xaxis_transform(), color="#b0b0b0", lw=0.8)
    for (onset, offset, pitch, _), mark in zip(roll.notes, roll.marks, strict=True):
        width = max(offset - onset - GAP * length / 4, length / 400)
        brick = Rectangle((onset, pitch - 0.45), width, 0.9, facecolor=colour(mark), **LOOKS[mark])
        brick.set_gid(mark)
        axes.add_patch(brick)
    axes.tick_params(length=2)


def colour(mark: str) -> tuple[float, float, float]:
    """Between the softest and the loudest shade of the demo's rolls."""
    red, green, blue = (
        (2 * soft + loud) / 3 / 255 for soft, loud in zip(*SHADES[mark], strict=True)
    )
    return red, green, blue


def changes(example: TransferExample) -> str:
    """How many notes are kept, new and gone."""
    original: list[str] = [*example.drawing.original.marks]
    result: list[str] = [*example.drawing.result.marks]
    return (
        f"{original.count(KEPT)} notes kept, {result.count(ADDED)} new, "
        f"{original.count(REMOVED)} gone"
    )
