import io

import mido
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fadernets.music.midifile.error import MidiError
from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.notes import HELD, raw_notes
from fadernets.music.midifile.tracks import as_quantity, quantity
from tests.fadernets.music import midi_bytes as mb


@given(mb.files())
def test_every_byte_of_a_track_belongs_to_an_event(data):
    file = MidiFile.parse(data, "song.mid")
    assert file.warnings == ()
    for track in file.tracks:
        assert track.begin[0] == track.head + 8 and track.begin[-1] == track.end
        assert (np.diff(track.begin) > 0).all()
        assert ((track.begin[:-1] < track.body) & (track.body < track.begin[1:])).all()


def test_a_chunk_s_name_in_a_message_before_a_few_bytes_more_is_no_track():
    """System exclusive "MTrk" in the last track; three bytes behind it are of no chunk."""
    track = b"\0\xf0\4MTrk\0\xff\x2f\0"
    head = b"MThd" + (6).to_bytes(4, "big") + b"\0\1\0\1\0\x18"
    data = head + b"MTrk" + len(track).to_bytes(4, "big") + track + b"\0\0\0"
    file = MidiFile.parse(data, "song.mid")
    assert file.warnings == ()
    assert [len(each.tick) for each in file.tracks] == [2]


@pytest.mark.slow
@given(mb.files())
def test_events_are_those_of_mido(data):
    assume(b"XFIH" not in data)  # mido knows no chunks but tracks
    assume(b"\xff\x60" not in data)  # and forgets the delta time of meta events it knows not
    file = MidiFile.parse(data, "song.mid")
    theirs = mido.MidiFile(file=io.BytesIO(data[file.start :]), charset="latin1")
    assert theirs.ticks_per_beat == file.division
    for track, other in zip(file.tracks, theirs.tracks, strict=True):
        assert np.array_equal(track.tick, np.cumsum([message.time for message in other]))
    mine = [[event for _, event in rows] for rows in mb.events(data)]
    for events, other in zip(mine, theirs.tracks, strict=True):
        for event, message in zip(events, other, strict=True):
            if event[0] not in (0xF0, 0xF7, 0xFF):
                assert event == bytes(message.bin())


@given(st.integers(0, 2**28 - 1))
def test_quantities_read_as_written(value):
    data = as_quantity(value)
    assert quantity(data, 0) == (value, len(data)) and len(data) <= 4
    assert as_quantity(value) == mb.quantity(value)


def pairs(*strikes):
    """Starts and ends of the notes of one key, of letters: o strikes it, x releases it."""
    events = [(k, mb.on(60) if s == "o" else mb.off(60)) for k, s in enumerate("".join(strikes))]
    notes = raw_notes(MidiFile.parse(mb.file(mb.track(*events)), "song.mid"))
    return [
        (a, None if r == HELD else b)
        for a, b, r in zip(
            notes.start.tolist(), notes.end.tolist(), notes.release.tolist(), strict=True
        )
    ]


@pytest.mark.parametrize(
    ("strikes", "expected"),
    [
        ("oxox", [(0, 1), (2, 3)]),
        ("ooxx", [(0, 2), (1, 3)]),  # first in, first out
        ("xoxxox", [(1, 2), (4, 5)]),  # a release of a key that is not down
        ("oox", [(0, 2), (1, 2)]),  # a release too few
        ("ooxox", [(0, 2), (1, 2), (3, 4)]),
        ("oxo", [(0, 1), (2, None)]),
        ("o", [(0, None)]),
    ],
)
def test_strikes_and_releases_of_a_key(strikes, expected):
    assert pairs(strikes) == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=60))
def test_pairs_are_those_of_a_queue_for_each_key(moves):
    """Where no key is struck oftener than released."""
    events, waiting, expected, struck = [], {}, [], {}
    for now, (key, is_strike) in enumerate(moves):
        events.append((now, mb.on(60 + key) if is_strike else mb.off(60 + key)))
        if is_strike:
            waiting.setdefault(key, []).append(now)
        elif waiting.get(key):
            expected.append((60 + key, waiting[key].pop(0), now))
        struck[key] = bool(waiting.get(key))
    notes = raw_notes(MidiFile.parse(mb.file(mb.track(*events)), "song.mid"))
    whole = [60 + key for key, held in struck.items() if not held]
    rows = zip(notes.pitch.tolist(), notes.start.tolist(), notes.end.tolist(), strict=True)
    assert sorted(r for r in rows if r[0] in whole) == sorted(e for e in expected if e[0] in whole)


@pytest.mark.parametrize("wrapping", [b"RIFF\0\0\0\0WAVE", b"RIFX\0\0\0\0RMID", b"junk"])
def test_only_a_riff_of_midi_is_unwrapped(wrapping):
    with pytest.raises(MidiError, match="song.mid is not a MIDI file"):
        MidiFile.parse(wrapping + mb.file(mb.track(*mb.music())), "song.mid")


@pytest.mark.parametrize("content", [b"MTrk", b"MTrkx"])
def test_a_byte_of_padding_in_riff_ends_no_track(content):
    """Neither an odd length nor the name of a chunk inside an event makes a track look damaged."""
    excluded = b"\xf0" + bytes([len(content) + 1]) + content + b"\xf7"
    data = mb.file(mb.track((0, excluded), *mb.music()))
    wrapped = mb.riff(data)
    parsed = MidiFile.parse(wrapped, "song.mid")
    assert parsed.warnings == ()
    assert len(parsed.tracks[0]) == len(MidiFile.parse(data, "song.mid").tracks[0])
    assert parsed.tracks[0].end == wrapped.index(b"MThd") + len(data)
