import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.models import config
from fadernets.models.config import ModelConfig

number = st.floats(allow_nan=False, allow_infinity=False)
size = st.integers(1, 4096)
configs = st.builds(
    ModelConfig,
    model=st.text(),
    attributes=st.lists(st.text(), max_size=4).map(tuple),
    hidden=size,
    latent=size,
    embedding=size,
    components=size,
    prior_log_variance=number,
    beta=number,
    beta_free_steps=st.integers(0, 10**6),
    beta_anneal_steps=st.integers(0, 10**6),
    kl_reduction=st.sampled_from(config.KL_REDUCTIONS),
    event_weight=number,
    label_weight=number,
    regularisation_weight=number,
    component_weight=number,
    adversary_weight=number,
    slope=number,
)


@pytest.mark.slow
@given(configs)
def test_json_round_trip(settings):
    assert config.from_json(config.to_json(settings)) == settings


def test_the_defaults_are_the_papers():
    paper = ModelConfig()
    assert (paper.hidden, paper.latent, paper.components) == (512, 128, 2)
    assert (paper.prior_log_variance, paper.beta) == (-2.0, 0.2)
    assert paper.attributes == ("rhythm", "note")
    assert (paper.beta_free_steps, paper.beta_anneal_steps) == (1_000, 10_000)
    assert paper.regularisation_weight == 1.0
    assert config.from_json("{}") == paper


def test_the_scales_are_the_authors_codes():
    authors = ModelConfig()
    assert (authors.event_weight, authors.label_weight) == (5.0, 1.0)
    assert (authors.component_weight, authors.kl_reduction) == (1.0, "mean")


def test_what_the_paper_does_not_give():
    """A stored configuration that lacks a field was trained with these."""
    settings = ModelConfig()
    assert (settings.model, settings.codes, settings.embedding) == ("gmvae", "gmvae", 128)
    assert (settings.width, settings.layers, settings.heads) == (256, 6, 8)
    assert (settings.adversary_weight, settings.slope) == (1.0, 1.0)


def test_a_file(tmp_path):
    settings = ModelConfig(hidden=16, attributes=("rhythm",))
    (tmp_path / "config.json").write_text(config.to_json(settings))
    assert config.load(tmp_path / "config.json") == settings


def test_every_field_is_written():
    stored_fields = json.loads(config.to_json(ModelConfig()))
    assert list(stored_fields) == [field.name for field in dataclasses.fields(ModelConfig)]


def test_unknown_field():
    with pytest.raises(ValueError, match="unknown configuration field 'dropout'"):
        config.from_json('{"hidden": 16, "dropout": 0.5}')


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_what_is_no_configuration(text):
    with pytest.raises(ValueError):
        config.from_json(text)


SIZES = ("hidden", "latent", "embedding", "width", "layers", "heads", "components")


@pytest.mark.parametrize("name", SIZES)
def test_sizes_begin_at_one(name):
    assert getattr(ModelConfig(**{name: 1}), name) == 1
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        ModelConfig(**{name: 0})


def test_unknown_reduction():
    with pytest.raises(ValueError, match="kl_reduction 'median' is not one of"):
        ModelConfig(kl_reduction="median")


@pytest.mark.parametrize(
    ("step", "beta"),
    [
        (0, 0),
        (999, 0),
        (1_000, 0),
        (1_001, 0.2 / 10_000),
        (3_500, 0.05),
        (6_000, 0.1),
        (10_999, 0.2 * 9_999 / 10_000),
        (11_000, 0.2),
        (11_001, 0.2),
        (1_000_000, 0.2),
    ],
)
def test_the_beta_schedule(step, beta):
    assert ModelConfig().beta_at(step) == pytest.approx(beta, abs=1e-12)


def test_the_beta_schedule_without_growth():
    sudden = ModelConfig(beta=0.3, beta_free_steps=5, beta_anneal_steps=0)
    assert [sudden.beta_at(step) for step in (0, 4, 5, 6)] == [0, 0, 0.3, 0.3]
    assert ModelConfig(beta=0.3, beta_free_steps=0, beta_anneal_steps=0).beta_at(0) == 0.3
