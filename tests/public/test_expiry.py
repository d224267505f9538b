"""Files and pieces of visitors go after their time, however Gradio is told to serve."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from fadernets.music import midi
from survey.core.own_folder import HELD
from tests.conftest import OTHER_WAYS
from tests.fadernets import tiny
from tests.public.edits import (
    answer_shown,
    edit_json,
    opened,
)
from tests.public.server import Server, serving


@pytest.mark.server
def test_files_and_pieces_go_after_their_time(short_lived: Server):
    serves_one_way(short_lived)
    go_after_their_time(short_lived)


@pytest.mark.server
def test_a_space_serves_one_way(tmp_path):
    with serving("space", tmp_path, **OTHER_WAYS) as server:
        serves_one_way(server)


def go_after_their_time(server: Server) -> None:
    piece = opened(server, midi.dump(tiny.piece(tiny.bars(8))))
    file_answer = server.run("save", edit_json(piece, kind="midi", scope="piece", rhythm=0.5))
    path = file_answer.json()["data"][0]["path"]
    assert server.ask(f"gradio_api/file={path}").status == 200
    until = time.monotonic() + 120
    while list(server.temporary.rglob("*.mid")):
        assert time.monotonic() < until, "files stay"
        time.sleep(0.5)
    assert server.ask(f"gradio_api/file={path}").status == 404
    is_made_again(server)
    while answer_shown(answer := server.run("ask", edit_json(piece, rhythm=0.2))) is not None:
        assert time.monotonic() < until, "pieces stay"
        time.sleep(9)
    assert "open it again" in answer.json()["data"][1]


def is_made_again(server: Server) -> None:
    """The server's folder, that a system has tidied away: files come and go as before."""
    (folder,) = server.temporary.glob("fadernets-*")
    shutil.rmtree(folder)
    piece = opened(server, midi.dump(tiny.piece(tiny.bars(8))))
    answer = server.run("save", edit_json(piece, kind="midi", scope="piece", rhythm=0.5))
    path, sentence = answer.json()["data"]
    assert path, sentence
    assert server.ask(f"gradio_api/file={path['path']}").status == 200
    assert folder.stat().st_mode & 0o077 == 0 and (folder / HELD).exists()


def serves_one_way(server: Server) -> None:
    """Whatever the environment tells Gradio: nothing but the server and its workers runs."""
    for address in ("gradio_api/mcp/", "gradio_api/mcp/sse", "monitoring"):
        assert server.ask(address).status == 404, address
    assert server.ask("gradio_api/file=/etc/hostname").status == 404
    own = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    for number in own.read_text().split():
        command = Path(f"/proc/{number}/cmdline").read_bytes()
        assert b"python" in command.split(b"\0")[0], command
