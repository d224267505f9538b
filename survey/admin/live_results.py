"""How many answers count so far; once a study is closed, what came out of it.

No figure, interval or test is shown before: they hold for one look at the end, and who looks while
answers come in, and stops when they please, finds more than there is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import TRANSFER, Answer, Participant, Study, Trial
from survey.analysis import figures
from survey.analysis.summary import Summary, summary
from survey.designs import ratings
from survey.ratings import exclusion
from survey.statistics.conditions import conditions


@dataclass
class ConditionResults:
    """Results of one condition: a model at a strength.

    Attributes
    ----------
    name : str
        What tells it from the others; empty if there are none.
    table : DataFrame
        The ratings of transfer pairs.
    numbers : Summary
        Of them.
    """

    name: str
    table: pd.DataFrame
    numbers: Summary
    _drawn: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def words(self) -> dict[str, str]:
        """Both figures in words, for people who do not see them."""
        return {
            "heatmap": figures.heatmap_words(self.numbers.directions),
            "mos": figures.bars_words(self.numbers.opinion),
        }

    def heatmap(self) -> str:
        """The left panel of Figure 6 as SVG."""
        return self._once("heatmap", figures.heatmap_svg)

    def mos(self) -> str:
        """The right panel of Figure 6 as SVG."""
        return self._once("mos", figures.mos_svg)

    def _once(self, name: str, draw: Callable[[pd.DataFrame], str]) -> str:
        with self._lock:
            if name not in self._drawn:
                self._drawn[name] = draw(self.table)
            return self._drawn[name]


@dataclass
class Snapshot:
    """A study's results at one moment.

    Attributes
    ----------
    fingerprint : str
        A text that changes whenever the stored answers do.
    analysed : int
        Participants whom the study's rules keep.
    table : DataFrame
        Their ratings of transfer pairs; none in other designs.
    hasty : set of str
        Names of participants, kept or not, who answered mostly before their clips could be heard.
    parts : list of ConditionResults
        These, a condition each: several are not averaged. None before the study is closed.
    """

    fingerprint: str
    analysed: int
    table: pd.DataFrame
    hasty: set[str]
    parts: list[ConditionResults]

    @property
    def rated(self) -> int:
        """How many ratings these are."""
        return len(self.table)


class LiveResults:
    """The latest snapshot of every study; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[int, Snapshot] = {}

    def of(self, session: Session, study: Study) -> Snapshot:
        """A study as it is now."""
        fingerprint = _fingerprint(session, study)
        with self._lock:
            snapshot = self._latest.get(study.id)
        if snapshot is not None and snapshot.fingerprint == fingerprint:
            return snapshot
        snapshot = _snapshot(session, study, fingerprint)
        with self._lock:
            self._latest[study.id] = snapshot
        return snapshot


def _snapshot(session: Session, study: Study, fingerprint: str) -> Snapshot:
    table = ratings.of_study(session, study)
    people, _ = exclusion.apply_rules(table, study.rules)
    rows = table["participant"].isin(people) & (table["kind"] == "transfer")
    chosen, hasty = table[rows].reset_index(drop=True), exclusion.hasty(table)
    if study.design != TRANSFER or study.state != "closed":
        return Snapshot(fingerprint, len(people), chosen, hasty, [])
    apart = [(one.name, chosen[of_one]) for one, of_one in conditions(chosen)] or [("", chosen)]
    parts = [ConditionResults(name, some, summary(some)) for name, some in apart]
    return Snapshot(fingerprint, len(people), chosen, hasty, parts)


def _fingerprint(session: Session, study: Study) -> str:
    count, last = session.execute(
        select(func.count(Answer.id), func.max(Answer.id))
        .join(Trial, Answer.trial_id == Trial.id)
        .join(Participant, Trial.participant_id == Participant.id)
        .where(Participant.study_id == study.id)
    ).one()
    finished = session.scalar(
        select(func.count(Participant.id)).where(
            Participant.study_id == study.id, Participant.stage == "finished"
        )
    )
    return f"{count}-{last or 0}-{finished}-{study.withdrawn}-{study.state}"
