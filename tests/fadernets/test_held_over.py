"""Notes held on over bar lines, where a segment of a piece loses its first onset."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets.music.attributes import measure
from fadernets.music.locks import Locks
from fadernets.music.notes import NO_PEDAL, Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from fadernets.net import FaderNet
from fadernets.whole_piece import changed
from tests.fadernets import tiny


@pytest.fixture(scope="module")
def net() -> FaderNet:
    return tiny.arranging_net()


def in_fours(notes: Notes, length: float) -> Piece:
    """Notes in 4/4 at 100 beats a minute, without a pedal."""
    return Piece(notes, NO_PEDAL, np.array([(0.0, 100.0)]), np.array([(0, 4, 4)]), length)


def chords(onset: np.ndarray, beats: float) -> Notes:
    """Two keys at once, again and again."""
    both = np.repeat(onset, 2)
    return Notes.of(both, both + beats, [48, 64] * len(onset), [70] * len(both))


def tied_chords(apart: float, beats: float) -> Notes:
    """Chords so far apart, of which one goes on over a bar line where there is a beat."""
    onset = np.arange(0.0, 31.0, apart)
    notes = chords(onset[onset != 16.0], beats)
    notes.offset[notes.onset == 15.0] = 16.99
    return notes


def strikes_first(piece: Piece) -> list[bool]:
    """Whether each segment has an onset in its first step."""
    return [bool((np.abs(s.window.notes.onset) < 0.1).any()) for s in segments(piece)]


@pytest.mark.parametrize(("apart", "follows_beats"), [(1.0, True), (1.07, False)])
def test_a_segment_that_loses_its_first_onset_holds_on_what_ended_there(net, apart, follows_beats):
    """Chords a beat apart: one of four is left, and no segment insists that its first one is."""
    notes = tied_chords(apart, 0.99 * apart)
    piece = in_fours(notes, 32.0)
    assert piece.follows_beats == follows_beats
    result = changed(piece, range(8), lambda part: net.slide(part, {"rhythm": 0.0}))
    parts = segments(result)
    assert [measure(s.window.notes, ["rhythm"], 16)["rhythm"] for s in parts] == [1 / 16] * 8
    own_begins, begins, holds = (
        np.array([at(s.window.notes.onset) for s in some])
        for some, at in (
            (segments(piece), lambda onset: (np.abs(onset) < 0.1).any()),
            (parts, lambda onset: (np.abs(onset) < 0.1).any()),
            (parts, lambda onset: (onset < -0.1).any()),
        )
    )
    loses = own_begins & ~begins
    assert loses.any() and holds[loses].all()


def test_what_is_locked_is_not_held_on(net):
    """Nor anything of a segment that stays."""
    notes = tied_chords(1.0, 0.97)
    piece = in_fours(notes, 32.0)
    move = lambda part: net.slide(part, {"rhythm": 0.0})  # noqa: E731
    last = notes[(notes.onset >= 3) & (notes.onset < 4)]
    assert set(last) <= set(changed(piece, [1, 2], move).notes)
    locks = Locks(notes=last)
    assert set(last) <= set(changed(piece, [0, 1, 2], move, locks=locks).notes)


def test_bars_of_a_piece_that_all_begin_with_an_onset_go_on_doing_so(net):
    """As scores do: a piece that ties nothing over its bar lines gets no ties."""
    piece = in_fours(chords(np.arange(32.0), 0.99), 32.0)
    assert all(strikes_first(changed(piece, range(8), lambda part: net.slide(part, {"rhythm": 0}))))


def test_what_a_piece_was_tells_whether_it_ties(net):
    """Not what it has become elsewhere, which a part changed alone does not know."""
    piece, tied = in_fours(chords(np.arange(32.0), 0.99), 32.0), in_fours(tied_chords(1, 0.99), 32)
    for music, source, has_ties in ((piece, tied, True), (tied, piece, False)):
        result = changed(
            music, range(4), lambda part: net.slide(part, {"rhythm": 0}), source=source
        )
        assert all(strikes_first(result)[:4]) != has_ties


def tied_with_changes(rest: float = 0.0) -> Piece:
    """Chords of half notes, each bar's another; the fourth goes on over the bar line."""
    onset = np.arange(0.0, 32.0, 2.0)
    onset = onset[onset != 16.0]
    onset = np.where(onset % 4 == 0, onset + rest, onset)
    end = np.append(onset[1:], 32.0)
    end = np.where(onset % 4 == 2, np.ceil(onset / 4) * 4, end)
    end[onset == 14.0] = 17.0
    root = 48 + np.array([0, 5, 7, 2, 9, 4, 1, 6])[(onset // 4).astype(int)]
    keys = np.concatenate([root, root + 4, root + 7])
    return in_fours(Notes.of(np.tile(onset, 3), np.tile(end, 3), keys, [70] * len(keys)), 32.0)


def held_on(piece: Piece, result: Piece, beat: float) -> list[int]:
    """Keys of notes that end by a beat in a piece, and sound behind it in the result."""
    ends = {(o, p): end for o, end, p, _ in piece.notes}
    return [
        p
        for o, end, p, _ in result.notes
        if o < beat and end > beat + 0.1 and ends.get((o, p), end) <= beat
    ]


@pytest.mark.parametrize("move", [{"note": 0.4}, {"note": 0.8}, {"rhythm": 0.3, "note": 0.5}])
def test_nothing_is_held_on_into_a_chord_that_is_struck_behind_it(net, move):
    """Its harmony is that of the bar before."""
    piece = tied_with_changes()
    result = changed(piece, range(8), lambda part: net.slide(part, offsets=move))
    struck = [4.0 * number for number in np.flatnonzero(strikes_first(result))]
    assert len(struck) > 4
    assert not any(held_on(piece, result, start) for start in struck)


def test_a_written_rest_at_a_bar_line_stays(net):
    """However many notes are asked for."""
    piece = tied_with_changes(rest=1.0)
    result = changed(piece, range(8), lambda part: net.slide(part, offsets={"note": 0.6}))
    assert not any(held_on(piece, result, start) for start in np.arange(4.0, 32.0, 4.0))
