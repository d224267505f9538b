"""A study of sounds from anywhere: checked, made equally loud and equally long, and named apart.

All is read and measured before anything is written. Clips are coded anew, so that neither names nor
tags nor sizes of files tell who made them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fadernets.playback import audio
from survey.analysis.number_format import counted
from survey.building import clips, pairs, provenance, sounds, stimuli_file
from survey.building.clips import RecordedClip
from survey.building.corpus import Progress
from survey.building.insert import RecordedStudy
from survey.building.pairs import CATCH, Pair
from survey.building.sounds import Sound, SoundError, decibels
from survey.building.stimuli_file import ListedItem, SoundFile
from survey.building.study_spec import BuildError, StudySpec
from survey.comparisons.anchors import is_anchor
from survey.comparisons.repeats import REPEAT, SUFFIX
from survey.core import texts
from survey.core.settings import Settings
from survey.designs import registry
from survey.designs.design import REFERENCE, Design, DesignError
from survey.designs.questions import Question, QuestionError, parsed
from survey.designs.ratings import RESERVED

LOUDEST = -16.0  # LUFS, to which all are brought if none is cut off by that
SOFTEST = -35.0  # LUFS: softer, and people turn the volume up
MOST_PADDING = 2.0  # seconds of silence after the shortest that are worth telling
UNLIKE = 0.5  # seconds by which an item's versions differ that are worth telling
Discard = Callable[[Collection[str]], None]  # called with the hashes of clips that may go
Tell = Callable[[Sequence[str]], None]  # called with what is better known
LONGEST_TRIAL = 64  # characters of its name
NAMED = 5  # faults that are said one by one
QUESTION_SECONDS, OTHER_SECONDS = 6.0, 3.0  # for one answer; for going on


@dataclass(frozen=True, eq=False)
class Checked:
    """The sounds of a table, measured.

    Attributes
    ----------
    items : list of ListedItem
    sounds : dict
        By file, without their samples.
    gains : dict
        By file, a factor.
    lufs : float or None
        Loudness that all get; None: they stay as they are.
    samples : int
        Length of every clip.
    folder : Path
        Of the table, from which files are named.
    """

    items: list[ListedItem]
    sounds: Mapping[SoundFile, Sound]
    gains: Mapping[SoundFile, float]
    lufs: float | None
    samples: int
    folder: Path

    def systems(self) -> str:
        """Whose versions they are; reference and anchors are not counted among the systems."""
        names = list(dict.fromkeys(name for item in self.items for name in item.files))
        compared = [name for name in names if name != REFERENCE and not is_anchor(name)]
        beside = [name for name in names if name not in compared]
        said = f"{counted(len(compared), 'system')}: {', '.join(compared)}"
        return f"{said}; beside them {', '.join(beside)}." if beside else f"{said}."

    def report(self) -> list[str]:
        """What was measured, a line a file."""
        return [f"{file.named(self.folder)}: {sound.line()}" for file, sound in self.sounds.items()]

    def sentences(self) -> list[str]:
        """What is better known, how much can be used, and of whom it is."""
        level = f"at {self.lufs:.1f} LUFS" if self.lufs is not None else "left as loud as they are"
        made = sum(file.is_made for file in self.sounds)
        files, items = counted(len(self.sounds) - made, "file"), counted(len(self.items), "item")
        anchors = f", and {counted(made, 'anchor')} made of references," if made else ""
        warnings = [f"Warning: {remark}" for remark in self.remarks()]
        return [*warnings, f"{files} of {items}{anchors} can be used, {level}.", self.systems()]

    def remarks(self) -> list[str]:
        """What is better known before anybody hears them."""
        folder = self.folder
        found = [
            f"{file.named(folder)}: {remark}."
            for file, sound in self.sounds.items()
            for remark in sound.remarks()
        ]
        for item in self.items:
            lengths = [self.sounds[file].seconds for file in item.files.values()]
            if max(lengths) - min(lengths) > UNLIKE:
                found.append(
                    f"Item {item.name}: its versions last {min(lengths):.1f} to "
                    f"{max(lengths):.1f} s, which tells them apart."
                )
        lengths = [sound.seconds for sound in self.sounds.values()]
        if max(lengths) - min(lengths) > MOST_PADDING:
            found.append(
                f"All clips are as long as the longest, {max(lengths):.1f} s: after the shortest "
                f"come {max(lengths) - min(lengths):.1f} s of silence. Cut them to like lengths."
            )
        if self.lufs is not None and self.lufs < SOFTEST:
            softest = max(self.sounds, key=lambda file: _crest(self.sounds[file]))
            found.append(
                f"All clips are brought to {self.lufs:.1f} LUFS, which is soft, because "
                f"{softest.named(folder)} has peaks far above its loudness."
            )
        return found


def check(spec: StudySpec, progress: Progress = lambda *_: None) -> Checked:
    """Read and measure all sounds of a table; writes nothing.

    Raises
    ------
    BuildError
        If the table or some of its files cannot be used.
    """
    if spec.stimuli is None:
        raise BuildError("There is no table of sounds.")
    items = stimuli_file.read(spec.stimuli)
    anchors = registry.find(spec.design).anchors if spec.anchors is None else spec.anchors
    items = stimuli_file.with_anchors(items, anchors)
    files = list(dict.fromkeys(file for item in items for file in item.files.values()))
    measured: dict[SoundFile, Sound] = {}
    faults = []
    for number, file in enumerate(files):
        progress("checking", number, len(files))
        try:
            measured[file] = sounds.read(file.path, file.low_pass).without_samples()
        except SoundError as error:
            faults.append(f"{file.named(spec.stimuli.parent)}: {error}")
    progress("checking", len(files), len(files))
    if faults:
        more = f"; and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        named = "; ".join(faults[:NAMED])
        raise BuildError(f"{len(faults)} of {len(files)} files cannot be used: {named}{more}.")
    gains, lufs = _gains(measured, spec.loudness)
    samples = clips.whole_frames(max(sound.seconds for sound in measured.values()))
    return Checked(items, measured, gains, lufs, samples, spec.stimuli.parent)


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


def make(
    settings: Settings,
    spec: StudySpec,
    discard: Discard,
    progress: Progress = lambda *_: None,
    tell: Tell = lambda _: None,
) -> RecordedStudy:
    """Check and record all sounds; writes the clips to their folder, and no rows.

    Nothing is written where the table, its sounds or the design are refused. What was written goes
    again, by `discard`, if the rest cannot be; another study may have it by then.

    Raises
    ------
    BuildError
        If the sounds cannot be used, or the design cannot be made of them.
    survey.building.clips.ClipError, OSError
        If a clip is too soft, or the disk cannot be used.
    """
    design = registry.find(spec.design)
    checked = check(spec, progress)
    plans, questions, trials = check_design(spec, checked)
    tell(checked.sentences())
    before = {path.stem for path in settings.audio.glob("*.mp3")}
    stored: dict[SoundFile, RecordedClip] = {}
    try:
        for number, file in enumerate(checked.sounds):
            progress("recording", number, len(checked.sounds))
            sound = sounds.read(file.path, file.low_pass)
            if sound.sha256 != checked.sounds[file].sha256:
                raise BuildError(f"{file.path.name} was changed meanwhile.")
            data = clips.of_sound(sound.samples, checked.gains[file], checked.samples)
            stored[file] = clips.store(data, checked.samples, settings.audio)
        progress("recording", len(checked.sounds), len(checked.sounds))
        rng = np.random.default_rng(spec.seed)
        stimuli = (_transfers if design.is_transfer else _rated)(plans, stored, rng)
        if spec.repeats:
            stimuli = _named_apart([*stimuli, *_repeats(stimuli)])
    except BaseException:
        discard({clip.sha256 for clip in stored.values()} - before)
        raise
    record = provenance.of_sounds(
        spec,
        {file.named(checked.folder): sound.sha256 for file, sound in checked.sounds.items()},
        checked.lufs,
        checked.samples,
        stimuli,
        _trial_seconds(design, stimuli, questions),
    )
    return RecordedStudy(stimuli, "", record, trials, questions)


def _gains(
    measured: Mapping[SoundFile, Sound], loudness: str
) -> tuple[dict[SoundFile, float], float | None]:
    """A factor for each sound, and the loudness that all get by it."""
    if loudness == "align":
        # None is cut off: the one with the highest peaks over its loudness decides.
        lufs = min(LOUDEST, decibels(audio.PEAK) - max(map(_crest, measured.values())))
        return {file: 10 ** ((lufs - sound.lufs) / 20) for file, sound in measured.items()}, lufs
    rendered = [sound.peak for sound in measured.values() if sound.is_rendered]
    factor = audio.PEAK / max(rendered) if rendered else 1.0  # one for all MIDI
    return {file: factor if one.is_rendered else 1.0 for file, one in measured.items()}, None


def _crest(sound: Sound) -> float:
    """How far the peak is above the loudness, in dB."""
    return decibels(sound.peak) - sound.lufs


def _plans(
    design: Design, items: Sequence[ListedItem]
) -> list[tuple[ListedItem, list[tuple[str, ...]]]]:
    """Of every item, the trials that the design makes of it: the systems of their clips."""
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
    asked = spec.questions
    if asked is None:
        asked = tuple(design.questions(texts.for_design(texts.load(spec.language), design.name)))
    try:
        questions = parsed([question.model_dump() for question in asked], RESERVED)
    except QuestionError as error:
        raise BuildError(str(error)) from error
    if not design.is_transfer and not any(question.needed for question in questions):
        raise BuildError("A study needs a question that has to be answered.")
    return questions


def _rated(
    plans: Sequence[tuple[ListedItem, Sequence[tuple[str, ...]]]],
    stored: Mapping[SoundFile, RecordedClip],
    rng: np.random.Generator,
) -> list[Pair]:
    """The stimuli of a design whose questions are data, in an order that tells nothing."""
    numbers = stimuli_file.numbered([item for item, _ in plans])
    stimuli = []
    for item, all_systems in plans:
        for number, systems in enumerate(all_systems, 1):
            heard = [stored[item.files[system]] for system in systems]
            stimuli.append(
                Pair(
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
    return _named_apart([stimuli[at] for at in rng.permutation(len(stimuli))])


def _repeats(stimuli: Sequence[Pair]) -> list[Pair]:
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


def _transfers(
    plans: Sequence[tuple[ListedItem, Sequence[tuple[str, ...]]]],
    stored: Mapping[SoundFile, RecordedClip],
    rng: np.random.Generator,
) -> list[Pair]:
    """The pairs of the design `transfer`, with catch trials made of them."""
    numbers = stimuli_file.numbered([item for item, _ in plans])
    transfers = []
    for item, all_systems in plans:
        for _, system in all_systems:
            transfers.append(
                Pair(
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
    return _named_apart([*main, *catches, *(pair for pair in transfers if pair not in main)])


def _check_directions(plans: Sequence[tuple[ListedItem, Sequence[tuple[str, ...]]]]) -> None:
    for item, all_systems in plans:
        for _, system in all_systems:
            if system not in item.directions:
                raise BuildError(
                    f"Item {item.name} says no direction for {system}: lower or higher."
                )


def _named_apart(stimuli: Sequence[Pair]) -> list[Pair]:
    names = [pair.name for pair in stimuli]
    for name in names:
        if names.count(name) > 1:
            raise BuildError(f"Two trials would be called {name!r}; give items other names.")
    return list(stimuli)


def _trial_seconds(design: Design, stimuli: Sequence[Pair], questions: Sequence[Question]) -> float:
    """About how long a trial takes: its clips heard once, and all answered."""
    if design.is_transfer:
        heard = sum(clip.seconds for clip in stimuli[0].clips)
        return round(heard + 5 * QUESTION_SECONDS / 2 + OTHER_SECONDS, 1)
    sizes = [len(one.systems) for one in stimuli]
    size = max(sizes)
    asked = sum(len(design.compared(size)) if one.each else 1 for one in questions)
    heard = size * stimuli[0].first.seconds
    return round(heard + asked * QUESTION_SECONDS + OTHER_SECONDS, 1)
