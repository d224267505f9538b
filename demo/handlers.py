"""What the page's events call: Gradio's data in and out around the workers.

Whatever cannot be done becomes a sentence on the page; everything else there stays as it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape

import gradio as gr
from pydantic import JsonValue, TypeAdapter, ValidationError

from demo import cost
from demo.blocks import Sentence
from demo.files import Files
from demo.pieces import OpenPieces
from demo.study import Study
from demo.workers import Dropped, WorkError, Workers

GONE = "The server has let go of this piece: please open it again."
FULL = "The server has no room for files just now. Please try again in a minute."
CONFUSED = "The page asked for nothing that can be done."
_VALUES: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


class Handlers:
    """The page's events.

    Parameters
    ----------
    workers : Workers
    pieces : OpenPieces
    files : Files
        Where files to take away are put.
    """

    def __init__(self, workers: Workers, pieces: OpenPieces, files: Files) -> None:
        self.workers, self.pieces, self.files = workers, pieces, files

    async def open_example(self, key: str | None, request: gr.Request):
        """An example was chosen -> bench, message."""
        if key is None:  # a visitor's own file took its place
            return gr.skip(), gr.skip()
        with _told():
            study, message = await self.workers.run("open_example", key, cost=cost.EVENT)
        return self._opened(study, message, request)

    async def open_upload(self, path: str | None, request: gr.Request):
        """A file came -> bench, message, example."""
        if path is None:
            return (gr.skip(),) * 3
        try:
            run = self.workers.run("open_file", path, cost=cost.of_opening(path))
            study, message = await run
        except WorkError as error:
            return gr.skip(), _sentence(error), gr.skip()
        return *self._opened(study, message, request), None

    async def ask(self, wanted: str):
        """A fader or the selection was moved -> bench, message."""
        return await self._answer(wanted, hear=False)

    async def hear(self, wanted: str):
        """The sound of a part of a long selection is wanted -> bench, message."""
        return await self._answer(wanted, hear=True)

    async def _answer(self, wanted: str, hear: bool):
        study, values = self._piece(wanted)
        kind = "hear" if hear else "ask"
        with _told():
            try:
                answer = await self.workers.run(
                    "answer",
                    values,
                    hear,
                    study=study,
                    cost=cost.of_answer(study, values, hear=hear),
                    key=(study.id, kind),
                    order=_number(values),
                    replaces=() if hear else [(study.id, "hear")],
                )
            except Dropped:  # a newer move is under way, and its answer is the one to show
                return gr.skip(), gr.skip()
        return gr.HTML(answer=answer), ""

    async def save(self, wanted: str):
        """A file is wanted -> file, message."""
        study, values = self._piece(wanted)
        with _told():
            self._require_room()
            try:
                path = await self.workers.run(
                    "save",
                    values,
                    str(self.files.folder),
                    study=study,
                    cost=cost.of_saving(study, values),
                    key=(study.id, "save"),
                )
            except Dropped:  # the same page wants another file
                return gr.skip(), gr.skip()
        self.files.count(os.stat(path).st_size)
        return path, ""

    async def change(self, path: str | None, values: Mapping) -> tuple[str, dict]:
        """A program's request -> path of the new MIDI file, and figures."""
        if path is None:
            raise Sentence("There is no MIDI file.")
        with _told():
            self._require_room()
            saved, figures = await self.workers.run(
                "change", path, dict(values), str(self.files.folder), cost=cost.of_file(path)
            )
        self.files.count(os.stat(saved).st_size)
        return saved, figures

    def _require_room(self) -> None:
        if self.files.is_full:
            raise WorkError(FULL)

    def _opened(self, study: Study, message: str, request: gr.Request):
        self.pieces.add(study, getattr(request, "session_hash", None))
        return gr.HTML(piece=message), ""

    def _piece(self, wanted: str) -> tuple[Study, dict]:
        """The piece that the page asks about, and what it wants, as it wrote it into its value."""
        try:
            values = _VALUES.validate_json(wanted)
            name = values["piece"]
            study = self.pieces.get(name) if isinstance(name, str) else None
        except (ValidationError, KeyError):  # the former's text holds what was sent
            raise Sentence(CONFUSED) from None
        if study is None:
            raise Sentence(GONE)
        return study, values


@contextmanager
def _told() -> Iterator[None]:
    """Work that comes to nothing becomes a message on the page."""
    try:
        yield
    except WorkError as error:
        raise Sentence(_sentence(error)) from None


def _sentence(error: Exception) -> str:
    """An error as HTML text, a full sentence."""
    text = str(error).rstrip(".")
    if "." not in text.partition(" ")[0]:  # the name of a file stays as it is
        text = text[:1].upper() + text[1:]
    return escape(text, quote=False) + "."


def _number(values: Mapping) -> int:
    """Which of the page's moves this is; they count up."""
    number = values.get("number")
    return number if isinstance(number, int) else 0
