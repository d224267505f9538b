"""All statistics of one study, in the report's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from db.models import SCALES
from survey.ratings.exclusion import (
    DEFAULT_RULES,
    MEANINGS,
    Excluded,
    Rules,
    apply_rules,
    faster,
    sentence,
    told_of,
)
from survey.ratings.rating_table import ParticipantCounts
from survey.statistics.agreement import Agreement, Directions, by_direction, directions, intervals
from survey.statistics.bootstrap import DRAWS, Percentiles
from survey.statistics.chance_tests import Chance, against_chance, lower_against_higher
from survey.statistics.conditions import Condition, Contrast, conditions, contrasts
from survey.statistics.dose_response import Changes, Dose, changes, doses
from survey.statistics.json_fields import finite
from survey.statistics.mean_opinion_score import Opinion, opinions
from survey.statistics.participants import ParticipantSummary, people
from survey.statistics.pieces import Music, music
from survey.statistics.precision import Precision, precision
from survey.statistics.reliability import Reliability, consensus
from survey.statistics.resampling import resampled
from survey.statistics.reservations import Dropout, dropout
from survey.statistics.signal_detection import Detection, Lean, detection, lean

ResamplingProgress = Callable[[str, int], None]  # what is being done, and how many resamples since


class NothingToAnalyse(ValueError):
    """There are no answers; the message is one sentence for a person."""


@dataclass(frozen=True)
class Exclusion:
    """A rule that was applied, what it means, how many fell under it, of how many it can tell."""

    rule: str
    meaning: str
    participants: int
    checked: int


TOGETHER = "all conditions together, as asked"
HASTY = 0.5  # share of answers faster than their clips, from which a participant is counted


@dataclass(frozen=True)
class Haste:
    """Answers that came before both clips could be heard.

    Attributes
    ----------
    answers, known : int
        Such answers, of how many whose time is known.
    participants, analysed : int
        Who gave more than half of theirs so, and how many of them no rule leaves out.
    """

    answers: int
    known: int
    participants: int
    analysed: int


@dataclass(frozen=True)
class ParticipantFlow:
    """How many people came how far; None where it is not known.

    Attributes
    ----------
    invited, consented, answered, finished, withdrawn, kept : int
    rules : dict
        Exclusion rules as of `survey.ratings.exclusion`.
    exclusions : list of Exclusion
    excluded : list of Excluded
        One per participant and rule they fell under.
    haste : Haste
    dropout : Dropout
        None where the ratings do not tell who finished.
    """

    invited: int | None
    consented: int | None
    answered: int
    finished: int | None
    withdrawn: int | None
    kept: int
    rules: Rules
    exclusions: list[Exclusion]
    excluded: list[Excluded]
    haste: Haste
    dropout: Dropout | None


@dataclass(frozen=True)
class Sections:
    """All statistics of some participants' ratings; each type says what it holds.

    Attributes
    ----------
    intervals : dict
        Overall, lower, higher.
    bias : dict
        By answer, "higher" and "lower".
    opinion : dict
        By scale.
    reliability : dict
        Of "direction", and by scale.
    planning : dict
        Of "agreement", and by scale.
    """

    direction: Directions
    music: Music
    intervals: dict[str, Agreement]
    chance: Chance
    bias: dict[str, Detection]
    lean: Lean
    opinion: dict[str, Opinion]
    reliability: dict[str, Reliability]
    change: Changes
    planning: dict[str, Precision]


@dataclass(frozen=True)
class Both:
    """The statistics of one condition, with exclusions and without."""

    condition: Condition
    kept: Sections
    everyone: Sections


@dataclass(frozen=True)
class Results:
    """The statistics of a study, with its exclusions and without.

    Attributes
    ----------
    flow : ParticipantFlow
    kept, everyone : Sections
        With exclusions and without; None where there are several conditions, which are averaged
        only if that is asked.
    conditions : list of Both
        Each model and strength by itself; empty unless there are several.
    contrasts : list of Contrast
        These compared, with exclusions.
    doses : list of Dose
        What strength does, with exclusions; of each model that came at several.
    participants : list of ParticipantSummary
    lost : list of str
        Where a number came out that is not finite, and is None.
    """

    flow: ParticipantFlow
    kept: Sections | None
    everyone: Sections | None
    conditions: list[Both]
    contrasts: list[Contrast]
    doses: list[Dose]
    participants: list[ParticipantSummary]
    lost: list[str]

    def parts(self) -> list[tuple[str, Sections, Sections]]:
        """What is reported, in order: its name, with exclusions, without; "" if it is all."""
        parts = [(both.condition.name, both.kept, both.everyone) for both in self.conditions]
        if self.kept is None or self.everyone is None:
            return parts
        return [(TOGETHER if parts else "", self.kept, self.everyone), *parts]


@dataclass(frozen=True)
class Provenance:
    """What results were computed from, and by what.

    Attributes
    ----------
    study : str
        Its name; may be empty.
    rows : int
        Ratings.
    rules_from : str
        Whose exclusion rules were applied: "study", "default", "file" or "none".
    data_sha256, code_version : str
    seed, draws : int
        Of the bootstrap.
    versions : dict
        Of Python and of libraries.
    """

    study: str
    rows: int
    rules_from: str
    data_sha256: str
    code_version: str
    seed: int
    draws: int
    versions: dict[str, str]


def analyse(
    table: pd.DataFrame,
    counts: ParticipantCounts | None = None,
    rules: Rules | None = None,
    seed: int = 0,
    draws: int = DRAWS,
    progress: ResamplingProgress | None = None,
    together: bool = False,
) -> Results:
    """The statistics of a study, with its exclusions and without.

    Parameters
    ----------
    table : DataFrame
        Ratings of one study, as of `survey.ratings.rating_table`.
    counts : ParticipantCounts
        As of `survey.ratings.rating_table.flow`; counted from the table as far as possible if None.
    rules : dict
        Exclusion rules as of `survey.ratings.exclusion`; `DEFAULT_RULES` if None.
    seed, draws : int
        Of the bootstrap and of sign-flip tests.
    together : bool
        Whether conditions, if there are several, are also averaged.

    Raises
    ------
    NothingToAnalyse
        If there is no answer to a transfer, or the rules leave nobody.
    ValueError
        If the table has several studies, or a rule is wrong.
    """
    _require_answers(table)
    rules = DEFAULT_RULES if rules is None else rules
    stay, excluded = apply_rules(table, rules)
    chosen = table[table["participant"].isin(stay)]
    if not _answered(chosen).any():
        raise NothingToAnalyse(
            "all answers are left out by the rules of exclusion "
            f"({len({row.participant for row in excluded})} of "
            f"{table['participant'].nunique()} participants excluded); --keep-all applies no rules"
        )
    non_finite: list[str] = []
    compute = partial(_both, stay=stay, seed=seed, draws=draws, progress=progress)
    with np.errstate(over="ignore", invalid="ignore"):  # of absurd values; `finite` names them
        transfers = chosen[chosen["kind"] == "transfer"]
        apart = [Both(condition, *compute(some)) for condition, some in _apart(table)]
        kept, everyone = compute(table) if together or not apart else (None, None)
        results = Results(
            flow=_flow(table, counts, stay, excluded, rules),
            kept=kept,
            everyone=everyone,
            conditions=apart,
            contrasts=contrasts(transfers),
            doses=doses(transfers),
            participants=people(table, excluded),
            lost=non_finite,
        )
    return replace(finite(results, non_finite), lost=non_finite)


def _apart(table: pd.DataFrame) -> Iterator[tuple[Condition, pd.DataFrame]]:
    """The ratings of each condition; catch trials, which belong to none, are in all."""
    transfer = (table["kind"] == "transfer").to_numpy()
    for condition, rows in conditions(table[transfer]):
        some = ~transfer
        some[transfer] = rows
        yield condition, table[some]


def _both(
    table: pd.DataFrame,
    stay: Sequence[str],
    seed: int,
    draws: int,
    progress: ResamplingProgress | None,
) -> tuple[Sections, Sections]:
    """With exclusions and without."""
    chosen = table[table["participant"].isin(stay)]
    kept = sections(chosen, seed, draws, progress)
    same = len(chosen) == len(table)
    return kept, kept if same else sections(table, seed, draws, progress)


def sections(
    table: pd.DataFrame, seed: int, draws: int, progress: ResamplingProgress | None = None
) -> Sections:
    """All statistics of some participants' ratings, nobody excluded."""
    say = progress or (lambda step, resamples: None)
    transfers = table[table["kind"] == "transfer"]
    agreement = by_direction(transfers)
    say("resampling", 0)
    bootstrap = resampled(transfers, draws, seed, lambda resamples: say("resampling", resamples))
    say("computing", 0)
    return Sections(
        direction=directions(table),
        music=music(transfers),
        intervals=_joined(intervals(transfers), bootstrap.agreement),
        chance=Chance(against_chance(agreement, seed), lower_against_higher(agreement, seed)),
        bias={
            answer: bias.resampled(bootstrap.detection[answer])
            for answer, bias in detection(transfers).items()
        },
        lean=lean(table),
        opinion=_joined(opinions(transfers), bootstrap.opinion),
        reliability=consensus(transfers),
        change=changes(transfers),
        planning=precision(transfers),
    )


def _answered(table: pd.DataFrame) -> pd.Series:
    answers = table[["heard", *SCALES]]
    return (table["kind"] == "transfer") & answers.notna().any(axis=1)


def _require_answers(table: pd.DataFrame) -> None:
    studies = sorted(set(table["study"]))
    if len(studies) > 1:
        raise ValueError(f"the ratings are of several studies, name one of them: {studies}")
    if not _answered(table).any():
        raise NothingToAnalyse("there are no answers yet")


def _flow(
    table: pd.DataFrame,
    counts: ParticipantCounts | None,
    stay: Sequence[str],
    excluded: list[Excluded],
    rules: Rules,
) -> ParticipantFlow:
    ended = table.groupby("participant")["finished"].first()
    finished = int(ended.fillna(False).sum()) if ended.notna().any() else None
    return ParticipantFlow(
        invited=counts.invited if counts else None,
        consented=counts.consented if counts else None,
        answered=int(table["participant"].nunique()),
        finished=counts.finished if counts else finished,
        withdrawn=counts.withdrawn if counts else None,
        kept=len(stay),
        rules=rules,
        exclusions=[
            Exclusion(
                rule,
                sentence(rule, limit),
                sum(row.rule == rule for row in excluded),
                told_of(table, rule, rules),
            )
            for rule, limit in rules.items()
            if rule in MEANINGS and limit is not None and limit is not False
        ],
        excluded=excluded,
        haste=_haste(table, stay),
        dropout=dropout(table, stay),
    )


def _haste(table: pd.DataFrame, stay: Sequence[str]) -> Haste:
    known = table["time_to_hear"].dropna()
    shares = faster(table)
    hasty = shares.index[shares > HASTY]
    analysed = int(hasty.isin(stay).sum())
    return Haste(int((~known.astype(bool)).sum()), len(known), len(hasty), analysed)


Estimated = TypeVar("Estimated", Agreement, Opinion)


def _joined(
    estimates: dict[str, Estimated], bootstrap: dict[str, Percentiles]
) -> dict[str, Estimated]:
    return {
        name: replace(estimate, bootstrap=bootstrap[name]) for name, estimate in estimates.items()
    }
