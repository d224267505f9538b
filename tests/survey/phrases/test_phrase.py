"""Phrases: whole bars of the right length, each once, heard by a classifier of notes."""

from __future__ import annotations

import numpy as np
import pytest

from fadernets import Notes, mood_classifier
from fadernets.music.notes import NO_PEDAL
from fadernets.music.piece import Piece
from survey.building.corpus import Work
from survey.phrases.phrase import Phrase, phrases


def quarters(beats: int, *, rests: tuple[int, ...] = (), upbeat: int = 0) -> Notes:
    """A note a beat, another one each time; none in the four beats that begin at a rest."""
    silent = {rest + beat for rest in rests for beat in range(4)}
    onset = [float(beat) for beat in range(beats + upbeat) if beat not in silent]
    pitch = [48 + int(beat * 7 % 31) for beat in onset]
    return Notes.of(onset, [beat + 0.9 for beat in onset], pitch, [70] * len(onset))


def work(notes: Notes, length: float, tempo: float = 120, meter: tuple[int, int] = (4, 4)) -> Work:
    """A piece; at 120 a bar of 4/4 takes two seconds."""
    meters = np.array([[0.0, *meter]])
    return Work("study", Piece(notes, NO_PEDAL, np.array([[0.0, tempo]]), meters, length))


def spans(of_work: list[Phrase]) -> list[tuple[float, float, tuple[int, int], float]]:
    return [(each.begin, each.end, each.bars, each.seconds) for each in of_work]


def test_eight_bars_where_they_last_long_enough() -> None:
    of_work = phrases(work(quarters(80), 80), 8, 20)
    assert spans(of_work) == [(0, 32, (1, 8), 16), (32, 64, (9, 16), 16)]


def test_slow_music_has_phrases_of_fewer_bars_and_quick_music_of_more() -> None:
    slow = phrases(work(quarters(32), 32, tempo=60), 8, 20)
    assert [each.bars for each in slow] == [(1, 4), (5, 8)]
    assert [each.seconds for each in slow] == [16, 16]
    quick = phrases(work(quarters(128), 128, tempo=300), 8, 20)
    assert [each.bars for each in quick] == [(1, 16), (17, 32)]


def test_bars_are_those_of_the_meter() -> None:
    of_work = phrases(work(quarters(48), 48, meter=(3, 4)), 8, 20)
    assert spans(of_work) == [(0, 24, (1, 8), 12), (24, 48, (9, 16), 12)]


def test_no_bars_of_that_length_no_phrase() -> None:
    assert phrases(work(quarters(8), 8), 8, 20) == []
    assert phrases(work(quarters(64), 64, tempo=8), 8, 20) == []


def test_what_is_repeated_comes_once() -> None:
    once = quarters(32)
    notes = Notes.of(
        np.append(once.onset, once.onset + 32),
        np.append(once.offset, once.offset + 32),
        np.append(once.pitch, once.pitch),
        np.append(once.velocity, once.velocity),
    )
    assert [each.bars for each in phrases(work(notes, 64), 8, 20)] == [(1, 8)]


@pytest.mark.parametrize(("silent", "count"), [(2, 1), (3, 0)])
def test_a_phrase_may_rest_for_a_quarter_of_its_bars(silent: int, count: int) -> None:
    rests = tuple(range(4, 4 + 4 * silent, 4))
    assert len(phrases(work(quarters(32, rests=rests), 32), 8, 20)) == count


def test_arousal_is_the_mean_of_the_classifier_of_notes() -> None:
    (phrase,) = phrases(work(quarters(32), 32), 8, 20)
    judge = mood_classifier.of_arousal()
    each = [judge.probability([part.sounding])[0] for part in phrase.segments]
    assert len(each) == 8 and phrase.arousal == pytest.approx(np.mean(each))
