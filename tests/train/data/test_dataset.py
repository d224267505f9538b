from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from fadernets.music import events
from fadernets.music.attributes import ATTRIBUTES
from tests.train.conftest import PERFORMANCES, RATED, RATED_SEGMENTS, SEGMENTS
from train.data import corpora
from train.data.dataset import AMBIGUOUS, TRAIN, Segments, epoch, stream

COUNT = PERFORMANCES * SEGMENTS + RATED * RATED_SEGMENTS


def test_segments_are_those_prepared(data, data_file):
    with np.load(data_file) as file:
        arrays = dict(file)
    assert data.tokens.shape == (COUNT, 100)
    assert data.tokens.tolist() == arrays["tokens"].tolist()
    assert data.lengths.tolist() == arrays["length"].tolist()
    assert data.key.tolist() == arrays["key"].tolist()
    for name, attribute in ATTRIBUTES.items():
        assert data.labels[name].tolist() == arrays[name].tolist()
        density = attribute.density(arrays[name])
        assert np.allclose(data.densities[name].numpy(), density)
    assert data.split.tolist() == arrays["split"].tolist()
    assert (data.corpus == corpora.VGMIDI).sum() == RATED * RATED_SEGMENTS
    random_split = Segments.load(data_file, "random_split")
    assert random_split.split.tolist() == arrays["random_split"].tolist()
    assert (data.split_name, random_split.split_name) == ("split", "random_split")
    assert data.sha256 == random_split.sha256


def save_arrays(path, arrays, **changed):
    np.savez(path, **(arrays | changed))
    return path


@pytest.fixture
def arrays(data_file):
    with np.load(data_file) as file:
        return dict(file)


def test_arousal_near_zero_is_no_label(arrays, tmp_path):
    rating = np.full(COUNT, np.nan, np.float32)
    rating[:7] = [0.1001, AMBIGUOUS, 0.0, -AMBIGUOUS, -0.1001, 1, -1]
    path = save_arrays(tmp_path / "segments.npz", arrays, arousal=rating)
    arousal = Segments.load(path).arousal
    assert arousal[:7].tolist() == [1, -1, -1, -1, 0, 1, 0]
    assert (arousal[7:] == -1).all()


def test_another_file_has_another_name(data, arrays, tmp_path):
    changed = save_arrays(tmp_path / "segments.npz", arrays, key=(arrays["key"] + 1) % 24)
    assert Segments.load(changed).sha256 != data.sha256


def test_what_is_no_prepared_file_is_refused_in_one_line(arrays, data_file, tmp_path):
    file_bytes = data_file.read_bytes()
    damaged = bytearray(file_bytes)
    damaged[len(file_bytes) // 2 : len(file_bytes) // 2 + 200] = bytes(200)
    contents = {
        "empty": b"",
        "text": b"tokens, length",
        "cut": file_bytes[: len(file_bytes) // 2],
        "damaged": bytes(damaged),
    }
    paths = [tmp_path / "missing", tmp_path]
    for name, content in contents.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    np.save(tmp_path / "one.npy", np.arange(3))
    np.savez(tmp_path / "other.npz", tokens=np.arange(3))
    paths += [tmp_path / "one.npy", tmp_path / "other.npz"]
    for path in paths:
        with pytest.raises(ValueError, match=r"is no file of train\.prepare") as caught:
            Segments.load(path)
        assert "\n" not in str(caught.value) and "pickle" not in str(caught.value)
    with pytest.raises(ValueError, match="'thirds' is not one of"):
        Segments.load(data_file, "thirds")


def test_a_batch_is_padded_to_its_longest(data):
    rows = np.array([250, 3, 77])
    batch = data.batch(rows)
    assert batch.tokens.dtype == torch.int64
    assert batch.tokens.shape == (3, int(data.lengths[rows].max()))
    for row, tokens in zip(rows, batch.tokens, strict=True):
        length = int(data.lengths[row])
        assert tokens[:length].tolist() == data.tokens[row, :length].tolist()
        assert tokens[length - 1] == events.EOS and not tokens[length:].any()
    assert batch.lengths.tolist() == data.lengths[rows].tolist()
    assert batch.key.tolist() == data.key[rows].tolist()
    assert batch.arousal.tolist() == data.arousal[rows].tolist()
    for name in ATTRIBUTES:
        assert batch.labels[name].dtype == torch.int64
        assert batch.labels[name].tolist() == data.labels[name][rows].tolist()
        assert batch.densities[name].tolist() == data.densities[name][rows].tolist()


@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_an_epoch_goes_over_the_training_segments_labelled_ones_repeatedly(data, repeats):
    batches = epoch(data, 1, repeats, np.random.default_rng(0))
    counts = np.bincount(np.concatenate(batches), minlength=COUNT)
    train, labelled = data.split == TRAIN, data.arousal.numpy() >= 0
    assert labelled[train].any() and not labelled[train].all()
    expected = np.where(train, np.where(labelled, repeats, 1), 0)
    assert counts.tolist() == expected.tolist()


def test_batches_are_full_and_of_like_lengths(data):
    lengths, size = data.lengths.numpy(), 16
    batches = epoch(data, size, 2, np.random.default_rng(0))
    rows = np.concatenate(batches)
    assert {len(batch) for batch in batches} == {size}
    assert len(rows) > 0.9 * (data.split == TRAIN).sum()
    tokens = np.sum(lengths[rows])
    padded = sum(lengths[batch].max() * size for batch in batches)
    shuffled = np.random.default_rng(0).permutation(rows).reshape(-1, size)
    unsorted = sum(lengths[batch].max() * size for batch in shuffled)
    assert padded - tokens < 0.25 * (unsorted - tokens)
    longest = [int(lengths[batch].max()) for batch in batches]
    assert longest != sorted(longest)  # but short and long batches come in any order


def test_the_stream_is_the_same_wherever_it_is_taken_up(data):
    per_epoch = len(epoch(data, 16, 2, np.random.default_rng(0)))
    batches = list(islice(stream(data, 16, 2, seed=3), 3 * per_epoch))
    for first in (0, 1, per_epoch - 1, per_epoch, per_epoch + 1, 2 * per_epoch + 5):
        resumed = list(islice(stream(data, 16, 2, seed=3, first=first), 3 * per_epoch - first))
        assert [batch.tolist() for batch in resumed] == [b.tolist() for b in batches[first:]]


def test_epochs_and_seeds_shuffle_anew(data):
    def rows(seed, number):
        batches = islice(stream(data, 16, 1, seed, first=number), number + 12)
        return [batch.tolist() for batch in batches]

    per_epoch = len(epoch(data, 16, 1, np.random.default_rng(0)))
    assert rows(1, 0) != rows(2, 0)
    assert rows(1, 0) != rows(1, per_epoch)[:12]


def test_too_few_segments_for_a_batch_are_refused(data):
    few_segments = replace(data, split=np.where(np.arange(COUNT) < 9, TRAIN, 1))
    with pytest.raises(ValueError, match="9 training segments do not fill a batch of 10"):
        next(stream(few_segments, 10, 1, seed=0))
