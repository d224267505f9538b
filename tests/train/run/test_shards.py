"""A file that was cut comes back as it was, or not at all."""

import pytest

from train.run import shards


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A file of 25 bytes in parts of ten, and one that is small enough."""
    monkeypatch.setattr(shards, "SHARD_BYTES", 10)
    (tmp_path / "large").write_bytes(bytes(range(25)))
    (tmp_path / "small").write_bytes(b"0123456789")
    for name in ("large", "small"):
        shards.cut(tmp_path / name)
    return tmp_path


def test_what_was_cut_is_joined(folder, tmp_path):
    names = {path.name for path in folder.iterdir()}
    parts = {"large.part000", "large.part001", "large.part002"}
    assert names == {*parts, "large.sha256", "small"}
    files = shards.files_in(folder)
    assert {name: len(paths) for name, paths in files.items()} == {"large": 3, "small": 1}
    for name, content in (("large", bytes(range(25))), ("small", b"0123456789")):
        shards.join(files[name], tmp_path / name)
        assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize("fault", ["missing", "damaged", "no sum"])
def test_a_part_that_is_missing_or_damaged_is_said(folder, tmp_path, fault):
    if fault == "missing":
        (folder / "large.part001").unlink()
    elif fault == "damaged":
        (folder / "large.part001").write_bytes(b"x" * 10)
    else:
        (folder / "large.sha256").unlink()
    with pytest.raises(ValueError, match="parts of large are missing or damaged"):
        shards.join(shards.files_in(folder)["large"], tmp_path / "large")
    assert not (tmp_path / "large").exists()
