"""Which hand plays a note: cases worked out by hand, and all courses of the split compared."""

from __future__ import annotations

import itertools
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music import hands, midi
from fadernets.music.hands import by_right_hand, of_hands
from fadernets.music.notes import Notes
from tests.fadernets.music import midi_bytes as mb

CHORDS = st.lists(
    st.lists(st.integers(57, 66), min_size=1, max_size=3, unique=True), min_size=1, max_size=3
)


def chords(rows, beats=1.0):
    """Chords one after another, each as long as the time to the next."""
    struck = [(k * beats, (k + 1) * beats, p) for k, row in enumerate(rows) for p in sorted(row)]
    onset, offset, pitch = zip(*struck, strict=True)
    return Notes.of(onset, offset, pitch, [70] * len(struck))


@pytest.mark.parametrize(
    ("rows", "right"),
    [
        ([[48, 52, 55, 72, 76]] * 3, [False] * 3 + [True] * 2),  # about middle C
        ([[64, 67, 71, 84, 88]] * 3, [False] * 3 + [True] * 2),  # both above it
        ([[31, 36, 40, 52, 55]] * 3, [False] * 3 + [True] * 2),  # both below it
        ([[36, 48, 60, 64, 67, 72]] * 3, [False] * 2 + [True] * 4),  # the left hand has an octave
    ],
)
def test_two_hands_wherever_they_are(rows, right):
    assert by_right_hand(chords(rows)).tolist() == right * len(rows)


@pytest.mark.parametrize(("lowest", "is_right"), [(72, True), (38, False)])
def test_a_hand_alone(lowest, is_right):
    scale = chords([[lowest + step] for step in (0, 2, 4, 5, 7, 5, 4, 2, 0)])
    assert set(by_right_hand(scale).tolist()) == {is_right}


def test_a_run_through_middle_c_stays_in_its_hand():
    """The left hand holds a chord below while the right one runs down past middle C."""
    held = [(0.0, 4.0, pitch) for pitch in (36, 43)]
    run = [(step / 4, (step + 1) / 4, 72 - step) for step in range(16)]
    onset, offset, pitch = zip(*sorted(held + run, key=lambda n: n[::2]), strict=True)
    notes = Notes.of(onset, offset, pitch, [70] * len(pitch))
    assert by_right_hand(notes).tolist() == [p > 43 for p in pitch]


def test_no_notes():
    assert by_right_hand(Notes.empty()).tolist() == []


@given(CHORDS, st.sampled_from([0.25, 1.0]))
def test_no_course_of_the_split_costs_less(rows, beats):
    notes, splits = chords(rows, beats), range(57, 68)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hands, "SPLITS", np.array(splits))
        estimate = by_right_hand(notes)
        starts, sizes = hands._moments(notes)
        cost = hands._costs(notes, starts, sizes)
    move = hands.MOVE / (1 + beats / hands.MOVE_BEATS)

    def total(course):
        moved = sum(abs(a - b) for a, b in itertools.pairwise(course))
        return move * moved + sum(cost[k, split - 57] for k, split in enumerate(course))

    # Courses that give the estimate's notes to their hands, against all courses.
    right = np.split(estimate, starts[1:])
    pitches = np.split(notes.pitch, starts[1:])
    like_it = [
        [s for s in splits if np.array_equal(p >= s, r)]
        for p, r in zip(pitches, right, strict=True)
    ]
    least = min(map(total, itertools.product(splits, repeat=len(rows))))
    assert min(map(total, itertools.product(*like_it))) == pytest.approx(least)


def test_moments_are_costed_in_parts(monkeypatch):
    scale = chords([[40 + k % 12, 60, 64 + k % 7][: 1 + k % 3] for k in range(50)], 0.5)
    starts, sizes = hands._moments(scale)
    at_once = hands._costs(scale, starts, sizes)
    monkeypatch.setattr(hands, "MOMENTS_AT_ONCE", 7)
    assert np.array_equal(hands._costs(scale, starts, sizes), at_once)


@pytest.mark.slow
def test_a_long_piece_takes_little_more_memory_than_its_costs():
    count = 20_000
    scale = chords([[40 + k % 40] for k in range(count)])
    tracemalloc.start()
    try:
        by_right_hand(scale)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * count * len(hands.SPLITS) * 8


def track_of(rows):
    """A track of chords, a beat each."""
    struck = ((480 * k, pitch) for k, row in enumerate(rows) for pitch in row)
    return mb.track(*(event for at, pitch in struck for event in mb.note(at, at + 480, pitch)))


def piece_of(*lines):
    """A file with a track for each line of single notes."""
    return midi.read(mb.file(*(track_of([[pitch] for pitch in line]) for line in lines)))


def test_two_tracks_are_the_hands_although_they_cross():
    low, high = [48, 50, 52, 79, 52, 50, 48, 48], [72, 71, 69, 67, 69, 71, 72, 72]
    for tracks in ((low, high), (high, low)):
        piece = piece_of(*tracks)
        right = of_hands(piece)["right"]
        assert sorted(piece.notes.pitch[~right].tolist()) == sorted(low)
        assert sorted(piece.notes.pitch[right].tolist()) == sorted(high)
        assert by_right_hand(piece.notes)[piece.notes.pitch == 79].tolist() == [True]


def test_two_lines_that_keep_crossing_are_the_hands():
    """The estimate agrees with less than half of them."""
    low, high = [60, 72] * 8, [71, 61, 72, 61] * 4
    piece = piece_of(low, high)
    right = of_hands(piece)["right"]
    assert np.mean(right == by_right_hand(piece.notes)) < 0.6
    assert sorted(piece.notes.pitch[right].tolist()) == sorted(high)
    assert sorted(piece.notes.pitch[~right].tolist()) == sorted(low)
    assert np.array_equal(of_hands(piece)["left"], ~right)


def test_a_key_that_both_tracks_strike_is_of_both_hands():
    piece = piece_of([48, 60, 48, 60], [72, 60, 71, 60])
    pitch = piece.notes.pitch
    assert pitch[of_hands(piece)["left"]].tolist() == [48, 60, 48, 60]
    assert pitch[of_hands(piece)["right"]].tolist() == [72, 60, 71, 60]


def test_a_song_and_its_piano_are_no_two_hands():
    """A melody beside a piano of two hands: the estimate says whose hands the notes are."""
    melody = [67, 69, 71, 72]
    piano = [[40, 47, 64, 76]] * 4
    song = [[pitch] for pitch in melody]
    piece = midi.read(mb.file(*map(track_of, (song, piano))))
    assert of_hands(piece)["right"].tolist() == by_right_hand(piece.notes).tolist()


def test_a_piece_without_its_file_is_estimated():
    piece = replace(piece_of([48, 52, 79, 48], [72, 71, 67, 69]), original=None)
    assert of_hands(piece)["right"].tolist() == by_right_hand(piece.notes).tolist()
