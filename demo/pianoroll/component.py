"""`PianoRoll`: notes over time, with a player; a subclass of `gradio.HTML`, nothing to build."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from .assets import COMPONENT, FOLDER, STYLE, script
from .notes import checked

# The scripts run once a page: before them a page of our own may have run some. None of the value is
# in here, so that it is never read as HTML or as a program.
START = """
const known = window.FaderNets = window.FaderNets || {{}};
if (!known.PianoRoll) {{
{scripts}
const sheet = new CSSStyleSheet();
sheet.replaceSync({style});
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}}
new known.PianoRoll({{element, props, watch, trigger}});  // tells of "play" and "pause"
"""


@cache
def _start() -> str:
    """What a browser does when the component has come."""
    style = json.dumps(STYLE.read_text(encoding="utf-8"))
    return START.format(scripts="\n".join(map(script, COMPONENT)), style=style)


@cache
def _template() -> str:
    """The component's HTML, the same for every value."""
    return (FOLDER / "piano_roll.html").read_text(encoding="utf-8")


def _given(audio: Any) -> str:
    """Path of a file that Gradio itself reads as one."""
    try:
        return FileData.model_validate(audio, context={"validate_meta": True}).path
    except ValueError:  # Gradio's is of several lines
        raise ValueError("audio: a file that Gradio was given is needed") from None


class PianoRoll(gr.HTML):
    """Notes over time, to look at, zoom into and listen to.

    Its events are those of `gradio.HTML`; it tells of `play` and `pause`.

    Parameters
    ----------
    value : mapping, sequence, callable or None
        Notes `(onset, duration, pitch, velocity)` in seconds, or a mapping of these and more:
        `checked` of `notes.py` says which. Without `audio` plain tones are heard.
    label : str
        What a screen reader calls it.
    roll_height : int
        Pixels, 80 to 2000.
    others
        As of `gradio.HTML`: `elem_id`, `visible`, `scale`, `key` and so on.

    Raises
    ------
    ValueError
        If the value or the height is not as said.
    """

    def __init__(
        self,
        value: Any = None,
        *,
        label: str | None = "Piano roll",
        roll_height: int = 240,
        **others: Any,
    ) -> None:
        if not 80 <= roll_height <= 2000:
            raise ValueError(f"roll_height: 80 to 2000 pixels, and not {roll_height}")
        self.roll_height = roll_height
        super().__init__(
            value,
            label=label,
            html_template=_template(),
            js_on_load=_start(),
            apply_default_css=False,
            roll_height=roll_height,
            **others,
        )

    def postprocess(self, value: Any) -> Any:
        """What the browser gets: the value in full, its recording a file that Gradio serves."""
        roll = checked(value)
        if roll and roll["audio"]:
            roll["audio"] = FileData(path=roll["audio"]).model_dump()
        return roll

    def preprocess(self, payload: Any) -> Any:
        """What a function gets: the value in full, its recording as a path; see `notes.checked`."""
        try:
            if isinstance(payload, dict) and payload.get("audio") is not None:
                # Gradio has looked whether such a one is in its own folder, and at no other: a
                # function that returns what it was given would hand out any file beside the app.
                payload = payload | {"audio": _given(payload["audio"])}
            return checked(payload)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def api_info(self) -> dict[str, Any]:
        """What a program sends or gets."""
        numbers = {"type": "array", "items": {"type": "number"}}
        properties = {
            "notes": {"type": "array", "items": numbers},
            "beats": numbers,
            "bars": numbers,
            "pedal": {"type": "array", "items": numbers},
            "length": {"type": "number"},
            "audio": {"type": "object"},
        }
        return {"type": "object", "properties": properties}

    def example_payload(self) -> Any:
        """A payload for the page on how to call the app."""
        return checked(self.example_value())

    def example_value(self) -> Any:
        """A value for the same page: C major."""
        return [[0.0, 1.0, pitch, 80] for pitch in (60, 64, 67)]
