"""Cuts and jumps at borders, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from train.metrics.borders import BorderFit, Cuts, Place, count, ends_after, jump, places, texture

C, E = 60, 64
TEMPO = np.array([(0.0, 100.0)])


def piece(notes: Notes, length: float = 12.0, meter=((0, 4, 4),)) -> Piece:
    return Piece(notes, NO_PEDAL, TEMPO, np.array(meter, float), length)


def test_notes_that_end_at_a_place_now_are_cut_there():
    before = Notes.of([1, 1, 2, 3.8, 4], [6, 4.1, 5, 5, 6], [C, E, 62, 65, 67], [64] * 5)
    after = Notes.of([1, 2, 3.8], [4.1, 4.5, 4], [C, 62, 65], [64] * 3)
    cuts = Cuts()
    # Only those of C and 62 sound .3 beats on both sides.
    count(before, ends_after(before, after), 4.0, cuts)
    assert cuts == Cuts(crossing=2, surviving=2, cut=1) and cuts.share == 0.5
    count(before, ends_after(before, after[1:]), 4.0, cuts)
    assert cuts == Cuts(crossing=4, surviving=3, cut=1)


def test_places_are_borders_of_changed_segments_and_their_middles():
    music = piece(Notes.of([0], [20], [C], [64]), 20.0, [(0, 4, 4), (8, 3, 4)])
    places_by_kind = places(music, {0, 1, 2, 4})
    assert places_by_kind["border"] == [Place(4.0, 2.0, 2.0), Place(8.0, 2.0, 1.5)]
    assert [place.at for place in places_by_kind["middle"]] == [2.0, 6.0, 9.5, 15.5]
    edges = places(music, {0, 1, 2, 4}, with_edges=True)
    assert [place.at for place in edges["border"]] == [4.0, 8.0, 11.0, 14.0, 17.0]
    assert edges["middle"] == places_by_kind["middle"]


def test_texture_is_what_begins_and_what_sounds():
    notes = Notes.of([0, 1, 1.01, 2], [4, 2, 2, 3], [48, 60, 64, 72], [40, 60, 80, 100])
    assert texture(notes, 1.0, 3.0) == pytest.approx([1.0, (2 + 1 + 0.99 + 1) / 2, 58.1, 80], 1e-2)
    assert np.isnan(texture(notes, 5.0, 6.0)).tolist() == [False, False, True, True]
    jumps = jump(notes, Place(2.0, 1.0, 1.0))
    assert jumps == pytest.approx([0.0, 1.0, 2.69, 30.0], abs=0.02)


def test_what_nobody_changed_is_cut_nowhere():
    notes = Notes.of(np.arange(0, 11, 0.75), np.arange(0, 11, 0.75) + 1, [C, E, 67] * 5, [64] * 15)
    music, fit = piece(notes), BorderFit()
    fit.add(music, music, {0, 1, 2})
    report = fit.as_json()
    for place in ("border", "middle"):
        assert report[place]["crossing"] == report[place]["surviving"] > 0
        assert report[place]["cut"] == 0
