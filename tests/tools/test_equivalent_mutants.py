"""The list of mutants that no test can tell from the code is of the code as it is now."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = tomllib.loads((ROOT / "tools" / "equivalent_mutants.toml").read_text())["mutant"]


def test_every_entry_is_of_a_line_of_its_module_and_says_why():
    for entry in ENTRIES:
        text = (ROOT / entry["module"]).read_text()
        assert all(line in text for line in entry["before"].split(" / ")), entry
        assert entry["after"] != entry["before"] and entry["why"], entry


def test_no_entry_is_there_twice():
    keys = [(entry["module"], entry["before"], entry["after"]) for entry in ENTRIES]
    assert len(set(keys)) == len(keys)
