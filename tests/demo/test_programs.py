"""Programs have what the command line has, by the same rules; the README shows how."""

from __future__ import annotations

import itertools
import json
import logging
import re
from pathlib import Path

import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from demo.editing.requests import EditRequest
from fadernets.__main__ import main
from fadernets.music import examples, midi
from fadernets.playback import sound_file
from tests.fadernets.music import midi_bytes as mb

pytestmark = [pytest.mark.server, pytest.mark.slow]

# What cannot be: by a program, on the command line, from the page; and a word of the sentence.
REFUSED = [
    ("/transfer", {"arousal": None}, ["transfer"], None, "needs arousal, valence or a preset"),
    (
        "/transfer",
        {"arousal": "low", "preset": "calm"},
        ["transfer", "--arousal", "low", "--preset", "calm"],
        None,
        "a preset says where both moods go",
    ),
    (
        "/transfer",
        {"arousal": "high", "strength": 11},
        ["transfer", "--arousal", "high", "--strength", "11"],
        {"arousal": 11},
        "10",
    ),
    ("/slide", {"rhythm": 1.5}, ["slide", "--rhythm", "1.5"], {"rhythm": 1.5}, "-1"),
    (
        "/slide",
        {"rhythm": [[4, 0.5], [0, 0.5]]},
        ["slide", "--rhythm", "[[4, 0.5], [0, 0.5]]"],
        {"rhythm": [[4, 0.5], [0, 0.5]]},
        "comes before the one ahead of it",
    ),
    (
        "/slide",
        {"rhythm": 0.5, "lock": "tune"},
        ["slide", "--rhythm", "0.5", "--lock", "tune"],
        {"rhythm": 0.5, "lock": "tune"},
        "is no lock: there are melody",
    ),
    ("/slide", {"lock": ["melody"]}, None, None, "is not a text such as melody,bass"),
    ("/edit", {}, ["edit"], None, "notes.mid holds no settings of faders"),
    ("/mix", {"lock": "note:999"}, ["mix", "--lock", "note:999"], None, "there is no note 999"),
    ("/mix", {"seed": -1}, ["mix", "--seed", "-1"], {"seed": -1}, "seed"),
    ("/render", {"kind": "flac"}, None, None, "is not one of wav, ogg, mp3"),
    ("/describe", {"tracks": "x"}, ["describe", "--tracks", "x"], None, "a list of tracks such as"),
]


@pytest.fixture
def ask(address, tmp_path):
    client = Client(address, verbose=False, download_files=str(tmp_path / "answers"))
    yield client.predict
    client.close()


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "in.mid"
    path.write_bytes(mb.file(mb.track(*mb.music(32))))
    return path


@pytest.fixture
def donor(tmp_path) -> Path:
    midi.write(examples.load("chorale"), tmp_path / "notes.mid")
    return tmp_path / "notes.mid"


@pytest.mark.parametrize(("name", "values", "words", "page", "sentence"), REFUSED)
def test_page_command_line_and_programs_refuse_alike(
    ask, source, donor, capsys, net, name, values, words, page, sentence
):
    files = [source, donor][: 1 + (name in ("/mix", "/edit"))]
    with pytest.raises(AppError, match=f"(?i){re.escape(sentence)}"):
        ask(*map(handle_file, files), **values, api_name=name)
    if page is not None:
        with pytest.raises(ValueError, match=f"(?i){re.escape(sentence)}"):
            EditRequest.of({"first": 0, "last": 1} | page, 8, net.faders)
    if words is not None:
        command, *options = words
        output = [] if command == "describe" else [str(source.with_name("out.mid"))]
        try:
            status = main([command, *map(str, files), *output, *options])
        except SystemExit as refusal:
            status = refusal.code
        assert status == 2
        assert sentence.lower() in capsys.readouterr().err.lower()


NONSENSE = ({"path": "/etc/passwd"}, "<b>\0</b>")


def test_nonsense_is_refused_in_a_sentence_wherever_it_stands(address, source, caplog):
    """Each argument of each endpoint, those that the future brings, too."""
    client = Client(address, verbose=False, download_files=False)
    endpoints = client.view_api(print_info=False, return_format="dict")["named_endpoints"]
    files = {"midi", "notes", "settings", "piece"}
    refused, answered = [], []
    for name, described in endpoints.items():
        arguments = [row["parameter_name"] for row in described["parameters"]]
        files_by_name = {each: handle_file(source) for each in arguments if each in files}
        for argument, value in zip(arguments, itertools.cycle(NONSENSE), strict=False):
            try:
                client.predict(**{**files_by_name, argument: value}, api_name=name)
            except AppError as error:
                refused.append((name, argument, value, str(error)))
            else:
                answered.append((name, argument, value))
    client.close()
    assert answered == []
    assert {name for name, *_ in refused} == set(endpoints) - {"/cancel", "/controls"}
    assert [row for row in refused if not re.fullmatch(r"[^\n]{9,299}\.", row[-1])] == []
    sentences = " ".join(row[-1] for row in refused)
    assert not re.search(r"Traceback|\w+Error\b|/etc/|<b>|upstream", sentences)
    assert not [row for row in caplog.records if row.exc_info or row.levelno >= logging.ERROR]


def test_a_mix_is_the_command_lines(ask, source, donor, tmp_path):
    saved, figures = ask(
        handle_file(source), handle_file(donor), last=5, lock="bass", api_name="/mix"
    )
    options = ["--segments", "0:6", "--lock", "bass"]
    assert main(["mix", str(source), str(donor), str(tmp_path / "own.mid"), *options]) == 0
    assert Path(saved).read_bytes() == (tmp_path / "own.mid").read_bytes()
    assert Path(saved).read_bytes() != source.read_bytes()
    assert figures["unchanged"] == []


SETTINGS = {
    "rhythm": [[0, 0.0], [8, 0.9]],
    "positions": {"note": {"bars": [[2, 0.8], [5, 0.1]]}},
    "arousal": -0.5,
    "seed": 7,
    "lock": ["bass"],
}


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({}, []),
        ({"seed": 0, "lock": "melody"}, ["--seed", "0", "--lock", "melody"]),
        ({"first": 0, "last": 5, "curves": True}, ["--segments", "0:6", "--curves"]),
    ],
)
def test_an_edit_is_the_command_lines(ask, source, tmp_path, fields, options):
    settings, own = tmp_path / "settings.json", tmp_path / "own.mid"
    settings.write_text(json.dumps({"settings": SETTINGS}))
    saved, _ = ask(handle_file(source), handle_file(settings), **fields, api_name="/edit")
    assert main(["edit", str(source), str(settings), str(own), *options]) == 0
    assert Path(saved).read_bytes() == own.read_bytes() != source.read_bytes()


@pytest.mark.parametrize(
    ("name", "fields", "command"),
    [
        ("/slide", {"rhythm": [[0, 0.0], [8, 0.9]]}, ["slide", "--rhythm", "[[0, 0.0], [8, 0.9]]"]),
        ("/transfer", {"arousal": "high"}, ["transfer", "--arousal", "high"]),
    ],
)
def test_curves_go_into_the_file_and_come_back(ask, source, tmp_path, name, fields, command):
    own = tmp_path / "own.mid"
    with_curves, _ = ask(handle_file(source), **fields, curves=True, api_name=name)
    command, *options = command
    assert main([command, str(source), str(own), *options, "--curves"]) == 0
    assert Path(with_curves).read_bytes() == own.read_bytes()
    again, _ = ask(handle_file(source), handle_file(with_curves), api_name="/edit")
    assert main([command, str(source), str(own), *options]) == 0
    assert Path(again).read_bytes() == own.read_bytes() != source.read_bytes()


def test_what_the_other_file_is_too_short_for_is_named(ask, source, donor):
    _, figures = ask(handle_file(donor), handle_file(source), api_name="/mix")
    problems = {row["problem"] for row in figures["unchanged"]}
    assert problems == {"past the end of the other file"}


def test_a_description_is_the_command_lines(ask, source, capsys):
    saved, head = ask(handle_file(source), every_note=True, api_name="/describe")
    main(["describe", str(source), "--json", "--notes"])
    assert json.loads(Path(saved).read_text()) == json.loads(capsys.readouterr().out)
    assert (head["segments"], head["tracks"]) == (8, 1)


@pytest.mark.parametrize("kind", sound_file.KINDS)
def test_sound_of_each_kind(ask, source, tmp_path, kind):
    saved, head = ask(handle_file(source), kind=kind, api_name="/render")
    assert main(["render", str(source), str(tmp_path / f"own.{kind}")]) == 0
    for path in (saved, tmp_path / f"own.{kind}"):
        info = soundfile.info(path)
        assert info.format.lower().startswith(kind[:2]) and info.samplerate == 48_000
        assert info.duration == pytest.approx(head["seconds"] + 2, abs=0.1)


def test_the_example_of_the_readme(address, root, source, tmp_path, monkeypatch, capsys):
    text = (root / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?gradio_client.*?)```", text, re.DOTALL)
    monkeypatch.chdir(source.parent)
    exec(
        code.replace("http://127.0.0.1:7860/", address).replace("http://127.0.0.1:7860", address),
        {},
    )
    assert "rhythm" in capsys.readouterr().out
