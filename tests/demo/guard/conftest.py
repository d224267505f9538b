"""The gate before Gradio, with an application behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

import demo.gradio_start  # noqa: F401 - Gradio comes two seconds sooner
from demo.guard.gate import Gate
from tests.demo.guard.gates import Behind


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def gate(behind: Behind) -> Gate:
    sessions_left: list[str] = []
    heard: list[str] = []

    @contextmanager
    def listening(session: str) -> Iterator[None]:
        heard.append(f"{session} listens")
        yield
        heard.append(f"{session} has left")

    gate = Gate(
        behind,
        beside=["/survey", "/healthz"],
        private={1, 2},
        public={3},
        names={"slide"},
        largest_file=1000,
        owns=lambda path: path == "/own/a.mid",
        is_full=lambda visitor: False,
        count=lambda path, visitor: None,
        count_bytes=lambda size, visitor: None,
        coming=lambda size, visitor: nullcontext(),
        waits=lambda session: session == "waits",
        session_of={"call1": "own"}.get,
        listening=listening,
        is_open=lambda: True,
        page_closed=sessions_left.append,
    )
    gate.sessions_left, gate.heard = sessions_left, heard
    return gate
