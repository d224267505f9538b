import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fadernets
from fadernets.music.attributes import (
    ATTRIBUTES,
    HOLD,
    ONSET,
    PAPER,
    REST,
    measure,
    note_label,
    rhythm_label,
)
from fadernets.music.events import decode, encode
from fadernets.music.notes import BEATS, EARLY, NO_PEDAL, Notes, concatenate, struck_once
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from tests.fadernets.music.generated import notes

STEP = 0.25


def of(*times):
    """Notes of rows (onset, offset), a rising scale."""
    pitch = 60 + np.arange(len(times)) % 40
    return Notes.of(*zip(*times, strict=True), pitch, np.full(len(times), 64))


def rhythm(*times):
    return "".join(".-x"[step] for step in rhythm_label(of(*times)))


def polyphony(*times):
    return note_label(of(*times)).tolist()


def test_the_classes():
    assert (REST, HOLD, ONSET) == (0, 1, 2)
    entries = [(name, ATTRIBUTES[name]) for name in PAPER]
    assert {n: (a.name, a.classes, a.highest) for n, a in entries} == {
        "rhythm": ("rhythm", 3, 1.0),
        "note": ("note", 16, 15.0),
    }


def test_onset_hold_and_rest():
    music = [(0, 1), (0, 0.5), (1.25, 1.5), (2, 2.75), (2.25, 2.5), (3.75, 4)]
    assert rhythm(*music) == "x---.x..xx-....x"
    assert polyphony(*music) == [2, 2, 1, 1, 0, 1, 0, 0, 1, 2, 1, 0, 0, 0, 0, 1]
    assert measure(of(*music), PAPER) == {"rhythm": 5 / 16, "note": 12 / 16}


def test_silence():
    silence = Notes.empty()
    assert rhythm_label(silence).tolist() == note_label(silence).tolist() == [0] * 16
    assert measure(silence, PAPER) == {"rhythm": 0, "note": 0}


def test_what_is_no_notes_is_told_how_to_be_measured():
    music = Piece(of((0, 4)), NO_PEDAL, np.array([(0, 120.0)]), np.array([(0, 4, 4)]), 4.0)
    (segment,) = segments(music)
    names = {"piece": music, "segment": segment, "segments": [segment.notes]}
    densities = measure(segment.notes)
    for value, write, result in (
        (music, "[measure(s.notes) for s in fadernets.segments(piece)]", [densities]),
        (segment, "measure(segment.notes)", densities),
        ([segment.notes], "[measure(notes) for notes in segments]", [densities]),
    ):
        with pytest.raises(TypeError) as error:
            measure(value)
        sentence = f"measure takes the notes of one segment and was given a {type(value).__name__}"
        assert str(error.value) == f"{sentence}: write {write}"
        assert eval(write, names | {"measure": measure, "fadernets": fadernets}) == result
    with pytest.raises(TypeError, match="of one segment and was given a NoneType$"):
        measure(None)


def test_a_long_note_and_a_note_in_every_step():
    assert rhythm((0, 4)) == "x" + 15 * "-"
    assert measure(of((0, 4)), PAPER) == {"rhythm": 1 / 16, "note": 1}
    all_steps = [(step * STEP, (step + 1) * STEP) for step in range(16)]
    assert rhythm(*all_steps) == 16 * "x"
    assert measure(of(*all_steps), PAPER) == {"rhythm": 1, "note": 1}


def test_several_onsets_in_a_step_are_one():
    assert rhythm((0, 0.25), (0.0625, 0.25), (0.125, 0.25)) == "x" + 15 * "."
    assert polyphony((0, 0.25), (0.0625, 0.25), (0.125, 0.25))[0] == 3


@pytest.mark.parametrize(("voices", "counted"), [(14, 14), (15, 15), (16, 15), (20, 15)])
def test_polyphony_is_clipped_at_15(voices, counted):
    music = [(0, 4)] * voices
    assert polyphony(*music) == [counted] * 16
    assert measure(of(*music))["note"] == counted


def test_clipping_is_of_each_step_not_of_the_mean():
    music = [(0, 0.25)] * 30 + [(0.25, 0.5)]
    assert polyphony(*music)[:3] == [15, 1, 0]
    assert measure(of(*music))["note"] == 1


@pytest.mark.parametrize(
    ("offset", "steps"),
    [
        (0.01, 1),  # a note belongs to its first step however short
        (0.25, 1),
        (0.374, 1),  # overlaps the next by less than half of it
        (0.375, 2),  # fills half
        (0.5, 2),
        (0.624, 2),
        (0.626, 3),
        (3.874, 15),
        (4, 16),
    ],
)
def test_a_note_is_in_the_steps_it_fills_by_half(offset, steps):
    assert polyphony((0, offset)) == [1] * steps + [0] * (16 - steps)


def test_legato_overlap_is_no_chord():
    line = [(step * STEP, (step + 1) * STEP + 0.1) for step in range(15)] + [(3.75, 4)]
    assert polyphony(*line) == [1] * 16


@pytest.mark.parametrize("step", range(1, 16))
def test_an_onset_a_hair_early_is_of_the_step(step):
    for early, expected in ((EARLY - 1e-6, step), (EARLY + 1e-6, step - 1)):
        label = rhythm_label(of((step * STEP - early, step * STEP + STEP)))
        assert np.flatnonzero(label == ONSET).tolist() == [expected]
    label = note_label(of((step * STEP - EARLY + 1e-6, step * STEP + STEP)))
    assert np.flatnonzero(label).tolist() == [step]


def test_an_onset_at_the_very_end_is_of_the_last_step():
    assert rhythm((3.995, 4)) == 15 * "." + "x"
    assert polyphony((3.995, 4)) == [0] * 15 + [1]


def test_densities_of_many_segments_at_once():
    labels = np.array([[ONSET] * 4 + [HOLD] * 12, [ONSET] * 8 + [REST] * 8])
    assert ATTRIBUTES["rhythm"].density(labels).tolist() == [0.25, 0.5]
    assert ATTRIBUTES["note"].density(np.array([[[0] * 16, [15] * 16]])).tolist() == [[0, 15]]


@given(notes(BEATS))
def test_labels_and_densities_stay_in_range(music):
    for attribute in ATTRIBUTES.values():
        label = attribute.label(music)
        assert label.shape == (16,) and label.dtype == np.int64
        assert ((label >= 0) & (label < attribute.classes)).all()
        assert 0 <= attribute.density(label) <= attribute.highest
    assert ((rhythm_label(music) == REST) == (note_label(music) == 0)).all()


@given(notes(BEATS), notes(BEATS))
def test_more_notes_never_lower_a_density(music, added):
    densities = measure(concatenate([music, added]), PAPER)
    assert all(densities[name] >= density for name, density in measure(music, PAPER).items())


step = st.integers(0, 15)


@given(st.lists(st.tuples(step, st.sampled_from([1, 1.25, 2, 2.75, 16]), st.integers(60, 63))))
def test_tokens_do_not_move_the_labels_of_notes_on_the_grid(rows):
    """10 ms of rounding, either way, is less than the tolerance."""
    onset, length, pitch = np.array(rows, float).reshape(-1, 3).T
    offset = np.minimum(onset + length, 16)
    pitch = pitch.astype(int)
    music = struck_once(Notes.of(onset * STEP, offset * STEP, pitch, np.full(len(rows), 64)))
    back = decode(encode(music))
    for attribute in ATTRIBUTES.values():
        assert attribute.label(back).tolist() == attribute.label(music).tolist()
