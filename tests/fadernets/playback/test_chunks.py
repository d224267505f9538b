from dataclasses import replace

import numpy as np
import pytest

from fadernets.music import examples
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.playback import audio, chunks
from fadernets.playback.audio import PEAK, RATE, TAIL, AudioError
from fadernets.playback.chunks import (
    FADE,
    borders,
    following,
    gain_of,
    joined,
    limited,
    loudest,
    reach,
    render,
)
from tests.fadernets.playback.synthesisers import BOTH


@pytest.fixture
def rendered(monkeypatch):
    """Seconds of sound that each call of a synthesiser gave"""
    seconds = []

    def counting(real):
        def count(*args):
            sound = real(*args)
            seconds.append(sound.seconds)
            return sound

        return count

    counted = {name: counting(real) for name, real in audio.SYNTHESISERS.items()}
    gain_of(piece([(0, 1, 60, 80)]))  # the reference, rendered once and kept
    monkeypatch.setattr(audio, "SYNTHESISERS", counted)
    return seconds


def piece(rows, pedal=(), qpm=60.0, length=None):
    """A piece of rows (onset, offset, pitch, velocity) in beats"""
    notes = Notes.of(*zip(*rows, strict=True)) if rows else Notes.empty()
    return Piece(
        notes=notes,
        pedal=np.array(pedal, float).reshape(-1, 2),
        tempo=np.array([[0.0, qpm]]),
        meter=np.array([[0, 4, 4]]),
        length=float(notes.offset.max(initial=0.0)) if length is None else length,
    )


def music(seconds, qpm=97.0):
    """Five notes a beat at an odd tempo, with chords held for four beats and the pedal"""
    beats = int(seconds * qpm / 60)
    rows = [(i / 5, i / 5 + 0.3, 60 + 7 * i % 24, 50 + 11 * i % 60) for i in range(5 * beats)]
    rows += [(i, min(i + 4, beats), 36 + 5 * i % 12, 90) for i in range(0, beats, 4)]
    return piece(rows, [(i + 0.1, i + 2.8) for i in range(0, beats - 3, 3)], qpm)


def at_once(monkeypatch, source, gain, synthesiser=None):
    """The same rendering in a single chunk"""
    with monkeypatch.context() as patch:
        patch.setattr(chunks, "FIRST_SECONDS", 1e6)
        return render(source, 0, gain, synthesiser=synthesiser).samples


def decibels(samples):
    """RMS level, dB of full scale"""
    return 10 * np.log10(np.mean(np.square(samples, dtype=float)) + 1e-20)


@pytest.mark.parametrize(
    "seconds, expected",
    [
        (5.0, [0, 5]),
        (13.0, [0, 13]),  # what is left is too short for a chunk
        (13.5, [0, 8, 13.5]),
        (33.0, [0, 8, 33]),
        (47.25, [0, 8, 28, 47.25]),
        (1700.0, [0, 8, *range(28, 1690, 20), 1700]),
    ],
)
def test_borders(seconds, expected):
    assert borders(seconds) == expected


@pytest.mark.parametrize(
    "clock, expected",
    [
        ([[0, 0], [40, 80]], [0, 16, 56, 80]),
        ([[0, 0], [40, 20]], [0, 4, 14, 20]),
        ([[0, 0], [40, 36]], [0, 7, 25, 36]),  # 7.2 and 25.2
        ([[0, 0], [10, 10], [30, 50], [40, 56.25]], [0, 8, 46, 56.25]),
    ],
)
def test_chunks_of_a_result_begin_where_the_music_is(clock, expected):
    """Those of the original begin at 0, 8 and 28 seconds, and it ends after 40."""
    assert following([0, 8, 28, 40], np.array(clock, float)) == expected


def test_what_a_chunk_reaches_back_for():
    assert reach([0, 8, 28, 40], 0) == (0.0, 8 + FADE)
    assert reach([0, 8, 28, 40], 2) == (15.0, 40 + FADE)


@pytest.mark.slow
@BOTH
def test_chunks_join_without_a_seam(monkeypatch, synthesiser):
    source = music(48)
    edges = borders(source.duration)
    assert len(edges) == 4
    rendered = np.concatenate(list(joined(source, 1.0, synthesiser=synthesiser)))
    expected = at_once(monkeypatch, source, 1.0, synthesiser)
    assert len(rendered) == len(expected) == round((source.duration + TAIL) * RATE)
    for edge in edges[1:-1]:
        for before, after in ((0.05, 0.0), (0.0, FADE), (0.0, 0.5)):
            around_edge = slice(round((edge - before) * RATE), round((edge + after) * RATE))
            assert (
                decibels(rendered[around_edge] - expected[around_edge])
                < decibels(expected[around_edge]) - 50
            )
    assert decibels(rendered - expected) < decibels(expected) - 50  # synthesisers round to 16 bits


@pytest.mark.slow
@pytest.mark.parametrize("times", [0.5, 0.8, 2.0])
def test_chunks_of_another_tempo_join_without_a_seam(monkeypatch, times):
    source = music(48)
    clock = np.outer([0, source.duration], [1, times])
    edges = following(borders(source.duration), clock)
    paced = replace(source, tempo=source.tempo / [1, times])
    assert edges[-1] == pytest.approx(paced.duration) and len(edges) == 4
    rendered = np.concatenate(list(joined(paced, 1.0, edges=edges)))
    expected = at_once(monkeypatch, paced, 1.0)
    assert len(rendered) == len(expected) == round((paced.duration + TAIL) * RATE)
    for edge in edges[1:-1]:
        around_edge = slice(round((edge - 0.05) * RATE), round((edge + 0.5) * RATE))
        apart = decibels(rendered[around_edge] - expected[around_edge])
        assert apart < decibels(expected[around_edge]) - 50
    assert decibels(rendered - expected) < decibels(expected) - 50


@pytest.mark.slow
def test_chunks_sound_as_the_piece_does():
    """The usual rendering may have a note 1.3 ms earlier, but nothing louder or softer."""
    source = music(20)
    rendered = np.concatenate(list(joined(source, 1.0)))
    expected = audio.render(source, gain=1.0).samples
    for second in range(22):
        part = slice(second * RATE, (second + 1) * RATE)
        assert decibels(rendered[part]) == pytest.approx(decibels(expected[part]), abs=1.0)


@pytest.mark.slow
def test_tempo_changes_are_kept():
    source = piece([(b, b + 0.5, 60, 100) for b in (0, 2, 4, 7, 8)], length=9.0)
    slower = Piece(
        source.notes, source.pedal, np.array([[0, 60.0], [4, 30.0]]), source.meter, source.length
    )
    sound = np.concatenate(list(joined(slower, 1.0)))
    size = np.abs(sound).max(axis=1)
    for beat in (0, 2, 4, 10, 12):  # the fourth beat comes at 4 s, and each later one takes two
        begins = round((beat + 0.02) * RATE)
        assert size[begins : begins + RATE // 10].max() > 0.03
        assert size[max(0, begins - RATE // 10) : begins - RATE // 50].max(initial=0.0) < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("by", ["key", "pedal"])
def test_a_note_that_rings_over_a_border_is_heard_behind_it(monkeypatch, by):
    end, pedal = (20.0, ()) if by == "key" else (6.0, [(5.5, 20.0)])
    long_note = piece([(5.0, end, 36, 100)], pedal, length=22.0)
    rendered, expected = render(long_note, 1, 1.0).samples, at_once(monkeypatch, long_note, 1.0)
    behind = slice(round(FADE * RATE), RATE)
    assert decibels(expected[8 * RATE :][behind]) > -60
    assert (
        decibels(rendered[behind] - expected[8 * RATE :][behind]) < decibels(rendered[behind]) - 40
    )


@pytest.mark.slow
def test_a_note_older_than_the_pre_roll_is_left_out(monkeypatch):
    rows = [(b, b + 1, 72, 90) for b in range(48)]
    old = piece([(15.0, 45.0, 36, 90), *rows], length=48.0)  # the third chunk begins at 28
    rendered, without = (
        render(source, 2, 1.0).samples for source in (old, piece(rows, length=48.0))
    )
    np.testing.assert_array_equal(rendered, without)
    expected = at_once(monkeypatch, old, 1.0)
    seam = slice(28 * RATE, 29 * RATE)
    assert decibels(expected[seam]) - decibels(rendered[:RATE]) < 0.5  # no drop in level


@pytest.mark.slow
def test_a_chunk_costs_itself_and_a_little_before(rendered):
    source = music(300)
    for chunk in (0, 7, 12):
        rendered.clear()
        render(source, chunk, 1.0)
        assert len(rendered) == 1
        low, high = (8, 8.1) if chunk == 0 else (23, 24.1)  # four beats are held: three seconds
        assert low < rendered[0] < high
    pedalled = piece(list(source.notes), [(0.0, source.length)], 97.0)
    rendered.clear()
    render(pedalled, 7, 1.0)
    assert rendered[0] < 13 + 20 + 0.1


@pytest.mark.slow
def test_the_whole_sound_is_rendered_chunk_by_chunk(rendered):
    sizes = [len(samples) / RATE for samples in joined(music(100), 1.0)]
    assert max(sizes) < 25.1 and max(rendered) < 33
    assert sum(rendered) < 1.3 * sum(sizes)


def test_where_nothing_sounds_is_silence(rendered):
    sparse = piece([(0, 1, 60, 80), (40, 41, 60, 80)], length=50.0)
    sound = render(sparse, 1, 1.0)
    assert not sound.samples.any() and len(sound.samples) == round((20 + FADE) * RATE)
    assert rendered == []


@pytest.mark.slow
@pytest.mark.parametrize("key", ["chorale", "mazurka", "rag"])
def test_the_gain_is_near_that_of_the_peak(key):
    source = examples.load(key)
    peaks = [np.abs(samples).max() for samples in joined(source, gain_of(source))]
    assert 0.5 * PEAK < max(peaks) <= PEAK


def test_gain_is_that_of_the_louder_piece():
    soft, loud = (piece([(0, 1, 60, v), (0, 1, 64, v)]) for v in (40, 80))
    assert loudest(loud) == pytest.approx(4 * loudest(soft))  # the square of velocity
    chord = piece([(0, 1, pitch, 80) for pitch in range(60, 68)])
    assert loudest(chord) == pytest.approx(2 * loudest(loud))  # four times the energy
    assert gain_of(soft, chord) == gain_of(chord, soft) == gain_of(chord) < gain_of(soft)
    assert gain_of(soft, piece([])) == gain_of(soft)
    with pytest.raises(AudioError, match="no notes"):
        gain_of(piece([]))


def test_what_is_too_loud_is_bent():
    samples = np.linspace(-3, 3, 6001, dtype=np.float32).reshape(-1, 1).repeat(2, 1)
    bent = limited(samples)
    assert np.abs(bent).max() <= PEAK + 1e-6
    assert (np.diff(bent[:, 0]) >= 0).all() and np.diff(bent[:, 0]).max() < 0.0011
    inside = np.abs(samples) <= chunks.KNEE
    np.testing.assert_array_equal(bent[inside], samples[inside])
    np.testing.assert_allclose(bent, -bent[::-1])


def test_a_broken_font_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("FADERNETS_SOUNDFONT", str(tmp_path / "none.sf2"))
    with pytest.raises(AudioError, match="cannot be read"):
        render(music(10), 0, 1.0)
    with pytest.raises(AudioError, match="cannot be read"):
        gain_of(music(10))


def test_a_second_strike_adds_to_what_is_left_of_the_first():
    """At 60 beats a minute, half a second later: its amplitude is down to 1/e by then."""
    single = loudest(piece([(0, 1, 60, 80)]))
    double = loudest(piece([(0, 0.5, 60, 80), (0.5, 1, 60, 80)]))
    assert double == pytest.approx(single * np.sqrt(1 + np.exp(-2)))
