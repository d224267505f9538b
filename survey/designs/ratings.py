"""The ratings of a study whose questions are data, as one tidy table.

One row an answer, practice left out; one a clip of an answer where a question is asked of each.
Columns of the study's own are its questions; the others are those of `survey.ratings.columns`, or
say which systems were heard, in the order heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import MAIN, Answer, Participant, Stimulus, Study, Trial
from survey.comparisons.repeats import DISTANCE, REPEAT, Scale, with_distances
from survey.designs import registry
from survey.designs.design import Design
from survey.designs.questions import Question, parsed
from survey.ratings import rating_table
from survey.ratings.columns import COLUMNS, MISSING, CellForm, Column
from survey.ratings.csv_file import read_cells

# What some columns mean where a row is about no pair of segments.
MEANINGS = {
    "item": "what was heard, in whichever system's version",
    "source": "the piece that the item is from; the item itself where none was told",
}
COMMON = {
    column.name: replace(column, meaning=MEANINGS.get(column.name, column.meaning))
    for column in COLUMNS
}
SYSTEM = Column(
    "system", "text", "who made the clip that the row is about", needed=True, filled=True
)
KIND = Column(
    "kind",
    "word",
    "what the trial is for: rated, what the study is about; repeat, one of these once more",
    values=("rated", REPEAT),
)
APART = Column(
    DISTANCE,
    "number",
    "of a repeat: how far the replies are from those of the first time, as a share of the scale, "
    "0 the same to 1 from end to end",
)
STIMULUS = Column("stimulus", "text", "name of the trial, as the study's pages have it")
PLACE = Column("place", "whole", "place of the clip on the page, from 0")
BEFORE = ("study", "participant", "item")
AFTER = (
    *("source", "position", "seconds", "time_to_hear", "comment", "answered_at", "finished"),
    *("device", "age_band", "training", "sound_ok", "headphones_right"),
)
OF_STUDY = ("rules", "people", "design", "questions", "preregistration")  # columns, too
RESERVED = (*COMMON, "system", "stimulus", "place", DISTANCE, *OF_STUDY)
ORDINALS = ("first", "second", "third")  # of trials whose systems have a column each
SORTED_BY = ["study", "participant", "position", "place", "stimulus"]


@dataclass(frozen=True)
class ReplyColumn(Column):
    """The column of a question's replies."""

    question: Question | None = None

    @classmethod
    def of(cls, question: Question) -> ReplyColumn:
        """The column of a question."""
        forms: dict[str, CellForm] = {"choice": "word", "text": "text"}
        form = forms.get(question.kind, "whole")
        meaning = question.text
        if question.is_number:
            low, high = question.ends or ("lowest", "highest")
            meaning += f" From {question.least} ({low}) to {question.most} ({high})."
        return cls(question.name, form, meaning, values=question.choices, question=question)

    def parse(self, cell: str) -> Any:
        """The reply a cell stands for, None if it is missing."""
        if self.question is None or (self.form != "text" and cell.strip() in MISSING):
            return None
        return self.question.value(cell if self.form == "text" else cell.strip())


def is_by_clip(questions: Sequence[Question]) -> bool:
    """Whether a row is about a clip, not about a whole trial."""
    return any(question.each for question in questions)


def columns(questions: Sequence[Question], size: int, has_repeats: bool = False) -> list[Column]:
    """The columns of a table, in their order.

    Parameters
    ----------
    questions : sequence of Question
    size : int
        How many clips a trial has; `ORDINALS` at most have a column each.
    has_repeats : bool
        Whether trials come once more.
    """
    systems = [SYSTEM]
    if not is_by_clip(questions) and size > 1:
        systems = [
            Column(f"system_{word}", "text", f"who made the {word} clip heard", needed=True)
            for word in ORDINALS[:size]
        ]
    reply_columns = [ReplyColumn.of(question) for question in questions]
    before, after = ([COMMON[name] for name in names] for names in (BEFORE, AFTER))
    place = [PLACE] if is_by_clip(questions) else []
    apart = [APART] if has_repeats else []
    return [*before, STIMULUS, KIND, *systems, *place, *reply_columns, *apart, *after]


def of_study(
    session: Session, study: Study, participant: Participant | None = None
) -> pd.DataFrame:
    """The ratings of a study of any design, `transfer` included, or of one participant of it."""
    design = registry.find(study.design)
    if design.is_transfer:
        return rating_table.frame(session, study, participant)
    return frame(session, study, design, parsed(study.questions), participant)


def frame(
    session: Session,
    study: Study,
    design: Design,
    questions: Sequence[Question],
    participant: Participant | None = None,
) -> pd.DataFrame:
    """The ratings of a study whose questions are data, sorted by participant and position."""
    chosen = Participant.study_id == study.id
    if participant is not None:
        chosen &= Participant.id == participant.id
    stimuli = {
        stimulus.id: stimulus
        for stimulus in session.scalars(select(Stimulus).where(Stimulus.study_id == study.id))
        if stimulus.kind in (*MAIN, REPEAT)
    }
    people = {
        person.id: rating_table.of_participant(person)
        for person in session.scalars(select(Participant).where(chosen))
    }
    lengths, begun_at = rating_table.lengths(session, study), rating_table.starts()
    answers = session.execute(
        select(Trial, Answer, begun_at.c.at)
        .join(Trial, Answer.trial_id == Trial.id)
        .outerjoin(begun_at, begun_at.c.trial_id == Trial.id)
        .join(Participant, Trial.participant_id == Participant.id)
        .where(chosen)
    )
    rows = []
    for trial, answer, begun in answers:
        stimulus = stimuli.get(trial.stimulus_id)
        if stimulus is None:
            continue
        of_answer = {
            "study": study.name,
            **people[trial.participant_id],
            "item": stimulus.item,
            "stimulus": stimulus.name,
            "kind": stimulus.kind,
            "source": stimulus.source,
            "position": trial.position,
            "seconds": answer.seconds,
            "time_to_hear": rating_table.time_to_hear(begun, answer.at, lengths[stimulus.id]),
            "comment": answer.comment,
            "answered_at": answer.at.isoformat(),
        }
        order = trial.arrangement or range(stimulus.size)
        heard = [stimulus.systems[clip] for clip in order]
        compared = design.compared(stimulus.size)
        rows += [of_answer | of_clip for of_clip in _judged(heard, compared, answer, questions)]
    size = max((stimulus.size for stimulus in stimuli.values()), default=1)
    has_repeats = any(stimulus.kind == REPEAT for stimulus in stimuli.values())
    table = table_of(rows, columns(questions, size, has_repeats))
    return with_distances(table, scales(questions)) if has_repeats else table


def scales(questions: Sequence[Question]) -> list[Scale]:
    """The questions whose replies have a distance."""
    return [
        Scale(one.name, one.most - one.least if one.is_number else None)
        for one in questions
        if one.kind != "text"
    ]


def _judged(
    heard: Sequence[str], compared: range, answer: Answer, questions: Sequence[Question]
) -> list[dict[str, Any]]:
    """What rows have of the systems and the replies of an answer."""
    replies = answer.replies or {}
    once = {one.name: replies.get(one.name) for one in questions if not one.each}
    if not is_by_clip(questions):
        if len(heard) == 1:
            return [{"system": heard[0], **once}]
        words = zip(ORDINALS, heard, strict=False)
        return [{**{f"system_{word}": system for word, system in words}, **once}]
    return [
        {
            "system": heard[place],
            "place": place,
            **once,
            **{
                one.name: replies[one.name][at]
                for one in questions
                if one.each and one.name in replies
            },
        }
        for at, place in enumerate(compared)
    ]


def table_of(rows: Sequence[dict[str, Any]], columns: Sequence[Column]) -> pd.DataFrame:
    """A table with the columns' types, sorted."""
    raw = pd.DataFrame(list(rows), columns=[column.name for column in columns], dtype=object)
    table = raw.where(raw.notna(), None).astype({column.name: column.dtype for column in columns})
    return table.sort_values(
        [name for name in SORTED_BY if name in table], ignore_index=True, kind="stable"
    )


def read_csv(source: Path | IO[str], questions: Sequence[Question]) -> pd.DataFrame:
    """Read what `survey.records.export_files` wrote of such a study.

    Raises
    ------
    ValueError
        If the file is no such table; the message names the column and the row.
    """

    def of_header(header: Sequence[str]) -> list[Column]:
        size = sum(f"system_{word}" in header for word in ORDINALS)
        return columns(questions, size, DISTANCE in header)

    cells, file_columns = read_cells(source, of_header)
    count = len(next(iter(cells.values()), []))
    for column in file_columns:
        cells.setdefault(column.name, ["" if column.form == "text" else None] * count)
    earlier: set[tuple[Any, ...]] = set()
    names = [name for name in ("study", "participant", "stimulus", "place") if name in cells]
    for row, key in enumerate(zip(*(cells[name] for name in names), strict=True), 1):
        if key in earlier:
            raise ValueError(f"row {row}: {key[1]!r} has answered {key[2]!r} before")
        earlier.add(key)
    rows = [dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)]
    return table_of(rows, file_columns)
