"""Notes of one key that overlap: which of them a release ends, and what a lock keeps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music.midi import file_bytes, read
from fadernets.music.notes import (
    Notes,
    concatenate,
    struck_once,
)
from tests.fadernets.music import midi_bytes as mb


@st.composite
def overlapping(draw):
    """A file whose strikes of a key overlap, some never released; its piece and another with locks.

    Of the notes that are not locked some are gone or end elsewhere, and some are new.
    """
    events, places = [], draw(st.sets(st.integers(0, 30), min_size=2, max_size=12))
    for number, place in enumerate(sorted(places)):
        start, length = 60 * place, draw(st.sampled_from([60, 90, 240, 500, 1000]))
        pitch, is_released = draw(st.tuples(st.sampled_from([60, 60, 64]), st.integers(0, 5)))
        row = mb.note(start, start + length, pitch, 40 + number, release=number)
        events += row if is_released else row[:1]
    piece = read(mb.file(mb.track(*events, end=3840), kind=0))
    was = piece.notes
    fates = st.sampled_from(["locked", "locked", "stays", "goes", "ends"])
    fate = np.array(draw(st.lists(fates, min_size=len(was), max_size=len(was))))
    offset = np.where(fate == "ends", (was.onset + was.offset) / 2, was.offset)
    rest = replace(was, offset=offset)[fate != "goes"]
    locked = was[fate == "locked"]
    new = []
    for start in draw(st.sets(st.integers(0, 62), max_size=3)):
        onset, end = start / 16 + 0.03, start / 16 + draw(st.sampled_from([0.1, 0.6, 2.0]))
        held = (locked.pitch == 60) & (locked.onset < end) & (locked.offset > onset)
        new += [] if held.any() else [(onset, end, 60, 99)]
    notes = concatenate([rest, *(Notes.of(*([value] for value in row)) for row in new)])
    original = replace(piece.original, locked=locked)
    return piece, locked, replace(piece, notes=struck_once(notes), original=original)


@pytest.mark.slow
@given(overlapping())
def test_locked_notes_end_where_they_did_among_overlapping_strikes_of_their_key(given_pieces):
    """The first release of a key ends its first strike, whichever was meant for it."""
    piece, locked, result = given_pieces
    before, after = mb.notes_of(piece.original.data), mb.notes_of(file_bytes(result))
    places = {(round(480 * on), pitch) for on, _, pitch, _ in locked}
    stay = [row for row in before if (row[2], row[4]) in places]
    assert {row[:6] for row in stay} <= {row[:6] for row in after}
    if all(row[6] for row in before):  # else some get a release of their own
        assert set(stay) <= set(after)


def test_a_note_that_ends_sooner_does_not_end_one_that_was_struck_before_it():
    held, inner = mb.note(0, 1920, 60, 70, release=11), mb.note(480, 1920, 60, 80, release=22)
    piece = read(mb.file(mb.track(*held, *inner, end=3840), kind=0))
    shorter = Notes.of([0, 1], [1, 2], [60, 60], [70, 80])
    output = file_bytes(replace(piece, notes=shorter))
    assert mb.notes_of(output) == mb.notes_of(piece.original.data)


def test_a_new_note_waits_for_a_locked_one_beneath_one_that_is_not():
    rows = [(0, 1440), (480, 1920), (720, 2400)]
    strikes = [mb.note(*row, 60, 70 + k, release=k) for k, row in enumerate(rows)]
    piece = read(mb.file(mb.track(*strikes[0], *strikes[1], *strikes[2], end=3840), kind=0))
    original = replace(piece.original, locked=piece.notes[:1])
    new = concatenate([piece.notes, Notes.of([2], [3.5], [60], [90])])
    output = mb.notes_of(file_bytes(replace(piece, notes=struck_once(new), original=original)))
    assert output[0] == (0, 0, 0, 1440, 60, 70, mb.off(60, 0))
    assert [row[2] for row in output] == [0, 480, 720, 1440]


@pytest.mark.parametrize(
    ("strikes", "releases", "goes", "after"),
    [
        ([0, 960], [480], 0, []),  # the other is never released, nor need it be
        ([0, 960], [480], 1, [480]),
        ([0, 480, 720], [960, 1920], 2, [960, 960, 1920]),  # the first two shared a release
        ([0, 0, 720], [960, 1920], 2, [960, 960, 1920]),  # and were struck together
    ],
)
def test_a_note_gets_a_release_of_its_own_only_where_it_would_end_elsewhere(
    strikes, releases, goes, after
):
    rows = [(at, mb.on(60)) for at in strikes] + [(at, mb.off(60)) for at in releases]
    piece = read(mb.file(mb.track(*rows, *mb.note(0, 3000, 50), end=3840), kind=0))
    stays = (piece.notes.pitch == 50) | (piece.notes.onset != strikes[goes] / 480)
    output = file_bytes(replace(piece, notes=piece.notes[stays]))
    off = [tick for tick, event in mb.events(output)[0] if event[:2] == mb.off(60)[:2]]
    assert off == after
    before, now = (mb.notes_of(data) for data in (piece.original.data, output))
    assert [row[:6] for row in now] == [
        row[:6] for row in before if row[2:5:2] != (strikes[goes], 60)
    ]
