"""Locks through the page's requests: what is locked comes out of the saved file as it went in."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.editing import endpoints, saving, service
from demo.editing.opening import open_file
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.command_line import progress
from fadernets.lock_words import NAMES, LockWords
from fadernets.music import midi
from fadernets.music.piece import Piece
from tests.demo.editing.requested import ask, whole_piece_request
from tests.fadernets.command_line.commands import run
from tests.fadernets.music import generated
from tests.fadernets.music import midi_bytes as mb


def rows(piece: Piece, words: object) -> set[tuple]:
    """Tick of onset and of end, pitch and velocity of the notes locked."""
    notes = piece.notes[LockWords.read(words).on(piece).of(piece.notes)]
    return {(round(on * 480), round(off * 480), *rest) for on, off, *rest in notes}


def file_rows(data: bytes) -> set[tuple]:
    return {row[2:6] for row in mb.notes_of(data)}


@pytest.mark.slow
@settings(max_examples=min(25, settings.default.max_examples))
@given(
    generated.pieces(),
    st.lists(st.sampled_from([*NAMES, "note:1", "track:1"]), min_size=1, max_size=3),
    st.floats(-1, 1),
    st.floats(-1, 1),
    st.booleans(),
    st.sampled_from([None, 3]),
)
def test_locked_notes_come_out_exactly(net, piece, words, rhythm, note, absolute, seed):
    data = midi.dump(piece)
    session = PieceSession(midi.read(data))
    moved = {"rhythm": rhythm, "note": note, "seed": seed, "absolute": absolute}
    if absolute:
        moved |= {"rhythm": abs(rhythm), "note": abs(note)}
    values = whole_piece_request(session, lock=words, **moved) | {"kind": "midi", "scope": "piece"}
    with tempfile.TemporaryDirectory() as folder:
        saved = saving.save(net, session, values, Path(folder) / "new")
        after = Path(saved).read_bytes()
    locked = rows(session.piece, words)
    assert locked <= file_rows(data) and locked <= file_rows(after)
    if "pitches" in words and not {"left", "right"} <= set(words):
        assert {r[2] for r in file_rows(after)} <= {r[2] for r in file_rows(data)}


@pytest.mark.slow
def test_the_answer_says_how_far_the_fader_came(net, hands):
    session = open_file(hands)
    plain = service.answer(net, session, ask(0, 3, rhythm=-1.0))
    answer = service.answer(net, session, ask(0, 3, rhythm=-1.0, lock=["melody"]))
    assert "stay" not in plain["summary"]
    reached = answer["figures"]["rhythm"]["result"]["text"]
    target = plain["figures"]["rhythm"]["tables"]["offsets"][0]
    assert f"Rhythm density {reached}, asked {target:.2f}: the melody stays." in answer["summary"]
    assert float(reached) > float(plain["figures"]["rhythm"]["result"]["text"])
    up = service.answer(net, session, ask(0, 3, note=0.5, lock=["melody"]))
    assert "stays" not in up["summary"]  # nothing was held back


@pytest.mark.slow
def test_a_lock_that_holds_all_back_is_the_only_reason(net, hands):
    summary = service.answer(
        net, open_file(hands), ask(0, 3, rhythm=1.0, lock=["left", "right", "rhythm"])
    )["summary"]
    assert summary.startswith("As played. Rhythm density ")
    assert "the left hand, the right hand and the rhythm stay." in summary


@pytest.mark.slow
def test_the_answer_says_what_ties_hold_back(net, tmp_path):
    chord = [event for pitch in (36, 48, 55, 60) for event in mb.note(0, 7600, pitch)]
    path = tmp_path / "in.mid"
    path.write_bytes(mb.file(mb.track(*chord, *mb.music(16, base=60), end=7680)))
    summary = service.answer(net, open_file(path), ask(1, 1, note=-1.0))["summary"]
    assert ": notes that sound on into what follows stay." in summary


@pytest.mark.slow
def test_what_every_note_holds_back_is_all(net, hands):
    session = open_file(hands)
    request = EditRequest(0, 3, faders={"rhythm": 1.0}, lock=LockWords.read("left,right,rhythm"))
    assert set(session.piece.notes) <= set(session.result(net, request).notes)
    assert session.lock_sentences(net, request)[0].endswith(
        "the left hand, the right hand and the rhythm stay."
    )


def test_the_page_is_told_which_notes_stay(net, hands):
    session = open_file(hands)
    rolls = service.answer(net, session, ask(1, 1, lock=["track:2", "note:1"]))["rolls"]
    numbers = np.array(rolls["numbers"]) - 1
    pitches = [row[2] for row in rolls["original"]["notes"]]
    assert session.piece.notes.pitch[numbers].tolist() == pitches
    locked = {numbers[index] for index in rolls["locked"]}
    by_track = midi.played_by(session.piece, [1])
    assert locked == set(numbers) & set(np.flatnonzero(by_track)) and locked
    assert service.answer(net, session, ask(1, 1))["rolls"]["locked"] == []
    assert service.piece_message(session)["locks"]
    assert not service.piece_message(replace(session, takes_any=False))["locks"]  # the GM-VAE


@pytest.mark.slow
def test_two_locks_are_two_requests(net, hands):
    session = open_file(hands)
    melody, bass = (
        session.result(net, EditRequest(0, 3, faders={"rhythm": -1.0}, lock=LockWords.read(word)))
        for word in ("melody", "bass")
    )
    assert set(melody.notes) != set(bass.notes)
    assert session.result(net, EditRequest(0, 3, lock=LockWords.read("bass"))) is session.piece


@pytest.mark.parametrize("wrong", ["tune", 3, ["note:9999"], "track:5", ["melody", 1]])
def test_a_lock_that_cannot_be_is_named(net, hands, wrong):
    with pytest.raises(ValueError, match="lock"):
        service.answer(net, open_file(hands), ask(0, 0, rhythm=0.5, lock=wrong))


@pytest.mark.slow
def test_programs_lock_too(net, hands, tmp_path):
    values = {"rhythm": -1.0, "lock": "track:1,melody"}
    new, figures = endpoints.change(net, endpoints.opened(net, hands), values, tmp_path / "new")
    before, after = hands.read_bytes(), Path(new).read_bytes()
    assert [r for r in mb.notes_of(before) if r[0] == 0] == [
        r for r in mb.notes_of(after) if r[0] == 0
    ]
    reach = figures["reach"]["rhythm"]
    assert reach["lowest"] <= reach["reached"] + 1e-6 and reach["asked"] < reach["lowest"]
    assert figures["notices"][0].endswith("the melody and track 1 stay.")
    _, figures = endpoints.change(
        net, endpoints.opened(net, hands), {"rhythm": -1.0}, tmp_path / "free"
    )
    assert figures["reach"] == {} and figures["notices"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "by"),
    [("melody", -1.0), ("left", -1.0), ("track:1", -1.0), ("bass,rhythm,note:2-60", 1.0)],
)
def test_page_command_line_and_endpoint_say_the_same(
    word, by, net, hands, tmp_path, capsys, monkeypatch
):
    """Of every lock, how far the faders came."""
    monkeypatch.setattr(progress, "STATUS_SECONDS", 600.0)  # the machine may be busy
    session, move = open_file(hands), {"rhythm": by, "note": by}
    page = service.answer(net, session, whole_piece_request(session, lock=word, **move))["summary"]
    _, figures = endpoints.change(
        net, endpoints.opened(net, hands), {**move, "lock": word}, tmp_path / "new"
    )
    options = [f"--{name}={value}" for name, value in move.items()]
    assert run("slide", hands, tmp_path / "out.mid", *options, "--lock", word) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines == figures["notices"]
    assert all(line in page for line in lines)
    assert page.count("asked") == len(lines)
    if word in ("melody", "left", "track:1", "rhythm"):
        assert lines[0].startswith("Rhythm density 0.")
        assert lines[0].endswith(f": {LockWords.read(word).sentence}.")


def test_a_lock_that_cannot_be_is_refused_where_nothing_moves(net, hands, tmp_path, capsys):
    with pytest.raises(ValueError, match="there is no note 9999 to lock"):
        endpoints.change(net, endpoints.opened(net, hands), {"lock": "note:9999"}, tmp_path / "new")
    assert run("slide", hands, tmp_path / "out.mid", "--rhythm", 0, "--lock", "note:9999") == 2
    assert "there is no note 9999 to lock" in capsys.readouterr().err
    assert not (tmp_path / "out.mid").exists()
