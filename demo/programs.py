"""The page's endpoints for programs, named as the commands of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter, Signature

import gradio as gr

from demo.editing.answers import DescribedFigures, EndpointFigures, RenderedFigures
from demo.editing.requests import moods_towards
from demo.failure import sentence
from demo.guard.blocks import Sentence
from demo.program_calls import ProgramCalls
from fadernets.mood_transfer import MOODS, PRESETS

SOUNDS = ("wav", "ogg", "mp3")  # `fadernets.playback.sound_file.KINDS`, which the server loads not


def _amount_input(label: str, value: str | None = None) -> gr.JSON:
    """What programs give for a fader or a strength: a number, or a curve's breakpoints.

    No class of its own: Gradio writes a file beside the module of each.
    """
    field = gr.JSON(value, label=label)
    description = "a number, or a curve such as [[0, 0.0], [16, 0.5]]"
    field.api_info = lambda: {"type": {}, "description": description}  # type: ignore[method-assign]
    field.example_payload = lambda: 0.5  # type: ignore[method-assign]
    return field


def add_endpoints(calls: ProgramCalls, faders: Sequence[str]) -> None:
    """Add the named endpoints to the `gradio.Blocks` that are open; no component is on the page.

    From Python::

        from gradio_client import Client, handle_file

        client = Client("http://127.0.0.1:7860")
        path, figures = client.predict(
            handle_file("in.mid"), rhythm=0.3, seed=1, api_name="/slide"
        )
        path, figures = client.predict(
            handle_file("in.mid"), note=[[0, 0.0], [16, -0.5]], api_name="/slide"
        )
        path, figures = client.predict(
            handle_file("in.mid"), arousal="low", strength=0.7, api_name="/transfer"
        )
        path, figures = client.predict(
            handle_file("in.mid"), preset="joyful", api_name="/transfer"
        )
        path, figures = client.predict(
            handle_file("rhythm.mid"), handle_file("notes.mid"), api_name="/mix"
        )
        path, figures = client.predict(
            handle_file("in.mid"), handle_file("settings.json"), api_name="/edit"
        )
        document, head = client.predict(handle_file("in.mid"), api_name="/describe")
        sound, head = client.predict(handle_file("in.mid"), kind="ogg", api_name="/render")
    """

    names = (*faders, "seed", "first", "last", "tracks", "absolute", "lock", "strict", "curves")

    async def slide(midi: str | None, *values: object) -> tuple[str, EndpointFigures]:
        """Move the faders of a MIDI file, -1 to 1, from where each segment has them.

        0 leaves a segment as it is; 1 and -1 are the ends of the range. A curve is a list of
        breakpoints in beats, [[0, 0.0], [16, 0.5]], or in bars, {"bars": [[1, 0.0], [5, 0.5]]}.
        Where absolute, they are positions, 0 to 1, the same for all segments. Without a number, a
        fader stays.

        Segments follow the bars, have four beats at most and are numbered from 0; without first and
        last all change. Tracks are numbered from 1, such as 1,3; without them those of pianos
        change, or all but drums.

        What is locked comes out exactly as it is: melody, bass, left or right (hands), rhythm,
        pitches, track:2, note:17 or note:17-20 (by onset, then pitch), with commas between them.

        A density whose fader does not move may go along a little, where that cuts fewer notes;
        where strict, it stays exactly. Where curves, the file carries what was asked for, as
        controllers of a track of their own, which edit opens again.
        """
        return await calls.change(midi, dict(zip(names, values, strict=True)))

    # Programs name the arguments as the model's faders are named: Gradio reads the signature.
    kind = Parameter.POSITIONAL_OR_KEYWORD
    options = (Parameter(name, kind, default=None) for name in names)
    signature = Signature([Parameter("midi", kind), *options])
    slide.__signature__ = signature  # type: ignore[attr-defined]

    async def transfer(
        midi: str | None,
        arousal: str | None = None,
        strength: object = 1.0,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        valence: str | None = None,
        preset: str | None = None,
        tracks: str | None = None,
        lock: str | None = None,
        arousal_strength: object = None,
        valence_strength: object = None,
        curves: bool | None = None,
    ) -> tuple[str, EndpointFigures]:
        """Move a MIDI file towards low (calm) or high (energetic) arousal, all the way at 1.

        The strength may be a curve of beats or bars, as a fader of slide; it is that of both moods
        unless one has its own, arousal_strength or valence_strength.
        With valence also, or alone, towards low (sad, minor) or high (joyful, major); a preset says
        both in their place: calm, tense, sad or joyful. Curves are as in slide.
        """
        own = {"arousal": arousal_strength, "valence": valence_strength}
        strengths = {mood: strength if own[mood] is None else own[mood] for mood in own}
        try:
            sides = {"arousal": arousal, "valence": valence}
            values = moods_towards(sides, preset, strengths)
        except ValueError as error:
            raise Sentence(sentence(error)) from None
        span = {"seed": seed, "first": first, "last": last, "tracks": tracks, "lock": lock}
        return await calls.change(midi, {**values, **span, "curves": curves})

    async def edit(
        midi: str | None,
        settings: str | None,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        tracks: str | None = None,
        lock: str | None = None,
        strict: bool | None = None,
        curves: bool | None = None,
    ) -> tuple[str, EndpointFigures]:
        """Do what settings ask for, faders and moods at once, as the page does.

        Settings are a JSON file that the page has saved, or a MIDI file that carries curves, such
        as one of slide with curves. They have a seed and locks of their own, unless these are
        given. The rest is as in slide.
        """
        span = {"seed": seed, "first": first, "last": last, "tracks": tracks, "lock": lock}
        return await calls.work(
            "edit", [midi, settings], {**span, "strict": strict, "curves": curves}
        )

    async def mix(
        midi: str | None,
        notes: str | None,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        tracks: str | None = None,
        lock: str | None = None,
    ) -> tuple[str, EndpointFigures]:
        """Play the notes of one MIDI file in the rhythm of another, segment by segment.

        Length, tempo and meter are those of the first file, which gives the rhythm; what the other
        one is too short for stays as it is. Segments, tracks and locks are of the first, as in
        slide.
        """
        span = {"seed": seed, "first": first, "last": last, "tracks": tracks, "lock": lock}
        return await calls.work("mix", [midi, notes], span)

    async def describe(
        midi: str | None, tracks: str | None = None, every_note: bool | None = None
    ) -> tuple[str, DescribedFigures]:
        """Say what a MIDI file is: a JSON file of its tracks and segments, and how many there are.

        Of each segment: where it begins, densities, key, probability of high arousal, and why it
        cannot be changed where that is so. Where every_note, every note too, by the number that
        locks know it by.
        """
        return await calls.work("describe", [midi], {"tracks": tracks, "notes": every_note})

    async def render(
        midi: str | None, kind: str | None = "wav", tracks: str | None = None
    ) -> tuple[str, RenderedFigures]:
        """Play a MIDI file by a piano into a sound file: wav, ogg or mp3."""
        return await calls.work("render", [midi], {"kind": kind, "tracks": tracks})

    with gr.Row(visible=False):
        # Their bytes tell what they are, not their names.
        midi, notes, settings = (gr.File(label=name) for name in ("midi", "notes", "settings"))
        tracks = gr.Textbox(None, label="tracks", placeholder="1,3")
        lock = gr.Textbox(None, label="lock", placeholder="melody,bass")
        amounts = [_amount_input(name) for name in faders]
        arousal = gr.Radio(["low", "high"], value=None, label="arousal")
        valence = gr.Radio(["low", "high"], value=None, label="valence")
        preset = gr.Radio(list(PRESETS), value=None, label="preset")
        strength = _amount_input("strength", "1.0")
        own_strengths = [_amount_input(f"{mood}_strength") for mood in MOODS]
        absolute, strict, curves = (
            gr.Checkbox(False, label=name) for name in ("absolute", "strict", "curves")
        )
        seed, first, last = (
            gr.Number(None, precision=0, label=name) for name in ("seed", "first", "last")
        )
        every_note = gr.Checkbox(False, label="every_note")
        sound_kind = gr.Radio(list(SOUNDS), value="wav", label="kind")
        result, figures = gr.File(label="result"), gr.JSON(label="figures")
        moving = [midi, arousal, strength, seed, first, last, valence, preset, tracks, lock]
        for function, inputs in (
            (slide, [midi, *amounts, seed, first, last, tracks, absolute, lock, strict, curves]),
            (transfer, [*moving, *own_strengths, curves]),
            (edit, [midi, settings, seed, first, last, tracks, lock, strict, curves]),
            (mix, [midi, notes, seed, first, last, tracks, lock]),
            (describe, [midi, tracks, every_note]),
            (render, [midi, sound_kind, tracks]),
        ):
            name = function.__name__
            gr.Button(name).click(function, inputs, [result, figures], api_name=name)
