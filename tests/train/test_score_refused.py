"""What ``python -m train.score`` cannot use is a sentence, or is named."""

from __future__ import annotations

import pytest

from tests.train.score_files import BEFORE, entries, piece, refused, scored, write


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"attribute": "tempo", "density": 1}, "unknown attribute 'tempo'"),
        ({"attribute": "note"}, "density: Field required"),
        ({"attribute": "note", "density": "much"}, "density: Input should be a valid number"),
        ({"attribute": "note", "density": 1, "from": 2}, '"from" and "to" go together'),
        ({"attribute": "note", "density": 1, "from": 2, "to": 2}, '"to" is not behind "from"'),
        ({"attribute": "note", "density": 1, "segment": 9}, "no segment 9: they go from 0 to 1"),
        ({"attribute": "note", "density": 1, "from": 9, "to": 10}, "has 8 beats"),
        ({"attribute": "note", "density": 1, "bar": 9}, "bar: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(golden, tmp_path, capsys, row, sentence):
    file = entries(tmp_path / "asked.json", [{"file": "op1/a.mid"} | row])
    assert sentence in refused(capsys, golden, "--asked", file)


def test_files_of_nothing_asked_are_sentences(golden, tmp_path, capsys):
    missing = tmp_path / "asked.json"
    assert "cannot be read" in refused(capsys, golden, "--asked", missing)
    assert "lists nothing" in refused(capsys, golden, "--asked", entries(missing, []))
    rows = [{"file": "b.mid", "attribute": "note", "density": 1}]
    assert "there is no b.mid" in refused(capsys, golden, "--asked", entries(missing, rows))


def test_folders_that_cannot_be_used_are_sentences(golden, tmp_path, capsys):
    before, after = golden
    (tmp_path / "none").mkdir()
    write(tmp_path / "others", "b.mid", piece(BEFORE))
    assert "missing is no folder" in refused(capsys, (before, tmp_path / "missing"))
    assert "holds no MIDI file" in refused(capsys, (tmp_path / "none", after))
    assert "no files of the same names" in refused(capsys, (before, tmp_path / "others"))
    assert "missing is no folder" in refused(capsys, golden, "--real", tmp_path / "missing")
    (after / "op1/a.mid").write_bytes(b"no music")
    assert "op1/a.mid: a.mid is not a MIDI file" in refused(capsys, golden)


def test_what_is_left_out_is_named(golden, capsys):
    before, after = golden
    write(before, "c.mid", piece(BEFORE))
    write(after, "d.mid", piece(BEFORE))
    write(before, "e.mid", piece(BEFORE))
    (after / "e.mid").write_bytes(b"no music")
    result = scored(golden)
    assert (result.only_before, result.only_after) == (["c.mid"], ["d.mid"])
    assert result.unreadable == ["e.mid: e.mid is not a MIDI file."]
    assert result.pairs == 1
    output = capsys.readouterr().out
    for sentence in (
        "Only before: c.mid.",
        "Only after: d.mid.",
        "Skipped: e.mid: e.mid is not a MIDI file.",
        "Left out: it takes 5 pieces at least",
        "| note F1 | 0.885 | 0.885 |",
        "| melody kept | – | 0.875 |",
    ):
        assert sentence in output
