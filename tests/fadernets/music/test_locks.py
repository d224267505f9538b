"""Which notes are the melody and the bass, against the definition, note by note."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fadernets.music.hands import OVERLAP_BEATS, TOGETHER_BEATS
from fadernets.music.locks import Locks
from fadernets.music.notes import Notes

NOTES = st.lists(
    st.tuples(st.integers(0, 64), st.integers(1, 64), st.integers(21, 108)), max_size=24
)


def is_outermost(notes: Notes, number: int, sign: int) -> bool:
    onset, _, pitch, _ = list(notes)[number]
    others = [
        sign * other
        for k, (start, _, other, _) in enumerate(notes)
        if number <= k and start <= onset + TOGETHER_BEATS
    ]
    latest: dict[int, float] = {}  # a key struck again sounds as its last note
    for _start, end, other, _velocity in list(notes)[:number]:
        latest[other] = end
    others += [sign * other for other, end in latest.items() if end > onset + OVERLAP_BEATS]
    return sign * pitch >= max(others)


@given(NOTES)
def test_melody_and_bass_are_the_outermost_notes_as_they_begin(rows):
    rows = sorted((onset / 64, pitch, (onset + length) / 64) for onset, length, pitch in rows)
    onset, pitch, offset = ([row[k] for row in rows] for k in range(3))
    notes = Notes.of(onset, offset, pitch, [64] * len(rows))
    for locks, sign in ((Locks(melody=True), 1), (Locks(bass=True), -1)):
        expected = [is_outermost(notes, number, sign) for number in range(len(notes))]
        assert locks.of(notes).tolist() == expected
