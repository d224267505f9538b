"""The text of a preregistration: what will be asked, of how many, and how it will be analysed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from survey.analysis.number_format import counted
from survey.designs.design import Design
from survey.designs.questions import Question
from survey.publishing.checklist import HEADPHONES, of_question
from survey.publishing.document import Document, Section
from survey.publishing.paper_document import BY_CONDITION, CORRECTED, MEANINGS, ON_TRANSFER
from survey.publishing.study_facts import StudyFacts
from survey.ratings.exclusion import MEANINGS as RULES
from survey.ratings.exclusion import sentence
from survey.records.preregistration import NAMES, PreregistrationError, sha256

LONGEST = 20_000  # characters of what authors write
OF_TRANSFER_QUESTIONS = (
    "How arousal changed from the first clip to the second: lower, same, higher; and rhythm, "
    "melody, harmony and naturalness, each from 1 (worst) to 5 (best)."
)


def paragraphs(text: str, what: str) -> list[str]:
    """What authors wrote, by paragraphs, which blank lines part.

    Raises
    ------
    PreregistrationError
        If there is nothing, or too much.
    """
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]
    if not parts or len(text) > LONGEST or "\0" in text:
        raise PreregistrationError(
            f"{what} cannot be empty, longer than {LONGEST} characters, or hold a NUL."
        )
    return parts


def preregistration(
    name: str,
    design: Design,
    questions: Sequence[Question],
    facts: StudyFacts,
    settings: Mapping[str, Any],
    hypotheses: Sequence[str],
    sample: Sequence[str],
    code_version: str,
) -> Document:
    """The text.

    Parameters
    ----------
    name : str
        The study's.
    settings : mapping
        As of `survey.records.preregistration.settings_of`.
    hypotheses, sample : sequence of str
        Paragraphs of the authors: what is expected, and why so many participants.
    """
    rules = [
        f"{rule}: who {sentence(rule, limit)}"
        for rule, limit in settings["rules"].items()
        if rule in RULES and limit is not None and limit is not False
    ]
    asked_for = (
        [OF_TRANSFER_QUESTIONS]
        if design.is_transfer
        else [
            f"{question.name}: {of_question(question)}{_margin(question)}" for question in questions
        ]
    )
    ends = (
        "Nobody else is let in when as many have finished."
        if settings["stops_at_wanted"]
        else "It goes on when as many have finished, until it is closed by hand."
    )
    return Document(
        f"Preregistration of the listening test “{name}”",
        [
            Section("Hypotheses", hypotheses),
            Section("Design", _design(design, facts)),
            Section("Questions", points=asked_for),
            Section(
                "Participants",
                [
                    f"{counted(int(settings['participants']), 'participant')} are to finish. "
                    f"{ends} Headphones: {HEADPHONES[facts.headphones]}.",
                    *sample,
                ],
            ),
            Section(
                "Rules of exclusion",
                ["All results are computed with these rules and without."]
                if rules
                else ["Nobody is left out by a rule."],
                rules,
            ),
            Section("Analysis", _analysis(design, questions, facts)),
            Section(
                "What this is about, as hashes",
                [f"The code has version {code_version}."],
                [
                    f"{NAMES['stimuli_sha256']}: {settings['stimuli_sha256']}",
                    f"{NAMES['consent_sha256']}: {settings['consent_sha256']}",
                    f"all settings of this page: {sha256(json.dumps(settings, sort_keys=True))}",
                ],
            ),
        ],
    )


def _margin(question: Question) -> str:
    if question.margin is None:
        return ""
    return f"; differences of less than {question.margin:g} do not matter (equivalence is tested)"


def _design(design: Design, facts: StudyFacts) -> list[str]:
    material = facts.material
    again = " Second answers count in no estimate." if facts.repeats else ""
    return [
        f"The test is of the design {design.name}: {design.about}. It has {material.amount}. "
        f"Systems: {material.named_systems}.",
        f"Each participant is given {facts.trials_in_words} in an order of their own, "
        f"{facts.practised}; trials with the fewest answers come first.{again} {facts.sounds}",
    ]


def _analysis(design: Design, questions: Sequence[Question], facts: StudyFacts) -> list[str]:
    """What the analysis of a design will compute, by the tables that it makes."""
    if design.is_transfer:
        several = facts.material.has_several_conditions
        return [" ".join([ON_TRANSFER, *([BY_CONDITION] if several else []), CORRECTED])]
    numbers = [question for question in questions if question.is_number]
    tables = {
        "mos": ("means", "mixed_model", "ordinal_model", "trend"),
        "mushra": ("means", "mixed_model", "trend"),
        "ab": ("preferences", "mixed_model", "trend"),
        "abx": ("discrimination", "trend"),
    }.get(design.name, ())
    if not any(question.kind == "scale" for question in questions):
        tables = tuple(name for name in tables if name != "ordinal_model")
    elif design.name == "mushra":
        tables = (*tables[:2], "ordinal_model", *tables[2:])
    if any(question.margin is not None for question in questions) and tables:
        tables = (*tables, "equivalence")
    if facts.headphones == "covariate" and tables:
        tables = (*tables, "headphones")
    if not tables or not (numbers or design.name == "abx"):
        return ["The analysis is the one that the design has in the version of the code below."]
    return [" ".join([*(MEANINGS[name] for name in tables), CORRECTED])]
