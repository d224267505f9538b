"""MIDI files that cannot be used, or are too long: refused in a sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music.midi import MAX_MINUTES, MOST_BEATS, MidiError, check_length, dump, read
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from tests.fadernets.music import midi_bytes as mb
from tests.fadernets.music.midi_messages import ONE, file, off, on, refused, tempo


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not a MIDI file but empty: save it"),
        (b"MThd", "is not a MIDI file that can be read: it ends within its first bytes"),
        (b"RIFF\4\0\0\0WAVEfmt ", "is not a MIDI file but sound: take the MIDI file"),
        (b"ID3\3 and a song", "is not a MIDI file but sound: "),
        (b"\0\0\0\x20ftypM4A ", "is not a MIDI file but sound: "),
        (b"%PDF-1.7", "is not a MIDI file but a picture or pages: have a program read the music"),
        (b"PK\3\4 score.mxl", "is not a MIDI file but a ZIP archive: unpack it"),
        (
            b'<?xml version="1.0"?>\n<score-partwise version="4.0">',
            "is not a MIDI file but a score: export it as MIDI from the program that wrote it.",
        ),
        (b"\xef\xbb\xbf<Ableton>", "is not a MIDI file but a text: a project or score is exported"),
        (b"RIFF" + ONE[4:], "is not a MIDI file"),
        (ONE[:9] + b"\3" + ONE[10:], "is of a MIDI format that does not exist: 3"),
        (b"no music at all, but quite a few letters", "is not a MIDI file."),
        (ONE[:20], "is damaged or cut short"),
        (ONE[:12] + bytes([0xE7, 0x28]) + ONE[14:], "counts time in SMPTE frames"),
        (ONE[:12] + bytes([0, 0]) + ONE[14:], "its beats have no length"),
        (file([(0, tempo(500_000))]), "has no notes."),
        (file(), "has no notes."),
        (file([(0, on(40, channel=9)), (9, off(40, 9))]), "has only drums"),
        (file([(0, on(20)), (9, off(20)), (9, on(109)), (99, off(109))]), "range of a piano"),
        (file([(0, on(60)), (MOST_BEATS + 1, off(60))], tpq=1), "impossible times"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(data, reason, tmp_path):
    assert reason in refused(data)
    path = tmp_path / "song.mid"
    path.write_bytes(data)
    sentence = refused(path)
    assert reason in sentence and sentence.startswith("song.mid ")
    assert refused(str(path)) == sentence


def test_what_cannot_be_opened_is_refused_in_a_sentence(tmp_path):
    assert refused(tmp_path / "nothing.mid").endswith("cannot be read: no such file or directory.")
    assert refused(tmp_path).endswith("cannot be read: is a directory.")


def test_a_huge_file_is_refused_unread(tmp_path):
    with open(tmp_path / "huge.mid", "wb") as huge:
        huge.write(ONE)
        huge.truncate(10**9)
    assert "too large" in refused(tmp_path / "huge.mid")


BASE = dump(
    Piece(
        notes=Notes.of(*zip(*[(k / 2, k / 2 + 1, 50 + k, 60 + k) for k in range(16)], strict=True)),
        pedal=np.array([(k + 0.5, k + 1.25) for k in range(8)]),
        tempo=np.array([(0, 100.0), (2, 120), (5, 90)]),
        meter=np.array([(0, 4, 4), (4, 3, 4)]),
        length=9.0,
    )
)


@given(st.data())
def test_whatever_the_bytes_only_a_midi_error_comes_out(data):
    bytes_ = bytearray(data.draw(st.sampled_from([BASE, mb.riff(BASE)])))
    places = st.integers(8, len(bytes_) - 1)
    values = st.one_of(st.integers(0, 255), st.sampled_from([0, 127, 128, 144, 176, 240, 255]))
    for place, value in data.draw(st.lists(st.tuples(places, values), max_size=8)):
        bytes_[place] = value
    end = data.draw(st.one_of(st.just(len(bytes_)), st.integers(0, len(bytes_))))
    try:
        piece = read(bytes(bytes_[:end]))
    except MidiError:
        return
    assert len(piece.notes) and np.isfinite(piece.duration)
    assert len(segments(piece)) <= MOST_BEATS / 4
    read(dump(piece, tail=2.0))  # what was read can be written


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data):
    refused(data)
    refused(ONE[:14] + data)


def lasting(minutes):
    return read(file([(0, on(60)), (round(minutes * 120 * 480), off(60))]))


def test_the_limits_of_length():
    check_length(lasting(MAX_MINUTES))
    with pytest.raises(MidiError, match="lasts 30.5 minutes, longer than the limit of 30"):
        check_length(lasting(MAX_MINUTES + 0.5))
    check_length(lasting(31), most_minutes=60)
    check_length(lasting(0.1 / 120))
    check_length(lasting(3.9 / 120), least_beats=4)  # the last note is let go a little early
    with pytest.raises(MidiError, match="lasts 3.0 beats, shorter than one segment of 4"):
        check_length(lasting(3 / 120), least_beats=4)


def test_the_limit_of_beats():
    """Half an hour that is counted as ever so many beats is ever so much work."""
    fast = [(0, tempo(150_000)), (0, on(60))]
    check_length(read(file([*fast, (9_600 * 480, off(60))])))
    with pytest.raises(MidiError, match="has 9,700 beats, more than the limit of 9,600"):
        check_length(read(file([*fast, (9_700 * 480, off(60))])))
