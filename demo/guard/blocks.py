"""Gradio's Blocks with its own file check switched on, and errors that give nothing away."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gradio as gr
from pydantic import ValidationError

from demo.guard import values
from demo.guard.refusals import INTERNAL_ERROR, note_status

NOT_UPLOADED = "Only files that were uploaded to this page can be opened."
CANCELLED = "This was broken off: nobody waits for it any more, or the server is being stopped."
MAX_NESTING = 12  # levels of lists and dicts in an event's data
INVALID_VALUE = "A value is none of those that can be chosen here."
log = logging.getLogger(__name__)


class Sentence(gr.Error):
    """An error of ours that the page or a program shows as it is: one sentence of HTML text.

    Parameters
    ----------
    text : str
    status : int
        Of the HTTP response: 422 for a value that cannot be used, 500 for a fault of the server,
        503 where it ends.
    """

    def __init__(self, text: str, status: int = 422) -> None:
        super().__init__(text, print_exception=False)
        self.status = status


class _Nothing(set[str]):
    """A set that nothing is put into."""

    def add(self, element: str) -> None:
        """Do nothing."""

    def update(self, *others: Iterable[str]) -> None:
        """Do nothing."""


class GuardedBlocks(gr.Blocks):
    """Blocks whose events open no file but uploads, and never print a traceback.

    Every way in (``/run``, ``/call``, the queue) goes through `process_api`, so this is the place
    for what must hold for all of them. Gradio's own check of file inputs is off until
    ``has_launched``, which `gradio.mount_gradio_app` never sets; `enforce` sets it, and
    `demo.guard.selfcheck` tries it. The check here does not depend on it.

    Parameters
    ----------
    owns : function
        Whether a path is a file that was uploaded to this server.
    """

    def __init__(self, *, owns: Callable[[str], bool], **options: Any) -> None:
        super().__init__(**options)
        # On a Space the page would draw a header over itself, with fonts, likes and a picture that
        # it asks of other hosts, which the policy of `demo.guard.headers` refuses.
        self.space_id = None
        self._owns = owns

    def enforce(self) -> None:
        """Switch on Gradio's own check of file inputs, once everything is set up.

        Gradio has a list of all files that came or were made, in each block and in all, and never
        forgets one; `demo.guard.files` knows what there is.
        """
        self.has_launched = True
        self.upload_file_set = _Nothing()
        for block in self.blocks.values():
            block.temp_files = _Nothing()

    async def process_api(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> Any:
        """As the base class, with files checked first, and a `Sentence` for every failure."""
        try:
            return await self._process(block_fn, inputs, *args, **kwargs)
        except Sentence as refusal:
            note_status(refusal.status)
            raise

    async def _process(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> Any:
        if not all(self._owns(path) for path in _paths(inputs)):
            raise Sentence(NOT_UPLOADED)
        inputs = values.completed(block_fn.inputs, inputs)
        if problem := values.problem(block_fn.inputs, inputs):
            raise Sentence(problem)
        try:
            return await super().process_api(block_fn, inputs, *args, **kwargs)
        except Sentence:
            raise
        except (gr.Error, ValidationError):  # their texts repeat what was sent
            raise Sentence(INVALID_VALUE) from None
        except asyncio.CancelledError:
            # The caller makes an answer of any exception, and prints it unless it is this one.
            raise Sentence(CANCELLED, 503) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, no value of it leaves
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
            log.warning("an event failed: %s at %s", type(error).__name__, where)
            raise Sentence(INTERNAL_ERROR, 500) from None


def _paths(value: Any, depth: int = 0) -> Iterator[str]:
    """Every path of a file that an event's data names; refuses what is nested too deeply.

    Gradio takes a dict with ``path`` and ``meta`` for a file, wherever it lies.
    """
    if depth > MAX_NESTING:
        raise Sentence(INVALID_VALUE)
    if isinstance(value, dict):
        if "path" in value and value["path"] is not None:
            if not isinstance(value.get("meta", {}), dict):
                raise Sentence(INVALID_VALUE)
            yield str(value["path"])
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _paths(part, depth + 1)
