"""Simulated answers as tables of ratings: the few columns of an analysis, or all of an export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from survey.designs import ratings
from survey.designs.rules import NEW_STUDY_RULES
from survey.planning.listeners import CHOICE, Answers, Listening
from survey.ratings.rating_table import ParticipantCounts
from survey.statistics.simulation import PEOPLE

SECONDS, SECONDS_SD = 20.0, 0.25  # of a trial: median, and standard deviation of the logarithm


def lean(study: Listening, answers: Answers) -> pd.DataFrame:
    """What the statistics of designs need: participant, item, source, systems, the answer."""
    form = study.form
    systems = np.array(form.names, dtype=object)[answers.clips]
    table = {
        "participant": answers.person,
        "item": answers.item,
        "source": (answers.item % study.pieces).astype(str).astype(object),
    }
    if form.question.each:
        compared = form.design.compared(form.size)
        table = {name: np.repeat(values, len(compared)) for name, values in table.items()}
        table["system"] = systems[:, compared].ravel()
    elif form.size == 1:
        table["system"] = systems[:, 0]
    else:
        words = ratings.ORDINALS[: form.size]
        table |= {f"system_{word}": systems[:, at] for at, word in enumerate(words)}
    replies = answers.replies.ravel()
    if form.kind == CHOICE:
        replies = np.array(form.question.choices, dtype=object)[replies.astype(int)]
    return pd.DataFrame({**table, form.question.name: replies})


def simulate(study: Listening, people: Mapping[str, int], seed: int) -> pd.DataFrame:
    """The ratings of a whole simulated study, with the columns of an export.

    Parameters
    ----------
    study : Listening
    people : dict
        How many of which kind of `PEOPLE`; their names say which they are.
    seed : int

    Raises
    ------
    ValueError
        If a kind of people is unknown.
    """
    for kind in people:
        if kind not in PEOPLE:
            raise ValueError(f"there are no {kind!r} participants; use {', '.join(PEOPLE)}")
    random = np.random.default_rng(seed)
    kinds = np.repeat(list(people), list(people.values())).tolist()
    answers = study.drawn(kinds, random)
    names = [f"{kind}-{at:05d}" for at, kind in enumerate(kinds)]
    seconds = np.round(random.lognormal(np.log(SECONDS), SECONDS_SD, len(answers.person)), 1)
    form = study.form
    columns = ratings.columns([form.question], form.size)
    by_clip = ratings.is_by_clip([form.question])
    compared = form.design.compared(form.size)
    systems = np.array(form.names, dtype=object)[answers.clips]
    rows: list[dict[str, Any]] = []
    for at in range(len(answers.person)):
        item = int(answers.item[at])
        of_answer = {
            "study": "simulated",
            "participant": names[int(answers.person[at])],
            "item": f"item-{item + 1:03d}",
            "stimulus": f"item-{item + 1:03d}-{int(answers.trial[at]) + 1:02d}",
            "kind": "rated",
            "source": f"piece {item % study.pieces + 1:02d}",
            "position": int(answers.order[at]),
            "seconds": float(seconds[at]),
            "time_to_hear": True,
            "comment": "",
            "finished": True,
        }
        replies = [_reply(study, value) for value in answers.replies[at]]
        if by_clip:
            rows += [
                of_answer
                | {"system": systems[at, place], "place": place, form.question.name: reply}
                for place, reply in zip(compared, replies, strict=True)
            ]
            continue
        heard = {"system": systems[at, 0]} if form.size == 1 else {}
        if form.size > 1:
            words = ratings.ORDINALS[: form.size]
            heard = {f"system_{word}": systems[at, of] for of, word in enumerate(words)}
        rows.append(of_answer | heard | {form.question.name: replies[0]})
    table = ratings.table_of(rows, columns)
    counts = ParticipantCounts(
        invited=None, consented=len(kinds), began=len(kinds), finished=len(kinds), withdrawn=0
    )
    return table.assign(
        rules=json.dumps(NEW_STUDY_RULES),
        people=json.dumps(vars(counts)),
        design=form.design.name,
        questions=json.dumps([form.question.model_dump(mode="json")]),
    )


def _reply(study: Listening, value: float) -> int | str:
    if study.form.kind == CHOICE:
        return study.form.question.choices[int(value)]
    return int(value)
