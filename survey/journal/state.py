"""What the lines of a journal say together: studies, the people of them, and who withdrew.

Lines may come twice and in any order: they are taken in by their times. Of a participant who
withdrew there is only a hash: their other lines have been taken out.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from db.models import Invitation, Study
from survey.journal.lines import Line, WithdrawnLine
from survey.records.from_json import checked
from survey.records.record_types import (
    AnswerRecord,
    ParticipantRecord,
    RepliesRecord,
    StudyRecord,
    TrialRecord,
)
from survey.records.rows import bounded
from survey.records.to_json import RecordError, member, values

log = logging.getLogger(__name__)


def pseudonym(public_id: str) -> str:
    """What stands for a participant who withdrew: it cannot be read back."""
    return hashlib.sha256(public_id.encode()).hexdigest()


def person_of(line: Mapping[str, object]) -> str | None:
    """The public id of the participant a line is of, None if it is of none."""
    record = line.get("participant")
    public_id = record.get("public_id") if isinstance(record, dict) else None
    return public_id if isinstance(public_id, str) else None


@dataclass
class JournalState:
    """What all lines say together.

    Attributes
    ----------
    studies : dict
        Name to record, the newest.
    people : dict
        Public id to (name of the study, record).
    withdrawn : dict
        Hash of a public id to the line that says so.
    begun : dict
        Name of a study to how many are known to have joined it.
    """

    studies: dict[str, StudyRecord] = field(default_factory=dict)
    people: dict[str, tuple[str, ParticipantRecord]] = field(default_factory=dict)
    withdrawn: dict[str, WithdrawnLine] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)

    def consented(self, study: str) -> int:
        """How many joined a study, as far as any line tells."""
        people = sum(name == study for name, _ in self.people.values())
        record = self.studies.get(study)
        withdrawals = 0 if record is None else record["withdrawn"]
        return max(self.begun.get(study, 0), people + withdrawals)

    def add(self, line: Line) -> None:
        """Take a line in.

        Raises
        ------
        RecordError
            If it lacks what lines of its type have.
        """
        if line["type"] == "study":
            record: StudyRecord = member(line, "study")
            values(Study, record)
            self.studies[record["name"]] = {**record}
        elif line["type"] == "participant":
            self._person(str(member(line, "study")), member(line, "participant"))
        elif line["type"] == "withdrawn":
            self._withdrawn(str(member(line, "mark")), line)
        elif line["type"] == "begun":
            name, count = str(member(line, "study")), member(line, "count")
            if type(count) is not int or not 0 <= count < 2**31:
                raise RecordError("count cannot be so many people")
            self.begun[name] = max(count, self.begun.get(name, 0))
        elif line["type"] == "removed":
            name = str(member(line, "study"))
            self.studies.pop(name, None)
            self.begun.pop(name, None)
            self.withdrawn = {  # another study of that name has nothing to do with them
                mark: {**one, "study": None} if one.get("study") == name else one
                for mark, one in self.withdrawn.items()
            }

    def _person(self, study: str, record: ParticipantRecord) -> None:
        checked(record)
        public_id = record["public_id"]
        if pseudonym(public_id) in self.withdrawn:
            return
        trials = {trial["stimulus"]: trial for trial in record["trials"]}
        _, before = self.people.get(public_id, (study, None))
        if before is not None:
            for trial in before["trials"]:
                trials[trial["stimulus"]] = _both(trial, trials.get(trial["stimulus"]))
            record = max(record, before, key=_age)  # of equal ones the later line's
        self.people[public_id] = (study, {**record, "trials": list(trials.values())})

    def _withdrawn(self, person_hash: str, line: WithdrawnLine) -> None:
        if line.get("invitation"):
            values(Invitation, line["invitation"], private=True)
        if person_hash in self.withdrawn:
            return
        self.withdrawn[person_hash] = line
        study = line.get("study")
        if study in self.studies:
            self.studies[study]["withdrawn"] += 1
        for public_id in [
            public_id for public_id in self.people if pseudonym(public_id) == person_hash
        ]:
            del self.people[public_id]


def merge_lines(lines: Iterable[Line]) -> JournalState:
    """What lines say together, in the order of their times.

    Those that make no sense are passed over and logged.
    """
    state = JournalState()
    for line in sorted(lines, key=lambda line: str(line.get("at"))):
        try:
            state.add(line)
        except RecordError as error:
            log.warning("a line of the journal makes no sense: %s", error.plain)
    return state


def is_idle(record: ParticipantRecord) -> bool:
    """Whether a private record is of somebody who joined, without an invitation, and that is all.

    Such records are in journals of earlier versions only.
    """
    return not (
        record["asked_at"]
        or record["checked_at"]
        or record["finished_at"]
        or record["invitation"]
        or any(trial["plays"] or trial["answer"] for trial in record["trials"])
    )


def _both(trial: TrialRecord, other: TrialRecord | None) -> TrialRecord:
    """A trial as two lines have it together."""
    if other is None:
        return trial
    plays = {play["submission"]: play for play in [*other["plays"], *trial["plays"]]}
    return {**trial, "plays": list(plays.values()), "answer": trial["answer"] or other["answer"]}


def content(record: ParticipantRecord) -> ParticipantRecord:
    """A participant's record without what differs between equal ones: the order of lists, say."""
    trials: list[TrialRecord] = [
        {
            **trial,
            "arrangement": trial.get("arrangement"),
            "plays": sorted(trial["plays"], key=lambda play: play["submission"]),
            "answer": None if (answer := trial["answer"]) is None else _bounded(answer),
        }
        for trial in record["trials"]
    ]
    # Journals of earlier versions do not say who was paid, came by a panel or wears headphones.
    record = {
        **record,
        "paid_at": record.get("paid_at"),
        "panel": record.get("panel"),
        "headphones_right": record.get("headphones_right"),
    }
    return {**record, "trials": sorted(trials, key=lambda trial: trial["stimulus"])}


def _bounded(answer: AnswerRecord | RepliesRecord) -> AnswerRecord | RepliesRecord:
    answer = answer.copy()
    answer["seconds"] = bounded(answer["seconds"])
    return answer


def _age(record: ParticipantRecord) -> tuple[bool, str]:
    return record["finished_at"] is not None, record["seen_at"]
