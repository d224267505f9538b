"""All words that a participant reads: one JSON file a language in ``words/``.

To translate a study, put a file beside ``en.json`` with the same keys and the same names in
braces, and give the study that language.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from db.models import Study

FOLDER = Path(__file__).parents[1] / "words"
DEFAULT = "en"
PAIR_SECONDS = 35.0  # two clips heard, five answers
OTHER_MINUTES = 2.0  # for all that is not a pair
OTHER_TRIALS = 4  # practice and catch trials, roughly


@dataclass(frozen=True)
class Texts:
    """The words of one language.

    Attributes
    ----------
    language : str
        Of the file, such as "de".
    direction : str
        "ltr" or "rtl".
    words : mapping of str to str
        Keys have dots, such as "trial.next"; what is missing in the file is English.
    """

    language: str
    direction: str
    words: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, with the names in braces replaced.

        Raises
        ------
        KeyError
            If there is no such key, or a value is missing.
        """
        return self.words[key].format(**values) if values else self.words[key]

    def part(self, *names: str) -> dict[str, str]:
        """Only the keys that begin with one of these names and a dot."""
        return {
            key: word for key, word in self.words.items() if key.partition(".")[0] in set(names)
        }


def languages() -> list[str]:
    """The languages there are, in the order of the alphabet."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(language: str) -> Texts:
    """The words of a language; of "de" for "de-AT"; English if there is no file.

    Raises
    ------
    ValueError
        If the file is not one of texts.
    """
    known = languages()
    wanted = (language.lower(), language.lower().partition("-")[0])
    return _read(next((name for name in wanted if name in known), DEFAULT))


def names(text: str) -> set[str]:
    """The names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def minutes(study: Study) -> int:
    """About how long a study takes."""
    return math.ceil((study.trials_each + OTHER_TRIALS) * PAIR_SECONDS / 60 + OTHER_MINUTES)


def sections(study: Study) -> list[tuple[str, str]]:
    """What somebody agrees to: headings and their text, in the study's language."""
    say = load(study.language)
    headed = [
        (say("consent.what"), say("consent.what_text")),
        (say("consent.long"), say("consent.long_text", minutes=minutes(study))),
        (say("consent.data"), say("consent.data_text")),
        (say("consent.kept"), study.retention.strip() or say("consent.kept_unsaid")),
        (say("consent.free"), say("consent.free_text")),
    ]
    if contact := study.contact.strip():
        headed.append((say("consent.contact"), say("consent.contact_text", contact=contact)))
    return headed


def consent(study: Study) -> str:
    """All that is shown before somebody agrees, as plain text, the sentence agreed to last."""
    say = load(study.language)
    blocks = [study.title, say("consent.lead")]
    blocks += [f"{heading}\n{text}" for heading, text in sections(study)]
    return "\n\n".join([*blocks, say("consent.agree")])


@lru_cache
def _read(language: str) -> Texts:
    path = FOLDER / f"{language}.json"
    try:
        words = dict(_flat(json.loads(path.read_text(encoding="utf-8"))))
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path.name} is not a file of texts: {error}") from error
    direction = words.get("direction", "ltr")
    if direction not in ("ltr", "rtl"):
        raise ValueError(f"{path.name}: direction {direction!r} is neither ltr nor rtl")
    if language != DEFAULT:
        words = {**_read(DEFAULT).words, **words}
    return Texts(language, direction, words)


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, str):
            yield before + key, value
        else:
            yield from _flat(value, f"{before}{key}.")
