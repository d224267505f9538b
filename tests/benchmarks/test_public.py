import asyncio
import json
import random
import re
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import public_fuzz, public_load
from benchmarks.public import (
    checks,
    hostile_requests,
    hostile_values,
    midi_files,
    whole_server,
)
from benchmarks.public.checks import CheckBook, Fuzz
from benchmarks.public.hostile_bytes import Shot, request
from benchmarks.public.visit_tally import VisitTally
from benchmarks.public.visitors_pieces import small_piece
from fadernets.music import midi
from fadernets.music.segments import segments

pytestmark = pytest.mark.server

ROOT = Path(__file__).resolve().parents[2]
SECRET = "canary-file-0123456789"
TRACEBACK = """Traceback (most recent call last):
  File "x.py", line 1, in <module>
    1 / 0
ZeroDivisionError: division by zero
"""
FUZZ_OPTIONS = "--way make-run --requests 200 --seconds 18 --midi 8 --clients 1 --stalls 0".split()
LOAD_OPTIONS = """--moves 4 --busy 1 --minutes 1 --visitors 3 --seconds 2 --arrival 0.5
         --transformations 40 --samples 20 --kept 10 --settle 0""".split()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that says what it keeps of its visitors, and the secrets that it must not give away."""
    plant, env = public_fuzz.Plant.new(), {"FADERNETS_KEEP_FILES": "10"}
    with whole_server.running("peek", tmp_path_factory.mktemp("peek"), plant.env | env) as running:
        yield plant, running


@pytest.fixture
def command(server, monkeypatch, capsys, tmp_path):
    """Runs a benchmark's command against that server: its exit status and its report."""
    plant, running = server
    monkeypatch.setattr(public_fuzz.Plant, "new", lambda: plant)
    monkeypatch.setattr(whole_server, "running", lambda *_, **__: nullcontext(running))

    def run(module, options: list[str]) -> tuple[int, dict]:
        out = tmp_path / "report.json"
        status = module.main([*options, "--out", str(out)])
        report = json.loads(out.read_text())
        assert report == json.loads(capsys.readouterr().out)
        return status, report

    return run


def test_the_load_at_toy_size(command):
    status, report = command(public_load, LOAD_OPTIONS)
    assert status == 0, report
    alone, beside = (report["alone_and_beside"][part] for part in ("alone", "beside"))
    assert alone["moves"] == beside["moves"] == 4 and 0 < alone["median_ms"] <= alone["p95_ms"]
    assert beside["p95_times_alone"] > 0
    crowd = report["crowd"]
    assert crowd["moves"] == 3 * 2 and crowd["n"] + crowd["skipped"] == 6
    memory = report["memory"]
    assert [row["moves"] for row in memory["curve_mb"]] == [0, 20, 40]
    assert all(row["server"] > 50 and row["workers"] > 50 for row in memory["curve_mb"])
    assert memory["afterwards"]["files"] == 0 and memory["moves"] == 40
    assert max(part["client_cores"] for part in (crowd, memory)) < 0.5


def test_a_small_fuzz_run_finds_nothing(command):
    status, report = command(public_fuzz, FUZZ_OPTIONS)
    result = report["ways"]["make-run"]
    assert not result["findings"], json.dumps(result["findings"], indent=1)
    assert status == 0 and set(report["total"].values()) == {0, result["requests"]}
    assert result["attack"]["events_tried"] >= 8 and not result["attack"]["files_given_away"]
    kinds = {"pages", "raw", "uploads", "midi", "addresses", "values", "mutations", "survey"}
    assert kinds <= set(result["by_kind"]) or result["cut_short"]


class Leaky:
    """A server with one fault at each address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, ""
        self.process = SimpleNamespace(poll=lambda: None)

    def log_text(self) -> str:
        return self.log

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        status, body = 200, {
            "/secret": f"here it is: {SECRET}",
            "/error": '{"error": null}',
            "/sentence": '{"error": "That cannot be done."}',
            "/path": f'{{"error": "There is no {self.folder}/x."}}',
            "/done": '{"data": [{"props": {"piece": "{}"}}]}',
        }.get(path, "{}")  # fmt: skip
        if path in ("/error", "/sentence", "/path"):
            status = 500
        if path == "/traceback":
            self.log += f"INFO: x\n{TRACEBACK}INFO: y\n"
        if path == "/slow":
            await asyncio.sleep(0.5)
        half = len(body) // 2  # a secret may lie across two chunks
        parts = (f"{len(part):x}\r\n{part}\r\n" for part in (body[:half], body[half:]) if part)
        head = f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write((head + "".join(parts) + "0\r\n\r\n").encode())
        writer.close()


@pytest.mark.parametrize(
    ("path", "foreign", "finding"),
    [
        ("/fine", True, None),
        ("/sentence", True, None),
        ("/done", False, None),
        ("/done", True, "given away"),
        ("/secret", False, "given away"),
        ("/error", False, "500 without a sentence"),
        ("/path", False, "a path of the server's"),
        ("/traceback", False, "traceback"),
        ("/slow", False, "hang"),
    ],
)
def test_what_must_not_be_is_found(path, foreign, finding, tmp_path, monkeypatch):
    async def send() -> CheckBook:
        server, book = Leaky(tmp_path), CheckBook()
        async with await asyncio.start_server(server.answer, "127.0.0.1", 0) as listening:
            server.port = listening.sockets[0].getsockname()[1]
            fuzz = Fuzz(server, [SECRET], book, time.monotonic() + 20)
            await fuzz.run([Shot("test", request("GET", path), foreign)])
        return book

    monkeypatch.setattr(checks, "MAX_ANSWER_SECONDS", 0.4)
    book = asyncio.run(send())
    assert set(book.findings) == ({finding} if finding else set()), book.examples
    assert bool(finding) == any(path in example["request"] for example in book.examples)


def test_every_address_is_known():
    routes = hostile_requests.gradio_routes()
    examples = {("GET", "/gradio_api/deep_link"), ("POST", "/gradio_api/run/{api_name}"),
             ("GET", "/gradio_api/file={path_or_url:path}"), ("GET", "/monitoring")}  # fmt: skip
    assert examples <= set(routes) and len(routes) > 100
    survey = hostile_requests.survey_routes()
    assert ("POST", "/survey/api/join") in survey and ("GET", "/survey/audio/{token}") in survey


def test_a_seed_gives_the_same_shots():
    events = {"ask": {"data": ['{"piece": "x", "first": 0}'], "fn_index": 3, "session_hash": "x"}}
    target = hostile_values.Target(
        1, "token", ["/outside/canary.mid"], "http://127.0.0.1:9/", "/uploads/own.mid",
        events, {3: 1, 10: 2}, {"slide": ["midi", "rhythm"]}, "participant",
    )  # fmt: skip
    for kind in (hostile_requests.values, hostile_requests.mutations, hostile_requests.addresses):
        first, second, other = (kind(target, random.Random(seed)) for seed in (1, 1, 2))
        shots = [next(first) for _ in range(300)]
        assert shots == [next(second) for _ in range(300)] != [next(other) for _ in range(300)]
        assert all(b"\r\n\r\n" in shot.data for shot in shots)
    shots = [next(hostile_requests.values(target, random.Random(n))) for n in range(300)]
    assert 30 < sum(shot.foreign for shot in shots) < 270
    assert not target.is_foreign([{"path": "/uploads/own.mid"}]) and target.is_foreign(
        ["/outside/canary.mid"]
    )


def test_midi_files_are_valid_until_they_are_spoiled():
    dice = random.Random(0)
    data = midi_files.midi_file(dice)
    assert len(midi.read(data).notes) >= 16
    spoiled = [midi_files.garbled(data, dice) for _ in range(100)]
    assert sum(file != data for file in spoiled) > 90
    assert len(segments(midi.read(small_piece(dice)))) == 8


def test_moves_are_counted():
    tally = VisitTally([0.1, 0.2, 0.3], 2, Counter({"status 500": 1}))
    tally.add(VisitTally([0.2], 1))
    report = tally.report()
    assert (report["moves"], report["n"], report["skipped"], report["errors"]) == (8, 4, 3, 1)
    assert report["median_ms"] == 200 and VisitTally().report()["moves"] == 0
    assert public_load._errors({"a": {"errors": 2, "b": {"errors": 1}}, "c": 3}) == 3


@pytest.mark.parametrize("module", [public_fuzz, public_load])
def test_help_says_what_it_does(module, capsys):
    with pytest.raises(SystemExit):
        module.main(["--help"])
    text = capsys.readouterr().out
    assert re.search(r"--out", text) and len(text) > 800
