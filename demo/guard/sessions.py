"""Gradio's sessions, of which nothing is kept: whoever calls can make up any number of them."""

from __future__ import annotations

from copy import copy

import gradio as gr
from gradio.state_holder import SessionState, StateHolder


class NoSessions(StateHolder):
    """Has a blank session for every event.

    Gradio would keep the answers of each, sound and all, for as many sessions as it is launched
    with, ten thousand by itself. The page's events need none, since what the page asks for names
    its piece.
    """

    def set_blocks(self, blocks: gr.Blocks) -> None:
        """As the base class."""
        super().set_blocks(blocks)
        self._template: SessionState | None = None

    def __getitem__(self, session_id: str) -> SessionState:
        """A session in which nothing has happened.

        Making one from nothing takes Gradio two thirds of an event's time, so it is made once and
        copied as deeply as Gradio changes it.
        """
        if self._template is None:
            self._template = SessionState(self.blocks)
        session = copy(self._template)
        session.blocks_config = copy(self.blocks.default_config)
        session.state_data = {}
        session.config_values = {
            key: {**values, "props": dict(values.get("props", {}))}
            for key, values in self._template.config_values.items()
        }
        return session
