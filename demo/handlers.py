"""What the page's events call: Gradio's data in and out around the workers.

Work that fails becomes a sentence on the page, and everything else on the page stays. The sentence
is an output like any other, because Gradio's page shows no errors of events without a queue. Values
that the page never sends raise errors, and so do programs' calls that fail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from demo.compute import cost
from demo.compute.jobs import Dropped
from demo.compute.open_pieces import OpenPieces
from demo.compute.workers import Workers
from demo.editing.piece_session import PieceSession
from demo.failure import PieceGone, failed, reason, require_room
from demo.guard.blocks import Sentence
from demo.guard.files import Files, plain
from demo.guard.public_address import visitor
from demo.page_event import CONFUSED, PageEvent

_ID = re.compile("[0-9a-f]{32}")  # of a piece, as `PieceSession` gives it

Output = Any  # of an event: a component with new properties, a plain value, or `gradio.skip()`


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

    async def open_example(self, key: str | None, request: gr.Request) -> tuple[Output, ...]:
        """An example was chosen -> bench, message."""
        if key is None:  # a visitor's own file took its place
            return gr.skip(), gr.skip()
        try:
            session, message = await self.workers.run(
                "open_example", key, cost=cost.ANSWER_SECONDS, visitor=visitor(request)
            )
            # With its key the page can have it again when the server has let go of it.
            message = json.dumps({**json.loads(message), "example": key})
            return self._opened(session, message, request)
        except Exception as error:  # noqa: BLE001 - the visitor is told, whatever it is
            return failed("open", error), reason(error)

    async def open_upload(self, path: str | None, request: gr.Request) -> tuple[Output, ...]:
        """A file came -> bench, message, example."""
        if path is None:
            return (gr.skip(),) * 3
        try:
            whose = visitor(request)
            price = await self.workers.run(
                "price_opening", plain(path), cost=cost.of_reading(path), visitor=whose
            )
            session, message = await self.workers.run(
                "open_file", plain(path), cost=price, visitor=whose
            )
            return *self._opened(session, message, request), None
        except Exception as error:  # noqa: BLE001
            return failed("open", error), reason(error), gr.skip()

    async def choose(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """Other tracks of the visitor's file are to change -> bench, message."""
        event = PageEvent.read(text)
        try:
            session = await self._session(event, request)
            price = await self.workers.run(
                "price_choice",
                event.values,
                session=session,
                cost=cost.of_choosing(session),
                visitor=visitor(request),
            )
            chosen, message = await self.workers.run(
                "choose",
                event.values,
                session=session,
                cost=price,
                key=(session.id, "choose"),
                order=event.number,
                visitor=visitor(request),
            )
            return self._opened(chosen, message, request)
        except Dropped:  # a newer choice is under way
            return gr.skip(), gr.skip()
        except Exception as error:  # noqa: BLE001
            return failed("choose", error), reason(error)

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
                "hear" if hear else "answer",
                event.values,
                session=session,
                cost=cost.of_answer(session, event.values, hear=hear),
                key=(session.id, kind),
                order=event.number,
                replaces=() if hear else [(session.id, "hear")],
                visitor=visitor(request),
            )
        except Dropped:  # a newer move is under way, and its answer is the one to show
            return gr.skip(), gr.skip()
        except Exception as error:  # noqa: BLE001
            return failed(kind, error, event.number), reason(error)
        return gr.HTML(answer=answer), gr.skip()

    async def look(self, text: str) -> Output:
        """How far is the work that the page waits for? -> bench."""
        event = PageEvent.read(text)
        progress = self.workers.progress((event.piece, "ask"))
        if progress is None:
            return gr.skip()
        number, (count, total) = progress
        return gr.HTML(progress=json.dumps({"number": number, "count": count, "total": total}))

    async def cancel(self, text: str) -> None:
        """The page does not want what it has asked for."""
        event = PageEvent.read(text)
        self.workers.give_up((event.piece, "ask"), event.number)

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
                visitor=visitor(request),
            )
        except Dropped:  # others are wanted now
            return gr.skip(), gr.skip()
        except Exception as error:  # noqa: BLE001
            return failed("vary", error), reason(error)
        return gr.HTML(variations=variations), gr.skip()

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
        return await self._mix(PageEvent.read(text), plain(path), request, is_example=False)

    async def _mix(
        self, event: PageEvent, donor: str, request: gr.Request, *, is_example: bool
    ) -> tuple[Output, ...]:
        async def price(session: PieceSession) -> float:
            if is_example:
                return cost.of_mixing(session, event.values)
            seconds: float = await self.workers.run(
                "price_mix",
                event.values,
                donor,
                session=session,
                cost=cost.of_reading(donor),
                visitor=visitor(request),
            )
            return seconds

        return await self._file(event, request, "mix_piece", donor, is_example, price=price)

    async def save(self, text: str, request: gr.Request) -> tuple[Output, ...]:
        """A file is wanted -> file, message; None for no file, or the visitor gets an older one.

        The page has the visitor take away whatever file there is then.
        """
        event = PageEvent.read(text)

        async def price(session: PieceSession) -> float:
            return cost.of_saving(session, event.values)

        return await self._file(event, request, "save", price=price)

    async def _file(
        self,
        event: PageEvent,
        request: gr.Request,
        task: str,
        *more: str | bool,
        price: Callable[[PieceSession], Awaitable[float]],
    ) -> tuple[Output, ...]:
        """What a task makes of the piece -> file, message."""
        try:
            session = await self._session(event, request)
            require_room(self.files, visitor(request))
            path = await self.workers.run(
                task,
                event.values,
                *more,
                session=session,
                cost=await price(session),
                key=(session.id, task),
                folder=self.files.new_folder(),
                visitor=visitor(request),
            )
            self.files.count(path, visitor(request))
        except Dropped:  # the same page wants another file
            return None, gr.skip()
        except Exception as error:  # noqa: BLE001
            return None, reason(error)
        return path, gr.skip()

    def _opened(
        self, session: PieceSession, message: str, request: gr.Request
    ) -> tuple[Output, ...]:
        self.pieces.add(session, getattr(request, "session_hash", None), visitor(request))
        return gr.HTML(piece=message), ""

    async def _session(self, event: PageEvent, request: gr.Request) -> PieceSession:
        """The piece that the page asks about; an example that is gone is opened again.

        Raises
        ------
        PieceGone
            If it cannot be opened again.
        """
        session = self.pieces.get(event.piece)
        if session is None and event.example is not None and _ID.fullmatch(event.piece):
            again, _ = await self.workers.run(
                "open_example",
                event.example,
                cost=cost.ANSWER_SECONDS,
                visitor=visitor(request),
            )
            session = self.pieces.get(event.piece)  # another event of the page may have been faster
            if session is None:
                again.id = event.piece  # as the page calls it
                session = again
                self.pieces.add(session, getattr(request, "session_hash", None), visitor(request))
        if session is None:
            raise PieceGone
        return session
