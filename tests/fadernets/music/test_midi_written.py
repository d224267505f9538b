"""MIDI files are written whole or not at all."""

import os
import resource
from pathlib import Path

import pytest

from fadernets.music.midi import MidiError, read, write
from fadernets.music.notes import Notes
from fadernets.music.user_file import save
from tests.fadernets.music.midi_messages import ONE


def test_writing_names_no_half_written_file(tmp_path):
    piece, path = read(ONE), tmp_path / "out.mid"
    path.write_bytes(b"before")
    write(piece, path)
    assert path.read_bytes() == ONE
    assert os.listdir(tmp_path) == ["out.mid"]
    assert read(path).name == "out"


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "out.mid"
    path.write_bytes(b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32, limits[1]))  # as on a full disk
    try:
        with pytest.raises(MidiError, match="out.mid cannot be written: file too large."):
            write(read(ONE), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["out.mid"]


def test_what_cannot_be_written_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(MidiError, match="cannot be written: no such file or directory."):
        save(b"x", tmp_path / "nowhere" / "out.mid")
    with pytest.raises(MidiError, match="cannot be written: is a directory."):
        save(b"x", tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MidiError, match="cannot be written: not a directory."):
        save(b"x", tmp_path / "file" / "out.mid")


def test_a_device_is_written_to_not_replaced():
    save(b"x", os.devnull)
    assert not os.path.isfile(os.devnull)


def test_a_file_keeps_who_may_read_it_and_a_link_its_file(tmp_path):
    song, link, dangling = (tmp_path / name for name in ("song.mid", "link.mid", "new.mid"))
    song.write_bytes(b"before")
    song.chmod(0o620)
    link.symlink_to(song)
    dangling.symlink_to(tmp_path / "to come.mid")
    save(ONE, link)
    save(ONE, dangling)
    assert link.is_symlink() and dangling.is_symlink()
    assert song.read_bytes() == ONE == (tmp_path / "to come.mid").read_bytes()
    assert song.stat().st_mode & 0o777 == 0o620


def test_a_file_keeps_its_group_and_nobody_else_reads_the_new_one_meanwhile(tmp_path, monkeypatch):
    others = [1234] if os.getuid() == 0 else [g for g in os.getgroups() if g != os.getegid()]
    group = [*others, os.getegid()][0]  # ours, where we are of one group, has to be given, too
    song, modes, groups = tmp_path / "song.mid", [], []
    song.write_bytes(b"before")
    os.chown(song, -1, group)
    song.chmod(0o660)
    write_bytes, chown = Path.write_bytes, os.chown

    def watched(path: Path, data: bytes) -> int:
        modes.append(path.stat().st_mode & 0o777)
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", watched)
    monkeypatch.setattr(os, "chown", lambda *ids: (groups.append(ids[1:]), chown(*ids)))
    save(b"after", song)
    assert song.read_bytes() == b"after" and modes == [0o600]
    assert song.stat().st_gid == group and song.stat().st_mode & 0o777 == 0o660
    assert (-1, group) in groups


def test_a_file_that_nobody_may_write_stays(tmp_path):
    path = tmp_path / "master.mid"
    path.write_bytes(b"before")
    path.chmod(0o444)
    with pytest.raises(MidiError, match="master.mid cannot be written: it is read-only."):
        save(ONE, path)
    assert path.read_bytes() == b"before" and os.listdir(tmp_path) == ["master.mid"]


@pytest.mark.parametrize(
    ("value", "kind"), [(Notes.of([0], [1], [60], [80]), "Notes"), ("out.mid", "str"), ([], "list")]
)
def test_only_a_piece_is_written(value, kind, tmp_path):
    with pytest.raises(TypeError, match=f"^a {kind} is no piece: write stitch\\(piece, "):
        write(value, tmp_path / "out.mid")
    assert list(tmp_path.iterdir()) == []
