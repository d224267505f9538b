"""Who has finished, by completion code: a list to pay from, and codes that are checked against it.

Neither tells what somebody answered: the names that participants have in the ratings are not in it,
nor is when or in which order they finished, for the ratings tell the moment of every answer.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, Participant, Study, now
from survey.ratings.csv_file import write_csv

HALF = "[A-Z0-9]{4}"  # of a code
HYPHEN = r"\s?[-\u2010-\u2015]\s?"
# With a hyphen, or as one word, which may be an ordinary one, too.
CODE = re.compile(rf"(?<![A-Z0-9]){HALF}({HYPHEN})?{HALF}(?![A-Z0-9])", re.IGNORECASE)
# Two halves with a blank between them; found also where they overlap.
BLANK = re.compile(rf"(?<![A-Z0-9])(?={HALF}(\s){HALF}(?![A-Z0-9]))", re.IGNORECASE)
PAUSE = re.compile(r"[\s,;:.!?()<>\"\u201c-\u201e]+")  # between words
SHORTEST_ATTEMPT = 4  # letters and digits of what may be meant for a code
COLUMNS = ("code", "label", "invitation", "paid_on")


@dataclass(frozen=True)
class Finisher:
    """Somebody who has finished.

    Attributes
    ----------
    code : str
        The completion code.
    label : str
        Of the invitation that was used; "" if there was none, or it has none.
    invitation : int or None
        Its number.
    paid_on : date or None
        The day on which it was noted that this code has been paid, in UTC.
    """

    code: str
    label: str
    invitation: int | None
    paid_on: date | None


@dataclass(frozen=True)
class CheckedCode:
    """What somebody has sent for a code.

    Attributes
    ----------
    text : str
    finisher : Finisher or None
        Whose code it is; None: nobody's.
    is_repeated : bool
        Whether it stands above already.
    """

    text: str
    finisher: Finisher | None
    is_repeated: bool


def finished(session: Session, study: Study) -> list[Finisher]:
    """All who have finished, by label and code, those without a label last."""
    query = (
        select(
            Participant.completion_code,
            Invitation.label,
            Invitation.id,
            Participant.paid_at,
        )
        .outerjoin(Invitation, Invitation.id == Participant.invitation_id)
        .where(Participant.study_id == study.id, Participant.completion_code.is_not(None))
    )
    return sorted(
        (
            Finisher(code, label or "", number, paid and paid.date())
            for code, label, number, paid in session.execute(query)
            if code is not None  # the query sees to that
        ),
        key=lambda finisher: (not finisher.label, finisher.label, finisher.code),
    )


def codes(session: Session, study: Study, names: Collection[str]) -> set[str]:
    """The completion codes of those with these names who have finished."""
    query = select(Participant.public_id, Participant.completion_code).where(
        Participant.study_id == study.id, Participant.completion_code.is_not(None)
    )
    return {code for name, code in session.execute(query) if code is not None and name in names}


def check(session: Session, study: Study, text: str) -> tuple[list[CheckedCode], list[str]]:
    """The codes in a text, such as what people have sent, in their order, and its other words.

    Small letters, missing hyphens, blanks for them and words around codes do no harm. A line
    without a code is one that is nobody's; so is, beside a code, what may be meant for one: four
    characters or more, with a digit or without a small letter. Every word of the text is in one of
    the two lists; the others of a line that are those of one before, once.
    """
    by_code = {_bare(finisher.code): finisher for finisher in finished(session, study)}
    earlier: set[str] = set()
    checked: list[CheckedCode] = []
    words: dict[tuple[str, ...], None] = {}  # of lines, each once
    for line in filter(None, map(str.strip, text.splitlines())):
        attempts, others = _split(_hyphenated(line, by_code), by_code)
        words[tuple(others)] = None
        for entry in attempts:
            code = _bare(entry)
            checked.append(CheckedCode(entry, by_code.get(code), code in earlier))
            earlier.add(code)
    return checked, list(chain.from_iterable(words))


def _hyphenated(line: str, known: Container[str]) -> str:
    """A line with hyphens for blanks in known codes; of others nobody can tell the halves."""
    characters = list(line)
    for pair in BLANK.finditer(line):
        blank = pair.start(1)
        if _bare(line[pair.start() : blank + 5]) in known:
            characters[blank] = "-"
    return "".join(characters)


def _split(line: str, known: Container[str]) -> tuple[list[str], list[str]]:
    """What a line gives for codes, and its other words."""
    codes = [
        match for match in CODE.finditer(line) if match.group(1) or _bare(match.group()) in known
    ]
    attempts: list[str] = []
    words: list[str] = []
    start = 0
    for code in codes:
        _sort(line[start : code.start()], attempts, words)
        attempts.append(code.group())
        start = code.end()
    _sort(line[start:], attempts, words)
    if not codes and (len(attempts) < 2 or _bare(line) in known):
        return [line], []
    return attempts, words


def _sort(text: str, attempts: list[str], words: list[str]) -> None:
    """Put the words of a text where no code was found into one of two lists."""
    for word in PAUSE.split(text):
        is_odd = word == word.upper() or any(map(str.isdigit, word))
        if is_odd and len(_bare(word)) >= SHORTEST_ATTEMPT:
            attempts.append(word)
        elif re.search(r"\w", word):
            words.append(word)


def mark(session: Session, study: Study, codes: Iterable[str], paid: bool) -> list[Participant]:
    """Note that codes have been paid, or have not; gives those for whom that is new."""
    people = session.scalars(
        select(Participant)
        .where(
            Participant.study_id == study.id,
            Participant.completion_code.in_(list(codes)),
            Participant.paid_at.is_(None) if paid else Participant.paid_at.is_not(None),
        )
        .order_by(Participant.id)
        .with_for_update()
    ).all()
    for person in people:
        person.paid_at = now() if paid else None
    return list(people)


def as_csv(session: Session, study: Study) -> str:
    """All who have finished as a table."""
    rows = [
        (finisher.code, finisher.label, finisher.invitation, finisher.paid_on)
        for finisher in finished(session, study)
    ]
    text = io.StringIO(newline="")
    write_csv(pd.DataFrame(rows, columns=list(COLUMNS), dtype=object), text)
    return text.getvalue()


def _bare(code: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())
