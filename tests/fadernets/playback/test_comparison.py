"""Two pieces beside each other: what became of each note."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.playback.comparison import (
    ALONE,
    LONGER,
    MOVED,
    SHORTER,
    compare,
    counts,
    origins,
    stretches,
    words,
)
from fadernets.playback.pianoroll import ADDED, KEPT, REMOVED
from tests.fadernets.playback.drawn import piece


def test_compare_marks_pitch_and_onset():
    # Onsets in seconds. C4: 0 and 0.04 are within 50 ms. D4 became E4. G4 moved by 60 ms.
    before = piece([(0, 1, 60, 80), (1, 2, 62, 80), (2, 3, 67, 80)])
    after = piece([(0.08, 3, 60, 30), (1, 2, 64, 80), (2.12, 3, 67, 80)])
    drawn = compare(before, after)
    assert drawn["original"]["marks"] == [KEPT, REMOVED, REMOVED]
    assert drawn["result"]["marks"] == [KEPT, ADDED, ADDED]
    assert drawn["pitches"] == [60, 67]
    assert json.loads(json.dumps(drawn)) == drawn


@pytest.mark.parametrize("beats, mark", [(0.1, KEPT), (-0.1, KEPT), (0.1004, REMOVED)])
def test_fifty_milliseconds_are_still_the_same_onset(beats, mark):
    drawn = compare(piece([(1, 2, 60, 80)]), piece([(1 + beats, 2, 60, 80)]))
    assert drawn["original"]["marks"] == [mark]


def test_a_note_keeps_one_partner_only():
    # C4 at 0 and 30 ms against one at 40 ms: only one can have it. At 0 and 60 ms against 40 and
    # 100 ms both find one; pairing the nearest first, 60 with 40, would leave the others over.
    drawn = compare(piece([(0, 0.05, 60, 80), (0.06, 0.2, 60, 80)]), piece([(0.08, 0.2, 60, 80)]))
    assert sorted(drawn["original"]["marks"]) == [KEPT, REMOVED]
    assert drawn["result"]["marks"] == [KEPT]
    drawn = compare(
        piece([(0, 0.05, 60, 80), (0.12, 0.2, 60, 80)]),
        piece([(0.08, 0.15, 60, 80), (0.2, 0.3, 60, 80)]),
    )
    assert drawn["original"]["marks"] == drawn["result"]["marks"] == [KEPT, KEPT]


def test_compare_spans_the_longer_and_wider_of_both():
    drawn = compare(piece([(0, 1, 30, 80)], length=4.0), piece([(0, 9, 90, 80)], length=9.0))
    assert drawn["length_s"] == 4.5
    assert drawn["pitches"] == [30, 90]
    assert compare(piece([]), piece([(0, 1, 60, 80)]))["pitches"] == [60, 60]
    assert compare(piece([]), piece([]))["pitches"] == [21, 108]


@pytest.mark.parametrize("beats, is_moved", [(0.2, True), (-1, True), (1, True), (1.0004, False)])
def test_a_new_note_near_a_gone_one_of_its_pitch_is_that_note_moved(beats, is_moved):
    # At 120 qpm half a second is a beat.
    drawn = compare(piece([(2, 3, 60, 80)]), piece([(2 + beats, 3 + beats, 60, 80)]))
    assert counts(drawn) == ((0, 1, 0, 0) if is_moved else (0, 0, 1, 1))
    assert words(drawn) == (([MOVED], [MOVED]) if is_moved else ([REMOVED], [ADDED]))
    assert origins(drawn) == ([(0, 1.0, 1.5)] if is_moved else [])


def test_another_pitch_or_a_kept_note_is_no_origin():
    before = piece([(0, 1, 60, 80), (2, 3, 64, 80)])
    after = piece([(0, 1, 60, 80), (1.5, 2, 60, 80), (2, 3, 65, 80)])
    drawn = compare(before, after)
    assert words(drawn) == ([KEPT, REMOVED], [KEPT, ADDED, ADDED])
    assert drawn["result"]["partners"] == [0, ALONE, ALONE]
    assert counts(drawn) == (1, 0, 2, 1)


def test_what_is_kept_is_longer_or_shorter_beyond_fifty_milliseconds():
    # 0.1 beats are 50 ms.
    before = piece([(0, 1, 60, 80), (0, 1, 62, 80), (0, 1, 64, 80), (0, 1, 65, 80)])
    after = piece([(0, 1.1, 60, 80), (0, 1.2, 62, 80), (0.1, 1.0, 64, 80), (0, 0.5, 65, 80)])
    drawn = compare(before, after)
    # By onset, then pitch: the last one is shorter by no more, but begins 50 ms later.
    assert words(drawn) == ([KEPT, KEPT, MOVED, KEPT], [KEPT, LONGER, SHORTER, MOVED])
    assert [after[2] for after in drawn["result"]["notes"]] == [60, 62, 65, 64]


@pytest.mark.parametrize("beats, word", [(-0.072, MOVED), (-0.04, KEPT), (0.04, KEPT)])
def test_a_note_that_audibly_begins_at_another_time_is_moved(beats, word):
    """Though it is the same one, and whatever its length is: 36 ms, and 20 ms."""
    drawn = compare(piece([(1, 2, 60, 80)]), piece([(1 + beats, 2.1, 60, 80)]))
    other_word = word if word == MOVED or beats > 0 else LONGER
    assert words(drawn) == ([word], [other_word])
    assert counts(drawn) == ((0, 1, 0, 0) if word == MOVED else (1, 0, 0, 0))


rows = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 8), st.integers(60, 63)),
    max_size=12,
    unique_by=lambda row: (row[0], row[2]),
).map(lambda rows: [(on / 10, (on + long) / 10, pitch, 80) for on, long, pitch in sorted(rows)])


@given(rows, rows)
def test_every_note_has_one_partner_or_none(before, after):
    drawn = compare(piece(before), piece(after))
    original, result = drawn["original"], drawn["result"]
    for side, other in ((original, result), (result, original)):
        for i, partner in enumerate(side["partners"]):
            if partner != ALONE:
                assert other["partners"][partner] == i
                assert other["notes"][partner][2] == side["notes"][i][2]
    same, moved, added, removed = counts(drawn)
    assert same + moved + removed == len(original["notes"])
    assert same + moved + added == len(result["notes"])
    marks = words(drawn)
    assert [marks[0].count(word) for word in (KEPT, MOVED, REMOVED)] == [same, moved, removed]
    assert [marks[1].count(word) for word in (MOVED, ADDED)] == [moved, added]
    assert len(stretches(drawn)) == len(result["notes"])
    assert json.loads(json.dumps(drawn)) == drawn
