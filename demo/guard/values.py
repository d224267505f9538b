"""Whether the values an event was given suit its components, and a sentence where one does not.

Gradio's own errors repeat what was sent, or are those of a library; these name the component and
say what it takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

SHOWN = 40  # characters of a value that are repeated


def problem(components: Sequence[Any], values: Sequence[Any]) -> str | None:
    """What is wrong with an event's values, as HTML text; None if nothing is.

    Parameters
    ----------
    components : sequence of gradio components
        An event's inputs. Those of other kinds than number, choice and file take anything.
    values : sequence of plain data
        One for each.
    """
    if len(values) != len(components):
        names = ", ".join(str(component.label) for component in components)
        sentence = f"{len(components)} values are wanted, {len(values)} came: {names}."
        return escape(sentence, quote=False)
    for component, value in zip(components, values, strict=True):
        wanted = _wanted(component, value)
        if wanted is not None:
            name, shown = str(component.label), repr(value)
            shown = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 3]}..."
            sentence = f"{name[:1].upper()}{name[1:]} {shown} is not {wanted}."
            return escape(sentence, quote=False)
    return None


def _wanted(component: Any, value: Any) -> str | None:
    """What a component takes, if the value is nothing of the kind."""
    if value is None:
        return None
    if isinstance(component, gr.Number | gr.Slider):
        return _number_wanted(component, value)
    if isinstance(component, gr.Radio):
        choices = [key for _, key in component.choices]
        fits = isinstance(value, str | int | float) and value in choices
        return None if fits else f"one of {', '.join(map(str, choices))}"
    if isinstance(component, gr.File | gr.UploadButton):
        fits = isinstance(value, dict) and isinstance(value.get("path"), str)
        return None if fits else "a file that was uploaded"
    return None


def _number_wanted(component: Any, value: Any) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value):
        return "a number"
    if component.precision == 0 and value != int(value):
        return "a whole number"
    low, high = component.minimum, component.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        return f"a number from {low:g} to {high:g}"
    return None
