"""Faders set densities, by positions and by offsets."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fadernets.codes import Codes
from tests.fadernets.music.generated import rows
from tests.fadernets.net.notes_played import played


def moved(codes: Codes, **regularised) -> Codes:
    """The same codes with other values of their regularised dimension."""
    values = {name: value.clone() for name, value in codes.values.items()}
    for name, code in regularised.items():
        values[name][:, 0] = torch.tensor(code)
    return replace(codes, values=values)


@pytest.mark.slow
def test_a_fader_sets_the_regularised_dimension_and_no_other(net, segments):
    codes = net.encode(segments)
    for positions, regularised in (
        ({"rhythm": 0.0}, {"rhythm": -4.0}),
        ({"rhythm": 1.0}, {"rhythm": 3.0}),
        ({"rhythm": 0.1875}, {"rhythm": -1.5}),  # density 0.35, halfway to the second knot
        ({"note": 0.5}, {"note": 0.0}),
        ({"rhythm": 1, "note": 0}, {"rhythm": 3.0, "note": -3.0}),
        ({"note": np.linspace(0, 1, 6)}, {"note": np.linspace(-3, 3, 6)}),
        ({}, {}),
    ):
        expected, moved_codes = moved(codes, **regularised), net.moved(codes, positions)
        assert all(moved_codes.values[n].equal(value) for n, value in expected.values.items())
        slid = net.slide(segments, positions, seed=2)
        assert played(slid) == played(net.reconstruct(expected, seed=2))


def test_faders_change_what_is_played(net, segments):
    low, high = (played(net.slide(segments, {"rhythm": p})) for p in (0.0, 1.0))
    assert low != high


def test_an_offset_of_nothing_is_not_given_to_the_model(unused, segments):
    for offsets in ({"rhythm": 0.0}, {"rhythm": [0] * 6, "note": -0.0}):
        assert unused.slide(segments, offsets=offsets, seed=5) == segments


def test_segments_without_an_offset_come_back_themselves(net, segments):
    offsets = {"rhythm": np.array([0, 0.5, 0, -1, 0, 0]), "note": [0.0, 0, 0.2, 0, 0, 0]}
    slid = net.slide(segments, offsets=offsets, seed=range(6))
    assert [new is old for new, old in zip(slid, segments, strict=True)] == [
        True, False, False, False, True, True,
    ]  # fmt: skip
    for row in (1, 2, 3):
        alone = {name: by[row] for name, by in offsets.items()}
        (expected,) = net.slide([segments[row]], offsets=alone, seed=[row])
        assert rows(slid[row]) == rows(expected)


def test_an_offset_starts_from_where_the_codes_are(net, segments):
    codes = net.moved(segments, {"rhythm": [0.0, 0.1, 0.25, 0.5, 0.75, 1.0]})
    now = net.wanted_densities(codes)["rhythm"]
    assert now == pytest.approx(net.density("rhythm", np.array([0, 0.1, 0.25, 0.5, 0.75, 1])))
    for by in (0.5, -0.5, 1.0, -1.0):
        moved_codes = net.moved(codes, offsets={"rhythm": by})
        expected = net.offset_density("rhythm", now, by)
        assert net.wanted_densities(moved_codes)["rhythm"] == pytest.approx(expected)
        assert moved_codes.values["note"].equal(codes.values["note"])
        assert moved_codes.values["rhythm"][:, 1:].equal(codes.values["rhythm"][:, 1:])
    for offsets in ({"rhythm": 0}, {"rhythm": [0.0] * 6, "note": 0.0}):
        still = net.moved(codes, offsets=offsets)
        assert all(still.values[name].equal(value) for name, value in codes.values.items())


def test_codes_beyond_the_scale_do_not_come_back_to_it(net, segments):
    codes = moved(net.encode(segments), rhythm=[9.0] * 3 + [-9.0] * 3)
    up = net.moved(codes, offsets={"rhythm": 0.5}).values["rhythm"][:, 0]
    down = net.moved(codes, offsets={"rhythm": -1.0}).values["rhythm"][:, 0]
    assert up[:3].tolist() == [9.0] * 3 and (up[3:] > -4).all()
    assert down[:3].tolist() == [-4.0] * 3 and down[3:].tolist() == [-9.0] * 3


def test_of_one_segment_an_offset_is_a_position(net, segments):
    """Both ways to the same density are the same music."""
    codes = net.encode(segments[:1])
    for by in (-1.0, -0.3, 0.4, 1.0):
        now = net.wanted_densities(codes)["note"]
        position = net.position("note", net.offset_density("note", now, by))
        (one,) = net.slide(codes, offsets={"note": by}, seed=1)
        (other,) = net.slide(codes, {"note": position}, seed=1)
        assert rows(one) == rows(other)


@pytest.mark.parametrize(
    ("positions", "offsets", "message"),
    [
        (None, {"tempo": 0.5}, "no fader 'tempo'; there are: rhythm, note"),
        (None, {"rhythm": -1.01}, "rhythm fader offset -1.01 is outside -1 to 1"),
        ({"note": 0.5}, {"rhythm": 1.01}, "rhythm fader offset 1.01 is outside -1 to 1"),
        (None, {"rhythm": [0.5] * 2}, "2 offsets of the rhythm fader for 6 segments"),
        ({"note": 0.5}, {"note": 0.5}, "the note fader is given a position and an offset"),
    ],
)
def test_impossible_offsets_are_refused(net, segments, positions, offsets, message):
    for source in (segments, net.encode(segments)):
        with pytest.raises(ValueError, match=f"^{message}$"):
            net.slide(source, positions, offsets=offsets)


def test_sliding_leaves_the_codes_given_as_they_are(net, segments):
    codes = net.encode(segments)
    before = {name: value.clone() for name, value in codes.values.items()}
    net.slide(codes, {"rhythm": 0.3, "note": 0.3})
    net.transfer(codes, "high")
    net.mix(codes, codes)
    assert all(codes.values[name].equal(value) for name, value in before.items())


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ({"tempo": 0.5}, "no fader 'tempo'; there are: rhythm, note"),
        ({"rhythm": 1.01}, "rhythm fader position 1.01 is outside 0 to 1"),
        ({"note": -0.5}, "note fader position -0.5 is outside 0 to 1"),
        ({"note": float("nan")}, "note fader position nan is outside 0 to 1"),
        ({"note": [0.5] * 5 + [2]}, "note fader position 2 is outside 0 to 1"),
        ({"note": [0.5] * 2}, "2 positions of the note fader for 6 segments"),
        ({"rhythm": [0.5]}, "1 positions of the rhythm fader for 6 segments"),
    ],
)
def test_impossible_positions_are_refused(net, segments, positions, message):
    with pytest.raises(ValueError, match=message):
        net.slide(segments, positions)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ({"note": "0,5"}, "^note fader position '0,5' is text, no number: write 0.5$"),
        ({"note": [0.5] * 5 + ["1"]}, "^note fader position '1' is text, no number: write 1$"),
        ({"rhythm": None}, "^rhythm fader position None is no number: leave rhythm out"),
    ],
)
def test_positions_that_are_no_numbers_are_refused(net, segments, positions, message):
    with pytest.raises(TypeError, match=message):
        net.slide(segments, positions)


@pytest.mark.parametrize("method", ["slide", "moved"])
def test_a_fader_by_keyword_is_refused_with_what_to_write(net, segments, method):
    with pytest.raises(TypeError, match=rf"{method}\(\) .* write positions={{'rhythm': 0\.5}}, or"):
        getattr(net, method)(segments, rhythm=0.5)
    with pytest.raises(TypeError, match=rf"{method}\(\) has no argument 'speed'"):
        getattr(net, method)(segments, speed=0.5)
    for name in ("lock", "locks"):
        with pytest.raises(TypeError, match=rf"'{name}': write net.encode\(segments, Locks\("):
            getattr(net, method)(segments, {"rhythm": 0.5}, **{name: "melody"})


def test_positions_without_a_name_are_refused(net, segments):
    for arguments in ({"positions": 0.5}, {"offsets": 0.5}):
        with pytest.raises(TypeError, match="positions name their faders"):
            net.slide(segments, **arguments)


def test_positions_and_densities(net):
    assert net.faders == ("rhythm", "note")
    assert net.density("rhythm", 0) == 0.2 and net.density("rhythm", 1.0) == 1.0
    assert net.density("note", 0.5) == 2.5
    assert isinstance(net.density("note", 0.5), float)
    assert net.position("note", 2.5) == 0.5
    assert isinstance(net.position("note", 2.5), float)
    positions = np.linspace(0, 1, 5)
    assert np.allclose(net.position("rhythm", net.density("rhythm", positions)), positions)
    assert net.position("note", np.array([0.0, 0.5, 2.5, 9.0])).tolist() == [0, 0, 0.5, 1]
    for method in (net.density, net.position):
        with pytest.raises(ValueError, match="no fader 'tempo'"):
            method("tempo", 0.5)
