import os
import socket
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import midi_bombs
from benchmarks.pieces import bombs
from benchmarks.pieces.bombs import (
    END_OF_TRACK,
    ONE_NOTE,
    chunk,
    file,
    meta,
    notes,
    single_track,
    tempo,
)
from fadernets.music import midi
from fadernets.music.midi import MidiError, check_length, file_bytes, read
from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.limits import LIMITS, check_counts
from fadernets.music.midifile.source import MOST_BYTES
from fadernets.music.notes import Notes
from fadernets.music.segments import segments
from fadernets.music.stitching import stitch
from tests.fadernets.music.midi_messages import refused

MAX_MB = 300  # of memory that a file may take
MAX_SECONDS = 10.0  # loose: machines are busy; the benchmark measures it

SENTENCES = {
    "notes, 3.3 million": "has too many events: more than 1,000,000.",
    "notes, of all keys": "has too many events: more than 1,000,000.",
    "notes never released": "has too many events: more than 1,000,000.",
    "notes, each released at the end": "has too many events: more than 1,000,000.",
    "note-offs": "has too many events: more than 1,000,000.",
    "controllers": "has too many events: more than 1,000,000.",
    "pitch bends": "has too many events: more than 1,000,000.",
    "pressure": "has too many events: more than 1,000,000.",
    "clock": "has too many events: more than 1,000,000.",
    "presses of the pedal": "has too many presses of the pedal: more than 50,000.",
    "tracks, 65,535 empty": "has too many tracks: more than 500.",
    "tracks, 65,535 with a note": "has too many tracks: more than 500.",
    "instruments": "has too many events: more than 1,000,000.",
    "foreign chunks": "has too many foreign chunks: more than 1,000.",
    "zeros": "has too many foreign chunks: more than 1,000.",
    "tempos": "has too many events: more than 1,000,000.",
    "time signatures": "has too many events: more than 1,000,000.",
    "key signatures": "has too many events: more than 1,000,000.",
    "changes of meter": "has too many time signatures: more than 2,000.",
    "changes of program": "has too many changes of program: more than 20,000.",
    "system messages": "has too many system messages: more than 50,000.",
    "own meta events": "has too many other meta events: more than 50,000.",
    "lyrics": "has too many events: more than 1,000,000.",
    "markers": "has too many events: more than 1,000,000.",
    "a lyric of 20 MB": "has too many letters: more than 1,000,000.",
    "a name for many instruments": "has too many instruments: more than 500.",
    "a beat of 1 µs": "is too fast: it has a beat of 1 µs, shorter than 20,000 µs.",
    "bars": "has too many bars: more than 100,000.",
    "beats": "is damaged: it has impossible times.",
    "giant times": "has too many events: more than 1,000,000.",
    "notes within four beats": "has too many notes within 4 beats: more than 5,000.",
    "a chunk longer than the file": "is damaged: it has impossible times.",
    "no status": "is damaged or cut short.",
    "format 3": "is of a MIDI format that does not exist: 3.",
} | dict.fromkeys(bombs.ACCEPTED, "opened")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Cost of opening each file, and the message, all in forks of one process."""
    folder = tmp_path_factory.mktemp("bombs")
    costs = midi_bombs.opened_by_checkout(midi_bombs.ROOT, bombs.ALL.values(), folder)
    return dict(zip(bombs.ALL, costs, strict=True))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_every_file_is_opened_or_refused_in_a_sentence_at_little_cost(opened):
    assert set(opened) == set(SENTENCES)
    for kind, row in opened.items():
        sentence = SENTENCES[kind] if SENTENCES[kind] == "opened" else f"bomb.mid {SENTENCES[kind]}"
        assert row["said"] == sentence, kind
        assert row["mb"] <= MAX_MB, (kind, row)
        assert row["cpu_s"] <= MAX_SECONDS, (kind, row)
    dearest = max(opened, key=lambda kind: opened[kind]["cpu_s"])
    print(f"dearest: {dearest}, {opened[dearest]}")


def check_bytes(data, name):
    check_counts(MidiFile.parse(data, name).counts(), name)


def channels(count):
    """A note on each of the first channels."""
    return b"".join(bytes([0, 0x90 | c, 60, 64, 1, 60, 0]) for c in range(count)) + END_OF_TRACK


FILES_AT_BOUND = {  # kind -> a file with n of it
    "notes": lambda n: single_track(b"".join(notes(n, 1))),
    "controller movements": lambda n: single_track(ONE_NOTE, b"\0\xb0\1\1", b"\0\1\1" * (n - 1)),
    "tempos": lambda n: single_track(tempo(500_000) * n, ONE_NOTE),
    "time signatures": lambda n: single_track(meta(0x58, b"\4\2\x18\x08") * n, ONE_NOTE),
    "key signatures": lambda n: single_track(meta(0x59, b"\0\0") * n, ONE_NOTE),
    "tracks": lambda n: file(chunk(ONE_NOTE + END_OF_TRACK), *[chunk(b"")] * (n - 1)),
    "foreign chunks": lambda n: file(*[chunk(b"", b"none")] * n, chunk(ONE_NOTE + END_OF_TRACK)),
    "texts": lambda n: single_track(meta(6, b"a") * n, ONE_NOTE),
    "letters": lambda n: single_track(meta(6, b"a" * n), ONE_NOTE),
    "changes of program": lambda n: single_track(ONE_NOTE, b"\0\xc0\0", b"\0\0" * (n - 1)),
    "system messages": lambda n: single_track(ONE_NOTE, b"\0\xf0\0", b"\0\xf7\0" * (n - 1)),
    "other meta events": lambda n: single_track(ONE_NOTE, meta(0x7F, b"") * n),
    "events": lambda n: single_track(ONE_NOTE, b"\0\xd0\1" * (n - 3)),  # the end is one
    "instruments": lambda n: file(*[chunk(channels(16))] * (n // 16), chunk(channels(n % 16))),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES_AT_BOUND)
def test_a_bound_is_the_most_there_may_be(kind):
    make = FILES_AT_BOUND[kind]
    check_bytes(make(LIMITS[kind]), "song.mid")
    with pytest.raises(MidiError, match=f"^song.mid has too many {kind}: more than "):
        check_bytes(make(LIMITS[kind] + 1), "song.mid")


def test_all_that_is_counted_has_a_test():
    assert set(FILES_AT_BOUND) == set(LIMITS)


def test_what_is_too_much_is_told_of_all_tracks_together():
    half = LIMITS["notes"] // 2
    track = chunk(b"".join(notes(half, 1)) + END_OF_TRACK)
    check_bytes(file(track, track), "song.mid")
    with pytest.raises(MidiError, match="too many notes"):
        check_bytes(file(track, track, chunk(ONE_NOTE + END_OF_TRACK)), "song.mid")


def test_events_that_make_no_sense_count_for_all_tracks_together(monkeypatch):
    """A track may begin with damage: all behind it was read, and is not kept."""
    monkeypatch.setitem(LIMITS, "events", 100)
    damaged = chunk(b"\0\x90\x80\x40" + b"\0\xf8" * 40)
    check_bytes(file(damaged, damaged, chunk(ONE_NOTE + END_OF_TRACK)), "song.mid")
    with pytest.raises(MidiError, match="too many events"):
        check_bytes(file(damaged, damaged, damaged, chunk(ONE_NOTE + END_OF_TRACK)), "song.mid")


def test_notes_of_a_segment_are_counted_wherever_it_begins():
    """Behind an upbeat of a beat it goes from beat 1 to 5."""

    def dense(count):
        """So many notes in the beats 3 and 4."""
        division = count // 2
        begin = meta(0x58, b"\4\2\x18\x08", after=division) + bombs.quantity(2 * division)
        return single_track(
            meta(0x58, b"\1\2\x18\x08"), begin + b"".join(notes(count, 1))[1:], division=division
        )

    largest = max(len(segment.rows) for segment in segments(read(dense(4_800))))
    assert 4_000 < largest <= 5_000
    assert "too many notes within 4 beats" in refused(dense(9_800))


def test_the_bounds_are_four_times_what_a_long_recital_has():
    assert LIMITS["notes"] >= 4 * 30_000
    assert LIMITS["controller movements"] >= 4 * 150_000
    assert LIMITS["events"] >= 2 * LIMITS["notes"] + LIMITS["controller movements"]


@pytest.mark.slow
def test_a_long_recital_is_read_whole():
    piece = read(bombs.recital())
    check_length(piece)
    assert len(piece.notes) == 40_001 and len(piece.pedal) > 8_000
    assert 1_780 < piece.duration < 1_800


@pytest.mark.parametrize("microseconds", [1, 19_999, 20_000, 2**24 - 1])
def test_the_shortest_beat(microseconds):
    data = single_track(tempo(microseconds), ONE_NOTE * 20)
    if microseconds < 20_000:  # 3000 beats a minute
        assert f"it has a beat of {microseconds:,} µs" in refused(data)
    else:
        assert read(data).tempo[0, 1] == 6e7 / microseconds


def test_a_beat_behind_the_music_may_be_of_any_length():
    late = chunk(bombs.quantity(100_000) + tempo(1)[1:] + END_OF_TRACK)
    assert read(file(late, chunk(ONE_NOTE * 20 + END_OF_TRACK))).tempo.tolist() == [[0, 120]]


def test_damaged_times_and_heads_leave_a_piece_or_a_sentence():
    assert len(read(single_track(tempo(0), ONE_NOTE)).tempo) == 1
    assert "impossible times" in refused(
        single_track(b"\0\x90\x3c\x40", bombs.LONGEST_DELTA, b"\x3c\0")
    )
    assert len(read(single_track(b"\0\x90\x3c\x40")).notes) == 1  # held to the end
    assert "no notes" in refused(single_track(b"\0\x80\x3c\x40"))
    assert "no notes" in refused(file())
    assert "no notes" in refused(file(chunk(b"")))
    assert "SMPTE" in refused(single_track(ONE_NOTE, division=0x8000))
    assert len(read(single_track(ONE_NOTE, kind=2)).notes) == 1
    assert len(read(file(chunk(b"abc", b"XFIH"), chunk(ONE_NOTE))).notes) == 1


# Files of everything, to be damaged: running status, system exclusive, meta events, two tracks.
MIXED = file(
    chunk(meta(3, b"a name") + tempo(400_000) + meta(0x58, b"\3\2\x18\x08") + END_OF_TRACK),
    chunk(b"abc", b"XFIH"),
    chunk(
        b"\0\xc0\5" + ONE_NOTE + b"".join(notes(12, 7)) + b"\0\xf0\3abc\0\xb0\x40\x7f\x30\x40\0"
        b"\0\xe0\1\2\0\xd0\1\0\2\0\xa0\1\2\0\xf8\0\xf2\1\2"
        + ONE_NOTE * 3
        + meta(5, b"la")
        + END_OF_TRACK
    ),
)
VALID = [MIXED, single_track(ONE_NOTE * 8), file(*[bombs.programs(20)] * 2)]
ODD = st.sampled_from([0, 1, 0x7F, 0x80, 0x90, 0xB0, 0xC0, 0xF0, 0xF7, 0xF8, 0xFE, 0xFF])
CHANGE = st.tuples(
    st.sampled_from(["flip", "insert", "remove"]),
    st.integers(0, 2**16),
    st.one_of(ODD, st.integers(0, 255)),
)


def damaged(data, changes):
    changed = bytearray(data)
    for kind, place, value in changes:
        place = 10 + place % (len(changed) - 10)
        if kind == "flip":
            changed[place] = value
        elif kind == "insert":
            changed[place:place] = bytes([value]) * (1 + value % 3)
        else:
            del changed[place : place + 1 + value % 3]
        if len(changed) < 15:
            break
    return bytes(changed)


@pytest.mark.slow
@settings(max_examples=3 * settings.default.max_examples, deadline=None)
@given(st.sampled_from(VALID), st.lists(CHANGE, max_size=12))
@example(MIXED, [])
def test_whatever_the_bytes_a_piece_or_a_midi_error_comes_out(data, changes):
    data = damaged(data, changes)
    try:
        piece = read(data)
    except MidiError as error:
        assert str(error).endswith(".")
        return
    assert 0 < len(piece.notes) <= len(data)
    assert file_bytes(piece) == data
    again = file_bytes(stitch(piece, {0: Notes.of([1.0], [1.5], [60], [64])}))
    try:  # what is written can be read, unless it has lost its last note
        read(again, piece.original.parts)
    except MidiError as error:
        assert any(why in str(error) for why in ("no notes", "no such track", "cut short"))
    assert len(segments(piece)) <= midi.MOST_BEATS / 4
    assert np.isfinite(piece.duration)


def in_time(source):
    """`refused`, which must return without waiting."""
    sentences = []
    thread = threading.Thread(target=lambda: sentences.append(refused(source)), daemon=True)
    thread.start()
    thread.join(MAX_SECONDS)
    assert sentences, "still waiting"
    return sentences[0]


def test_what_is_no_regular_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mid")
    (tmp_path / "folder.mid").mkdir()
    reason = "cannot be read: not a regular file."
    assert in_time(tmp_path / "pipe.mid") == f"pipe.mid {reason}"
    assert in_time("/dev/zero") == f"zero {reason}"
    assert in_time("/dev/null") == f"null {reason}"
    assert in_time(tmp_path / "folder.mid") == "folder.mid cannot be read: is a directory."
    assert in_time("/") == "the path cannot be read: is a directory."
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.mid"))
        assert in_time(tmp_path / "socket.mid").startswith("socket.mid cannot be read: ")


def test_a_link_to_a_file_is_read_and_to_a_device_is_not(tmp_path):
    (tmp_path / "song.mid").write_bytes(single_track(ONE_NOTE))
    (tmp_path / "link.mid").symlink_to(tmp_path / "song.mid")
    assert read(tmp_path / "link.mid").name == "link"
    (tmp_path / "zero.mid").symlink_to("/dev/zero")
    assert in_time(tmp_path / "zero.mid") == "zero.mid cannot be read: not a regular file."


def test_a_giant_with_holes_is_refused_by_its_size(tmp_path):
    with open(tmp_path / "giant.mid", "wb") as giant:
        giant.write(single_track(ONE_NOTE))
        giant.truncate(2**40)
    sentence = "giant.mid is too large for a piece: more than 20 MB."
    assert in_time(tmp_path / "giant.mid") == sentence


def test_bytes_are_bounded_as_a_file_is():
    assert "too large" in refused(bombs.single_track(ONE_NOTE) + bytes(MOST_BYTES))


@pytest.mark.slow
def test_no_sentence_names_a_folder(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "song.mid").write_bytes(bombs.ALL["tempos"]())
    (secret / "text.mid").write_text("no music")
    (secret / "cut.mid").write_bytes(single_track(ONE_NOTE)[:25])
    (secret / "big.mid").write_bytes(bytes(MOST_BYTES + 1))
    for path in (*secret.iterdir(), secret / "missing.mid", secret):
        sentence = refused(path)
        assert sentence.startswith(f"{Path(path).name} ")
        assert str(tmp_path) not in sentence and "/" not in sentence
