"""Links for one person each; only a hash of a link's token is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, Participant, Study
from survey.core import tokens

MOST_AT_ONCE = 500  # made with one form
LONGEST_LABEL = 100  # characters


@dataclass(frozen=True)
class Guest:
    """An invitation, and how far the person who has it came.

    Attributes
    ----------
    invitation : Invitation
    progress : str
        "not used", "begun", "finished", or "erased" for who withdrew.
    """

    invitation: Invitation
    progress: str


def create(session: Session, study: Study, count: int, label: str = "") -> list[str]:
    """Make invitations to a study, all with one label; see `create_labelled`.

    Parameters
    ----------
    count : int
        1 to `MOST_AT_ONCE`.
    """
    _check(count)
    return create_labelled(session, study, [label] * count)


def create_labelled(session: Session, study: Study, labels: Sequence[str]) -> list[str]:
    """Make an invitation to a study for each label.

    Parameters
    ----------
    labels : sequence of str
        The researcher's own words for them, at most `LONGEST_LABEL` characters each, at most
        `MOST_AT_ONCE`.

    Returns
    -------
    list of str
        Their tokens. Only hashes are stored, so they cannot be read again.

    Raises
    ------
    ValueError
        If there are too few or too many, or a label is too long.
    """
    _check(len(labels))
    longest = max(map(len, labels))
    if longest > LONGEST_LABEL:
        raise ValueError(f"a label of {longest} characters is longer than {LONGEST_LABEL}")
    new = [tokens.secret() for _ in labels]
    session.add_all(
        Invitation(study_id=study.id, token_hash=tokens.hashed(token), label=label)
        for token, label in zip(new, labels, strict=True)
    )
    session.flush()
    return new


def listed(session: Session, study: Study) -> list[Invitation]:
    """The invitations to a study, latest first."""
    return [guest.invitation for guest in guests(session, study)]


def guests(session: Session, study: Study) -> list[Guest]:
    """The same, with how far each person came, and no more of them.

    Not when: the ratings tell the moment of every answer, and labels may say who somebody is.
    """
    rows = session.execute(
        select(Invitation, Participant.stage)
        .outerjoin(Participant, Participant.invitation_id == Invitation.id)
        .where(Invitation.study_id == study.id)
        .order_by(Invitation.id.desc())
    )
    return [Guest(invitation, _progress(invitation, stage)) for invitation, stage in rows]


def _check(count: int) -> None:
    if not 1 <= count <= MOST_AT_ONCE:
        raise ValueError(f"{count} invitations cannot be made at once, only 1 to {MOST_AT_ONCE}")


def _progress(invitation: Invitation, stage: str | None) -> str:
    if stage is None:
        return "not used" if invitation.used_at is None else "erased"
    return "finished" if stage == "finished" else "begun"


def revoke(session: Session, study: Study, number: int) -> None:
    """Delete an invitation that nobody has used, so that its link lets nobody in.

    Raises
    ------
    ValueError
        If the study has no such invitation, or somebody has used it.
    """
    invitation = session.get(Invitation, number, with_for_update=True)
    if invitation is None or invitation.study_id != study.id:
        raise ValueError(f"there is no invitation {number}")
    if invitation.used_at is not None:
        raise ValueError(f"invitation {number} is used already")
    session.delete(invitation)
