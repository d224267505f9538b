"""Hostile MIDI files over HTTP: refused in a sentence or opened, and nobody else waits for them."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.pieces import bombs
from tests.conftest import BOTH_WAYS, ONE_WAY
from tests.public.edits import answer_shown, edit_json
from tests.public.server import Answer, Server
from tests.public.test_calls import MOST_MEGABYTES, megabytes

REFUSED = ("notes, 3.3 million", "tracks, 65,535 with a note", "tempos", "a beat of 1 µs", "zeros")
OPENED = ("the largest", "text of 20 MB")
MANY = 24  # addresses
# Both ways of starting with one of them: what a file costs is the workers' affair.
WAYS_AND_KINDS = [
    pytest.param(*way.values, kind, marks=way.marks)
    for kind in (*REFUSED, *OPENED)
    for way in (BOTH_WAYS if kind == REFUSED[0] else BOTH_WAYS[:1])
]


def opening(server: Server, kind: str) -> Answer:
    (path,) = server.upload("bomb.mid", bombs.ALL[kind]()).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "bomb.mid"}
    return server.run("upload", file, session="bombs")


@pytest.mark.parametrize(("server", "kind"), WAYS_AND_KINDS, indirect=["server"])
def test_a_hostile_file_costs_little_memory_and_is_refused_or_opened(server: Server, kind: str):
    before = megabytes(server, "VmRSS")
    answer = opening(server, kind)
    assert answer.status == 200, answer
    bench, sentence, *_ = answer.json()["data"]
    is_refused = "Bomb.mid" in sentence or "bomb.mid" in sentence
    assert is_refused == (kind in REFUSED) and is_refused == ("piece" not in json.dumps(bench))
    assert not is_refused or sentence.endswith("."), sentence
    after = megabytes(server, "VmHWM")
    assert set(after) == set(before), "a worker was lost"
    assert max(after[number] - before[number] for number in after) < MOST_MEGABYTES


@ONE_WAY
def test_nobody_waits_for_files_that_others_open(server: Server):
    """A dozen at once wait for each other, while faders move."""
    piece = server.open_example("mazurka")
    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(opening, server, kind) for kind in [*REFUSED, OPENED[1]] * 2]
        moves = [
            answer_shown(server.run("ask", edit_json(piece, number=n, rhythm=n / 10)))
            for n in range(5)
        ]
        assert all(move and move["sound"]["made"] for move in moves)
        assert {each.result().status for each in waiting} == {200}
    assert server.ask("healthz").status == 200


@ONE_WAY
def test_a_small_file_that_holds_much_keeps_nobody_waiting(server: Server):
    """Order, not time: two dozen addresses open two hundred bytes of which a lot is made."""
    (path,) = server.upload("few.mid", bombs.few_bytes()).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "few.mid"}
    body = {"data": [file], "fn_index": server.event("upload"), "session_hash": "few"}
    piece = server.open_example("mazurka")

    def open_as(visitor: str) -> Answer:
        headers = {"X-Forwarded-For": visitor}
        return server.ask("gradio_api/run/predict", body, headers=headers, timeout=300)

    with ThreadPoolExecutor(MANY) as pool:
        opened = [pool.submit(open_as, f"1.2.{number}.4") for number in range(MANY)]
        time.sleep(1.0)  # they wait
        move = server.run("ask", edit_json(piece, rhythm=0.5))
        ready_count = sum(each.done() for each in opened)
        assert answer_shown(move)["figures"] and ready_count < MANY / 2, ready_count
        answers = [each.result() for each in opened]
    assert all("piece" in each.json()["data"][0].get("props", {}) for each in answers)
