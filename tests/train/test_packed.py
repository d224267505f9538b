"""Packed folders: the same segments as the files', mapped rather than read."""

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from fadernets.music.attributes import ATTRIBUTES
from tests.train.conftest import ROOT
from train import packed as command
from train import prepare
from train.data import packed
from train.data.dataset import Segments


@pytest.fixture(scope="module")
def shards(corpus, tmp_path_factory):
    """The corpus prepared in two parts, one with ratings."""
    folder = tmp_path_factory.mktemp("shards")
    files = [prepare.prepare_file(source) for source in corpus.sources]
    parts = files[:6], files[6:]
    paths = [folder / "first.npz", folder / "second.npz"]
    for path, part in zip(paths, parts, strict=True):
        prepare.save(prepare.join(part, seed=0), path)
    return paths


@pytest.fixture(scope="module")
def folder(shards, tmp_path_factory):
    out = tmp_path_factory.mktemp("packed") / "data"
    packed.pack(shards, out)
    return out


def test_segments_are_those_of_the_files(shards, folder):
    joined_segments, parts = Segments.load(folder), [Segments.load(path) for path in shards]
    for name in ("tokens", "lengths", "key", "arousal", "valence"):
        joined = torch.cat([getattr(part, name) for part in parts])
        assert torch.equal(getattr(joined_segments, name), joined), name
    for name in ("split", "corpus"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(getattr(joined_segments, name), joined), name
    for group in ("labels", "densities"):
        for name, values in getattr(joined_segments, group).items():
            assert torch.equal(values, torch.cat([getattr(p, group)[name] for p in parts])), name


def test_pieces_are_numbered_on(shards, folder):
    first, second = (Segments.load(path) for path in shards)
    pieces = first.piece.max() + 1
    expected = np.concatenate([first.piece, second.piece + pieces])
    assert np.array_equal(Segments.load(folder).piece, expected)


def test_one_file_packed_trains_as_the_file_does(data, data_file, tmp_path):
    packed.pack([data_file], tmp_path / "one")
    mapped = Segments.load(tmp_path / "one")
    rows = np.array([3, 250, 17])
    packed_batch, file_batch = mapped.batch(rows), data.batch(rows)
    assert torch.equal(packed_batch.tokens, file_batch.tokens)
    assert torch.equal(packed_batch.densities["note"], file_batch.densities["note"])
    assert mapped.sha256 != data.sha256


def test_the_tokens_are_mapped(folder):
    arrays, _ = packed.arrays_of(folder)
    assert isinstance(arrays["tokens"], np.memmap)


def test_writing_to_a_batch_leaves_the_file_alone(folder):
    before = (folder / "tokens.npy").read_bytes()
    Segments.load(folder).tokens[:] = 0
    assert (folder / "tokens.npy").read_bytes() == before


def test_the_index_tells_what_was_packed(shards, folder):
    index = json.loads((folder / packed.INDEX).read_text())
    assert [file["name"] for file in index["files"]] == ["first.npz", "second.npz"]
    assert index["segments"] == sum(file["segments"] for file in index["files"])
    labels = {name + ending for name in ATTRIBUTES for ending in ("", packed.BY_KEYS)}
    assert index["sha256"].keys() == {*packed.UNLABELLED_ARRAYS, *labels}


def test_a_piece_is_packed_once(shards, tmp_path):
    with pytest.raises(ValueError, match="is in more than one file"):
        packed.pack([shards[0], shards[0]], tmp_path / "twice")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["tokens", "piece_corpus"])
def test_a_folder_with_an_array_cut_short_is_refused(shards, tmp_path, name):
    out = tmp_path / "data"
    packed.pack(shards, out)
    path = out / f"{name}.npy"
    np.save(path, np.load(path)[:-1])
    with pytest.raises(ValueError, match=rf"{name}\.npy is damaged"):
        Segments.load(out)


def test_a_folder_with_half_a_file_is_refused(shards, tmp_path):
    out = tmp_path / "data"
    packed.pack(shards, out)
    path = out / "tokens.npy"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"tokens\.npy is no array of train\.packed"):
        Segments.load(out)


@pytest.mark.parametrize("name", (*packed.UNLABELLED_ARRAYS, *ATTRIBUTES))
def test_a_folder_with_a_changed_byte_is_refused(folder, tmp_path, name):
    out = tmp_path / "data"
    shutil.copytree(folder, out)
    path = out / f"{name}.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name}\.npy is damaged"):
        Segments.load(out)


def test_files_of_one_name_are_both_told(shards, tmp_path):
    copies = [tmp_path / name / "part.npz" for name in "ab"]
    for path, shard in zip(copies, shards, strict=True):
        path.parent.mkdir()
        shutil.copy(shard, path)
    index = packed.pack(copies, tmp_path / "data")
    assert index["segments"] == sum(file["segments"] for file in index["files"])


def test_stopped_it_leaves_nothing(shards, tmp_path, monkeypatch, capsys):
    def stop(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(packed, "_sha256", stop)
    assert command.main([*map(str, shards), "--out", str(tmp_path / "data")]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_killed_it_leaves_no_half_output(shards, tmp_path):
    """Killed while it writes: what is left is not taken for a folder, and is written over."""
    code = (
        "import os, signal, sys, pathlib; from train.data import packed\n"
        "packed._sha256 = lambda path: os.kill(os.getpid(), signal.SIGKILL)\n"
        "packed.pack([*map(pathlib.Path, sys.argv[2:])], pathlib.Path(sys.argv[1]))"
    )
    out = tmp_path / "data"
    process = subprocess.run([sys.executable, "-c", code, out, *shards], cwd=ROOT, check=False)
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    assert len(list(tmp_path.iterdir())) == 1
    packed.pack(shards, out)
    assert list(tmp_path.iterdir()) == [out]
    assert len(Segments.load(out).piece) > 0


@pytest.mark.parametrize("content", ["nothing", "no index"])
def test_another_folder_is_refused(tmp_path, content):
    if content == "no index":
        np.save(tmp_path / "tokens.npy", np.zeros(3))
    with pytest.raises(ValueError, match=r"is no folder of train\.packed"):
        Segments.load(tmp_path)


def test_the_command(shards, tmp_path, capsys):
    out = tmp_path / "data"
    assert command.main([*map(str, shards), "--out", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["segments"] == len(Segments.load(out).piece)
    assert command.main([*map(str, shards), "--out", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    damaged = tmp_path / "bad.npz"
    damaged.write_bytes(b"PK")
    assert command.main([str(damaged), "--out", str(tmp_path / "other")]) == 2
    assert "bad.npz is no file of train.prepare" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
