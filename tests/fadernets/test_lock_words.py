"""Locks in words: read, refused with a sentence, looked up in a piece."""

from __future__ import annotations

import tracemalloc

import pytest

from fadernets.lock_words import NAMES, NO_WORDS, LockWords
from fadernets.music import midi
from fadernets.music.locks import NO_LOCKS
from tests.fadernets.music import midi_bytes as mb


@pytest.fixture
def piece():
    """A piano's two hands on two tracks, a flute beside them."""
    hands = [mb.track(*mb.music(8, channel=k, base=48 + 12 * k)) for k in range(2)]
    flute = mb.track((0, mb.program(73, 2)), *mb.note(0, 3000, 72, channel=2))
    return midi.read(mb.file(*hands, flute))


def test_words_are_read_in_any_order_and_once():
    words = LockWords.read(" bass,melody,note:9, note:3-5,track:2,note:9")
    assert words == LockWords.read(["note:3-5", "note:9", "track:2", "melody", "bass"])
    assert words.names == ("melody", "bass")
    assert (words.tracks, words.notes) == (((2, 2),), ((3, 5), (9, 9)))
    for nothing in (None, "", [], ()):
        assert LockWords.read(nothing) == NO_WORDS and not NO_WORDS
    assert NAMES == ("melody", "bass", "left", "right", "rhythm", "pitches", "tempo")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("melody", "the melody stays"),
        ("bass", "the bass stays"),
        ("left", "the left hand stays"),
        ("rhythm,melody", "the melody and the rhythm stay"),
        ("pitches", "the pitches stay"),
        ("track:2", "track 2 stays"),
        ("track:1-2", "tracks 1-2 stay"),
        ("note:7", "1 chosen note stays"),
        ("note:7-9,note:1,bass", "the bass and 4 chosen notes stay"),
        ("melody,bass,right", "the melody, the bass and the right hand stay"),
    ],
)
def test_they_say_what_stays(words, sentence):
    assert LockWords.read(words).sentence == sentence


@pytest.mark.parametrize(
    "wrong",
    ["tune", "note:0", "note:5-3", "track:", "melody;bass", "melody,", 7, True, {"a": 1}, [1], [[]]]
    + ["note:1-9999999999", ["melody"] * 1001],
)
def test_other_words_are_refused_in_one_sentence(wrong):
    with pytest.raises(ValueError, match="lock|range") as error:
        LockWords.read(wrong)
    assert len(str(error.value)) < 200


def test_tracks_notes_and_both_hands(piece):
    assert NO_WORDS.on(piece) is NO_LOCKS

    def locked(words):
        return LockWords.read(words).on(piece).of(piece.notes)

    assert locked("track:1").sum() + locked("track:2").sum() >= len(piece.notes)
    assert set(piece.notes.pitch[locked("track:2") & ~locked("track:1")]) > {60}
    assert not locked("track:3").any()  # is not of the piece, and stays anyway
    assert locked("note:2-4").nonzero()[0].tolist() == [1, 2, 3]
    assert locked("left,right").all() and not locked("left").all()
    assert (locked("left") | locked("note:40")).tolist() == locked("left,note:40").tolist()
    for words, number in (("track:4", 4), (f"note:{len(piece.notes) + 1}", len(piece.notes) + 1)):
        with pytest.raises(ValueError, match=f"there is no [a-z]+ {number} to lock: the piece has"):
            locked(words)


@pytest.mark.parametrize("words", ["track:1-2000000", "track:4-4,track:1-2000000"])
def test_a_range_of_millions_of_tracks_costs_nothing(piece, words):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="there is no track 2000000 to lock"):
            LockWords.read(words).on(piece)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_a_file_is_read_few_times_however_many_tracks_it_has(monkeypatch):
    tracks = [mb.track(*mb.note(0, 480, 22 + 2 * k)) for k in range(30)]
    piece, reads = midi.read(mb.file(*tracks)), []
    read = midi.raw_notes
    monkeypatch.setattr(midi, "raw_notes", lambda file: reads.append(1) or read(file))
    locks = LockWords.read("left").on(piece)
    assert locks.parts == tuple(range(len(locks.hand_notes))) != ()
    assert len(reads) < 4


def test_one_hand_says_which_tracks_get_no_notes():
    hands = [mb.track(*mb.music(8, channel=k, base=36 + 36 * k)) for k in range(2)]
    piece = midi.read(mb.file(*hands))
    left, both, track = (LockWords.read(w).on(piece) for w in ("left", "left,right", "track:2"))
    assert (left.hand, left.parts) == ("left", (0,))
    assert len(left.hand_notes) == left.of(piece.notes).sum()
    assert (both.hand, both.parts) == ("both", ())
    assert (track.hand, track.parts) == (None, (1,))
