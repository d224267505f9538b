"""Arousal and valence are read from codes and moved."""

import numpy as np
import pytest
import torch

from fadernets import mood_transfer
from fadernets.codes import Codes
from fadernets.music import key
from fadernets.net import FaderNet
from tests.fadernets.music.generated import rows
from tests.fadernets.net.notes_played import played


def at_components(net: FaderNet) -> Codes:
    """Two codes, each in the middle of a component: low, high."""
    values = {name: means.detach().clone() for name, means in net.model.means.items()}
    return Codes(values, torch.tensor([0, 0]))


def test_arousal_is_the_mean_probability_of_the_high_component(net, segments):
    low, high = net.arousal(at_components(net))
    assert 0 <= low < 0.5 < high <= 1
    assert low == pytest.approx(1 - high)
    crossed = at_components(net)
    crossed.values["note"] = crossed.values["note"].flip(0)
    probabilities = net.arousal(crossed)
    logits = net.model.component_logits(crossed.values)
    by_code = [logits[name].double().softmax(1)[:, 1].tolist() for name in ("rhythm", "note")]
    assert np.allclose(probabilities, np.mean(by_code, axis=0))
    assert net.arousal(segments).shape == (6,)


def test_transfer_moves_only_what_is_not_there_yet(net):
    codes = at_components(net)
    assert played(net.transfer(codes, "high"))[1] == played(net.reconstruct(codes))[1]
    logits = net.model.component_logits(codes.values)
    for target, expected in (("high", 1), ("low", 0)):
        shifted = mood_transfer.shift(codes.values, logits, net.model.means, target)
        for name, value in shifted.items():
            for row in range(2):
                torch.testing.assert_close(value[row], codes.values[name][expected])


def test_transfer_goes_by_the_difference_of_the_poles(net, segments):
    codes = net.encode(segments)
    logits = net.model.component_logits(codes.values)
    for target, strength in (("low", 1.0), ("high", 0.5), ("high", 2.0)):
        to = {"low": 0, "high": 1}[target]
        values = {}
        for name, value in codes.values.items():
            poles = net.model.poles[name]
            step = strength * (poles[to] - poles[1 - to])
            outside = logits[name].argmax(1) != to
            values[name] = torch.where(outside[:, None], value + step, value)
        shifted_codes = net.shifted(codes, target, strength)
        assert shifted_codes.key.equal(codes.key)
        assert all(shifted_codes.values[name].equal(value) for name, value in values.items())
        transferred = net.transfer(segments, target, strength, seed=4)
        assert played(transferred) == played(net.reconstruct(shifted_codes, seed=4))


def test_transfer_of_strength_nothing_changes_nothing(net, segments):
    assert net.transfer(segments, "high", 0.0) == segments
    codes = net.encode(segments)
    assert played(net.transfer(codes, "high", 0.0)) == played(net.reconstruct(codes))


def test_a_transfer_of_strength_nothing_is_not_given_to_the_model(unused, segments):
    assert unused.transfer(segments, "high", [0.0] * 6, seed=3) == segments


@pytest.mark.parametrize("target", ["low", "high", {"valence": "low"}])
def test_strengths_are_each_segment_s_own(bright, segments, target):
    strengths = [0.0, 1.0, 0.5, 0.0, 2.0, 0.25]
    both = bright.transfer(segments, target, strengths, seed=range(6))
    for row, strength in enumerate(strengths):
        (alone,) = bright.transfer([segments[row]], target, strength, seed=[row])
        assert rows(both[row]) == rows(alone)
        assert (both[row] is segments[row]) == (strength == 0)
    shifted = bright.shifted(segments, target, strengths)
    plain = bright.encode(segments)
    for name, value in shifted.values.items():
        assert value[[0, 3]].equal(plain.values[name][[0, 3]])
    assert shifted.key[[0, 3]].equal(plain.key[[0, 3]])


@pytest.mark.parametrize(
    ("target", "strength", "message"),
    [
        ("calm", 1.0, "arousal 'calm' is neither low nor high"),
        ("low", -1.0, "strength -1.0"),
        ("low", float("nan"), "strength nan"),
        ("low", [1.0] * 5 + [-0.5], "strength -0.5 is not a number of 0 or more"),
        ("low", [1.0] * 5, "5 strengths for 6 segments"),
        ("calm", 0.0, "arousal 'calm' is neither low nor high"),
    ],
)
def test_impossible_transfers_are_refused(net, segments, target, strength, message):
    with pytest.raises(ValueError, match=message):
        net.transfer(segments, target, strength)


def test_valence_moves_codes_towards_its_pole_and_keys_to_their_parallels(bright, segments):
    codes, moved = bright.encode(segments), 0
    for target, to in (("low", 0), ("high", 1)):
        shifted_codes = bright.shifted(codes, {"valence": target}, 0.7)
        for name, poles in bright.model.valence.items():
            direction = poles[to] - poles[1 - to]
            outside = (codes.values[name] - poles.mean(0)) @ direction < 0
            expected = codes.values[name] + 0.7 * outside[:, None] * direction
            torch.testing.assert_close(shifted_codes.values[name], expected)
            moved += int(outside.sum())
        assert ((shifted_codes.key < key.MINOR) == (target == "high")).all()
        assert (shifted_codes.key % 12).equal(codes.key % 12)
    assert moved == 2 * len(segments)  # each code lies on one side or the other


def test_both_moods_at_once_are_one_after_the_other(bright, segments):
    at_once = bright.shifted(segments, {"valence": "low", "arousal": "high"})
    first = bright.shifted(segments, "high")
    in_turn = bright.shifted(first, {"valence": "low"})
    assert at_once.key.equal(in_turn.key)
    for name, value in at_once.values.items():
        torch.testing.assert_close(value, in_turn.values[name])


def test_arousal_by_name_is_arousal(bright, segments):
    plain = bright.transfer(segments, "high", 0.5, seed=2)
    assert played(plain) == played(bright.transfer(segments, {"arousal": "high"}, 0.5, seed=2))


@pytest.mark.parametrize("target", [{}, *mood_transfer.PRESETS.values()])
def test_moods_of_strength_nothing_change_nothing(bright, segments, target):
    assert bright.transfer(segments, target, 0.0) == segments
    codes = bright.encode(segments)
    assert played(bright.transfer(codes, target, 0.0)) == played(bright.reconstruct(codes))


def test_a_model_without_valence_says_so(net, segments):
    with pytest.raises(ValueError, match="model 'tiny' has no poles of valence"):
        net.transfer(segments, mood_transfer.PRESETS["sad"])


def test_poles_of_another_model_are_refused(net):
    with pytest.raises(
        ValueError, match=r"no poles of valence for code 'rhythm' of shape \(2, 8\)"
    ):
        net.model.learn_valence({"rhythm": torch.ones(2, 9)})
