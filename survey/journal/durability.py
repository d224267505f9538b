"""Whether answers survive a restart of the host, in sentences for the researcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.database import Database
from survey.core.settings import Settings

if TYPE_CHECKING:
    from survey.journal.journal import Journal


@dataclass(frozen=True)
class Durability:
    """`ok`: whether answers outlive a restart; `sentence`: why, and what was not restored."""

    ok: bool
    sentence: str


def durability(
    settings: Settings, database: Database, journal: Journal | None = None
) -> Durability:
    """Whether answers outlive a restart of the host, and what the journal could not restore.

    `Settings.force_open` lets studies be opened all the same; it does not change what is said.
    """
    ok, sentence = _storage(settings, database, journal)
    problems = [] if journal is None else journal.problems
    return Durability(ok, " ".join([sentence, *problems]))


def _storage(settings: Settings, database: Database, journal: Journal | None) -> tuple[bool, str]:
    if not database.is_sqlite:
        return True, "Answers are kept in PostgreSQL."
    if not settings.ephemeral:
        return True, "Answers are kept on this machine's disk."
    wiped = "This host wipes its disk at every restart"
    place = settings.copied_to
    if place is None:
        missing = (
            "neither a private dataset (FADERNETS_DATASET, HF_TOKEN) nor a bucket "
            "(FADERNETS_BUCKET) keeps the answers"
        )
        return False, f"{wiped}, and {missing}."
    if journal is None:
        return False, f"{wiped}, and {place} cannot be used."
    if journal.failure is not None:
        return False, f"{wiped}, and copying answers to {place} fails: {journal.failure}."
    return True, f"{wiped}; answers are copied to {place}."
