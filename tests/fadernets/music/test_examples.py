from __future__ import annotations

import pytest

from fadernets.music import examples
from fadernets.music.piece import segments


@pytest.mark.parametrize("key", examples.EXAMPLES)
def test_example_is_worth_trying(key):
    piece = examples.load(key)
    found = segments(piece)
    usable = [segment for segment in found if segment.problem is None]
    assert 20 < piece.duration < 180
    assert len(usable) > 0.75 * len(found)
    assert len(set(piece.notes.velocity.tolist())) > 3
    assert piece.name == examples.EXAMPLES[key].name


def test_a_score_is_read_as_written():
    """Bach's first bar: eight rising notes twice, under two held ones."""
    first = segments(examples.load("prelude"))[0].notes
    rising = [60, 64, 67, 72, 76, 67, 72, 76]
    sixteenth = {round(onset * 4): pitch for onset, _, pitch, _ in first}
    assert [sixteenth[step] for step in range(16)] == rising * 2
    assert first.offset[first.pitch == 60].tolist() == [2.0, 4.0]


def test_an_upbeat_is_left_out():
    rag = examples.load("rag")
    assert rag.notes.onset[0] == 0.0 and rag.length == 168.0


def test_unknown_example():
    with pytest.raises(ValueError, match="waltz"):
        examples.load("waltz")
