"""What a built study is warned of before anybody is asked."""

import re
from types import SimpleNamespace

import pytest

from survey.building.study_summary import warnings


def warned(sources: list[str], kind: str = "transfer") -> list[str]:
    stimuli = [SimpleNamespace(kind=kind, source=source) for source in sources]
    texts = {"information": "", "contact": "", "retention": ""}
    return warnings(SimpleNamespace(stimuli=stimuli, **texts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        (1, "all trials are of one piece"),
        (2, "2 pieces are few.*6.5 times as wide"),
        (4, "4 pieces are few.*1.6 times as wide"),
        (11, "11 pieces are few.*1.1 times as wide"),
    ],
)
def test_few_pieces_are_warned_of(pieces: int, words: str) -> None:
    (sentence,) = warned([f"{number % pieces}.mid" for number in range(3 * pieces)])
    assert re.search(words, sentence)


def test_many_pieces_and_pieces_that_are_not_told_are_not() -> None:
    assert warned([f"{number}.mid" for number in range(12)]) == []
    assert warned(["", "", ""]) == [] == warned([])
    assert warned(["x.mid"] * 4, "practice") == []


def test_a_text_that_lacks_the_contact_is_warned_of() -> None:
    texts = {"information": "We ask you.", "contact": "a@example.org", "retention": "", "panel": {}}
    (sentence,) = warnings(SimpleNamespace(stimuli=[], **texts))  # type: ignore[arg-type]
    assert sentence.startswith("Warning: ") and "the contact (“a@example.org”)" in sentence
