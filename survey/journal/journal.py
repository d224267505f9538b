"""Answers off the disk: a journal of JSON lines, copied to a dataset or bucket, replayed at start.

For hosts that wipe their disk at restart. What the database has acknowledged is appended here, and
is on the disk before the participant gets their answer; it is off the disk with the next upload,
after every finished participant, every few minutes and at shutdown. So a host that dies without a
word loses at most what unfinished participants did since the last upload. `docs/survey-hosting.md`
says it at length.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

from huggingface_hub import HfApi
from sqlalchemy import event
from sqlalchemy.orm import Session

from db.database import Database
from db.models import Participant, Study, Trial
from survey.core.settings import Settings
from survey.journal import bucket, uploads
from survey.journal.bucket import BucketCopies
from survey.journal.jsonl import Ledger
from survey.journal.lines import (
    BegunLine,
    Line,
    ParticipantLine,
    RemovedLine,
    StartLine,
    StudyLine,
    WithdrawnLine,
    now,
)
from survey.journal.replay import Restored, replay
from survey.journal.row_lines import lacking_lines, person_line, study_line
from survey.journal.state import merge_lines, person_of, pseudonym
from survey.journal.upload_turns import UploadError
from survey.journal.uploads import Uploads
from survey.ratings import rating_table
from survey.records.record_types import InvitationRecord, StudyRecord
from survey.records.to_json import RecordError, members, of_participant

UPLOAD_MINUTES = 3.0  # between uploads; the Hub limits commits by the hour
SHUTDOWN_SECONDS = 60.0  # that the upload at shutdown may take
log = logging.getLogger(__name__)
JournalError = UploadError


class Journal:
    """The journal of one server; a dataset or bucket must have no other one at the same time.

    Parameters
    ----------
    ledger : Ledger
        With what the dataset or the bucket had already.
    uploads : Uploads or BucketCopies
        Of the ledger's folder.
    """

    def __init__(self, ledger: Ledger, uploads: Uploads | BucketCopies) -> None:
        self._ledger = ledger
        self._uploads = uploads
        self.problems: list[str] = []  # what the last `restore` could not do
        self._lock: threading.Lock = uploads.lock
        self._waiting: list[Line] = []  # what the disk would not take
        with self._lock:
            state = merge_lines(self._ledger.lines())
            self._withdrawn = dict(state.withdrawn)
            self._study_of = {public_id: study for public_id, (study, _) in state.people.items()}
            self._consent_texts: set[tuple[str, str]] = set()  # study and hash
            for record in state.studies.values():
                self._note_texts(record)
            self._ledger.change(self._cleared)
            # Its upload shows at once whether uploading works.
            self._write([StartLine(type="start", at=now())])
        if self._withdrawn:
            uploads.rewritten()  # a server that died may not have come to it
        uploads.request_upload()

    @property
    def failure(self) -> str | None:
        """Why answers are not copied off the disk just now, None if they are."""
        if self._waiting:
            return "the journal cannot be written to this disk"
        if self._uploads.failure is not None:
            return self._uploads.failure
        return None if self._uploads.succeeded else "nothing has been uploaded yet"

    def opened(self, session: Session, study: Study) -> None:
        """A study was opened, closed, changed, or has new invitations."""
        self._keep(session, [study_line(session, study.id)], at_once=True)

    def removed(self, session: Session, name: str) -> None:
        """A study, which nobody takes part in, was deleted or has another name since."""
        self._keep(session, [RemovedLine(type="removed", at=now(), study=name)], at_once=True)

    def began(self, session: Session, participant: Participant) -> None:
        """A participant has agreed, and has been assigned trials.

        Only the count is written until there is something that could be lost, or scripts could
        fill the dataset with joins; an invitation, though, is used up, and a text that nobody
        has agreed to before is kept.
        """
        if participant.invitation_id is not None:
            self.joined(session, participant)
            return
        session.flush()
        study = session.get_one(Study, participant.study_id)
        consented = rating_table.flow(session, study).consented
        line = BegunLine(type="begun", at=now(), study=study.name, count=consented)
        self._keep(session, [*self._new_text(session, participant), line])

    def joined(self, session: Session, participant: Participant) -> None:
        """A participant has done something: all that is known of them is written."""
        lines = self._new_text(session, participant)
        self._keep(session, [*lines, person_line(session, participant.id)])

    def answered(self, session: Session, trial: Trial) -> None:
        """A trial was answered, or something was played in it."""
        only = trial.id if trial.participant.public_id in self._study_of else None
        self._keep(session, [person_line(session, trial.participant_id, only)])

    def paid(self, session: Session, participants: Iterable[Participant]) -> None:
        """It was noted, or is no longer so, that participants have been paid."""
        session.flush()
        lines: list[Line] = [
            ParticipantLine(
                type="participant",
                at=now(),
                study=participant.study.name,
                participant=of_participant(participant, private=True, trials=()),
            )
            for participant in participants
        ]
        self._keep(session, lines, at_once=True)

    def finished(self, session: Session, participant: Participant) -> None:
        """A participant has reached the end: all of theirs is written and uploaded."""
        self._keep(session, [person_line(session, participant.id)], at_once=True)

    def withdrawn(self, public_id: str, study: str | None = None) -> None:
        """A participant withdraws: their lines go from all files and from the dataset.

        To be called in the transaction that erases them, at its end: what is in the journal would
        bring them back if the server died between the two.

        Parameters
        ----------
        public_id : str
        study : str, optional
            The name of theirs, for one who is not in the journal yet.

        Raises
        ------
        OSError
            If the disk refuses; the transaction must not be committed then.
        """
        person_hash = pseudonym(public_id)
        with self._lock:
            if person_hash not in self._withdrawn:
                invitation = self._invitation(public_id)
                line = WithdrawnLine(
                    type="withdrawn",
                    at=now(),
                    mark=person_hash,
                    study=self._study_of.get(public_id, study),
                    invitation=None if invitation is None else _without_label(invitation),
                )
                self._ledger.append([line])
                self._withdrawn[person_hash] = line
            invitation = self._withdrawn[person_hash].get("invitation")
            self._waiting = [line for line in self._waiting if person_of(line) != public_id]
            self._study_of.pop(public_id, None)
            self._ledger.change(
                self._cleared, [public_id, invitation["token_hash"]] if invitation else [public_id]
            )
        self._uploads.rewritten()
        self._uploads.request_upload()

    def flush(self, seconds: float = SHUTDOWN_SECONDS) -> bool:
        """Upload now and wait; False if that failed or took longer."""
        return self._uploads.flush(seconds)

    def close(self, seconds: float = SHUTDOWN_SECONDS) -> bool:
        """Upload a last time and end; False if the upload failed or took longer."""
        good = self._uploads.close(seconds)
        if not good:
            log.error("the last upload of answers failed: %s", self._uploads.failure)
        return good

    def restore(self, database: Database) -> Restored:
        """Make database and journal agree: each gets what only the other has.

        To be called at start, after the schema is there and before a default study is made. Who
        withdrew is erased from the database, should an older one have come back.
        """
        with self._lock:
            state = merge_lines(self._ledger.lines())
        with database.write() as session:
            restored = replay(session, state)
        if restored.erased:
            database.scrub()
        with database.read() as session:
            lacking = list(lacking_lines(session, state))
        with self._lock:
            self._write(lacking)
        restored.journalled = len(lacking)
        self.problems = restored.problems
        for problem in restored.problems:
            log.error("%s", problem)
        self._uploads.request_upload()
        return restored

    def _new_text(self, session: Session, participant: Participant) -> list[Line]:
        """The study's line, if the text that somebody agreed to is in none yet."""
        study = session.get_one(Study, participant.study_id)
        is_known = (study.name, participant.consent) in self._consent_texts
        return [] if is_known else [study_line(session, study.id)]

    def _keep(self, session: Session, lines: list[Line], at_once: bool = False) -> None:
        """Write lines when, and if, the transaction they are of is committed."""

        def keep(*_: Any) -> None:
            with self._lock:
                self._write(lines)
            if at_once:
                self._uploads.request_upload()

        if session.get_bind().get_execution_options().get("writes") and session.in_transaction():
            event.listen(session, "after_commit", keep, once=True)
        else:
            keep()

    def _write(self, lines: list[Line]) -> None:
        """Append lines, but none of who withdrew meanwhile; what fails is tried again later.

        The database has them already, so that an error must not reach the participant.
        """
        self._waiting += lines
        current = [
            line
            for line in self._waiting
            if pseudonym(person_of(line) or "") not in self._withdrawn
        ]
        try:
            self._ledger.append(current)
        except OSError as error:
            log.error("the journal cannot be written: %s", error)
            self._waiting = current
            return
        self._waiting = []
        for line in current:
            if line["type"] == "participant":
                self._study_of[line["participant"]["public_id"]] = line["study"]
            elif line["type"] == "study":
                self._note_texts(line["study"])
            elif line["type"] == "removed":
                removed = line["study"]
                self._consent_texts = {one for one in self._consent_texts if one[0] != removed}

    def _note_texts(self, record: StudyRecord) -> None:
        texts = record.get("consent_texts", [])
        self._consent_texts |= {(record["name"], text["sha256"]) for text in texts}

    def _invitation(self, public_id: str) -> InvitationRecord | None:
        """What lines say of the invitation that a participant used."""
        for line in self._ledger.lines(public_id):
            if line["type"] == "participant" and person_of(line) == public_id:
                invitation = line["participant"].get("invitation")
                if invitation:
                    return invitation
        return None

    def _cleared(self, line: Line) -> Line | None:
        if pseudonym(person_of(line) or "") in self._withdrawn:
            return None
        if line["type"] != "study":
            return line
        # The label of an invitation may name the person who used it.
        withdrawn_invitations = (
            withdrawn.get("invitation") for withdrawn in self._withdrawn.values()
        )
        theirs = {invitation["token_hash"] for invitation in withdrawn_invitations if invitation}
        try:
            invitations: list[InvitationRecord] = members(line.get("study"), "invitations")
            hidden = [
                _without_label(invitation) if invitation.get("token_hash") in theirs else invitation
                for invitation in invitations
            ]
        except (RecordError, AttributeError):
            return line  # a damaged line cannot hold a readable label
        if hidden == invitations:
            return line
        without: StudyLine = {**line, "study": {**line["study"], "invitations": hidden}}
        return without


def connect(
    settings: Settings, api: HfApi | None = None, minutes: float = UPLOAD_MINUTES
) -> Journal | None:
    """The journal of this server, None if the settings name neither dataset nor bucket.

    Parameters
    ----------
    settings : Settings
    api : HfApi or None
        What speaks with the Hub; None: one with the settings' token.
    minutes : float
        Minutes between uploads.

    Raises
    ------
    JournalError
        If the dataset is public, cannot be reached or there is no token for it; if the bucket is
        not mounted; if both are named.
    OSError
        If the data folder cannot be written.
    """
    if settings.bucket is not None:
        if settings.dataset is not None:
            raise JournalError("FADERNETS_DATASET and FADERNETS_BUCKET are set: please keep one.")
        ledger = Ledger(settings.data / "journal")
        copies = bucket.connect(settings.bucket, ledger.folder, minutes, wiped=settings.ephemeral)
        return Journal(ledger, copies)
    if settings.dataset is None:
        return None
    if settings.hf_token is None:
        raise JournalError(
            f"FADERNETS_DATASET is {settings.dataset}, but HF_TOKEN is not set: without a token "
            "nothing can be written there."
        )
    ledger = Ledger(settings.data / "journal")
    api = api or HfApi(token=settings.hf_token)
    return Journal(ledger, uploads.connect(api, settings.dataset, ledger.folder, minutes))


def _without_label(invitation: InvitationRecord) -> InvitationRecord:
    return {**invitation, "label": ""}
