"""The trials that a design makes of measured sounds, their order telling nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from survey.building import pairs, stimuli_file
from survey.building.clips import RecordedClip
from survey.building.from_sounds.measured import Checked
from survey.building.pairs import CATCH, StimulusPair
from survey.building.stimuli_file import ListedItem, SoundFile
from survey.building.study_spec import BuildError, StudySpec
from survey.comparisons.repeats import REPEAT, SUFFIX
from survey.core import texts
from survey.designs import registry
from survey.designs.design import REFERENCE, Design, DesignError
from survey.designs.questions import Question, QuestionError, parsed
from survey.designs.ratings import RESERVED

LONGEST_TRIAL = 64  # characters of its name


def check_design(
    spec: StudySpec, checked: Checked
) -> tuple[list[tuple[ListedItem, list[tuple[str, ...]]]], list[Question], int]:
    """The trials of every item, the questions, and how many trials one participant can have.

    Raises
    ------
    BuildError
        If the design cannot be made of these sounds.
    """
    design = registry.find(spec.design)
    plans = _plans(design, checked.items)
    if design.is_transfer:
        _check_directions(plans)
    questions = _questions(design, spec)
    main = [(item, systems) for item, systems in plans if not item.is_practice]
    trials = len({(item.name, frozenset(one)) for item, systems in main for one in systems})
    if not trials:
        raise BuildError("There is nothing to rate: all items are for practice.")
    if spec.trials_each is not None and spec.trials_each > trials:
        raise BuildError(f"A participant cannot have {spec.trials_each} of {trials} trials.")
    each = spec.trials_each or trials
    if spec.repeats > each // 2:
        raise BuildError(
            f"Of {each} trials of a participant up to {each // 2} can be repeated, so that others "
            f"come between, and not {spec.repeats}."
        )
    return plans, questions, trials


def _plans(
    design: Design, items: Sequence[ListedItem]
) -> list[tuple[ListedItem, list[tuple[str, ...]]]]:
    """The trials that the design makes of every item, each as the systems of its clips."""
    plans = []
    for item in items:
        try:
            systems = design.stimuli(item.item)
            design.check(systems)
        except DesignError as error:
            raise BuildError(str(error)) from error
        if systems:
            plans.append((item, systems[:1] if item.is_practice else systems))
    return plans


def _questions(design: Design, spec: StudySpec) -> list[Question]:
    """What is asked, as the spec has it, or else the design."""
    definitions = spec.questions
    if definitions is None:
        definitions = tuple(
            design.questions(texts.for_design(texts.load(spec.language), design.name))
        )
    try:
        questions = parsed([question.model_dump() for question in definitions], RESERVED)
    except QuestionError as error:
        raise BuildError(str(error)) from error
    if not design.is_transfer and not any(question.needed for question in questions):
        raise BuildError("A study needs a question that has to be answered.")
    return questions


def rated(
    plans: Sequence[tuple[ListedItem, Sequence[tuple[str, ...]]]],
    stored: Mapping[SoundFile, RecordedClip],
    rng: np.random.Generator,
) -> list[StimulusPair]:
    """The stimuli of a design whose questions are data, in an order that tells nothing."""
    numbers = stimuli_file.numbered([item for item, _ in plans])
    stimuli = []
    for item, all_systems in plans:
        for number, systems in enumerate(all_systems, 1):
            heard = [stored[item.files[system]] for system in systems]
            stimuli.append(
                StimulusPair(
                    name=item.name if len(all_systems) == 1 else f"{item.name}-{number:02d}",
                    kind="practice" if item.is_practice else "rated",
                    intended=None,
                    strength=0.0,
                    source=item.source,
                    segment=numbers[item.name],
                    measured={},
                    first=heard[0],
                    second=heard[min(1, len(heard) - 1)],
                    item=item.name,
                    systems=tuple(systems),
                    text=item.text,
                    more=tuple(heard[2:]),
                    settings=item.settings,
                )
            )
    return named_apart([stimuli[at] for at in rng.permutation(len(stimuli))])


def repeated(stimuli: Sequence[StimulusPair]) -> list[StimulusPair]:
    """Every trial once more, to be heard by who has heard it."""
    longest = LONGEST_TRIAL - len(SUFFIX)
    for one in stimuli:
        if len(one.name) > longest:
            raise BuildError(f"{one.name!r} is too long a name for a trial that is repeated.")
    return [
        replace(one, name=f"{one.name}{SUFFIX}", kind=REPEAT)
        for one in stimuli
        if one.kind == "rated"
    ]


def transfers_of(
    plans: Sequence[tuple[ListedItem, Sequence[tuple[str, ...]]]],
    stored: Mapping[SoundFile, RecordedClip],
    rng: np.random.Generator,
) -> list[StimulusPair]:
    """The pairs of the design `transfer`, with catch trials made of them."""
    numbers = stimuli_file.numbered([item for item, _ in plans])
    transfers = []
    for item, all_systems in plans:
        for _, system in all_systems:
            transfers.append(
                StimulusPair(
                    name=item.name if len(all_systems) == 1 else f"{item.name}-{system}"[:64],
                    kind="practice" if item.is_practice else "transfer",
                    intended=item.directions[system],
                    strength=item.strengths.get(system, 1.0),
                    source=item.source,
                    segment=numbers[item.name],
                    measured={},
                    first=stored[item.files[REFERENCE]],
                    second=stored[item.files[system]],
                    checkpoint=item.models.get(system, system),
                    settings=item.settings,
                )
            )
    main = [pair for pair in transfers if pair.kind == "transfer"]
    chosen = [main[at] for at in rng.permutation(len(main))[: 2 * CATCH]]
    catches = [
        pairs.identical_of(pair, f"identical-{number}")
        for number, pair in enumerate(chosen[:CATCH], 1)
    ]
    catches += [
        pairs.swapped_of(pair, f"swapped-{number}") for number, pair in enumerate(chosen[CATCH:], 1)
    ]
    return named_apart([*main, *catches, *(pair for pair in transfers if pair not in main)])


def _check_directions(plans: Sequence[tuple[ListedItem, Sequence[tuple[str, ...]]]]) -> None:
    for item, all_systems in plans:
        for _, system in all_systems:
            if system not in item.directions:
                raise BuildError(
                    f"Item {item.name} says no direction for {system}: lower or higher."
                )


def named_apart(stimuli: Sequence[StimulusPair]) -> list[StimulusPair]:
    """The same trials; raises BuildError if two of them have one name."""
    names = [pair.name for pair in stimuli]
    for name in names:
        if names.count(name) > 1:
            raise BuildError(f"Two trials would be called {name!r}; give items other names.")
    return list(stimuli)
