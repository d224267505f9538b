"""The files that a browser gets."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
# Rolls, what of them is in sight, their sound, and what a visitor does with both: a page that makes
# more of them takes these and the style, and starts them itself.
PARTS = ("roll", "roll_view", "pace", "player", "stage")
COMPONENT = (*PARTS, "tones", "piano_roll")  # with what makes them a component
STYLE = FOLDER / "piano_roll.css"


def script(name: str) -> str:
    """One of the scripts."""
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
