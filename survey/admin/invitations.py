"""Links for one person each; only a hash of a link's token is kept."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Invitation, Study
from survey.core import tokens

MOST = 500  # made at once
LONGEST_LABEL = 100  # characters


def create(session: Session, study: Study, count: int, label: str = "") -> list[str]:
    """Make invitations to a study.

    Parameters
    ----------
    count : int
        1 to `MOST`.
    label : str
        The researcher's own word for them, at most `LONGEST_LABEL` characters.

    Returns
    -------
    list of str
        Their tokens, which can never be read again.

    Raises
    ------
    ValueError
        If the count or the label is out of range.
    """
    if not 1 <= count <= MOST:
        raise ValueError(f"{count} invitations cannot be made at once, only 1 to {MOST}")
    if len(label) > LONGEST_LABEL:
        raise ValueError(f"a label of {len(label)} characters is longer than {LONGEST_LABEL}")
    made = [tokens.secret() for _ in range(count)]
    session.add_all(
        Invitation(study_id=study.id, token_hash=tokens.hashed(token), label=label)
        for token in made
    )
    return made


def listed(session: Session, study: Study) -> list[Invitation]:
    """The invitations to a study, latest first."""
    query = select(Invitation).where(Invitation.study_id == study.id)
    return list(session.scalars(query.order_by(Invitation.id.desc())))


def revoke(session: Session, study: Study, number: int) -> None:
    """Take an invitation back, so that its link lets nobody in.

    Raises
    ------
    ValueError
        If the study has no such invitation, or somebody has used it.
    """
    found = session.get(Invitation, number, with_for_update=True)
    if found is None or found.study_id != study.id:
        raise ValueError(f"there is no invitation {number}")
    if found.used_at is not None:
        raise ValueError(f"invitation {number} is used already")
    session.delete(found)
