"""The server's own folder: which files belong to it, and when they are removed."""

from __future__ import annotations

import os
import time

import pytest

from demo.guard import files as module
from demo.guard.files import Files


@pytest.fixture
def files(tmp_path):
    own_files = Files(tmp_path / "base", seconds_kept=100)
    yield own_files
    own_files.close()
    assert not own_files.folder.exists()


def test_only_regular_files_in_the_folder_are_its_own(files, tmp_path):
    own, foreign = files.folder / "a" / "b.mid", tmp_path / "c.mid"
    own.parent.mkdir()
    for path in (own, foreign):
        path.write_bytes(b"x")
    (files.folder / "link").symlink_to(foreign)
    (files.folder / "circle").symlink_to(files.folder / "circle")
    (files.folder / "device").symlink_to("/dev/zero")
    os.mkfifo(files.folder / "pipe")
    assert files.owns(own) and files.owns(str(own))
    assert files.owns(f"{own.parent}/../a/b.mid")
    names = ("link", "circle", "device", "pipe", "a", "none", "held-by", f"../../{foreign.name}")
    for name in names:
        assert not files.owns(files.folder / name), name
    for path in (foreign, "/dev/zero", "", "\0", "a" * 5000, str(own) + "\0", "~", "."):
        assert not files.owns(path), path
    assert files.folder.stat().st_mode & 0o077 == 0


def test_old_files_go_and_young_ones_stay(files):
    old, young = files.folder / "1" / "old.mid", files.folder / "2" / "young.mid"
    for path in (old, young):
        path.parent.mkdir()
        path.write_bytes(b"x" * 10)
    past = time.time() - 101
    os.utime(old, (past, past))
    files.sweep()
    assert not old.exists() and young.exists()
    os.utime(old.parent, (past, past))
    files.sweep()
    assert not old.parent.exists()
    assert (files.folder / module.HELD).exists()


def test_it_is_full_when_there_is_too_much(files, monkeypatch):
    (files.folder / "a").write_bytes(b"x" * 100_000)
    files.sweep()
    assert not files.is_full
    monkeypatch.setattr(module, "BYTES_HELD", 99_999)
    assert files.is_full
    monkeypatch.setattr(module, "BYTES_HELD", 10**9)
    monkeypatch.setattr(module, "BYTES_FREE", 10**18)  # of the disk
    files.sweep()
    assert files.is_full


def test_uploads_count_before_they_are_seen_and_small_ones_count_too(files, monkeypatch):
    monkeypatch.setattr(module, "BYTES_HELD", 10 * module.SMALLEST_COUNTED_BYTES)
    for _ in range(10):
        files.count(1)
    assert not files.is_full
    files.count(1)
    assert files.is_full


def test_when_full_the_oldest_make_room_but_not_those_just_written(files, monkeypatch):
    """A few visitors who fill the folder do not block the others for an hour."""
    monkeypatch.setattr(module, "BYTES_HELD", 4 * module.SMALLEST_COUNTED_BYTES)
    now = time.time()
    for name, age in (("oldest", 90), ("old", 80), ("older", 85), *((f"new{i}", 5) for i in "123")):
        path = files.folder / name / "a.mid"
        path.parent.mkdir()
        path.write_bytes(b"x")
        os.utime(path, (now - age, now - age))
    files.sweep()
    assert {path.parent.name for path in files.folder.rglob("*.mid")} == {"new1", "new2", "new3"}
    assert not (files.folder / "oldest").exists() and not files.is_full
    monkeypatch.setattr(module, "BYTES_HELD", 2 * module.SMALLEST_COUNTED_BYTES)
    files.sweep()
    assert len(list(files.folder.rglob("*.mid"))) == 3 and files.is_full


def test_folders_of_dead_servers_go_others_stay(tmp_path):
    dead, alive, other = (tmp_path / f"fadernets-{name}" for name in ("dead", "alive", "other"))
    for folder, holder in ((dead, 2**22 - 1), (alive, os.getpid()), (other, None)):
        folder.mkdir()
        if holder is not None:
            (folder / module.HELD).write_text(str(holder))
    Files(tmp_path).close()
    assert not dead.exists() and alive.exists() and other.exists()
