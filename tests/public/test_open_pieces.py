"""Pieces that somebody works on stay open, up to a share of their address, in both ways."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fadernets.music import midi
from tests.fadernets import tiny
from tests.public.edits import edit_json
from tests.public.server import Answer, Server, serving

ROOM = 16  # pieces that may be open together
OWN = 2  # of an address, an eighth of them
MANY = 20


def ask(server: Server, event: str, value: object, visitor: str) -> Answer:
    body = {"data": [value], "fn_index": server.event(event), "session_hash": "tests"}
    headers = {"X-Forwarded-For": visitor}
    return server.ask("gradio_api/run/predict", body, headers=headers, timeout=150)


def opened(server: Server, path: str, visitor: str) -> dict | None:
    """The piece that an address gets; None if it is told to come again."""
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "small.mid"}
    bench, sentence, *_ = ask(server, "upload", file, visitor).json()["data"]
    if "piece" in bench.get("props", {}):
        return json.loads(bench["props"]["piece"])
    assert "Please try again in a minute." in sentence, sentence
    return None


def is_open(server: Server, piece: dict, visitor: str) -> bool:
    bench, sentence, *_ = ask(server, "ask", edit_json(piece, rhythm=0.5), visitor).json()["data"]
    assert ("answer" in bench.get("props", {})) != ("open it again" in sentence), sentence
    return "answer" in bench.get("props", {})


@pytest.mark.server
def test_pieces_in_use_stay_up_to_a_share_of_their_address(tmp_path: Path):
    content = midi.dump(tiny.piece(tiny.bars(4)))
    notes = ROOM * midi.read(content).weight
    with serving("make-run", tmp_path, FADERNETS_OPEN_NOTES=str(notes)) as server:
        (path,) = server.upload("small.mid", content).json()
        flood = [opened(server, path, "9.9.9.9") for _ in range(MANY)]
        assert None not in flood
        mine = [opened(server, path, "1.2.3.4") for _ in range(OWN)]
        assert None not in mine  # though all that are open are in use
        flood += [opened(server, path, "9.9.9.9") for _ in range(MANY)]
        assert all(is_open(server, piece, "1.2.3.4") for piece in mine)
        assert not is_open(server, flood[0], "9.9.9.9") and is_open(server, flood[-1], "9.9.9.9")
        others = {f"5.6.7.{n}": opened(server, path, f"5.6.7.{n}") for n in range(ROOM - 2 * OWN)}
        assert None not in others.values()
        assert all(is_open(server, piece, "1.2.3.4") for piece in mine)
        assert opened(server, path, "5.6.8.1") is None  # nobody has more than their share
        assert all(is_open(server, piece, visitor) for visitor, piece in others.items())
