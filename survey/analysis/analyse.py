"""One study analysed: its flow, and all sections of every condition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from db.models import SCALES
from survey.analysis.results import Both, Exclusion, Haste, ParticipantFlow, Results, Sections
from survey.ratings import habits
from survey.ratings.exclusion import (
    DEFAULT_RULES,
    MEANINGS,
    Excluded,
    Rules,
    apply_rules,
    hasty,
    sentence,
    told_of,
)
from survey.ratings.habits import Habit
from survey.ratings.rating_table import ParticipantCounts
from survey.statistics.agreement import Agreement, by_direction, directions, intervals
from survey.statistics.bootstrap import DRAWS, Percentiles
from survey.statistics.chance_tests import (
    Chance,
    ChanceTest,
    LowerLessHigher,
    SignFlips,
    against_chance,
    lower_against_higher,
)
from survey.statistics.conditions import Condition, conditions, contrasts
from survey.statistics.dose_response import Correlation, Slope, changes, doses
from survey.statistics.estimate import beside
from survey.statistics.families import corrected
from survey.statistics.json_fields import finite
from survey.statistics.mean_opinion_score import Opinion, opinions
from survey.statistics.participants import headphones, people
from survey.statistics.pieces import music
from survey.statistics.precision import precision
from survey.statistics.reliability import consensus
from survey.statistics.resampling import resampled
from survey.statistics.reservations import DropoutReport, dropout
from survey.statistics.signal_detection import Lean, detection, lean

TESTS = (ChanceTest, LowerLessHigher, SignFlips, Lean, Opinion, Correlation, Slope)  # families

ResamplingProgress = Callable[[str, int], None]  # what is being done, and how many resamples since


class NothingToAnalyse(ValueError):
    """There are no answers; the message is one sentence for a person."""


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
            f"{table['participant'].nunique()} participants excluded, {_by_rule(excluded)}); "
            "--keep-all applies no rules"
        )
    non_finite: list[str] = []
    habitual = habits.of_everybody(table)
    compute = partial(_both, stay=stay, seed=seed, draws=draws, progress=progress)
    with np.errstate(over="ignore", invalid="ignore"):  # of absurd values; `finite` names them
        transfers = chosen[chosen["kind"] == "transfer"]
        apart = [Both(condition, *compute(some)) for condition, some in _apart(table)]
        kept_sections, everyone = compute(table) if together or not apart else (None, None)
        results = Results(
            flow=participant_flow(
                table,
                counts,
                stay,
                excluded,
                rules,
                habits.counted(habitual, stay),
                dropout(table, stay),
            ),
            kept=kept_sections,
            everyone=everyone,
            conditions=apart,
            contrasts=contrasts(transfers),
            doses=doses(transfers),
            participants=people(table, excluded, habitual),
            lost=non_finite,
        )
    return replace(finite(_in_families(results), non_finite), lost=non_finite)


def _in_families(results: Results) -> Results:
    """With all tests corrected for all of their kind, with exclusions and without."""
    for side in ("kept", "everyone"):
        parts = [getattr(part, side) for part in (results, *results.conditions)]
        doses = results.doses if side == "kept" else []  # what strength does is with exclusions
        parts, doses = corrected([parts, doses], *TESTS)
        conditions = zip(results.conditions, parts[1:], strict=True)
        results = replace(
            results,
            **{side: parts[0]},
            conditions=[replace(both, **{side: part}) for both, part in conditions],
            doses=doses or results.doses,
        )
    return results


def _by_rule(excluded: Sequence[Excluded]) -> str:
    """How many fell under which rule; somebody may under several."""
    counts = Counter(row.rule for row in excluded)
    return ", ".join(f"by {rule}: {count}" for rule, count in counts.most_common())


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
    kept_sections = sections(chosen, seed, draws, progress)
    same = len(chosen) == len(table)
    return kept_sections, kept_sections if same else sections(table, seed, draws, progress)


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
        bias=detection(transfers),
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


def participant_flow(
    table: pd.DataFrame,
    counts: ParticipantCounts | None,
    stay: Sequence[str],
    excluded: list[Excluded],
    rules: Rules,
    habits: Sequence[Habit] = (),
    left: DropoutReport | None = None,
) -> ParticipantFlow:
    """How many came how far, and whom rules leave out.

    `habits` are of those who answer alike whatever they hear, `left` is of those who left early.
    """
    answered = int(table["participant"].nunique())
    ended = table.groupby("participant")["finished"].first()
    finished = int(ended.fillna(False).sum()) if ended.notna().any() else None
    return ParticipantFlow(
        invited=counts.invited if counts else None,
        consented=counts.consented if counts else None,
        began=counts.began if counts else None,
        answered=answered,
        finished=counts.finished if counts else finished,
        withdrawn=counts.withdrawn if counts else None,
        left_out=answered - len(stay),
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
        habits=list(habits),
        dropout=left,
        headphones=headphones(table[table["participant"].isin(stay)]),
        turned_away=counts.turned_away if counts else 0,
    )


def _haste(table: pd.DataFrame, stay: Sequence[str]) -> Haste:
    known = table["time_to_hear"].dropna()
    participants = hasty(table)
    analysed = len(participants & set(stay))
    return Haste(int((~known.astype(bool)).sum()), len(known), len(participants), analysed)


Estimated = TypeVar("Estimated", Agreement, Opinion)


def _joined(
    estimates: dict[str, Estimated], bootstrap: dict[str, Percentiles]
) -> dict[str, Estimated]:
    """With the bootstrap; where people or pieces are too few for an interval, no other has one."""
    with_bootstrap = {}
    for name, estimate in estimates.items():
        with_bootstrap[name] = replace(estimate, bootstrap=bootstrap[name])
        note = estimate.twoway.note
        if estimate.twoway.low is None and note is not None:
            with_bootstrap[name] = replace(
                estimate,
                naive=beside(estimate.twoway, estimate.naive),
                bootstrap=Percentiles(None, None, 0, note),
            )
    return with_bootstrap
