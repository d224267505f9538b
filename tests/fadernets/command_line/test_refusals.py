"""What cannot be used, written or meant is refused with one sentence."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fadernets import checkpoint
from fadernets.music import midi
from fadernets.music.notes import NO_PEDAL, Notes
from tests.fadernets.command_line.commands import CHANGES, change, error_sentence, music, run


def file_of(kind, folder):
    """A file that no command can use."""
    path = folder / f"{kind}.mid"
    if kind == "text":
        path.write_text("Dear diary, today I practised scales.")
    elif kind == "cut":
        path.write_bytes(midi.dump(music())[:40])
    elif kind == "long":
        notes = Notes.of([0], [2], [60], [64])
        bare = replace(music(), pedal=NO_PEDAL, tempo=np.array([(0, 100.0)]))
        midi.write(replace(bare, notes=notes, length=3_200), path)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    elif kind in ("silent", "drums", "low"):
        track = {
            "silent": b"",
            "drums": bytes.fromhex("00 99 24 40  8f 00 89 24 00"),
            "low": bytes.fromhex("00 90 05 40  8f 00 80 05 00"),
        }[kind] + bytes.fromhex("00 ff 2f 00")
        head = b"MThd" + bytes([0, 0, 0, 6, 0, 1, 0, 1, 1, 224]) + b"MTrk"
        path.write_bytes(head + len(track).to_bytes(4, "big") + track)
    return path


UNUSABLE = {
    "text": "is not a MIDI file",
    "empty": "is not a MIDI file",
    "cut": "is damaged or cut short",
    "silent": "has no notes",
    "drums": "has only drums",
    "low": "has no notes in the range of a piano",
    "long": "long.mid lasts 32.0 minutes, longer than the limit of 30",
    "folder": "cannot be read: is a directory",
    "missing": "cannot be read: no such file or directory",
}


@pytest.mark.parametrize(("kind", "reason"), UNUSABLE.items())
@pytest.mark.parametrize("command", ["describe", "slide", "transfer", "mix", "render"])
def test_what_cannot_be_used_is_refused(command, kind, reason, tmp_path, capsys):
    path, output = file_of(kind, tmp_path), tmp_path / "out"
    arguments = ["describe", path] if command == "describe" else ["render", path, output]
    if command in CHANGES:
        arguments = change(command, path, output)
    assert run(*arguments) == 2
    assert reason in error_sentence(capsys)
    assert not output.exists()


def test_mix_names_the_file_that_cannot_be_used(source, tmp_path, capsys):
    assert run("mix", source, file_of("text", tmp_path), tmp_path / "out.mid") == 2
    assert error_sentence(capsys) == "fadernets: text.mid is not a MIDI file."


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["dance"], "invalid choice: 'dance'"),
        (["slide", "in.mid"], "required: OUT.mid"),
        (["slide", "in.mid", "out.mid", "--rhythm", "1.01"], "1.01 is not between -1 and 1"),
        (["slide", "in.mid", "out.mid", "--note", "-1.01"], "-1.01 is not between -1 and 1"),
        (["slide", "in.mid", "out.mid", "--note", "nan"], "nan is not between -1 and 1"),
        (["slide", "in.mid", "out.mid", "--note", "full"], "full is not between -1 and 1"),
        (
            ["slide", "in.mid", "out.mid", "--rhythm", "0,5"],
            "--rhythm: 0,5 is not between -1 and 1; write 0.5",
        ),
        (
            ["slide", "in.mid", "out.mid", "--rhythm", "[[8, 0.5], [4, 0]]"],
            "--rhythm: breakpoint 2 of the curve, at 4, comes before the one ahead of it, at 8",
        ),
        (
            ["transfer", "in.mid", "out.mid", "--preset", "sad", "--strength", "[[0, -1]]"],
            "--strength: breakpoint 1 of the curve has -1, outside 0 to 10",
        ),
        (["slide", "in.mid", "out.mid", "--segments", "a:b"], "a:b is not a range such as 2:5"),
        (["slide", "in.mid", "out.mid", "--segments", ""], "is not a range such as 2:5"),
        (["slide", "in.mid", "out.mid", "--bars", "8-5"], "8-5 is not a range of bars such as 5-8"),
        (["slide", "in.mid", "out.mid", "--bars", "2:5"], "2:5 is not a range of bars"),
        (
            ["slide", "in.mid", "out.mid", "--bars", "1", "--segments", "1"],
            "argument --segments: not allowed with argument --bars",
        ),
        (["slide", "in.mid", "out.mid", "--seed", "-1"], "-1 is not a whole number"),
        (["slide", "in.mid", "out.mid", "--seed", "1.5"], "1.5 is not a whole number"),
        (["transfer", "in.mid", "out.mid", "--preset", "angry"], "invalid choice: 'angry'"),
        (["transfer", "in.mid", "out.mid", "--valence", "sad"], "invalid choice: 'sad'"),
        (["transfer", "in.mid", "out.mid", "--arousal", "sad"], "invalid choice: 'sad'"),
        (
            ["transfer", "in.mid", "out.mid", "--arousal", "low", "--strength", "-1"],
            "-1 is not between 0 and 10",
        ),
        (
            ["transfer", "in.mid", "out.mid", "--arousal", "low", "--strength", "inf"],
            "inf is not between 0 and 10",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, reason, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert reason in error_sentence(capsys)


@pytest.mark.parametrize("bars", ["0", "7", "2-7", "0-3"])
def test_bars_that_are_not_there_are_refused(bars, source, tmp_path, small, capsys):
    output = tmp_path / "out.mid"
    assert run("slide", source, output, "--bars", bars, "--model", small) == 2
    sentence = error_sentence(capsys)
    assert sentence.endswith(f"--bars {bars} is not a range of the bars that in.mid has, 1 to 6.")


@pytest.mark.parametrize("span", ["0:7", "6:8", "6", "3:3", "4:2", "6:"])
def test_segments_that_are_not_there_are_refused(span, source, tmp_path, small, capsys):
    output = tmp_path / "out.mid"
    assert run("slide", source, output, "--segments", span, "--model", small) == 2
    assert error_sentence(capsys).endswith(
        "is not a range of the segments that in.mid has, 0 to 5."
    )


def test_an_unknown_model_is_refused(source, tmp_path, capsys):
    command = change("slide", source, tmp_path / "out.mid")
    assert run(*command, "--model", "steinway") == 2
    assert "no model named 'steinway'" in error_sentence(capsys)


def test_a_model_of_a_name_that_is_too_long_is_unknown(source, tmp_path, capsys):
    assert run("slide", source, tmp_path / "out.mid", "--rhythm", "1", "--model", "m" * 300) == 2
    assert "no model named" in error_sentence(capsys)


def test_a_damaged_model_is_refused(source, small, tmp_path, capsys):
    for name in os.listdir(small):
        (tmp_path / name).write_bytes(Path(small, name).read_bytes())
    (tmp_path / checkpoint.CONFIG).write_text("{}")
    command = change("slide", source, tmp_path / "out.mid")
    assert run(*command, "--model", tmp_path) == 2
    assert "is missing or not the file that was saved" in error_sentence(capsys)


@pytest.mark.parametrize("command", [*CHANGES, "render"])
@pytest.mark.parametrize(
    "name",
    ["nowhere/out", "file/out", ".", "o" * 300, "o" * 300 + "/out"],
    ids=["no folder", "in a file", "a folder", "too long", "in a folder too long"],
)
def test_what_cannot_be_written_is_refused(command, name, source, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    output = tmp_path / name
    arguments = change(command, source, output) if command in CHANGES else [command, source, output]
    assert run(*arguments) == 2
    assert "cannot be written: " in error_sentence(capsys)


@pytest.mark.parametrize("command", [*CHANGES, "render"])
def test_a_name_of_another_kind_of_file_is_refused(command, source, tmp_path, capsys):
    """Before anything is made, and nothing of that name is touched."""
    name, better = ("out.WAV", "out.mid") if command in CHANGES else ("out.mid", "out.wav")
    other = tmp_path / name
    other.write_bytes(b"a song")
    arguments = change(command, source, other) if command in CHANGES else [command, source, other]
    assert run(*arguments) == 2
    sentence = error_sentence(capsys)
    assert f" {name} is no name for it: write {better}" in sentence
    assert ("render makes sound of it" in sentence) == (command in CHANGES)
    assert other.read_bytes() == b"a song"


@pytest.mark.parametrize("name", ["out.flac", "out.MusicXML", "Op. 10.json"])
def test_names_of_sound_scores_and_data_are_refused(name, source, tmp_path, capsys):
    assert run("slide", source, tmp_path / name) == 2
    better = f"{name.rpartition('.')[0]}.mid."
    assert error_sentence(capsys).endswith(f" {name} is no name for it: write {better}")
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "name",
    ["out", "out.mid", "out.MIDI", "out.kar", "out.smf", "out.rmi"]
    + ["Op. 10 No. 3", "song.v2", "song.slower", "out."],  # a dot in a title begins no ending
)
def test_the_names_of_midi_files_are_taken(name, source, tmp_path):
    assert run("slide", source, tmp_path / name) == 0
    assert (tmp_path / name).read_bytes() == source.read_bytes()


def test_time_in_frames_is_refused_with_advice(source, tmp_path, capsys):
    data = source.read_bytes()
    source.write_bytes(data[:12] + bytes([0xE7, 0x28]) + data[14:])
    assert run("slide", source, tmp_path / "out.mid", "--rhythm", 1) == 2
    advice = "save it again with time in ticks of a beat (PPQ)."
    assert error_sentence(capsys).endswith(advice)


def test_an_unknown_synthesiser_is_refused(source, tmp_path, capsys):
    assert run("render", source, tmp_path / "out.wav", "--synthesiser", "moog") == 2
    assert error_sentence(capsys) == "fadernets: moog is not one of midirenderer, fluidsynth."


@pytest.mark.parametrize(
    ("moods", "reason"),
    [
        ((), "a transfer needs arousal, valence or a preset."),
        (("--preset", "calm", "--valence", "low"), "leave arousal and valence out."),
    ],
)
def test_moods_that_say_nothing_or_too_much(source, tmp_path, capsys, moods, reason):
    assert run("transfer", source, tmp_path / "out.mid", *moods) == 2
    assert error_sentence(capsys).endswith(reason)


def test_a_position_is_not_below_0(source, tmp_path, capsys):
    for value, low in (("-0.5", "-0.5"), ("[[0, 1], [9, -1]]", "-1")):
        command = ["slide", source, tmp_path / "out.mid", "--note", value, "--absolute"]
        assert run(*command) == 2
        sentence = f"--note {low} is no position: with --absolute it is from 0 to 1."
        assert error_sentence(capsys) == f"fadernets: {sentence}"
