"""Some beats of a file as a file: all of its events between them, and what held when they began."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music.midi import MidiError, dump, file_bytes, read
from fadernets.music.midifile.cut import IN_SEQUENCE, between
from fadernets.music.notes import Notes, concatenate
from fadernets.music.segments import segments
from fadernets.music.stitching import stitch
from tests.fadernets import tiny
from tests.fadernets.music import midi_bytes as mb

BEAT = 480


def tempo(qpm):
    return mb.meta(0x51, round(6e7 / qpm).to_bytes(3, "big"))


def cut(*rows, begin=4, end=8, beats=16):
    """Events of a track cut out of a file of that one track, its end left out."""
    data = mb.file(mb.track(*rows, end=beats * BEAT), kind=0)
    (events,) = mb.events(between(data, begin, end))
    *others, (tick, last) = events
    assert last == mb.meta(0x2F, b"") and tick == (end - begin) * BEAT
    return others


def test_what_lies_between_stays_where_it_was():
    inside = [
        (4 * BEAT, mb.control(64, 90)),
        *mb.note(4 * BEAT, 5 * BEAT, 60, release=33),
        (5 * BEAT, mb.meta(5, b"l\xe4")),
        (5 * BEAT, b"\xf0\3\1\2\xf7"),
        (8 * BEAT - 100, b"\xe0\0\x50"),
    ]
    outside = [*mb.note(0, BEAT, 40), (BEAT, mb.meta(6, b"A")), (8 * BEAT, mb.control(64, 0))]
    assert cut(*inside, *outside) == [(at - 4 * BEAT, event) for at, event in inside]


SET = {
    "a program": (mb.program(4), mb.program(0)),
    "a controller": (mb.control(7, 90), mb.control(7, 10)),
    "the pedal": (mb.control(64, 70), mb.control(64, 0)),
    "a bend": (b"\xe0\0\x50", b"\xe0\0\x40"),
    "pressure": (b"\xd0\x33", b"\xd0\0"),
    "a tempo": (tempo(90), tempo(120)),
    "a meter": (mb.meta(0x58, b"\3\2\x18\x08"), mb.meta(0x58, b"\4\2\x18\x08")),
    "a key": (mb.meta(0x59, b"\xfd\1"), mb.meta(0x59, b"\0\0")),
    "a port": (mb.meta(0x21, b"\1"), mb.meta(0x21, b"\0")),
}


@pytest.mark.parametrize(("value", "earlier"), SET.values(), ids=SET)
def test_the_last_value_before_it_holds_at_its_start(value, earlier):
    assert cut((0, earlier), (BEAT, value), (9 * BEAT, earlier)) == [(0, value)]
    anew = 4 * BEAT, earlier  # nothing is set that is set anew at once
    assert cut((0, earlier), (BEAT, value), anew) == [(0, earlier)]
    later = 4 * BEAT + 1, earlier
    assert cut((BEAT, value), later) == [(0, value), (1, earlier)]


def test_channels_and_controllers_have_values_of_their_own():
    rows = [(1, mb.control(7, 1)), (2, mb.control(7, 2, 5)), (3, mb.control(10, 3))]
    assert cut(*rows) == [(0, event) for _, event in rows]


def test_what_counts_in_turn_comes_in_turn():
    """Names, system exclusive messages, banks before programs, parameters before their data."""
    rows = [
        mb.meta(3, b"Piano"),
        b"\xf0\5\x7e\x7f\x09\x01\xf7",
        mb.control(0, 1),
        mb.program(3),
        mb.control(101, 0),
        mb.control(100, 0),
        mb.control(6, 12),
        mb.control(100, 1),
        mb.control(6, 64),
    ]
    assert cut(*((k, event) for k, event in enumerate(rows))) == [(0, event) for event in rows]


def test_words_of_another_moment_are_left_out():
    rows = [(1, mb.meta(kind, b"then")) for kind in (1, 5, 6, 7)]
    assert cut(*rows, *((9 * BEAT, event) for _, event in rows)) == []


def test_a_tempo_of_another_track_holds_alone():
    first = mb.track((0, tempo(120)), (2 * BEAT, tempo(60)), *mb.music())
    second = mb.track((BEAT, tempo(99)), *mb.music(base=60))
    section = between(mb.file(first, second), 4, 8)
    assert mb.others(section)[0][0] == (0, tempo(60)) and len(mb.others(section)[1]) == 1
    assert read(section).tempo.tolist() == [[0, 60]]


def test_notes_that_cross_an_end_are_cut_there():
    rows = [
        *mb.note(3 * BEAT, 5 * BEAT, 60, 71, release=11),  # rings in
        *mb.note(3 * BEAT, 4 * BEAT, 61, release=12),  # ends as it begins
        *mb.note(3 * BEAT, 4 * BEAT + 59, 62, release=13),  # a legato's overlap
        *mb.note(4 * BEAT - 6, 5 * BEAT, 63, 72, release=14),  # early
        *mb.note(7 * BEAT, 9 * BEAT, 64, 73, release=15),  # rings out
        *mb.note(8 * BEAT - 6, 9 * BEAT, 65, release=16),  # the next beat's, early
        *mb.note(2 * BEAT, 9 * BEAT, 66, 74, release=17),  # rings through
        *mb.note(4 * BEAT - 6, 4 * BEAT - 2, 67),  # early, and over before
    ]
    assert cut(*rows) == [
        (0, mb.on(60, 65)),  # as loud as it still is
        (0, mb.on(63, 72)),
        (0, mb.on(66, 63)),
        (BEAT, mb.off(60, 11)),
        (BEAT, mb.off(63, 14)),
        (3 * BEAT, mb.on(64, 73)),
        (4 * BEAT, mb.off(64, 15)),
        (4 * BEAT, mb.off(66, 17)),
    ]


def test_keys_down_at_the_end_of_the_track_come_up_at_the_end_of_the_cut():
    rows = [(5 * BEAT, mb.on(60)), (13 * BEAT, mb.on(62))]
    assert cut(*rows) == [(BEAT, mb.on(60)), (4 * BEAT, mb.off(60))]
    assert cut(*rows, begin=12, end=16) == [
        (0, mb.on(60, 36)),
        (BEAT, mb.on(62)),
        (4 * BEAT, mb.off(60)),
        (4 * BEAT, mb.off(62)),
    ]


def test_what_rings_in_has_faded_by_the_seconds_that_it_was_held_and_of_a_piano_alone():
    held = mb.note(0, 9 * BEAT, 60, 90)
    slow = (BEAT, tempo(30))  # half a second to the beat, then two: 6.5 s
    assert cut(slow, *held)[1] == (0, mb.on(60, 30))
    organ = (0, mb.program(19))
    assert cut(slow, organ, *held)[2] == (0, mb.on(60, 90))


def test_all_tracks_come_along_and_end_where_they_ended():
    short = mb.track((0, mb.meta(3, b"Short")), *mb.note(0, 5 * BEAT, 50), end=6 * BEAT)
    drums = mb.track(*[e for k in range(16) for e in mb.note(k * BEAT, k * BEAT + 9, 36, 90, 9)])
    section = between(mb.file(mb.track(*mb.music()), short, drums), 4, 12)
    assert [rows[-1][0] for rows in mb.events(section)] == [8 * BEAT, 2 * BEAT, 8 * BEAT]
    assert [row[2] for row in mb.notes_of(section) if row[1] == 9] == [k * BEAT for k in range(8)]


def test_a_file_in_riff_is_cut_to_a_plain_one():
    plain = mb.file(mb.track(*mb.music()), kind=0)
    assert between(mb.riff(plain), 4, 8) == between(plain, 4, 8)


def test_a_span_of_a_changed_piece_is_the_users_own_with_the_new_notes():
    pedal = [(k * 100, mb.control(64, k)) for k in range(76)]
    data = mb.file(mb.track((0, mb.program(4)), *mb.music(), *pedal), kind=0)
    piece = read(data)
    own = segments(piece)[1].notes
    new = Notes.of([1.3], [1.9], [90], [50])
    changed = stitch(piece, {1: concatenate([own[::2], new])})
    section = file_bytes(changed, (4, 8))
    whole = file_bytes(changed)
    shifted = [(at - 4 * BEAT, event) for at, event in mb.others(whole)[0] if 1920 <= at < 3840]
    chased = [(0, mb.program(4)), (0, mb.control(64, 19))]
    end = (4 * BEAT, mb.meta(0x2F, b""))
    assert mb.others(section)[0] == [*chased, *shifted, end]
    inside = [row for row in mb.notes_of(whole) if 1914 <= row[2] < 3834]
    assert mb.notes_of(section) == [(*r[:2], r[2] - 1920, r[3] - 1920, *r[4:]) for r in inside]
    assert file_bytes(piece, (0, piece.length)) == data


@pytest.mark.parametrize("release", [3.7, 3.8, 3.99, 4.0])
def test_a_cut_opened_again_is_as_long_as_the_cut(release):
    notes = [(k * 4 + 0.5, k * 4 + release) for k in range(4)]
    rows = [e for a, b in notes for e in mb.note(round(a * BEAT), round(b * BEAT), 60)]
    data = mb.file(mb.track(*rows, end=16 * BEAT))
    for begin in (0, 4, 12):
        assert read(file_bytes(read(data), (begin, begin + 4))).length == 4


def test_a_piece_without_a_file_can_be_cut():
    bars = tiny.bars(3)
    part = read(file_bytes(tiny.piece(bars), (4, 8)))
    assert part.length == 4
    assert list(part.notes) == list(read(dump(tiny.piece(bars[1:2]))).notes)


def test_bytes_that_are_no_file_are_refused():
    with pytest.raises(MidiError, match="is not a MIDI file"):
        between(b"no", 0, 4)


@pytest.mark.slow
@given(mb.files(), st.integers(0, 8), st.integers(1, 8))
def test_a_cut_has_the_state_and_the_events_of_the_file(data, begin, beats):
    """And nothing else: what it sets first was set before, and every controller has its value."""
    section = between(data, begin, begin + beats)
    division = int.from_bytes(data[data.find(b"MThd") + 12 :][:2], "big")
    first, last = begin * division, (begin + beats) * division
    assert len(mb.events(section)) == len(mb.events(data))
    for before, after in zip(mb.others(data), mb.others(section), strict=True):
        inside = [(at - first, event) for at, event in before[:-1] if first <= at < last]
        set_first = len(after) - 1 - len(inside)
        assert after[set_first:-1] == inside
        assert all(at == 0 for at, _ in after[:set_first])
        earlier = [event for at, event in before if at < first]
        assert all(event in earlier for _, event in after[:set_first])
        for which in {event[:2] for event in earlier if event[0] in (0xB0, 0xB5)}:
            if which[1] in IN_SEQUENCE:
                continue
            value = [event for event in earlier if event[:2] == which][-1]
            at_once = [event for at, event in inside if at == 0 and event[:2] == which]
            first_ones = [event for _, event in after[:set_first] if event[:2] == which]
            assert first_ones == ([] if at_once else [value])
    for row in mb.notes_of(section):
        assert 0 <= row[2] <= row[3] <= last - first
