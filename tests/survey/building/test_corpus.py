from __future__ import annotations

import numpy as np
import pytest

from fadernets.music import midi
from survey.building import corpus
from tests.fadernets import tiny
from tests.survey import music


def read(folder, seed=0):
    return corpus.from_folder(folder, 1, np.random.default_rng(seed), lambda *_: None)


def test_a_folder_is_read_with_its_subfolders(tmp_path):
    music.write(tmp_path, files=3, bars=2)
    (tmp_path / "below" / "piece1.mid").rename(tmp_path / "below" / "PIECE1.MIDI")
    (tmp_path / "notes.txt").write_text("no music")
    works, left_out = read(tmp_path)
    assert sorted(work.name for work in works) == ["below/PIECE1.MIDI", "piece0.mid", "piece2.mid"]
    assert not left_out and all(len(work.sha256) == 64 for work in works)


def test_what_cannot_be_used_is_named_and_skipped(tmp_path):
    music.write(tmp_path, files=2, bars=2)
    (tmp_path / "broken.mid").write_bytes(b"MThd is not enough")
    (tmp_path / "empty.mid").write_bytes(b"")
    works, left_out = read(tmp_path)
    assert len(works) == 2
    assert sorted(left_out) == ["broken.mid", "empty.mid"]
    assert (
        left_out["empty.mid"]
        == "empty.mid is not a MIDI file but empty: save it or copy it once more."
    )


def test_of_many_files_some_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "LEAST_FILES", 2)
    music.write(tmp_path, files=6, bars=1)
    drawn = {frozenset(work.name for work in read(tmp_path, seed)[0]) for seed in range(8)}
    assert {len(names) for names in drawn} == {2} and len(drawn) > 1
    first, second = (read(tmp_path, 3)[0] for _ in range(2))
    assert [work.name for work in first] == [work.name for work in second]


def test_a_folder_without_music_is_refused(tmp_path):
    with pytest.raises(corpus.CorpusError, match="has no MIDI files"):
        read(tmp_path)
    (tmp_path / "broken.mid").write_bytes(b"")
    with pytest.raises(corpus.CorpusError, match="the first of 1: broken.mid is not a MIDI file"):
        read(tmp_path)
    with pytest.raises(corpus.CorpusError, match="nowhere is not a folder"):
        read(tmp_path / "nowhere")


def test_works_of_the_corpus_have_names_of_their_own():
    names = [example.name for example in (*corpus.examples.EXAMPLES.values(), *corpus.MORE)]
    assert len(set(names)) == len(names)
    assert len({example.key for example in corpus.MORE} | set(corpus.examples.EXAMPLES)) == len(
        names
    )


def test_names_that_no_table_can_hold_are_written_otherwise(tmp_path):
    """Bytes that are no text, and characters that terminals take for orders."""
    names = (
        "plain é.mid",
        "bytes\udcff.mid",
        "line\nend.mid",
        "esc\x1b[31m.mid",
        "turned\u202e.mid",
    )
    for number, name in enumerate(names):
        midi.write(tiny.piece(tiny.bars(4, seed=number)), tmp_path / name)
    (tmp_path / "no\udcfemusic.mid").write_bytes(b"none")
    works, left_out = corpus.from_folder(tmp_path, 9, np.random.default_rng(0), lambda *_: None)
    assert {work.name for work in works} == {
        "plain é.mid",
        r"bytes\udcff.mid",
        r"line\nend.mid",
        r"esc\x1b[31m.mid",
        r"turned\u202e.mid",
    }
    assert left_out == {r"no\udcfemusic.mid": r"no\udcfemusic.mid is not a MIDI file."}
