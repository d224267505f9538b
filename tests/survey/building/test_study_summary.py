"""What a built study is warned of before anybody is asked."""

import re
from types import SimpleNamespace

import pytest

from survey.building.study_summary import warnings


def warned(sources: list[str], kind: str = "transfer") -> list[str]:
    stimuli = [
        SimpleNamespace(kind=kind, source=source, item=source, systems=[]) for source in sources
    ]
    return of_study(stimuli)


def of_study(stimuli: list[SimpleNamespace], each: int = 6, goal: int | None = None) -> list[str]:
    texts = {"information": "", "contact": "", "retention": ""}
    study = SimpleNamespace(
        stimuli=stimuli, trials_each=each, build={"participants": goal}, **texts
    )
    return warnings(study)  # type: ignore[arg-type]


def rated(*of_systems: str, items: int = 12) -> list[SimpleNamespace]:
    """Stimuli of systems, a letter each, of many pieces."""
    return [
        SimpleNamespace(kind="rated", source=str(item), item=str(item), systems=list(systems))
        for item in range(items)
        for systems in of_systems
    ]


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
    study = SimpleNamespace(stimuli=[], trials_each=6, build={}, **texts)
    (sentence,) = warnings(study)  # type: ignore[arg-type]
    assert sentence.startswith("Warning: ") and "the contact (“a@example.org”)" in sentence


PAIRS = ("ab", "ba", "ac", "ca", "bc", "cb")  # of three systems, in both orders


@pytest.mark.parametrize(
    ("of_systems", "each", "words"),
    [
        (PAIRS, 7, "7 trials, which do not go round 3 pairs.* 6 or 9 trials would be"),
        (PAIRS, 35, "35 trials.* 33 or 36 trials would be"),
        (PAIRS, 2, "2 trials, and there are 3 pairs.* With 3 trials, or a multiple,"),
        (("a", "b", "c", "d", "e"), 1, "1 trial, and there are 5 systems: nobody hears them all"),
        (("a", "b"), 5, "5 trials, which do not go round 2 systems.* 4 or 6 trials"),
    ],
)
def test_trials_that_do_not_go_round_are_warned_of(
    of_systems: tuple[str, ...], each: int, words: str
) -> None:
    (sentence,) = of_study(rated(*of_systems), each)
    assert re.search(words, sentence)


def test_trials_that_go_round_are_not() -> None:
    assert of_study(rated(*PAIRS), 3) == of_study(rated(*PAIRS), 12) == []
    assert of_study(rated("abc"), 5) == of_study(rated("ab", "ba"), 7) == []
    assert of_study(rated("a", "b"), 1000) == []  # everybody hears all


def test_stimuli_that_nobody_can_hear_are_warned_of() -> None:
    (sentence,) = of_study(rated("a", "b"), 2, goal=11)
    assert "as are wanted, 11, hear 22 at most of 24 stimuli" in sentence
    assert of_study(rated("a", "b"), 2, goal=12) == of_study(rated("a", "b"), 2) == []
