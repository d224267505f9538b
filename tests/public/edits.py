"""What a visitor does with a piece, and what the page would show of the answer."""

from __future__ import annotations

import json
import threading

import numpy as np

from fadernets.music import midi
from fadernets.music.notes import NO_PEDAL, Notes, concatenate
from fadernets.music.piece import Piece
from tests.fadernets import tiny
from tests.public.server import Server

LONG_SEGMENTS = 100  # segments: more than twice what is short, and soon done on a busy machine, too


def long_piece() -> bytes:
    """Music that is long work."""
    bars = tiny.bars(40)
    notes = concatenate([bars[i % 40].shifted(4.0 * i) for i in range(LONG_SEGMENTS)])
    assert isinstance(notes, Notes)
    tempo, meter = np.array([[0.0, 117.0]]), np.array([[0.0, 4, 4]])
    return midi.dump(Piece(notes, NO_PEDAL, tempo, meter, 4.0 * LONG_SEGMENTS))


def opened(server: Server, content: bytes, session: str = "tests") -> dict:
    (path,) = server.upload("long.mid", content).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "long.mid"}
    answer = server.run("upload", file, session=session)
    assert answer.status == 200 and "piece" in answer.json()["data"][0].get("props", {}), answer
    return json.loads(answer.json()["data"][0]["props"]["piece"])


def edit_json(piece: dict, **changes: object) -> str:
    values = {"number": 1, "piece": piece["id"], "first": 0, "last": 0, "original": True}
    return json.dumps(values | changes)


def answer_shown(answer) -> dict | None:
    """The answer that the page shows; None if a newer move replaced it."""
    assert answer.status == 200, answer
    first = answer.json()["data"][0]
    return json.loads(first["props"]["answer"]) if "answer" in first.get("props", {}) else None


def in_background(call, *arguments, **options) -> tuple[threading.Thread, list]:
    results: list = []
    thread = threading.Thread(target=lambda: results.append(call(*arguments, **options)))
    thread.start()
    return thread, results
