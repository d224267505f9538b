import numpy as np
import pytest

from fadernets.faders import Fader
from fadernets.music.attributes import measure
from fadernets.music.notes import Notes
from tests.fadernets.tiny import bars
from train.evaluation.identity import DISTANCES, curve, identity

NOTES = bars(4, seed=11)


class Echo:
    """Play every segment unchanged, and record the positions that were asked for."""

    def __init__(self):
        self.scale = Fader("note", (0.0, 4.0), (0.0, 1.0))
        self.positions = []

    def density(self, name, position):
        return float(self.scale.density_at(position))

    def position(self, name, density):
        return self.scale.position_of(density)

    def slide(self, source, positions):
        self.positions.append(self.scale.density_at(positions["note"]))
        return list(source)


def test_a_segment_is_itself():
    assert set(identity(NOTES, NOTES).stored().values()) == {1.0}


def test_nothing_is_left_of_nothing():
    assert set(identity(NOTES, [Notes.empty()] * 4).stored().values()) == {0.0}


def test_a_mean_of_pairs():
    scores = identity(NOTES[:2], [NOTES[0], Notes.empty()])
    assert set(scores.stored().values()) == {0.5}


def test_distances_are_from_each_segments_own_density():
    echo = Echo()
    moves = curve(echo, NOTES, "note", sd=0.5)
    own = np.array([measure(n)["note"] for n in NOTES])
    assert own.tolist() == [3, 3, 3, 2]
    assert [row.distance for row in moves] == list(DISTANCES)
    for row, positions in zip(moves, echo.positions, strict=True):
        assert positions.tolist() == pytest.approx((own + row.distance * 0.5).tolist())
        assert (row.n, row.moved, row.note_f1) == (4, 0.0, 1.0)


def test_what_no_fader_reaches_is_left_out():
    moves = curve(Echo(), NOTES, "note", sd=0.75)
    assert {row.distance: row.n for row in moves}[2.0] == 1  # 3 + 1.5 is beyond the end
    assert {row.distance: row.n for row in moves}[-2.0] == 4
    assert curve(Echo(), NOTES, "note", sd=9.0)[0].stored() == {"distance": -2.0, "n": 0}
