"""What settings ask of how a piece is played, alone and with arousal."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.expression.registry import EXPRESSIONS
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.score.confined import confined
from fadernets.score.expressing import expressed
from fadernets.score.settings import PieceSettings
from tests.fadernets import tiny

FADERS = ("rhythm", "note")
TEMPO, ARTICULATION = EXPRESSIONS.values()


@pytest.fixture
def take() -> Piece:
    """A piece whose keys are let go at any time."""
    piece = tiny.piece(tiny.bars(4))
    rng = np.random.default_rng(1)
    notes = piece.notes
    offset = notes.onset + (notes.offset - notes.onset).clip(max=0.5) * rng.uniform(
        0.3, 1, len(notes)
    )
    notes = Notes(notes.onset, offset, notes.pitch, notes.velocity)
    return tiny.piece([notes, *[Notes.empty()] * 3], tempo=((0, 120),))


def played(piece: Piece, by_arousal: bool = True, part=None, **settings) -> Piece:
    edit = PieceSettings.read(settings, FADERS)
    return expressed(piece, piece, edit, by_arousal=by_arousal, part=part)


def lengths(piece: Piece) -> np.ndarray:
    return piece.notes.offset - piece.notes.onset


def test_faders_multiply_by_a_power_of_two(take):
    assert np.allclose(played(take, tempo=0.5).tempo, [[0, 120 * 2**0.5]], rtol=1e-5)
    shorter = played(take, articulation=-0.5)
    assert np.allclose(lengths(shorter), np.maximum(lengths(take) * 2**-0.5, 0.05), atol=1e-9)
    assert played(take) is take


def test_a_curve_counts_in_the_middle_of_every_bar(take):
    tempo = played(take, tempo=[[0, 0.0], [16, 1.0]]).tempo
    assert tempo[:, 0].tolist() == [0, 4, 8, 12]
    assert np.allclose(tempo[:, 1], 120 * 2 ** np.array([1 / 8, 3 / 8, 5 / 8, 7 / 8]), rtol=1e-5)


def test_arousal_goes_two_thirds_of_the_way_between_the_poles(take):
    calm, energetic = played(take, arousal=-1), played(take, arousal=1)
    assert np.isclose(calm.tempo[0, 1], 120 * 2**-0.28, rtol=1e-5)
    assert np.isclose(energetic.tempo[0, 1], 120 * 2**0.28, rtol=1e-5)
    assert np.array_equal(lengths(calm), lengths(take))
    assert played(take, by_arousal=False, arousal=1) is take
    assert played(take, valence=1) is take


def test_both_are_added_and_no_more_than_twice_or_half(take):
    assert np.isclose(played(take, arousal=1, tempo=-0.28).tempo[0, 1], 120)
    assert played(take, arousal=10, tempo=1).tempo.tolist() == [[0, 240]]


def test_a_locked_tempo_stays_and_chosen_notes_do(take):
    assert played(take, arousal=1, tempo=1, lock=["tempo"]).tempo is take.tempo
    edit = PieceSettings.read({"articulation": -1}, FADERS)
    fixed = take.notes[::2]
    after = expressed(take, take, edit, by_arousal=True, fixed=fixed)
    assert np.array_equal(lengths(after)[::2], lengths(take)[::2])
    assert (lengths(after)[1::2] < lengths(take)[1::2]).any()


def test_a_part_is_played_as_settings_confined_to_it(take):
    settings = {"tempo": 0.5, "arousal": 1}
    part = played(take, part=(1, 2), **settings)
    own = confined(PieceSettings.read(settings, FADERS), take, 4.0, 12.0)
    same = expressed(take, take, own, by_arousal=True)
    assert part.tempo[:, 0].tolist() == [0, 4, 12]
    assert np.allclose(part.tempo, same.tempo) and list(part.notes) == list(same.notes)
    assert part.tempo[[0, 2], 1].tolist() == [120, 120]


def test_settings_come_back_from_json():
    settings = PieceSettings.read({"tempo": 0.25, "articulation": [[0, -1], [4, 0]]}, FADERS)
    assert PieceSettings.read(settings.to_json(), FADERS) == settings
    assert not settings.is_neutral
    assert PieceSettings.read({"tempo": 0}, FADERS).is_neutral
    with pytest.raises(ValueError, match=r"tempo .*outside -1 to 1"):
        PieceSettings.read({"tempo": 2}, FADERS)


def test_every_expression_says_what_it_is(take):
    for name, expression in EXPRESSIONS.items():
        assert expression.name == name and all(expression.words.ends)
        assert expression.text(take, 0.0, 16.0) != "–"
        assert expression.text(tiny.piece([Notes.empty()]), 0.0, 0.0) == "–"
