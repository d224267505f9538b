"""Whether the values an event was given suit its components, and a sentence where one does not.

Gradio's own errors repeat what was sent, or are those of a library; these name the component and
say what it takes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from fadernets.curve import is_curve_text

LARGEST_REPEATED = 10**15  # whole number that a sentence repeats
PLAIN = re.compile("[A-Za-z0-9 .-]{1,30}")  # text that a sentence may repeat


def problem(components: Sequence[Any], values: Sequence[Any]) -> str | None:
    """What is wrong with an event's values, as HTML text; None if nothing is.

    Parameters
    ----------
    components : sequence of gradio components
        An event's inputs. Those of other kinds than number, choice, text and file take anything.
    values : sequence of plain data
        One for each.
    """
    if len(values) != len(components):
        names = ", ".join(str(component.label) for component in components)
        sentence = f"{len(components)} values are wanted, {len(values)} came: {names}."
        return escape(sentence, quote=False)
    for component, value in zip(components, values, strict=True):
        requirement = _wanted(component, value)
        if requirement is not None:
            name = str(component.label)
            text = f"{value!r} " if _is_plain(value) else ""
            return escape(f"{name[:1].upper()}{name[1:]} {text}is not {requirement}.", quote=False)
    return None


def completed(components: Sequence[Any], values: list[Any]) -> list[Any]:
    """Values with None for the last texts, curves and yes-or-nos left out.

    Programs of before these came do not send them.
    """
    missing = components[len(values) :]
    may_lack = all(
        isinstance(component, gr.Textbox | gr.JSON | gr.Checkbox) for component in missing
    )
    return [*values, *[None] * len(missing)] if may_lack else values


def _is_plain(value: Any) -> bool:
    """Whether a value may stand in a sentence: a number, or a word or two; no path, no markup."""
    if isinstance(value, int):
        return abs(value) < LARGEST_REPEATED
    return isinstance(value, float) or (isinstance(value, str) and bool(PLAIN.fullmatch(value)))


def _wanted(component: Any, value: Any) -> str | None:
    """What a component takes, if the value is nothing of the kind."""
    if value is None:
        return "a number" if isinstance(component, gr.Slider) else None
    if isinstance(component, gr.Number | gr.Slider):
        return _number_wanted(component, value)
    if isinstance(component, gr.JSON):  # of a fader or a strength
        fits = isinstance(value, list | dict) or _is_number(value) or is_curve_text(value)
        return None if fits else "a number or a curve"
    if isinstance(component, gr.Radio):
        choices = [key for _, key in component.choices]
        fits = isinstance(value, str | int | float) and value in choices
        return None if fits else f"one of {', '.join(map(str, choices))}"
    if isinstance(component, gr.Textbox):
        example = f" such as {component.placeholder}" if component.placeholder else ""
        return None if isinstance(value, str) else f"a text{example}"
    if isinstance(component, gr.File | gr.UploadButton):
        fits = isinstance(value, dict) and isinstance(value.get("path"), str)
        return None if fits else "a file that was uploaded"
    return None


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and not (isinstance(value, float) and not math.isfinite(value))


def _number_wanted(component: Any, value: Any) -> str | None:
    if not _is_number(value):
        return "a number"
    if component.precision == 0 and value != int(value):
        return "a whole number"
    low, high = component.minimum, component.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        return f"a number from {low:g} to {high:g}"
    return None
