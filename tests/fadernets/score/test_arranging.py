"""What is drawn once more looks at what sounds there, not at the whole piece."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fadernets.music.notes import EARLY, Notes
from fadernets.music.segments import segments
from fadernets.net import FaderNet
from fadernets.score import arranging
from fadernets.score.arranging import Arrangement
from fadernets.score.settings import PieceSettings, Redrawn
from tests.fadernets import tiny


@pytest.mark.slow
def test_a_part_is_drawn_beside_what_sounds_in_it(monkeypatch):
    """In a piece of 110,000 notes, all of them looked up took a part half of its time."""
    net, piece = FaderNet.load(), tiny.piece(tiny.bars(60))
    chosen = segments(piece)[20:24]
    held, sources = [], []

    def changed(*arguments, locks, **options):
        held.append(locks.notes)
        sources.append(options["source"])
        return own_changed(*arguments, locks=locks, **options)

    own_changed = arranging.changed
    monkeypatch.setattr(arranging, "changed", changed)
    edit = PieceSettings(faders={"rhythm": 0.5}, seed=1, redrawn=(Redrawn(84.0, 88.0, 7),))
    codes = {s.index: net.encode([s])[[0]] for s in chosen}
    Arrangement(net, edit, piece, chosen, codes).result()
    whole, part = held
    assert whole is None
    # A part changed alone goes by the same piece as the whole.
    assert all(source is piece for source in sources)
    assert 0 < len(part) < 60 and part.onset.min() > 70 and part.onset.max() < 100


def test_notes_that_come_back_make_room_for_those_that_are_there():
    """As each by itself says, with many notes on few keys that overlap."""
    rng = np.random.default_rng(0)

    def some(count: int) -> Notes:
        onset = rng.integers(0, 160, count) / 4
        return Notes.of(onset, onset + rng.integers(1, 30, count) / 4, rng.integers(60, 64, count),
                        np.full(count, 64))  # fmt: skip

    length = 44.0
    piece = replace(tiny.piece(tiny.bars(11)), notes=some(120), length=length)
    result = replace(piece, notes=some(150))
    inside = segments(piece)[3:7]
    restored, others = arranging._restored(piece, result, inside)
    ends = inside[0].start - EARLY, inside[-1].start + inside[-1].beats - EARLY
    own = [note for note in piece.notes if ends[0] <= note[0] < ends[1]]
    expected = list(others)
    for onset, offset, pitch, velocity in own:
        on_key = [note for note in others if note[2] == pitch]
        if not any(begin <= onset < end for begin, end, *_ in on_key):
            behind = [begin for begin, *_ in on_key if onset < begin < offset]
            expected.append((onset, min(behind, default=offset), pitch, velocity))
    assert len(others) < len(expected) < len(others) + len(own)
    assert sorted(restored.notes) == sorted(expected)
