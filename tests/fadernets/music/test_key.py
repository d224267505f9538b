import numpy as np
import pytest

from fadernets.music import examples, key
from fadernets.music.notes import Notes
from fadernets.music.segments import segments

SCALE = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 11)}
TIE = 1e-9  # of the two best correlations


def pitches(*classes, length=1.0):
    """Notes one after another, in the octave from middle C."""
    onset = np.arange(len(classes)) * length
    return Notes.of(onset, onset + length, 60 + np.array(classes) % 12, np.full(len(classes), 64))


def random_segment(generator):
    """A few notes of one scale or of none, on a grid or as a hand plays them."""
    count = int(generator.integers(3, 20))
    scale = SCALE[generator.choice(["major", "minor"])]
    steps = scale if generator.random() < 0.6 else range(12)
    tonic = generator.integers(24, 60)
    pitch = tonic + generator.choice(steps, count) + 12 * generator.integers(0, 4, count)
    grid = 4 if generator.random() < 0.3 else 480
    length = generator.integers(1, grid + 1, count) / grid
    onset = generator.integers(0, 3 * grid, count) / grid
    return Notes.of(onset, onset + length, pitch, np.full(count, 64))


def music21_answer(notes):
    """music21's answer, as a number and in words."""
    from music21.note import Note  # takes seconds
    from music21.stream import Stream

    stream = Stream()
    for onset, offset, pitch, _ in notes:
        stream.insert(onset, Note(pitch, quarterLength=offset - onset))
    music21_key = stream.analyze("key")
    number = music21_key.tonic.pitchClass + 12 * (music21_key.mode == "minor")
    return (
        number,
        f"{music21_key.tonic.name} {music21_key.mode}",
        music21_key.correlationCoefficient,
    )


@pytest.mark.slow
def test_the_key_is_music21s():
    """On every other segment of the examples and on random ones; ties may fall either way."""
    generator = np.random.default_rng(21)
    real = [s.notes for e in examples.EXAMPLES for s in segments(examples.load(e))]
    music = [notes for notes in real[::2] if len(notes)]
    assert len(music) > 75
    music += [random_segment(generator) for _ in range(220 - len(music))]
    ties, numbers = [], set()
    for index, notes in enumerate(music):
        number, name, correlation = music21_answer(notes)
        own_number = key.find(notes)
        correlations = key.correlations(key.histogram(notes))
        assert correlations.max() == pytest.approx(correlation, abs=1e-6), index
        second, best = np.sort(correlations)[-2:]
        if best - second < TIE:
            ties.append(index)
            continue
        assert (own_number, key.name(own_number)) == (number, name), index
        numbers.add(own_number)
    print(f"{len(music) - len(ties)} keys as music21 finds them, {len(ties)} ties: {ties}")
    assert len(music) - len(ties) >= 205
    assert numbers == set(range(24))


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(("mode", "third", "first"), [("major", 4, 0), ("minor", 3, 12)])
def test_a_scale_on_its_triad(tonic, mode, third, first):
    scale = [tonic + step for step in SCALE[mode]]
    triad = [tonic, tonic + third, tonic + 7]
    assert key.find(pitches(*scale, *triad, tonic)) == first + tonic


def test_long_notes_weigh_more():
    long = Notes.of([0, 3], [3, 3.5], [60, 73], [64, 64])
    assert key.histogram(long).tolist() == [3, 0.5] + [0] * 10
    # An octave, a velocity or a slower tempo is no other key.
    music = pitches(0, 4, 7, 11, 2, 7)
    slow = pitches(0, 4, 7, 11, 2, 7, length=3.0)
    assert np.allclose(
        key.correlations(key.histogram(music)), key.correlations(key.histogram(slow))
    )


def test_many_histograms_at_once():
    histograms = np.random.default_rng(0).random((5, 7, 12))
    together = key.correlations(histograms)
    assert together.shape == (5, 7, 24)
    assert np.abs(together).max() <= 1
    assert np.allclose(together[3, 2], key.correlations(histograms[3, 2]))


def test_every_pitch_alike_is_of_no_key():
    assert key.correlations(key.histogram(pitches(*range(12)))).tolist() == [0.0] * 24
    assert key.correlations(np.zeros(12)).tolist() == [0.0] * 24
    assert key.find(pitches(*range(12))) == 0


def test_names():
    assert [key.name(k) for k in (0, 1, 3, 8, 12, 20, 22)] == [
        *("C major", "C# major", "E- major", "A- major", "C minor", "G# minor", "B- minor")
    ]
    assert len({key.name(k) for k in range(key.KEYS)}) == 24


@pytest.mark.parametrize("number", [-1, 24])
def test_no_other_key_exists(number):
    with pytest.raises(ValueError, match=f"key {number} is outside 0 to 23"):
        key.name(number)


@pytest.mark.parametrize("change", [0.0, 0.3, 2.0])
def test_keys_along_a_piece_are_the_dearest_to_find(change):
    """By brute force over all ways through three stretches."""
    rng = np.random.default_rng(3)
    first, second, third = np.ix_(*3 * [range(key.KEYS)])
    changes = (first != second) * 1 + (second != third)
    for _ in range(20):
        histograms = rng.random((3, 12)) ** 3
        scores = key.correlations(histograms)
        worth = scores[0][first] + scores[1][second] + scores[2][third] - change * changes
        assert worth[tuple(key.along(histograms, change))] == pytest.approx(worth.max())


def test_silence_and_nothing_have_the_key_beside_them():
    d_major = key.histogram(pitches(2, 6, 9, 4, 1))
    assert key.along(np.stack([np.zeros(12), d_major, np.zeros(12)])).tolist() == [2, 2, 2]
    assert key.along(np.empty((0, 12))).tolist() == []
