"""A piece under the faders, with a fake model that records its calls."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from demo.editing import piece_session, service
from demo.editing.piece_session import SLICE, PieceSession
from demo.editing.requests import EditRequest
from fadernets.curve import Curve
from fadernets.music.notes import NO_PEDAL, Notes, concatenate
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments
from fadernets.realisers import AutoregressiveDecoding
from fadernets.score.playing import play

CHORD = np.array([60, 64, 67])


class FakeCodes(list[int]):
    """Codes that are numbers of notes."""

    def __getitem__(self, rows):
        return FakeCodes(super(FakeCodes, self).__getitem__(row) for row in rows)


class FakeNet:
    """Encodes segments as their numbers of notes, plays one note of a pitch for each.

    Attributes
    ----------
    encoded, slid, shifts, homes : list
        What it was called with.
    """

    faders = ("rhythm", "note")
    realiser = AutoregressiveDecoding()

    def __init__(self) -> None:
        self.encoded: list[int] = []
        self.slid: list[tuple[list[int], dict, list[int] | None]] = []
        self.shifts: list[tuple[dict, list[float]]] = []
        self.homes: list[dict] = []

    def with_tempo(self) -> FakeNet:
        return self

    def encode(self, parts: Sequence[Segment]) -> FakeCodes:
        self.encoded.append(len(parts))
        return FakeCodes(len(part.notes) for part in parts)

    def coded(self, parts: Sequence[Segment], codes: Sequence[FakeCodes]) -> FakeCodes:
        assert len(parts) == len(codes)
        return FakeCodes(number for code in codes for number in code)

    def wanted_densities(self, codes: FakeCodes) -> dict[str, np.ndarray]:
        return {name: np.full(len(codes), 0.5) for name in self.faders}

    def densities(self, parts: Sequence[Segment]) -> dict[str, np.ndarray]:
        measures = [part.measure(self.faders) for part in parts]
        return {name: np.array([m[name] for m in measures]) for name in self.faders}

    def shifted(
        self, codes: list[int], target: Mapping[str, str], strength: np.ndarray
    ) -> list[int]:
        self.shifts.append((dict(target), strength.tolist()))
        return codes

    def moved(
        self,
        codes: list[int],
        positions: Mapping[str, np.ndarray] | None = None,
        *,
        offsets: Mapping[str, np.ndarray] | None = None,
        home: Mapping[str, np.ndarray] | None = None,
    ) -> list[int]:
        self.homes.append({name: values.tolist() for name, values in (home or {}).items()})
        self.amounts = {name: by.tolist() for name, by in (positions or offsets or {}).items()}
        self.absolute = positions is not None
        return codes

    def reconstruct(self, codes: list[int], *, seed: list[int] | None) -> list[Notes]:
        self.slid.append((codes, self.amounts, seed))
        pitch = 30 + round(30 * sum(by[0] for by in self.amounts.values()))
        return [Notes.of([0.0], [1.0], [pitch], [64]) for _ in codes]


@pytest.fixture
def net() -> FakeNet:
    return FakeNet()


def one_chord_a_bar(count: int, broken: Sequence[int] = ()) -> Piece:
    """Bar number n has a chord over pitch 60 + n; those in `broken` are silent."""
    parts = [
        Notes.empty()
        if bar in broken
        else Notes.of([0.0] * 3, [4.0] * 3, CHORD + bar % 40, [64] * 3)
        for bar in range(count)
    ]
    notes = concatenate([part.shifted(4.0 * bar) for bar, part in enumerate(parts)])
    tempo, meter = np.array([[0.0, 120.0]]), np.array([[0.0, 4, 4]])
    return Piece(notes, NO_PEDAL, tempo, meter, 4.0 * count, "bars")


def changed_in(session: PieceSession, result: Piece) -> list[int]:
    """Indices of the segments whose notes are others."""
    pairs = zip(session.segments, segments(result), strict=True)
    return [old.index for old, new in pairs if list(old.notes) != list(new.notes)]


def test_codes_of_a_segment_are_made_once(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(6))
    for span in ((0, 2), (0, 2), (0, 3), (1, 3), (0, 2), (2, 5)):
        codes = session.codes(net, session.usable(span))
        assert codes.keys() >= set(range(span[0], span[1] + 1))
    assert net.encoded == [3, 1, 2]


def test_a_result_is_of_the_request_and_of_no_earlier_one(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(6))
    requests = [
        EditRequest(0, 1, faders={"rhythm": 0.2}),
        EditRequest(0, 1, faders={"rhythm": 0.8}),
        EditRequest(2, 3, faders={"rhythm": 0.8}),
        EditRequest(2, 3, faders={"note": 0.8}),
        EditRequest(2, 3, faders={"note": 0.8}, seed=3),
    ]
    for request in requests:
        result = session.result(net, request)
        assert changed_in(session, result) == [request.first, request.last]
        moved = {name: [by] for name, by in request.faders.items()}
        assert [slid[1] for slid in net.slid[-2:]] == [moved] * 2  # of each segment
        assert session.result(net, request) is result
    assert len(net.slid) == 2 * len(requests) and net.encoded == [2, 2]


def test_nothing_is_played_where_nothing_was_moved_or_nothing_can_change(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(4, broken=[1]))
    for request in (
        EditRequest(0, 3),
        EditRequest(0, 3, seed=1),
        EditRequest(1, 1, faders={"note": 1.0}),
    ):
        assert session.leaves(request)
        assert session.result(net, request) is session.piece
        assert session.nearby(net, request, 0.0, 16.0) is session.piece
    assert not session.leaves(EditRequest(0, 1, arousal=0.5))
    assert net.slid == [] and net.encoded == []


def test_a_segment_that_cannot_change_is_stepped_over_and_seeds_stay_with_their_segments(
    net: FakeNet,
) -> None:
    session = PieceSession(one_chord_a_bar(5, broken=[2]))
    result = session.result(net, EditRequest(1, 4, faders={"rhythm": 0.5}, seed=100))
    assert changed_in(session, result) == [1, 3, 4]
    assert [seeds for _, _, seeds in net.slid] == [[104], [101, 103]]  # every second one first


def test_a_long_span_is_worked_out_in_slices_with_word_of_each(net: FakeNet) -> None:
    count = 2 * SLICE + 5
    words: list[tuple[int, int]] = []
    session = PieceSession(one_chord_a_bar(count))
    session.progress = lambda ready, total: words.append((ready, total))
    result = session.result(net, EditRequest(0, count - 1, faders={"rhythm": 0.5}, seed=7))
    assert net.encoded == [SLICE, SLICE, 5]
    even = (count + 1) // 2
    ready = [0, SLICE, even, even + SLICE]
    assert words == [(0, count)] * 3 + [(number, count) for number in ready]
    seeds = [seed for _, _, seeds in net.slid for seed in seeds]
    assert seeds == [*range(7, 7 + count, 2), *range(8, 7 + count, 2)]
    assert changed_in(session, result) == list(range(count))


def test_work_that_is_given_up_leaves_nothing_behind(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(3 * SLICE))
    request = EditRequest(0, 3 * SLICE - 1, faders={"rhythm": 0.5})

    def give_up(ready: int, total: int) -> None:
        if ready:
            raise TimeoutError

    session.progress = give_up
    with pytest.raises(TimeoutError):
        session.result(net, request)
    session.progress = piece_session.ignore_progress
    assert len(changed_in(session, session.result(net, request))) == 3 * SLICE


@pytest.mark.parametrize(
    ("begin", "end", "played"),
    [
        (0.0, 4.0, [2, 3]),  # the request begins at segment 2
        (20.0, 23.9, [3, 4, 5, 6, 7]),  # of segment 5, with two neighbours on either side
        (20.0, 24.0, [3, 4, 5, 6, 7]),  # the request ends at segment 7
        (34.0, 99.0, [6, 7]),
    ],
)
def test_nearby_plays_what_lies_between_and_two_segments_on_either_side(
    net: FakeNet, begin: float, end: float, played: list[int]
) -> None:
    session = PieceSession(one_chord_a_bar(9))
    request = EditRequest(2, 7, faders={"rhythm": 0.5}, seed=10)
    nearby = session.nearby(net, request, begin, end)
    assert changed_in(session, nearby) == played
    assert sorted(net.slid[-2][2] + net.slid[-1][2]) == [10 + index for index in played]
    result = session.result(net, request)
    assert changed_in(session, result) == [2, 3, 4, 5, 6, 7]  # not taken for the part's
    assert session.nearby(net, request, begin, end) is result
    other_request = replace(request, seed=11)
    assert session.nearby(net, other_request, begin, end) is not result


def test_nothing_nearby_that_can_change_is_the_piece_itself(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(9, broken=[2, 3, 4, 5, 6]))
    request = EditRequest(2, 7, faders={"rhythm": 0.5})
    assert session.nearby(net, request, 16.0, 19.0) is session.piece
    assert net.encoded == []


def test_a_span_ends_with_the_piece() -> None:
    session = PieceSession(replace(one_chord_a_bar(3), length=10.5))
    assert session.ends((0, 0)) == (0.0, 4.0)
    assert session.ends((1, 1)) == (4.0, 8.0)
    assert session.ends((1, 2)) == (4.0, 10.5)
    assert [segment.index for segment in session.usable((1, 2))] == [1, 2]


def test_moods_move_first_each_its_own_way_and_as_far_as_it_was_asked(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(6))
    request = EditRequest(0, 1, faders={"note": 0.1}, arousal=-0.25, valence=0.75)
    play(net, [1, 2], request, session.piece, session.segments[:2], {"note": np.ones(2)})
    assert net.shifts == [({"arousal": "low"}, [0.25] * 2), ({"valence": "high"}, [0.75] * 2)]
    assert net.slid == [([1, 2], {"note": [0.1] * 2}, None)]
    assert net.homes == [{"note": [1.0, 1.0]}]
    request = EditRequest(4, 4, valence=-1.0, seed=0)
    play(net, [1], request, session.piece, session.segments[4:5], {})
    assert net.shifts[2:] == [({"valence": "low"}, [1.0])]
    assert net.slid[1:] == [([1], {}, [4])]


def test_a_mood_s_curve_goes_both_ways(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(5))
    session.result(net, EditRequest(0, 4, arousal=Curve([(2, -1.0), (18, 1.0)])))
    assert net.encoded == [4]  # the segment in the middle stays as it is
    all_four = [({"arousal": "low"}, [1.0, 0.5, 0, 0]), ({"arousal": "high"}, [0, 0, 0.5, 1.0])]
    first_and_last = [({"arousal": "low"}, [1.0, 0]), ({"arousal": "high"}, [0, 1.0])]
    second_and_fourth = [({"arousal": "low"}, [0.5, 0]), ({"arousal": "high"}, [0, 0.5])]
    assert net.shifts == [*all_four, *first_and_last, *second_and_fourth]


def test_only_what_a_curve_moves_is_given_to_the_model(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(6, broken=[4]))
    curve = Curve([(8, 0.0), (8, 0.5), (12, 1.0)])
    request = EditRequest(0, 5, faders={"rhythm": curve}, seed=10)
    result = session.result(net, request)
    assert changed_in(session, result) == [2, 3, 5] and net.encoded == [3]
    assert net.slid == [([3], {"rhythm": [0.75]}, [12]), ([3] * 2, {"rhythm": [1.0] * 2}, [13, 15])]
    assert not net.absolute
    session.result(net, replace(request, faders={}, positions={"rhythm": curve}))
    assert net.encoded == [3, 2] and net.absolute  # 0 is the lowest density there is
    gaps = Curve([(8, None), (8, 0.5), (12, 1.0), (24, None)])
    mixed = replace(request, faders={"note": curve}, positions={"rhythm": gaps})
    assert changed_in(session, session.result(net, mixed)) == [2, 3, 5]
    early = replace(request, last=1)
    assert session.leaves(early) and session.result(net, early) is session.piece


def test_offsets_start_from_what_segments_had_before_their_neighbours_changed(
    net: FakeNet,
) -> None:
    """And with a mood, from where it has brought them."""
    session = PieceSession(one_chord_a_bar(3))
    session.result(net, EditRequest(0, 2, faders={"rhythm": 0.5}))
    had = {"rhythm": [1 / 16], "note": [3.0]}
    assert net.homes == [{name: value * 2 for name, value in had.items()}, had]
    session.result(net, EditRequest(0, 2, faders={"rhythm": 0.5}, arousal=0.5))
    assert net.homes[2:] == [
        {"rhythm": [0.5] * 2, "note": [0.5] * 2},
        {"rhythm": [0.5], "note": [0.5]},
    ]


def test_a_position_is_given_to_every_segment(net: FakeNet) -> None:
    session = PieceSession(one_chord_a_bar(3))
    session.result(net, EditRequest(0, 2, positions={"rhythm": 0.0}))
    assert net.absolute and [slid[1] for slid in net.slid] == [
        {"rhythm": [0.0] * 2},
        {"rhythm": [0.0]},
    ]


def test_two_pieces_are_told_apart_by_id() -> None:
    piece = one_chord_a_bar(1)
    ids = {PieceSession(piece).id for _ in range(3)}
    assert len(ids) == 3 and all(len(piece_id) == 32 for piece_id in ids)


def test_what_another_process_gets_is_small_and_the_same(session):
    small = len(pickle.dumps(session))
    service.piece_message(session)
    session.peak = (0, 1), 0.5
    data = pickle.dumps(session)
    assert len(data) < small + 10  # nothing that it works out anew
    copy = pickle.loads(data)
    assert copy.peak is None and "segments" not in copy.__dict__
    assert service.piece_message(copy) == service.piece_message(session)
