"""The tempo of a piece is multiplied, and nothing else of it or of its file is another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fadernets.expression.tempo import Tempo
from fadernets.music import midi
from fadernets.music.midi import MidiError
from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.tracks import META, TEMPO
from fadernets.music.notes import Notes
from tests.fadernets import tiny
from tests.fadernets.music import midi_bytes as mb

NONE = Notes.empty()
EDGES = np.array([0.0, 4.0, 8.0])


def tempo_mark(qpm: float) -> bytes:
    return mb.meta(TEMPO, round(6e7 / qpm).to_bytes(3, "big"))


def others(data: bytes) -> list[list[tuple[int, bytes]]]:
    """All events but marks of tempo."""
    mark = bytes([META, TEMPO])
    return [[row for row in rows if row[1][:2] != mark] for rows in mb.events(data)]


def test_the_map_is_multiplied_part_by_part():
    piece = tiny.piece(tiny.bars(2), tempo=((0, 120), (6, 60)))
    twice = Tempo().played(piece, EDGES, np.array([1.0, 0.0]), NONE)
    assert twice.tempo.tolist() == [[0, 240], [4, 120], [6, 60]]
    half = Tempo().played(piece, EDGES, np.array([0.0, -1.0]), NONE)
    assert half.tempo.tolist() == [[0, 120], [4, 60], [6, 30]]
    assert Tempo().played(piece, EDGES, np.zeros(2), NONE) is piece
    assert piece.seconds(8.0) == 5.0 and twice.seconds(8.0) == 4.0 and half.seconds(8.0) == 8.0
    assert Tempo().value(half, 0.0, 8.0) == 60.0 and Tempo().text(piece, 0.0, 4.0) == "120"


def test_a_tempo_that_no_file_can_have_is_the_nearest_that_one_can():
    piece = tiny.piece(tiny.bars(2), tempo=((0, 4.0),))
    slowest = Tempo().played(piece, EDGES, np.full(2, -1.0), NONE)
    assert slowest.tempo.tolist() == [[0.0, 6e7 / (2**24 - 1)]]


def test_marks_of_the_file_change_and_no_other_byte_does():
    head = mb.track((0, mb.meta(3, b"head")), (0, tempo_mark(100)), (960, tempo_mark(50)))
    data = mb.file(head, mb.track(*mb.music(8), running=True))
    piece = midi.read(data)
    faster = Tempo().played(piece, EDGES, np.array([0.0, 1.0]), NONE)
    written = midi.file_bytes(faster)
    assert mb.events(written)[0] == [
        (0, mb.meta(3, b"head")),
        (0, tempo_mark(100)),
        (960, tempo_mark(50)),
        (1920, tempo_mark(100)),
        *mb.events(data)[0][3:-1],
        (1920, mb.events(data)[0][-1][1]),
    ]
    file, before = (MidiFile.parse(each, "it") for each in (written, data))
    assert file.data[file.tracks[1].head :] == before.data[before.tracks[1].head :]


def test_a_mark_in_the_midst_of_notes_ends_running_status():
    data = mb.file(mb.track(*mb.music(8), running=True), kind=0)
    piece = midi.read(data)
    written = midi.file_bytes(Tempo().played(piece, EDGES, np.array([0.0, 1.0]), NONE))
    (track,) = MidiFile.parse(written, "it").tracks
    mark, _ = MidiFile.parse(written, "it").metas(track, TEMPO)[-1]
    assert written[int(track.body[mark + 1])] >= 0x80
    assert others(written) == others(data)


@pytest.mark.slow
@given(mb.files(), st.lists(st.floats(-1, 1), min_size=2, max_size=2))
def test_any_file_is_read_again_with_the_tempo_that_was_written(data, octaves):
    try:
        piece = midi.read(data)
    except MidiError:
        assume(False)
    edges = np.array([0.0, piece.length / 2, piece.length])
    moved = Tempo().played(piece, edges, np.array(octaves), NONE)
    written = midi.file_bytes(moved)
    again = midi.read(written, piece.original.parts)
    division = MidiFile.parse(data, "it").division
    beats = np.linspace(0, piece.length, 9)
    slack = 2 * 60 / division / moved.tempo[:, 1].min()  # the border may lie between two ticks
    assert np.allclose(again.seconds(beats), moved.seconds(beats), atol=slack)
    assert list(again.notes) == list(piece.notes)
