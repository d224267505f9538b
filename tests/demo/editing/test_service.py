"""What the page is answered: rolls, figures and sentences of what was asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from demo.editing import service
from demo.editing.opening import open_file
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.lock_words import LockWords
from fadernets.mood_transfer import PRESETS
from fadernets.music.segments import segments
from fadernets.whole_piece import changed
from tests.demo.editing.requested import CLOSED, ask, with_a_rest


@pytest.mark.slow
def test_service_knows_no_gradio():
    code = (
        "import sys, demo.editing.service, demo.editing.endpoints; print('gradio' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_nothing_moved_gives_the_original_itself(net, session):
    answer = service.answer(net, session, ask())
    assert session.result(net, EditRequest(0, 1)) is session.piece
    assert set(answer["rolls"]["original"]["marks"]) == {"kept"}
    assert answer["rolls"]["result"] == {**answer["rolls"]["original"], "origins": []}
    assert answer["sound"]["result"] is None and answer["sound"]["volume"] == 1
    for figure in answer["figures"].values():
        assert figure["piece"] == figure["result"]
    json.dumps(answer)


def test_a_seed_alone_changes_nothing(net, session):
    assert session.result(net, EditRequest(0, 1, seed=3)) is session.piece


@pytest.mark.parametrize(
    "moved",
    [
        {"faders": {"rhythm": 1.0}},
        {"faders": {"note": -1.0}},
        {"positions": {"note": 0.0}},
        {"arousal": 1.0},
    ],
)
def test_only_the_selection_changes(net, session, moved):
    request = EditRequest(2, 3, **moved)
    result = session.result(net, request)
    assert result.length == session.piece.length
    before, after = segments(session.piece), segments(result)
    for old, new in zip(before, after, strict=True):
        is_same = list(old.notes) == list(new.notes)
        assert is_same == (old.index not in (2, 3)), old.index


@pytest.mark.slow
def test_seeds_repeat_and_differ(net, session):
    notes = [
        list(fresh(session).result(net, EditRequest(0, 3, faders={"rhythm": 0.8}, seed=seed)).notes)
        for seed in (1, 1, 2)
    ]
    assert notes[0] == notes[1] != notes[2]


def fresh(session: PieceSession) -> PieceSession:
    """The same piece with empty caches."""
    return PieceSession(session.piece)


def test_a_selection_that_cannot_change_is_closed(net):
    session = with_a_rest()
    answer = service.answer(net, session, ask(CLOSED, CLOSED, rhythm=0.2))
    assert answer["closed"]
    assert set(answer["rolls"]["result"]["marks"]) <= {"kept"}


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"first": None, "last": 0}, "first"),
        ({"first": 0, "last": 500}, "last"),
        ({"first": 3, "last": 2}, "last"),
        ({"first": -1, "last": 2}, "first"),
        ({"first": 0, "last": 0, "rhythm": 1.01}, "rhythm"),
        ({"first": 0, "last": 0, "rhythm": -0.1, "absolute": True}, "rhythm"),
        ({"first": 0, "last": 0, "rhythm": [[4, 0.5], [0, 0.5]]}, "rhythm"),
        ({"first": 0, "last": 0, "note": "high"}, "note"),
        ({"first": 0, "last": 0, "note": float("nan")}, "note"),
        ({"first": 0, "last": 0, "arousal": -10.5}, "arousal"),
        ({"first": 0, "last": 0, "valence": 10.5}, "valence"),
        ({"first": 0, "last": 0, "valence": "sad"}, "valence"),
        ({"first": 0, "last": 0, "seed": 1_000_000}, "seed"),
        ({"first": True, "last": 1}, "first"),
    ],
)
def test_a_bad_value_is_named(net, session, values, word):
    with pytest.raises(ValueError, match=word):
        service.answer(net, session, values)


@pytest.mark.parametrize("hear", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("original", value) for value in (1, "yes", [])],
        *[("vorbis", value) for value in (0, "", {})],
        *[("peak", value) for value in (0, -1.0, 1e9, "loud", True, float("nan"), float("inf"))],
        *[("number", value) for value in (-1, 1.5, "7", [7], 2**60, 10**400)],
    ],
)
def test_a_bad_wish_is_named(net, session, name, value, hear):
    with pytest.raises(ValueError, match=name):
        service.answer(net, session, ask(**{name: value} | {"chunk": 0}), hear=hear)


@pytest.mark.parametrize("number", [0, 1_000_000, 2**53])
def test_a_page_that_was_moved_however_often_is_answered(net, session, number):
    assert service.answer(net, session, ask(number=number))["number"] == number


def test_a_long_bad_value_is_told_in_short(net, session):
    with pytest.raises(ValueError, match="rhythm") as error:
        service.answer(net, session, ask(rhythm="x" * 10_000))
    assert len(str(error.value)) < 200


def test_bar_lines_are_those_of_the_piece(net, session):
    """Segments of triple time have three beats and begin with a bar."""
    answer = service.answer(net, session, ask(1, 2))
    bar = float(session.piece.seconds(3.0))
    assert answer["rolls"]["bars"] == pytest.approx([0.0, bar], abs=1e-3)


def test_piece_message_opens_on_usable_segments():
    session = with_a_rest()
    message = service.piece_message(session)
    assert session.segments[message["first"]].problem is None
    assert len(message["segments"]) == len(session.segments) == 42 == len(message["edges"]) - 1
    assert message["segments"][CLOSED]["problem"] == "nothing is played here"
    assert message["segments"][CLOSED]["bar"] == 2 * CLOSED + 1  # of two beats
    json.dumps(message)


def test_a_bad_file_is_one_sentence(tmp_path):
    path = tmp_path / "song.mid"
    path.write_bytes(b"not a song")
    with pytest.raises(ValueError, match="song.mid is not a MIDI file"):
        open_file(path)


@pytest.mark.slow
def test_a_mood_of_the_page_is_that_of_the_command_line(net, session):
    """The page moves one mood after the other, with strengths of their own."""
    request = EditRequest(2, 3, arousal=1.0, valence=-1.0)
    own = net.with_tempo()
    tense = changed(session.piece, [2, 3], lambda part: own.transfer(part, PRESETS["tense"]))
    assert list(session.result(net, request).notes) == list(tense.notes)
    alone = EditRequest(2, 3, arousal=1.0, valence=-1.0, lock=LockWords.read("tempo"))
    tense = changed(session.piece, [2, 3], lambda part: net.transfer(part, PRESETS["tense"]))
    assert list(session.result(net, alone).notes) == list(tense.notes)
