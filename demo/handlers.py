"""What the page's events call: Gradio's data in and out around the workers.

Whatever cannot be done becomes a sentence on the page; everything else there stays as it was. The
sentence is an output like any other: Gradio's page shows no error of an event without a queue. Only
what the page never sends is an error still, and what a program asks for.
"""

from __future__ import annotations

import json
import logging
import os
import re
import traceback
from collections.abc import Mapping
from html import escape
from uuid import uuid4

import gradio as gr
from pydantic import JsonValue, TypeAdapter, ValidationError

from demo.compute import cost
from demo.compute.open_pieces import OpenPieces
from demo.compute.workers import Dropped, WorkError, Workers
from demo.editing.piece_session import PieceSession
from demo.guard.blocks import BROKEN, Sentence
from demo.guard.files import Files

GONE = "The server has let go of this piece: please open it again."
FULL = "The server has no room for files just now. Please try again in a minute."
CONFUSED = "The page asked for nothing that can be done."
_VALUES: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])
_ID = re.compile("[0-9a-f]{32}")  # of a piece, as `PieceSession` gives it
log = logging.getLogger(__name__)


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
        try:
            study, message = await self.workers.run("open_example", key, cost=cost.EVENT)
        except Exception as error:  # noqa: BLE001 - the visitor is told, whatever it is
            return _failed("open"), _reason(error)
        # With its key the page can have it again when the server has let go of it.
        message = json.dumps({**json.loads(message), "example": key})
        return self._opened(study, message, request)

    async def open_upload(self, path: str | None, request: gr.Request):
        """A file came -> bench, message, example."""
        if path is None:
            return (gr.skip(),) * 3
        try:
            run = self.workers.run("open_file", _plain(path), cost=cost.of_opening(path))
            study, message = await run
        except Exception as error:  # noqa: BLE001
            return _failed("open"), _reason(error), gr.skip()
        return *self._opened(study, message, request), None

    async def ask(self, wanted: str, request: gr.Request):
        """A fader or the selection was moved -> bench, message."""
        return await self._answer(wanted, request, hear=False)

    async def hear(self, wanted: str, request: gr.Request):
        """The sound of a part of a long selection is wanted -> bench, message."""
        return await self._answer(wanted, request, hear=True)

    async def _answer(self, wanted: str, request: gr.Request, hear: bool):
        values = _read(wanted)
        kind = "hear" if hear else "ask"
        try:
            study = await self._piece(values, request)
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
        except Exception as error:  # noqa: BLE001
            return _failed(kind, _number(values)), _reason(error)
        return gr.HTML(answer=answer), ""

    async def save(self, wanted: str, request: gr.Request):
        """A file is wanted -> file, message; no file if there is none, lest an older one is taken.

        The page then has the visitor take away whatever file there is.
        """
        values = _read(wanted)
        try:
            study = await self._piece(values, request)
            self._require_room()
            path = await self.workers.run(
                "save",
                values,
                str(self.files.folder),
                study=study,
                cost=cost.of_saving(study, values),
                key=(study.id, "save"),
            )
            self.files.count(os.stat(path).st_size)
        except Dropped:  # the same page wants another file
            return None, gr.skip()
        except Exception as error:  # noqa: BLE001
            return None, _reason(error)
        return path, ""

    async def change(self, path: str | None, values: Mapping) -> tuple[str, dict]:
        """A program's request -> path of the new MIDI file, and figures."""
        if path is None:
            raise Sentence("There is no MIDI file.")
        try:
            self._require_room()
            saved, figures = await self.workers.run(
                "change",
                _plain(path),
                dict(values),
                str(self.files.folder),
                cost=cost.of_file(path),
            )
        except WorkError as error:
            raise Sentence(_sentence(error)) from None
        self.files.count(os.stat(saved).st_size)
        return saved, figures

    def _require_room(self) -> None:
        if self.files.is_full:
            raise WorkError(FULL)

    def _opened(self, study: PieceSession, message: str, request: gr.Request):
        self.pieces.add(study, getattr(request, "session_hash", None))
        return gr.HTML(piece=message), ""

    async def _piece(self, values: Mapping, request: gr.Request) -> PieceSession:
        """The piece that the page asks about; an example that is gone is opened again.

        Raises
        ------
        WorkError
            If the piece is gone and cannot be had again.
        """
        name, example = values["piece"], values.get("example")
        study = self.pieces.get(name)
        if study is None and isinstance(example, str) and _ID.fullmatch(name):
            again, _ = await self.workers.run("open_example", example, cost=cost.EVENT)
            study = self.pieces.get(name)  # another event of the page's may have been faster
            if study is None:
                again.id = name  # as the page calls it
                study = again
                self.pieces.add(study, getattr(request, "session_hash", None))
        if study is None:
            raise WorkError(GONE)
        return study


def _read(wanted: str) -> dict:
    """What the page wants, as it wrote it into its value."""
    try:
        values = _VALUES.validate_json(wanted)
    except ValidationError:  # its text holds what was sent
        raise Sentence(CONFUSED) from None
    if not isinstance(values.get("piece"), str):
        raise Sentence(CONFUSED)
    return values


def _failed(event: str, number: int = 0) -> gr.HTML:
    """Has the bench go on with what it shows.

    Parameters
    ----------
    event : str
        What came to nothing: "open", "ask" or "hear".
    number : int
        Which of the page's moves it belongs to.
    """
    # The page only notices what is new.
    return gr.HTML(trouble=json.dumps({"event": event, "number": number, "id": uuid4().hex}))


def _reason(error: Exception) -> str:
    """What the page says of work that came to nothing, as HTML text."""
    if isinstance(error, WorkError):
        return _sentence(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
    log.warning("an event of the page failed: %s at %s", type(error).__name__, where)
    return BROKEN


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


def _plain(path: str) -> str:
    """A path without Gradio's kind of text, for which a worker would have to load all of Gradio."""
    return str(path)
