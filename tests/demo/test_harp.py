"""The endpoints that HARP opens, over HTTP as its client asks for them."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest

from fadernets.music import midi
from tests.conftest import ONE_WAY
from tests.fadernets import tiny
from tests.public.server import Server

pytestmark = [pytest.mark.server, pytest.mark.slow]

CONTENT = midi.dump(tiny.piece(tiny.bars(6)))


def call(server: Server, name: str, *data: Any) -> tuple[str, Any]:
    """The last event of a call's answer: "complete" or "error", and its data."""
    event = server.ask(f"gradio_api/call/{name}", {"data": list(data)}).json()["event_id"]
    text = server.ask(f"gradio_api/call/{name}/{event}", timeout=120).text
    kind, content = text.strip().split("\n\n")[-1].split("\n")
    return kind.removeprefix("event: "), json.loads(content.removeprefix("data: "))


def upload(server: Server) -> dict[str, Any]:
    (path,) = server.upload("take.mid", CONTENT).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


@ONE_WAY
def test_controls_are_those_that_its_editor_knows(server: Server) -> None:
    kind, (controls,) = call(server, "controls")
    assert kind == "complete"
    assert set(controls["card"]) == {"name", "description", "author", "tags"}
    piece, *sliders, keep = controls["inputs"]
    assert (piece["type"], piece["required"]) == ("midi_track", True)
    assert [one["type"] for one in sliders] == ["slider"] * 6
    assert [one["label"] for one in sliders] == [
        "Rhythm density",
        "Note density",
        "Tempo",
        "Articulation",
        "Arousal",
        "Valence",
    ]
    assert {(one["minimum"], one["maximum"], one["value"]) for one in sliders} == {(-1.0, 1.0, 0.0)}
    assert keep["type"] == "text_box"
    assert [one["type"] for one in controls["outputs"]] == ["midi_track", "json"]


def fetched(server: Server, result: dict[str, Any]) -> bytes:
    assert result["meta"]["_type"] == "gradio.FileData"
    with urllib.request.urlopen(result["url"], timeout=30) as answer:
        content: bytes = answer.read()
    return content


@ONE_WAY
def test_a_piece_goes_there_and_back(server: Server) -> None:
    kind, (result, labels) = call(server, "process", upload(server), -1.0, 0.0, 0, 0, 0, 0, "")
    assert kind == "complete"
    before, after = (midi.read(content).notes for content in (CONTENT, fetched(server, result)))
    assert 0 < len(after) < len(before)
    assert labels["meta"]["_type"] == "pyharp.LabelList"
    (label,) = labels["labels"]
    assert label["t"] == 0.0
    assert re.match(r"rhythm 0\.\d\d to 0\.\d\d, note ", label["label"])


@ONE_WAY
def test_nothing_moved_is_the_same_file(server: Server) -> None:
    _, (result, _) = call(server, "process", upload(server), 0, 0, 0, 0, 0, 0, "")
    assert fetched(server, result) == CONTENT


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((2, 0, 0, 0, 0, 0, ""), "-1"),
        ((0.5, 0, 0, 0, 0, 0, "tune"), "is no lock: there are melody"),
        ((0.5, 0, 0, 0, 0, None, ""), "Valence is not a number."),
    ],
)
@ONE_WAY
def test_what_cannot_be_is_said(server: Server, values, words) -> None:
    kind, answer = call(server, "process", upload(server), *values)
    assert kind == "error" and words in answer["error"]


@ONE_WAY
def test_cancel_is_there_for_its_editor(server: Server) -> None:
    assert call(server, "cancel") == ("complete", [None])
