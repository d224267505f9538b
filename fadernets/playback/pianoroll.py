"""Piano rolls: notes over time as data for a canvas and as a static SVG picture.

Notes are drawn as heard: lengthened by the sustain pedal, with their velocity as shade.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict
from xml.sax.saxutils import escape

import numpy as np

from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes
from fadernets.music.piece import Piece

KEPT, ADDED, REMOVED = "kept", "added", "removed"
MARKS = (KEPT, ADDED, REMOVED)

# Softest and loudest colour of each mark. The softest has a contrast of 3:1 on white (WCAG 1.4.11).
SHADES = {
    KEPT: ((0x5B, 0x8D, 0xC4), (0x0B, 0x2E, 0x59)),
    ADDED: ((0x3C, 0x98, 0x6B), (0x08, 0x48, 0x2B)),
    REMOVED: ((0xD0, 0x75, 0x3F), (0x8A, 0x2A, 0x06)),
}
OUTLINES = {
    KEPT: "",
    ADDED: ' stroke="#000" stroke-width="1.5"',
    REMOVED: ' stroke="#000" stroke-dasharray="2 2"',
}
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LEFT, BOTTOM = 30, 18  # pixels for pitch names and seconds
GAP = 0.8  # pixels between a note and the same one struck again as it ends
CLOSEST = 6  # pixels between neighbouring lines of the grid


class Roll(TypedDict):
    """A piece as JSON-able data for drawing; times in seconds."""

    notes: list[list[float]]  # [onset, offset, MIDI pitch, MIDI velocity], by onset
    beats: list[float]  # every quarter note
    bars: list[float]  # every bar line
    length_s: float
    pitches: list[int]  # lowest and highest present; the piano's if there are no notes
    pedal: list[list[float]]  # [down, up] of the sustain pedal


def roll(piece: Piece) -> Roll:
    """A piece as data for drawing."""
    notes = piece.sounding
    onset, offset = _seconds(piece, notes.onset), _seconds(piece, notes.offset)
    rows = zip(onset, offset, notes.pitch.tolist(), notes.velocity.tolist(), strict=True)
    return {
        "notes": [list(row) for row in rows],
        "beats": _seconds(piece, np.arange(np.ceil(piece.length))),
        "bars": _seconds(piece, _bars(piece)),
        "length_s": round(piece.duration, 4),
        "pitches": _range(notes),
        "pedal": np.round(piece.seconds(piece.pedal), 4).tolist(),
    }


def svg(
    piece: Piece, width: int = 800, height: int = 240, marks: Sequence[str] | None = None
) -> str:
    """A static picture of a piece, a whole SVG document.

    The darker a note, the higher its velocity. Lines mark the beats, heavier ones the bars; lines
    that would stand closer than `CLOSEST` pixels are left out. Added notes have a heavy outline
    and removed ones a dashed outline, so that colour alone shows no difference.

    Parameters
    ----------
    piece : Piece
    width, height : int
        Pixels, 100 and 60 at least.
    marks : sequence of "kept", "added" or "removed", optional
        One for each note, in the order of `roll`.

    Raises
    ------
    ValueError
        If the size is too small, or marks are unknown or not as many as notes.
    """
    if width < 100 or height < 60:
        raise ValueError(f"size {width} x {height} is smaller than 100 x 60 pixels")
    drawn = roll(piece)
    marks = [KEPT] * len(drawn["notes"]) if marks is None else list(marks)
    if len(marks) != len(drawn["notes"]):
        raise ValueError(f"{len(marks)} marks for {len(drawn['notes'])} notes")
    unknown = set(marks) - set(MARKS)
    if unknown:
        raise ValueError(f"mark {sorted(unknown)[0]!r} is not one of {', '.join(MARKS)}")
    low, high = drawn["pitches"]
    low, high = low - 1, max(high + 2, low + 12)  # a free row on either side, an octave at least
    row = (height - BOTTOM) / (high - low)
    column = (width - LEFT) / max(drawn["length_s"], 1e-3)
    title = escape(f"Piano roll of {piece.name}" if piece.name else "Piano roll")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" font-family="sans-serif" font-size="10">',
        f"<title>{title}</title>",
        f"<desc>{escape(_description(drawn, marks))}</desc>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_grid(drawn, column, height - BOTTOM),
        *_pitch_names(low, high, row, width),
        *_seconds_axis(drawn["length_s"], column, height),
        *_bricks(drawn["notes"], marks, (column, row, high)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _seconds(piece: Piece, beats: np.ndarray) -> list[float]:
    return np.round(piece.seconds(beats), 4).tolist()


def _bars(piece: Piece) -> np.ndarray:
    """Beats of the bar lines before the end of the piece; a change of meter begins a bar."""
    starts = piece.meter[:, 0]
    ends = np.append(starts[1:], piece.length)
    lengths = 4 * piece.meter[:, 1] / piece.meter[:, 2]
    bars = [np.arange(*row) for row in zip(starts, ends, lengths, strict=True)]
    lines = np.concatenate(bars)
    return lines[lines < piece.length]


def _range(notes: Notes) -> list[int]:
    if not len(notes):
        return [LOWEST_PITCH, HIGHEST_PITCH]
    return [int(notes.pitch.min()), int(notes.pitch.max())]


def _description(drawn: Roll, marks: list[str]) -> str:
    count, length = len(drawn["notes"]), drawn["length_s"]
    if not count:
        return f"No notes in {length:.1f} seconds."
    low, high = (pitch_name(pitch) for pitch in drawn["pitches"])
    text = f"{count} notes from {low} to {high} in {length:.1f} seconds. Darker is louder."
    if ADDED in marks or REMOVED in marks:
        text += " " + ", ".join(f"{marks.count(mark)} {mark}" for mark in MARKS) + "."
    return text


def _grid(drawn: Roll, column: float, bottom: int) -> list[str]:
    lines = []
    for name, times, colour in (
        ("beats", drawn["beats"], "#e4e4e4"),
        ("bars", drawn["bars"], "#aaa"),
    ):
        if column * drawn["length_s"] < CLOSEST * len(times):
            continue
        path = "".join(f"M{LEFT + column * t:.2f} 0V{bottom}" for t in times)
        lines.append(f'<path class="{name}" d="{path}" stroke="{colour}"/>')
    return lines


def _pitch_names(low: int, high: int, row: float, width: int) -> list[str]:
    """A line and a name at every C."""
    names = []
    for pitch in range(-(-low // 12) * 12, high, 12):
        y = (high - pitch) * row
        names.append(
            f'<path d="M{LEFT} {y:.2f}H{width}" stroke="#e4e4e4"/>'
            f'<text x="{LEFT - 4}" y="{max(y - row / 2 + 4, 9):.2f}" text-anchor="end" fill="#555">'
            f"{pitch_name(pitch)}</text>"
        )
    return names


def _seconds_axis(length: float, column: float, height: int) -> list[str]:
    """Numbers of seconds along the bottom, 40 pixels apart at least."""
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
    step = next((step for step in steps if step * column >= 40), steps[-1])
    last = max(length - 30 / column, 0)  # its number would be cut off
    return [
        f'<text x="{LEFT + column * t:.2f}" y="{height - 5}" fill="#555">{t} s</text>'
        for t in range(0, int(last) + 1, step)
    ]


def _bricks(notes: list[list[Any]], marks: list[str], scale: tuple[float, float, int]) -> list[str]:
    column, row, high = scale  # pixels a second, pixels a semitone, pitch at the top
    bricks = []
    for (onset, offset, pitch, velocity), mark in zip(notes, marks, strict=True):
        x, y = LEFT + column * onset, (high - pitch - 1) * row
        bricks.append(
            f'<rect class="{mark}" x="{x:.2f}" y="{y:.2f}" '
            f'width="{max(column * (offset - onset) - GAP, 1):.2f}" height="{row:.2f}" '
            f'fill="{_shade(velocity, mark)}"{OUTLINES[mark]}/>'
        )
    return bricks


def _shade(velocity: int, mark: str) -> str:
    soft, loud = SHADES[mark]
    share = (velocity - 1) / 126
    return "#" + "".join(
        f"{round(s + (v - s) * share):02x}" for s, v in zip(soft, loud, strict=True)
    )


def pitch_name(pitch: int) -> str:
    """The name of a MIDI pitch, 60 being C4."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"
