from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from demo import endpoints, service, sound
from demo.study import Ask, Study, excerpt, open_example, open_file
from fadernets import audio, midi
from fadernets.notes import Notes, cut
from fadernets.piece import Piece, segments
from fadernets.transfer import PRESETS

CLOSED = 4  # a segment of the rag with too many events


@pytest.fixture
def study() -> Study:
    return open_example("mazurka")


def ask(first: int = 0, last: int = 1, **values) -> dict:
    return {"number": 7, "first": first, "last": last, "original": True, **values}


def decoded(message: dict) -> tuple[np.ndarray, int]:
    data = base64.b64decode(message["data"])
    return soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)


def test_service_knows_no_gradio():
    code = "import sys, demo.service, demo.endpoints; print('gradio' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_nothing_moved_gives_the_original_itself(net, study):
    answer = service.answer(net, study, ask())
    assert study.result(net, Ask(0, 1)) is study.piece
    assert set(answer["rolls"]["original"]["marks"]) == {"kept"}
    assert answer["rolls"]["original"] == answer["rolls"]["result"]
    assert answer["sound"]["result"] is None and answer["sound"]["volume"] == 1
    for figure in answer["figures"].values():
        assert figure["piece"] == figure["result"]
    json.dumps(answer)


def test_a_seed_alone_changes_nothing(net, study):
    assert study.result(net, Ask(0, 1, seed=3)) is study.piece


@pytest.mark.parametrize("moved", [{"rhythm": 1.0}, {"note": 0.0}, {"arousal": 1.0}])
def test_only_the_selection_changes(net, study, moved):
    asked = Ask(2, 3, **moved)
    result = study.result(net, asked)
    assert result.length == study.piece.length
    before, after = segments(study.piece), segments(result)
    for old, new in zip(before, after, strict=True):
        same = list(old.notes) == list(new.notes)
        assert same == (old.index not in (2, 3)), old.index


def test_the_rhythm_fader_is_obeyed(net, study):
    low, high = (
        service.answer(net, study, ask(0, 11, rhythm=position))["figures"]["rhythm"]
        for position in (0.0, 1.0)
    )
    assert low["piece"] == high["piece"]
    assert low["result"]["position"] < high["result"]["position"]


@pytest.mark.parametrize(("asked", "way"), [(-1.0, -1), (1.0, 1)])
def test_the_figure_of_arousal_goes_where_it_is_asked_to(net, study, asked, way):
    found = service.answer(net, study, ask(0, 11, arousal=asked))["figures"]["arousal"]
    assert way * (found["result"]["position"] - found["piece"]["position"]) > 0.05


def test_faders_have_their_say_after_arousal(net, study):
    """Arousal moves the fader's own dimension, too; where it was put it must stay."""
    spans = [ask(0, 11, note=position, arousal=1.0) for position in (0.0, 1.0)]
    low, high = (service.answer(net, study, values)["figures"]["note"] for values in spans)
    assert low["result"]["position"] < high["result"]["position"]


def test_seeds_repeat_and_differ(net, study):
    notes = [
        list(fresh(study).result(net, Ask(0, 3, rhythm=0.8, seed=seed)).notes) for seed in (1, 1, 2)
    ]
    assert notes[0] == notes[1] != notes[2]


def fresh(study: Study) -> Study:
    """The same piece, nothing of it worked out yet."""
    return Study(study.piece)


def test_what_cannot_change_passes_and_is_named(net):
    study = open_example("rag")
    assert study.segments[CLOSED].problem
    answer = service.answer(net, study, ask(CLOSED - 1, CLOSED, rhythm=0.2))
    named = f"Unchanged, {study.segments[CLOSED].problem}: segment {CLOSED + 1}."
    assert named in answer["summary"] and not answer["closed"]
    result = study.result(net, Ask(CLOSED - 1, CLOSED, rhythm=0.2))
    start = study.segments[CLOSED].start
    assert list(cut(result.sounding, start)) == list(study.segments[CLOSED].notes)


def test_a_selection_that_cannot_change_is_closed(net):
    study = open_example("rag")
    answer = service.answer(net, study, ask(CLOSED, CLOSED, rhythm=0.2))
    assert answer["closed"] and answer["sound"]["made"]
    assert set(answer["rolls"]["result"]["marks"]) == {"kept"}


def test_all_that_pass_are_named(net):
    study = open_example("rag")
    answer = service.answer(net, study, ask(0, 41))
    closed = [s.index + 1 for s in study.segments if s.problem]
    assert f"segments {', '.join(map(str, closed))}." in answer["summary"]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"first": None, "last": 0}, "first"),
        ({"first": 0, "last": 54}, "last"),
        ({"first": 3, "last": 2}, "last"),
        ({"first": -1, "last": 2}, "first"),
        ({"first": 0, "last": 0, "rhythm": 1.01}, "rhythm"),
        ({"first": 0, "last": 0, "note": "high"}, "note"),
        ({"first": 0, "last": 0, "note": float("nan")}, "note"),
        ({"first": 0, "last": 0, "arousal": -2}, "arousal"),
        ({"first": 0, "last": 0, "valence": 1.5}, "valence"),
        ({"first": 0, "last": 0, "valence": "sad"}, "valence"),
        ({"first": 0, "last": 0, "seed": 1_000_000}, "seed"),
        ({"first": True, "last": 1}, "first"),
    ],
)
def test_a_bad_value_is_named(net, study, values, word):
    with pytest.raises(ValueError, match=word):
        service.answer(net, study, values)


def test_both_sounds_have_one_gain_and_length(net, study):
    answer = service.answer(net, study, ask(4, 4, note=1.0))["sound"]
    (before, rate), (after, same) = decoded(answer["original"]), decoded(answer["result"])
    assert rate == same and len(before) == len(after)
    begin, end = study.ends((4, 4))
    result = excerpt(study.result(net, Ask(4, 4, note=1.0)), begin, end)
    first, second = audio.pair(excerpt(study.piece, begin, end), result)
    np.testing.assert_allclose(before * answer["volume"], first.samples, atol=2e-4)
    np.testing.assert_allclose(after, second.samples, atol=2e-4)


def test_the_original_is_sent_once(net, study):
    service.answer(net, study, ask(note=0.2))
    answer = service.answer(net, study, ask(note=0.9) | {"original": False})["sound"]
    assert answer["original"] is None and answer["result"]


def test_sound_of_a_long_selection_comes_later(net, study):
    whole = ask(0, len(study.segments) - 1)
    assert service.answer(net, study, whole)["sound"]["later"]
    answer = service.answer(net, study, whole, hear=True)["sound"]
    samples, rate = decoded(answer["original"])
    assert len(samples) / rate == pytest.approx(study.piece.duration + audio.TAIL, abs=0.1)
    assert np.abs(samples).max() > 0.1
    small = service.answer(net, study, whole | {"vorbis": True}, hear=True)["sound"]["original"]
    again, _ = decoded(small)
    assert len(small["data"]) < len(answer["original"]["data"]) / 2
    assert len(again) == len(samples) and np.abs(again - samples).max() < 0.2


def test_a_very_long_selection_is_sent_small(monkeypatch, net, study):
    monkeypatch.setattr(sound, "PREVIEW", 2.0)
    answer = service.answer(net, study, ask(0, 3))["sound"]["original"]
    samples, rate = decoded(answer)
    assert (answer["channels"], answer["rate"], rate) == (1, audio.RATE // 2, audio.RATE // 2)
    begin, end = study.ends((0, 3))
    seconds = excerpt(study.piece, begin, end).duration + audio.TAIL
    assert len(samples) / rate == pytest.approx(seconds, abs=0.01)


def test_no_notes_are_said_not_played(net):
    notes = Notes.of([0.0, 1.0, 8.0], [1.0, 4.0, 9.0], [60, 64, 67], [64, 64, 64])
    plain = np.array([[0.0, 120.0]]), np.array([[0.0, 4.0, 4.0]])
    study = Study(Piece(notes, np.zeros((0, 2)), *plain, length=9.0))
    answer = service.answer(net, study, ask(1, 1))
    assert not answer["sound"]["made"] and "no notes" in answer["summary"]


def test_excerpt_keeps_time(study):
    piece = replace(study.piece, tempo=np.array([[0.0, 60.0], [6.0, 120.0], [20.0, 90.0]]))
    part = excerpt(piece, 4.0, 12.0)
    assert part.tempo.tolist() == [[0.0, 60.0], [2.0, 120.0]]
    assert part.duration == pytest.approx(piece.seconds(12.0) - piece.seconds(4.0))
    inside = (piece.notes.onset >= 4.0) & (piece.notes.onset < 12.0)
    assert part.notes.pitch.tolist() == piece.notes.pitch[inside].tolist()
    assert part.notes.offset.max() <= 8.0
    assert excerpt(piece, 0.0, piece.length) is piece


def test_excerpt_keeps_the_pedal(study):
    piece = replace(study.piece, pedal=np.array([[1.0, 5.0], [7.0, 9.0], [13.0, 14.0]]))
    assert excerpt(piece, 4.0, 12.0).pedal.tolist() == [[0.0, 1.0], [3.0, 5.0]]


def test_bar_lines_are_those_of_the_piece(net, study):
    """Segments of four beats in triple time begin anywhere in a bar."""
    answer = service.answer(net, study, ask(1, 1))
    beat = float(study.piece.seconds(1.0))
    assert answer["rolls"]["bars"] == pytest.approx([2 * beat], abs=1e-3)


@pytest.mark.parametrize("scope", ["selection", "piece"])
def test_saved_midi_is_the_result(net, study, scope):
    values = ask(2, 3, rhythm=0.7, seed=5) | {"kind": "midi", "scope": scope}
    name, data = service.save(net, study, values)
    result = study.result(net, Ask(2, 3, rhythm=0.7, seed=5))
    expected = result if scope == "piece" else excerpt(result, *study.ends((2, 3)))
    found = midi.read(data)
    assert found.notes.pitch.tolist() == expected.notes.pitch.tolist()
    assert found.length == pytest.approx(expected.length, abs=0.01)
    assert name.startswith("chopin-mazurka") and name.endswith("rhythm-0.70_seed-5.mid")
    assert ("segments-3-4" in name) == (scope == "selection")


@pytest.mark.parametrize("scope", ["selection", "piece"])
def test_saved_wav_is_heard(net, study, scope):
    name, data = service.save(net, study, ask(2, 2, note=0.7) | {"kind": "wav", "scope": scope})
    samples, rate = soundfile.read(io.BytesIO(data))
    begin, end = study.ends((2, 2)) if scope == "selection" else (0.0, study.piece.length)
    seconds = study.piece.seconds(end) - study.piece.seconds(begin) + audio.TAIL
    assert len(samples) / rate == pytest.approx(float(seconds), abs=0.1)
    assert np.abs(samples).max() > 0.1 and name.endswith(".wav")


@pytest.mark.parametrize(("key", "value"), [("kind", "mp3"), ("scope", None)])
def test_saving_as_something_else_is_refused(net, study, key, value):
    with pytest.raises(ValueError, match=key):
        service.save(net, study, ask() | {"kind": "midi", "scope": "piece"} | {key: value})


def test_piece_message_opens_on_usable_segments():
    study = open_example("rag")
    message = service.piece_message(study)
    assert study.segments[message["first"]].problem is None
    assert len(message["segments"]) == len(study.segments) == 42
    assert message["segments"][CLOSED]["problem"]
    json.dumps(message)


def test_a_bad_file_is_one_sentence(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(b"not a song")
    with pytest.raises(ValueError, match="song.mid is not a MIDI file"):
        open_file(path)


def test_endpoint_changes_a_file(net, study, tmp_path):
    path = tmp_path / "in.mid"
    midi.write(study.piece, path)
    name, data, figures = endpoints.change(net, path, {"rhythm": 1.0, "first": 0, "last": None})
    assert midi.read(data).length == pytest.approx(study.piece.length, abs=0.01)
    assert figures["after"]["rhythm"] > figures["before"]["rhythm"]
    assert figures["unchanged"] == [] and name == "in_rhythm-1.00.mid"
    with pytest.raises(ValueError, match="rhythm"):
        endpoints.change(net, path, {"rhythm": 3.0})


def test_a_mood_of_the_page_is_that_of_the_command_line(net, study):
    """The page moves one mood after the other, with strengths of their own."""
    asked = Ask(2, 3, arousal=1.0, valence=-1.0)
    source = [s.notes for s in study.segments[2:4]]
    expected = net.transfer(source, PRESETS["tense"])
    found = segments(study.result(net, asked))[2:4]
    for notes, segment in zip(expected, found, strict=True):
        assert segment.notes.pitch.tolist() == notes.pitch.tolist()


def test_valence_is_told_as_the_share_in_major(net, study):
    low, high = (
        service.answer(net, study, ask(0, 11, valence=way))["figures"]["valence"]
        for way in (-1.0, 1.0)
    )
    assert low["piece"] == high["piece"]
    assert low["result"]["position"] < low["piece"]["position"] < high["result"]["position"]


def test_a_file_names_its_moods(net, study):
    values = ask(2, 3, arousal=-1.0, valence=0.5) | {"kind": "midi", "scope": "selection"}
    assert service.save(net, study, values)[0].endswith("_calm-1.00_joyful-0.50.mid")
