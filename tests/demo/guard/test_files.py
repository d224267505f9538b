"""The server's own folder: which files belong to it, and when they are removed."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack

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


def filled(files, name, *, age=0.0, visitor="me", size=1):
    """A file of a visitor's, as it is counted."""
    path = files.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - age, time.time() - age))
    files.count(path, visitor)
    return path


@pytest.fixture
def room_for(monkeypatch):
    def set_room(count):
        monkeypatch.setattr(module, "BYTES_HELD", count * module.SMALLEST_COUNTED_BYTES)
        monkeypatch.setattr(module, "BYTES_OF_ONE", count // 4 * module.SMALLEST_COUNTED_BYTES)

    return set_room


def test_a_visitor_may_have_as_much_as_is_left_for_others(files, room_for):
    """Files count before they are seen, and small ones count, too."""
    room_for(10)
    for number in range(5):
        assert not files.is_full("me")
        filled(files, f"{number}/a.mid")
    filled(files, "5/a.mid")
    assert files.is_full("me") and not files.is_full("other")
    assert not files.is_full("me", downloads=True)
    files.sweep()  # the same by what lies there
    assert files.is_full("me") and not files.is_full("other")
    files.count_bytes(200_000, "other")
    assert files.is_full("other") and not files.is_full("third")
    filled(files, f"{module.MADE}/1/a.mid", size=6 * module.SMALLEST_COUNTED_BYTES)
    assert files.is_full("me", downloads=True) and not files.is_full("other", downloads=True)


def test_what_comes_while_the_folder_is_looked_through_counts(files, room_for, monkeypatch):
    """Before the look at its place or behind it, known as somebody's then or only later."""
    room_for(40)
    early = files.folder / "early" / "a.mid"
    early.parent.mkdir()
    early.write_bytes(b"x")
    walk = os.walk

    def slowly(folder, **options):
        yield from walk(folder, **options)
        files.count(early, "me")  # it was seen as nobody's
        filled(files, "late/a.mid")
        files.count_bytes(10, "me")

    files.sweep()
    monkeypatch.setattr(module.os, "walk", slowly)
    files.sweep()
    assert files._uploads == {"me": 3 * module.SMALLEST_COUNTED_BYTES}
    monkeypatch.setattr(module.os, "walk", walk)
    files.sweep()
    assert files._uploads == {"me": 2 * module.SMALLEST_COUNTED_BYTES}


def test_nobody_has_room_on_a_full_disk(files, monkeypatch):
    monkeypatch.setattr(module, "BYTES_FREE", 10**18)
    files.sweep()
    assert files.is_full("me") and files.is_full("me", downloads=True)


def left(files) -> set[str]:
    return {path.parent.name for path in files.folder.rglob("*.mid")}


def test_who_has_more_than_a_share_loses_the_oldest_and_nobody_else_does(files, room_for):
    room_for(12)
    filled(files, "other/a.mid", age=95, visitor="other")
    for age in (90, 80, 70, 65, 5):
        filled(files, f"{age}/a.mid", age=age)
    files.sweep()
    assert left(files) == {"other", "70", "65", "5"}
    assert not (files.folder / "90").exists()


def test_when_all_have_too_much_whoever_has_the_most_loses_the_oldest(files, room_for):
    room_for(16)
    for visitor, count in (("few", 2), ("some", 3), ("many", 4)):
        for number in range(count):
            filled(files, f"{visitor}{number}/a.mid", age=90 - number, visitor=visitor)
    files.sweep()
    assert left(files) == {"few0", "few1", "some0", "some1", "some2", "many1", "many2", "many3"}


def test_a_folder_that_is_deleted_is_not_made_again(files):
    """By a sweep that was about to begin, or by a request that comes as the server ends."""
    files.close()
    files.sweep()
    assert files.is_full("me")
    files.new_folder()
    assert not files.folder.exists()


def test_files_just_written_stay(files, room_for):
    room_for(4)
    for name in "123":
        filled(files, f"{name}/a.mid", age=5)
    files.sweep()
    assert left(files) == {"1", "2", "3"} and files.is_full("me")


def test_folders_of_dead_servers_go_others_stay(tmp_path):
    dead, alive, other = (tmp_path / f"fadernets-{name}" for name in ("dead", "alive", "other"))
    for folder, holder in ((dead, 2**22 - 1), (alive, os.getpid()), (other, None)):
        folder.mkdir()
        if holder is not None:
            (folder / module.HELD).write_text(str(holder))
    Files(tmp_path).close()
    assert not dead.exists() and alive.exists() and other.exists()


def test_uploads_that_are_under_way_are_counted_where_another_begins(files):
    """Else as many as may come at once would begin while there is room for one."""
    with ExitStack() as stack:
        began = 0
        while not files.is_full("me"):
            stack.enter_context(files.coming(20_000_000, "me"))
            began += 1
        assert began * 20_000_000 <= module.BYTES_HELD / 2 + 20_000_000
        assert not files.is_full("other")
        assert not files.is_full("me", downloads=True)
    assert not files.is_full("me")


def test_a_folder_that_is_removed_is_made_again_for_its_owner_alone(files):
    for use in (files.sweep, files.new_folder, lambda: files.is_full("me")):
        for removed in (files.folder, files.folder / module.MADE):
            shutil.rmtree(removed)
            use()
            assert (files.folder / module.MADE).is_dir() and (files.folder / module.HELD).is_file()
            assert files.folder.stat().st_mode & 0o077 == 0 and files.has_room


def test_where_the_folder_cannot_be_made_there_is_no_room_until_it_can(files):
    shutil.rmtree(files.folder)
    files.folder.write_text("something else")
    assert files.is_full("me") and files.is_full("me", downloads=True) and not files.has_room
    files.folder.unlink()
    files.sweep()
    assert files.has_room and not files.is_full("me")


def test_what_another_put_in_the_place_of_the_folder_gets_no_files(files, tmp_path):
    """A folder in /tmp that was tidied away can be made by anybody."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.rmtree(files.folder)
    files.folder.symlink_to(elsewhere)
    assert files.is_full("me") and not files.has_room
    assert not any(elsewhere.iterdir())
    files.folder.unlink()
    files.sweep()
    assert files.has_room
