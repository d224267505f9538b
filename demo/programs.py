"""The page's endpoints for programs: ``/slide`` and ``/transfer``."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter, Signature

import gradio as gr

from demo.editing.answers import EndpointFigures
from demo.handlers import Handlers
from fadernets.mood_transfer import PRESETS


def add_endpoints(handlers: Handlers, faders: Sequence[str]) -> None:
    """Add the named endpoints to the `gradio.Blocks` that are open; no component is on the page.

    From Python::

        from gradio_client import Client, handle_file

        client = Client("http://127.0.0.1:7860")
        path, figures = client.predict(
            handle_file("in.mid"), rhythm=0.8, seed=1, api_name="/slide"
        )
        path, figures = client.predict(
            handle_file("in.mid"), arousal="low", strength=0.7, api_name="/transfer"
        )
        path, figures = client.predict(
            handle_file("in.mid"), preset="joyful", api_name="/transfer"
        )
    """

    names = (*faders, "seed", "first", "last", "tracks")

    async def slide(midi: str | None, *values: float | str | None) -> tuple[str, EndpointFigures]:
        """Move the faders of a MIDI file. Positions are 0 to 1; without one, a fader stays.

        Segments are four beats long and numbered from 0; without first and last all change. Tracks
        are numbered from 1, such as 1,3; without them those of pianos change, or all but drums.
        """
        return await handlers.change(midi, dict(zip(names, values, strict=True)))

    # Programs name the arguments as the model's faders are named: Gradio reads the signature.
    kind = Parameter.POSITIONAL_OR_KEYWORD
    options = (Parameter(name, kind, default=None) for name in names)
    signature = Signature([Parameter("midi", kind), *options])
    slide.__signature__ = signature  # type: ignore[attr-defined]

    async def transfer(
        midi: str | None,
        arousal: str | None = "high",
        strength: float = 1.0,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        valence: str | None = None,
        preset: str | None = None,
        tracks: str | None = None,
    ) -> tuple[str, EndpointFigures]:
        """Move a MIDI file towards low (calm) or high (energetic) arousal, strength 0 to 1.

        With valence also, or alone where arousal is None, towards low (sad, minor) or high (joyful,
        major); a preset says both: calm, tense, sad or joyful.
        """
        moods = {"arousal": arousal, "valence": valence, **PRESETS.get(preset or "", {})}
        values = {
            mood: -strength if target == "low" else strength
            for mood, target in moods.items()
            if target
        }
        span = {"seed": seed, "first": first, "last": last, "tracks": tracks}
        return await handlers.change(midi, {**values, **span})

    with gr.Row(visible=False):
        midi = gr.File(label="midi", file_types=[".mid", ".midi", ".rmi"])
        tracks = gr.Textbox(None, label="tracks")
        positions = [gr.Number(None, minimum=0, maximum=1, label=name) for name in faders]
        arousal = gr.Radio(["low", "high"], value="high", label="arousal")
        valence = gr.Radio(["low", "high"], value=None, label="valence")
        preset = gr.Radio(list(PRESETS), value=None, label="preset")
        strength = gr.Slider(0, 1, value=1, label="strength")
        seed, first, last = (
            gr.Number(None, precision=0, label=name) for name in ("seed", "first", "last")
        )
        result, figures = gr.File(label="result"), gr.JSON(label="figures")
        for function, inputs in (
            (slide, [midi, *positions, seed, first, last, tracks]),
            (transfer, [midi, arousal, strength, seed, first, last, valence, preset, tracks]),
        ):
            name = function.__name__
            gr.Button(name).click(function, inputs, [result, figures], api_name=name)
