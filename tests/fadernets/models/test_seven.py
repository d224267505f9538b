"""What holds for every model of the paper."""

from dataclasses import replace

import pytest
import torch

import fadernets
from fadernets import checkpoint
from fadernets.faders import Fader
from fadernets.models import build
from fadernets.models.adversarial_turns import turns
from fadernets.music import events
from fadernets.net import FaderNet
from tests.fadernets.music.generated import rows
from tests.fadernets.tiny import TINY, bars, batch, model

SEVEN = ("vanilla", "gmvae", "pati", "cvae", "fadernetworks", "glsr", "singlegmvae")
MIXTURES = ("gmvae", "singlegmvae")
SLIDING = tuple(name for name in SEVEN if name != "singlegmvae")
AROUSAL = [-1, 0, 1, -1, 1, 0]
FADERS = {
    "rhythm": Fader("rhythm", (0.2, 1.0), (-4.0, 4.0)),
    "note": Fader("note", (1.0, 4.0), (-3.0, 3.0)),
}


def of(name):
    return model(replace(TINY, model=name))


@pytest.fixture(scope="module")
def segments():
    return bars(6, seed=11)


@pytest.fixture(scope="module", params=SEVEN)
def net(request):
    """An untrained model whose decoder minds its codes all the same."""
    vae = of(request.param)
    with torch.no_grad():
        for linear in (vae.decoder.output, vae.decoder.initial):
            linear.weight.mul_(4)
    return FaderNet(vae, {n: FADERS[n] for n in vae.handles})


@pytest.mark.slow
@pytest.mark.parametrize("name", SEVEN)
def test_the_total_is_the_sum_that_the_weights_say(segments, name):
    config = replace(
        TINY,
        model=name,
        event_weight=5.0,
        label_weight=1.5,
        regularisation_weight=0.7,
        component_weight=0.3,
        adversary_weight=2.0,
    )
    terms = model(config).losses(batch(segments, AROUSAL), beta=0.05)
    weights = {
        "order": 0.7, "slope": 0.7, "kl": 0.05, "component": 0.3,
        "found": 2.0 * 0.05 / config.beta, "events": 5.0, "rhythm": 1.5, "note": 1.5,
    }  # fmt: skip
    total = sum(weights[n.split("_")[-1]] * term for n, term in terms.items() if n != "total")
    torch.testing.assert_close(terms["total"], total)
    assert all(torch.isfinite(term) for term in terms.values())


@pytest.mark.parametrize("name", SEVEN)
def test_every_parameter_is_reached(segments, name):
    vae = of(name).train()
    for turn in turns(vae).values():
        vae.zero_grad()
        turn.losses(batch(segments, AROUSAL), 0.2)["total"].backward()
        assert all(p.grad is not None and p.grad.any() for p in turn.parameters)


@pytest.mark.parametrize("name", SEVEN)
def test_every_parameter_is_moved_by_one_player(name):
    vae = of(name)
    moved = [id(p) for turn in turns(vae).values() for p in turn.parameters]
    assert sorted(moved) == sorted(id(p) for p in vae.parameters())


@pytest.mark.training
@pytest.mark.parametrize("name", SEVEN)
def test_a_few_steps_lower_the_loss(segments, name):
    vae, inputs = of(name).train(), batch(segments, AROUSAL)
    optimisers = {n: torch.optim.Adam(t.parameters, lr=1e-2) for n, t in turns(vae).items()}
    totals = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(15):
            for player, turn in turns(vae).items():
                terms = turn.losses(inputs, 0.2)
                optimisers[player].zero_grad()
                terms["total"].backward()
                optimisers[player].step()
            totals.append(terms["total"].item())
    assert sum(totals[-3:]) < 0.85 * sum(totals[:3])


@pytest.mark.parametrize("name", SEVEN)
def test_in_half_precision_losses_are_counted_in_full(segments, name):
    vae = of(name).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        terms = vae.losses(batch(segments, AROUSAL), 0.2)
    assert {term.dtype for term in terms.values()} == {torch.float32}


def test_codes_do_not_depend_on_what_they_are_encoded_with(net, segments):
    together = net.encode(segments)
    assert {n: v.shape for n, v in together.values.items()} == {
        n: (6, width) for n, width in net.model.sizes.items()
    }
    for row, segment in enumerate(segments):
        for name, value in net.encode([segment]).values.items():
            torch.testing.assert_close(value[0], together.values[name][row], atol=1e-6, rtol=0)


def test_a_fader_moves_its_own_place_and_no_other(net, segments):
    codes = net.encode(segments)
    for name in net.faders:
        moved = net.moved(codes, {name: 0.75})
        code, dimension = net.model.handles[name]
        assert moved.values[code][:, dimension].tolist() == pytest.approx(
            [float(FADERS[name].code_at(0.75))] * 6
        )
        moved.values[code][:, dimension] = codes.values[code][:, dimension]
        assert all(moved.values[n].equal(value) for n, value in codes.values.items())


def test_faders_change_what_is_played(net, segments):
    for name in net.faders:
        low, high = (net.slide(segments, {name: position}, seed=1) for position in (0, 1))
        assert [rows(n) for n in low] != [rows(n) for n in high]
        assert all(len(events.encode(notes)) for notes in low + high)


@pytest.mark.parametrize("name", SEVEN)
def test_which_models_have_faders(name):
    assert tuple(of(name).handles) == (TINY.attributes if name in SLIDING else ())


def test_without_faders_none_can_be_moved(segments):
    net = FaderNet(of("singlegmvae"), {})
    with pytest.raises(ValueError, match="no fader 'rhythm'; there are: none"):
        net.slide(segments, {"rhythm": 0.5})


def test_arousal_is_of_models_with_components(net, segments):
    name = net.model.config.model
    if name in MIXTURES:
        before = net.encode(segments)
        assert ((net.arousal(before) >= 0) & (net.arousal(before) <= 1)).all()
        assert all(len(played) for played in net.transfer(segments, "high"))
        return
    for ask in (net.arousal, lambda s: net.transfer(s, "high"), lambda s: net.shifted(s, "low")):
        with pytest.raises(ValueError, match=f"model '{name}' has no mixture components"):
            ask(segments)


def test_mixing_needs_a_code_of_the_rhythms_own(net, segments):
    if "rhythm" in net.model.sizes:
        mixed = net.mix(segments[:3], segments[3:], seed=1)
        assert len(mixed) == 3
        return
    with pytest.raises(ValueError, match=f"{net.model.config.model}' has no code of its own"):
        net.mix(segments[:3], segments[3:])


def test_a_model_saved_is_found_again(net, segments, tmp_path):
    checkpoint.save(net.model, net.scales, tmp_path)
    loaded = fadernets.load(tmp_path)
    assert loaded.model.config == net.model.config
    assert loaded.scales == net.scales
    weights = loaded.model.state_dict()
    assert weights.keys() == net.model.state_dict().keys()
    for name, value in net.model.state_dict().items():
        assert weights[name].equal(value.half().to(value.dtype))
    for name, value in loaded.encode(segments).values.items():
        torch.testing.assert_close(value, net.encode(segments).values[name], atol=2e-3, rtol=1e-2)


@pytest.mark.parametrize("name", SEVEN)
def test_one_attribute_is_enough(segments, name):
    vae = build(replace(TINY, model=name, attributes=("note",)))
    assert torch.isfinite(vae.losses(batch(segments, AROUSAL), 0.2)["total"])
    assert set(vae.handles) <= {"note"}
