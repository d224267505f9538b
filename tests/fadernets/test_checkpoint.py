import hashlib
import shutil

import pytest
import torch

from fadernets import checkpoint
from fadernets.arranger.discriminator import Discriminator, columns
from fadernets.checkpoint import (
    CONFIG,
    DISCRIMINATOR,
    FADERS,
    SUMS,
    VALENCE,
    WEIGHTS,
    CheckpointError,
)
from fadernets.faders import Fader
from fadernets.models import build, config
from fadernets.models.config import ModelConfig

FILES = (WEIGHTS, CONFIG, FADERS)
SMALL = ModelConfig(hidden=8, latent=4, embedding=6, beta=0.125)
SCALES = {
    "rhythm": Fader("rhythm", (0.1, 0.5, 0.9), (-2.0, 0.5, 2.0)),
    "note": Fader("note", (0.5, 8.0), (-1.5, 2.5)),
}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return build(SMALL)


@pytest.fixture(scope="module")
def saved_folder(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "deep" / "small"
    checkpoint.save(model, SCALES, folder)
    return folder


@pytest.fixture
def folder(saved_folder, tmp_path):
    """A copy to damage."""
    return shutil.copytree(saved_folder, tmp_path / "copy")


def sign(folder):
    """Write the checksums of the files in the folder."""
    lines = [f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in FILES]
    (folder / SUMS).write_text("".join(lines))


def test_what_is_saved_is_loaded(model, saved_folder):
    loaded, scales = checkpoint.load(saved_folder)
    assert scales == SCALES
    assert loaded.config == SMALL
    weights = loaded.state_dict()
    assert list(weights) == list(model.state_dict())
    for name, value in model.state_dict().items():
        assert weights[name].dtype == torch.float32
        assert torch.equal(weights[name], value.half().float()), name


def test_a_loaded_model_is_ready_to_decode(saved_folder):
    loaded, _ = checkpoint.load(saved_folder)
    assert not loaded.training
    assert not any(weight.requires_grad for weight in loaded.parameters())


def test_saving_leaves_the_model_as_it_is(model, tmp_path):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    checkpoint.save(model, SCALES, tmp_path)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_model_saved_over_another_replaces_it(folder):
    checkpoint.save(build(ModelConfig(hidden=5, latent=3, embedding=2)), SCALES, folder)
    checkpoint.verify(folder)
    assert checkpoint.load(folder)[0].config.hidden == 5


def test_the_checksums_are_those_of_sha256sum(saved_folder):
    lines = (saved_folder / SUMS).read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == list(FILES)
    for line, name in zip(lines, FILES, strict=True):
        assert line.split("  ")[0] == hashlib.sha256((saved_folder / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_an_altered_byte(folder, name, place):
    data = bytearray((folder / name).read_bytes())
    data[int(place * len(data)) if place > 0 else place] ^= 1
    (folder / name).write_bytes(data)
    for look in (checkpoint.verify, checkpoint.load):
        with pytest.raises(CheckpointError, match=f"{name} is missing or not the file"):
            look(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:-10])
    with pytest.raises(CheckpointError, match=name):
        checkpoint.load(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        checkpoint.load(folder)


def test_missing_checksums(folder):
    (folder / SUMS).unlink()
    with pytest.raises(CheckpointError, match="SHA256SUMS cannot be read"):
        checkpoint.load(folder)


@pytest.mark.parametrize("text", [b"no sums at all", b"\n", b"\xff\xfe"])
def test_checksums_that_are_none(folder, text):
    (folder / SUMS).write_bytes(text)
    with pytest.raises(CheckpointError, match="SHA256SUMS cannot be read"):
        checkpoint.load(folder)


def test_a_file_without_checksum(folder):
    lines = (folder / SUMS).read_text().splitlines(keepends=True)
    (folder / SUMS).write_text("".join(lines[:-1]))
    with pytest.raises(CheckpointError, match=FADERS):
        checkpoint.verify(folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (WEIGHTS, "no weights"),
        (CONFIG, "{"),
        (CONFIG, '{"dropout": 1}'),
        (CONFIG, '{"hidden": 0}'),
        (CONFIG, '{"hidden": "many"}'),
        (CONFIG, '{"attributes": ["colour"]}'),
        (CONFIG, '{"model": "unheard-of"}'),
        (CONFIG, config.to_json(ModelConfig(hidden=9, latent=4, embedding=6))),
        (FADERS, "{"),
        (FADERS, '[{"name": "rhythm"}]'),
        (FADERS, '[{"name": "rhythm", "density": [1, 0], "code": [0, 1]}]'),
        (FADERS, "[1]"),
    ],
)
def test_files_that_do_not_make_a_model(folder, name, text):
    """With checksums that fit: a model put together wrongly, not a damaged one."""
    (folder / name).write_text(text)
    sign(folder)
    checkpoint.verify(folder)
    with pytest.raises(CheckpointError, match="holds no usable model"):
        checkpoint.load(folder)


def test_weights_of_another_model(folder):
    checkpoint.save(build(ModelConfig(hidden=8, latent=5, embedding=6)), SCALES, folder)
    (folder / CONFIG).write_text(config.to_json(SMALL))
    sign(folder)
    with pytest.raises(CheckpointError, match="(?s)holds no usable model.*size mismatch"):
        checkpoint.load(folder)


def test_find(saved_folder, monkeypatch):
    assert checkpoint.find(saved_folder) == checkpoint.find(str(saved_folder)) == saved_folder
    monkeypatch.setattr(checkpoint, "PRETRAINED", saved_folder.parent)
    monkeypatch.setattr(checkpoint, "DEFAULT", "small")
    assert checkpoint.available() == ["small"]
    assert checkpoint.find() == checkpoint.find("small") == saved_folder
    with pytest.raises(CheckpointError, match="no model named 'huge'.*shipped: small"):
        checkpoint.find("huge")


def test_a_model_is_told_by_its_files_alone(saved_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PRETRAINED", saved_folder.parent)
    monkeypatch.setattr(checkpoint, "DEFAULT", "elsewhere")
    assert checkpoint.parts("small") == checkpoint.parts(saved_folder) == [saved_folder]
    assert checkpoint.fader_names("small") == tuple(SCALES)
    reviser = tmp_path / "reviser"
    shutil.copytree(saved_folder, reviser)
    (reviser / CONFIG).write_text(config.to_json(ModelConfig(model="reviser", codes="small")))
    assert checkpoint.parts(reviser) == [reviser, saved_folder]  # its codes are another model's
    for ask in (checkpoint.parts, checkpoint.fader_names):
        with pytest.raises(CheckpointError, match="no model named 'elsewhere'"):
            ask()


def test_nothing_to_find(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PRETRAINED", tmp_path)
    assert checkpoint.available() == []
    with pytest.raises(CheckpointError, match="no model named 'arranger'.*shipped: none"):
        checkpoint.find()
    with pytest.raises(CheckpointError, match="shipped: none"):
        checkpoint.find(tmp_path)


@pytest.fixture
def bright(tmp_path):
    """A model that knows valence, in its folder."""
    bright_model = build(SMALL)
    bright_model.learn_valence({name: torch.randn(2, 4) for name in bright_model.poles})
    checkpoint.save(bright_model, SCALES, tmp_path / "bright")
    return bright_model, tmp_path / "bright"


def test_valence_is_saved_beside_the_weights(bright):
    bright_model, folder = bright
    assert not any("valence" in name for name in bright_model.state_dict())
    back, _ = checkpoint.load(folder)
    for name, poles in bright_model.valence.items():
        assert torch.equal(back.valence[name], poles.half().float())


def test_valence_added_later_leaves_the_other_files(bright, folder):
    before = {name: (folder / name).read_bytes() for name in FILES}
    assert checkpoint.load(folder)[0].valence == {}
    checkpoint.save_valence(bright[0], folder)
    assert set(checkpoint.load(folder)[0].valence) == {"rhythm", "note"}
    assert all((folder / name).read_bytes() == data for name, data in before.items())


def test_a_model_without_valence_saved_over_one_that_has_it(bright, model):
    checkpoint.save(model, SCALES, bright[1])
    assert checkpoint.load(bright[1])[0].valence == {}


@pytest.mark.parametrize("damage", ["alter", "remove", "unlist"])
def test_damaged_valence(bright, damage):
    folder = bright[1]
    if damage == "alter":
        (folder / VALENCE).write_bytes((folder / VALENCE).read_bytes()[:-1] + b"!")
    elif damage == "remove":
        (folder / VALENCE).unlink()
    else:
        sign(folder)
    with pytest.raises(CheckpointError, match=f"{VALENCE} is missing or not the file"):
        checkpoint.load(folder)


def test_valence_of_another_model(bright, folder):
    other = build(ModelConfig(hidden=8, latent=5, embedding=6))
    other.learn_valence({name: torch.ones(2, 5) for name in other.poles})
    checkpoint.save_valence(other, folder)
    with pytest.raises(CheckpointError, match="(?s)holds no usable model.*no poles of valence"):
        checkpoint.load(folder)


def test_a_discriminator_is_saved_beside_the_weights(folder, model):
    """And with the model it is one of: another model saved there has none."""
    before = {name: (folder / name).read_bytes() for name in FILES}
    assert checkpoint.load_discriminator(folder) is None
    discriminator = Discriminator(columns())
    discriminator.mean += 1.5
    checkpoint.save_discriminator(discriminator, folder)
    checkpoint.load(folder)
    back = checkpoint.load_discriminator(folder)
    for name, value in discriminator.state_dict().items():
        assert torch.equal(back.state_dict()[name], value.half().float())
    assert not back.training
    assert all((folder / name).read_bytes() == data for name, data in before.items())
    checkpoint.save(model, SCALES, folder)
    assert checkpoint.load_discriminator(folder) is None


def test_a_discriminator_of_other_features(folder):
    checkpoint.save_discriminator(Discriminator(columns() - 1), folder)
    checkpoint.verify(folder)
    with pytest.raises(CheckpointError, match="(?s)holds no usable discriminator.*size mismatch"):
        checkpoint.load_discriminator(folder)


def test_a_damaged_discriminator(folder):
    checkpoint.save_discriminator(Discriminator(columns()), folder)
    path = folder / DISCRIMINATOR
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"!")
    with pytest.raises(CheckpointError, match=f"{DISCRIMINATOR} is missing or not the file"):
        checkpoint.load(folder)
    path.write_bytes(data[:100])
    with pytest.raises(CheckpointError, match="holds no usable discriminator"):
        checkpoint.load_discriminator(folder)
