from __future__ import annotations

import os
from pathlib import Path

import pytest

from fadernets.atomic_file import replacing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "answers.json"
    path.write_text("old")
    return path


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_the_file_is_the_old_one_until_the_block_ends(path, shared, durable):
    with replacing(path, shared=shared, durable=durable) as part:
        part.write_text("new")
        assert path.read_text() == "old" and part.parent == path.parent
        assert part.name.startswith(".") and part.suffix == ".part"
    assert path.read_text() == "new" and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("shared", [False, True])
def test_an_error_leaves_the_old_file_and_no_part(path, shared):
    with pytest.raises(ZeroDivisionError), replacing(path, shared=shared) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old" and list(path.parent.iterdir()) == [path]


def test_a_folder_appears_whole(tmp_path):
    folder = tmp_path / "segments"
    (tmp_path / ".segments.part").mkdir()
    (tmp_path / ".segments.part" / "of a killed process").touch()
    with replacing(folder) as part:
        part.mkdir()
        (part / "index.json").touch()
        assert not folder.exists()
    assert [p.name for p in folder.iterdir()] == ["index.json"]
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "other") as part:
        part.mkdir()
        (part / "index.json").touch()
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_cannot_be_removed_does_not_hide_the_error(tmp_path, monkeypatch):
    def rmdir(*args, **options) -> None:
        raise PermissionError

    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "segments") as part:
        part.mkdir()
        monkeypatch.setattr(os, "rmdir", rmdir)
        raise ZeroDivisionError
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == [part]


def test_the_part_of_a_killed_process_is_written_over(path):
    (path.parent / ".answers.json.part").write_text("half a file of a killed process")
    with replacing(path) as part:
        assert not part.exists()
        part.write_text("new")
    assert path.read_text() == "new" and list(path.parent.iterdir()) == [path]


def test_two_writers_of_a_shared_file_do_not_meet(path):
    with replacing(path, shared=True) as first, replacing(path, shared=True) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"  # the block that ended last
    assert list(path.parent.iterdir()) == [path]


def test_a_shared_file_may_have_the_longest_name(tmp_path):
    path = tmp_path / ("x" * 255)
    with replacing(path, shared=True) as part:
        part.touch()
    assert path.exists()


def test_a_durable_file_is_on_the_disk_before_its_name_and_the_name_after_it(path, monkeypatch):
    synced = []

    def fsync(handle: int) -> None:
        synced.append((os.readlink(f"/proc/self/fd/{handle}"), path.read_text()))

    monkeypatch.setattr(os, "fsync", fsync)
    with replacing(path, durable=True) as part:
        part.write_text("new")
    assert synced == [(str(part), "old"), (str(path.parent), "new")]
    with replacing(path) as part:
        part.write_text("newer")
    assert len(synced) == 2
