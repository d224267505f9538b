"""Kinds of files that people have, each made here: what of them stays when notes change."""

from dataclasses import replace

import numpy as np
import pytest

from fadernets.music.midi import MidiError, file_bytes, parts_of, read
from fadernets.music.notes import BEATS, Notes
from fadernets.music.segments import segments
from fadernets.music.stitching import stitch
from tests.fadernets.music import midi_bytes as mb

SPAN = 1  # the segment that is changed
HEAD = mb.track(
    (0, mb.meta(0x51, (600_000).to_bytes(3, "big"))),
    (0, mb.meta(0x58, b"\4\2\x18\x08")),
)


def right(*more, **kind):
    return mb.track(*[e for e in mb.music() if e[1][1] >= 72], *more, **kind)


def left():
    return mb.track(*[e for e in mb.music() if e[1][1] < 72])


def pedals(number, values, every):
    return [(k * every, mb.control(number, value)) for k, value in enumerate(values)]


def words():
    texts = [(0, 3, "Ständchen"), (0, 2, "© Müller"), (480, 5, "lä"), (960, 6, "Übergang")]
    return mb.track(*[(at, mb.meta(kind, text.encode("latin-1"))) for at, kind, text in texts])


def band():
    drums = [e for k in range(32) for e in mb.note(k * 240, k * 240 + 100, 36 + k % 3, 90, 9)]
    strings = [(0, mb.program(48, 2)), *mb.note(0, 7000, 60, 40, 2)]
    bass = [(0, mb.program(33, 3)), (10, b"\xe3\0\x50"), *mb.note(0, 7000, 36, 80, 3)]
    names = ("Piano", "Drums", "Strings", "Bass")
    rows = ([(0, mb.program(0)), *mb.music()], drums, strings, bass)
    tracks = zip(names, rows, strict=True)
    return mb.file(HEAD, *[mb.track((0, mb.meta(3, n.encode())), *r) for n, r in tracks])


FILES = {
    "pedal": mb.file(HEAD, right(*pedals(64, [127, 0] * 8, 480)), left()),
    "half pedal": mb.file(HEAD, right(*pedals(64, [k % 128 for k in range(768)], 10)), left()),
    "soft and sostenuto": mb.file(
        HEAD, right(*pedals(67, [127, 0] * 8, 450), *pedals(66, [127, 0] * 8, 470)), left()
    ),
    "release velocities": mb.file(mb.track(*mb.music()), kind=0),
    "key signatures": mb.file(
        HEAD,
        mb.track((0, mb.meta(0x59, b"\xfd\1")), (2400, mb.meta(0x59, b"\4\0"))),
        right(),
        left(),
    ),
    "texts in Latin-1": mb.file(HEAD, words(), right(), left()),
    "electric piano": mb.file(
        HEAD,
        right((0, mb.program(4)), (0, mb.control(7, 90)), *pedals(11, range(60, 100), 100)),
        left(),
    ),
    "band": band(),
    "a loop": mb.file(mb.track(*mb.music(14), end=16 * 480), kind=0),
    "SysEx and unknown events": mb.file(
        mb.track(
            *mb.music(),
            (0, b"\xf0\5ABCD\xf7"),
            (2000, mb.meta(0x7F, b"mine")),
            (2100, b"\xf7\1\xfe"),
        ),
        kind=0,
    ),
    "port, channel prefix, aftertouch": mb.file(
        mb.track(
            *mb.music(),
            (0, mb.meta(0x21, b"\0")),
            (0, mb.meta(0x20, b"\0")),
            (900, b"\xa0\x30\x10"),
        ),
        kind=0,
    ),
    "foreign chunks": mb.file(HEAD, right(), left())[: -0 or None] + b"XFKM\0\0\0\2ab",
}


def edited(data, parts=None):
    """The file with some notes of the segment gone, some shorter, and two new."""
    piece = read(data, parts)
    own = segments(piece)[SPAN].notes
    assert len(own) > 6
    offset = own.offset.copy()
    offset[1::4] = (own.onset + 0.1)[1::4]
    rest = Notes(own.onset, offset, own.pitch, own.velocity)[np.arange(len(own)) % 3 > 0]
    new = zip((1.3, 1.6, 33, 50), (2.7, 3.0, 90, 60), strict=True)
    both = zip((rest.onset, rest.offset, rest.pitch, rest.velocity), new, strict=True)
    return file_bytes(stitch(piece, {SPAN: Notes.of(*([*a, *b] for a, b in both))}))


@pytest.mark.parametrize("kind", FILES)
def test_all_but_notes_of_the_span_stays(kind):
    data = FILES[kind]
    output = edited(data)
    assert output != data
    assert mb.others(output) == mb.others(data)  # ends of tracks are among them
    inside = SPAN * BEATS * 480 - 6, (SPAN + 1) * BEATS * 480 - 6
    before, after = (
        [row for row in mb.notes_of(d) if not inside[0] <= row[2] < inside[1]]
        for d in (data, output)
    )
    assert after == before
    changed = {row[:2] for row in set(mb.notes_of(output)) ^ set(mb.notes_of(data))}
    assert changed <= {(part.track, part.channel) for part in parts_of(data) if part.is_piano}
    assert read(output).length == read(data).length
    assert file_bytes(read(output)) == output


@pytest.mark.parametrize("kind", FILES)
def test_without_a_change_it_is_the_same_bytes(kind):
    piece = read(FILES[kind])
    assert file_bytes(piece) == FILES[kind]
    assert piece.original.damage == ()


def test_a_half_pedal_counts_by_its_threshold_and_stays_as_it_is():
    piece = read(FILES["half pedal"])
    assert len(piece.pedal) == 6
    moves = [event for _, event in mb.events(edited(FILES["half pedal"]))[1] if event[0] == 0xB0]
    assert [event[2] for event in moves] == [k % 128 for k in range(768)]


def test_a_band_shows_its_piano_and_other_tracks_when_they_are_chosen():
    labels = [part.label for part in parts_of(FILES["band"])]
    assert labels == ["Piano", "Drums", "Strings", "Bass"]
    piece = read(FILES["band"])
    assert len(piece.notes) == len(read(FILES["release velocities"]).notes)
    assert piece.notices == ("Drums, Strings, Bass stay as they are.",)
    assert set(read(FILES["band"], [2, 3]).notes.pitch.tolist()) == {36, 60}
    assert set(read(FILES["band"], [1]).notes.pitch.tolist()) == {36, 37, 38}
    with pytest.raises(MidiError, match="has no such track: it has 4 with notes"):
        read(FILES["band"], [4])


def test_keys_down_when_recording_stops_end_with_the_track():
    held = [(14 * 480, mb.on(pitch, 80)) for pitch in (41, 43, 45)]
    data = mb.file(mb.track(*mb.music(14), *held, end=16 * 480), kind=0)
    piece = read(data)
    last = piece.notes[-3:]
    assert last.pitch.tolist() == [41, 43, 45] and (last.offset == 16).all()
    assert piece.length == 16
    output = edited(data)
    assert [row for row in mb.notes_of(output) if row[6] == b""] == [
        row for row in mb.notes_of(data) if row[6] == b""
    ]
    shorter = segments(piece)[3].notes
    shorter = Notes(shorter.onset, np.minimum(shorter.offset, 3), shorter.pitch, shorter.velocity)
    output = file_bytes(stitch(piece, {3: shorter}))
    assert {row[3] for row in mb.notes_of(output) if row[4] in (41, 43, 45)} == {15 * 480}
    assert mb.others(output) == mb.others(data)


def test_a_key_struck_twice_and_released_once_does_not_hang():
    rows = [*mb.music(8), (480, mb.on(90)), (600, mb.on(90)), (700, mb.off(90))]
    piece = read(mb.file(mb.track(*rows), kind=0))
    twice = piece.notes[piece.notes.pitch == 90]
    assert (twice.offset * 480).round().tolist() == [600, 700]


def test_a_unison_of_a_loud_short_and_a_soft_long_note_keeps_its_attack():
    loud = mb.track(*[e for k in range(16) for e in mb.note(k * 480, k * 480 + 200, 60, 110)])
    soft = mb.track(*[e for k in range(16) for e in mb.note(k * 480, k * 480 + 470, 60, 40, 1)])
    data = mb.file(HEAD, loud, soft)
    piece = read(data)
    assert set(piece.notes.velocity.tolist()) == {110}
    assert np.allclose(piece.notes.offset - piece.notes.onset, 470 / 480)
    own = segments(piece)[SPAN].notes
    shorter_file = file_bytes(stitch(piece, {SPAN: own[1:]}))
    removed = set(mb.notes_of(data)) - set(mb.notes_of(shorter_file))
    assert {row[2:6] for row in removed} == {(1920, 2120, 60, 110), (1920, 2390, 60, 40)}
    assert set(mb.notes_of(shorter_file)) < set(mb.notes_of(data))


def test_notes_beyond_the_keyboard_stay_and_are_said():
    beyond = [e for k in range(72) for e in mb.note(k * 100, k * 100 + 50, (5, 120)[k % 2])]
    data = mb.file(mb.track(*mb.music(), *beyond), kind=0)
    piece = read(data)
    sentence = "72 notes beyond the keys of a piano stay as they are, below A0 or above C8."
    assert piece.notices == (sentence,)
    rows = [row for row in mb.notes_of(data) if row[4] in (5, 120)]
    assert [row for row in mb.notes_of(edited(data)) if row[4] in (5, 120)] == rows


def test_a_piano_on_the_channel_of_drums_is_offered():
    data = mb.file(mb.track((0, mb.program(0, 9)), *mb.music(channel=9)), kind=0)
    piece = read(data)
    assert piece.notices == ("Channel 10, where drums usually are, was taken for a piano's.",)
    assert mb.others(edited(data)) == mb.others(data)
    tune = [e for k in range(32) for e in mb.note(k * 480, k * 480 + 400, 60 + k * 5 % 24, 90, 9)]
    piece = read(mb.file(mb.track(*tune), kind=0))
    for begin in range(0, 32, 4):  # a few beats of it, opened again
        assert len(read(file_bytes(piece, (begin, begin + 4))).notes) == 4
    groove = [
        e for k in range(64) for e in mb.note(k * 120, k * 120 + 50, (36, 38, 42, 46)[k % 4], 90, 9)
    ]
    drums = mb.file(mb.track(*groove), kind=0)
    with pytest.raises(MidiError, match="has only drums"):
        read(drums)
    assert len(read(drums, [0]).notes) == 64
    keys = (36, 38, 41, 45, 48, 49)
    fill = [e for k in range(16) for e in mb.note(k * 60, k * 60 + 50, keys[k % 6], 90, 9)]
    with pytest.raises(MidiError, match="has only drums"):
        read(mb.file(mb.track(*fill), kind=0))


def test_of_tracks_in_different_meters_each_has_its_own():
    """A drummer's 3/4 against a piano's 4/4 bars nobody else's music."""
    signs = [(0, mb.meta(0x58, bytes([top, 2, 24, 8]))) for top in (4, 2, 3)]
    drums = mb.track(signs[2], *mb.note(0, 960, 36, channel=9))
    waltz = mb.track(signs[2], *mb.note(0, 5760, 48, channel=1))
    plain = mb.track(*mb.note(0, 5760, 60, channel=2))
    conductor = mb.track(signs[0], (960, signs[1][1]))
    data = mb.file(conductor, plain, waltz, drums)
    meters = [read(data, parts=[part]).meter[:, 1].tolist() for part in (0, 1)]
    assert meters == [[4, 2], [3, 2]]
    without = mb.file(plain, drums)  # where nobody else says one, anybody's is better than none
    assert read(without, parts=[0]).meter.tolist() == [[0, 3, 4]]


def test_several_pieces_in_one_file_are_refused():
    data = mb.file(mb.track(*mb.music()), mb.track(*mb.music()), kind=2)
    with pytest.raises(MidiError, match="holds independent pieces .* save them one by one"):
        read(data)


@pytest.mark.parametrize("odd", [b"", b"\0"])
def test_a_file_in_riff_is_opened_and_stays_in_it(odd):
    plain = mb.file(mb.track(*mb.music(), (0, mb.meta(1, b"even" + odd))), kind=0)
    data = mb.riff(plain)
    assert list(read(data).notes) == list(read(plain).notes)
    output = edited(data)
    assert output == mb.riff(edited(plain))
    assert int.from_bytes(output[4:8], "little") == len(output) - 8


@pytest.mark.parametrize("declared", [0, 1])
def test_tracks_that_the_head_does_not_count_are_read_and_saved_with_a_right_count(declared):
    whole = mb.file(right(), left())
    data = whole[:10] + declared.to_bytes(2, "big") + whole[12:]
    piece = read(data)
    assert list(piece.notes) == list(read(whole).notes)
    sentence = "the MIDI data has more tracks than it says: it was opened as far as it goes."
    assert piece.original.damage == (sentence,)
    assert file_bytes(piece) == data
    saved = file_bytes(replace(piece, notes=piece.notes[1:]))
    assert read(saved).original.damage == ()
    assert len(read(saved).notes) == len(piece.notes) - 1


def test_pieces_that_the_head_does_not_count_are_still_independent():
    whole = mb.file(right(), left(), kind=2)
    with pytest.raises(MidiError, match="independent pieces"):
        read(whole[:10] + b"\0\1" + whole[12:])


LENGTHS = {"too long": 7, "far too long": 10**6, "too short": -20, "none": -(10**9)}


@pytest.mark.parametrize("by", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("which", [0, 1])
def test_a_track_of_a_wrong_length_is_read_to_its_end(by, which):
    tracks = [right(), left()]
    whole = mb.file(*tracks)
    length = int.from_bytes(tracks[which][4:8], "big")
    wrong = max(0, length + by).to_bytes(4, "big")
    tracks[which] = tracks[which][:4] + wrong + tracks[which][8:]
    data = mb.file(*tracks)
    piece = read(data)
    assert list(piece.notes) == list(read(whole).notes)
    sentence = "the MIDI data has a track of a wrong length: it was opened as far as it goes."
    assert piece.original.damage == (sentence,)
    assert file_bytes(piece) == data
    assert edited(data) == edited(whole)  # what is written is whole


@pytest.mark.parametrize("missing", [1, 3, 4, 5, 50, 300])
def test_a_file_cut_short_is_read_as_far_as_it_goes(missing):
    whole = mb.file(mb.track(*mb.music()), kind=0)
    data = whole[:-missing]
    piece, entire = read(data), read(whole)
    assert piece.original.damage == (
        "the MIDI data is cut short: it was opened as far as it goes.",
    )
    count = len(piece.notes)
    assert len(entire.notes) - count <= missing // 4
    wrapped = read(mb.riff(whole)[:-missing])  # a byte may be padding
    assert entire.notes[: len(wrapped.notes)].pitch.tolist() == wrapped.notes.pitch.tolist()
    assert len(entire.notes) - len(wrapped.notes) <= missing // 4
    assert np.array_equal(piece.notes.onset, entire.notes.onset[:count])
    assert file_bytes(piece) == data
    output = edited(data)
    assert read(output).original.damage == ()
    assert [e for e in mb.others(output)[0] if e[1][:2] != b"\xff\x2f"] == [
        e for e in mb.others(data)[0] if e[1][:2] != b"\xff\x2f"
    ]


def test_a_track_that_is_missing_is_said():
    data = mb.file(right(), left())
    data = data[: -len(left())]
    assert "is cut short" in read(data).original.damage[0]


def test_a_byte_that_makes_no_sense_ends_its_track_with_a_warning():
    whole = mb.file(mb.track(*mb.music()), mb.track(*mb.note(0, 480, 60, channel=1)))
    place = whole.index(mb.on(72, 70), 300)
    data = whole[: place + 1] + b"\xf4" + whole[place + 2 :]
    piece = read(data)
    assert "is damaged" in piece.original.damage[0]
    assert 0 < len(piece.notes) < len(read(whole).notes)
    assert file_bytes(piece) == data
