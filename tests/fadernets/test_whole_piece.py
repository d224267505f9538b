"""A piece changed as a whole: neighbours fit, and locked notes are those of the file."""

from __future__ import annotations

import dataclasses
import os

import numpy as np
import pytest
import torch

from fadernets.music import midi
from fadernets.music.attributes import measure
from fadernets.music.locks import Locks
from fadernets.music.notes import NO_PEDAL, Notes, concatenate, struck_once
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from fadernets.music.stitching import stitch
from fadernets.net import FaderNet
from fadernets.whole_piece import changed
from tests.fadernets import tiny
from tests.fadernets.music import midi_bytes as mb


@pytest.fixture(scope="module")
def net() -> FaderNet:
    return tiny.arranging_net()


def music(meter=((0, 4, 4),), length=32.0, seed=0) -> Piece:
    """Overlapping long and short notes, off the grid."""
    rng = np.random.default_rng(seed)
    onset = np.sort(rng.uniform(0, length - 0.5, 150))
    offset = np.minimum(onset + rng.exponential(1.2, 150) + 0.05, length)
    notes = struck_once(
        Notes.of(onset, offset, rng.integers(45, 80, 150), rng.integers(30, 90, 150))
    )
    tempo = np.array([(0.0, 100.0)])
    return Piece(notes, NO_PEDAL, tempo, np.array(meter, float), length)


@pytest.mark.parametrize(
    "meter", [[(0, 4, 4)], [(0, 3, 4)], [(0, 7, 16), (7, 5, 4)], [(0, 1, 4), (1, 6, 8)]]
)
@pytest.mark.parametrize(("fader", "position"), [("rhythm", 0.2), ("rhythm", 0.8), ("note", 0.6)])
def test_every_segment_of_any_meter_has_the_density_asked_for(net, meter, fader, position):
    piece = music(meter)
    numbers = [s.index for s in segments(piece)]
    assert all(s.problem is None for s in segments(piece))
    result = changed(piece, numbers, lambda part: net.slide(part, {fader: position}))
    away = []
    for segment in segments(result):
        density = net.density(fader, position)
        away.append(abs(segment.measure()[fader] - density) * segment.window.steps)
    assert np.mean(np.array(away) <= 0.51) >= 0.75


def test_what_nobody_moves_stays(net):
    piece = music()
    result = changed(piece, [0, 1, 2, 4, 5], net.reconstruct)
    before, after = set(piece.notes), set(result.notes)
    assert len(before & after) > 0.8 * len(before)


def test_a_note_over_a_border_is_one_note(net):
    """Chords held over every border, of which no segment has to end one."""
    onset = np.arange(2.0, 30.0, 4.0).repeat(3)
    pitch = np.tile([60, 64, 67], 7)
    melody = np.arange(0.0, 32.0, 0.5)
    notes = Notes.of(
        [*onset, *melody], [*(onset + 3.9), *(melody + 0.5)],
        [*pitch, *(72 + np.arange(64) % 5)], [64] * 85,
    )  # fmt: skip
    piece = Piece(notes, NO_PEDAL, np.array([(0.0, 100.0)]), np.array([(0, 4, 4)]), 32.0)
    result = changed(piece, range(8), lambda part: net.slide(part, {"rhythm": 0.9}))
    ends = np.array([off for on, off, *_ in result.notes if 1.5 < on % 4 < 2.5 and off > on + 1])
    assert np.mean(np.abs(ends % 4) < 0.2) < 0.1


@pytest.mark.parametrize(
    "move",
    [{"rhythm": 0.1}, {"rhythm": 0.9}, {"note": 0.3}, {"note": 0.9}, {"rhythm": 1, "note": 0.5}],
)
def test_what_rings_over_a_border_does_not_end_there(net, move):
    """Unless its key is struck there anew; densities with no room for it are not asked for here."""
    piece = music(seed=1)
    result = changed(piece, range(8), lambda part: net.slide(part, move))
    ends = {(on, pitch): off for on, off, pitch, _ in result.notes}
    struck = {(round(on * 4), pitch) for on, _, pitch, _ in result.notes}
    crossing = cut = 0
    for border in range(4, 32, 4):
        for onset, offset, pitch, _ in piece.notes:
            end = ends.get((onset, pitch), 0.0)
            if onset < border - 0.2 and offset > border + 0.2 and end > border - 0.1:
                crossing += 1
                cut += end < border + 0.1 and (border * 4, pitch) not in struck
    assert crossing >= 3 and cut <= 0.02 * crossing


def test_a_segment_knows_what_sounds_beside_it_as_it_has_become():
    """The first ones as the piece was, those between them as it is then."""
    notes = Notes.of(np.arange(16.0), np.arange(16.0) + 1, np.arange(50, 66), [60] * 16)
    piece = dataclasses.replace(music(length=16.0), notes=notes)
    textures = {}

    def higher(part):
        textures.update({s.index: s.window.beside for s in part})
        return [dataclasses.replace(s.window.notes, pitch=s.window.notes.pitch + 12) for s in part]

    changed(piece, [1, 2], higher)
    assert [side.register for side in textures[2]] == [56.5, 62.5]
    assert [side.register for side in textures[1]] == [52.5, 58.5 + 12]


def test_segments_outside_the_selection_keep_what_begins_in_them(net):
    piece = music()
    result = changed(piece, [3], lambda part: net.slide(part, {"rhythm": 0.9}))
    for before, after in zip(segments(piece), segments(result), strict=True):
        if before.index != 3:
            assert set(zip(before.notes.onset, before.notes.pitch, strict=True)) == set(
                zip(after.notes.onset, after.notes.pitch, strict=True)
            )


@pytest.mark.parametrize("chosen", [[3], [2, 3], [1, 3]])
@pytest.mark.parametrize("move", [{"rhythm": 0.9}, {"rhythm": 0.1, "note": 0.1}, {"note": 0.9}])
def test_what_sounds_longer_behind_the_selection_is_not_cut_in_it(net, chosen, move):
    """A pedal point through all bars, a tie from bar 4 into bar 6, a tie of which most is in it."""
    own = music().notes
    own = own[(own.pitch != 48) & (own.pitch != 50) & (own.pitch != 52)]
    long = Notes.of([5.0, 15.0], [27.0, 21.0], [48, 50], [70, 60])
    short = Notes.of([13.0], [17.0], [52], [70])
    piece = dataclasses.replace(music(), notes=struck_once(concatenate([own, long, short])))
    result = changed(piece, chosen, lambda part: net.slide(part, move))
    rows = set(map(tuple, result.notes))
    assert set(map(tuple, long)) <= rows
    ended = {row for row in map(tuple, piece.notes) if 12 <= row[0] < 16 and 16 < row[1] <= 17}
    assert ended - rows or move != {"rhythm": 0.1, "note": 0.1}  # the selection's own may be cut


@pytest.mark.parametrize(
    "locks",
    [Locks(melody=True), Locks(bass=True), Locks(hand="left"), Locks(melody=True, rhythm=True)],
)
@pytest.mark.parametrize("move", [{"rhythm": 0.9}, {"rhythm": 0.1, "note": 0.1}, {"note": 0.9}])
def test_locked_notes_of_a_piece_are_as_they_were(net, locks, move):
    piece = music(((0, 3, 4), (12, 4, 4)))
    numbers = range(len(segments(piece)))
    locked = set(piece.notes[locks.of(piece.notes)])
    assert 10 < len(locked) < len(piece.notes)
    result = changed(piece, numbers, lambda part: net.slide(part, move), locks=locks)
    assert locked <= set(result.notes)
    assert set(result.notes) != set(piece.notes)


def test_a_key_struck_at_a_border_waits_for_the_locked_note_on_it():
    """The next segment does not see a note that rings into it for less than half a step."""
    notes = Notes.of([3.0, 5.0], [4.05, 6.0], [60, 64], [64, 64])
    piece = Piece(notes, NO_PEDAL, np.array([(0.0, 100.0)]), np.array([(0, 4, 4)]), 8.0)

    def strike(part):
        return [Notes.of([0.0, 0.0], [1.0, 0.04], [60, 60], [70, 70]) for _ in part]

    struck = list(changed(piece, [1], strike).notes)
    assert struck == [(3.0, 4.0, 60, 64), (4.0, 5.0, 60, 70)]
    locked = list(changed(piece, [1], strike, locks=Locks(melody=True)).notes)
    assert locked == [(3.0, 4.05, 60, 64), (4.05, 5.0, 60, 70)]


@pytest.mark.parametrize("channel", [0, 1])
def test_new_notes_make_room_for_another_hand_on_the_same_channel(channel):
    """One that would strike a key that the other holds is left out, of the piece as of the file."""
    right = mb.track(*mb.note(0, 480, 72), end=1920)
    left = mb.track(*mb.note(480, 960, 60, channel=channel), end=1920)
    piece = midi.read(mb.file(right, left), parts=[0])
    onsets, lasts = [0.0, 1.0, 1.5, 2.0], [1.5, 1.5, 2.0, 3.0]
    new = concatenate([piece.notes, Notes.of(onsets, lasts, [60, 60, 60, 60], [70] * 4)])
    result = changed(piece, [0], lambda part: [struck_once(new)])
    saved = midi.read(midi.file_bytes(result), parts=[0])
    assert list(saved.notes) == list(result.notes)
    spans = [(on, off) for on, off, pitch, _ in result.notes if pitch == 60]
    every = [(0.0, 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 3.0)]
    assert spans == ([every[0], every[3]] if channel == 0 else every)


def test_moods_leave_locked_notes(net):
    piece = music()
    locks = Locks(notes=piece.notes[::3])
    net.realiser.reviser.poles.copy_(torch.tensor([[-0.25, -0.1], [0.25, 0.1]]))

    def minor(part):
        return net.reconstruct(net.shifted(part, "low"))

    result = changed(piece, range(8), minor, locks=locks)
    assert set(piece.notes[::3]) <= set(result.notes)
    others = set(result.notes) & set(piece.notes[1::3])
    assert len(others) < len(piece.notes[1::3]) / 2  # all else is softer


def test_a_note_that_rings_in_ends_where_the_segment_that_it_ends_in_has_it():
    piece = Piece(
        Notes.of([0, 5], [9, 6], [60, 64], [64, 64]),
        NO_PEDAL, np.array([(0.0, 100.0)]), np.array([(0, 4, 4)]), 12.0,
    )  # fmt: skip
    (_, second, third) = segments(piece)
    assert list(second.window.notes) == [(-4.0, 4.0, 60, 64), (1.0, 2.0, 64, 64)]
    assert list(third.window.notes) == [(-8.0, 1.0, 60, 64)]
    assert list(second.window.ring_on) == [(-4.0, 4.0, 60, 64)]
    assert second.measure() == {"rhythm": 1 / 16, "note": 20 / 16}
    assert third.measure() == {"rhythm": 0.0, "note": 4 / 16} and third.problem is None
    shorter = Notes.of([-4, 1], [2.5, 2], [60, 64], [64, 64])
    assert list(stitch(piece, {1: shorter}).notes)[0] == (0.0, 6.5, 60, 64)
    replacement = Notes.of([-4], [0.0], [60], [64])
    assert list(stitch(piece, {1: replacement}).notes) == [(0.0, 4.0, 60, 64)]
    both = {0: Notes.of([0.0], [3.0], [60], [64]), 1: shorter}
    assert list(stitch(piece, both).notes)[0] == (0.0, 3.0, 60, 64)
    longer = Notes.of([-8], [2.5], [60], [64])
    assert list(stitch(piece, {2: longer}).notes)[0] == (0.0, 10.5, 60, 64)
    beyond = Notes.of([-8], [9.0], [60], [64])
    assert list(stitch(piece, {2: beyond}).notes)[0] == (0.0, 12.0, 60, 64)
    assert list(stitch(piece, {1: shorter, 2: longer}).notes)[0] == (0.0, 6.5, 60, 64)
    same = {s.index: s.window.notes for s in segments(piece)}
    assert list(stitch(piece, same).notes) == list(piece.notes)


def test_every_segment_has_in_the_piece_what_was_made_of_it(net):
    piece, notes_by_index = music([(0, 4, 4)]), {}

    def change(part):
        notes = net.slide(part, {"note": 1.0})
        notes_by_index.update((s.index, n) for s, n in zip(part, notes, strict=True))
        return notes

    result = changed(piece, range(len(segments(piece))), change)
    for segment in segments(result):
        assert segment.measure() == measure(notes_by_index[segment.index]), segment.index


def test_a_note_goes_on_behind_a_segment_that_is_longer_than_its_steps_by_a_rounding_error():
    meter = np.array([(0, 4, 4), (1.74375, 6, 16)])
    notes = Notes.of([2.0, 3.0], [7.0, 5.8], [40, 61], [64, 64])
    piece = Piece(notes, NO_PEDAL, np.array([(0.0, 100.0)]), meter, 8.0)
    parts = segments(piece)
    assert parts[1].beats > parts[1].window.steps / 4 == 3.0
    same = {
        s.index: dataclasses.replace(
            s.window.notes, offset=np.minimum(s.window.notes.offset, s.window.steps / 4)
        )
        for s in parts
    }
    assert list(stitch(piece, same).notes) == list(notes)


def test_where_nothing_is_played_nothing_can_be_changed():
    piece = Piece(
        Notes.of([0, 9], [3, 10], [60, 64], [64, 64]),
        NO_PEDAL, np.array([(0.0, 100.0)]), np.array([(0, 4, 4)]), 12.0,
    )  # fmt: skip
    assert [s.problem for s in segments(piece)] == [None, "nothing is played here", None]


@pytest.mark.slow
def test_sad_music_stays_in_the_key_of_the_piece():
    """C, F, G, C, a bar each: F alone is F major and would get an A flat, G a B flat."""
    net, low = FaderNet.load("arranger"), {"valence": "low"}
    onset, chords = (
        np.repeat(4.0 * np.arange(8), 3),
        [(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)],
    )
    notes = Notes.of(onset, onset + 4, 60 + np.array(2 * chords).ravel(), np.full(24, 64))
    piece = dataclasses.replace(music(), notes=notes)
    whole = changed(piece, range(8), lambda part: net.transfer(part, low)).notes
    of_piece = concatenate(net.transfer(segments(piece), low))
    alone = concatenate(net.transfer([segment.notes for segment in segments(piece)], low))
    c_minor = [0, 2, 3, 5, 7, 8, 11]
    classes = [sorted(set((each.pitch % 12).tolist())) for each in (whole, of_piece, alone)]
    assert classes == [c_minor, c_minor, [*c_minor[:-1], 10]]


def test_a_rest_stays_a_rest(net):
    piece = music(length=16.0)
    rests = (piece.notes.onset < 4) | (piece.notes.offset > 8) & (piece.notes.onset < 12.5)
    piece = dataclasses.replace(piece, notes=piece.notes[~rests])
    every = segments(piece)
    silent = [s.index for s in every if s.problem]
    assert silent == [0, 2]
    result = changed(piece, range(4), lambda part: net.slide(part, {"rhythm": 0.9}))
    assert [s.index for s in segments(result) if s.problem] == silent
    assert len(result.notes) > len(piece.notes)


def test_segments_that_are_not_there_and_notes_that_are_missing_are_refused(net):
    for wrong in ([8], [-1], ["0"]):
        with pytest.raises(ValueError, match="is outside 0 to 7"):
            changed(music(), wrong, lambda part: net.slide(part, {"rhythm": 0.9}))
    with pytest.raises(ValueError, match="change gave notes for 0 of 2 segments"):
        changed(music(), [0, 2], lambda part: [])


@pytest.mark.parametrize("offsets", [{"rhythm": -0.5}, {"rhythm": 0.5}, {"note": 0.5}])
@pytest.mark.parametrize("strike", [0.0, 1.5, 3.5])
def test_what_rings_through_a_segment_that_strikes_nothing_stays_for_it(net, strike, offsets):
    """The segment before changes first, and would end all that the next one has."""
    onset = [*np.arange(0, 4, 0.5), strike, 8.0]
    offset = [*np.arange(0.5, 4.5, 0.5), 7.5, 9.0]
    pitches = [60, 62, 64, 65, 67, 69, 71, 72, 40, 60]
    notes = struck_once(Notes.of(onset, offset, pitches, [70] * 10))
    piece = Piece(notes, NO_PEDAL, np.array([(0.0, 100.0)]), np.array([(0.0, 4, 4)]), 12.0)
    result = changed(piece, [0, 1], lambda part: net.slide(part, offsets=offsets))
    assert ((result.notes.onset < 4.9) & (result.notes.offset > 4.1)).any()


@pytest.mark.slow
def test_parts_side_by_side_are_what_each_is_alone(net, two_threads):
    piece = music(length=400.0)
    whole = [s for s in segments(piece) if s.problem is None]
    together = net.slide(whole, offsets={"rhythm": -0.3, "note": 0.2})
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
    alone = net.slide(whole, offsets={"rhythm": -0.3, "note": 0.2})
    for one, other in zip(together, alone, strict=True):
        for field in ("onset", "offset", "pitch", "velocity"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


@pytest.mark.slow
@pytest.mark.parametrize("load", [0.5, 99.0])
def test_beside_other_work_the_notes_are_the_same(net, two_threads, monkeypatch, load):
    whole = [s for s in segments(music(length=80.0)) if s.problem is None]

    def slid() -> list:
        (first,) = net.slide(whole[:1], offsets={"rhythm": 0.3})
        return [first, *net.slide(whole, offsets={"rhythm": -0.3})]

    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    together = slid()
    torch.set_num_threads(1)
    assert [set(notes) for notes in together] == [set(notes) for notes in slid()]
