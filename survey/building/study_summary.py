"""A built study in a few lines: how many pairs, and what the transfer did to them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from db.models import MAIN, Stimulus, Study
from survey.comparisons import shares
from survey.comparisons.anchors import is_anchor
from survey.core import study_trials, texts
from survey.records.preregistration import WANTED
from survey.statistics.estimate import t_quantile
from survey.statistics.pieces import FEW_PIECES
from survey.statistics.precision import UNLIMITED

STATES = {"draft": "a draft", "open": "open", "closed": "closed"}
NAMES = {"higher": "low to high", "lower": "high to low"}


def lines(study: Study) -> list[str]:
    """Sentences for a terminal."""
    kinds = Counter(stimulus.kind for stimulus in study.stimuli)
    sources = {s.source for s in study.stimuli if s.kind in MAIN}
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    sentences = [
        f"Study {study.name} is {STATES[study.state]}: {counts} (seed {study.build['seed']}, "
        f"{len(sources)} pieces, clips of {study.stimuli[0].first.seconds:.1f} s).",
    ]
    sentences += warnings(study)
    if "stimuli" in study.build:
        return [*sentences, *_of_systems(study)]
    for intended in NAMES:
        some = [s for s in study.stimuli if s.kind == "transfer" and s.intended == intended]
        for strength in sorted({s.strength for s in some}):
            sentences.append(_line(study, [s for s in some if s.strength == strength]))
    return sentences


def systems(study: Study) -> str:
    """Who made what is heard, and in how many trials; anchors apart."""
    main = [stimulus for stimulus in study.stimuli if stimulus.kind in MAIN]
    heard = Counter(name for s in main for name in dict.fromkeys(s.systems or [s.checkpoint]))
    of_systems, anchors = (
        ", ".join(
            f"“{name}” in {count}"
            for name, count in sorted(heard.items())
            if is_anchor(name) == are_anchors
        )
        for are_anchors in (False, True)
    )
    return f"{of_systems}; anchors: {anchors}" if anchors else of_systems


def _of_systems(study: Study) -> list[str]:
    """What is heard of whom, and what is asked."""
    question_names = ", ".join(str(question["name"]) for question in study.questions)
    sentences = [f"Design {study.design}; systems, and in how many trials: {systems(study)}."]
    sentences.append(f"One participant has {study.trials_each} of these trials.")
    repeats = study.build.get("repeats", 0)
    if repeats:
        sentences.append(f"Of these {repeats} {'comes' if repeats == 1 else 'come'} once more.")
    return [*sentences, f"Asked: {question_names}."] if question_names else sentences


def warnings(study: Study) -> list[str]:
    """What is better known before anybody is asked: few pieces, trials that do not go round, a text
    that lacks something."""
    words = (*_few_pieces(study), *_uneven(study), *_unheard(study), *texts.unsaid(study))
    return [f"Warning: {each}" for each in words]


def _few_pieces(study: Study) -> list[str]:
    pieces = len({s.source for s in study.stimuli if s.kind in MAIN and s.source})
    if not 0 < pieces < FEW_PIECES:
        return []
    if pieces == 1:
        return ["all trials are of one piece. Nothing will be known of other pieces."]
    wider = t_quantile(pieces - 1) / t_quantile(UNLIMITED)
    return [
        f"{pieces} pieces are few. What is of one piece is alike, so intervals count "
        f"pieces: for so few alone they are {wider:.1f} times as wide as for many. Take "
        f"{FEW_PIECES} pieces or more; more of the same pieces, or more participants, do not help."
    ]


def _uneven(study: Study) -> list[str]:
    """Where one person's trials do not go round all that is compared."""
    compared = {frozenset(s.systems) for s in study.stimuli if s.kind in MAIN and s.systems}
    if not compared:
        return []
    name = shares.name_of(max(map(len, compared)))
    return shares.uneven(study.trials_each, study_trials.most(study.stimuli), len(compared), name)


def _unheard(study: Study) -> list[str]:
    """Where as many people as are wanted cannot hear all."""
    goal = int(study.build.get(WANTED) or 0)
    if not goal:
        return []
    count = sum(stimulus.kind in MAIN for stimulus in study.stimuli)
    people = f"as many participants as are wanted, {goal},"
    return shares.unheard(people, goal, study.trials_each, count)


def changes(stimuli: list[Stimulus]) -> dict[str, float]:
    """Mean measured change of every attribute, second clip less first."""
    names = stimuli[0].measured
    return {
        name: float(
            np.mean([s.measured[name]["after"] - s.measured[name]["before"] for s in stimuli])
        )
        for name in names
    }


def moved(study: Study, stimuli: list[Stimulus]) -> int:
    """Pairs in which the model hears arousal move as intended, from first to second clip."""
    sign = {"higher": 1, "same": 0, "lower": -1}
    arousal = [study.build["items"][s.name]["arousal"] for s in stimuli]
    return sum(
        bool(np.sign(after - before) == sign[str(s.intended)])
        for s, (before, after) in zip(stimuli, arousal, strict=True)
    )


def _line(study: Study, some: list[Stimulus]) -> str:
    densities = ", ".join(f"{name} density {change:+.2f}" for name, change in changes(some).items())
    way = NAMES[str(some[0].intended)]
    return (
        f"{way}, strength {some[0].strength:g}: {densities}; the model hears "
        f"{moved(study, some)} of {len(some)} move that way."
    )
