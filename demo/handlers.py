"""What the page's events call: Gradio's data in and out around the workers.

Work that fails becomes a sentence on the page, and everything else on the page stays. The sentence
is an output like any other, because Gradio's page shows no errors of events without a queue. Values
that the page never sends raise errors, and so do programs' calls that fail.
"""

from __future__ import annotations

import json
import logging
import os
import re
import traceback
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from uuid import uuid4

import gradio as gr
from gradio.context import LocalContext
from gradio.queueing import Event
from pydantic import JsonValue, TypeAdapter, ValidationError

from demo.compute import cost
from demo.compute.jobs import Dropped, WorkError
from demo.compute.open_pieces import OpenPieces
from demo.compute.workers import Workers
from demo.editing.answers import EndpointFigures
from demo.editing.piece_session import PieceSession
from demo.editing.requests import Values
from demo.guard.blocks import Sentence
from demo.guard.files import Files
from demo.guard.gate import INTERNAL_ERROR
from demo.guard.listeners import GivenUp, Listeners
from survey.core.connections import place

GONE = "The server has let go of this piece: please open it again."
GIVEN_UP = "Nobody waited for the answer. Please call again, and ask for it at once."
FULL = "The server has no room for files just now. Please try again in a minute."
CONFUSED = "The page asked for nothing that can be done."
_VALUES: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])
_ID = re.compile("[0-9a-f]{32}")  # of a piece, as `PieceSession` gives it
log = logging.getLogger(__name__)

Output = Any  # of an event: a component with new properties, a plain value, or `gradio.skip()`


@dataclass(frozen=True)
class PageEvent:
    """What the page wrote into its value for an event.

    Attributes
    ----------
    piece : str
        Id of the piece.
    example : str or None
        The example that the piece is.
    number : int
        Which of the page's moves it belongs to; they count up.
    values : mapping
        All of it: what `demo.editing.requests` reads.
    """

    piece: str
    example: str | None
    number: int
    values: Values

    @classmethod
    def read(cls, text: str) -> PageEvent:
        """Raises `Sentence` if the page never writes such a value."""
        try:
            values = _VALUES.validate_json(text)
        except ValidationError:  # its text holds what was sent
            raise Sentence(CONFUSED) from None
        piece, example, number = (values.get(name) for name in ("piece", "example", "number"))
        if not isinstance(piece, str):
            raise Sentence(CONFUSED)
        return cls(
            piece,
            example if isinstance(example, str) else None,
            number if isinstance(number, int) else 0,
            values,
        )


def _call() -> Event | None:
    """The call of a program that is under way, if one is."""
    blocks, number = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    return blocks._queue.event_ids_to_events.get(number) if blocks and number else None


def _visitor(request: Any) -> Hashable:
    """Whose a request is, by its address as `demo.guard.public_address` has it."""
    client = getattr(request, "client", None)
    return place(client.host) if client else None


class Handlers:
    """The page's events.

    Parameters
    ----------
    workers : Workers
    pieces : OpenPieces
    files : Files
        Where files to take away are put.
    listeners : Listeners
        Who waits for the answers of calls.
    """

    def __init__(
        self, workers: Workers, pieces: OpenPieces, files: Files, listeners: Listeners
    ) -> None:
        self.workers, self.pieces, self.files = workers, pieces, files
        self.listeners = listeners

    async def open_example(self, key: str | None, request: gr.Request) -> tuple[Output, ...]:
        """An example was chosen -> bench, message."""
        if key is None:  # a visitor's own file took its place
            return gr.skip(), gr.skip()
        try:
            session, message = await self.workers.run(
                "open_example", key, cost=cost.ANSWER_SECONDS, visitor=_visitor(request)
            )
        except Exception as error:  # noqa: BLE001 - the visitor is told, whatever it is
            return _failed("open"), _reason(error)
        # With its key the page can have it again when the server has let go of it.
        message = json.dumps({**json.loads(message), "example": key})
        return self._opened(session, message, request)

    async def open_upload(self, path: str | None, request: gr.Request) -> tuple[Output, ...]:
        """A file came -> bench, message, example."""
        if path is None:
            return (gr.skip(),) * 3
        try:
            session, message = await self.workers.run(
                "open_file",
                _plain(path),
                cost=cost.of_opening(path),
                visitor=_visitor(request),
            )
        except Exception as error:  # noqa: BLE001
            return _failed("open"), _reason(error), gr.skip()
        return *self._opened(session, message, request), None

    async def choose(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """Other tracks of the visitor's file are to change -> bench, message."""
        event = PageEvent.read(text)
        try:
            session = await self._session(event, request)
            chosen, message = await self.workers.run(
                "choose",
                event.values,
                session=session,
                cost=cost.of_choosing(session),
                key=(session.id, "choose"),
                order=event.number,
                visitor=_visitor(request),
            )
        except Dropped:  # a newer choice is under way
            return gr.skip(), gr.skip()
        except Exception as error:  # noqa: BLE001
            return _failed("choose"), _reason(error)
        return self._opened(chosen, message, request)

    async def ask(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """A fader or the selection was moved -> bench, message."""
        return await self._answer(PageEvent.read(text), request, hear=False)

    async def hear(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """The sound of a part of a long selection is wanted -> bench, message."""
        return await self._answer(PageEvent.read(text), request, hear=True)

    async def _answer(
        self, event: PageEvent, request: gr.Request, *, hear: bool
    ) -> tuple[Output, ...]:
        kind = "hear" if hear else "ask"
        try:
            session = await self._session(event, request)
            answer = await self.workers.run(
                "answer",
                event.values,
                hear,
                session=session,
                cost=cost.of_answer(session, event.values, hear=hear),
                key=(session.id, kind),
                order=event.number,
                replaces=() if hear else [(session.id, "hear")],
                visitor=_visitor(request),
            )
        except Dropped:  # a newer move is under way, and its answer is the one to show
            return gr.skip(), gr.skip()
        except Exception as error:  # noqa: BLE001
            return _failed(kind, event.number), _reason(error)
        return gr.HTML(answer=answer), ""

    async def vary(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """Other drawings of the bars that are chosen are wanted -> bench, message."""
        event = PageEvent.read(text)
        try:
            session = await self._session(event, request)
            variations = await self.workers.run(
                "vary",
                event.values,
                session=session,
                cost=cost.of_varying(session, event.values),
                key=(session.id, "vary"),
                order=event.number,
                visitor=_visitor(request),
            )
        except Dropped:  # others are wanted now
            return gr.skip(), gr.skip()
        except Exception as error:  # noqa: BLE001
            return _failed("vary"), _reason(error)
        return gr.HTML(variations=variations), ""

    async def mix_example(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """The notes of an example are wanted in the piece's rhythm -> file, message."""
        event = PageEvent.read(text)
        donor = event.values.get("donor")
        if not isinstance(donor, str):
            raise Sentence(CONFUSED)
        return await self._mix(event, donor, request, is_example=True)

    async def mix_upload(
        self, text: str, path: str | None, request: gr.Request
    ) -> tuple[Output, ...]:
        """The notes of a file that came are wanted in the piece's rhythm -> file, message."""
        if path is None:
            return None, gr.skip()
        return await self._mix(PageEvent.read(text), _plain(path), request, is_example=False)

    async def _mix(
        self, event: PageEvent, donor: str, request: gr.Request, *, is_example: bool
    ) -> tuple[Output, ...]:
        try:
            session = await self._session(event, request)
            self._require_room()
            path = await self.workers.run(
                "mix_piece",
                event.values,
                donor,
                is_example,
                session=session,
                cost=cost.of_mixing(session, event.values, None if is_example else donor),
                key=(session.id, "mix"),
                folder=self.files.new_folder(),
                visitor=_visitor(request),
            )
            self.files.count(os.stat(path).st_size)
        except Dropped:  # the same page wants another mix
            return None, gr.skip()
        except Exception as error:  # noqa: BLE001
            return None, _reason(error)
        return path, ""

    async def save(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """A file is wanted -> file, message; None for no file, or the visitor gets an older one.

        The page has the visitor take away whatever file there is then.
        """
        event = PageEvent.read(text)
        try:
            session = await self._session(event, request)
            self._require_room()
            path = await self.workers.run(
                "save",
                event.values,
                session=session,
                cost=cost.of_saving(session, event.values),
                key=(session.id, "save"),
                folder=self.files.new_folder(),
                visitor=_visitor(request),
            )
            self.files.count(os.stat(path).st_size)
        except Dropped:  # the same page wants another file
            return None, gr.skip()
        except Exception as error:  # noqa: BLE001
            return None, _reason(error)
        return path, ""

    async def change(self, path: str | None, values: Values) -> tuple[str, EndpointFigures]:
        """A program's request -> path of the new MIDI file, and figures."""
        return await self.work("change", [path], values)

    async def work(self, task: str, paths: Sequence[str | None], values: Values) -> tuple[str, Any]:
        """A program's request for a task on MIDI files -> path of what is made, and figures."""
        files = [_plain(path) for path in paths if path is not None]
        if len(files) < len(paths):
            raise Sentence("There is no MIDI file.")
        try:
            self._require_room()
            call = _call()
            work = self.workers.run(
                task,
                *files,
                dict(values),
                cost=sum(map(cost.of_file, files)),
                folder=self.files.new_folder(),
                visitor=_visitor(call and call.request),
            )
            saved, figures = await (
                self.listeners.while_awaited(call.session_hash, work, call.enqueue_time)
                if call
                else work
            )
        except GivenUp:
            raise Sentence(GIVEN_UP) from None
        except WorkError as error:
            raise Sentence(sentence(error)) from None
        self.files.count(os.stat(saved).st_size)
        return saved, figures

    def _require_room(self) -> None:
        if self.files.is_full:
            raise WorkError(FULL)

    def _opened(
        self, session: PieceSession, message: str, request: gr.Request
    ) -> tuple[Output, ...]:
        self.pieces.add(session, getattr(request, "session_hash", None))
        return gr.HTML(piece=message), ""

    async def _session(self, event: PageEvent, request: gr.Request) -> PieceSession:
        """The piece that the page asks about; an example that is gone is opened again.

        Raises
        ------
        WorkError
            If the piece is gone and cannot be opened again.
        """
        session = self.pieces.get(event.piece)
        if session is None and event.example is not None and _ID.fullmatch(event.piece):
            again, _ = await self.workers.run(
                "open_example",
                event.example,
                cost=cost.ANSWER_SECONDS,
                visitor=_visitor(request),
            )
            session = self.pieces.get(event.piece)  # another event of the page may have been faster
            if session is None:
                again.id = event.piece  # as the page calls it
                session = again
                self.pieces.add(session, getattr(request, "session_hash", None))
        if session is None:
            raise WorkError(GONE)
        return session


def _failed(event: str, number: int = 0) -> gr.HTML:
    """A message on which the bench keeps what it shows.

    Parameters
    ----------
    event : str
        The event that failed: "open", "choose", "ask" or "hear".
    number : int
        Which of the page's moves it belongs to.
    """
    # A new id each time: the page reacts only to a value that changes.
    return gr.HTML(trouble=json.dumps({"event": event, "number": number, "id": uuid4().hex}))


def _reason(error: Exception) -> str:
    """What the page says about work that failed, as HTML text."""
    if isinstance(error, WorkError):
        return sentence(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
    log.warning("an event of the page failed: %s at %s", type(error).__name__, where)
    return INTERNAL_ERROR


def sentence(error: Exception) -> str:
    """An error as HTML text, a full sentence."""
    text = str(error).rstrip(".")
    if "." not in text.partition(" ")[0]:  # the name of a file stays as it is
        text = text[:1].upper() + text[1:]
    return escape(text, quote=False) + "."


def _plain(path: str) -> str:
    """A path without Gradio's kind of text, for which a worker would have to load all of Gradio."""
    return str(path)
