"""What is locked of the piece whose rhythm is taken comes out of a mix as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fadernets.lock_words import NAMES, LockWords
from fadernets.music import midi
from fadernets.music.attributes import ONSET, rhythm_label
from fadernets.music.locks import Locks
from fadernets.music.notes import Notes
from fadernets.music.segments import segments
from fadernets.music.windows import Window
from fadernets.net import FaderNet
from fadernets.whole_piece import changed
from tests.fadernets import tiny
from tests.fadernets.command_line.commands import run
from tests.fadernets.music import generated
from tests.fadernets.music import midi_bytes as mb


@pytest.fixture(scope="module")
def net() -> FaderNet:
    return FaderNet.load()


def ticks(notes):
    return {(round(on * 480), round(off * 480), *rest) for on, off, *rest in notes}


@pytest.mark.slow
@settings(max_examples=min(40, settings.default.max_examples))
@given(
    generated.pieces(),
    generated.pieces(),
    st.lists(st.sampled_from([*NAMES, "note:1", "track:1"]), min_size=1, max_size=3),
    st.sampled_from([None, 3]),
)
def test_locked_notes_come_out_of_a_mixed_file_exactly(net, piece, other, words, seed):
    data = midi.dump(piece)
    piece, donors = midi.read(data), segments(other)
    locks = LockWords.read(words).on(piece)
    parts = segments(piece)
    usable = [s.index for s in parts if s.problem is None and s.index < len(donors)]

    def mix(batch):
        return net.mix([s.window for s in batch], [donors[s.index] for s in batch], seed=seed)

    result = changed(piece, usable, mix, locks=locks)
    saved = midi.read(midi.file_bytes(result))
    assert ticks(piece.notes[locks.of(piece.notes)]) <= ticks(saved.notes)
    if locks.pitches:
        assert set(saved.notes.pitch) <= set(piece.notes.pitch)
    if locks.rhythm:
        for before, after in zip(parts, segments(saved), strict=True):
            if before.index in usable:
                begins = [
                    rhythm_label(s.notes)[: before.window.steps] == ONSET for s in (before, after)
                ]
                assert begins[0].tolist() == begins[1].tolist()


@pytest.mark.slow
def test_what_the_other_piece_strikes_twice_is_not_in_the_way_of_locked_notes(net):
    """It has a key struck while it sounds, in a step in which all is held and locked."""
    own = Notes.of([0, 0, 0.125, 0.7375], [0.0021, 1, 1.125, 1.375], [21, 60, 61, 21], [1] * 4)
    other = Notes.of(
        [0, 0.2375, 0.29375, 1.125], [0.1, 0.2396, 1.125, 1.13], [21, 48, 48, 48], [1] * 4
    )
    first, second = (midi.read(midi.dump(tiny.piece([notes]))) for notes in (own, other))
    locks = LockWords.read(["track:1"]).on(first)
    (donor,) = segments(second)

    def mix(batch):
        return net.mix([segment.window for segment in batch], [donor])

    result = changed(first, [0], mix, locks=locks)
    assert ticks(first.notes) <= ticks(result.notes)


LOW = Notes.of([0, 0.5, 1, 2, 3], [0.5, 1, 2, 3, 4], [48, 52, 55, 60, 64], [70] * 5)
HIGH = Notes.of(np.arange(0, 4, 0.25), np.arange(0, 4, 0.25) + 0.25, [67, 71] * 8, [90] * 16)


def test_notes_that_may_not_be_struck_do_not_count_as_let_go(net):
    """The other's key that is struck while it counts already: no locked key goes in its place."""
    own = Notes.of([1.5, 2, 2, 2.5, 2.75], [4] * 5, [59, 45, 48, 55, 52], [70] * 5)
    other = Notes.of([2.625, 2.875, 3.25], [2.875, 3.25, 4], [60] * 3, [70] * 3)
    window = Locks(hand="both").on(Window(own))
    (mixed,) = net.mix([window], [other])
    assert list(mixed) == list(own)


def test_codes_are_mixed_under_their_locks(net):
    locked = net.encode([LOW], Locks(bass=True))
    (mixed,) = net.mix(locked, net.encode([HIGH]))
    assert set(LOW) <= set(mixed)  # each note is the lowest as it begins
    (free,) = net.mix([LOW], [HIGH])
    assert not set(LOW.pitch) & set(free.pitch)
    (reach,) = net.reach(net.mixed(locked, [HIGH]), [mixed])
    assert reach["rhythm"].asked == 5 / 16 == reach["rhythm"].reached
    assert reach["note"].asked == 1.0 <= reach["note"].lowest


def test_rhythm_and_pitches_are_those_of_the_piece(net):
    off_grid = Notes.of([0.06, 1.3, 2.55], [1, 2, 4], [60, 64, 67], [80] * 3)
    (mixed,) = net.mix(net.encode([off_grid], Locks(rhythm=True)), [HIGH])
    assert set(mixed.onset) == set(off_grid.onset) and set(mixed.pitch) <= set(HIGH.pitch)
    (mixed,) = net.mix(net.encode([off_grid], Locks(pitches=True)), [HIGH])
    assert len(mixed) and set(mixed.pitch) <= set(off_grid.pitch)


@pytest.mark.parametrize(("hand", "split", "side"), [("left", 66, 1), ("right", 21, -1)])
def test_a_locked_hand_gets_none_of_the_others_notes(net, hand, split, side):
    """LOW is the hand's; of the notes mixed in, two lie below it and two above."""
    onset = np.repeat(np.arange(8) / 2, 4)
    donor = Notes.of(onset, onset + 0.5, [40, 45, 69, 72] * 8, [80] * 32)
    (mixed,) = net.mix(net.encode([LOW], Locks(hand=hand, split=split)), [donor])
    assert set(LOW) < set(mixed)
    for onset, _, pitch, _ in set(mixed) - set(LOW):
        held = LOW.pitch[np.searchsorted(LOW.onset, onset, "right") - 1]
        assert (pitch - held) * side > 0


@pytest.mark.slow
def test_a_file_is_mixed_under_its_locks(tmp_path, capsys):
    hands = [
        mb.track((0, mb.control(64, 90, k)), *mb.music(12, k, base=40 + 13 * k)) for k in (0, 1)
    ]
    strings = mb.track((0, mb.program(48, 2)), *mb.note(0, 5000, 60, 40, 2))
    source, donor, output = (tmp_path / name for name in ("in.mid", "notes.mid", "out.mid"))
    source.write_bytes(mb.file(*hands, strings))
    donor.write_bytes(mb.file(mb.track(*mb.music(8, base=70))))
    assert run("mix", source, donor, output, "--lock", "track:1,melody") == 0
    before, after = (mb.notes_of(path.read_bytes()) for path in (source, output))
    assert [row for row in before if row[0] == 0] == [row for row in after if row[0] == 0]
    assert before != after
    assert mb.others(source.read_bytes()) == mb.others(output.read_bytes())
    assert "the melody and track 1 stay." in capsys.readouterr().err
    assert run("mix", source, donor, output, "--lock", "track:9") == 2
    assert capsys.readouterr().err.endswith("there is no track 9 to lock: the piece has 3.\n")
