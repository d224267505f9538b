"""Do answers outlive a restart of the host? In one sentence for the researcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.database import Database
from survey.core.settings import Settings

if TYPE_CHECKING:
    from survey.journal.journal import Journal


@dataclass(frozen=True)
class Durability:
    """Whether answers outlive a restart of the host, in one sentence for the researcher."""

    ok: bool
    sentence: str


def durability(
    settings: Settings, database: Database, journal: Journal | None = None
) -> Durability:
    """Whether answers outlive a restart of the host.

    `Settings.force_open` lets studies be opened all the same; it does not change what is said.
    """
    if not database.is_sqlite:
        return Durability(True, "Answers are kept in PostgreSQL.")
    if not settings.ephemeral:
        return Durability(True, "Answers are kept on this machine's disk.")
    wiped = "This host wipes its disk at every restart"
    if settings.dataset is None:
        return Durability(
            False,
            f"{wiped}, and no private dataset (FADERNETS_DATASET, HF_TOKEN) keeps the answers.",
        )
    if journal is None:
        return Durability(False, f"{wiped}, and the dataset {settings.dataset} cannot be used.")
    if journal.failure is not None:
        return Durability(
            False, f"{wiped}, and copying answers to {settings.dataset} fails: {journal.failure}."
        )
    kept = f"{wiped}; answers are copied to the private dataset {settings.dataset}."
    return Durability(True, " ".join([kept, *journal.problems]))
