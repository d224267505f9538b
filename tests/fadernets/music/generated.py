"""Pieces for property tests."""

import numpy as np
from hypothesis import strategies as st

from fadernets.music.midifile.maps import merged
from fadernets.music.notes import Notes, struck_once
from fadernets.music.piece import Piece

GRID = 480  # ticks of a beat: what files written have, so that nothing is lost in them


def ticks(low, high):
    """Beats on the grid; often on a whole beat, where segments and presses meet."""
    anywhere = st.integers(round(low * GRID), round(high * GRID))
    on_grid = st.integers(int(np.ceil(low)), int(high)).map(lambda beat: beat * GRID)
    return st.one_of(anywhere, on_grid).map(lambda tick: tick / GRID)


@st.composite
def notes(draw, beats, max_count=30):
    """Notes as one string per key can play them, all within `beats`; few pitches, many meetings."""
    rows = draw(
        st.lists(
            st.tuples(
                ticks(0, beats - 1 / 16),
                st.one_of(ticks(1 / GRID, 1), ticks(1, beats)),
                st.sampled_from([21, 48, 60, 61, 64, 108]),
                st.integers(1, 127),
            ),
            max_size=max_count,
        )
    )
    if not rows:
        return Notes.empty()
    onset, length, pitch, velocity = np.array(rows).T
    offset = np.minimum(onset + length, beats)
    return struck_once(Notes.of(onset, offset, pitch.astype(int), velocity.astype(int)))


@st.composite
def pieces(draw, most_beats=24):
    """Pieces of 1 to `most_beats` beats with at least one note."""
    length = draw(ticks(1, most_beats))
    piece_notes = draw(notes(length).filter(len))
    presses = draw(st.lists(st.tuples(ticks(0, length), ticks(0, 6)), max_size=8))
    pedal = np.array([(down, min(down + long, length)) for down, long in presses]).reshape(-1, 2)
    tempo = draw(st.lists(st.tuples(ticks(0, length), st.integers(200_000, 2_000_000)), max_size=4))
    tempo = dict(sorted([(0.0, 500_000), *tempo], key=lambda row: row[0]))
    meter = draw(
        st.lists(
            st.tuples(ticks(0, length), st.integers(1, 12), st.sampled_from([2, 4, 8, 16])),
            max_size=3,
        )
    )
    meter = dict(
        sorted([(0.0, (4, 4)), *((beat, tuple(m)) for beat, *m in meter)], key=lambda r: r[0])
    )
    return Piece(
        notes=piece_notes,
        pedal=merged(pedal),
        tempo=np.array([(beat, 6e7 / microseconds) for beat, microseconds in tempo.items()]),
        meter=np.array([(beat, *signature) for beat, signature in meter.items()], float),
        length=length,
    )


def rows(notes):
    """Notes as rounded tuples, to compare."""
    return [(round(on, 6), round(off, 6), pitch, velocity) for on, off, pitch, velocity in notes]


def piece(rows, pedal=(), length=16.0, tempo=((0, 120),)):
    """A piece of 4/4 with such notes."""
    return Piece(
        notes=Notes.of(*zip(*rows, strict=True)) if rows else Notes.empty(),
        pedal=np.array(pedal, float).reshape(-1, 2),
        tempo=np.array(tempo, float),
        meter=np.array([(0, 4, 4)]),
        length=length,
    )
