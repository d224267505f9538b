"""What an event that fails says, and with which status."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from demo.guard import blocks as module
from demo.guard.blocks import INVALID_VALUE, NOT_UPLOADED, GuardedBlocks, Sentence
from demo.guard.refusals import INTERNAL_ERROR


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("inputs", "error", "text", "status"),
    [
        (["x"], KeyError("/secret/path"), INTERNAL_ERROR, 500),
        (["x"], gr.Error("/secret/path"), INVALID_VALUE, 422),
        (["x"], Sentence("Rhythm is no number."), "Rhythm is no number.", 422),
        ([{"path": "/etc/passwd"}], None, NOT_UPLOADED, 422),
        ([{"path": "/etc/passwd", "meta": 5}], None, INVALID_VALUE, 422),
        ([nested(20)], None, INVALID_VALUE, 422),
        (
            ["x"],
            asyncio.CancelledError(),
            "This was broken off: nobody waits for it any more, or the server is being stopped.",
            503,
        ),
        (["x", "y"], None, "1 values are wanted, 2 came: Name.", 422),
    ],
)
def test_a_failure_is_a_sentence_with_a_status(
    monkeypatch, caplog, inputs: list, error: BaseException | None, text: str, status: int
):
    """Of the sender's mistakes 422, of the server's own 500, at its end 503."""
    statuses: list[int] = []

    async def fail(*arguments: Any, **more: Any) -> None:
        assert error is not None, "the event was let through"
        raise error

    monkeypatch.setattr(gr.Blocks, "process_api", fail)
    monkeypatch.setattr(module, "note_status", statuses.append)
    guarded = GuardedBlocks.__new__(GuardedBlocks)
    guarded._owns = lambda path: False
    event = SimpleNamespace(inputs=[SimpleNamespace(label="Name")])
    with pytest.raises(Sentence) as refusal:
        asyncio.run(guarded.process_api(event, inputs))
    assert (refusal.value.message, statuses) == (text, [status])
    assert "secret" not in caplog.text
