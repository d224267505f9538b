"""The journal's lines: each one JSON object, whose `type` says what it holds.

What comes off the disk is of its type only by its own word; `survey.journal.replay` checks it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, NotRequired, TypedDict

from survey.records.record_types import InvitationRecord, ParticipantRecord, StudyRecord


class StartLine(TypedDict):
    """A server began."""

    type: Literal["start"]
    at: str


class StudyLine(TypedDict):
    """A study as it was then."""

    type: Literal["study"]
    at: str
    study: StudyRecord


class ParticipantLine(TypedDict):
    """A participant as they were then, with all their trials or with those that changed."""

    type: Literal["participant"]
    at: str
    study: str
    participant: ParticipantRecord


class WithdrawnLine(TypedDict):
    """Somebody withdrew: a hash of who, their study's name and the invitation that they used."""

    type: Literal["withdrawn"]
    at: str
    mark: str
    study: NotRequired[str | None]
    invitation: NotRequired[InvitationRecord | None]


class BegunLine(TypedDict):
    """How many had joined a study by then.

    Who did nothing more has no other line, is not restored, and goes on being counted.
    """

    type: Literal["begun"]
    at: str
    study: str
    count: int


class RemovedLine(TypedDict):
    """A study was deleted, or has another name since: lines of it before say nothing any more."""

    type: Literal["removed"]
    at: str
    study: str


Line = StartLine | StudyLine | ParticipantLine | WithdrawnLine | BegunLine | RemovedLine


def now() -> str:
    """The time of a new line."""
    return datetime.now(UTC).isoformat()
