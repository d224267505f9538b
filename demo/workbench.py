"""The page's workbench: its HTML, with faders of the model's attributes and of expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template

from fadernets.expression.registry import EXPRESSIONS
from fadernets.lock_words import HANDS, NAMES
from fadernets.music.attributes import ATTRIBUTES, Words, title

ASSETS = Path(__file__).parent / "assets"
PLACE = "    <!-- faders -->\n"
EXPRESSIONS_PLACE = "    <!-- expressions -->\n"
LOCKS_PLACE = "        <!-- locks -->\n"
LOCK_HINTS = (  # of `NAMES`
    "The top voice",
    "The lowest voice",
    "What the left hand plays, by the file's two tracks or as far as notes tell",
    "What the right hand plays, likewise",
    "Notes begin where they begin now, and nowhere else",
    "No key is struck that a bar has not",
    "Arousal makes nothing slower or faster",
)
# Kinds of faders: a density's ends are read, a factor's are pressed as well.
DENSITY = {
    "kind": "fn-density",
    "step": "0.01",
    "described": ' aria-describedby="fn-$name-help"',
    "ends": '<p class="fn-ends" id="fn-$name-help"><span>$low</span><span>$high</span></p>',
}
FACTOR = {
    "kind": "fn-factor",
    "step": "0.05",
    "described": "",
    "ends": '<p class="fn-ends"><button type="button" data-to="-1" aria-label="$subject: $low">$low'
    '</button><button type="button" data-to="1" aria-label="$subject: $high">$high</button></p>',
}
NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six")


def workbench(names: Sequence[str]) -> str:
    """The workbench with these faders, and below them all of expression."""
    page = (ASSETS / "workbench.html").read_text(encoding="utf-8")
    words = {name: ATTRIBUTES[name].words if name in ATTRIBUTES else Words() for name in names}
    expressions = {name: expression.words for name, expression in EXPRESSIONS.items()}
    page = page.replace(PLACE, _faders(DENSITY, words))
    page = page.replace(EXPRESSIONS_PLACE, _faders(FACTOR, expressions))
    return page.replace(LOCKS_PLACE, "".join(map(_lock, NAMES, LOCK_HINTS)))


def _lock(name: str, hint: str) -> str:
    """The tick of a lock."""
    label = f"{name.capitalize()}{' hand' * (name in HANDS)}"
    return (
        f'        <li><label class="fn-check" title="{hint}"><input type="checkbox" name="fn-lock" '
        f'value="{name}"><span>{label}</span></label></li>\n'
    )


def _faders(kind: Mapping[str, str], all_words: Mapping[str, Words]) -> str:
    """Faders of one kind."""
    text = Template((ASSETS / "fader.html").read_text(encoding="utf-8")).safe_substitute(kind)
    fader = Template(text)
    return "".join(fader.substitute(_texts(name, words)) for name, words in all_words.items())


def _texts(name: str, words: Words) -> dict[str, str]:
    """What a fader's HTML says."""
    low, high = words.ends
    texts = {
        "name": name,
        "title": words.title or title(name),
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
