"""What the page's events call: Gradio's data in and out around `demo.service`.

Whatever cannot be done becomes a sentence in the page's message line; everything else on the page
stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from demo import endpoints, service
from demo.study import Study, open_example, open_file
from fadernets.audio import AudioError
from fadernets.net import FaderNet

GONE = "The page has been idle for too long: please open the piece again."


class Handlers:
    """The page's events for a model; files to take away are written to a cache folder."""

    def __init__(self, net: FaderNet, cache: str) -> None:
        self.net = net
        self.cache = cache

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

    def ask(self, study: Study | None, event: gr.EventData):
        """A fader or the selection was moved -> bench, message."""
        return self._answer(study, event, hear=False)

    def hear(self, study: Study | None, event: gr.EventData):
        """The sound of a long selection is wanted -> bench, message."""
        return self._answer(study, event, hear=True)

    def _answer(self, study: Study | None, event: gr.EventData, hear: bool):
        values = event._data
        if study is None:
            return gr.skip(), GONE
        if values.get("piece") != study.id:  # asked of a piece that was closed meanwhile
            return gr.skip(), gr.skip()
        try:
            answer = service.answer(self.net, study, values, hear=hear)
        except ValueError as error:
            return gr.skip(), _sentence(error)
        return gr.HTML(answer=json.dumps(answer)), ""

    def save(self, study: Study | None, event: gr.EventData):
        """A file is wanted -> file, message."""
        if study is None:
            raise gr.Error(GONE)
        try:
            name, data = service.save(self.net, study, event._data)
        except (ValueError, AudioError) as error:
            raise gr.Error(_sentence(error)) from error
        return save_bytes_to_cache(data, name, self.cache), ""

    def change(self, path: str | None, values: Mapping) -> tuple[str, dict]:
        """A program's request -> path of the new MIDI file, and figures."""
        if path is None:
            raise gr.Error("There is no MIDI file.")
        try:
            name, data, figures = endpoints.change(self.net, path, values)
        except ValueError as error:
            raise gr.Error(str(error)) from error
        return save_bytes_to_cache(data, name, self.cache), figures


def _opened(study: Study):
    return study, gr.HTML(piece=json.dumps(service.piece_message(study))), ""


def _sentence(error: Exception) -> str:
    """An error as HTML text, a full sentence."""
    text = str(error).rstrip(".")
    return escape(text[:1].upper() + text[1:]) + "."
