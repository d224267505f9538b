"""Simulated participants: those one hopes for, and those one gets.

realistic: hear most changes, differ from each other, as items do; perfect: hear every change;
random: any answer as well as any other; biased: "lower" nine times out of ten; lazy: the same five
answers in every trial.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtr

from db.models import BEST, DIRECTIONS, SCALES, WORST
from fadernets.music.attributes import PAPER
from survey.ratings.columns import CHANGE, ordered, table_of

PEOPLE = ("realistic", "perfect", "random", "biased", "lazy")
LEAN = 0.9  # how often biased participants answer "lower" without listening
SIDES = {"lower": 0, "same": 1, "higher": 2}


@dataclass(frozen=True)
class Truth:
    """What realistic participants are drawn from.

    Attributes
    ----------
    agreement : float
        Of a middling participant with a middling item, strictly between 0 and 1.
    participant_sd, item_sd : float
        Standard deviations of agreement, in logits.
    rating : float
        Mean of the scale before it is rounded to 1 to 5.
    rating_participant_sd, rating_item_sd, rating_residual_sd : float
        Standard deviations of ratings before rounding, in points.
    of_piece : float
        Share of items' variance, 0 to 1, that all segments of one piece have in common.
    """

    agreement: float = 0.85
    participant_sd: float = 0.7
    item_sd: float = 1.0
    rating: float = 3.4
    rating_participant_sd: float = 0.6
    rating_item_sd: float = 0.35
    rating_residual_sd: float = 0.8
    of_piece: float = 0.64  # pieces' sd 0.8 and segments' 0.6 for items' sd 1

    def __post_init__(self) -> None:
        if not 0 < self.agreement < 1:
            raise ValueError(f"agreement is strictly between 0 and 1, not {self.agreement}")
        if not 0 <= self.of_piece <= 1:
            raise ValueError(f"the share of pieces is from 0 to 1, not {self.of_piece}")
        for name in ("participant_sd", "item_sd"):
            if getattr(self, name) < 0 or getattr(self, f"rating_{name}") < 0:
                raise ValueError(f"{name} is 0 or more")

    def share(self) -> float:
        """The agreement of all people with all items that could have been drawn."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        chance = expit(
            logit(self.agreement) + nodes * math.hypot(self.participant_sd, self.item_sd)
        )
        return float((weights * chance).sum() / weights.sum())

    def mean(self) -> float:
        """The mean rating of all people of all items that could have been drawn."""
        sd = math.hypot(self.rating_participant_sd, self.rating_item_sd, self.rating_residual_sd)
        above = 1 - ndtr((np.arange(WORST, BEST) + 0.5 - self.rating) / sd)
        return float(WORST + above.sum())

    def agreements(
        self, random: np.random.Generator, people: int, items: int, pieces: int | None = None
    ) -> np.ndarray:
        """Who agrees on what; zeros and ones, shape (people, items).

        Items are of the `pieces` in turn; each is a piece of its own if None.
        """
        own = random.normal(0, self.participant_sd, (people, 1))
        its = self._items(random, self.item_sd, items, pieces)
        chance: np.ndarray = expit(logit(self.agreement) + own + its)
        return (random.random((people, items)) < chance).astype(float)

    def ratings(
        self, random: np.random.Generator, people: int, items: int, pieces: int | None = None
    ) -> np.ndarray:
        """Ratings from 1 to 5; floats, shape (people, items); pieces as in `agreements`."""
        own = random.normal(0, self.rating_participant_sd, (people, 1))
        its = self._items(random, self.rating_item_sd, items, pieces)
        single = random.normal(0, self.rating_residual_sd, (people, items))
        rated: np.ndarray = np.clip(np.round(self.rating + own + its + single), WORST, BEST)
        return rated

    def _items(
        self, random: np.random.Generator, sd: float, items: int, pieces: int | None
    ) -> np.ndarray:
        """What makes each item easy or good, shape (1, items)."""
        its: np.ndarray = random.normal(0, sd, (1, items))
        if pieces is None or pieces == items:
            return its
        shared = random.normal(0, sd, (1, pieces))[:, np.arange(items) % pieces]
        both: np.ndarray = math.sqrt(self.of_piece) * shared + math.sqrt(1 - self.of_piece) * its
        return both


def simulate(
    people: Mapping[str, int],
    items: int = 20,
    seed: int = 0,
    truth: Truth | None = None,
    catch: int = 2,
    strengths: Sequence[float] = (1.0,),
    pieces: int | None = None,
) -> pd.DataFrame:
    """The ratings of simulated participants, a table as of `survey.ratings.rating_table`.

    Parameters
    ----------
    people : dict
        How many of which kind, kinds as in `PEOPLE`.
    items : int
        Transfers, half of them lower, half higher; all participants rate all.
    seed : int
    truth : Truth
        How realistic participants answer.
    catch : int
        How many identical and how many swapped pairs come on top.
    strengths : sequence of float
        Items have them in turn.
    pieces : int
        Items, catch trials too, are segments of so many pieces in turn; if None, nothing tells of
        which piece they are, and each is as one of its own.

    Raises
    ------
    ValueError
        If a kind of people is unknown, or there are less than one piece or more than items.
    """
    for kind in people:
        if kind not in PEOPLE:
            raise ValueError(f"there are no {kind!r} participants; use {', '.join(PEOPLE)}")
    if pieces is not None and not 1 <= pieces <= items:
        raise ValueError(f"{items} items are of 1 to {items} pieces, not of {pieces}")
    truth = truth or Truth()
    random = np.random.default_rng(seed)
    stimuli = _stimuli(random, items, catch, strengths, pieces)
    kinds = np.repeat(list(people), list(people.values()))
    directions = _directions(random, kinds, stimuli, truth, pieces)
    count = len(stimuli["item"])
    scores = {scale: _scores(random, kinds, count, truth, pieces) for scale in SCALES}
    order = random.random((len(kinds), len(stimuli["item"]))).argsort(axis=1).argsort(axis=1)
    seconds = np.round(random.lognormal(np.log(25), 0.25, order.shape), 1)
    return _table(
        kinds, stimuli, {"heard": directions, "position": order, "seconds": seconds, **scores}
    )


def _stimuli(
    random: np.random.Generator,
    items: int,
    catch: int,
    strengths: Sequence[float],
    pieces: int | None,
) -> dict[str, np.ndarray]:
    n = items + 2 * catch
    kind = np.repeat(["transfer", "identical", "swapped"], [items, catch, catch])
    number = np.arange(n)
    # A piece's segments are lower and higher in turn, also where the number of pieces is even.
    turn = number if pieces is None or pieces % 2 else number + number // pieces
    signs = np.where(turn % 2, 1, -1) * (kind != "identical")
    strength = np.resize(np.repeat(strengths, 2), n) * (kind != "identical")
    stimuli = {
        "item": np.array([f"{name}-{at:03d}" for at, name in enumerate(kind)]),
        "kind": kind,
        "intended": np.array(DIRECTIONS)[signs + 1],
        "strength": strength,
    }
    if pieces is not None:
        stimuli["source"] = np.array([f"piece {at:02d}" for at in number % pieces + 1])
        stimuli["segment"] = number // pieces
    for name in sorted(PAPER):  # as the columns are sorted
        stimuli[CHANGE + name] = np.round(signs * strength * random.gamma(4, 0.25, n), 4)
    return stimuli


def _directions(
    random: np.random.Generator,
    kinds: np.ndarray,
    stimuli: dict[str, np.ndarray],
    truth: Truth,
    pieces: int | None,
) -> np.ndarray:
    shape = (len(kinds), len(stimuli["item"]))
    intended = np.broadcast_to([SIDES[word] for word in stimuli["intended"]], shape)
    agrees = truth.agreements(random, *shape, pieces) > 0
    agrees |= (stimuli["kind"] == "identical") & (random.random(shape) < truth.agreement)
    otherwise = (intended + random.integers(1, 3, shape)) % 3
    guess = random.integers(0, 3, shape)
    lean = np.where(random.random(shape) < LEAN, SIDES["lower"], guess)
    answers = {
        "realistic": np.where(agrees, intended, otherwise),
        "perfect": intended,
        "random": guess,
        "biased": lean,
        "lazy": np.full(shape, SIDES["same"]),
    }
    words: np.ndarray = np.array(DIRECTIONS)[_chosen(kinds, answers)]
    return words


def _scores(
    random: np.random.Generator, kinds: np.ndarray, items: int, truth: Truth, pieces: int | None
) -> np.ndarray:
    shape = (len(kinds), items)
    usual = truth.ratings(random, *shape, pieces)
    answers = {
        "realistic": usual,
        "perfect": usual,
        "random": random.integers(WORST, BEST + 1, shape).astype(float),
        "biased": usual,
        "lazy": np.full(shape, (WORST + BEST) / 2),
    }
    return _chosen(kinds, answers)


def _chosen(kinds: np.ndarray, answers: dict[str, np.ndarray]) -> np.ndarray:
    return np.stack([answers[kind][at] for at, kind in enumerate(kinds)])


def _table(
    kinds: np.ndarray, stimuli: dict[str, np.ndarray], answers: dict[str, np.ndarray]
) -> pd.DataFrame:
    people, items = answers["heard"].shape
    names = np.array([f"{kind}-{at:05d}" for at, kind in enumerate(kinds)])
    columns: dict[str, list[object]] = {
        "study": ["simulated"] * (people * items),
        "participant": np.repeat(names, items).tolist(),
        "finished": [True] * (people * items),
        **{name: np.tile(values, people).tolist() for name, values in stimuli.items()},
        **{name: values.ravel().tolist() for name, values in answers.items()},
    }
    dictionary = ordered(list(PAPER))
    for column in dictionary:
        blank = "" if column.form == "text" else None
        columns.setdefault(column.name, [blank] * (people * items))
    return table_of(columns, dictionary)
