import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fadernets.music.notes import BEATS, EARLY, Notes, concatenate, cut, struck_once, sustain
from tests.fadernets.music.generated import notes, pieces, rows


def of(*note_rows):
    """Notes of rows (onset, offset, pitch), all at velocity 64."""
    return Notes.of(*zip(*[(*row, 64) for row in note_rows], strict=True))


def test_notes_are_sorted_by_onset_then_pitch():
    struck = Notes.of([1, 0, 1], [2, 3, 4], [64, 72, 60], [10, 20, 30])
    assert list(struck) == [(0.0, 3.0, 72, 20), (1.0, 4.0, 60, 30), (1.0, 2.0, 64, 10)]
    assert len(struck) == 3
    assert list(struck[struck.pitch > 60]) == [(0.0, 3.0, 72, 20), (1.0, 2.0, 64, 10)]
    assert list(struck[1:2].shifted(-0.5)) == [(0.5, 3.5, 60, 30)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1, 1, 60, 64), "note 1 does not end after its onset"),
        ((2, 1, 60, 64), "note 1 does not end after its onset"),
        ((float("nan"), 1, 60, 64), "note 1 does not end after its onset"),
        ((0, 1, 20, 64), "pitch 20 is outside 21 to 108"),
        ((0, 1, 109, 64), "pitch 109 is outside 21 to 108"),
        ((0, 1, 60, 0), "velocity 0 is outside 1 to 127"),
        ((0, 1, 60, 128), "velocity 128 is outside 1 to 127"),
    ],
)
def test_notes_refuse_what_no_piano_plays(row, message):
    with pytest.raises(ValueError, match=message):
        Notes.of(*zip((0, 1, 21, 1), row, strict=True))


def test_the_ends_of_pitch_and_velocity_are_notes():
    assert len(Notes.of([0, 0], [1, 1], [21, 108], [1, 127])) == 2


def test_no_notes():
    assert len(Notes.empty()) == len(concatenate([])) == len(sustain(Notes.empty(), [])) == 0
    assert len(cut(Notes.empty(), 0)) == 0


def test_concatenated_notes_are_sorted():
    joined = concatenate([of((2, 3, 60), (3, 4, 60)), of((0, 1, 72), (2, 4, 55))])
    assert joined.pitch.tolist() == [72, 55, 60, 60]
    assert joined.onset.tolist() == [0, 2, 2, 3]


@pytest.mark.parametrize(
    ("released", "sounds_to"),
    [
        (0.9, 0.9),  # before the pedal goes down
        (1.0, 3.0),  # as it goes down
        (2.0, 3.0),
        (3.0, 3.0),  # as it comes up
        (3.5, 3.5),
        (5.0, 6.0),  # in the second press
        (7.0, 7.0),
    ],
)
def test_a_key_released_in_a_press_sounds_to_its_end(released, sounds_to):
    pedal = np.array([[1.0, 3.0], [4.0, 6.0]])
    assert sustain(of((0, released, 60)), pedal).offset.tolist() == [sounds_to]


def test_a_pitch_struck_again_ends_there():
    struck = of((0, 0.5, 60), (0, 0.5, 64), (1, 1.5, 60), (2, 4, 60), (3, 3.5, 60))
    sustained = sustain(struck, np.array([[0.25, 8.0]]))
    assert rows(sustained) == [
        (0, 1, 60, 64),
        (0, 8, 64, 64),
        (1, 2, 60, 64),
        (2, 3, 60, 64),  # its key was still down
        (3, 8, 60, 64),
    ]


def test_a_pitch_doubled_at_one_instant_stays():
    doubled = of((0, 1, 60), (0, 3, 60))
    assert sustain(doubled, np.zeros((0, 2))).offset.tolist() == [1, 3]
    assert sustain(doubled, np.array([[0.5, 2]])).offset.tolist() == [2, 3]


def is_down(notes, pedal, pitch, time):
    """Whether a pitch's string is free at an instant: its key down, or the pedal since then."""
    struck = np.flatnonzero((notes.pitch == pitch) & (notes.onset <= time))
    if not len(struck):
        return False
    release = notes.offset[struck[-1]]
    return time < release or any(down <= release and time < up for down, up in pedal)


@pytest.mark.slow
@given(pieces(most_beats=6))
def test_sustain_is_what_a_piano_does(piece):
    sustained = sustain(piece.notes, piece.pedal)
    for name in ("onset", "pitch", "velocity"):
        assert (getattr(sustained, name) == getattr(piece.notes, name)).all()
    assert (sustained.offset >= piece.notes.offset).all()
    times = np.unique(np.concatenate([sustained.onset, piece.notes.offset, piece.pedal.ravel()]))
    for time in (times[1:] + times[:-1]) / 2:
        for pitch in np.unique(sustained.pitch):
            sounding = (
                (sustained.pitch == pitch) & (sustained.onset <= time) & (sustained.offset > time)
            )
            assert sounding.sum() == is_down(piece.notes, piece.pedal, pitch, time)


@pytest.mark.slow
@given(pieces(most_beats=6))
def test_sustain_has_nothing_more_to_do(piece):
    assume((piece.pedal[1:, 0] > piece.pedal[:-1, 1]).all())  # one press at a time
    sustained = sustain(piece.notes, piece.pedal)
    assert rows(sustain(sustained, piece.pedal)) == rows(sustained)


def test_cut():
    music = of(
        (3.5, 6, 50),  # rings in from before: left out
        (4 - EARLY - 1e-6, 5, 51),  # too early to be of this segment
        (4 - EARLY + 1e-6, 5, 72),  # early, but meant
        (4, 4.5, 60),
        (7, 9, 61),  # cut at the end
        (8 - EARLY - 1e-6, 9, 62),
        (8 - EARLY + 1e-6, 9, 52),  # of the next
        (8, 9, 53),
    )
    assert rows(cut(music, 4)) == [
        (0, 0.5, 60, 64),
        (0, 1, 72, 64),
        (3, 4, 61, 64),
        (3.987499, 4, 62, 64),
    ]


def test_cut_to_another_length():
    assert rows(cut(of((0, 1, 60), (1, 4, 61), (2, 3, 62)), 1, beats=1)) == [(0, 1, 61, 64)]


@given(notes(16, max_count=40), st.integers(0, 3))
def test_a_segment_is_sorted_and_within_its_beats(music, index):
    segment = cut(music, index * BEATS)
    assert (segment.onset >= 0).all() and (segment.offset <= BEATS).all()
    assert (segment.onset < BEATS - EARLY).all()
    assert rows(Notes.of(segment.onset, segment.offset, segment.pitch, segment.velocity)) == rows(
        segment
    )


@given(notes(16, max_count=40))
def test_every_note_is_in_one_segment(music):
    """But for one over before its segment begins, shorter than the tolerance."""
    segments = [cut(music, start) for start in (0, 4, 8, 12)]
    step = (music.onset + EARLY) // BEATS * BEATS
    lasting = music[music.offset > step]
    assert sum(map(len, segments)) == len(lasting)
    together = concatenate([s.shifted(4.0 * i) for i, s in enumerate(segments)])
    assert sorted(together.pitch) == sorted(lasting.pitch)
    assert np.abs(np.sort(together.onset) - np.sort(lasting.onset)).max(initial=0) <= EARLY + 1e-9


def test_strikes_at_one_instant_are_one_as_long_and_loud_as_any_and_a_later_one_ends_it():
    struck = [(0, 1, 60, 90), (0, 3, 60, 50), (0, 3, 60, 70), (2, 2.5, 60, 10), (0, 1, 61, 20)]
    assert rows(struck_once(Notes.of(*zip(*struck, strict=True)))) == [
        (0, 2, 60, 90),
        (0, 1, 61, 20),
        (2, 2.5, 60, 10),
    ]


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        (([0], [1], [60], [80, 3]), "1, 1, 1 and 2"),
        (([0, 1], [1, 2], [60], [80, 80]), "2, 2, 1 and 2"),
        (([0, 1], [1], [60, 60], [80, 80]), "2, 1, 2 and 2"),
    ],
)
def test_columns_of_several_lengths_are_refused(columns, counts):
    with pytest.raises(ValueError, match=f"^{counts} onsets, offsets, pitches and velocities$"):
        Notes.of(*columns)
