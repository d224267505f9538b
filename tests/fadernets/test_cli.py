import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import fadernets
from fadernets import __main__ as cli
from fadernets import checkpoint
from fadernets.faders import Fader
from fadernets.models import build
from fadernets.models.config import ModelConfig
from fadernets.music import key, midi
from fadernets.music.attributes import ATTRIBUTES, measure
from fadernets.music.notes import Notes
from fadernets.music.piece import NO_PEDAL, Piece, segments
from fadernets.playback import audio
from tests.fadernets.music.generated import rows

SILENT = 2  # the segment of `music` that cannot be encoded


def music(segment_count=6, *, step=0.5, base=48):
    """Broken triads, a note every `step` beats; one segment empty, the last a little short."""
    steps = np.arange(0, 4 * segment_count, step)
    steps = steps[(steps < 4 * SILENT) | (steps >= 4 * SILENT + 4)]
    pitch = base + np.array([0, 4, 7, 12, 16])[np.arange(len(steps)) % 5]
    velocity = 50 + np.arange(len(steps)) % 40
    return Piece(
        notes=Notes.of(steps, steps + step * 0.9, pitch, velocity),
        pedal=np.array([(0.25, 1.75), (3.5, 4.5), (4 * SILENT + 4.5, 4 * SILENT + 7)]),
        tempo=np.array([(0, 100.0), (9, 80)]),
        meter=np.array([(0, 3, 4)]),
        length=4 * segment_count - 0.1 * step,
    )


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """No progress lines appear because the machine is busy."""
    monkeypatch.setattr(cli, "STATUS_SECONDS", 600.0)


@pytest.fixture
def source(tmp_path):
    midi.write(music(), tmp_path / "in.mid")
    return tmp_path / "in.mid"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The folder of a small untrained model, for tests that do not look at the notes."""
    torch.manual_seed(5)
    faders = {
        name: Fader(name, (0.1, high), (-1.0, 1.0)) for name, high in [("rhythm", 0.9), ("note", 9)]
    }
    folder = tmp_path_factory.mktemp("small")
    checkpoint.save(build(ModelConfig(hidden=16, latent=8, embedding=8)), faders, folder)
    return str(folder)


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def error_sentence(capsys):
    """The one sentence on stderr of a command that printed nothing else."""
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("fadernets")
    return err.strip()


def change(name, source, output):
    """The arguments of a command that changes a piece."""
    return {
        "slide": ["slide", source, output, "--rhythm", 0.8],
        "transfer": ["transfer", source, output, "--arousal", "low"],
        "mix": ["mix", source, source, output],
    }[name]


CHANGES = ("slide", "transfer", "mix")


def file_of(kind, folder):
    """A file that no command can use."""
    path = folder / f"{kind}.mid"
    if kind == "text":
        path.write_text("Dear diary, today I practised scales.")
    elif kind == "cut":
        path.write_bytes(midi.dump(music())[:-50])
    elif kind in ("short", "long"):
        beats = {"short": 2, "long": 3200}[kind]  # at 100 a minute
        notes = Notes.of([0], [2], [60], [64])
        bare = replace(music(), pedal=NO_PEDAL, tempo=np.array([(0, 100.0)]))
        midi.write(replace(bare, notes=notes, length=beats), path)
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
    "short": "shorter than one segment",
    "long": "32.0 minutes, longer than the limit of 30",
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
    if (command, kind) == ("render", "short"):
        assert run(*arguments) == 0  # can be heard all the same
        return
    assert run(*arguments) == 2
    assert reason in error_sentence(capsys)
    assert not output.exists()


def test_mix_names_the_file_that_cannot_be_used(source, tmp_path, capsys):
    assert run("mix", source, file_of("text", tmp_path), tmp_path / "out.mid") == 2
    assert error_sentence(capsys) == "fadernets: text.mid is not a MIDI file."


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["slide", "in.mid"], "required: OUT.mid"),
        (["slide", "in.mid", "out.mid", "--rhythm", "1.01"], "1.01 is not between 0 and 1"),
        (["slide", "in.mid", "out.mid", "--note", "-0.01"], "-0.01 is not between 0 and 1"),
        (["slide", "in.mid", "out.mid", "--note", "nan"], "nan is not between 0 and 1"),
        (["slide", "in.mid", "out.mid", "--note", "full"], "full is not between 0 and 1"),
        (
            ["slide", "in.mid", "out.mid", "--rhythm", "0,5"],
            "--rhythm: 0,5 is not between 0 and 1; write 0.5",
        ),
        (["slide", "in.mid", "out.mid", "--segments", "a:b"], "a:b is not a range such as 2:5"),
        (["slide", "in.mid", "out.mid", "--segments", ""], "is not a range such as 2:5"),
        (["slide", "in.mid", "out.mid", "--seed", "-1"], "-1 is not a whole number"),
        (["slide", "in.mid", "out.mid", "--seed", "1.5"], "1.5 is not a whole number"),
        (["transfer", "in.mid", "out.mid", "--preset", "angry"], "invalid choice: 'angry'"),
        (["transfer", "in.mid", "out.mid", "--valence", "sad"], "invalid choice: 'sad'"),
        (["transfer", "in.mid", "out.mid", "--arousal", "sad"], "invalid choice: 'sad'"),
        (
            ["transfer", "in.mid", "out.mid", "--arousal", "low", "--strength", "-1"],
            "-1 is not a number of 0 or more",
        ),
        (
            ["transfer", "in.mid", "out.mid", "--arousal", "low", "--strength", "inf"],
            "inf is not a number of 0 or more",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, reason, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert reason in error_sentence(capsys)


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        run("--version")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"fadernets {fadernets.__version__}\n"


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


def test_a_damaged_model_is_refused(source, small, tmp_path, capsys):
    for name in os.listdir(small):
        (tmp_path / name).write_bytes(Path(small, name).read_bytes())
    (tmp_path / checkpoint.CONFIG).write_text("{}")
    command = change("slide", source, tmp_path / "out.mid")
    assert run(*command, "--model", tmp_path) == 2
    assert "is missing or not the file that was saved" in error_sentence(capsys)


@pytest.mark.parametrize("command", [*CHANGES, "render"])
@pytest.mark.parametrize("name", ["nowhere/out", "file/out", "."])
def test_what_cannot_be_written_is_refused(command, name, source, tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    output = tmp_path / name
    arguments = change(command, source, output) if command in CHANGES else [command, source, output]
    assert run(*arguments) == 2
    assert "cannot be written: " in error_sentence(capsys)


def test_an_unknown_synthesiser_is_refused(source, tmp_path, capsys):
    assert run("render", source, tmp_path / "out.wav", "--synthesiser", "moog") == 2
    assert error_sentence(capsys) == "fadernets: moog is not one of midirenderer, fluidsynth."


def test_describe_tells_of_every_segment(source, capsys):
    assert run("describe", source, "--json") == 0
    description = json.loads(capsys.readouterr().out)
    piece = midi.read(source)
    assert (description["name"], description["beats"]) == ("in", piece.length)
    assert description["seconds"] == pytest.approx(piece.duration, abs=0.001)
    assert len(description["segments"]) == len(segments(piece)) == 6
    for row, segment in zip(description["segments"], segments(piece), strict=True):
        assert (row["segment"], row["beat"]) == (segment.index, segment.start)
        assert row["seconds"] == pytest.approx(piece.seconds(segment.start), abs=0.001)
        assert row["problem"] == segment.problem
        densities = measure(segment.notes)
        assert row["rhythm"] == pytest.approx(densities["rhythm"], abs=1e-4)
        assert row["note"] == pytest.approx(densities["note"], abs=1e-4)
        if segment.index == SILENT:
            assert row["key"] is row["arousal"] is None
            assert row["problem"] == "no note begins in it"
        else:
            assert row["key"] == key.name(key.find(segment.notes))
            assert 0 <= row["arousal"] <= 1


def test_describe_prints_a_table(source, capsys):
    assert run("describe", source) == 0
    out, err = capsys.readouterr()
    head, *lines = out.splitlines()
    assert head.split() == ["segment", "beat", "time", *ATTRIBUTES, "key", "high", "arousal"]
    assert len(lines) == 6 and err == ""
    densities = measure(segments(midi.read(source))[1].notes)
    expected = ["1", "4", "0:02.40", *(f"{densities[name]:.2f}" for name in ATTRIBUTES), "C"]
    assert lines[1].split()[: len(expected)] == expected
    assert lines[SILENT].endswith("-          -     no note begins in it")


def unchanged(before, after, indices):
    """Are these segments of two files the same?"""
    before, after = segments(midi.read(before)), segments(midi.read(after))
    assert len(before) == len(after)
    return [rows(before[k].notes) == rows(after[k].notes) for k in indices]


@pytest.mark.parametrize("command", CHANGES)
def test_a_change_keeps_the_frame_and_what_cannot_be_encoded(
    command, source, tmp_path, small, capsys
):
    output = tmp_path / "out.mid"
    assert run(*change(command, source, output), "--model", small) == 0
    before, after = midi.read(source), midi.read(output)
    assert after.length == before.length
    assert np.array_equal(after.tempo, before.tempo)
    assert np.array_equal(after.meter, before.meter)
    assert unchanged(source, output, range(6)) == [k == SILENT for k in range(6)]
    out, err = capsys.readouterr()
    assert out == "" and err == f"unchanged, no note begins in it: segment {SILENT}\n"


@pytest.mark.parametrize("command", CHANGES)
@pytest.mark.parametrize(
    ("span", "chosen"), [("1:4", [1, 3]), (":2", [0, 1]), ("4:", [4, 5]), ("3", [3]), (":", None)]
)
def test_only_the_chosen_segments_change(command, span, chosen, source, tmp_path, small, capsys):
    output = tmp_path / "out.mid"
    chosen = [0, 1, 3, 4, 5] if chosen is None else chosen
    assert run(*change(command, source, output), "--segments", span, "--model", small) == 0
    assert unchanged(source, output, range(6)) == [k not in chosen for k in range(6)]


@pytest.mark.parametrize("command", CHANGES)
def test_a_seed_draws_a_variation_and_the_same_again(command, source, tmp_path, small):
    def played(*arguments):
        assert (
            run(*change(command, source, tmp_path / "out.mid"), "--model", small, *arguments) == 0
        )
        return rows(midi.read(tmp_path / "out.mid").notes)

    assert played() == played()
    assert played("--seed", 3) == played("--seed", 3)
    assert played("--seed", 3) != played("--seed", 4)


def test_a_piece_may_replace_itself(source, tmp_path, small):
    assert run(*change("slide", source, tmp_path / "out.mid"), "--model", small) == 0
    assert run(*change("slide", source, source), "--model", small) == 0
    assert source.read_bytes() == (tmp_path / "out.mid").read_bytes()


def test_mixing_goes_up_to_the_shorter_piece(source, tmp_path, small, capsys):
    midi.write(music(4, step=0.25, base=60), tmp_path / "notes.mid")
    output = tmp_path / "out.mid"
    assert run("mix", source, tmp_path / "notes.mid", output, "--model", small) == 0
    assert unchanged(source, output, range(6)) == [False, False, True, False, True, True]
    assert midi.read(output).length == midi.read(source).length
    assert capsys.readouterr().err.splitlines() == [
        "unchanged, no note begins in it: segment 2",
        "unchanged, past the end of notes.mid: segments 4-5",
    ]
    assert run("mix", tmp_path / "notes.mid", source, output, "--model", small) == 0
    assert midi.read(output).length == midi.read(tmp_path / "notes.mid").length


def test_mixing_names_what_the_other_piece_lacks(source, tmp_path, small, capsys):
    start = np.arange(0, 23.5, 0.5)
    notes = Notes.of(start, start + 0.4, 60 + np.arange(47) % 5, [70] * 47)
    midi.write(replace(music(), notes=notes), tmp_path / "full.mid")
    assert run("mix", tmp_path / "full.mid", source, tmp_path / "out.mid", "--model", small) == 0
    assert capsys.readouterr().err == "unchanged, no note begins in it in in.mid: segment 2\n"


def test_progress_is_told_when_it_takes_long(source, tmp_path, small, capsys, monkeypatch):
    def slowed(function):
        def call(*arguments, **options):
            time.sleep(0.05)  # on a busy machine the thread that reports waits for its turn
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(cli, "STATUS_SECONDS", 1e-5)
    monkeypatch.setattr(cli, "BATCH", 1)
    for name in ("load", "slide"):
        monkeypatch.setattr(cli.FaderNet, name, slowed(getattr(cli.FaderNet, name)))
    assert run(*change("slide", source, tmp_path / "out.mid"), "--model", small) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "loading the model" in lines and "3 of 5 segments" in lines


def test_batches_do_not_matter(source, tmp_path, small, monkeypatch):
    for batch in (1, 32):
        monkeypatch.setattr(cli, "BATCH", batch)
        output = tmp_path / f"{batch}.mid"
        assert run(*change("slide", source, output), "--model", small, "--seed", 1) == 0
    assert (tmp_path / "1.mid").read_bytes() == (tmp_path / "32.mid").read_bytes()


@pytest.mark.parametrize(
    ("indices", "words"),
    [([3], "segment 3"), ([0, 1, 2], "segments 0-2"), ([1, 4, 5, 9], "segments 1, 4-5, 9")],
)
def test_segments_are_listed_in_words(indices, words):
    assert cli._listed(indices) == words


def test_render_plays_the_piece(source, tmp_path):
    assert run("render", source, tmp_path / "out.wav") == 0
    samples, rate = soundfile.read(tmp_path / "out.wav")
    duration = midi.read(source).duration
    assert len(samples) / rate == pytest.approx(duration + audio.TAIL, abs=0.01)
    assert np.abs(samples).max() > 0.5


def module(*arguments, **options):
    command = [sys.executable, "-m", "fadernets", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.slow
def test_the_module_runs_and_fails_without_a_traceback(tmp_path):
    process = module("describe", tmp_path / "nothing.mid")
    _, err = process.communicate()
    assert process.returncode == 2
    assert err == "fadernets: nothing.mid cannot be read: no such file or directory.\n"


@pytest.mark.slow
def test_a_closed_pipe_is_no_error(source):
    process = module("describe", source, stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.wait() == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


# With the model that is shipped.


def rhythm(path):
    rows = segments(midi.read(path))
    return [measure(rows[k].notes)["rhythm"] for k in range(6) if k != SILENT]


def test_the_rhythm_fader_changes_the_rhythm(source, tmp_path):
    for position in (0, 1):
        assert run("slide", source, tmp_path / f"{position}.mid", "--rhythm", position) == 0
    assert np.mean(rhythm(tmp_path / "0.mid")) + 0.2 < np.mean(rhythm(tmp_path / "1.mid"))


def test_transfer_changes_the_arousal_that_describe_tells(source, tmp_path, capsys):
    def described_arousal(path):
        capsys.readouterr()
        assert run("describe", path, "--json") == 0
        rows = json.loads(capsys.readouterr().out)["segments"]
        return np.mean([row["arousal"] for row in rows if row["arousal"] is not None])

    for arousal in ("low", "high"):
        assert run("transfer", source, tmp_path / f"{arousal}.mid", "--arousal", arousal) == 0
    assert described_arousal(tmp_path / "low.mid") < described_arousal(tmp_path / "high.mid")


def test_mixing_with_itself_is_close_to_the_piece(source, tmp_path):
    assert run("mix", source, source, tmp_path / "out.mid") == 0
    assert np.mean(rhythm(tmp_path / "out.mid")) == pytest.approx(np.mean(rhythm(source)), abs=0.2)


@pytest.mark.parametrize(
    ("moods", "reason"),
    [
        ((), "transfer needs --arousal, --valence or --preset."),
        (("--preset", "calm", "--valence", "low"), "leave --arousal and --valence out."),
    ],
)
def test_moods_that_say_nothing_or_too_much(source, tmp_path, capsys, moods, reason):
    assert run("transfer", source, tmp_path / "out.mid", *moods) == 2
    assert error_sentence(capsys).endswith(reason)


def test_a_preset_is_both_moods(source, tmp_path):
    outputs = [tmp_path / name for name in ("preset.mid", "both.mid", "valence.mid")]
    moods = ["--preset", "sad"], ["--arousal", "low", "--valence", "low"], ["--valence", "low"]
    for output, options in zip(outputs, moods, strict=True):
        assert run("transfer", source, output, *options) == 0
    preset, both_moods, valence = (output.read_bytes() for output in outputs)
    assert preset == both_moods != valence
