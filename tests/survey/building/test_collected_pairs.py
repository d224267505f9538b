"""Pairs from the demo's page, kept as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.building import stimuli_file
from survey.building.collected_pairs import LONGEST_SETTINGS, CollectedPair, CollectedPairs
from survey.building.study_spec import BuildError
from tests.survey.midi_pairs import melody

WORDS = {"piece": "Étude", "bars": "bars 3–4", "direction": "lower", "moved": "Rhythm density -0.5"}


def collect(pairs: CollectedPairs, **change) -> CollectedPair:
    words = WORDS | {"settings": '{"rhythm": [[0, -0.5]]}'} | change
    before, after = words.pop("before", melody(4)), words.pop("after", melody(2))
    return pairs.add(before, after, **words)


@pytest.mark.slow
def test_what_is_kept_is_a_table_of_sounds(tmp_path: Path) -> None:
    pairs = CollectedPairs(tmp_path)
    first, second = collect(pairs), collect(pairs, direction="higher", piece='=1+1, "x"\n')
    assert [pair.id for pair in CollectedPairs(tmp_path).all()] == [first.id, second.id]
    assert 2 < first.seconds < 8
    items = stimuli_file.read(pairs.table())
    assert [item.name for item in items] == [first.item, second.item]
    assert first.item == f"etude-bars-3-4-{first.id[:4]}"
    assert [item.directions for item in items] == [{"demo": "lower"}, {"demo": "higher"}]
    assert [item.source for item in items] == ["Étude", '=1+1, "x"\n']
    assert "'=1+1" in pairs.table().read_text("utf-8")  # which no spreadsheet computes
    assert '"moved": "Rhythm density -0.5"' in items[0].settings
    assert "rhythm" in items[0].settings
    contents = [[file.path.read_bytes() for file in item.files.values()] for item in items]
    assert contents == [[melody(4), melody(2)]] * 2


@pytest.mark.slow
def test_names_of_pieces_in_other_scripts(tmp_path: Path) -> None:
    pairs = CollectedPairs(tmp_path)
    ones = [collect(pairs, piece="月光", bars=""), collect(pairs, piece="x" * 300)]
    assert [item.name for item in stimuli_file.read(pairs.table())] == [one.item for one in ones]
    assert ones[0].item == ones[0].id[:4]


@pytest.mark.slow
def test_a_table_can_be_read_whatever_the_settings_are(tmp_path: Path) -> None:
    """CSV doubles quotes and JSON spells control characters out."""
    pairs = CollectedPairs(tmp_path)
    for letter in ('"', "\x01"):
        collect(pairs, piece=repr(letter), settings=letter * LONGEST_SETTINGS)
    assert len(stimuli_file.read(pairs.table())) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"after": melody(4)}, "Nothing was changed"),
        ({"after": b"no MIDI"}, "One of the two cannot be heard: "),
        ({"before": melody(0)}, "One of the two cannot be heard: "),
        ({"after": melody(130)}, "choose up to 60 s"),
        ({"settings": "\x01" * 20_001}, "too many points"),
    ],
)
def test_what_nobody_could_rate_is_refused_and_leaves_nothing(tmp_path, change, words) -> None:
    pairs = CollectedPairs(tmp_path)
    with pytest.raises(BuildError, match=words):
        collect(pairs, **change)
    assert not [*pairs.folder.glob("*")]


@pytest.mark.slow
def test_a_pair_is_added_once(tmp_path: Path) -> None:
    pairs = CollectedPairs(tmp_path)
    first = collect(pairs)
    with pytest.raises(BuildError, match="has been added already"):
        collect(pairs, direction="higher")
    assert pairs.all() == [first]
    other = collect(pairs, after=melody(3))  # of the same bars
    pairs.remove(first.id)
    again = collect(pairs)
    assert pairs.all() == [other, again]


@pytest.mark.slow
def test_a_pair_goes_and_others_stay(tmp_path: Path) -> None:
    pairs = CollectedPairs(tmp_path)
    first, stays = collect(pairs), collect(pairs, bars="bars 5–6")
    for name in (first.id, "../../settings", "*", ""):
        pairs.remove(name)
    assert pairs.all() == [stays]
    assert len([*pairs.folder.glob("*")]) == 3
    pairs.remove(stays.id)
    with pytest.raises(BuildError, match="There is no pair yet"):
        pairs.table()


def test_a_file_that_is_no_pair_is_left_out(tmp_path: Path) -> None:
    pairs = CollectedPairs(tmp_path)
    pair = collect(pairs)
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.json", '{"id": 1}')):
        (pairs.folder / name).write_text(text)
    assert pairs.all() == [pair]
