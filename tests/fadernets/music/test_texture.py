"""Register and loudness of some beats of music."""

import numpy as np

from fadernets.music.notes import Notes
from fadernets.music.texture import texture

NOTES = Notes.of([0, 1, 1, 3], [2, 4, 1.5, 5], [40, 60, 80, 100], [10, 50, 90, 127])


def test_notes_count_by_how_long_they_sound_and_only_those_that_begin_are_heard_as_loud():
    register, loudness = texture(NOTES, 1.0, 3.0)
    assert register == np.average([40, 60, 80], weights=[1, 2, 0.5]) and loudness == 70


def test_silence_has_none():
    assert np.isnan(texture(NOTES, 5.0, 6.0)).all()
    held = texture(NOTES, 2.0, 3.0)
    assert held.register == 60 and np.isnan(held.loudness)


def test_a_note_that_begins_hardly_early_begins_there():
    assert texture(NOTES.shifted(-0.01), 3.0, 4.0).loudness == 127
