"""Work of several visitors at once: whose comes first, what a newer move or a closed page ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from tests.conftest import ONE_WAY
from tests.public.edits import (
    LONG_SEGMENTS,
    answer_shown,
    edit_json,
    in_background,
    long_piece,
    opened,
)
from tests.public.server import Server


@ONE_WAY
def test_one_segment_does_not_wait_for_others_whole_pieces(server: Server):
    """Order, not time: short answers come while the whole pieces are still under way."""
    pieces = [opened(server, long_piece(), session=f"long{i}") for i in range(3)]
    long_work = [
        in_background(server.run, "ask", edit_json(piece, last=LONG_SEGMENTS - 1, rhythm=0.9))
        for piece in pieces
    ]
    small = server.open_example("mazurka")
    answers = [answer_shown(server.run("ask", edit_json(small, rhythm=0.1 * i))) for i in range(4)]
    assert all(answer["sound"]["made"] for answer in answers)
    assert any(thread.is_alive() for thread, _ in long_work)
    for thread, results in long_work:
        thread.join(120)
        assert answer_shown(results[0])["figures"]


@ONE_WAY
def test_an_answer_carries_no_more_sound_than_is_asked_for(server: Server):
    """The original's comes once; that of a long selection comes in chunks, when they are heard."""
    small, long = server.open_example("mazurka"), opened(server, long_piece())

    def sound(piece: dict, number: int, **fields) -> dict:
        edit = edit_json(piece, number=number, rhythm=0.1 * number, **fields)
        return answer_shown(server.run("ask", edit))["sound"]

    first = sound(small, 1, original=True)
    assert first["original"]["data"] and first["result"]["data"]
    later = sound(small, 2, original=False, peak=first["peak"])
    assert later["original"] is None and later["result"]["data"]
    whole = sound(long, 1, original=True, last=LONG_SEGMENTS - 1)
    assert whole["later"] and whole["original"] is None and whole["result"] is None


@ONE_WAY
def test_a_newer_move_takes_the_place_of_the_one_before(server: Server):
    piece = opened(server, long_piece())
    event = server.event("ask")
    first, results = in_background(
        server.run, event, edit_json(piece, last=LONG_SEGMENTS - 1, rhythm=0.2)
    )
    time.sleep(0.3)
    newest = answer_shown(server.run(event, edit_json(piece, number=2, rhythm=0.9)))
    first.join(60)
    assert newest["number"] == 2
    assert answer_shown(results[0]) is None


@ONE_WAY
def test_work_of_a_visitor_who_hangs_up_is_dropped(server: Server):
    """The long worker is free for others at once, though nobody waited for its answer."""
    piece, event = opened(server, long_piece()), server.event("ask")
    address = urlsplit(server.url)
    for i in range(30):
        body = {"data": [edit_json(piece, last=LONG_SEGMENTS - 1, note=i / 30)], "fn_index": event}
        body["session_hash"] = f"gone{i}"
        connection = http.client.HTTPConnection(address.hostname, address.port)
        head = {"Content-Type": "application/json"}
        connection.request("POST", "/gradio_api/run/predict", json.dumps(body), head)
        time.sleep(0.05)
        connection.close()
    began = time.monotonic()
    other_piece = opened(server, long_piece(), session="other")
    assert answer_shown(
        server.run(event, edit_json(other_piece, last=LONG_SEGMENTS - 1, rhythm=0.5))
    )["figures"]
    print(f"answered after {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 100  # thirty would take longer


@ONE_WAY
def test_a_worker_that_is_killed_is_replaced(server: Server):
    piece, event = server.open_example("mazurka"), server.event("ask")
    for child in server.workers():
        os.kill(child, signal.SIGKILL)
    until = time.monotonic() + 120
    while answer_shown(answer := server.run(event, edit_json(piece, rhythm=0.7))) is None:
        assert answer.json()["data"][1].endswith("."), answer
        assert time.monotonic() < until
        time.sleep(0.5)
    assert answer_shown(answer)["sound"]["made"]


@ONE_WAY
def test_a_crowd_moves_faders_and_everybody_hears_the_last_move(server: Server):
    """Moves that come before the one ahead of them is answered take its place; none is an error."""

    def visit(number: int) -> list:
        session = f"crowd{number}"
        piece = server.open_example(("mazurka", "prelude", "sonata")[number % 3], session=session)
        edits = [edit_json(piece, number=n, first=n, last=n, rhythm=n / 10) for n in range(1, 5)]
        with ThreadPoolExecutor(len(edits)) as hands:
            moves = [hands.submit(server.run, "ask", edit, session=session) for edit in edits]
            return [answer_shown(move.result()) for move in moves]

    server.event("ask")
    with ThreadPoolExecutor(12) as crowd:
        for answers in crowd.map(visit, range(12)):
            replies = [answer for answer in answers if answer is not None]
            assert replies and max(answer["number"] for answer in replies) == 4
            assert all(answer["sound"]["made"] for answer in replies)
