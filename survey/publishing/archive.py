"""A study as one file to publish: ratings, clips, what columns mean, versions, licence.

The same study and options give the same bytes: files come in the order of their names, stored
as they are, with one date for all. Nobody is in it by name: participants have new numbers, and
labels, panels' numbers, the contact and what people agreed to stay out; comments, moments and names
of pieces do, too, unless they are asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from db.models import TRANSFER, Stimulus, Study
from survey.designs import ratings as design_ratings
from survey.designs.design import REFERENCE
from survey.designs.questions import Question, parsed
from survey.publishing.document import Document, Section
from survey.publishing.markdown import markdown
from survey.ratings.columns import COLUMNS, DESIGN_COLUMNS, STUDY_COLUMNS, Column
from survey.ratings.csv_file import write_csv
from survey.ratings.rating_table import flow
from survey.records import preregistration

LONGEST_LICENCE = 100_000  # characters
OLDEST = (1980, 1, 1, 0, 0, 0)  # the date of every file, the first that the format has
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


class ArchiveError(ValueError):
    """There can be no archive; the message is one sentence for a person."""


@dataclass(frozen=True)
class Kept:
    """What is in an archive only if it is asked for."""

    comments: bool = False
    moments: bool = False
    sources: bool = False


@dataclass(frozen=True)
class Archive:
    """An archive's files by name, and how many participants are alone with what they said of
    themselves: age, training and device."""

    files: dict[str, bytes]
    alone: int

    def as_zip(self) -> bytes:
        """The archive as a ZIP file; the same bytes for the same files."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as whole:
            for name in sorted(self.files):
                entry = zipfile.ZipInfo(name, OLDEST)
                entry.create_system, entry.external_attr = 3, 0o644 << 16  # on every machine
                whole.writestr(entry, self.files[name])
        return stream.getvalue()


def archive(
    session: Session,
    study: Study,
    audio: Path,
    licence: str,
    versions: Mapping[str, str],
    kept: Kept | None = None,
) -> Archive:
    """The archive of a study that is closed.

    Parameters
    ----------
    session : Session
        That has read the study.
    audio : Path
        The folder of clips.
    licence : str
        Under which ratings and clips are published: a name, or a text.
    versions : mapping
        Of the code and its libraries, by name.

    Raises
    ------
    ArchiveError
        If the study is not closed, has no ratings, or a clip is not there as it was; if there is
        no licence.
    """
    kept = kept or Kept()
    if study.state != "closed":
        raise ArchiveError(
            f"The study {study.name} is {study.state}: people may still answer, or withdraw. Close "
            "it first."
        )
    if not licence.strip() or len(licence) > LONGEST_LICENCE or "\0" in licence:
        raise ArchiveError("An archive says under which licence it is published.")
    questions = [one for one in parsed(study.questions) if kept.comments or one.kind != "text"]
    table = design_ratings.of_study(session, study)
    if table.empty:
        raise ArchiveError(f"The study {study.name} has no answers.")
    pieces = _pieces(study, kept)
    table = _published(table, study, pieces, kept)
    columns = _columns(study, table)
    frozen = study.build.get(preregistration.KEY)
    known = preregistration.of_study(study)
    of_study = _of_study(session, study, questions, known)
    files = {
        "ratings.csv": _csv(table.assign(**of_study)),
        "dictionary.csv": _dictionary(columns, known is not None),
        "stimuli.csv": _csv(_stimuli(study, pieces)),
        "design.json": _json(
            {
                "study": study.name,
                "design": study.design,
                "language": study.language,
                "questions": [question.model_dump(mode="json") for question in questions],
                "rules": dict(study.rules),
                "trials_each": study.trials_each,
                "headphones": study.headphones,
            }
        ),
        "versions.json": _json(
            {"analysis": dict(versions), "build": dict(study.build.get("versions", {}))}
        ),
        "LICENCE.txt": f"{licence.strip()}\n".encode(),
        **_clips(study, audio),
    }
    if isinstance(frozen, dict) and isinstance(frozen.get("text"), str):
        files["preregistration.md"] = frozen["text"].encode()
    files["README.md"] = markdown(_readme(study, table, kept, sorted(files))).encode()
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    files["SHA256SUMS"] = "".join(sums).encode()
    return Archive(files, _alone(table))


def _pieces(study: Study, kept: Kept) -> dict[str, str]:
    """What pieces are called: themselves, or numbers in the order of their names."""
    names = sorted({one.source for one in study.stimuli if one.source})
    width = len(str(len(names)))
    return {
        name: name if kept.sources else f"piece-{number:0{width}d}"
        for number, name in enumerate(names, 1)
    }


def _published(
    table: pd.DataFrame, study: Study, pieces: Mapping[str, str], kept: Kept
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
    gone = [] if kept.comments else [COMMENT, *_texts(study)]
    gone += [] if kept.moments else [MOMENT]
    return table.drop(columns=[name for name in gone if name in table])


def _texts(study: Study) -> list[str]:
    return [question.name for question in parsed(study.questions) if question.kind == "text"]


def _of_study(
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
        asked = [question.model_dump(mode="json") for question in questions]
        columns |= {"design": study.design, "questions": json.dumps(asked)}
    if known is not None:
        columns[preregistration.KEY] = preregistration.as_json(known)
    return columns


def _columns(study: Study, table: pd.DataFrame) -> list[Column]:
    known = list(COLUMNS)
    if study.design != TRANSFER:
        size = max(stimulus.size for stimulus in study.stimuli)
        repeats = bool(study.build.get("repeats"))
        known = design_ratings.columns(parsed(study.questions), size, repeats)
    named = {column.name: column for column in known}
    found = [named.get(str(name)) or _measured(str(name)) for name in table]
    return [*found, *STUDY_COLUMNS, *(DESIGN_COLUMNS if study.design != TRANSFER else ())]


def _measured(name: str) -> Column:
    return Column(name, "number", "measured change of an attribute, second clip less the first")


def _dictionary(columns: list[Column], is_preregistered: bool) -> bytes:
    told = []
    for column in [*columns, *([preregistration.COLUMN] if is_preregistered else [])]:
        meaning = NUMBERED if column.name == PARTICIPANT else column.meaning
        values = ", ".join(column.values)
        told.append(("ratings.csv", column.name, str(column.form), values, meaning))
    told += [("stimuli.csv", name, "", "", meaning) for name, meaning in STIMULUS_COLUMNS]
    names = ["file", "column", "form", "values", "meaning"]
    return _csv(pd.DataFrame(told, columns=names, dtype=object))


def _stimuli(study: Study, pieces: Mapping[str, str]) -> pd.DataFrame:
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
                    "clip": _file(clip.sha256),
                }
            )
    return pd.DataFrame(rows, columns=[name for name, _ in STIMULUS_COLUMNS], dtype=object)


def _of_pair(stimulus: Stimulus) -> list[str]:
    """Who made the clips of a pair of the design transfer."""
    if stimulus.kind == "identical":
        return [REFERENCE, REFERENCE]
    pair = [REFERENCE, stimulus.checkpoint or TRANSFER]
    return pair[::-1] if stimulus.kind == "swapped" else pair


def _file(sha256: str) -> str:
    return f"clips/{sha256}.mp3"


def _clips(study: Study, audio: Path) -> dict[str, bytes]:
    files = {}
    for sha256 in sorted({clip.sha256 for one in study.stimuli for clip in one.clips}):
        try:
            content = (audio / f"{sha256}.mp3").read_bytes()
        except OSError as error:
            raise ArchiveError(
                f"The clip {sha256}.mp3 cannot be read; survey.build --restore writes it again."
            ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ArchiveError(
                f"The clip {sha256}.mp3 is not what people heard; survey.build --restore writes it "
                "again."
            )
        files[_file(sha256)] = content
    return files


def _alone(table: pd.DataFrame) -> int:
    """How many participants share with nobody what they said of themselves."""
    people = table.drop_duplicates(PARTICIPANT)[list(BACKGROUND)]
    said = people[people.notna().any(axis=1)].astype(object)
    sizes = said.where(said.notna(), "").groupby(list(BACKGROUND)).size()
    return int((sizes == 1).sum())


def _readme(study: Study, table: pd.DataFrame, kept: Kept, files: list[str]) -> Document:
    absent = [
        words
        for words, is_kept in (
            ("what participants wrote", kept.comments),
            ("when they answered", kept.moments),
            ("the names of pieces", kept.sources),
        )
        if not is_kept
    ]
    left_out = f" Left out are {', '.join(absent)}." if absent else ""
    meanings = {
        "ratings.csv": "a row an answer, or a clip of an answer where a question is asked of each",
        "dictionary.csv": "what the columns mean",
        "stimuli.csv": "a row a clip of a trial: who made it, and its file",
        "design.json": "questions, rules of exclusion, trials of a participant",
        "versions.json": "versions of the code and its libraries",
        "LICENCE.txt": "under which all of this is published",
        "preregistration.md": "what was fixed before the study was opened",
    }
    clips = sum(name.startswith("clips/") for name in files)
    return Document(
        f"Listening test “{study.name}”",
        [
            Section(
                "What this is",
                [
                    f"{len(table)} ratings by {table[PARTICIPANT].nunique()} participants, of the "
                    f"design {study.design}, and {clips} clips. Participants have numbers that "
                    f"were given for this archive.{left_out}"
                ],
            ),
            Section(
                "Files",
                points=[
                    *(f"{name}: {meanings[name]}" for name in files if name in meanings),
                    "clips/: sounds as they were heard, MP3, named by the SHA-256 of their bytes",
                    "SHA256SUMS: of all other files",
                ],
            ),
            Section(
                "Analysed again",
                ["python -m survey.analyze --csv ratings.csv computes the results anew."],
            ),
        ],
    )


def _csv(table: pd.DataFrame) -> bytes:
    text = io.StringIO(newline="")
    write_csv(table, text)
    return text.getvalue().encode()


def _json(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()
