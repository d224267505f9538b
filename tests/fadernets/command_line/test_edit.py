"""Settings of a piece on the command line: what the page does, and curves that a file carries."""

import json

import pytest

from fadernets.music.midifile.events import MidiFile
from tests.fadernets.command_line.commands import error_sentence, run, unchanged

SETTINGS = {
    "rhythm": [[0, 0.0], [8, 0.0], [8, 0.9], [24, 0.9]],
    "positions": {"note": {"beats": [[0, None], [12, None], [12, 0.8], [16, 0.8], [16, None]]}},
    "arousal": {"bars": [[1, -1.0], [5, 0.0]]},
    "seed": 7,
    "lock": ["bass"],
}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"settings": SETTINGS}))
    return path


@pytest.mark.slow
def test_curves_that_a_file_carries_are_its_settings(source, tmp_path):
    drawn = json.dumps(SETTINGS["rhythm"])
    options = ("--rhythm", drawn, "--lock", "melody", "--seed", 3)
    assert run("slide", source, tmp_path / "plain.mid", *options) == 0
    assert run("slide", source, tmp_path / "with.mid", *options, "--curves") == 0
    plain, carried = ((tmp_path / f"{name}.mid").read_bytes() for name in ("plain", "with"))
    assert plain != source.read_bytes()
    tracks = [MidiFile.parse(data, "it").tracks for data in (plain, carried)]
    assert len(tracks[1]) == len(tracks[0]) + 1
    assert run("edit", source, tmp_path / "with.mid", tmp_path / "again.mid") == 0
    assert (tmp_path / "again.mid").read_bytes() == plain


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("slide", "--note", 0.5, "--absolute"), ("--segments", "0:2")),
        (("slide", "--rhythm", '{"bars": [[1, -0.5], [6, 0.9]]}'), ("--bars", "4-5")),
        (("transfer", "--arousal", "high"), ("--bars", "4-5")),
    ],
)
def test_curves_of_a_part_change_this_part_alone(source, tmp_path, options, part):
    name, *arguments = options
    plain, with_curves = tmp_path / "plain.mid", tmp_path / "with.mid"
    assert run(name, source, plain, *arguments, *part) == 0
    assert run(name, source, with_curves, *arguments, *part, "--curves") == 0
    assert run("edit", source, with_curves, tmp_path / "again.mid") == 0
    assert (tmp_path / "again.mid").read_bytes() == plain.read_bytes() != source.read_bytes()
    outside = [2, 3, 4, 5] if part[1] == "0:2" else [0, 1, 2, 5]
    assert all(unchanged(source, plain, outside))


def test_without_anything_moved_the_file_is_as_it_is(source, tmp_path, capsys):
    (tmp_path / "still.json").write_text('{"settings": {"seed": 3}}')
    assert run("edit", source, tmp_path / "still.json", tmp_path / "out.mid", "--curves") == 0
    assert (tmp_path / "out.mid").read_bytes() == source.read_bytes()
    assert "still.json moves nothing" in capsys.readouterr().err


@pytest.mark.slow
def test_bars_alone_change(source, saved, tmp_path):
    assert run("edit", source, saved, tmp_path / "out.mid", "--bars", "4") == 0
    assert all(unchanged(source, tmp_path / "out.mid", [0, 1, 5]))
    assert not all(unchanged(source, tmp_path / "out.mid", [3]))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "s.json is no JSON of settings"),
        (b"[1]", "s.json holds no settings of faders: JSON of settings is saved on the page"),
        (b'{"settings": {"rhythm": 3}}', "rhythm 3 is outside -1 to 1"),
        (b'{"settings": {"positions": 3}}', "positions 3 have no names"),
        (b'{"settings": {"lock": "tune"}}', "'tune' is no lock: there are melody"),
        (b" " * 2_000_001, "s.json is too large for settings: more than 2 MB"),
    ],
)
def test_what_are_no_settings_is_said(source, tmp_path, capsys, content, sentence):
    (tmp_path / "s.json").write_bytes(content)
    assert run("edit", source, tmp_path / "s.json", tmp_path / "out.mid") == 2
    assert sentence in error_sentence(capsys)
    assert not (tmp_path / "out.mid").exists()


def test_a_file_without_curves_is_said(source, tmp_path, capsys):
    assert run("edit", source, source, tmp_path / "out.mid") == 2
    assert "in.mid holds no settings of faders." in error_sentence(capsys)
    assert run("edit", source, tmp_path / "none.json", tmp_path / "out.mid") == 2
    assert "none.json cannot be read: no such file or directory." in error_sentence(capsys)
