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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from db.models import Study
from survey.designs import ratings as design_ratings
from survey.designs.questions import parsed
from survey.publishing.archive_readme import readme
from survey.publishing.archive_tables import (
    BACKGROUND,
    PARTICIPANT,
    Extras,
    as_csv,
    clip_file,
    columns_of,
    dictionary,
    pieces_of,
    published,
    stimuli_of,
    study_columns,
)
from survey.publishing.markdown import markdown
from survey.records import preregistration

LONGEST_LICENCE = 100_000  # characters
OLDEST = (1980, 1, 1, 0, 0, 0)  # the date of every file, the first that the format has


class ArchiveError(ValueError):
    """There can be no archive; the message is one sentence for a person."""


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
    extras: Extras | None = None,
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
    extras = extras or Extras()
    if study.state != "closed":
        raise ArchiveError(
            f"The study {study.name} is {study.state}: people may still answer, or withdraw. Close "
            "it first."
        )
    if not licence.strip() or len(licence) > LONGEST_LICENCE or "\0" in licence:
        raise ArchiveError("An archive says under which licence it is published.")
    questions = [one for one in parsed(study.questions) if extras.comments or one.kind != "text"]
    table = design_ratings.of_study(session, study)
    if table.empty:
        raise ArchiveError(f"The study {study.name} has no answers.")
    pieces = pieces_of(study, extras)
    table = published(table, study, pieces, extras)
    columns = columns_of(study, table)
    frozen = study.build.get(preregistration.KEY)
    known = preregistration.of_study(study)
    repeated = study_columns(session, study, questions, known)
    files = {
        "ratings.csv": as_csv(table.assign(**repeated)),
        "dictionary.csv": dictionary(columns, known is not None),
        "stimuli.csv": as_csv(stimuli_of(study, pieces)),
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
    files["README.md"] = markdown(readme(study, table, extras, sorted(files))).encode()
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    files["SHA256SUMS"] = "".join(sums).encode()
    return Archive(files, _alone(table))


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
        files[clip_file(sha256)] = content
    return files


def _alone(table: pd.DataFrame) -> int:
    """How many participants share with nobody what they said of themselves."""
    people = table.drop_duplicates(PARTICIPANT)[list(BACKGROUND)]
    background = people[people.notna().any(axis=1)].astype(object)
    sizes = background.where(background.notna(), "").groupby(list(BACKGROUND)).size()
    return int((sizes == 1).sum())


def _json(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return f"{text}\n".encode()
