"""All words that a participant reads: one JSON file a language in ``words/``.

To translate a study, put a file beside ``en.json`` with the same keys and the same names in
braces, and give the study that language.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from db.models import TRANSFER, Study
from survey.core import panels

FOLDER = Path(__file__).parents[1] / "words"
DEFAULT = "en"
ONCE_KEY = "once"  # of `Study.build`: see `is_once`
RATED = "rated"  # key of the words of all designs but `TRANSFER`, which take the place of others
WISH = re.compile(r"(?:^|,)\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?")
HEADING = "# "  # begins a heading in a text of a study's own
PAIR_SECONDS = 35.0  # two clips heard, five answers
TRIAL_SECONDS = "trial_seconds"  # key of `Study.build`, where trials take another time
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

    def with_part(self, name: str) -> Texts:
        """With the words of a part in place of those that have the same keys without its name."""
        own = {
            key.removeprefix(f"{name}."): word
            for key, word in self.words.items()
            if key.startswith(f"{name}.")
        }
        return replace(self, words={**self.words, **own})

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
    candidates = (language.lower(), language.lower().partition("-")[0])
    return _read(next((name for name in candidates if name in known), DEFAULT))


def for_design(say: Texts, design: str) -> Texts:
    """The words for a design; a part of the design's own name comes before `RATED`."""
    return say if design == TRANSFER else say.with_part(RATED).with_part(design)


def of_study(study: Study) -> Texts:
    """The words that participants of a study read."""
    # A study that is not stored yet may have neither.
    return for_design(load(study.language or DEFAULT), study.design or TRANSFER)


def preferred(header: str) -> Texts:
    """The words of the language that an ``Accept-Language`` header likes best; else English."""
    weights: dict[str, float] = {}
    for language, weight in WISH.findall(header.lower()):
        weights.setdefault(language, float(weight or 1))
    wishes = sorted(weights, key=weights.__getitem__, reverse=True)  # stable: the first of equals
    known = languages()
    possible = (wish for wish in wishes if weights[wish] and wish.partition("-")[0] in known)
    return load(next(possible, DEFAULT))


def names(text: str) -> set[str]:
    """The names in braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def minutes(study: Study) -> int:
    """About how long a study takes."""
    seconds = float((study.build or {}).get(TRIAL_SECONDS, PAIR_SECONDS))
    trials: int = study.trials_each + (study.build or {}).get("repeats", 0) + OTHER_TRIALS
    return math.ceil(trials * seconds / 60 + OTHER_MINUTES)


def is_once(study: Study) -> bool:
    """Whether a browser in which somebody has begun offers nobody else to begin."""
    return bool((study.build or {}).get(ONCE_KEY))


def sections(study: Study) -> list[tuple[str, str]]:
    """What somebody reads before they agree: headings, "" for none, and the text below them.

    The study's own text, or that of its language.
    """
    if study.information:
        return _sections(study.information)
    say = of_study(study)
    headed = [
        ("", say("consent.lead")),
        (say("consent.what"), say("consent.what_text")),
        (say("consent.long"), say("consent.long_text", minutes=minutes(study))),
        (say("consent.data"), say("consent.data_text")),
        (say("consent.kept"), study.retention.strip() or say("consent.kept_unsaid")),
        (say("consent.free"), say("consent.free_text")),
    ]
    if is_once(study):
        headed.append((say("consent.once"), say("consent.once_text")))
    if study.headphones in ("covariate", "gate"):
        text = "headphones_text" if study.headphones == "covariate" else "headphones_gate"
        headed.append((say("consent.headphones"), say(f"consent.{text}")))
    if (panel := panels.of(study)) is not None:
        name = panel.label
        headed.append((say("consent.number", panel=name), say("consent.number_text", panel=name)))
    if contact := study.contact.strip():
        headed.append((say("consent.contact"), say("consent.contact_text", contact=contact)))
    return headed


def consent(study: Study) -> str:
    """All that is shown before somebody agrees, as plain text, the sentence agreed to last."""
    blocks = [f"{heading}\n{text}".strip("\n") for heading, text in sections(study)]
    return "\n\n".join([study.title, *blocks, statement(study)])


def consent_sha256(study: Study) -> str:
    """The hash of `consent`, 64 hexadecimal digits."""
    return hashlib.sha256(consent(study).encode()).hexdigest()


def statement(study: Study) -> str:
    """The sentence that somebody agrees to."""
    return study.statement or of_study(study)("consent.agree")


def information(study: Study) -> str:
    """What `sections` gives as a text to be edited: a line that begins with ``# `` is a heading."""
    return tidy(
        "\n\n".join(
            f"{HEADING}{heading}\n{text}" if heading else text for heading, text in sections(study)
        )
    )


def unsaid(study: Study) -> list[str]:
    """What a study's own text does not say, though the study has it: nobody reads it elsewhere."""
    if not study.information:
        return []
    text = " ".join(study.information.split())
    facts = {
        "the contact": " ".join(study.contact.split()),
        "how long answers are kept": " ".join(study.retention.split()),
    }
    if (panel := panels.of(study)) is not None:
        facts["the panel whose numbers of people are stored"] = panel.label
    return [
        f"The study has a text of its own, in which {name} (“{value}”) does not stand. "
        "Participants read that text alone: write it in there."
        for name, value in facts.items()
        if value not in text
    ]


def tidy(text: str) -> str:
    """A text as a browser's form sends it, with plain ends of lines and one blank line at most."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _sections(text: str) -> list[tuple[str, str]]:
    """Paragraphs, those below a heading's line with it."""
    blocks = []
    for block in text.split("\n\n"):
        first, _, rest = block.partition("\n")
        is_headed = first.startswith(HEADING)
        blocks.append((first.removeprefix(HEADING).strip(), rest) if is_headed else ("", block))
    return blocks


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
