"""Programs' calls: files in, a file and figures out, as long as somebody waits for them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from gradio.context import LocalContext
from gradio.queueing import Event

from demo.compute import cost
from demo.compute.jobs import WorkError
from demo.compute.workers import Workers
from demo.editing.answers import EndpointFigures
from demo.editing.requests import Values
from demo.failure import require_room, sentence
from demo.guard.blocks import Sentence
from demo.guard.files import Files, plain
from demo.guard.listeners import GivenUp, Listeners
from demo.guard.public_address import visitor

GIVEN_UP = "Nobody waited for the answer. Please call again, and ask for it at once."


class ProgramCalls:
    """What the endpoints for programs do; calls that fail raise `Sentence`, faults as they are.

    Parameters
    ----------
    workers : Workers
    files : Files
        Where files to take away are put.
    listeners : Listeners
        Who waits for the answers of calls.
    """

    def __init__(self, workers: Workers, files: Files, listeners: Listeners) -> None:
        self.workers, self.files, self.listeners = workers, files, listeners

    async def change(self, path: str | None, values: Values) -> tuple[str, EndpointFigures]:
        """A program's request -> path of the new MIDI file, and figures."""
        return await self.work("change", [path], values)

    async def work(self, task: str, paths: Sequence[str | None], values: Values) -> tuple[str, Any]:
        """A program's request for a task on MIDI files -> path of what is made, and figures."""
        files = [plain(path) for path in paths if path is not None]
        if len(files) < len(paths):
            raise Sentence("A file is missing." if files else "There is no MIDI file.")
        try:
            call = _call()
            caller = visitor(call and call.request)
            require_room(self.files, caller)
            work = self._priced(task, files, dict(values), caller)
            saved, figures = await (
                self.listeners.while_awaited(call.session_hash, work, call.enqueue_time)
                if call
                else work
            )
        except GivenUp:
            raise Sentence(GIVEN_UP) from None
        except WorkError as error:
            raise Sentence(sentence(error)) from None
        self.files.count(saved, caller)
        return saved, figures

    async def _priced(
        self, task: str, paths: Sequence[str], values: Values, visitor: Hashable
    ) -> tuple[str, Any]:
        """Do the work, priced in a turn of its own by what the files hold.

        The server itself keeps no pieces of calls: those that wait may be many, and large.
        """
        price = await self.workers.run(
            "price", task, *paths, values, cost=sum(map(cost.of_reading, paths)), visitor=visitor
        )
        return await self.workers.run(
            task, *paths, values, cost=price, folder=self.files.new_folder(), visitor=visitor
        )


def _call() -> Event | None:
    """The call of a program that is under way, if one is."""
    blocks, number = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    return blocks._queue.event_ids_to_events.get(number) if blocks and number else None
