"""The page's workbench: its HTML, with a fader for every attribute that the model has one of."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from fadernets.music.attributes import ATTRIBUTES, Words, title

ASSETS = Path(__file__).parent / "assets"
PLACE = "    <!-- faders -->\n"
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six")


def workbench(names: Sequence[str]) -> str:
    """The workbench with these faders, from left to right."""
    page = (ASSETS / "workbench.html").read_text(encoding="utf-8")
    fader = Template((ASSETS / "fader.html").read_text(encoding="utf-8"))
    return page.replace(PLACE, "".join(fader.substitute(_texts(name)) for name in names))


def _texts(name: str) -> dict[str, str]:
    """What a fader's HTML says."""
    words = ATTRIBUTES[name].words if name in ATTRIBUTES else Words()
    low, high = words.ends
    texts = {
        "name": name,
        "title": title(name),
        "subject": words.subject or name.capitalize(),
        "low": low,
        "high": high,
        "hint": words.hint,
    }
    return {key: escape(text) for key, text in texts.items()}


def counted(names: Sequence[str]) -> str:
    """How many faders there are, to begin a sentence: "Two faders"."""
    number = NUMBERS[len(names)] if len(names) < len(NUMBERS) else str(len(names))
    return f"{number} fader{'s' * (len(names) != 1)}"
