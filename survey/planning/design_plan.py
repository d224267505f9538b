"""The question of `survey.plan` for a design whose questions are data, and its answer in words."""

from __future__ import annotations

from dataclasses import dataclass

from survey.comparisons import shares
from survey.designs.design import Design
from survey.planning.design_power import DesignExpectation, expected, needed
from survey.planning.listeners import CHOICE, PREFERENCE, Form, Listening, Spread, form_of
from survey.planning.power import MOST_PARTICIPANTS, Tick
from survey.statistics.pieces import FEW_PIECES

USUAL = 48  # participants
TENTH = 10  # of the scale: the difference that is assumed unless another is told
CHOSEN = 0.1  # the same above guessing one of two


@dataclass(frozen=True)
class DesignPlan:
    """What is asked.

    Attributes
    ----------
    study : Listening
    participants, width, effect : number or None
        So many; or how many for an interval so wide; or to find a difference so large. One at most.
    power : float
        How often an effect is to be found.
    careless : float
        Share of participants who answer at random.
    runs, seed : int
    """

    study: Listening
    participants: int | None
    width: float | None
    effect: float | None
    power: float
    careless: float
    runs: int
    seed: int

    def __post_init__(self) -> None:
        if not 0 <= self.careless <= 1:
            raise ValueError(f"the careless share is from 0 to 1, not {self.careless}")
        if self.runs < 1:
            raise ValueError(f"there is at least one run, not {self.runs}")
        if self.width is not None and not self.width > 0:
            raise ValueError(f"width is more than 0, not {self.width}")
        if self.effect is not None and not self.effect > 0:
            raise ValueError(f"effect is more than 0, not {self.effect}")
        if not 0 < self.power < 1:
            raise ValueError(f"power is between 0 and 1, not {self.power}")

    def answer(self, tick: Tick) -> DesignExpectation | None:
        """What is expected of the study; None if no number of participants is enough."""
        how = (self.careless, self.runs, self.seed, tick)
        width = self.width
        if width is not None:
            return needed(
                self.study, lambda one: one.width is not None and one.width <= width, *how
            )
        if self.effect is not None:
            return needed(self.study, lambda one: one.power >= self.power, *how)
        return expected(self.study, self.participants or USUAL, *how)

    def sentences(self, answer: DesignExpectation | None) -> list[str]:
        """The answer, with all that it assumes."""
        study, form = self.study, self.study.form
        goal = ""
        if self.width is not None:
            goal = f"the comparison's 95 % interval to be at most {self.width:g} wide"
        elif self.effect is not None:
            goal = f"{_difference(study)}, found {self.power:.0%} of the time"
        if answer is None:
            return [
                f"For {goal}, {MOST_PARTICIPANTS} participants are not enough: it takes more "
                f"pieces of music than {study.pieces}.",
                *self._assumed(),
            ]
        sentences = [f"For {goal}: {answer.participants} participants."] if goal else []
        value, width = (
            "unknown" if one is None else f"{one:.3f}" for one in (answer.value, answer.width)
        )
        return [
            *sentences,
            f"{answer.participants} participants, {study.trials} of {study.most} trials each, of "
            f"{study.items} items of {study.pieces} pieces, {len(form.names)} systems"
            f"{', the reference among them' if form.design.has_reference else ''}, "
            f"{self.careless:.0%} careless; {self.runs} simulated studies of the design "
            f"{form.design.name}:",
            *self._few_pieces(),
            *(f"  {words}" for words in self._left_out(answer.participants)),
            f"  {_measure(form)}: {value}, 95 % interval {width} wide (medians); the intervals "
            f"hold the assumed value in {answer.covered:.0%} of the studies",
            f"  the difference is found (Holm's p below 0.05) in {answer.power:.0%} of the studies",
            *self._assumed(),
        ]

    def _few_pieces(self) -> list[str]:
        if self.study.pieces >= FEW_PIECES:
            return []
        return [
            f"  {self.study.pieces} pieces are few: more of them make intervals narrower, more "
            "items of the same pieces or people hardly do"
        ]

    def _left_out(self, participants: int) -> list[str]:
        """Trials that do not go round what is compared, stimuli that nobody hears."""
        study = self.study
        trials, groups = study.trials, study.form.trials
        name = shares.name_of(len(set(groups[0][0])))
        return [
            *shares.uneven(trials, study.most, len(groups), name),
            *shares.unheard(f"{participants} participants", participants, trials, study.stimuli),
        ]

    def _assumed(self) -> list[str]:
        spread, form = self.study.spread, self.study.form
        first = f"  assumed: {_difference(self.study)}"
        if form.kind == CHOICE:
            return [
                f"{first}, for who does not hear it guesses; standard deviations in logits of "
                f"hearing it: participants {spread.participant:g}, items {spread.item:g}"
            ]
        question = form.question
        return [
            f"{first}, on the scale from {question.least} to {question.most}; standard deviations "
            f"in points: participants {spread.participant:g}, and to each system apart "
            f"{spread.participant_system:g}; items {spread.item:g}, and of each system apart "
            f"{spread.item_system:g}; single answers {spread.answer:g}. The defaults are those of "
            "the software's own simulations: better ones come from a pilot"
        ]


def study_of(
    design: Design,
    systems: int,
    difference: float | None,
    spread: dict[str, float | None],
    items: int,
    pieces: int | None,
    trials: int | None,
    each: int | None,
) -> Listening:
    """A study to be simulated; what is None is as usual.

    Parameters
    ----------
    design : Design
    systems : int
        How many are compared.
    difference : float or None
        Between the first and the last; a tenth of the scale unless told.
    spread : dict
        Fields of `Spread`.
    items, pieces : int
    trials, each : int or None
        How many trials one participant has, or of how many items as many: one of the two.

    Raises
    ------
    ValueError
        If there can be no such study.
    """
    form = form_of(design, systems)
    overrides = {name: value for name, value in spread.items() if value is not None}
    if form.kind == CHOICE and set(overrides) - {"participant", "item"}:
        raise ValueError(
            f"the design {design.name} has no points, only participants and items that differ"
        )
    if each is not None and not 1 <= each <= items:
        raise ValueError(f"a participant hears 1 to {items} items, not {each}")
    if trials is None:
        trials = (items if each is None else each) * len(form.trials)
    usual = CHOSEN if form.kind == CHOICE else form.span / TENTH
    return Listening(
        form,
        usual if difference is None else difference,
        Spread(**{**vars(form.spread), **overrides}),
        items,
        min(items, FEW_PIECES) if pieces is None else pieces,
        trials,
    )


def _measure(form: Form) -> str:
    if form.kind == CHOICE:
        return "share of right answers"
    if form.kind == PREFERENCE:
        return "mean preference for the last system over the first"
    return "mean of the last system less that of the first"


def _difference(study: Listening) -> str:
    if study.form.kind == CHOICE:
        return f"{study.difference:g} more right answers than the half that guessing gives"
    return f"{study.difference:g} points between the first system and the last"
