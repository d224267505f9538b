"""The MCP server, as an assistant starts it and talks to it: the SDK's own client over stdio."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult, Tool

from fadernets.music import examples, midi
from tests.fadernets.command_line.commands import command_names

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MODULE = [sys.executable, "-m", "demo.mcp_server"]
Call = tuple[str, dict[str, Any]]


def answers_to(*calls: Call) -> tuple[list[Tool], list[CallToolResult], list[float]]:
    """The tools, the answers to calls one after the other, and how far the work said it was."""
    shares: list[float] = []

    async def note_progress(count: float, total: float | None, _: str | None) -> None:
        shares.append(count / (total or 1))

    async def talk() -> tuple[list[Tool], list[CallToolResult]]:
        command = StdioServerParameters(
            command=MODULE[0], args=MODULE[1:], env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        async with Client(command) as client:
            tools = (await client.list_tools()).tools
            answers = [
                await client.call_tool(name, values, progress_callback=note_progress)
                for name, values in calls
            ]
        return tools, answers

    tools, answers = anyio.run(talk)
    return tools, answers, shares


def sentence(answer: CallToolResult) -> str:
    assert answer.is_error
    (content,) = answer.content
    return content.text.partition(": ")[2]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.mid"
    path.write_bytes(midi.dump(examples.load("prelude")))
    return path


def test_an_assistant_does_with_files_what_the_command_line_does(source, tmp_path):
    out = {
        name: str(tmp_path / name)
        for name in ("slid.mid", "calm.mid", "again.mid", "mixed.mid", "x.json")
    }
    path = str(source)
    curve = [[0, 0.0], [16, -0.5]]
    calls: list[Call] = [
        (
            "slide",
            {"path": path, "out": out["slid.mid"], "rhythm": curve, "lock": "bass", "curves": True},
        ),
        (
            "transfer",
            {"path": path, "out": out["calm.mid"], "preset": "calm", "strength": 0.7}
            | {"valence_strength": 0.2},
        ),
        ("edit", {"path": path, "settings": out["slid.mid"], "out": out["again.mid"]}),
        ("mix", {"path": path, "notes": out["slid.mid"], "out": out["mixed.mid"], "last": 1}),
        ("describe", {"path": path, "out": out["x.json"]}),
        ("render", {"path": path, "out": str(tmp_path / "x.ogg")}),
    ]
    tools, answers, shares = answers_to(*calls)
    assert [tool.name for tool in tools] == command_names()
    assert all(len(tool.description or "") > 60 for tool in tools)
    assert not any(answer.is_error for answer in answers), answers
    assert 0 < max(shares) <= 1
    command = [sys.executable, "-m", "fadernets"]
    expected = tmp_path / "command.mid"
    options = ["--rhythm", json.dumps(curve), "--lock", "bass"]
    subprocess.run([*command, "slide", path, expected, *options], check=True, cwd=ROOT)
    assert Path(out["again.mid"]).read_bytes() == expected.read_bytes()
    subprocess.run([*command, "slide", path, expected, *options, "--curves"], check=True, cwd=ROOT)
    assert Path(out["slid.mid"]).read_bytes() == expected.read_bytes()
    assert expected.read_bytes() != source.read_bytes()
    options = ["--preset", "calm", "--strength", "0.7", "--valence-strength", "0.2"]
    subprocess.run([*command, "transfer", path, expected, *options], check=True, cwd=ROOT)
    assert Path(out["calm.mid"]).read_bytes() == expected.read_bytes() != source.read_bytes()
    figures = answers[0].structured_content
    assert figures is not None
    assert figures["file"] == out["slid.mid"]
    assert figures["after"]["rhythm"] < figures["before"]["rhythm"]
    assert midi.read(out["mixed.mid"]).length == midi.read(path).length
    assert len(json.loads(Path(out["x.json"]).read_text())["segments"]) == 34
    assert (tmp_path / "x.ogg").read_bytes().startswith(b"OggS")


def test_what_cannot_be_done_is_a_sentence_and_leaves_every_file(source, tmp_path):
    path, out = str(source), str(tmp_path / "out.mid")
    data = source.read_bytes()
    size, whole = (number.to_bytes(4, "little") for number in (len(data), len(data) + 12))
    wrapped = tmp_path / "in.rmi"
    wrapped.write_bytes(b"RIFF" + whole + b"RMIDdata" + size + data)
    riff = {"path": str(wrapped), "rhythm": 0.3, "last": 0}
    calls: dict[str, Call] = {
        f"{path} is there already": ("slide", {"path": path, "out": path, "rhythm": 0.3}),
        "rhythm 3.0 is outside -1 to 1": ("slide", {"path": path, "out": out, "rhythm": 3}),
        "no.mid cannot be read": ("slide", {"path": "no.mid", "out": out, "rhythm": 0.3}),
        "there is no such preset": ("transfer", {"path": path, "out": out, "preset": "angry"}),
        "render writes .wav": ("render", {"path": path, "out": out}),
        "mix writes .mid": ("mix", {"path": path, "notes": path, "out": f"{out}.wav"}),
        "there is no folder": ("slide", {"path": path, "out": str(tmp_path / "no" / "x.mid")}),
        "is not a MIDI file": ("describe", {"path": str(ROOT / "README.md"), "out": f"{out}.json"}),
        "in.rmi is wrapped in RIFF": ("slide", {**riff, "out": out}),
    }
    allowed = "slide", {**riff, "out": str(tmp_path / "out.rmi")}
    _, (*refused, answer_allowed), _ = answers_to(*calls.values(), allowed)
    for words, answer in zip(calls, refused, strict=True):
        assert words in sentence(answer), (words, answer)
        assert sentence(answer).endswith(".")
    assert not answer_allowed.is_error
    assert (tmp_path / "out.rmi").read_bytes().startswith(b"RIFF")
    assert source.read_bytes() == data
    assert {each.name for each in tmp_path.iterdir()} == {"in.mid", "in.rmi", "out.rmi"}


def test_an_argument_that_cannot_be_is_named_and_nothing_is_done(source, tmp_path):
    """One that is misspelt would else count as not given."""
    path, out = str(source), str(tmp_path / "out.mid")
    calls: dict[str, Call] = {
        "slide has no 'rythm'; it has path, out, rhythm, ": (
            "slide",
            {"path": path, "out": out, "rythm": 0.3},
        ),
        "slide needs out.": ("slide", {"path": path, "rhythm": 0.3}),
        "seed cannot be 'one'.": ("slide", {"path": path, "out": out, "seed": "one"}),
    }
    _, answers, _ = answers_to(*calls.values())
    for words, answer in zip(calls, answers, strict=True):
        (content,) = answer.content
        assert answer.is_error and content.text.startswith(words), answer
    assert {each.name for each in tmp_path.iterdir()} == {"in.mid"}


def test_without_its_model_it_says_so_and_ends(tmp_path):
    command = [*MODULE, "--model", str(tmp_path / "none")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("demo.mcp_server: ") and ended.stderr.count("\n") == 1
    assert ended.stdout == ""


@pytest.mark.parametrize("other", ["raise ImportError", "an_mcp_before_2 = True"])
def test_without_its_package_it_says_which_and_ends(other, tmp_path):
    (tmp_path / "mcp.py").write_text(other)
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = subprocess.run(MODULE, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == (
        "demo.mcp_server: it needs another package: pip install 'mcp>=2.3,<3'.\n"
    )
