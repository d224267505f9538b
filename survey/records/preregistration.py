"""What was preregistered of a study, kept with it, and how it differs from that since.

Lies in `Study.build` under `KEY`: the text with its hash, when it was frozen, by which version of
the code, and the settings that it is about. It is frozen while the study is a draft that nobody has
begun, and once. Whoever has the database could write another, so the hash should be left with
somebody else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Audit, Participant, Study, now
from survey.core import texts
from survey.ratings.columns import Column

KEY = "preregistration"  # of `Study.build`, and the column of a table of ratings
WANTED = "participants"  # key of `Study.build` for how many participants are wanted
ACTION = "preregistered"  # of the audit
COLUMN = Column(
    KEY,
    "text",
    "what was preregistered of the study and what has changed since, as a JSON object; absent if "
    "nothing was",
)
NAMES = {  # of settings, by their keys
    "design": "the design",
    "questions": "the questions",
    "rules": "the rules of exclusion",
    "trials_each": "the trials of one participant",
    "repeats": "the trials that come once more",
    "participants": "the number of participants wanted",
    "language": "the language",
    "invited_only": "whether people need an invitation",
    "stops_at_wanted": "whether it lets nobody in when as many as wanted have finished",
    "headphones": "the check of headphones",
    "panel": "the panel that sends participants",
    "consent_sha256": "what people agree to",
    "stimuli_sha256": "the trials, with the hashes of their clips",
}
NO_DEVIATION = "Study and analysis are as preregistered, as far as this software knows."
UNKNOWN = "unknown"
DAMAGED = "What is kept of the preregistration is damaged, so that nothing can be compared with it."
SHORT = (  # are said in full
    *("trials_each", "repeats", "participants", "language", "headphones", "rules"),
)


class PreregistrationError(ValueError):
    """It cannot be preregistered; the message is one sentence for a person."""


@dataclass(frozen=True)
class Preregistered:
    """What a report needs to know of a preregistration.

    Attributes
    ----------
    day : str
        When it was frozen, a date in UTC.
    sha256, code_version : str
        Of the text; of the code that froze it.
    participants : int
        How many were to finish.
    is_closed : bool
        Whether the study is closed now.
    changed : tuple of str
        What is otherwise now, a sentence each.
    """

    day: str
    sha256: str
    code_version: str
    participants: int
    is_closed: bool
    changed: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """That it was, and what to compare."""
        return (
            f"The study was preregistered on {self.day}, before it was opened; the text's SHA-256 "
            f"is {self.sha256}."
        )

    def deviations(
        self, finished: int | None, rules_from: str, code_version: str
    ) -> tuple[str, ...]:
        """How study and analysis differ from it, a sentence each.

        Parameters
        ----------
        finished : int or None
            Participants who did; None if not known.
        rules_from : str
            Whose rules of exclusion the analysis applies, as of `Provenance`.
        code_version : str
            Of the code that analyses.
        """
        deviations = list(self.changed)
        if rules_from != "study":
            deviations.append("The analysis applies other rules of exclusion than the study's.")
        have = "it is not known how many" if finished is None else str(finished)
        planned = f"{have} of {self.participants} planned participants have finished"
        if not self.is_closed:
            deviations.append(f"The analysis was run before the study was closed: {planned}.")
        elif finished != self.participants:
            deviations.append(f"The number of participants is another: {planned}.")
        if code_version != self.code_version:
            deviations.append(
                f"The analysis was run by another version of the code: {code_version}, not "
                f"{self.code_version}."
            )
        return tuple(deviations)


def settings_of(study: Study) -> dict[str, Any]:
    """The settings of a study that is still in its session, as they are now, for JSON."""
    stimuli = [
        [one.name, one.kind, one.intended, one.item, list(one.systems), one.text, one.strength]
        + [one.checkpoint, one.source, one.segment, [clip.sha256 for clip in one.clips]]
        for one in sorted(study.stimuli, key=lambda stimulus: stimulus.name)
    ]
    return {
        "design": study.design,
        "questions": list(study.questions),
        "rules": dict(study.rules),
        "trials_each": study.trials_each,
        "repeats": study.build.get("repeats", 0),
        "participants": study.build.get(WANTED),
        "language": study.language,
        "invited_only": study.invited_only,
        "stops_at_wanted": study.stops_at_wanted,
        "headphones": study.headphones,
        "panel": study.panel.get("kind"),
        "consent_sha256": texts.consent_sha256(study),
        "stimuli_sha256": sha256(json.dumps(stimuli, sort_keys=True)),
    }


def sha256(text: str) -> str:
    """The SHA-256 of a text's UTF-8 bytes, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def check_draft(session: Session, study: Study) -> None:
    """Refuse a study that is no draft any more, or is preregistered.

    Raises
    ------
    PreregistrationError
    """
    if KEY in study.build:
        raise PreregistrationError(
            f"The study {study.name} is preregistered, which cannot be done twice; without "
            "--hypotheses its text is written again."
        )
    begun = select(Participant.id).where(Participant.study_id == study.id).limit(1)
    is_begun = study.withdrawn + study.lapsed > 0 or session.scalar(begun) is not None
    if study.opened_at is not None or study.state != "draft" or is_begun:
        raise PreregistrationError(
            f"The study {study.name} has been opened: what is written down now was not so before."
        )


def freeze(session: Session, study: Study, text: str, code_version: str) -> None:
    """Keep a text with a study that is a draft, beside the settings as they are.

    Raises
    ------
    PreregistrationError
        If the study is no draft any more, is preregistered, or says not how many are wanted.
    """
    check_draft(session, study)
    if not study.build.get(WANTED):
        raise PreregistrationError("A preregistration says how many participants are to finish.")
    frozen = {
        "at": now().isoformat(),
        "text": text,
        "sha256": sha256(text),
        "code_version": code_version,
        "settings": settings_of(study),
    }
    study.build = study.build | {KEY: frozen}
    detail = {"sha256": frozen["sha256"]}
    session.add(Audit(actor="admin", action=ACTION, study_id=study.id, detail=detail))


def of_study(study: Study) -> Preregistered | None:
    """What was preregistered of a study that is still in its session, if anything was."""
    frozen = study.build.get(KEY)
    if frozen is None:
        return None
    is_closed = study.state == "closed"
    try:
        return Preregistered(
            day=str(frozen["at"])[:10],
            sha256=str(frozen["sha256"]),
            code_version=str(frozen["code_version"]),
            participants=int(frozen["settings"]["participants"]),
            is_closed=is_closed,
            changed=tuple(_changed(frozen, settings_of(study))),
        )
    except (AttributeError, KeyError, TypeError, ValueError):  # of a file that somebody wrote
        return Preregistered(UNKNOWN, UNKNOWN, UNKNOWN, 0, is_closed, (DAMAGED,))


def as_json(known: Preregistered) -> str:
    """As a cell of the column has it."""
    return json.dumps(asdict(known))


def parsed(record: Mapping[str, Any]) -> Preregistered:
    """From the JSON object of a cell.

    Raises
    ------
    ValueError
        If it is no such object.
    """
    types = {"day": str, "sha256": str, "code_version": str, "participants": int}
    types |= {"is_closed": bool, "changed": list}
    if record.keys() != types.keys() or not all(
        isinstance(record[name], kind) for name, kind in types.items()
    ):
        raise ValueError(f"column {KEY!r} does not say what was preregistered; leave it out")
    return Preregistered(**{**record, "changed": tuple(map(str, record["changed"]))})


def _changed(frozen: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    sentences = []
    before = frozen["settings"]
    if sha256(str(frozen["text"])) != frozen["sha256"]:
        sentences.append("The text of the preregistration is not the one that was frozen.")
    # What later versions of the software settle besides, it cannot have said.
    for key, was in before.items():
        is_now = current.get(key)
        if was == is_now:
            continue
        name = NAMES.get(key, key)
        name = f"{name[0].upper()}{name[1:]}"
        verb = (
            "are"
            if key in ("questions", "rules", "trials_each", "repeats", "stimuli_sha256")
            else "is"
        )
        detail = f": {_shown(is_now)}, not {_shown(was)}" if key in SHORT else ""
        sentences.append(f"{name} {verb} not as preregistered{detail}.")
    return sentences


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
