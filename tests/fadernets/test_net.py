from dataclasses import replace

import numpy as np
import pytest
import torch

import fadernets
from fadernets import checkpoint, mood_transfer
from fadernets.faders import Fader
from fadernets.models.config import ModelConfig
from fadernets.models.reviser import Reviser
from fadernets.music import events, key
from fadernets.music.notes import BEATS, HIGHEST_PITCH, LOWEST_PITCH, Notes
from fadernets.music.piece import NO_PEDAL, Piece
from fadernets.music.piece import segments as split
from fadernets.net import BATCH, Codes, FaderNet
from fadernets.realisers import Arranger
from tests.fadernets.music.generated import rows
from tests.fadernets.tiny import bars, model

FADERS = {
    "rhythm": Fader("rhythm", (0.2, 0.5, 1.0), (-4.0, 1.0, 3.0)),
    "note": Fader("note", (1.0, 4.0), (-3.0, 3.0)),
}


def played(segments: list[Notes]) -> list[list]:
    """Notes as tuples, to compare."""
    return [rows(notes) for notes in segments]


@pytest.fixture(scope="module")
def net() -> FaderNet:
    """An untrained model whose decoder minds its codes all the same."""
    gmvae = model(seed=1)
    with torch.no_grad():
        for linear in (gmvae.decoder.output, gmvae.decoder.initial):
            linear.weight.mul_(4)
    return FaderNet(gmvae, FADERS, name="tiny")


@pytest.fixture(scope="module")
def segments() -> list[Notes]:
    return bars(6)


def test_codes_have_a_row_for_each_segment(net, segments):
    codes = net.encode(segments)
    assert len(codes) == 6
    assert {name: value.shape for name, value in codes.values.items()} == {
        "rhythm": (6, 8),
        "note": (6, 8),
    }
    assert codes.key.tolist() == [key.find(notes) for notes in segments]


def test_encoding_is_deterministic_and_depends_on_the_segment_alone(net, segments):
    together, repeated = net.encode(segments), net.encode(segments)
    for name, value in together.values.items():
        assert value.equal(repeated.values[name])
        for row, notes in enumerate(segments):
            alone = net.encode([notes]).values[name][0]
            torch.testing.assert_close(alone, value[row], atol=1e-6, rtol=0)


def test_nothing_in_nothing_out(net):
    assert len(net.encode([])) == 0
    assert net.reconstruct([]) == net.slide([], {"rhythm": 0.5}) == net.mix([], []) == []
    assert net.transfer([], "high", seed=3) == []
    assert net.arousal([]).shape == (0,)


def test_a_segment_without_notes_is_refused_by_its_place(net, segments):
    with pytest.raises(ValueError, match="segment 1 of 2 has no notes"):
        net.encode([segments[0], Notes.empty()])


def test_what_is_played_is_a_segment(net, segments):
    for notes in net.reconstruct(segments) + net.reconstruct(segments, seed=range(6)):
        assert len(notes)
        assert notes.onset.min() >= 0 and notes.offset.max() <= BEATS
        assert (notes.offset > notes.onset).all()
        assert notes.pitch.min() >= LOWEST_PITCH and notes.pitch.max() <= HIGHEST_PITCH
        assert len(events.encode(notes))


def test_notes_do_not_depend_on_what_is_played_beside_them(net, segments):
    for seed in (None, 5):
        together = played(net.reconstruct(segments, seed=seed))
        assert together == played(net.reconstruct(segments, seed=seed))
        for row, notes in enumerate(segments):
            assert played(net.reconstruct([notes], seed=seed)) == [together[row]]


def test_more_segments_than_a_batch_come_back_in_order(net, segments):
    long_list = (segments * (BATCH // 6 + 2))[: BATCH + 3]
    first_versions = played(net.reconstruct(segments, seed=range(6)))
    codes = net.encode(long_list)
    for name, value in net.encode(segments).values.items():
        together = codes.values[name]
        torch.testing.assert_close(together, value[torch.arange(BATCH + 3) % 6], atol=1e-6, rtol=0)
    versions = played(net.reconstruct(long_list, seed=[i % 6 for i in range(len(long_list))]))
    assert len(versions) == BATCH + 3
    assert all(notes == first_versions[i % 6] for i, notes in enumerate(versions))


def test_seeds(net, segments):
    copies = segments[:1] * 3
    same_seed = played(net.reconstruct(copies, seed=7))
    assert same_seed[0] == same_seed[1] == same_seed[2]
    own_seeds = played(net.reconstruct(copies, seed=[7, 8, 7]))
    assert own_seeds[0] == own_seeds[2] == same_seed[0] != own_seeds[1]
    assert same_seed[0] != played(net.reconstruct(copies[:1]))[0]
    with pytest.raises(ValueError, match="2 seeds for 3 segments"):
        net.reconstruct(copies, seed=[1, 2])


def test_codes_stand_for_segments_everywhere(net, segments):
    codes, other = net.encode(segments), net.encode(segments[::-1])
    turned = segments[::-1]
    assert played(net.reconstruct(codes)) == played(net.reconstruct(segments))
    assert played(net.slide(codes, {"note": 0.9})) == played(net.slide(segments, {"note": 0.9}))
    assert played(net.transfer(codes, "low")) == played(net.transfer(segments, "low"))
    assert played(net.mix(codes, other)) == played(net.mix(segments, turned))
    assert net.arousal(codes).tolist() == net.arousal(segments).tolist()


def moved(codes: Codes, **regularised) -> Codes:
    """The same codes with other values of their regularised dimension."""
    values = {name: value.clone() for name, value in codes.values.items()}
    for name, code in regularised.items():
        values[name][:, 0] = torch.tensor(code)
    return replace(codes, values=values)


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


@pytest.fixture
def unused(net, monkeypatch) -> FaderNet:
    """The model, which fails when it is used."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the model was given a segment that does not move")

    monkeypatch.setattr(FaderNet, "encode", fail)
    monkeypatch.setattr(FaderNet, "reconstruct", fail)
    return net


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
    for by, ends in ((0.5, 1.0), (-0.5, 0.2), (1.0, 1.0), (-1.0, 0.2)):
        moved_codes = net.moved(codes, offsets={"rhythm": by})
        expected = now + abs(by) * (ends - now)
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


@pytest.mark.parametrize("value", [1.5, 1.0, "1", np.float64(2)])
def test_seeds_that_are_no_whole_numbers_are_refused(net, segments, value):
    for seed in (value, [1] * 5 + [value]):
        for play in (net.reconstruct, lambda s, seed: net.slide(s, {"note": 0.5}, seed=seed)):
            with pytest.raises(TypeError) as error:
                play(segments, seed=seed)
            assert str(error.value) == f"seed {value!r} is not a whole number"


def test_what_is_no_list_of_segments_is_told_how_to_become_one(net, segments, tmp_path):
    playing = Piece(segments[0], NO_PEDAL, np.array([(0, 120.0)]), np.array([(0, 4, 4)]), 4.0)
    hint = r"write \[s for s in fadernets.segments\(piece\) if s.problem is None\]"
    for argument, message in (
        (playing, f"^a piece is no list of segments: {hint}$"),
        (segments[0], r"^one segment's notes are no list of segments: write \[notes\]$"),
        (tmp_path / "in.mid", f"^a file's name is no list .+, {hint}$"),
        ("in.mid", "^a file's name is no list"),
        (iter(segments), "^a list_iterator is no list of segments' notes$"),
        ([segments[0], None], "^segment 1 is a NoneType and no Notes$"),
    ):
        for use in (
            net.encode,
            net.reconstruct,
            lambda argument: net.slide(argument, {"note": 0.5}),
        ):
            with pytest.raises(TypeError, match=message):
                use(argument)


def test_positions_without_a_name_are_refused(net, segments):
    for given in ({"positions": 0.5}, {"offsets": 0.5}):
        with pytest.raises(TypeError, match="positions name their faders"):
            net.slide(segments, **given)


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


def test_mix_takes_the_rhythm_of_one_and_all_else_of_the_other(net, segments):
    first, second = net.encode(segments[:3]), net.encode(segments[3:])
    values = {"rhythm": first.values["rhythm"], "note": second.values["note"]}
    expected = net.reconstruct(Codes(values, second.key), seed=1)
    assert played(net.mix(segments[:3], segments[3:], seed=1)) == played(expected)
    assert played(net.mix(segments, segments)) == played(net.reconstruct(segments))


def test_a_mix_needs_as_many_segments_of_each(net, segments):
    with pytest.raises(ValueError, match="2 segments cannot be mixed with 3"):
        net.mix(segments[:2], segments[:3])


def test_a_decoder_takes_sound_and_an_arranger_keys(net):
    notes = Notes.of([0, 1, 2, 3], [0.5, 1.5, 2.5, 3.5], [60, 62, 64, 65], [64] * 4)
    pedal, rows = np.array([[0.2, 4.0]]), (np.array([(0, 120.0)]), np.array([(0, 4, 4)]))
    playing = Piece(notes, pedal, *rows, 4.0)
    (segment,) = split(playing)
    reviser = Reviser(ModelConfig(model="reviser", width=16, layers=1, heads=2)).eval()
    arranger = FaderNet(net.model, net.scales, "small", Arranger(reviser))
    assert net.by_sound and not arranger.by_sound
    for music in (playing, segment):
        assert net.input_notes(music) is music.sounding
        assert arranger.input_notes(music) is music.notes
    assert list(net.input_notes(segment).offset) == [4.0] * 4


def test_a_model_saved_is_found_again(net, segments, tmp_path):
    checkpoint.save(net.model, net.scales, tmp_path)
    loaded = fadernets.load(tmp_path)
    assert loaded.name == tmp_path.name and loaded.scales == net.scales
    assert loaded.device == torch.device("cpu")
    for name, value in loaded.encode(segments).values.items():
        torch.testing.assert_close(value, net.encode(segments).values[name], atol=1e-3, rtol=1e-2)


@pytest.fixture
def bright() -> FaderNet:
    """The untrained model with made-up poles of valence, across the way of arousal."""
    gmvae = model(seed=1)
    generator = torch.Generator().manual_seed(5)
    poles = {}
    for name, (low, high) in gmvae.poles.items():
        direction, arousal = torch.randn(8, generator=generator), high - low
        direction = direction - (direction @ arousal) / (arousal @ arousal) * arousal
        poles[name] = torch.stack([-direction, direction])
    gmvae.learn_valence(poles)
    return FaderNet(gmvae, FADERS, name="bright")


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
