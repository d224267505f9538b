"""A table of sounds: what it says, and what is wrong with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from survey.building import stimuli_file
from survey.building.stimuli_file import SoundFile
from survey.building.study_spec import BuildError
from survey.designs.design import Item

HEADER = "item,system,file,reference,source,direction,text,practice\n"


def read(folder: Path, text: str) -> list[stimuli_file.ListedItem]:
    (folder / "stimuli.csv").write_text(text, encoding="utf-8")
    return stimuli_file.read(folder / "stimuli.csv")


def test_rows_of_an_item_come_together(tmp_path: Path) -> None:
    first, second = read(
        tmp_path,
        HEADER
        + "waltz,ours,sub/a.wav,o.wav,Op. 1,higher,A waltz,\n"
        + "march,ours,b.wav,,,,,true\n"
        + "waltz,theirs,c.wav,o.wav,Op. 1,lower,A waltz,\n",
    )
    assert first.item == Item("waltz", ("ours", "theirs"), True)
    assert first.files["ours"] == SoundFile(tmp_path / "sub" / "a.wav")
    assert first.directions == {"ours": "higher", "theirs": "lower"}
    assert (first.source, first.text, first.is_practice) == ("Op. 1", "A waltz", False)
    assert (second.source, second.is_practice) == ("march", True)
    assert second.item == Item("march", ("ours",), False)


def test_three_columns_are_enough_and_any_separator_is_read(tmp_path: Path) -> None:
    (item,) = read(tmp_path, "\ufefffile;system;item\na.wav;x;i\n")
    assert item.item == Item("i", ("x",), False)


def test_a_system_may_be_a_model_at_a_strength(tmp_path: Path) -> None:
    (item,) = read(tmp_path, "item,system,file,model,strength\ni,a 1,a,a,0.5\ni,b,b,,\n")
    assert (item.models, item.strengths) == ({"a 1": "a"}, {"a 1": 0.5})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("item,system,file,strength\ni,x,a,-1\n", "strength, row 1: is '-1'"),
        (f"item,system,file,model\ni,x,a,{'m' * 41}\n", "1 to 40 characters"),
        ("item,system\ni,x\n", "no column 'file'"),
        ("item,system,file\n", "0 rows"),
        ("item,system,file\ni,x,\n", "column file, row 1: is empty"),
        ("item,system,file\ni,x,a\ni,x,b\n", "row 2: item 'i' has a file of system 'x' already"),
        ("item,system,file\ni,reference,a\n", "column reference"),
        (f"item,system,file\n{'i' * 41},x,a\n", "1 to 40 characters"),
        ("item,system,file,source\ni,x,a,s\ni,y,b,t\n", "row 2: item 'i' was otherwise before"),
        ("item,system,file,direction\ni,x,a,up\n", "direction, row 1: is 'up'"),
        ("item,system,file,practice\ni,x,a,maybe\n", "true or false"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BuildError) as error:
        read(tmp_path, text)
    assert reason in str(error.value) and str(error.value).endswith(".")


def test_items_of_a_source_are_numbered(tmp_path: Path) -> None:
    rows = "a,x,a,s\nb,x,b,t\nc,x,c,s\nd,x,d,\n"
    items = read(tmp_path, "item,system,file,source\n" + rows)
    assert stimuli_file.numbered(items) == {"a": 0, "b": 0, "c": 1, "d": 0}


def test_anchors_are_of_references(tmp_path: Path) -> None:
    items = read(tmp_path, "item,system,file,reference\ni,x,a.wav,o.wav\nj,x,b.wav,\n")
    first, second = stimuli_file.with_anchors(items, (3.5, 7.0))
    assert first.item.systems == ("x", "anchor-3.5kHz", "anchor-7kHz")
    assert first.files["anchor-7kHz"] == SoundFile(tmp_path / "o.wav", 7.0)
    assert second == items[1]


def test_a_table_without_an_end_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero"), tmp_path):
        with pytest.raises(BuildError, match="is no file"):
            stimuli_file.read(path)
