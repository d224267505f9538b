"""What an archive says of itself: its README."""

from __future__ import annotations

import pandas as pd

from db.models import Study
from survey.publishing.archive_tables import PARTICIPANT, Extras
from survey.publishing.document import Document, Section


def readme(study: Study, table: pd.DataFrame, extras: Extras, files: list[str]) -> Document:
    """What an archive of these files is, what each holds, and how it is analysed again."""
    absent = [
        words
        for words, is_kept in (
            ("what participants wrote", extras.comments),
            ("when they answered", extras.moments),
            ("the names of pieces", extras.sources),
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
