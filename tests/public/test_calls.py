"""Programs' calls: who comes back for an answer gets it; no lock costs the server its memory."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from demo.compute.workers import CALLS_UNDER_WAY
from fadernets.music import midi
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from tests.conftest import ONE_WAY
from tests.fadernets import tiny
from tests.public.edits import edit_json, long_piece, opened
from tests.public.server import Answer, Server
from tests.waiting import wait_until

MANY = 20  # calls of one program
NEWCOMERS = 15  # a third of them found no place
FLOOD = 200  # calls before them: more than wait or are under way at once
MOST_MEGABYTES = 300.0  # that one request may take for a while
NOTES, SEGMENTS = 118_000, 2_360


def call(server: Server, content: bytes, *values: object, visitor: str | None = None) -> str:
    """Call ``/slide`` with a file; the address of its answer.

    The visitor's address is one that a proxy names.
    """
    (path,) = server.upload("long.mid", content).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    headers = {"X-Forwarded-For": visitor} if visitor else {}
    answer = server.ask("gradio_api/call/slide", {"data": [file, *values]}, headers=headers)
    assert answer.status == 200, answer
    return f"gradio_api/call/slide/{answer.json()['event_id']}"


@ONE_WAY
def test_who_calls_often_keeps_nobody_waiting(server: Server):
    """Turns go round: another's call waits for one of the many, and there is always room for it."""
    piece, values = midi.dump(tiny.piece(tiny.bars(30))), [0.5, *[None] * 7]
    with ThreadPoolExecutor(MANY + 1) as pool:
        *own, other = [
            pool.submit(server.ask, call(server, piece, *values, visitor=visitor), timeout=300)
            for visitor in [*["1.2.3.4"] * MANY, "5.6.7.8"]
        ]
        answers = {each: each.result().text for each in as_completed([*own, other])}
    complete = [each for each, text in answers.items() if "event: complete" in text]
    refused = [text for each, text in answers.items() if each not in complete]
    assert refused and all("try again in a minute." in text for text in refused), refused
    assert other in complete and complete.index(other) < len(complete) - 6


@ONE_WAY
def test_who_calls_without_an_end_keeps_nobody_from_calling(server: Server):
    """One address calls from many connections and reads no answer: others' calls get places."""
    short, long = (
        {"path": path, "meta": {"_type": "gradio.FileData"}}
        for number in (1, 30)
        for path in server.upload("bars.mid", midi.dump(tiny.piece(tiny.bars(number)))).json()
    )
    describes = json.dumps({"data": [short, None, False]}).encode()
    slides = json.dumps({"data": [long, 0.5, *[None] * 7]})  # calls come faster than answers
    host, ends, statuses = urlsplit(server.url), threading.Event(), []

    def flood() -> None:
        connection = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
        while not ends.is_set():
            headers = {"Content-Type": "application/json", "X-Forwarded-For": "1.2.3.4"}
            connection.request("POST", "/gradio_api/call/slide", slides, headers)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()

    with ThreadPoolExecutor(12) as pool:
        floods = [pool.submit(flood) for _ in range(12)]
        try:
            wait_until(lambda: len(statuses) > FLOOD)
            for number in range(NEWCOMERS):
                visitor = {"X-Forwarded-For": f"5.6.7.{number}"}
                called = server.ask("gradio_api/call/describe", describes, headers=visitor)
                assert called.status == 200, (number, called)
                address = f"gradio_api/call/describe/{called.json()['event_id']}"
                answer = server.ask(address, timeout=120).text
                assert "event: complete" in answer, (number, answer)
        finally:
            ends.set()  # else the pool would wait for them for ever
        assert not [each.result() for each in floods if each.exception()]
    assert set(statuses) <= {200, 503}


@ONE_WAY
def test_long_calls_that_nobody_comes_for_keep_nobody_out(server: Server):
    """More than may be under way, of one address that listens to none: others' calls are done."""
    (long,) = server.upload("long.mid", long_piece()).json()
    (short,) = server.upload("short.mid", midi.dump(tiny.piece(tiny.bars(1)))).json()

    def called(name: str, path: str, *values: object, visitor: str) -> Answer:
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        headers = {"X-Forwarded-For": visitor}
        return server.ask(f"gradio_api/call/{name}", {"data": [file, *values]}, headers=headers)

    values = [0.5, *[None] * 7]
    calls = [called("slide", long, *values, visitor="1.2.3.4") for _ in range(CALLS_UNDER_WAY + 20)]
    assert {answer.status for answer in calls} <= {200, 503} and calls[0].status == 200
    for number in range(3):
        newcomer = called("describe", short, None, False, visitor=f"5.6.7.{number}")
        assert newcomer.status == 200, (number, newcomer)
        address = f"gradio_api/call/describe/{newcomer.json()['event_id']}"
        answer = server.ask(address, timeout=300).text
        assert "event: complete" in answer, (number, answer)


@ONE_WAY
def test_short_calls_do_not_wait_for_a_long_one(server: Server):
    """The sound of half an hour takes minutes."""
    (path,) = server.upload("dense.mid", dense_piece()).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    headers = {"X-Forwarded-For": "1.2.3.4", "Content-Type": "application/json"}
    called = server.ask("gradio_api/call/render", {"data": [file, "mp3", None]}, headers=headers)
    host = urlsplit(server.url)
    waits = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
    waits.request("GET", f"/gradio_api/call/render/{called.json()['event_id']}")
    try:
        time.sleep(1.0)  # it is under way
        piece, values = midi.dump(tiny.piece(tiny.bars(2))), [0.5, *[None] * 7]
        answer = server.ask(call(server, piece, *values, visitor="5.6.7.8"), timeout=120).text
        assert "event: complete" in answer, answer
        waits.sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while so_far := waits.sock.recv(10_000):
                assert b"event: complete" not in so_far and b"event: error" not in so_far
    finally:
        waits.close()


@ONE_WAY
def test_a_program_whose_connection_breaks_gets_its_answer_when_it_comes_back(server: Server):
    address = call(server, long_piece(), 0.5, *[None] * 7)
    host = urlsplit(server.url)
    connection = http.client.HTTPConnection(host.hostname, host.port)
    connection.request("GET", f"/{address}")
    time.sleep(0.1)
    connection.close()
    time.sleep(0.2)  # the server notices it
    answer = server.ask(address, timeout=120).text
    assert "event: complete" in answer and ".mid" in answer, answer


def megabytes(server: Server, field: str) -> dict[int, float]:
    """Of each worker the memory that it has (VmRSS) or had since it was last asked (VmHWM)."""
    by_worker = {}
    for number in server.workers():
        status = Path(f"/proc/{number}/status").read_text()
        by_worker[number] = int(status.partition(f"{field}:")[2].split()[0]) / 1000
        Path(f"/proc/{number}/clear_refs").write_text("5")  # forgets the peak
    return by_worker


def dense_piece() -> bytes:
    """Nearly as many notes as may be, each by itself."""
    onset = np.arange(NOTES) * (4.0 * SEGMENTS / NOTES)
    pitch = 40 + np.arange(NOTES) * 7 % 40
    notes = Notes(onset, onset + 0.06, pitch, np.full(NOTES, 80))
    tempo, meter = np.array([[0.0, 400.0]]), np.array([[0.0, 4, 4]])
    return midi.dump(Piece(notes, NO_PEDAL, tempo, meter, 4.0 * SEGMENTS))


def sparse_piece() -> bytes:
    """Half an hour in some hundred bytes."""
    onset = np.arange(29) * 120.0
    notes = Notes(onset, onset + 1, np.full(29, 60), np.full(29, 80))
    tempo, meter = np.array([[0.0, 120.0]]), np.array([[0.0, 4, 4]])
    return midi.dump(Piece(notes, NO_PEDAL, tempo, meter, 29 * 120.0))


@ONE_WAY
def test_what_takes_long_is_told_by_what_a_file_holds_and_not_by_its_bytes(server: Server):
    """Three addresses call for half an hour of sound: the worker for short calls is free."""
    content = sparse_piece()
    assert len(content) < 1_000
    (long,) = server.upload("sparse.mid", content).json()
    (short,) = server.upload("short.mid", midi.dump(tiny.piece(tiny.bars(1)))).json()
    host, waiting = urlsplit(server.url), []

    def called(name: str, path: str, *values: object, visitor: str) -> str:
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        headers = {"X-Forwarded-For": visitor}
        answer = server.ask(
            f"gradio_api/call/{name}", {"data": [file, *values]}, headers=headers
        ).json()
        return f"gradio_api/call/{name}/{answer['event_id']}"

    try:
        for number in range(3):
            address = called("render", long, "mp3", None, visitor=f"1.2.3.{number}")
            waits = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
            waits.request("GET", f"/{address}")
            waiting.append(waits)
        time.sleep(1.0)  # they were opened
        answer = server.ask(called("describe", short, None, False, visitor="5.6.7.8"), timeout=120)
        assert "event: complete" in answer.text, answer
        for waits in waiting:
            waits.sock.settimeout(0.5)
            with pytest.raises(TimeoutError):
                while so_far := waits.sock.recv(10_000):
                    assert b"event: complete" not in so_far and b"event: error" not in so_far
    finally:
        for waits in waiting:
            waits.close()


@ONE_WAY
def test_no_lock_costs_the_server_its_memory(server: Server):
    piece = opened(server, dense_piece())
    before = megabytes(server, "VmRSS")
    for number, lock in enumerate(("left", "track:1-30000000"), 1):
        edit = edit_json(piece, rhythm=0.5, lock=lock, number=number)
        answer = server.run("ask", edit)
        assert answer.status == 200, answer
        bench, sentence, *_ = answer.json()["data"]
        refused = "There is no track 30000000 to lock" in sentence
        assert refused == ("track" in lock) and ("answer" in json.dumps(bench)) != refused, answer
    after = megabytes(server, "VmHWM")
    assert set(after) == set(before)
    assert max(after[number] - before[number] for number in after) < MOST_MEGABYTES
