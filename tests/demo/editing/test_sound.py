"""How answers are heard: both sides, whole or chunk by chunk."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from demo.editing import service, sound
from demo.editing.excerpts import excerpt
from demo.editing.opening import open_example
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.playback import audio, chunks
from fadernets.score import playing
from tests.demo.editing.requested import ask, decoded, elsewhere, whole_piece_request


@pytest.mark.slow
def test_both_sounds_have_one_gain_and_length(net, session):
    answer = service.answer(net, session, ask(4, 4, note=1.0))["sound"]
    (before, rate), (after, other_rate) = decoded(answer["original"]), decoded(answer["result"])
    assert rate == other_rate and len(before) == len(after)
    begin, end = session.ends((4, 4))
    result = excerpt(session.result(net, EditRequest(4, 4, faders={"note": 1.0})), begin, end)
    first, second = audio.pair(excerpt(session.piece, begin, end), result)
    np.testing.assert_allclose(before * answer["volume"], first.samples, atol=2e-4)
    np.testing.assert_allclose(after, second.samples, atol=2e-4)


@pytest.mark.slow
def test_the_original_is_sent_once(net, session):
    service.answer(net, session, ask(note=0.2))
    answer = service.answer(net, session, ask(note=0.9) | {"original": False})["sound"]
    assert answer["original"] is None and answer["result"]


@pytest.fixture(scope="module")
def long() -> PieceSession:
    """Twenty mazurkas one after the other: 28.8 minutes."""
    piece = open_example("mazurka").piece
    times, beats = 20, piece.length
    notes_once, length = piece.notes, times * beats
    notes = Notes.of(
        np.concatenate([notes_once.onset + i * beats for i in range(times)]),
        np.concatenate([np.minimum(notes_once.offset, beats) + i * beats for i in range(times)]),
        np.tile(notes_once.pitch, times),
        np.tile(notes_once.velocity, times),
    )
    return PieceSession(replace(piece, notes=notes, length=length))


@pytest.fixture
def played(monkeypatch) -> list[int]:
    """Numbers of segments that the model was asked to play."""
    counts = []
    real = playing.play

    def count(net, codes, ask, piece, chosen, *rest):
        counts.append(len(chosen))
        return real(net, codes, ask, piece, chosen, *rest)

    monkeypatch.setattr(playing, "play", count)
    return counts


@pytest.mark.slow
def test_a_long_selection_comes_without_sound(net, session, rendered):
    service.answer(
        net, session, whole_piece_request(session)
    )  # the reference for the gain, rendered once
    rendered.clear()
    answer = service.answer(net, session, whole_piece_request(session, rhythm=0.7))
    assert answer["sound"]["later"] and rendered == []
    assert answer["sound"]["original"] is None and answer["sound"]["result"] is None
    assert answer["sound"]["starts"] == [0, 8, 28, 48, 68] and not answer["sound"]["same"]
    assert service.answer(net, session, whole_piece_request(session))["sound"]["same"]


@pytest.mark.slow
def test_a_chunk_is_all_that_comes_to_be_heard(net, session):
    gain = service.answer(net, session, whole_piece_request(session, note=1.0))["sound"]["gain"]
    values = whole_piece_request(session, note=1.0, gain=gain, chunk=1)
    answer = service.answer(net, session, values, hear=True)
    sound = answer.pop("sound")
    numbers = {"number": 7, "piece": session.id, "first": 0, "last": 71}
    assert answer == {**numbers, "chunk": 1, "chunks": 5, "start": 8.0, "length": 20.0}
    assert set(sound) == {"made", "original", "result"} and sound["made"]
    for side in ("original", "result"):
        samples, rate = decoded(sound[side])
        assert len(samples) == round((20 + chunks.FADE) * rate) and np.abs(samples).max() > 0.1
    values["original"] = False
    repeated = service.answer(net, session, values, hear=True)["sound"]
    assert repeated == sound | {"original": None}


@pytest.mark.slow
def test_chunks_join_at_one_gain(net, session):
    """Both sides, put together as the page does it, are the sound of the piece."""
    answer = service.answer(net, session, whole_piece_request(session, note=1.0))["sound"]
    joined = {side: np.zeros((100 * audio.RATE, 2)) for side in ("original", "result")}
    for k, start in enumerate(answer["starts"]):
        values = whole_piece_request(session, note=1.0, gain=answer["gain"], chunk=k)
        sides = service.answer(net, session, values, hear=True)["sound"]
        for side, samples_joined in joined.items():
            samples, rate = decoded(sides[side])
            samples_joined[round(start * rate) :][: len(samples)] += samples
    end = round((session.piece.duration + audio.TAIL) * audio.RATE)
    pieces = {
        "original": session.piece,
        "result": session.result(net, EditRequest(0, 71, faders={"note": 1.0})),
    }
    for side, volume in (("original", answer["volume"]), ("result", 1.0)):
        samples_joined = volume * joined[side]
        expected = np.concatenate(list(chunks.joined(pieces[side], answer["gain"])))
        assert len(expected) == end and not samples_joined[end:].any()
        np.testing.assert_allclose(samples_joined[:end], expected, atol=2e-4)
    assert answer["volume"] < 1  # the result is louder


@pytest.mark.slow
def test_vorbis_is_small(net, session):
    large = service.answer(net, session, whole_piece_request(session, chunk=1), hear=True)["sound"][
        "original"
    ]
    values = whole_piece_request(session, chunk=1, vorbis=True)
    small = service.answer(net, session, values, hear=True)["sound"]["original"]
    assert len(small["data"]) < len(large["data"]) / 2
    (before, _), (after, _) = decoded(large), decoded(small)
    assert len(before) == len(after) and np.abs(before - after).max() < 0.2


@pytest.mark.slow
def test_a_chunk_of_half_an_hour_costs_a_chunk(net, long, rendered, played):
    """Anywhere in the piece, and also in a process that has only the piece's notes."""
    gain = chunks.gain_of(long.piece)
    count = len(chunks.borders(long.piece.duration)) - 1
    assert count == 87 and long.piece.duration > 28 * 60
    for chunk in (0, 40, count - 1):
        rendered.clear()
        played.clear()
        values = whole_piece_request(long, rhythm=0.7, chunk=chunk, gain=gain)
        answer = service.answer(net, PieceSession(long.piece, long.id), values, hear=True)
        assert answer["chunk"] == chunk and answer["chunks"] == count
        assert len(rendered) == 2 and max(rendered) < 12 + 25 + 3
        assert sum(played) <= 35  # segments of 1.6 seconds
    assert answer["length"] < 20.1 and len(json.dumps(answer)) < 3_000_000


@pytest.mark.slow
def test_a_chunk_is_the_same_from_every_process(net, session):
    session.result(net, EditRequest(0, 71, faders={"rhythm": 0.7}, seed=3))
    gain = service.answer(net, session, whole_piece_request(session, rhythm=0.7, seed=3))["sound"][
        "gain"
    ]
    values = whole_piece_request(session, rhythm=0.7, seed=3, chunk=2)
    own_answer = service.answer(net, session, values | {"gain": gain}, hear=True)
    for extra in ({"gain": gain}, {}):
        other_answer = service.answer(net, elsewhere(session), values | extra, hear=True)
        assert other_answer == own_answer


@pytest.mark.slow
def test_a_short_selection_can_be_heard_as_one_chunk(net, session):
    answer = service.answer(net, session, ask(note=0.8))
    chunk = service.answer(net, elsewhere(session), ask(note=0.8), hear=True)
    assert chunk["sound"] == answer["sound"]
    assert (chunk["chunk"], chunk["chunks"], chunk["start"]) == (0, 1, 0.0)
    assert chunk["length"] == pytest.approx(answer["length"], abs=1e-3)


@pytest.mark.slow
def test_the_page_keeps_how_loud_the_original_is(net, session, rendered):
    """The volume stays right, and the original is not rendered again, in another process."""
    peak = service.answer(net, session, ask(note=1.0))["sound"]["peak"]
    values = ask(note=0.9) | {"original": False}
    own_sound = service.answer(net, session, values)["sound"]
    rendered.clear()
    other_sound = service.answer(net, elsewhere(session), values | {"peak": peak})["sound"]
    assert other_sound == own_sound and len(rendered) == 1
    forgotten = service.answer(net, elsewhere(session), values)["sound"]
    assert forgotten["volume"] == own_sound["volume"] and forgotten["result"] == own_sound["result"]


def test_silence_between_notes_is_a_silent_chunk(net):
    notes = Notes.of([0.0, 59.0], [1.0, 60.0], [60, 64], [64, 64])
    plain = np.array([[0.0, 60.0]]), np.array([[0.0, 4.0, 4.0]])
    session = PieceSession(Piece(notes, np.zeros((0, 2)), *plain, length=60.0))
    samples, _ = decoded(
        service.answer(net, session, whole_piece_request(session, chunk=2), hear=True)["sound"][
            "original"
        ]
    )
    assert len(samples) and not samples.any()
    answer = service.answer(net, session, ask(2, 12))
    assert not answer["sound"]["made"] and "no notes" in answer["summary"]


def test_a_missing_font_is_told(net, session, monkeypatch):
    monkeypatch.setenv("FADERNETS_SOUNDFONT", "/nowhere/piano.sf2")
    answer = service.answer(net, session, whole_piece_request(session))
    assert not answer["sound"]["made"] and "later" not in answer["sound"]
    assert "cannot be read" in answer["summary"]
    chunk = service.answer(net, session, whole_piece_request(session), hear=True)
    assert not chunk["sound"]["made"] and "cannot be read" in chunk["trouble"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("chunk", value) for value in (-1, 5, 1.5, "1", True, [0], float("nan"), 10**400)],
        *[("gain", value) for value in (0, -1.0, 12.5, "1", False, float("inf"))],
        ("first", 0.5),
        ("seed", 2.5),
    ],
)
def test_a_bad_chunk_is_named(net, session, name, value):
    with pytest.raises(ValueError, match=name):
        service.answer(net, session, whole_piece_request(session) | {name: value}, hear=True)
    with pytest.raises(ValueError, match="chunk"):  # a short selection has but one
        service.answer(net, session, ask(chunk=1), hear=True)


def test_a_very_long_selection_is_sent_small(monkeypatch, net, session):
    monkeypatch.setattr(sound, "PREVIEW_FROM_SECONDS", 2.0)
    answer = service.answer(net, session, ask(0, 3))["sound"]["original"]
    samples, rate = decoded(answer)
    assert (answer["channels"], answer["rate"], rate) == (1, audio.RATE // 2, audio.RATE // 2)
    begin, end = session.ends((0, 3))
    seconds = excerpt(session.piece, begin, end).duration + audio.TAIL
    assert len(samples) / rate == pytest.approx(seconds, abs=0.01)


def test_no_notes_are_said_not_played(net):
    notes = Notes.of([0.0, 1.0, 8.0], [1.0, 4.0, 9.0], [60, 64, 67], [64, 64, 64])
    plain = np.array([[0.0, 120.0]]), np.array([[0.0, 4.0, 4.0]])
    session = PieceSession(Piece(notes, np.zeros((0, 2)), *plain, length=9.0))
    answer = service.answer(net, session, ask(1, 1))
    assert not answer["sound"]["made"] and "no notes" in answer["summary"]
