"""Links for one person each; only a hash of a link's token is kept."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, Study
from survey.core import tokens

MOST_AT_ONCE = 500  # made with one form
LONGEST_LABEL = 100  # characters


def create(session: Session, study: Study, count: int, label: str = "") -> list[str]:
    """Make invitations to a study.

    Parameters
    ----------
    count : int
        1 to `MOST_AT_ONCE`.
    label : str
        The researcher's own word for them, at most `LONGEST_LABEL` characters.

    Returns
    -------
    list of str
        Their tokens. Only hashes are stored, so they cannot be read again.

    Raises
    ------
    ValueError
        If the count or the label is out of range.
    """
    if not 1 <= count <= MOST_AT_ONCE:
        raise ValueError(f"{count} invitations cannot be made at once, only 1 to {MOST_AT_ONCE}")
    if len(label) > LONGEST_LABEL:
        raise ValueError(f"a label of {len(label)} characters is longer than {LONGEST_LABEL}")
    new = [tokens.secret() for _ in range(count)]
    session.add_all(
        Invitation(study_id=study.id, token_hash=tokens.hashed(token), label=label) for token in new
    )
    return new


def listed(session: Session, study: Study) -> list[Invitation]:
    """The invitations to a study, latest first."""
    query = select(Invitation).where(Invitation.study_id == study.id)
    return list(session.scalars(query.order_by(Invitation.id.desc())))


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
