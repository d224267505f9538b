"""Studies that cannot be."""

from __future__ import annotations

import re

import pytest

from survey.building.study_spec import BuildError, StudySpec


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "My study"}, "'My study' cannot name a study"),
        ({"name": "../x"}, "cannot name a study"),
        ({"name": "a" * 65}, "cannot name a study"),
        ({"title": " "}, "The title is empty"),
        ({"language": "tlh"}, "no texts in 'tlh'; there are: de, en."),
        ({"contact": "x" * 201}, "The contact is longer than 200"),
        ({"information": "x" * 10_001}, "The information is longer than 10000"),
        ({"statement": "x" * 501}, "The statement is longer than 500"),
        ({"information": "a\0"}, "The information holds the character NUL"),
        ({"pairs": 0}, "0 pairs are not between 1 and 200"),
        ({"strengths": (0.0,)}, "The strength 0 is not between"),
        ({"strengths": (float("nan"),)}, "The strength nan"),
        ({"strengths": (1.0, 1.0)}, "several different ones"),
        ({"strengths": ()}, "Give one strength"),
        ({"seed": -1}, "The seed -1"),
        ({"rules": {"finnished": True}}, "These rules cannot be: "),
        ({"lease": 0}, "A lease of 0 minutes"),
        ({"trials_each": 21}, "cannot have 21 of 20 trials"),
    ],
)
def test_a_spec_that_makes_no_sense(values, message):
    with pytest.raises(BuildError, match=re.escape(message)):
        StudySpec(**values)
