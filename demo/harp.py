"""Endpoints in the form of HARP, an editor that DAWs open: what there is to set, and the work.

HARP (https://github.com/TEAMuP-dev/HARP) reads a card and controls from ``/controls``, sends a MIDI
file and the controls' values to ``/process``, and loads what comes into its own editor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import gradio as gr

from demo.editing.answers import EndpointFigures
from demo.program_calls import ProgramCalls
from fadernets.expression.registry import EXPRESSIONS
from fadernets.lock_words import NAMES
from fadernets.mood_transfer import MOODS
from fadernets.music.attributes import ATTRIBUTES, Words, title

CARD = {
    "name": "Music FaderNets",
    "description": "Piano music with fewer or more onsets, fewer or more keys at once, calmer or "
    "more energetic. The file keeps all that is not changed, its pedal too.",
    "author": "after Hao Hao Tan and Dorien Herremans, ISMIR 2020",
    "tags": ["piano", "midi", "style transfer"],
}
MOOD_ENDS = {"arousal": ("calm", "energetic"), "valence": ("sad", "joyful")}
KEEP = f"What stays exactly as it is: {', '.join(NAMES)}, with commas between"
STEP = 0.05


class Label(TypedDict):
    """A word beside the music in HARP's editor."""

    t: float  # seconds
    label: str
    duration: float
    description: str
    color: int
    link: None
    label_type: str


class LabelList(TypedDict):
    """Labels as HARP reads them."""

    meta: dict[str, str]
    labels: list[Label]


def add_harp(calls: ProgramCalls, faders: Sequence[str]) -> None:
    """Add ``/controls``, ``/process`` and ``/cancel`` to the `gradio.Blocks` that are open.

    Faders go from -1 to 1; at 0 they leave the music as it is. No component is on the page.
    """
    names = (*faders, *EXPRESSIONS, *MOODS)

    def controls() -> dict[str, Any]:
        """What the model is and what there is to set, as HARP reads it."""
        sliders = [_slider(name) for name in names]
        keep = {"type": "text_box", "label": "Keep", "value": "", "info": KEEP}
        track = {"type": "midi_track", "required": True}
        return {
            "card": CARD,
            "inputs": [{**track, "label": "Piece", "info": "piano music"}, *sliders, keep],
            "outputs": [
                {**track, "label": "Result", "info": None},
                {"type": "json", "label": "Labels", "info": None},
            ],
        }

    async def process(midi: str | None, *values: Any) -> tuple[str, LabelList]:
        """Move faders and moods of a whole piece, -1 to 1; what is kept comes out as it is."""
        *amounts, keep = values
        moved = dict(zip(names, amounts, strict=True))
        path, figures = await calls.change(midi, {**moved, "lock": keep or None})
        return path, _labels(figures)

    def cancel() -> None:
        """Nothing more: work ends with the connection that waits for it, which HARP closes."""

    with gr.Row(visible=False):
        midi, result = gr.File(label="Piece"), gr.File(label="Result")
        sliders = [gr.Slider(-1, 1, 0, step=STEP, label=name) for name in names]
        keep = gr.Textbox("", label="Keep")
        card, labels = gr.JSON(label="Controls"), gr.JSON(label="Labels")
        gr.Button("controls").click(controls, [], [card], api_name="controls")
        gr.Button("process").click(
            process, [midi, *sliders, keep], [result, labels], api_name="process"
        )
        gr.Button("cancel").click(cancel, [], [labels], api_name="cancel")


def _slider(name: str) -> dict[str, Any]:
    words = _words(name)
    low, high = MOOD_ENDS.get(name, words.ends)
    return {
        "type": "slider",
        "label": words.title or (name.capitalize() if name in MOODS else title(name)),
        "minimum": -1.0,
        "maximum": 1.0,
        "step": STEP,
        "value": 0.0,
        "info": f"-1: {low}; 1: {high}; 0: as played",
    }


def _words(name: str) -> Words:
    if name in EXPRESSIONS:
        return EXPRESSIONS[name].words
    return ATTRIBUTES[name].words if name in ATTRIBUTES else Words()


def _labels(figures: EndpointFigures) -> LabelList:
    """One at the beginning: the densities before and after, and what is to be known."""
    before, after = figures["before"], figures["after"]
    words = [f"{name} {before[name]:.2f} to {after[name]:.2f}" for name in after]
    label: Label = {
        "t": 0.0,
        "label": ", ".join(words),
        "duration": 0.0,
        "description": " ".join(figures["notices"]),
        "color": 0,
        "link": None,
        "label_type": "OutputLabel",
    }
    return {"meta": {"_type": "pyharp.LabelList"}, "labels": [label]}
