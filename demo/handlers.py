"""What the page's events call: Gradio's data in and out around `demo.service`.

Whatever cannot be done becomes a sentence on the page; everything else there stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from threading import BoundedSemaphore

import gradio as gr
import torch
from gradio.processing_utils import save_bytes_to_cache

from demo import endpoints, service
from demo.study import Study, open_example, open_file
from fadernets.audio import AudioError
from fadernets.net import FaderNet

AT_ONCE = 2  # events worked on at the same time
GONE = "The page has been idle for too long: please open the piece again."


class Handlers:
    """The page's events for a model, a few at a time; the others wait their turn.

    Parameters
    ----------
    net : FaderNet
    cache : str
        Folder for files to take away.
    """

    def __init__(self, net: FaderNet, cache: str) -> None:
        self.net = net
        self.cache = cache
        self.turn = BoundedSemaphore(AT_ONCE)
        # Threads that share one visitor's work wait for each other when the cores are busy.
        torch.set_num_threads(1)

    def open_example(self, key: str | None):
        """An example was chosen -> study, bench, message."""
        if key is None:  # a visitor's own file took its place
            return gr.skip(), gr.skip(), gr.skip()
        return _opened(open_example(key))

    def open_upload(self, path: str | None):
        """A file came -> study, bench, message, example."""
        if path is None:
            return (gr.skip(),) * 4
        try:
            study = open_file(path)
        except ValueError as error:
            return gr.skip(), gr.skip(), _sentence(error), gr.skip()
        return *_opened(study), None

    def ask(self, study: Study | None, wanted: str):
        """A fader or the selection was moved -> bench, message."""
        return self._answer(study, wanted, hear=False)

    def hear(self, study: Study | None, wanted: str):
        """The sound of a long selection is wanted -> bench, message."""
        return self._answer(study, wanted, hear=True)

    def _answer(self, study: Study | None, wanted: str, hear: bool):
        values = _values(study, wanted)
        if values["piece"] != study.id:  # asked of a piece that was closed meanwhile
            return gr.skip(), gr.skip()
        with _told(ValueError), self.turn:
            answer = service.answer(self.net, study, values, hear=hear)
        return gr.HTML(answer=json.dumps(answer)), ""

    def save(self, study: Study | None, wanted: str):
        """A file is wanted -> file, message."""
        values = _values(study, wanted)
        with _told(ValueError, AudioError), self.turn:
            name, data = service.save(self.net, study, values)
        return save_bytes_to_cache(data, name, self.cache), ""

    def change(self, path: str | None, values: Mapping) -> tuple[str, dict]:
        """A program's request -> path of the new MIDI file, and figures."""
        if path is None:
            raise gr.Error("There is no MIDI file.", print_exception=False)
        with _told(ValueError), self.turn:
            name, data, figures = endpoints.change(self.net, path, values)
        return save_bytes_to_cache(data, name, self.cache), figures


def _values(study: Study | None, wanted: str) -> Mapping:
    """What the page wants, as it wrote it into the bench's value."""
    if study is None:
        raise gr.Error(GONE, print_exception=False)
    with _told(ValueError):
        values = json.loads(wanted)
        if not isinstance(values, dict) or "piece" not in values:
            raise ValueError("the page asked for nothing")
    return values


@contextmanager
def _told(*errors: type[Exception]) -> Iterator[None]:
    """Errors become a message on the page, not a traceback in the log."""
    try:
        yield
    except errors as error:
        raise gr.Error(_sentence(error), print_exception=False) from error


def _opened(study: Study):
    return study, gr.HTML(piece=json.dumps(service.piece_message(study))), ""


def _sentence(error: Exception) -> str:
    """An error as HTML text, a full sentence."""
    return escape(str(error).rstrip(".")) + "."
