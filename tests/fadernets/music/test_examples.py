from __future__ import annotations

import pytest

from fadernets.music import examples
from fadernets.music.segments import segments


@pytest.mark.slow
@pytest.mark.parametrize("key", examples.EXAMPLES)
def test_example_is_worth_trying(key):
    piece = examples.load(key)
    all_segments = segments(piece)
    usable = [segment for segment in all_segments if segment.problem is None]
    assert 20 < piece.duration < 180
    assert len(usable) > 0.75 * len(all_segments)
    assert len(set(piece.notes.velocity.tolist())) > 3
    assert piece.name == examples.EXAMPLES[key].name


@pytest.mark.slow
def test_a_score_is_read_as_written():
    """Bach's first bar: eight rising notes twice, under two held ones."""
    first = segments(examples.load("prelude"))[0].notes
    rising = [60, 64, 67, 72, 76, 67, 72, 76]
    sixteenth = {round(onset * 4): pitch for onset, _, pitch, _ in first}
    assert [sixteenth[step] for step in range(16)] == rising * 2
    assert first.offset[first.pitch == 60].tolist() == [2.0, 4.0]


def test_what_a_piano_cannot_play_is_left_out(monkeypatch):
    """Keys beyond its ends, and ornaments, which have no length of their own."""
    from music21.note import Note  # takes a second
    from music21.stream import Part, Score

    part = Part()
    for pitch in (20, 21, 108, 109):
        part.append(Note(pitch, quarterLength=1.0))
    part.insert(1.0, Note(60, quarterLength=0.5).getGrace())
    monkeypatch.setattr(examples, "_score", lambda work: Score([part.makeMeasures()]))
    piece = examples.read(examples.Example("ends", "Nobody", "The ends", "none", 60, "p"))
    assert list(piece.notes) == [(1.0, 2.0, 21, 52), (2.0, 3.0, 108, 52)]
    assert piece.length == 4.0


def test_an_upbeat_is_left_out():
    rag = examples.load("rag")
    assert rag.notes.onset[0] == 0.0 and rag.length == 168.0


def test_unknown_example():
    with pytest.raises(ValueError, match="waltz"):
        examples.load("waltz")


@pytest.mark.slow
def test_loudness_by_mark_bar_and_phrase():
    """Played mezzopiano: a little more on first beats, and a swell over every 16 beats."""
    notes = examples.load("prelude").notes
    loudness = {}
    for onset, velocity in zip(notes.onset.tolist(), notes.velocity.tolist(), strict=True):
        loudness.setdefault(onset, set()).add(velocity)
    assert all(len(same) == 1 for same in loudness.values())
    for bar, swell in enumerate((0, 4, 6, 3, 0)):
        assert loudness[4.0 * bar] == {62 + swell + 8}
        assert loudness[4.0 * bar + 1] == loudness[4.0 * bar + 3.5] == {62 + swell}


def test_the_meter_and_tempo_of_a_score():
    expected = {"mazurka": (150, 3, 4), "rag": (92, 2, 4), "chorale": (60, 4, 4)}
    for name, (tempo, *meter) in expected.items():
        piece = examples.load(name)
        assert piece.tempo.tolist() == [[0, tempo]]
        assert piece.meter[0].tolist() == [0, *meter]


def test_labels_and_names():
    names = [example.name for example in examples.EXAMPLES.values()]
    assert names == [
        "Bach: O Haupt voll Blut und Wunden",
        "Bach: Prelude in C major",
        "Chopin: Mazurka op. 6 no. 2",
        "Mozart: Sonata in C, K. 545",
        "C. Schumann: Polonaise op. 1",
        "Joplin: Maple Leaf Rag",
    ]
    assert [examples.EXAMPLES[key].label for key in ("sonata", "polonaise")] == [
        "Mozart Sonata",
        "C. Schumann Polonaise",
    ]
    assert examples.FIRST in examples.EXAMPLES
