"""What the page and programs are told where work fails: a sentence, and no more."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Hashable
from html import escape
from uuid import uuid4

import gradio as gr

from demo.compute.jobs import WorkError
from demo.guard.files import Files
from demo.guard.refusals import INTERNAL_ERROR

FULL = "The server has no room for files just now. Please try again in a minute."
# A sentence on a file begins with its name, which may have blanks.
OF_A_FILE = re.compile(r".*\.[A-Za-z]\w{0,4} (is|has|holds|cannot)\b")
log = logging.getLogger(__name__)


def require_room(files: Files, visitor: Hashable) -> None:
    """Raises WorkError if there is no room for another file of a visitor's to take away."""
    if files.is_full(visitor, downloads=True):
        raise WorkError(FULL)


class PieceGone(WorkError):
    """The server has let go of a piece, or another server had it."""

    def __init__(self) -> None:
        super().__init__("The server has let go of this piece: please open it again")


def failed(event: str, error: Exception, number: int = 0) -> gr.HTML:
    """A message on which the bench keeps what it shows.

    Parameters
    ----------
    event : str
        The event that failed: "open", "choose", "ask" or "hear".
    error : Exception
        The page brings a piece that is gone again by itself, if it has the visitor's file.
    number : int
        Which of the page's moves it belongs to.
    """
    # A new id each time: the page reacts only to a value that changes.
    trouble = {"event": event, "number": number, "gone": isinstance(error, PieceGone)}
    return gr.HTML(trouble=json.dumps({**trouble, "id": uuid4().hex}))


def reason(error: Exception) -> str:
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
    if "." not in text.partition(" ")[0] and not OF_A_FILE.match(text):  # a name stays as it is
        text = text[:1].upper() + text[1:]
    return escape(text, quote=False) + "."
