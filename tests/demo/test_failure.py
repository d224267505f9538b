"""What is said and logged of work that failed."""

from __future__ import annotations

import logging

import pytest

from demo import failure
from demo.compute.jobs import WorkError
from demo.guard.refusals import INTERNAL_ERROR


def test_a_failure_in_the_log_names_its_place_only(caplog):
    with caplog.at_level(logging.WARNING, failure.log.name):
        try:
            raise OSError("/secret/path")
        except OSError as error:
            assert failure.reason(error) == INTERNAL_ERROR
    assert "OSError at test_failure.py:" in caplog.text and "secret" not in caplog.text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nothing to hear...", "Nothing to hear."),
        ("my.first.mid is broken", "my.first.mid is broken."),
        ("élan", "Élan."),
        ("my.mid would cost too much", "my.mid would cost too much."),
        ("of a.mid nothing was read", "Of a.mid nothing was read."),
        ("my first.mid is broken", "my first.mid is broken."),
        ("été №1 & 2.mid cannot be read", "été №1 &amp; 2.mid cannot be read."),
        ("rhythm 2.5 is outside -1 to 1", "Rhythm 2.5 is outside -1 to 1."),
        ('the "piece" & more', 'The "piece" &amp; more.'),
        ("", "."),
    ],
)
def test_a_sentence_begins_with_a_capital_and_ends_with_one_full_stop(text, sentence):
    assert failure.reason(WorkError(text)) == sentence
