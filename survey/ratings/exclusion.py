"""Who is left out of the analysis, by rules that a study fixes before its first answer.

The rules look at how somebody answered, never at whether they agree with the model: leaving out
those who disagree would raise agreement by itself. So a swapped pair, whose sound depends on the
model, excludes nobody unless a study says so. Whether the sound check went well and what somebody
listened with exclude nobody either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from db.models import SCALES

Rules = Mapping[str, bool | int | float | None]  # name to limit; None or absent: does not apply

DEFAULT_RULES: dict[str, bool | float | None] = {
    "finished": True,
    "identical_wrong": 0.5,
    "swapped_wrong": None,
    "median_seconds": 4.0,
    "same_answers": 0.95,
    "same_answers_least": 8,
    "faster_than_clips": None,
}
# Studies that were made before keep their rules, and answers from elsewhere give the same counts.
NEW_STUDY_RULES = {**DEFAULT_RULES, "faster_than_clips": 0.5}
# A rule that only studies with repeated trials can have.
KNOWN = {**DEFAULT_RULES, "repeats_apart": None}
HASTY = 0.5  # share of answers faster than their clips, from which a participant is counted
MEANINGS = {
    "finished": "did not reach the end of the study",
    "identical_wrong": "called more than {} of the identical pairs lower or higher",
    "swapped_wrong": "heard more than {} of the swapped pairs otherwise than intended",
    "median_seconds": "took less than {} seconds for the median trial",
    "same_answers": "gave the very same five answers in more than {} of the trials",
    "faster_than_clips": "answered more than {} of the trials before their clips could be heard",
    "repeats_apart": "answered trials that came twice more than {} of the scale apart",
}


@dataclass(frozen=True)
class Excluded:
    """One rule that one participant fell under: what was found, and the rule's limit."""

    participant: str
    rule: str
    found: float
    limit: float


def apply_rules(
    table: pd.DataFrame, rules: Rules | None = None
) -> tuple[list[str], list[Excluded]]:
    """The participants who stay in the analysis, and why the others do not.

    Parameters
    ----------
    table : DataFrame
        Ratings of one study, as of `survey.ratings.rating_table`.
    rules : dict
        `DEFAULT_RULES` if None. A rule that is None or absent does not apply, so {} keeps all.

        - finished: True leaves out who did not reach the end (where that is not known, nobody).
        - identical_wrong, swapped_wrong: share from 0 to 1 of those pairs that may be wrong.
        - median_seconds: seconds that the median trial must have taken.
        - same_answers: share from 0 to 1 of trials that may have the same five answers, for
          participants with same_answers_least (8) transfer trials or more.
        - faster_than_clips: share from 0 to 1 of trials, of those whose time is known, that may be
          answered before their clips could be heard.
        - repeats_apart: share from 0 to 1 of the scale by which the answers to trials that came
          twice may differ on average (`survey.comparisons.repeats`).

    Returns
    -------
    kept : list of str
        Sorted.
    excluded : list of Excluded
        One per participant and rule they fell under.

    Raises
    ------
    ValueError
        If a rule has an unknown name or a value out of its range.
    """
    rules = checked(DEFAULT_RULES if rules is None else rules)
    excluded = []
    for rule, limit in rules.items():
        if rule not in MEASURES or limit is None or limit is False:
            continue
        values = MEASURES[rule](table, rules)
        for person in sorted(values.index[_breaks(rule, values, float(limit))]):
            excluded.append(Excluded(str(person), rule, float(values[person]), float(limit)))
    out = {row.participant for row in excluded}
    return sorted(set(table["participant"]) - out), excluded


def told_of(table: pd.DataFrame, rule: str, rules: Rules) -> int:
    """How many participants have ratings that tell what a rule asks; it can exclude nobody else."""
    return int(MEASURES[rule](table, rules).notna().sum())


def checked(rules: Rules) -> Rules:
    """The rules, if their names and values are right.

    Raises
    ------
    ValueError
        If not; the message names the rule.
    """
    for rule, limit in rules.items():
        if rule not in KNOWN:
            raise ValueError(f"there is no exclusion rule {rule!r}; use {', '.join(KNOWN)}")
        if rule == "finished":
            right = limit is None or isinstance(limit, bool)
        else:
            number = isinstance(limit, int | float) and not isinstance(limit, bool)
            top = np.inf if rule in ("median_seconds", "same_answers_least") else 1
            right = limit is None or (number and 0 <= limit <= top and np.isfinite(limit))
        if not right:
            raise ValueError(f"exclusion rule {rule!r} cannot be {limit!r}")
    return rules


def sentence(rule: str, limit: float) -> str:
    """What a participant did who falls under a rule, as the end of a sentence."""
    text = f"{limit:.0%}" if rule.endswith(("wrong", "answers", "clips", "apart")) else f"{limit:g}"
    return MEANINGS[rule].format(text)


def _breaks(rule: str, values: pd.Series, limit: float) -> np.ndarray:
    less = rule in ("finished", "median_seconds")  # the others must not be more
    numbers = values.to_numpy(dtype=float)
    excluded: np.ndarray = numbers < limit if less else numbers > limit
    return excluded


def _finished(table: pd.DataFrame, rules: Rules) -> pd.Series:
    known = table[table["finished"].notna()]
    return known.groupby("participant")["finished"].all().astype(float)


def _wrong(table: pd.DataFrame, kind: str) -> pd.Series:
    pairs = table[(table["kind"] == kind) & table["heard"].notna()]
    return (pairs["heard"] != pairs["intended"]).groupby(pairs["participant"]).mean()


def _identical(table: pd.DataFrame, rules: Rules) -> pd.Series:
    return _wrong(table, "identical")


def _swapped(table: pd.DataFrame, rules: Rules) -> pd.Series:
    return _wrong(table, "swapped")


def _seconds(table: pd.DataFrame, rules: Rules) -> pd.Series:
    return table[table["seconds"].notna()].groupby("participant")["seconds"].median()


def faster(table: pd.DataFrame) -> pd.Series:
    """The share of each participant's answers that came before their clips could be heard."""
    known = table[table["time_to_hear"].notna()]
    return 1 - known["time_to_hear"].astype(float).groupby(known["participant"]).mean()


def hasty(table: pd.DataFrame) -> set[str]:
    """Who gave more than half of their answers before their clips could be heard."""
    shares = faster(table)
    return set(shares.index[shares > HASTY])


def _faster(table: pd.DataFrame, rules: Rules) -> pd.Series:
    return faster(table)


def _apart(table: pd.DataFrame, rules: Rules) -> pd.Series:
    if "apart" not in table:
        return pd.Series(dtype=float)
    known = table[table["apart"].notna()]
    of_trials = known.groupby(["participant", "stimulus"])["apart"].mean().astype(float)
    return of_trials.groupby("participant").mean()


def _same(table: pd.DataFrame, rules: Rules) -> pd.Series:
    # Incomplete answers are in no group: `groupby` passes over missing values.
    groups = table[table["kind"] == "transfer"].groupby(
        ["participant", "heard", *SCALES], observed=True
    )
    each = groups.size().groupby("participant")
    shares = each.max() / each.sum()
    least = rules.get("same_answers_least")
    return shares[each.sum() >= (DEFAULT_RULES["same_answers_least"] if least is None else least)]


MEASURES: dict[str, Callable[[pd.DataFrame, Rules], pd.Series]] = {  # by participant
    "finished": _finished,
    "identical_wrong": _identical,
    "swapped_wrong": _swapped,
    "median_seconds": _seconds,
    "same_answers": _same,
    "faster_than_clips": _faster,
    "repeats_apart": _apart,
}
