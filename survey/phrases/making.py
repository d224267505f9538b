"""Phrases made as planned: read, chosen, changed, written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from survey.analysis.number_format import counted
from survey.building import corpus
from survey.building.corpus import Progress
from survey.building.create import FILES_PER_PAIR
from survey.phrases import choice, folder
from survey.phrases.plan import PhrasesPlan
from survey.phrases.system import systems
from survey.phrases.way import ways


@dataclass(frozen=True)
class Made:
    """A folder of phrases.

    Attributes
    ----------
    table : Path
        For `StudySpec.stimuli`.
    sentences : list of str
        What is better known of it.
    left_out : dict
        Name of a piece to why it has no phrase.
    """

    table: Path
    sentences: list[str]
    left_out: dict[str, str]


def make(plan: PhrasesPlan, out: Path, progress: Progress) -> Made:
    """Make a folder of phrases, whole or not at all.

    Raises
    ------
    BuildError
        If a model cannot move what is asked for, or two have one name.
    fadernets.checkpoint.CheckpointError, survey.building.corpus.CorpusError,
    survey.building.selection.SelectionError, OSError
        If a model or the music cannot be used, there is too little of it, or `out` is there.
    """
    if out.exists():
        raise FileExistsError(17, "it is there already", str(out))
    plan_ways = ways(plan.ways)
    moods = {mood for way in plan_ways for mood in way.moods}
    compared = systems(plan.checkpoints, plan.strengths, moods)
    rng = np.random.default_rng(plan.seed)
    unread: dict[str, str] = {}
    if plan.midi is None:
        music = corpus.from_corpus(progress)
    else:
        most = FILES_PER_PAIR * plan.each * len(plan_ways)
        music, unread = corpus.from_folder(plan.midi, most, rng, progress)
    candidates, without = choice.candidates(music, compared, plan.seconds, progress)
    takes = choice.choose(music, candidates, compared, plan_ways, plan.each, rng, progress)
    names = list(dict.fromkeys(system.net.name for system in compared))
    digests = {work.name: work.sha256 for work in music}
    origin = folder.Origin("music21" if plan.midi is None else "midi", digests, plan.options(names))
    table = folder.write(out, takes, compared, plan.practice, origin)
    lengths = [take.phrase.seconds for take in takes]
    pieces = counted(len({take.phrase.work for take in takes}), "piece")
    sentences = [
        f"{counted(len(takes), 'phrase')} of {pieces}, {min(lengths):.1f} to {max(lengths):.1f} s, "
        f"drawn from {len(candidates)} of {counted(len(music) - len(without), 'piece')} "
        f"(seed {plan.seed})."
    ]
    for system in compared:
        changed = sum(take.changed[system.name] for take in takes)
        parts = sum(len(take.phrase.segments) for take in takes)
        sentences.append(f"{system.name} could change {changed} of their {parts} segments.")
    return Made(table, sentences, unread | without)
