"""Simulated listeners of any design whose trials have one of four forms.

How good system s sounds to person p in item i is crossed and random:
``g = m(s) + P(p) + PS(p, s) + I(i) + IS(i, s) + e``, each term normal with a standard deviation of
its own, in points of the question's scale; e is drawn anew for every clip heard. A part of an
item's terms (`OF_PIECE`) is its piece's. Means m lie evenly about the middle of the scale, from the
first system to the last; an open reference's lies near the top.

- rating: the question is asked of a clip; the answer is g, rounded, within the scale.
- preference: the question is asked of two clips; the answer is g of the second less g of the first.
- choice: the third of three clips is one of the first two; people hear which with the probability
  d, and guess otherwise. The logit of d has a normal term of the person and one of the item.

Listeners are realistic, or perfect (no term but m; always right), random (any answer as well as any
other), biased (a quarter of the scale too high, or for the second clip; nine times in ten for the
first choice) or lazy (the middle, or the first choice, always).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from survey.core import texts
from survey.designs.design import REFERENCE, Design, DesignError, Item
from survey.designs.questions import Question
from survey.statistics.simulation import LEAN, PEOPLE, Truth

OF_PIECE = Truth.of_piece
HIGH = 0.95  # how far up the scale an open reference sounds
FIVE_STEPS = 4.0  # points of a scale from 1 to 5, for which standard deviations are known
SURE = 1e-6  # d, and its distance from 1, at least
CHANCE = 0.5  # of two choices
RATING, PREFERENCE, CHOICE = "rating", "preference", "choice"


@dataclass(frozen=True)
class Spread:
    """Standard deviations: in points of the scale, or in logits where there is a choice.

    Attributes
    ----------
    participant, item : float
        Alike for all systems.
    participant_system, item_system, answer : float
        Of each system by itself, and of each clip heard; none where there is a choice.
    """

    participant: float
    item: float
    participant_system: float
    item_system: float
    answer: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (value >= 0 and math.isfinite(value)):
                raise ValueError(f"the standard deviation {name} is 0 or more, not {value}")


# Those of `benchmarks.design_coverage`, in points from 1 to 5; and those of `Truth`, in logits.
OF_FIVE_STEPS = Spread(0.5, 0.35, 0.3, 0.25, 0.9)
OF_CHOICE = Spread(Truth.participant_sd, Truth.item_sd, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Form:
    """What is heard and asked in the trials of a design.

    Attributes
    ----------
    design : Design
    question : Question
        The one that has a number, or two choices.
    kind : str
        `RATING`, `PREFERENCE` or `CHOICE`.
    names : tuple of str
        Systems; the reference is the last, if there is one.
    trials : tuple
        Of an item: groups of trials of which a person hears one, each trial the places of its
        clips' systems in `names`.
    """

    design: Design
    question: Question
    kind: str
    names: tuple[str, ...]
    trials: tuple[tuple[tuple[int, ...], ...], ...]

    @property
    def size(self) -> int:
        """How many clips a trial has."""
        return len(self.trials[0][0])

    @property
    def spread(self) -> Spread:
        """The standard deviations to assume unless others are known."""
        if self.kind == CHOICE:
            return OF_CHOICE
        points = 1.0 if self.kind == PREFERENCE else self.span / FIVE_STEPS
        return Spread(*(value * points for value in vars(OF_FIVE_STEPS).values()))

    @property
    def span(self) -> int:
        """From the least to the most that can be answered."""
        return self.question.most - self.question.least


def form_of(design: Design, systems: int) -> Form:
    """The trials of a design of so many systems, with the question that it asks by default.

    Raises
    ------
    ValueError
        If nobody can be simulated who answers it.
    """
    if not 2 <= systems <= 20:
        raise ValueError(f"2 to 20 systems can be compared, not {systems}")
    questions = design.questions(texts.for_design(texts.load(texts.DEFAULT), design.name))
    names = tuple(f"system-{number:02d}" for number in range(1, systems + 1))
    try:
        trials = design.stimuli(Item("item", names, design.has_reference))
        design.check(trials)
    except DesignError as error:
        raise ValueError(str(error).rstrip(".")) from error
    for question in questions:
        kind = _kind(question, len(trials[0]))
        if kind:
            known = (*names, REFERENCE) if any(REFERENCE in one for one in trials) else names
            groups: dict[frozenset[str], list[tuple[int, ...]]] = {}
            for one in trials:
                places = tuple(known.index(name) for name in one)
                groups.setdefault(frozenset(one), []).append(places)
            return Form(design, question, kind, known, tuple(map(tuple, groups.values())))
    raise ValueError(f"nobody can be simulated who answers the questions of design {design.name}")


def _kind(question: Question, size: int) -> str | None:
    if question.is_number and (question.each or size == 1):
        return RATING
    if question.is_number and size == 2:
        return PREFERENCE
    if question.kind == "choice" and len(question.choices) == 2 and size == 3:
        return CHOICE
    return None


@dataclass(frozen=True)
class Answers:
    """What simulated people heard and said, one row an answer.

    Attributes
    ----------
    person, item, order : int arrays, shape (answers,)
        From 0; `order` is the place of the trial in the person's.
    clips : int array, shape (answers, clips)
        Systems in the order heard.
    trial : int array, shape (answers,)
        Which of an item's trials, from 0.
    replies : float array, shape (answers, compared clips or 1)
        Numbers, or the place of what was chosen, 0 or 1.
    """

    person: np.ndarray
    item: np.ndarray
    order: np.ndarray
    clips: np.ndarray
    trial: np.ndarray
    replies: np.ndarray


@dataclass(frozen=True)
class Listening:
    """A study to be simulated.

    Attributes
    ----------
    form : Form
    difference : float
        Between the first system and the last, in points; where there is a choice, the share of
        right answers above one half, over all people and items.
    spread : Spread
    items, pieces, trials : int
        Items, of how many pieces they are in turn, and how many trials a person has.
    """

    form: Form
    difference: float
    spread: Spread
    items: int
    pieces: int
    trials: int

    @property
    def most(self) -> int:
        """How many trials one person can have."""
        return self.items * len(self.form.trials)

    @property
    def stimuli(self) -> int:
        """How many trials there are, those of the same versions in every order."""
        return self.items * sum(map(len, self.form.trials))

    def __post_init__(self) -> None:
        if self.items < 2:
            raise ValueError(f"a study has at least 2 items, not {self.items}")
        if not 2 <= self.pieces <= self.items:
            raise ValueError(
                f"{self.items} items are of 2 to {self.items} pieces, not {self.pieces}"
            )
        if not 1 <= self.trials <= self.most:
            raise ValueError(f"a participant has 1 to {self.most} trials, not {self.trials}")
        most = CHANCE - 0.01 if self.form.kind == CHOICE else self.form.span
        if not 0 <= self.difference <= most:
            raise ValueError(f"the difference is from 0 to {most:g}, not {self.difference}")

    def drawn(self, kinds: Sequence[str], random: np.random.Generator) -> Answers:
        """What people of these kinds answer, one of `PEOPLE` each."""
        people = len(kinds)
        heard = self._heard(people, random)
        of_kind = np.array([PEOPLE.index(kind) for kind in kinds])[heard.person]
        if self.form.kind == CHOICE:
            replies = self._chosen(heard, of_kind, people, random)
        else:
            replies = self._numbers(heard, of_kind, people, random)
        return replace(heard, replies=replies)

    def _heard(self, people: int, random: np.random.Generator) -> Answers:
        """Who hears what: every order of a pair is heard by as many.

        As in a study (`survey.participant.assignment`) everybody has as many trials of each group,
        or one more; of which items is drawn for every group by itself.
        """
        form = self.form
        each, more = divmod(self.trials, len(form.trials))
        has_more = random.random((people, len(form.trials))).argsort(axis=1) < more
        persons, items, trials = [], [], []
        first = 0
        for number, group in enumerate(form.trials):
            places = random.random((people, self.items)).argsort(axis=1)
            chosen = places < each + has_more[:, [number]]
            turns = np.tile(np.arange(people)[:, None] % len(group), (1, self.items))
            person, item = np.nonzero(chosen)
            persons.append(person)
            items.append(item)
            trials.append(first + random.permuted(turns, axis=0)[person, item])
            first += len(group)
        person, item, trial = map(np.concatenate, (persons, items, trials))
        clips = np.array([one for group in form.trials for one in group])[trial]
        if form.design.is_shuffled:
            compared = form.design.compared(form.size)
            clips[:, compared] = random.permuted(clips[:, compared], axis=1)
        by_person = np.lexsort((random.random(len(person)), person))
        order = np.empty(len(person), dtype=int)
        starts = np.searchsorted(person[by_person], np.arange(people))
        order[by_person] = np.arange(len(person)) - starts[person[by_person]]
        return Answers(person, item, order, clips, trial, np.empty((0, 0)))

    def _items(self, sd: float, random: np.random.Generator, *more: int) -> np.ndarray:
        """Terms of items, shape (items, ...), of which pieces have a part in common."""
        shared = random.normal(0, sd, (self.pieces, *more))[np.arange(self.items) % self.pieces]
        own = random.normal(0, sd, (self.items, *more))
        return np.asarray(math.sqrt(OF_PIECE) * shared + math.sqrt(1 - OF_PIECE) * own)

    def means(self) -> np.ndarray:
        """How good systems sound to a middling person in a middling item, from the middle."""
        systems = len([name for name in self.form.names if name != REFERENCE])
        means = np.linspace(-0.5, 0.5, systems) * self.difference
        reference = [(HIGH - 0.5) * self.form.span] * (len(self.form.names) - systems)
        return np.concatenate([means, reference])

    def _numbers(
        self, heard: Answers, of_kind: np.ndarray, people: int, random: np.random.Generator
    ) -> np.ndarray:
        spread, means, count = self.spread, self.means(), len(self.form.names)
        of_people = random.normal(0, spread.participant, (people, 1)) + random.normal(
            0, spread.participant_system, (people, count)
        )
        of_items = self._items(spread.item, random, 1)
        of_items = of_items + self._items(spread.item_system, random, count)
        rows = heard.clips[:, self.form.design.compared(self.form.size)]
        usual = means[rows] + random.normal(0, spread.answer, rows.shape)
        usual += of_people[heard.person[:, None], rows] + of_items[heard.item[:, None], rows]
        exact = means[rows]
        if self.form.kind == PREFERENCE:
            usual, exact = np.diff(usual, axis=1), np.diff(exact, axis=1)
        question = self.form.question
        lean = self.form.span / 4
        by_kind = {
            "realistic": usual,
            "perfect": exact,
            "random": random.integers(question.least, question.most + 1, usual.shape)
            - question.middle,
            "biased": usual + lean,
            "lazy": np.zeros_like(usual),
        }
        answered = question.middle + _of(by_kind, of_kind)
        return np.clip(np.floor(answered + 0.5), question.least, question.most)

    def _chosen(
        self, heard: Answers, of_kind: np.ndarray, people: int, random: np.random.Generator
    ) -> np.ndarray:
        own = random.normal(0, self.spread.participant, people)[heard.person]
        its = self._items(self.spread.item, random)[heard.item]
        known = 2 * self.difference
        hears = 0.0 if known == 0 else expit(logit(self.heard_by_middling()) + own + its)
        is_second = heard.clips[:, 2] == heard.clips[:, 1]
        guess = random.integers(0, 2, len(own))
        discriminates = random.random(len(own)) < hears
        by_kind = {
            "realistic": np.where(discriminates, is_second, guess),
            "perfect": is_second.astype(int),
            "random": guess,
            "biased": np.where(random.random(len(own)) < LEAN, 0, guess),
            "lazy": np.zeros(len(own), dtype=int),
        }
        return _of(by_kind, of_kind)[:, None].astype(float)

    def heard_by_middling(self) -> float:
        """How often a middling person hears which it was, in a middling item."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        sd = math.hypot(self.spread.participant, self.spread.item)

        def missed(middle: float) -> float:
            shares = expit(middle + nodes * sd)
            return float((weights * shares).sum() / weights.sum()) - 2 * self.difference

        if 2 * self.difference <= SURE:
            return SURE
        return float(expit(brentq(missed, -60, 60)))


def _of(by_kind: Mapping[str, np.ndarray], of_kind: np.ndarray) -> np.ndarray:
    """The answers of each row's kind of people."""
    return np.asarray(
        np.stack([by_kind[kind] for kind in PEOPLE])[of_kind, np.arange(len(of_kind))]
    )
