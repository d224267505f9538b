"""All statistics of one study, in the report's order, as one dict that can be written as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from survey.ratings.exclusion import DEFAULT_RULES, MEANINGS, kept, sentence
from survey.statistics.agreement import by_direction, directions, intervals
from survey.statistics.bootstrap import DRAWS
from survey.statistics.chance_tests import against_chance, lower_against_higher
from survey.statistics.dose_response import changes
from survey.statistics.finite import finite
from survey.statistics.mean_opinion_score import opinions
from survey.statistics.participants import people
from survey.statistics.pieces import music
from survey.statistics.precision import precision
from survey.statistics.reliability import consensus
from survey.statistics.resampling import resampled
from survey.statistics.signal_detection import detection
from survey.statistics.strength import by_strength

Progress = Callable[[str, int], None]  # what is being done, and how many resamples since


class NothingToAnalyse(ValueError):
    """There are no answers; the message is one sentence for a person."""


def analyse(
    table: pd.DataFrame,
    flow: dict[str, int | None] | None = None,
    rules: dict[str, Any] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The statistics of a study, with its exclusions and without.

    Parameters
    ----------
    table : DataFrame
        Ratings of one study, as of `survey.ratings.rating_table`.
    flow : dict
        As of `survey.ratings.rating_table.flow`; counted from the table as far as possible if None.
    rules : dict
        Exclusion rules as of `survey.ratings.exclusion`; `DEFAULT_RULES` if None.
    seed, draws : int
        Of the bootstrap and of sign-flip tests.

    Returns
    -------
    dict
        flow, and by "kept" and "everyone" the sections direction, music, intervals, chance, bias,
        opinion, strengths, reliability, change and planning; participants: one dict each; lost:
        where a number came out that is not finite, and is None.

    Raises
    ------
    NothingToAnalyse
        If there is no answer to a transfer, or the rules leave nobody.
    ValueError
        If the table has several studies, or a rule is wrong.
    """
    _require_answers(table)
    rules = DEFAULT_RULES if rules is None else rules
    stay, excluded = kept(table, rules)
    chosen = table[table["participant"].isin(stay)]
    if not _answered(chosen).any():
        out = excluded["participant"].nunique()
        raise NothingToAnalyse(
            f"all answers are left out by the study's rules ({out} of "
            f"{table['participant'].nunique()} participants excluded); --keep-all applies no rules"
        )
    same = len(stay) == table["participant"].nunique()
    with np.errstate(over="ignore", invalid="ignore"):  # of absurd values; `finite` names them
        found = sections(chosen, seed, draws, progress)
        results = {
            "flow": _flow(table, flow, stay, excluded, rules),
            "kept": found,
            "everyone": found if same else sections(table, seed, draws, progress),
            "participants": people(table, excluded).to_dict("records"),
        }
    lost: list[str] = []
    return {**finite(results, lost), "lost": lost}


def sections(
    table: pd.DataFrame, seed: int, draws: int, progress: Progress | None = None
) -> dict[str, Any]:
    """All statistics of some participants' ratings, nobody excluded."""
    say = progress or (lambda what, made: None)
    transfers = table[table["kind"] == "transfer"]
    agreement = by_direction(transfers)
    say("resampling", 0)
    found = resampled(transfers, draws, seed, lambda made: say("resampling", made))
    say("computing", 0)
    return {
        "direction": directions(table),
        "music": music(transfers),
        "intervals": _joined(intervals(transfers), found["agreement"]),
        "chance": {
            "against": against_chance(agreement, seed),
            "lower_less_higher": lower_against_higher(agreement, seed),
        },
        "bias": _detection(detection(transfers), found["detection"]),
        "opinion": _joined(opinions(transfers), found["opinion"]),
        "strengths": by_strength(transfers),
        "reliability": consensus(transfers),
        "change": changes(transfers),
        "planning": precision(transfers),
    }


def _answered(table: pd.DataFrame) -> pd.Series:
    answers = table[["heard", "rhythm", "melody", "harmony", "naturalness"]]
    return (table["kind"] == "transfer") & answers.notna().any(axis=1)


def _require_answers(table: pd.DataFrame) -> None:
    studies = sorted(set(table["study"]))
    if len(studies) > 1:
        raise ValueError(f"the ratings are of several studies, name one of them: {studies}")
    if not _answered(table).any():
        raise NothingToAnalyse("there are no answers yet")


def _flow(
    table: pd.DataFrame,
    flow: dict[str, int | None] | None,
    stay: list[str],
    excluded: pd.DataFrame,
    rules: dict[str, Any],
) -> dict[str, Any]:
    ended = table.groupby("participant")["finished"].first()
    known = {
        "invited": None,
        "consented": None,
        "answered": int(table["participant"].nunique()),
        "finished": int(ended.fillna(False).sum()) if ended.notna().any() else None,
        "withdrawn": None,
        **(flow or {}),
        "kept": len(stay),
    }
    counts = excluded.groupby("rule")["participant"].nunique()
    used = [rule for rule in rules if rule in MEANINGS and rules[rule] not in (None, False)]
    return {
        **known,
        "rules": rules,
        "exclusions": [
            {
                "rule": rule,
                "meaning": sentence(rule, rules[rule]),
                "participants": int(counts.get(rule, 0)),
            }
            for rule in used
        ],
        "excluded": excluded.to_dict("records"),
    }


def _joined(found: dict[str, Any], bootstrap: dict[str, Any]) -> dict[str, Any]:
    return {name: {**values, "bootstrap": bootstrap[name]} for name, values in found.items()}


def _detection(found: dict[str, Any], bootstrap: dict[str, Any]) -> dict[str, Any]:
    for answer, values in found.items():
        values["bootstrap"] = bootstrap[answer] if values["d_prime"] is not None else None
    return found
