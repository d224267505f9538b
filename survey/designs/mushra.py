"""`mushra`: all versions of an item on one page, from 0 to 100, beside an open reference.

After ITU-R BS.1534-3: the reference is among the clips to be rated once more, hidden, and so are
anchors, the reference without its high frequencies, where the study is built with any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from survey.analysis.number_format import people
from survey.analysis.tables import as_table
from survey.core.texts import Texts
from survey.designs.design import REFERENCE, Design, DesignError, Findings, Item, Resampling
from survey.designs.questions import Question
from survey.designs.system_findings import of_systems

ALIKE = 90  # what a hidden reference should be given at least
SHARE = 0.15  # of trials in which somebody may have given it less


def _stimuli(item: Item) -> list[tuple[str, ...]]:
    if not item.has_reference:
        raise DesignError(f"Item {item.name} has no reference, which all others are rated beside.")
    return [(REFERENCE, REFERENCE, *item.systems)]


def _questions(say: Texts) -> Sequence[Question]:
    ends = (say("trial.worst"), say("trial.best"))
    return [
        Question(
            name="quality",
            kind="slider",
            text=say("asked.quality"),
            least=0,
            most=100,
            ends=ends,
            each=True,
        )
    ]


def _analyse(
    table: pd.DataFrame, questions: Sequence[Question], resampling: Resampling
) -> Findings:
    findings = of_systems(table, questions, resampling)
    shares = {
        (question.name, person): share_and_trials
        for question in questions
        if (question.least, question.most) == (0, 100) and question.each
        for person, share_and_trials in _screened(table, question.name).items()
    }
    if not shares:
        return findings
    rows = [
        {"question": question, "participant": person, "trials": trials, "low_share": share}
        for (question, person), (share, trials) in shares.items()
    ]
    sentences = [
        _missed({name: share for (one, name), (share, _) in shares.items() if one == question})
        for question in dict.fromkeys(question for question, _ in shares)
    ]
    if len(sentences) > 1:
        names = dict.fromkeys(question for question, _ in shares)
        sentences = [f"{name}: {words}" for name, words in zip(names, sentences, strict=True)]
    tables = {**findings.tables, "screening": as_table("screening", rows)}
    return replace(findings, tables=tables, sentences=[*findings.sentences, *sentences])


def _missed(low_shares: Mapping[str, float]) -> str:
    """How many would be left out by the recommendation for what they gave the hidden reference."""
    count = sum(share > SHARE for share in low_shares.values())
    sentence = (
        f"{count or 'None'} of {people(len(low_shares))} gave the hidden reference less than "
        f"{ALIKE} in more than {SHARE:.0%} of their trials"
    )
    if not count:
        return f"{sentence}, for which ITU-R BS.1534-3 would leave somebody out."
    return (
        f"{sentence}. ITU-R BS.1534-3 would leave {'this one' if count == 1 else 'these'} out; "
        "nobody was left out for that here."
    )


def _screened(table: pd.DataFrame, question: str) -> dict[str, tuple[float, int]]:
    """Share of trials with the hidden reference below `ALIKE`, and trials, by participant."""
    hidden = table[(table["system"] == REFERENCE) & table[question].notna()]
    low = (hidden[question] < ALIKE).groupby(hidden["participant"]).agg(["mean", "size"])
    return {str(name): (float(mean), int(size)) for name, mean, size in low.itertuples()}


DESIGN = Design(
    "mushra",
    _stimuli,
    _questions,
    _analyse,
    labels=("reference",),
    has_reference=True,
    is_shuffled=True,
    in_order=False,
    anchors=(3.5, 7.0),
    about="all systems on one page from 0 to 100, with a hidden reference and anchors",
)
