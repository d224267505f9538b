"""What is drawn once more looks at what sounds there, not at the whole piece."""

from __future__ import annotations

from fadernets.music.segments import segments
from fadernets.net import FaderNet
from fadernets.score import arranging
from fadernets.score.arranging import Arrangement
from fadernets.score.settings import Redrawn, Settings
from tests.fadernets import tiny


def test_a_part_is_drawn_beside_what_sounds_in_it(monkeypatch):
    """In a piece of 110,000 notes, all of them looked up took a part half of its time."""
    net, piece = FaderNet.load(), tiny.piece(tiny.bars(60))
    chosen = segments(piece)[20:24]
    held = []

    def changed(*arguments, locks, **options):
        held.append(locks.notes)
        return own_changed(*arguments, locks=locks, **options)

    own_changed = arranging.changed
    monkeypatch.setattr(arranging, "changed", changed)
    edit = Settings(faders={"rhythm": 0.5}, seed=1, redrawn=(Redrawn(84.0, 88.0, 7),))
    codes = {s.index: net.encode([s])[[0]] for s in chosen}
    Arrangement(net, edit, piece, chosen, codes).result()
    whole, part = held
    assert whole is None
    assert 0 < len(part) < 60 and part.onset.min() > 70 and part.onset.max() < 100
