"""How arousal was heard to change against how it was meant to: the table and its intervals.

An answer agrees if it says what was intended; "same" disagrees; no answer is neither.

Where most pieces are heard by nearly everybody and a few are not, those chosen may have too many of
the hard ones, too few, or none, and an interval, which speaks for pieces like those chosen, holds
the truth less often than it says (docs/statistics.md has how often). What the answers show of it:
nearly all of them agree, or nearly all on half of the pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from db.models import DIRECTIONS
from survey.statistics import twoway
from survey.statistics.bootstrap import Percentiles
from survey.statistics.crossed_design import Crossed, crossed
from survey.statistics.estimate import Estimate, wilson

INTENDED = ("lower", "higher")  # of transfers
NEAR_EDGE = 0.12  # of agreement to 0 or 1, from which pieces that are missing matter
PIECE_NEAR_EDGE = 0.1  # of one piece's agreement, which is near more often than that of all
MANY_PIECES = 0.5  # share of pieces so near, from which the others may be the few hard ones

RowName = str | int | float | list[float]


@dataclass
class HeardRow:
    """How often each direction was heard of some answers.

    Attributes
    ----------
    row : str, int, float or list of two floats
        A word, a number, or the ends of a range.
    counts, shares : dict
        By direction; shares are None without answers.
    n, missing : int
        Answers with a direction and without.
    """

    row: RowName
    counts: dict[str, int]
    shares: dict[str, float | None]
    n: int
    missing: int


@dataclass(frozen=True)
class ItemAgreement:
    """How many agree on one item, with Wilson's interval."""

    item: str
    intended: str
    strength: float | None
    n: int
    agree: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Directions:
    """Heard by intended direction, agreement by item, and what was heard of catch trials."""

    table: list[HeardRow]
    items: list[ItemAgreement]
    catch: list[HeardRow]


@dataclass(frozen=True)
class Agreement:
    """Agreement with its intervals.

    Attributes
    ----------
    agree, n : int
        Answers that agree, of how many.
    twoway, participants, naive : Estimate
        The one to report; for these very items; Wilson's, as if answers were independent.
    pieces, pieces_at_edge : int
        Of what music, and of how much of it nearly all answers agree; nearly none, where most
        answers disagree: `pieces_at_edge`.
    bootstrap : Percentiles
        The check of twoway, where it was made.
    """

    agree: int
    n: int
    twoway: Estimate
    participants: Estimate
    naive: Estimate
    pieces: int
    pieces_at_edge: int
    bootstrap: Percentiles | None = None


def agreement(table: pd.DataFrame) -> np.ndarray:
    """1 where an answer agrees, 0 where it does not, NaN where there is none; shape (rows,)."""
    agrees = (table["heard"] == table["intended"]).to_numpy(dtype=float)
    return np.where(table["heard"].notna().to_numpy(), agrees, np.nan)


def crosstab(table: pd.DataFrame, rows: pd.Series, names: Sequence[RowName]) -> list[HeardRow]:
    """How often each direction was heard, by `rows`, which has a name for each of the table's."""
    heard_rows = []
    for name in names:
        directions = table["heard"][(rows == name).to_numpy()]
        counts: dict[str, int] = {word: int((directions == word).sum()) for word in DIRECTIONS}
        n = sum(counts.values())
        shares = {word: count / n if n else None for word, count in counts.items()}
        heard_rows.append(HeardRow(name, counts, shares, n, missing=len(directions) - n))
    return heard_rows


def directions(table: pd.DataFrame) -> Directions:
    """The table of intended by heard, of each item, and of the catch trials.

    Parameters
    ----------
    table : DataFrame
        Ratings of all kinds; only transfers are in "table" and "items".
    """
    transfers = table[table["kind"] == "transfer"]
    catch = table[table["kind"] != "transfer"]
    labels = (catch["kind"] + ", meant " + catch["intended"]).where(
        catch["kind"] == "swapped", catch["kind"]
    )
    strengths = catch["strength"][catch["kind"] == "swapped"]
    if strengths.nunique() > 1:
        suffix = ", strength " + strengths.map("{:g}".format, na_action="ignore").fillna("not told")
        labels = labels.str.cat(suffix.reindex(labels.index), na_rep="")
    return Directions(
        table=crosstab(transfers, transfers["intended"], INTENDED),
        items=items(transfers),
        catch=crosstab(catch, labels, sorted(set(labels))),
    )


def items(transfers: pd.DataFrame) -> list[ItemAgreement]:
    """Agreement by item, with Wilson's interval: each participant answers an item only once."""
    rows = []
    for name, answers in transfers.groupby("item", sort=True):
        agrees = agreement(answers)
        agree, n = int(np.nansum(agrees)), int((~np.isnan(agrees)).sum())
        strength = answers["strength"].iloc[0]
        share = wilson(agree, n)
        rows.append(
            ItemAgreement(
                item=name,
                intended=answers["intended"].iloc[0],
                strength=float(strength) if pd.notna(strength) else None,
                n=n,
                agree=agree,
                share=share.value,
                low=share.low,
                high=share.high,
            )
        )
    return rows


def by_direction(transfers: pd.DataFrame) -> dict[str, Crossed]:
    """Agreement overall, of lower and of higher items; participants have the same codes in all."""
    agrees = agreement(transfers)
    overall = crossed(transfers, agrees)
    intended = transfers["intended"].to_numpy()[~np.isnan(agrees)]
    return {"overall": overall, **{word: overall.only(intended == word) for word in INTENDED}}


def intervals(transfers: pd.DataFrame) -> dict[str, Agreement]:
    """Agreement overall, of lower and of higher items, with its intervals."""
    return {name: _intervals(answers) for name, answers in by_direction(transfers).items()}


def near_edge(share: float | None) -> bool:
    """Whether a share is so near 0 or 1 that a few other pieces would change it much."""
    return share is not None and not NEAR_EDGE <= share <= 1 - NEAR_EDGE


def pieces_at_edge(answers: Crossed) -> int:
    """The number of pieces of which nearly all answers agree (nearly none, where most disagree).

    A piece counts if one more answer against the others would still leave it so near: few answers
    that happen to be alike tell nothing.
    """
    if not len(answers.values):
        return 0
    counts = np.bincount(answers.items)
    agree = answers.sums(answers.items)
    alike = agree if answers.mean >= 0.5 else counts - agree
    return int((alike >= (1 - PIECE_NEAR_EDGE) * (counts + 1)).sum())


def is_half(at_edge: int, pieces: int) -> bool:
    """Whether so many pieces are near the edge that the others may be the few hard ones."""
    return at_edge > 0 and at_edge >= MANY_PIECES * pieces


def _intervals(answers: Crossed) -> Agreement:
    agree, n = int(answers.values.sum()), len(answers.values)
    return Agreement(
        agree=agree,
        n=n,
        twoway=twoway.share(answers),
        participants=twoway.share_by_participant(answers),
        naive=wilson(agree, n),
        pieces=answers.item_count,
        pieces_at_edge=pieces_at_edge(answers),
    )
