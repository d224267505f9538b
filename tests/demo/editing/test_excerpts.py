"""A part of a piece keeps its time and its pedal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from demo.editing import saving, service
from demo.editing.excerpts import excerpt, excerpt_rows
from demo.editing.piece_session import PieceSession
from fadernets.music import midi
from fadernets.music.decay import FADING
from fadernets.music.notes import EARLY, NO_PEDAL, Notes
from fadernets.music.piece import Piece
from tests.demo.editing.requested import ask


@pytest.mark.slow
def test_excerpt_keeps_time(session):
    piece = replace(session.piece, tempo=np.array([[0.0, 60.0], [6.0, 120.0], [20.0, 90.0]]))
    part = excerpt(piece, 4.0, 12.0)
    assert part.tempo.tolist() == [[0.0, 60.0], [2.0, 120.0]]
    assert part.duration == pytest.approx(piece.seconds(12.0) - piece.seconds(4.0))
    inside = (piece.notes.onset >= 4.0) & (piece.notes.onset < 12.0)
    assert part.notes.pitch.tolist() == piece.notes.pitch[inside].tolist()
    assert part.notes.offset.max() <= 8.0
    assert excerpt(piece, 0.0, piece.length) is piece


@pytest.mark.slow
def test_excerpt_keeps_the_pedal(session):
    piece = replace(session.piece, pedal=np.array([[1.0, 5.0], [7.0, 9.0], [13.0, 14.0]]))
    assert excerpt(piece, 4.0, 12.0).pedal.tolist() == [[0.0, 1.0], [3.0, 5.0]]


def ringing(pedal: list[tuple[float, float]]) -> Piece:
    """A held octave, one released into the pedal if there is any, and a note struck again."""
    notes = Notes.of(
        [0.0, 0.0, 1.0, 2.0, 3.9, 4.0, 5.0],
        [9.0, 6.0, 2.0, 4.1, 5.5, 4.5, 6.0],
        [36, 48, 60, 62, 64, 60, 48],
        [80, 90, 100, 64, 64, 50, 50],
    )
    tempo, meter = np.array([[0.0, 60.0]]), np.array([[0, 4, 4]])
    return Piece(notes, np.array(pedal).reshape(-1, 2), tempo, meter, 12.0)


def test_notes_that_ring_in_sound_from_the_first_beat():
    """By key; what rang in for less than half a step is left out, as in a file of the selection."""
    piece = ringing([])
    part = excerpt(piece, 4.0, 8.0)
    rows = [(on, off, pitch) for on, off, pitch, _ in part.notes]
    assert rows == [
        (0.0, 4.0, 36), (0.0, 2.0, 48), (0.0, 0.5, 60), (0.0, 1.5, 64), (1.0, 2.0, 48),
    ]  # fmt: skip
    velocity = dict(zip(part.notes.pitch.tolist(), part.notes.velocity.tolist(), strict=True))
    assert velocity[36] == round(80 * np.exp(-4 / FADING)) < 80 / 1.9  # faded for four seconds
    assert velocity[64] == round(64 * np.exp(-0.1 / FADING)) and velocity[60] == 50
    assert piece.notes.pitch[excerpt_rows(piece, 4.0, 8.0)].tolist() == part.notes.pitch.tolist()
    cut = midi.read(midi.file_bytes(piece, (4.0, 8.0)))
    assert sorted(cut.notes.pitch.tolist()) == sorted(part.notes.pitch.tolist())
    assert piece.notes.velocity.tolist()[:2] == [80, 90]  # as they were


def test_notes_that_the_pedal_holds_ring_in_too():
    piece = ringing([(1.5, 5.0)])
    part = excerpt(piece, 4.0, 8.0)
    assert part.pedal.tolist() == [[0.0, 1.0]]
    assert part.notes.pitch.tolist() == [36, 48, 60, 62, 64, 48]
    sounding = dict(zip(part.notes.pitch.tolist(), part.sounding.offset.tolist(), strict=True))
    assert sounding[62] == 1.0 and sounding[36] == 4.0
    # The 60 of beat 1 ends where its key is struck again.
    assert list(part.notes)[2] == (0.0, 0.5, 60, 50)


@pytest.mark.slow
def test_what_rings_in_is_heard(net, tmp_path):
    """A chord of the bar before, held on through a bar in which nothing is struck, as WAV."""
    chord = Notes.of([0.0] * 3, [8.0] * 3, [48, 55, 64], [90] * 3)
    tempo, meter = np.array([[0.0, 90.0]]), np.array([[0, 4, 4]])
    held = PieceSession(Piece(chord, NO_PEDAL, tempo, meter, 8.0))
    values = ask(1, 1) | {"kind": "wav", "scope": "selection"}
    samples, rate = soundfile.read(saving.save(net, held, values, tmp_path / "own"))
    assert np.abs(samples[:rate]).max() > 0.1
    assert service.answer(net, held, ask(1, 1))["sound"]["made"]


class TestExcerpt:
    """What lies between two beats, as a piece of its own."""

    @pytest.fixture
    def piece(self) -> Piece:
        """Four bars; tempo and meter change at beats 4 and 10; presses of the pedal at 1 and 9."""
        notes = Notes.of(
            [0.0, 3.99, 4.0, 7.0, 11.995, 12.0],
            [9.0, 5.0, 4.5, 13.0, 14.0, 16.0],
            [60] * 6,
            [64] * 6,
        )
        return Piece(
            notes=notes,
            pedal=np.array([[1.0, 5.0], [9.0, 14.0], [15.0, 16.0]]),
            tempo=np.array([[0.0, 60.0], [4.0, 120.0], [10.0, 90.0]]),
            meter=np.array([[0, 4, 4], [4, 3, 4], [10, 6, 8]]),
            length=16.0,
            name="four bars",
        )

    def test_all_of_it_is_the_piece_itself(self, piece: Piece) -> None:
        assert excerpt(piece, 0.0, 16.0) is piece and excerpt(piece, -1.0, 20.0) is piece
        assert excerpt(piece, 0.0, 15.9) is not piece and excerpt(piece, 0.1, 16.0) is not piece

    def test_notes_begin_in_it_and_end_with_it(self, piece: Piece) -> None:
        part = excerpt(piece, 4.0, 12.0)
        # The one at 3.99 came a hair early and belongs to beat 4; so does 11.995 to beat 12.
        assert list(part.notes) == [(0.0, 1.0, 60, 64), (0.0, 0.5, 60, 64), (3.0, 8.0, 60, 64)]
        assert (part.length, part.name) == (8.0, "four bars")
        assert len(excerpt(piece, 4.0 + EARLY, 12.0).notes) == 2

    def test_tempo_and_meter_hold_from_its_first_beat(self, piece: Piece) -> None:
        part = excerpt(piece, 5.0, 12.0)
        assert part.tempo.tolist() == [[0, 120], [5, 90]]
        assert part.meter.tolist() == [[0, 3, 4], [5, 6, 8]]
        exactly = excerpt(piece, 4.0, 10.0)
        assert exactly.tempo.tolist() == [[0, 120]] and exactly.meter.tolist() == [[0, 3, 4]]
        assert piece.tempo[:, 0].tolist() == [0, 4, 10]  # as it was

    def test_the_pedal_is_cut_at_both_ends(self, piece: Piece) -> None:
        assert excerpt(piece, 4.0, 12.0).pedal.tolist() == [[0, 1], [5, 8]]
        assert excerpt(piece, 5.0, 9.0).pedal.tolist() == []
        assert excerpt(piece, 14.0, 16.0).pedal.tolist() == [[1, 2]]
