"""The listening test beside the demo: opened, given a first study, closed in good order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from survey.app import close, create_app
from survey.building import default_study
from survey.core.settings import Settings


@dataclass(frozen=True)
class SurveyMount:
    """The survey's application and the model that its first study is made with."""

    app: FastAPI
    model: str | None

    def begin(self) -> None:
        """Make the first study, if there is none, while the pages are answering already."""
        state = self.app.state
        arguments = (state.database, state.settings, self.model, state.journal)
        threading.Thread(target=default_study.ensure, args=arguments, daemon=True).start()


@contextmanager
def survey_mount(model: str | None = None) -> Iterator[SurveyMount]:
    """The survey as the environment sets it up.

    Raises
    ------
    ValueError
        If the settings or the database cannot be used.
    """
    app = create_app(Settings.from_env())
    try:
        yield SurveyMount(app, model)
    finally:
        close(app)
