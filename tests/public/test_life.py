"""Files of visitors are removed, abandoned work stops, and the server ends on a signal."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from sqlalchemy import select

from db.database import Database
from db.models import Study
from fadernets.music import midi
from fadernets.music.notes import NO_PEDAL, Notes, concatenate
from fadernets.music.piece import Piece
from survey.core.own_folder import HELD
from survey.core.settings import Settings
from tests.conftest import ONE_WAY, OTHER_WAYS, kept_offline
from tests.fadernets import tiny
from tests.public.server import START, Answer, Server, serving, starting

CROWD = 8  # visitors who wait for their whole pieces
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


def test_an_answer_carries_no_more_sound_than_is_asked_for(server: Server):
    """The original's comes once; that of a long selection comes in chunks, when they are heard."""
    small, long = server.open_example("mazurka"), opened(server, long_piece())

    def sound(piece: dict, number: int, **asked) -> dict:
        edit = edit_json(piece, number=number, rhythm=0.1 * number, **asked)
        return answer_shown(server.run("ask", edit))["sound"]

    first = sound(small, 1, original=True)
    assert first["original"]["data"] and first["result"]["data"]
    later = sound(small, 2, original=False, peak=first["peak"])
    assert later["original"] is None and later["result"]["data"]
    whole = sound(long, 1, original=True, last=LONG_SEGMENTS - 1)
    assert whole["later"] and whole["original"] is None and whole["result"] is None


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
            shown = [answer for answer in answers if answer is not None]
            assert shown and max(answer["number"] for answer in shown) == 4
            assert all(answer["sound"]["made"] for answer in shown)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory) -> Iterator[Server]:
    """Started as a stranger does, without a network, after a server was killed."""
    folder = tmp_path_factory.mktemp("first-run")
    orphan = folder / "temporary" / "fadernets-orphan"
    orphan.mkdir(parents=True)
    killed = subprocess.Popen(["true"])
    killed.wait()
    (orphan / HELD).write_text(f"{killed.pid} 0123456789abcdef")
    offline = kept_offline(folder)
    with serving("make-run", folder, study=False, offline=offline) as server:
        yield server
    assert offline.refused() == []


@pytest.mark.server
def test_the_first_run_offers_a_listening_test(first_run: Server):
    """Nobody has to make a study to try the survey: one is there soon, and can be taken part in."""
    until = time.monotonic() + 2 * START  # it is made at the lowest priority
    ask = {"study": "demo", "consent": True}
    while (joined := first_run.ask("survey/api/join", ask)).status != 201:
        assert joined.status in (403, 404) and time.monotonic() < until, first_run.log_text()
        time.sleep(0.5)
    head = {"Authorization": f"Bearer {joined.json()['token']}"}
    state = first_run.ask("survey/api/state", headers=head).json()
    assert state["stage"] == "questions" and state["progress"]["total"] >= 20


@pytest.mark.server
def test_the_first_study_is_whole(first_run: Server):
    """Of many pieces, and its model moves most of them as it is meant to."""
    settings = Settings(data=first_run.data)
    database = Database(settings.database_url)
    with database.read() as session:
        study = session.scalars(select(Study)).one()
        assert (study.name, study.state, study.trials_each) == ("demo", "open", 20)
        assert len(study.stimuli) == 26 and {s.strength for s in study.stimuli} == {0.0, 1.0}
        clips = {c.sha256 for s in study.stimuli for c in (s.first, s.second)}
        higher = [s for s in study.stimuli if s.kind == "transfer" and s.intended == "higher"]
        assert len({s.source for s in higher}) >= 8
        arousals = [study.build["items"][s.name]["arousal"] for s in higher]
        assert sum(before < after for before, after in arousals) > 5  # no model chose them
    database.close()
    assert {path.stem for path in settings.audio.iterdir()} == clips


@pytest.mark.server
def test_folders_of_servers_that_were_killed_go_at_the_next_start(first_run: Server):
    (own,) = first_run.temporary.glob("fadernets-*")
    assert (own / HELD).read_text().split()[0] == str(first_run.process.pid)


@pytest.mark.server
def test_it_ends_within_seconds_whatever_is_under_way(first_run: Server):
    ends_soon(first_run, signal.SIGTERM)


@pytest.mark.server
def test_it_ends_within_seconds_while_it_makes_its_first_study(tmp_path):
    with serving("space", tmp_path, study=False) as server:
        ends_soon(server, signal.SIGINT)


def ends_soon(server: Server, number: signal.Signals) -> None:
    """Visitors wait for short and for long work, and one keeps the page open; it leaves nothing."""
    piece = opened(server, long_piece())
    heart = http.client.HTTPConnection(urlsplit(server.url).netloc)
    heart.request("GET", "/gradio_api/heartbeat/tests")
    beating = heart.getresponse()
    workers = server.workers()
    crowd = [opened(server, long_piece(), session=f"end{i}") for i in range(CROWD)]
    all_of_it = {"last": LONG_SEGMENTS - 1, "rhythm": 0.3}
    under_way = [in_background(server.run, "ask", edit_json(one, **all_of_it)) for one in crowd]
    under_way.append(in_background(server.run, "ask", edit_json(piece, rhythm=0.4)))
    time.sleep(1.5)
    began = time.monotonic()
    server.process.send_signal(number)
    assert server.process.wait(timeout=30) == 0
    print(f"ended after {time.monotonic() - began:.1f} s")
    assert time.monotonic() - began < 20  # 10 on an idle machine
    for thread, _ in under_way:
        thread.join(30)
    beating.close()
    heart.close()
    for _, answers in under_way:
        assert answers and is_told(answers[0]), answers
    assert len(workers) >= 2
    all_end(workers)
    assert "Traceback" not in server.log_text(), server.log_text()
    assert not list(server.temporary.glob("fadernets-*")), "its folder of uploads is still there"
    # Whether its journal is there depends on the child that makes the first study.
    with closing(sqlite3.connect(server.data / "survey.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def all_end(workers: list[int]) -> None:
    until = time.monotonic() + 10
    while any(is_running(worker) for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.1)


def is_running(process: int) -> bool:
    """Whether it works still: one whose parent has ended may wait to be forgotten by another."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.server
@pytest.mark.parametrize(("way", "after"), [("make-run", 0.0), ("space", 1.0)])
def test_it_ends_within_seconds_while_it_starts(way, after, tmp_path):
    """Counted from when its folder of uploads is there: before that nothing is open."""
    with starting(way, tmp_path) as server:
        until = time.monotonic() + 60
        while not list(server.temporary.glob("fadernets-*")):
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(after)
        workers = server.workers()
        began = time.monotonic()
        server.process.terminate()
        status = server.process.wait(timeout=30)
        print(f"ended after {time.monotonic() - began:.1f} s")
        assert status == 0
        assert time.monotonic() - began < 20
        assert "Traceback" not in server.log_text(), server.log_text()
        assert not list(server.temporary.glob("*")), list(server.temporary.rglob("*"))
        all_end(workers)


def is_told(answer: Answer) -> bool:
    """Whether somebody who waited has got the answer, or a sentence that says why not."""
    if answer.status == 503:
        sentence = answer.json()["error"] if answer.text.startswith("{") else answer.text
        return sentence.endswith(".")
    return answer_shown(answer) is not None or str(answer.json()["data"][1]).endswith(".")


@pytest.mark.server
def test_files_and_pieces_go_after_their_time(short_lived: Server):
    serves_one_way(short_lived)
    go_after_their_time(short_lived)


@pytest.mark.server
def test_files_and_pieces_go_after_their_time_on_a_space(tmp_path):
    kept = {"FADERNETS_KEEP_FILES": "10", "FADERNETS_KEEP_PIECES": "8", **OTHER_WAYS}
    with serving("space", tmp_path, **kept) as server:
        serves_one_way(server)
        go_after_their_time(server)


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
    assert path and not sentence, sentence
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
