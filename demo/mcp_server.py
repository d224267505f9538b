"""An MCP server on a musician's own machine: ``python -m demo.mcp_server [--model MODEL]``.

An assistant starts it and talks to it over its input and output; nothing listens on the network.
Its tools are the commands of the command line and the endpoints of the page, with the same words,
numbers and refusals. They read and write files by their paths, and write over none.

Gradio's own MCP server stays off (`demo.app.OTHER_WAYS`): it would have a public server connect to
whatever host a stranger's request names, and fetch any address that it is given.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from functools import cached_property
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import from_thread

try:
    from mcp.server.mcpserver import Context, MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
except ImportError:  # there is none, or one before 2
    if __name__ != "__main__":
        raise
    print("demo.mcp_server: it needs another package: pip install 'mcp>=2.3,<3'.", file=sys.stderr)
    sys.exit(2)

from pydantic import ValidationError

import fadernets
from demo.editing.requests import moods_towards
from fadernets import checkpoint
from fadernets.atomic_file import replacing
from fadernets.command_line import output
from fadernets.command_line.refusal import Refusal
from fadernets.mood_transfer import PRESETS
from fadernets.music import user_file
from fadernets.playback.sound_file import SUFFIXES

if TYPE_CHECKING:
    from demo.compute.worker import Tasks
    from demo.editing.requests import Values

INSTRUCTIONS = f"""\
Changes MIDI files of piano music: fewer or more onsets (rhythm), fewer or more keys at once (note),
calmer or more energetic (arousal), sadder or more joyful (valence). The file keeps all that is not
changed, its pedal too. Segments follow the bars and are numbered from 0, tracks from 1; `describe`
lists them. An amount is a number, or a curve of beats, [[0, 0.0], [16, 0.5]], or of bars,
{{"bars": [[1, 0.0], [5, 0.5]]}}.
A lock is a text such as "melody,bass": what stays exactly as it is. Presets: {", ".join(PRESETS)}.
Paths are of the musician's machine; "out" is a new file.
"""
Amount = float | list[Any] | dict[str, Any]
Answer = dict[str, Any]
SPAN = ("seed", "first", "last", "tracks", "lock")  # of slide, as of transfer and mix
KINDS_OF_SPAN = (int | None, int | None, int | None, str | None, str | None)
SWITCHES = ("absolute", "strict", "curves")


class Tools:
    """What an assistant can do; the model is loaded when it is first needed.

    Each tool answers with the file that it wrote and with figures, as the page's endpoint does.

    Parameters
    ----------
    model : str, optional
        Name or folder; otherwise what FADERNETS_MODEL names, or the shipped one.

    Raises
    ------
    checkpoint.CheckpointError
        If there is no such model.
    """

    def __init__(self, model: str | None = None) -> None:
        self.model = model
        self.faders = checkpoint.fader_names(model)
        self._turn = threading.Lock()  # one piece of work has all of the processor

    def describe(
        self,
        context: Context,
        path: str,
        out: str,
        tracks: str | None = None,
        every_note: bool = False,
    ) -> Answer:
        """Say what a MIDI file is, in a JSON file: tracks and tempo, and of each segment its place,
        densities, key, probability of high arousal, and why it cannot be changed where that is so.
        """
        values = {"tracks": tracks, "notes": every_note}
        return self._made(context, "describe", [path], out, values, (".json",))

    def slide(self, context: Context, path: str, out: str, **amounts: object) -> Answer:
        """Move faders of a MIDI file, -1 to 1, from where each segment has them; 0 changes nothing.
        Where absolute, amounts are positions, 0 to 1, the same for all segments. Where strict, a
        density whose fader does not move stays exactly. Where curves, the new file carries what was
        asked for, as controllers that `edit` opens again.
        """
        return self._made(context, "change", [path], out, amounts, output.MIDI)

    def transfer(
        self,
        context: Context,
        path: str,
        out: str,
        arousal: str | None = None,
        valence: str | None = None,
        preset: str | None = None,
        strength: Amount = 1.0,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        tracks: str | None = None,
        lock: str | None = None,
        arousal_strength: Amount | None = None,
        valence_strength: Amount | None = None,
        curves: bool | None = None,
    ) -> Answer:
        """Move a MIDI file towards a mood, all the way at strength 1: arousal "low" (calm) or
        "high" (energetic), valence "low" (sad, minor) or "high" (joyful, major), or a preset for
        both. The strength is that of both moods unless one has its own. Curves are as in slide.
        """
        sides = {"arousal": arousal, "valence": valence}
        own = {"arousal": arousal_strength, "valence": valence_strength}
        strengths = {mood: strength if own[mood] is None else own[mood] for mood in own}
        try:
            moods = moods_towards(sides, preset, strengths)
        except ValueError as error:
            raise ToolError(f"{error}.") from None
        span = dict(zip(SPAN, (seed, first, last, tracks, lock), strict=True))
        values = {**moods, **span, "curves": curves}
        return self._made(context, "change", [path], out, values, output.MIDI)

    def edit(
        self,
        context: Context,
        path: str,
        settings: str,
        out: str,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        tracks: str | None = None,
        lock: str | None = None,
        strict: bool | None = None,
        curves: bool | None = None,
    ) -> Answer:
        """Do to a MIDI file what settings ask for, faders and moods at once: a JSON file that the
        page has saved, or a MIDI file that carries curves. A seed and locks that are given come in
        the place of theirs. The rest is as in slide.
        """
        span = dict(zip(SPAN, (seed, first, last, tracks, lock), strict=True))
        values = {**span, "strict": strict, "curves": curves}
        return self._made(context, "edit", [path, settings], out, values, output.MIDI)

    def mix(
        self,
        context: Context,
        path: str,
        notes: str,
        out: str,
        seed: int | None = None,
        first: int | None = None,
        last: int | None = None,
        tracks: str | None = None,
        lock: str | None = None,
    ) -> Answer:
        """Play the notes of the MIDI file `notes` in the rhythm of the one at `path`, segment by
        segment.
        """
        span = dict(zip(SPAN, (seed, first, last, tracks, lock), strict=True))
        return self._made(context, "mix", [path, notes], out, span, output.MIDI)

    def render(self, context: Context, path: str, out: str, tracks: str | None = None) -> Answer:
        """Play a MIDI file by a piano into a sound file, of the kind that the end of its name says:
        .wav, .ogg or .mp3.
        """
        kind = SUFFIXES.get(Path(out).suffix.lower())
        return self._made(
            context, "render", [path], out, {"kind": kind, "tracks": tracks}, output.SOUND
        )

    def add_to(self, server: MCPServer) -> None:
        """Add all tools to a server; `slide` names its amounts as the model's faders are named."""
        parameters = [
            Parameter("context", Parameter.KEYWORD_ONLY, annotation=Context),
            *(Parameter(n, Parameter.KEYWORD_ONLY, annotation=str) for n in ("path", "out")),
            *(_option(name, Amount | None) for name in self.faders),
            *(_option(*each) for each in zip(SPAN, KINDS_OF_SPAN, strict=True)),
            *(_option(name, bool | None) for name in SWITCHES),
        ]

        def slide(**values: Any) -> Answer:
            return self.slide(**values)

        slide.__signature__ = Signature(parameters, return_annotation=Answer)  # type: ignore[attr-defined]
        slide.__annotations__ = {each.name: each.annotation for each in parameters}
        slide.__doc__ = self.slide.__doc__
        for tool in (self.describe, slide, self.transfer, self.edit, self.mix, self.render):
            server.add_tool(tool)

    def _made(
        self,
        context: Context,
        task: str,
        paths: Sequence[str],
        out: str,
        values: Values,
        suffixes: Sequence[str],
    ) -> Answer:
        """Do a task of `demo.compute.worker` on files; the new one is there whole or not at all."""
        target = Path(out).expanduser()
        fields = {name: value for name, value in values.items() if value is not None}

        def progress(count: int, total: int) -> None:
            from_thread.run(context.report_progress, count, total)

        try:
            output.check(target, suffixes, f"{task} writes {suffixes[0]}")
            if target.exists():
                raise Refusal(f"{out} is there already: please name a new file.")
            with self._turn, tempfile.TemporaryDirectory() as folder:
                files = (str(Path(path).expanduser()) for path in paths)
                work = self._tasks[task]
                result_path, figures = work(progress, *files, fields, Path(folder) / "made")
                if result_path.endswith(".rmi") and target.suffix.lower() != ".rmi":
                    raise Refusal(f"{paths[0]} is wrapped in RIFF: please name {out} .rmi.")
                with replacing(target) as part:
                    shutil.copyfile(result_path, part)
        except (ValueError, RuntimeError) as error:
            raise ToolError(f"{str(error).rstrip('.')}.") from None
        except OSError as error:
            raise ToolError(f"{out} cannot be written: {user_file.reason(error)}.") from None
        return {"file": str(target), **figures}

    @cached_property
    def _tasks(self) -> Tasks:
        from demo.compute.worker import load_tasks  # PyTorch, and the model: seconds

        return load_tasks(self.model)


def _option(name: str, kind: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind)


class SentenceServer(MCPServer[Any]):
    """Says in a sentence which argument cannot be; of those that no tool knows, too.

    The base class leaves out what a tool does not know, so that a word that is misspelt would count
    as not given, and repeats the text of a library.
    """

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """As the base class."""
        schemas = {tool.name: tool.input_schema for tool in await self.list_tools()}
        if schema := schemas.get(name):
            known = schema["properties"]
            for argument in arguments:
                if argument not in known:
                    raise ToolError(f"{name} has no {argument!r:.40}; it has {', '.join(known)}.")
            for argument in schema["required"]:
                if argument not in arguments:
                    raise ToolError(f"{name} needs {argument}.")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if not isinstance(error.__cause__, ValidationError):
                raise
            first, *_ = error.__cause__.errors()
            sentence = f"{first['loc'][0]} cannot be {arguments[str(first['loc'][0])]!r:.40}."
        raise ToolError(sentence)


def mcp_server(model: str | None = None) -> MCPServer:
    """The server, which knows the tools and runs nothing yet; raises as `Tools` does."""
    server = SentenceServer(
        "Music FaderNets",
        instructions=INSTRUCTIONS,
        version=fadernets.__version__,
        log_level="WARNING",
    )
    Tools(model).add_to(server)
    return server


def main() -> int:
    """Serve until the assistant ends it; 2 with one sentence if there is no such model."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.mcp_server",
        description="An MCP server for an assistant on this machine, by its input and output.",
    )
    parser.add_argument("--model", help="name or folder of a model, otherwise the shipped one")
    try:
        server = mcp_server(parser.parse_args().model or os.environ.get("FADERNETS_MODEL") or None)
    except checkpoint.CheckpointError as error:
        print(f"demo.mcp_server: {str(error).rstrip('.')}.", file=sys.stderr)
        return 2
    server.run("stdio")
    return 0


if __name__ == "__main__":
    sys.exit(main())
