"""A study's answers to take away: ratings as CSV, everything as JSON, and what the columns mean.

Nothing in an export lets anybody act as a participant: no token and no hash of one, no completion
code. Labels of invitations are in no file but that of participants, which is written if it is asked
for. Whoever withdrew is in none. Folders written by the command are remembered, so that a later
withdrawal reaches the files in them too.
"""

from __future__ import annotations

import io
import json
import logging
import stat
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import private
from db.database import Database
from db.models import TRANSFER, Audit, Study
from fadernets.atomic_file import replacing
from survey.designs import ratings as design_ratings
from survey.designs.questions import parsed
from survey.ratings.columns import COLUMNS, DESIGN_COLUMNS, STUDY_COLUMNS, Column, change
from survey.ratings.rating_table import choose, flow, write_csv
from survey.records import preregistration
from survey.records.participants_csv import participants_csv
from survey.records.to_json import dump, of_participant, of_study, people

FORMAT, VERSION = "fadernets-study", 1
RATINGS, STUDY, DICTIONARY = "ratings.csv", "study.json", "dictionary.csv"
PARTICIPANTS = "participants.csv"
EXPORTED = "exported"  # action of the audit's rows that remember folders
log = logging.getLogger(__name__)


def ratings_csv(session: Session, study: Study) -> str:
    """The ratings of a study, one row an answer, practice left out; safe in a spreadsheet.

    With the study's rules and counts in every row, so that `survey.analyze` says the same of it.
    """
    text = io.StringIO(newline="")
    of_study = {"rules": study.rules, "people": asdict(flow(session, study))}
    columns = {name: json.dumps(value) for name, value in of_study.items()}
    if study.design != TRANSFER:
        columns |= {"design": study.design, "questions": json.dumps(study.questions)}
    frozen = preregistration.of_study(session.get_one(Study, study.id))
    if frozen is not None:
        columns[preregistration.KEY] = preregistration.as_json(frozen)
    write_csv(design_ratings.of_study(session, study).assign(**columns), text)
    return text.getvalue()


def study_json(session: Session, study: Study) -> str:
    """All that is known of a study and its answers, for `survey.records.import_study`.

    The same answers are always the same text.
    """
    return dump(
        {
            "format": FORMAT,
            "version": VERSION,
            "study": of_study(session.get_one(Study, study.id)),
            "participants": [of_participant(person) for person in people(session, study)],
        },
        indent=1,
    )


def dictionary_csv(session: Session, study: Study) -> str:
    """The data dictionary of a study's ratings: a row a column."""
    columns: list[Column] = [*COLUMNS, *STUDY_COLUMNS, change("<attribute>")]
    if study.design != TRANSFER:
        sizes = {stimulus.size for stimulus in session.get_one(Study, study.id).stimuli}
        questions = parsed(study.questions)
        repeats = bool(study.build.get("repeats"))
        of_design = design_ratings.columns(questions, max(sizes, default=1), repeats)
        columns = [*of_design, *STUDY_COLUMNS, *DESIGN_COLUMNS]
    if preregistration.KEY in study.build:
        columns.append(preregistration.COLUMN)
    text = io.StringIO(newline="")
    write_csv(
        pd.DataFrame(
            {
                "column": [column.name for column in columns],
                "form": [column.form for column in columns],
                "values": [", ".join(column.values) for column in columns],
                "meaning": [column.meaning for column in columns],
            },
            dtype=object,
        ),
        text,
    )
    return text.getvalue()


RENEWED = {RATINGS: ratings_csv, STUDY: study_json, PARTICIPANTS: participants_csv}


def export(
    database: Database, out: Path, name: str | None = None, participants: bool = False
) -> list[Path]:
    """Write a study's files into a folder, and remember the folder.

    Parameters
    ----------
    database : Database
    out : Path
        Made if it is not there; files of the same names are replaced.
    name : str or None
        The study; None: the only one.
    participants : bool
        True for the table of participants, with the labels of their invitations, as well.

    Raises
    ------
    ValueError
        If there is no such study, or several and no name.
    OSError
        If the folder cannot be written.
    """
    with database.read() as session:
        study = choose(session, name)
        texts = {
            RATINGS: ratings_csv(session, study),
            STUDY: study_json(session, study),
            DICTIONARY: dictionary_csv(session, study),
        }
        if participants:
            texts[PARTICIPANTS] = participants_csv(session, study)
    for file, text in texts.items():
        _write(out / file, text)
    remember(database, study, out)
    return [out / file for file in texts]


def remember(database: Database, study: Study, folder: Path) -> None:
    """Note that a folder holds answers of a study, in files called as those of an export."""
    row = Audit(
        actor="admin",
        action=EXPORTED,
        study_id=study.id,
        detail={"folder": str(folder.absolute())},
    )
    with database.write() as session:
        if row.detail["folder"] not in _folders(session, study):
            session.add(row)


def renew(database: Database, only_stale: bool = False) -> list[Path]:
    """Write all exports again that were made on this machine and are still there.

    To be called after a participant was erased. A folder is left alone if another study has been
    exported to it since.

    Parameters
    ----------
    database : Database
    only_stale : bool
        True for files only that are older than the latest erasure of their study.

    Returns
    -------
    list of Path
        The files written; for one that cannot be, an error is logged.
    """
    written: list[Path] = []
    with database.read() as session:
        for study in session.scalars(select(Study).order_by(Study.name)):
            for folder in map(Path, sorted(_folders(session, study))):
                for file, make in RENEWED.items():
                    if not (folder / file).is_file() or not _holds(folder, study):
                        continue
                    try:
                        if only_stale and not _is_stale(session, study, folder / file):
                            continue
                        if file == PARTICIPANTS and not _has_labels(folder / file):
                            continue
                        _write(folder / file, make(session, study))
                    except OSError as error:
                        log.error("an export could not be written again: %s", error)
                    else:
                        written.append(folder / file)
    return written


def _holds(folder: Path, study: Study) -> bool:
    """Whether the files of a folder are those of this study, as far as they tell."""
    try:
        record = json.loads((folder / STUDY).read_text(encoding="utf-8"))
        born = study.created_at.isoformat()  # another database may have a study of that name
        return (record["study"]["name"], record["study"]["created_at"]) == (study.name, born)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):
        return False
    try:  # the ratings alone
        head = pd.read_csv(folder / RATINGS, usecols=["study"], nrows=1, dtype=str)
    except (OSError, ValueError):
        return False
    return head.empty or bool(head["study"].iloc[0] == study.name)


def _is_stale(session: Session, study: Study, path: Path) -> bool:
    """Whether somebody was erased since a file was written."""
    erased = select(Audit.at).where(Audit.study_id == study.id, Audit.action == "erased")
    latest = session.scalar(erased.order_by(Audit.id.desc()).limit(1))
    return latest is not None and path.stat().st_mtime <= latest.timestamp()


def _has_labels(path: Path) -> bool:
    """Whether a file is the table of participants: an analysis may have left another of the name.

    Labels say who somebody is; they come into no file that had none.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        return "label" in lines.readline().rstrip().split(",")


def _folders(session: Session, study: Study) -> set[str]:
    rows = select(Audit).where(Audit.study_id == study.id, Audit.action == EXPORTED)
    return {row.detail["folder"] for row in session.scalars(rows)}


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a reader never sees half a file, and other users see none.

    A file that is there keeps the permissions that somebody gave it.
    """
    private.make_folder(path.parent)
    with replacing(path, shared=True) as part:
        with open(part, "w", encoding="utf-8", newline="", opener=private.opener) as stream:
            stream.write(text)
        with suppress(OSError):  # none is there, or the disk knows no permissions
            part.chmod(stat.S_IMODE(path.stat().st_mode))
