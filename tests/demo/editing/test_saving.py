"""Files that the page offers: MIDI and WAV, of the selection or of the piece."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from demo.editing import saving, service
from demo.editing.excerpts import excerpt
from demo.editing.opening import open_file
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.__main__ import main
from fadernets.curve import Curve
from fadernets.music import midi
from fadernets.music.piece import Piece
from fadernets.playback import audio
from tests.demo.editing.requested import ask, decoded, whole_piece_request


def places(piece: Piece) -> tuple[list, list]:
    return piece.notes.onset.round(2).tolist(), piece.notes.pitch.tolist()


@pytest.mark.parametrize("scope", ["selection", "piece"])
def test_saved_midi_is_the_result(net, session, scope, tmp_path):
    values = ask(2, 3, rhythm=0.7, seed=5) | {"kind": "midi", "scope": scope}
    path = Path(saving.save(net, session, values, tmp_path / "own"))
    result = session.result(net, EditRequest(2, 3, faders={"rhythm": 0.7}, seed=5))
    expected = result if scope == "piece" else excerpt(result, *session.ends((2, 3)))
    saved = midi.read(path)
    assert len(saved.notes) == len(expected.notes)  # what rings in by its key is in both
    assert set(zip(*places(expected), strict=True)) <= set(zip(*places(saved), strict=True))
    assert saved.length == pytest.approx(expected.length, abs=0.01)
    assert path.name.startswith("chopin-mazurka")
    assert path.name.endswith("rhythm-up-0.70_seed-5.mid")
    assert ("_bars-3-4_" in path.name) == (scope == "selection")


@pytest.mark.slow
@pytest.mark.parametrize("scope", ["selection", "piece"])
def test_saved_wav_is_heard(net, session, scope, tmp_path):
    values = ask(2, 2, note=0.7) | {"kind": "wav", "scope": scope}
    path = saving.save(net, session, values, tmp_path / "own")
    samples, rate = soundfile.read(path)
    begin, end = session.ends((2, 2)) if scope == "selection" else (0.0, session.piece.length)
    seconds = session.piece.seconds(end) - session.piece.seconds(begin) + audio.TAIL
    assert len(samples) / rate == pytest.approx(float(seconds), abs=0.1)
    assert np.abs(samples).max() > 0.1 and path.endswith(".wav")


@pytest.mark.slow
def test_a_long_wav_is_rendered_chunk_by_chunk(net, session, rendered, tmp_path):
    """As the page hears it, as loud, and never more than a chunk at a time."""
    values = whole_piece_request(session, note=0.7) | {"kind": "wav", "scope": "selection"}
    path = saving.save(net, session, values, tmp_path / "own")
    assert max(rendered) < 12 + 25 + 3 and len(rendered) >= 5
    samples, _ = soundfile.read(path, dtype="float32")
    gain = service.answer(net, session, whole_piece_request(session, note=0.7))["sound"]["gain"]
    sound = service.answer(
        net, session, whole_piece_request(session, note=0.7, gain=gain, chunk=2), hear=True
    )
    part, rate = decoded(sound["sound"]["result"])
    inside = slice(rate // 10, 19 * rate)
    rendered_part = samples[28 * rate :][inside]
    np.testing.assert_allclose(rendered_part, part[inside], atol=1e-4)


@pytest.mark.parametrize(("key", "value"), [("kind", "aiff"), ("scope", None)])
def test_saving_as_something_else_is_refused(net, session, key, value, tmp_path):
    values = ask() | {"kind": "midi", "scope": "piece"} | {key: value}
    with pytest.raises(ValueError, match=key):
        saving.save(net, session, values, tmp_path / "own")


@pytest.mark.slow
def test_a_file_given_up_leaves_nothing(net, session, tmp_path):
    def give_up(count, total):
        if count and total > 2_000:  # samples of sound, not segments
            raise InterruptedError

    stopped = replace(session, progress=give_up)
    with pytest.raises(InterruptedError):
        values = whole_piece_request(session, note=0.7) | {"kind": "wav", "scope": "piece"}
        saving.save(net, stopped, values, tmp_path / "own")
    assert not list(tmp_path.iterdir())


def test_a_file_names_its_moods(net, session, tmp_path):
    values = ask(2, 3, arousal=-1.0, valence=0.5) | {"kind": "midi", "scope": "selection"}
    assert saving.save(net, session, values, tmp_path / "own").endswith(
        "_calm-1.00_joyful-0.50.mid"
    )


def test_a_curve_is_told_in_the_name_of_the_file(net, session):
    rise, level = Curve([(0, 0.5), (9, 0.6)]), Curve([(0, -0.25), (12, -0.25), (12, 1)])
    edit = EditRequest(0, 3, faders={"rhythm": rise, "note": level}, arousal=rise, everywhere=True)
    name = saving.file_name(session, edit, is_whole=True)
    assert name.endswith("_rhythm-curve_note-down-0.25_arousal-curve")
    part = saving.file_name(session, edit, is_whole=False)
    assert part.endswith("_bars-1-4_rhythm-curve_note-down-0.25_arousal-curve")  # of these bars
    gaps = Curve([(0, None), (15, None), (15, 0.5)])
    free = EditRequest(0, 3, positions={"note": gaps})
    assert saving.file_name(session, free, is_whole=False).endswith("_bars-1-4")
    same = EditRequest(0, 3, positions={"note": 0.25})
    assert saving.file_name(session, same, is_whole=True).endswith("_note-0.25")


@pytest.mark.slow
def test_curves_are_in_the_file_and_open_again(net, session, tmp_path):
    """With the settings that the page has then."""
    end = session.segments[-1].span.end
    drawn = [[0, 0.0], [8, 0.0], [16, -0.75], [end, -0.75]]
    settings = {"rhythm": drawn, "positions": {"note": [[0, 0.5], [4, 0.5], [4, None]]}, "seed": 4}
    values = ask(2, 3, everywhere=True, lock=["melody", "note:3"], **settings)
    values |= {"kind": "midi", "scope": "piece"}
    plain = saving.save(net, session, values, tmp_path / "plain")
    carried = saving.save(net, session, values | {"curves": True}, tmp_path / "own")
    message = service.piece_message(open_file(carried))
    assert message["settings"] == settings | {"lock": ["melody"], "redrawn": []}
    assert service.piece_message(open_file(plain))["settings"] is None
    assert list(midi.read(plain).notes) == list(midi.read(carried).notes)
    part = saving.save(
        net, session, values | {"curves": True, "scope": "selection"}, tmp_path / "p"
    )
    assert service.piece_message(open_file(part))["settings"]["rhythm"][-1][1] < 0


@pytest.mark.slow
def test_the_command_line_makes_the_same_file_of_the_same_settings(net, session, tmp_path):
    midi.write(session.piece, tmp_path / "in.mid")
    settings = {
        "rhythm": [[0, 0.0], [8, 0.0], [8, 0.9], [24, 0.9]],
        "positions": {"note": [[0, None], [12, None], [12, 0.8], [16, 0.8], [16, None]]},
        "arousal": {"bars": [[1, -1.0], [5, 0.0]]},
        "seed": 7,
        "lock": ["bass"],
    }
    (tmp_path / "s.json").write_text(json.dumps({"settings": settings}))
    files = [str(tmp_path / name) for name in ("in.mid", "s.json", "out.mid")]
    assert main(["edit", *files, "--curves"]) == 0
    values = settings | ask(2, 3, everywhere=True, curves=True) | {"kind": "midi", "scope": "piece"}
    opened = open_file(tmp_path / "in.mid")
    saved = Path(saving.save(net, opened, values, tmp_path / "own"))
    assert saved.read_bytes() == (tmp_path / "out.mid").read_bytes()
    assert list(midi.read(saved).notes) != list(session.piece.notes)


def test_names_of_files_are_short_enough_whatever_their_letters(net, session, tmp_path):
    """Of three bytes each: a file system has room for 85 of them."""
    long_named = PieceSession(replace(session.piece, name="\u6c34" * 80))
    values = ask(2, 3, rhythm=0.7, note=0.5, arousal=0.5, seed=5) | {"kind": "midi"}
    path = saving.save(net, long_named, values | {"scope": "selection"}, tmp_path / "own")
    assert Path(path).name.startswith("\u6c34")
    name = f"{saving.title(long_named.piece)} with the notes of {saving.title(long_named.piece)}"
    assert Path(saving.write_midi(tmp_path / "mix", name, b"MThd")).is_file()
    titled = replace(session.piece, name="Bach:  Air / No. 2, \u201cSlow\u201d")
    assert saving.title(titled) == "Bach Air No. 2, Slow"
