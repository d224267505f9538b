"""Segments follow the bars of any meter, or every four beats; checked by hand and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fadernets.music.notes import BEATS, Notes
from fadernets.music.windows import NO_NOTES, among, first_bar, spans
from tests.fadernets.music.generated import pieces


def starts(meter, length) -> list[float]:
    return [span.start for span in spans(np.array(meter, float), length)]


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (4, 4, [0, 4, 8]),
        (3, 4, [0, 3, 6, 9]),
        (6, 8, [0, 3, 6, 9]),
        (2, 4, [0, 4, 8]),  # two bars
        (3, 8, [0, 3, 6, 9]),  # two bars
        (5, 8, [0, 2.5, 5, 7.5, 10]),
        (7, 8, [0, 3.5, 7, 10.5]),
        (7, 16, [0, 3.5, 7, 10.5]),  # two bars
        (5, 4, [0, 3, 5, 8, 10]),  # 3 + 2
        (6, 4, [0, 3, 6, 9]),
        (9, 8, [0, 3, 4.5, 7.5, 9]),  # dotted beats: 2 + 1
        (12, 8, [0, 3, 6, 9]),
        (4, 2, [0, 4, 8]),
    ],
)
def test_segments_of_a_meter(numerator, denominator, expected):
    assert starts([(0, numerator, denominator)], 12.0)[: len(expected)] == expected


def test_an_upbeat_and_a_change_of_meter_begin_a_segment():
    meter = [(0, 1, 4), (1, 3, 4), (7, 4, 4)]
    assert starts(meter, 15.0) == [0, 1, 4, 7, 11]
    assert [span.bar for span in spans(np.array(meter, float), 15.0)] == [0, 1, 2, 3, 4]


def test_what_a_change_leaves_over_goes_with_its_neighbour_where_there_is_room():
    assert starts([(0, 1, 8), (0.5, 3, 4)], 9.5) == [0, 3.5, 6.5]
    assert starts([(0, 1, 8), (0.5, 4, 4)], 8.5) == [0, 0.5, 4.5]


@pytest.mark.parametrize(
    ("meter", "number"),
    [
        ([(0, 4, 4)], 1),
        ([(0, 1, 4), (1, 4, 4)], 0),
        ([(0, 2, 4), (2, 4, 4)], 0),  # half a bar
        ([(0, 3, 4), (3, 4, 4)], 1),  # a whole bar of another meter
        ([(0, 4, 4), (3, 4, 4)], 0),  # cut short
        ([(0, 4, 4), (4, 3, 4)], 1),
        ([(0, 4, 4), (2, 1, 4)], 1),  # longer than what follows
        ([(0, 1, 4), (2, 4, 4)], 1),  # two bars
        ([(0, 1, 8), (0.5, 6, 8), (3.5, 2, 4)], 0),
    ],
)
def test_an_upbeat_is_bar_0(meter, number):
    (first, *_) = spans(np.array(meter, float), 12.0)
    assert first_bar(np.array(meter, float)) == first.bar == number


def test_bars_are_numbered_also_where_several_make_a_segment_or_one_makes_several():
    assert [s.bar for s in spans(np.array([(0, 2, 4), (8, 5, 4)]), 18.0)] == [1, 3, 5, 5, 6, 6]


def test_steps_of_a_segment():
    assert spans(np.array([(0, 7, 8)]), 8.0)[0].steps == 14
    assert [s.steps for s in spans(np.array([(0, 4, 4), (2.1, 4, 4)]), 5.0)] == [9, 16]


@pytest.mark.slow
@settings(max_examples=min(40, settings.default.max_examples))
@given(pieces())
def test_segments_cover_a_piece_and_have_sixteen_steps_at_most(music):
    cuts = spans(music.meter, music.length)
    assert cuts[0].start == 0 and cuts[-1].end >= music.length - 1e-9
    assert cuts[-1].start < music.length
    for span, following in zip(cuts, cuts[1:], strict=False):
        assert span.end == pytest.approx(following.start)
        assert 0 < span.end - span.start <= BEATS + 1e-9 and 1 <= span.steps <= 16
        assert span.bar <= following.bar
    by_beats = spans(music.meter, music.length, "beats")
    assert [span.start for span in by_beats] == [4.0 * i for i in range(len(by_beats))]


@given(st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
def test_every_meter_there_can_be(numerator, denominator):
    cuts = spans(np.array([(0, numerator, denominator)], float), 40.0)
    assert all(0 < span.end - span.start <= BEATS + 1e-9 for span in cuts)
    bar = numerator * 4 / denominator
    bars_begin = {round(k * bar, 6) for k in range(int(40 / bar) + 1)}
    begins = {round(span.start, 6) for span in cuts}
    if bar <= BEATS:
        assert begins <= bars_begin
    else:
        assert {begin for begin in bars_begin if begin < 40} <= begins


def test_notes_are_told_by_onset_and_pitch():
    notes = Notes.of([0, 0, 1], [1, 2, 2], [60, 64, 60], [64, 65, 66])
    assert among(notes, Notes.of([0, 1], [4, 4], [64, 60], [1, 1])).tolist() == [False, True, True]
    assert among(notes, NO_NOTES).tolist() == [False] * 3
