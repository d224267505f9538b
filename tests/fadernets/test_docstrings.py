"""The examples in docstrings are run, and each of these modules has some."""

import doctest
from importlib import import_module

import pytest

MODULES = {
    "fadernets.curve": 2,
    "fadernets.faders": 1,
    "fadernets.music.attributes": 1,
    "fadernets.music.events": 2,
    "fadernets.music.key": 2,
    "fadernets.music.midifile.maps": 1,
    "fadernets.music.mode": 2,
    "fadernets.music.notes": 4,
    "fadernets.music.segment_limits": 1,
    "fadernets.net": 1,
}


@pytest.mark.parametrize(("name", "docstrings"), MODULES.items())
def test_examples_of_docstrings(name, docstrings):
    module = import_module(name)
    examples = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert len(examples) >= docstrings
    assert doctest.testmod(module).failed == 0
