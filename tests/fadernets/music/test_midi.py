import io
import struct
import warnings

import mido
import numpy as np
import pretty_midi
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fadernets.music.midi import dump, read
from fadernets.music.midifile.maps import merged
from fadernets.music.midifile.new import RESOLUTION
from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes, struck_once
from tests.fadernets.music.generated import pieces, rows
from tests.fadernets.music.midi_messages import ONE, file, off, on, pedal, tempo


def test_times_are_beats_whatever_the_resolution():
    for tpq in (1, 24, 96, 220, 384, 480, 1024, 32767):
        piece = read(file([(tpq, on(60, 99)), (3 * tpq, off(60))], tpq=tpq))
        assert rows(piece.notes) == [(1, 3, 60, 99)]
        assert piece.length == 3


def test_a_file_without_tempo_or_meter_has_the_defaults():
    piece = read(ONE)
    assert piece.tempo.tolist() == [[0, 120]]
    assert piece.meter.tolist() == [[0, 4, 4]]
    assert piece.pedal.shape == (0, 2)


def test_maps_begin_at_beat_0_and_the_later_of_two_at_a_beat_counts():
    head = [
        (960, tempo(600_000)),
        (960, tempo(400_000)),
        (480, mido.MetaMessage("time_signature", numerator=3, denominator=8)),
        (99_999, tempo(100_000)),
    ]
    piece = read(file(head, [(0, on(60)), (1920, off(60))]))
    assert piece.tempo.tolist() == [[0, 120], [2, 150]]  # past the end nothing counts
    assert piece.meter.tolist() == [[0, 4, 4], [1, 3, 8]]


def test_a_piece_lasts_until_the_last_event_of_its_tracks():
    late = [(960, mido.Message("control_change", control=7, value=100))]
    head = [(4800, tempo(400_000))]
    drums = [(0, on(40, channel=9)), (4800, off(40, channel=9))]
    assert read(file(head, [(0, on(60)), (480, off(60)), *late], drums)).length == 2
    assert read(file(head, [(0, on(60)), (480, off(60))], drums)).length == 1


def test_all_tracks_but_drums_are_merged_within_the_range_of_a_piano():
    piece = read(
        file(
            [(0, on(60)), (480, off(60)), (0, on(LOWEST_PITCH - 1)), (9, off(LOWEST_PITCH - 1))],
            [(240, on(HIGHEST_PITCH, channel=1)), (480, off(HIGHEST_PITCH, channel=1))],
            [(0, on(HIGHEST_PITCH + 1)), (480, off(HIGHEST_PITCH + 1))],
            [(0, on(40, channel=9)), (480, off(40, channel=9)), (0, pedal(127, channel=9))],
        )
    )
    assert rows(piece.notes) == [(0, 1, 60, 64), (0.5, 1, 108, 64)]
    assert len(piece.pedal) == 0


def test_a_key_struck_twice_at_once_or_while_down_is_one_string():
    piece = read(
        file(
            [(0, on(60, 90)), (480, off(60)), (960, on(60, 1)), (1440, off(60))],
            [(0, on(60, 30, 1)), (1920, off(60, 1)), (0, on(61, 30, 1)), (480, off(61, 1))],
            [(0, on(61, 70, 2)), (480, off(61, 2))],
        )
    )
    assert rows(piece.notes) == [(0, 2, 60, 90), (0, 1, 61, 70), (2, 3, 60, 1)]


def test_a_note_released_as_it_is_struck_lasts_a_tick():
    piece = read(file([(0, on(60)), (0, off(60)), (480, on(62)), (960, off(62))]))
    assert rows(piece.notes) == [(0, round(1 / 480, 6), 60, 64), (1, 2, 62, 64)]


def test_the_pedal_is_down_from_64_and_closes_with_the_file():
    moves = [
        (0, pedal(63)),
        (100, pedal(64)),
        (200, pedal(127)),
        (240, pedal(63)),
        (360, pedal(90)),
    ]
    piece = read(file([*moves, (0, on(60)), (480, off(60))]))
    assert np.allclose(piece.pedal * 480, [(100, 240), (360, 480)])


@pytest.mark.parametrize("channel", [0, 1, 15])
def test_a_pedal_first_lifted_was_not_down_before(channel):
    moves = [(240, pedal(0, channel)), (480, pedal(100, channel)), (960, pedal(0, channel))]
    piece = read(file([(0, on(60, 64, channel)), (960, off(60, channel)), *moves]))
    assert piece.pedal.tolist() == [[1, 2]]


def test_pedals_of_several_channels_are_one():
    first_channel = [(0, pedal(127)), (480, pedal(0)), (0, on(60)), (9, off(60))]
    second_channel = [
        (240, pedal(127, 1)),
        (960, pedal(0, 1)),
        (960, pedal(127, 1)),
        (1200, pedal(0, 1)),
    ]
    piece = read(file(first_channel, [*second_channel, (0, on(64, 64, 1)), (9, off(64, 1))]))
    assert piece.pedal.tolist() == [[0, 2], [2, 2.5]]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8))))
def test_merged_presses_cover_what_the_presses_cover(presses):
    presses = np.array([(down, down + long) for down, long in presses], float).reshape(-1, 2)
    result = merged(presses)
    assert (result[:, 1] > result[:, 0]).all() and (result[1:, 0] >= result[:-1, 1]).all()
    for instant in np.arange(0.25, 40, 0.5):
        inside = ((presses[:, 0] < instant) & (instant < presses[:, 1])).any()
        assert inside == ((result[:, 0] < instant) & (instant < result[:, 1])).any()


def test_running_status_is_read():
    events = bytes.fromhex("00 90 3c 40  60 3c 00  00 3e 50  60 3e 00  00 ff 2f 00")
    data = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(events))
    assert rows(read(data + events).notes) == [(0, 1, 60, 64), (1, 2, 62, 80)]


def test_foreign_chunks_and_padding_are_skipped():
    chunk = b"XFIH" + struct.pack(">I", 4) + b"abcd"
    assert rows(read(ONE[:14] + chunk + ONE[14:] + bytes(7)).notes) == rows(read(ONE).notes)


@st.composite
def files(draw):
    """Files of several tracks, their channels, any resolution, tempo changes and pedals."""
    tpq = draw(st.integers(1, 2000))
    tick = st.integers(0, 16 * tpq)
    changes = draw(st.dictionaries(tick, st.integers(200_000, 2_000_000), max_size=5))
    tracks = [[(at_tick, tempo(microseconds)) for at_tick, microseconds in changes.items()]]
    for channel in draw(st.lists(st.integers(0, 15), min_size=1, max_size=4, unique=True)):
        events = []
        for pitch in draw(st.lists(st.integers(15, 115), max_size=4, unique=True)):
            edges = sorted(draw(st.sets(tick, min_size=2, max_size=8)))
            for down, up in zip(edges[::2], edges[1::2], strict=False):
                events += [(down, on(pitch, draw(st.integers(1, 127)), channel))]
                events += [(up, off(pitch, channel))]
        moves = draw(st.dictionaries(tick, st.integers(0, 127), max_size=6))
        tracks.append(
            events + [(at_tick, pedal(value, channel)) for at_tick, value in moves.items()]
        )
    return file(*tracks, tpq=tpq)


def by_pretty_midi(data):
    """Notes in seconds, and a function of seconds: is a pedal down?"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        score = pretty_midi.PrettyMIDI(io.BytesIO(data))
    instruments = [i for i in score.instruments if not i.is_drum and i.notes]
    note_rows = [
        (note.start, note.end, note.pitch, note.velocity)
        for instrument in instruments
        for note in instrument.notes
        if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH
    ]

    def down(seconds):
        for instrument in instruments:
            moves = [c for c in instrument.control_changes if c.number == 64 and c.time < seconds]
            if moves and moves[-1].value >= 64:
                return True
        return False

    return struck_once(
        Notes.of(*zip(*note_rows, strict=True))
    ) if note_rows else Notes.empty(), down


@pytest.mark.slow
@given(files())
def test_pretty_midi_reads_the_same(data):
    notes, down = by_pretty_midi(data)
    assume(len(notes))
    piece = read(data)
    assert np.array_equal(piece.notes.pitch, notes.pitch)
    assert np.array_equal(piece.notes.velocity, notes.velocity)
    assert np.allclose(piece.seconds(piece.notes.onset), notes.onset, atol=1e-6)
    assert np.allclose(piece.seconds(piece.notes.offset), notes.offset, atol=1e-6)
    presses = piece.seconds(piece.pedal)
    instants = np.linspace(0, piece.duration, 50)[1:-1]
    instants = instants[~np.isclose(instants[:, None], presses.ravel(), atol=1e-5).any(axis=1)]
    for instant in instants:
        assert ((presses[:, 0] < instant) & (instant < presses[:, 1])).any() == down(instant)


@pytest.mark.slow
@given(pieces())
def test_what_is_written_reads_as_it_was(piece):
    reread = read(dump(piece))
    assert rows(reread.notes) == rows(piece.notes)
    assert np.allclose(reread.pedal, piece.pedal)
    assert np.allclose(reread.tempo, piece.tempo)
    assert np.array_equal(reread.meter, piece.meter)
    assert reread.length == pytest.approx(piece.length)
    assert dump(reread) == dump(piece)


@pytest.mark.slow
@given(pieces())
def test_pretty_midi_finds_what_is_written_at_its_seconds(piece):
    notes, down = by_pretty_midi(dump(piece))
    assert np.array_equal(notes.pitch, piece.notes.pitch)
    assert np.array_equal(notes.velocity, piece.notes.velocity)
    assert np.allclose(notes.onset, piece.seconds(piece.notes.onset), atol=1e-4)
    assert np.allclose(notes.offset, piece.seconds(piece.notes.offset), atol=1e-4)
    for press, lift in piece.seconds(piece.pedal):
        assert down((press + lift) / 2)
    for lift, press in zip(piece.pedal[:-1, 1], piece.pedal[1:, 0], strict=True):
        assert lift == press or not down(piece.seconds((lift + press) / 2))


def test_a_file_of_another_resolution_is_written_within_half_a_tick():
    events = [(7 * k + d, (on, off)[d > 0](60 + k % 5)) for k in range(100) for d in (0, 5)]
    piece = read(file(events, tpq=1024))
    reread = read(dump(piece))
    half = 0.5 / RESOLUTION + 1e-9
    assert np.abs(reread.notes.onset - piece.notes.onset).max() <= half
    assert len(reread.notes) == len(piece.notes) == 100


def test_the_tail_is_seconds_of_silence_after_the_end():
    piece = read(file([(0, tempo(250_000))], [(0, on(60)), (480, off(60)), (9, pedal(127))]))
    assert mido.MidiFile(file=io.BytesIO(dump(piece))).length == pytest.approx(0.25, abs=0.01)
    data = dump(piece, tail=2.0)
    assert mido.MidiFile(file=io.BytesIO(data)).length == pytest.approx(2.25, abs=0.01)
    assert np.allclose(read(data).pedal, [(9 / 480, 1)])


def test_a_press_shorter_than_a_tick_does_not_stick():
    piece = read(file([(0, on(60)), (4000, off(60)), (10, pedal(127)), (11, pedal(0))], tpq=4000))
    assert len(piece.pedal) == 1 and len(read(dump(piece)).pedal) == 0
