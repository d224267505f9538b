import pytest
import torch

from fadernets.models.losses import component_logits
from fadernets.mood_transfer import MOODS, PRESETS, asked_moods, shift, sides_of

LATENT = 6
NAMES = ("rhythm", "note")


@pytest.fixture
def mixture():
    """Codes of eight segments, drawn near either component, with logits and means."""
    generator = torch.Generator().manual_seed(3)
    means = {n: torch.randn(2, LATENT, generator=generator) * 2 for n in NAMES}
    side = {"rhythm": torch.arange(8) % 2, "note": torch.arange(8) // 4}
    codes = {
        n: means[n][side[n]] + 0.1 * torch.randn(8, LATENT, generator=generator) for n in NAMES
    }
    logits = {n: component_logits(codes[n], means[n], -2.0) for n in NAMES}
    assert all((logits[n].argmax(1) == side[n]).all() for n in NAMES)
    return codes, logits, means, side


def test_by_hand():
    codes = {"rhythm": torch.tensor([[0.0, 1.0], [4.0, 4.0]])}
    logits = {"rhythm": torch.tensor([[2.0, -1.0], [-1.0, 2.0]])}  # the first low, the second high
    means = {"rhythm": torch.tensor([[0.0, 0.0], [4.0, 2.0]])}
    up = shift(codes, logits, means, "high", 0.5)
    assert up["rhythm"].tolist() == [[2.0, 2.0], [4.0, 4.0]]
    down = shift(codes, logits, means, "low")
    assert down["rhythm"].tolist() == [[0.0, 1.0], [0.0, 2.0]]


@pytest.mark.parametrize(("target", "component"), [("low", 0), ("high", 1)])
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, 2.0])
def test_only_codes_outside_the_target_move(mixture, target, component, strength):
    codes, logits, means, side = mixture
    moved = shift(codes, logits, means, target, strength)
    assert list(moved) == list(NAMES)
    for name in NAMES:
        inside = side[name] == component
        assert torch.equal(moved[name][inside], codes[name][inside])
        step = means[name][component] - means[name][1 - component]
        difference = moved[name][~inside] - codes[name][~inside]
        assert torch.allclose(difference, (strength * step).expand_as(difference), atol=1e-6)


def test_the_whole_shift_arrives_in_the_target(mixture):
    codes, logits, means, _ = mixture
    moved = shift(codes, logits, means, "high")
    for name in NAMES:
        assert (component_logits(moved[name], means[name], -2.0).argmax(1) == 1).all()


def test_the_codes_given_stay_as_they_are(mixture):
    codes, logits, means, _ = mixture
    before = {name: code.clone() for name, code in codes.items()}
    shift(codes, logits, means, "low", 3.0)
    assert all(torch.equal(codes[name], before[name]) for name in NAMES)


def test_unknown_arousal(mixture):
    with pytest.raises(ValueError, match="arousal 'medium' is neither low nor high"):
        shift(*mixture[:3], "medium")


@pytest.mark.parametrize("strength", [-0.1, float("nan"), float("inf")])
def test_impossible_strength(mixture, strength):
    with pytest.raises(ValueError, match=f"strength {strength} is not"):
        shift(*mixture[:3], "low", strength)


def test_a_word_is_arousal_and_a_mapping_any_mood():
    assert sides_of("low") == {"arousal": "low"}
    assert sides_of({"valence": "high"}) == {"valence": "high"}


def test_presets_are_the_four_quarters():
    quarters = {tuple(sides_of(moods)[mood] for mood in MOODS) for moods in PRESETS.values()}
    assert len(PRESETS) == len(quarters) == 4


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "calm",
            "arousal 'calm' is neither low nor high; write {'arousal': 'low', 'valence': 'high'}$",
        ),
        ("medium", "arousal 'medium' is neither low nor high$"),
        ({"valence": "sad"}, "valence 'sad' is neither low nor high"),
        ({"tension": "low"}, "no mood 'tension'; there are: arousal, valence"),
    ],
)
def test_what_is_no_mood_is_named(target, message):
    with pytest.raises(ValueError, match=message):
        sides_of(target)


def test_quarters_of_the_circle_of_moods_by_name():
    """Russell (1980): arousal upwards, valence to the right."""
    assert PRESETS == {
        "calm": {"arousal": "low", "valence": "high"},
        "tense": {"arousal": "high", "valence": "low"},
        "sad": {"arousal": "low", "valence": "low"},
        "joyful": {"arousal": "high", "valence": "high"},
    }


@pytest.mark.parametrize(
    ("sides", "preset", "sentence"),
    [
        ({"arousal": None, "valence": None}, None, "a transfer needs arousal, valence or a preset"),
        ({"arousal": "low"}, "calm", "a preset says where both moods go; leave arousal and"),
        ({}, "angry", "there is no such preset; there are: calm, tense, sad, joyful"),
    ],
)
def test_moods_that_say_nothing_or_too_much_are_refused(sides, preset, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}"):
        asked_moods(sides, preset)


def test_a_preset_is_both_moods():
    assert asked_moods({"arousal": None}, "sad") == {
        "arousal": "low",
        "valence": "low",
    }
