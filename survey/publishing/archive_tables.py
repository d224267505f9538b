"""The tables of an archive: ratings, what their columns mean, and the clips of every trial."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import pandas as pd
from sqlalchemy.orm import Session

from db.models import TRANSFER, Stimulus, Study
from survey.designs import ratings as design_ratings
from survey.designs.design import REFERENCE
from survey.designs.questions import Question, parsed
from survey.ratings.columns import COLUMNS, DESIGN_COLUMNS, STUDY_COLUMNS, Column
from survey.ratings.csv_file import write_csv
from survey.ratings.rating_table import flow
from survey.records import preregistration

COMMENT, MOMENT, SOURCE, PARTICIPANT = "comment", "answered_at", "source", "participant"
BACKGROUND = ("age_band", "training", "device")
NUMBERED = "number of a participant, given for this archive"
STIMULUS_COLUMNS = (
    ("stimulus", "name of the trial, as in the ratings (column item in the design transfer)"),
    ("kind", "what the trial is for"),
    ("item", "what its clips are versions of"),
    ("source", "piece that it is from"),
    ("intended", "direction of arousal that is meant, in the design transfer"),
    ("strength", "of the transfer"),
    ("text", "shown beside the clips"),
    ("place", "place of the clip in the trial, from 0, before a page shuffles them"),
    ("system", "who made the clip"),
    ("clip", "its file"),
)


@dataclass(frozen=True)
class Extras:
    """What is in an archive only if it is asked for."""

    comments: bool = False
    moments: bool = False
    sources: bool = False


def pieces_of(study: Study, extras: Extras) -> dict[str, str]:
    """What pieces are called: themselves, or numbers in the order of their names."""
    names = sorted({one.source for one in study.stimuli if one.source})
    width = len(str(len(names)))
    return {
        name: name if extras.sources else f"piece-{number:0{width}d}"
        for number, name in enumerate(names, 1)
    }


def published(
    table: pd.DataFrame, study: Study, pieces: Mapping[str, str], extras: Extras
) -> pd.DataFrame:
    """The ratings with new numbers for participants, in an order that tells nothing."""
    names = sorted(set(table[PARTICIPANT]))  # random ones
    width = len(str(len(names)))
    numbers = {name: f"p{number:0{width}d}" for number, name in enumerate(names, 1)}
    table = table.assign(
        **{
            PARTICIPANT: table[PARTICIPANT].map(numbers),
            SOURCE: table[SOURCE].map(lambda name: pieces.get(name, name)),
        }
    )
    dropped_columns = [] if extras.comments else [COMMENT, *_texts(study)]
    dropped_columns += [] if extras.moments else [MOMENT]
    return table.drop(columns=[name for name in dropped_columns if name in table])


def _texts(study: Study) -> list[str]:
    return [question.name for question in parsed(study.questions) if question.kind == "text"]


def study_columns(
    session: Session,
    study: Study,
    questions: list[Question],
    known: preregistration.Preregistered | None,
) -> dict[str, str]:
    """The columns that say of every row the same, so that the table alone can be analysed."""
    columns = {
        "rules": json.dumps(study.rules),
        "people": json.dumps(asdict(flow(session, study))),
    }
    if study.design != TRANSFER:
        question_records = [question.model_dump(mode="json") for question in questions]
        columns |= {"design": study.design, "questions": json.dumps(question_records)}
    if known is not None:
        columns[preregistration.KEY] = preregistration.as_json(known)
    return columns


def columns_of(study: Study, table: pd.DataFrame) -> list[Column]:
    """What is known of every column of the published ratings."""
    known = list(COLUMNS)
    if study.design != TRANSFER:
        size = max(stimulus.size for stimulus in study.stimuli)
        repeats = bool(study.build.get("repeats"))
        known = design_ratings.columns(parsed(study.questions), size, repeats)
    by_name = {column.name: column for column in known}
    table_columns = [by_name.get(str(name)) or _measured(str(name)) for name in table]
    return [*table_columns, *STUDY_COLUMNS, *(DESIGN_COLUMNS if study.design != TRANSFER else ())]


def _measured(name: str) -> Column:
    return Column(name, "number", "measured change of an attribute, second clip less the first")


def dictionary(columns: list[Column], is_preregistered: bool) -> bytes:
    """What the columns of all tables mean, as CSV."""
    rows = []
    for column in [*columns, *([preregistration.COLUMN] if is_preregistered else [])]:
        meaning = NUMBERED if column.name == PARTICIPANT else column.meaning
        values = ", ".join(column.values)
        rows.append(("ratings.csv", column.name, str(column.form), values, meaning))
    rows += [("stimuli.csv", name, "", "", meaning) for name, meaning in STIMULUS_COLUMNS]
    names = ["file", "column", "form", "values", "meaning"]
    return as_csv(pd.DataFrame(rows, columns=names, dtype=object))


def stimuli_of(study: Study, pieces: Mapping[str, str]) -> pd.DataFrame:
    """The clips of every trial, a row a clip; `pieces` has the names they are published by."""
    rows = []
    for one in sorted(study.stimuli, key=lambda stimulus: stimulus.name):
        systems = list(one.systems) or _of_pair(one)
        for place, (system, clip) in enumerate(zip(systems, one.clips, strict=True)):
            rows.append(
                {
                    "stimulus": one.name,
                    "kind": one.kind,
                    "item": one.item or one.name,
                    "source": pieces.get(one.source, one.source),
                    "intended": one.intended,
                    "strength": one.strength,
                    "text": one.text,
                    "place": place,
                    "system": system,
                    "clip": clip_file(clip.sha256),
                }
            )
    return pd.DataFrame(rows, columns=[name for name, _ in STIMULUS_COLUMNS], dtype=object)


def _of_pair(stimulus: Stimulus) -> list[str]:
    """Who made the clips of a pair of the design transfer."""
    if stimulus.kind == "identical":
        return [REFERENCE, REFERENCE]
    pair = [REFERENCE, stimulus.checkpoint or TRANSFER]
    return pair[::-1] if stimulus.kind == "swapped" else pair


def clip_file(sha256: str) -> str:
    """The name of a clip in an archive."""
    return f"clips/{sha256}.mp3"


def as_csv(table: pd.DataFrame) -> bytes:
    """A table as the bytes of a CSV file."""
    text = io.StringIO(newline="")
    write_csv(table, text)
    return text.getvalue().encode()
