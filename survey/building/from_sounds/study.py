"""A study of sounds from anywhere: checked, made equally loud and equally long, and named apart.

All is read and measured before anything is written. Clips are coded anew, so that neither names nor
tags nor sizes of files tell who made them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from survey.building import clips, provenance
from survey.building.clips import RecordedClip
from survey.building.corpus import Progress
from survey.building.from_sounds import sounds
from survey.building.from_sounds.measured import check
from survey.building.from_sounds.trials import (
    check_design,
    named_apart,
    rated,
    repeated,
    transfers_of,
)
from survey.building.insert import RecordedStudy
from survey.building.pairs import StimulusPair
from survey.building.stimuli_file import SoundFile
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings
from survey.designs import registry
from survey.designs.design import Design
from survey.designs.questions import Question

Discard = Callable[[Collection[str]], None]  # called with the hashes of clips that may go
Tell = Callable[[Sequence[str]], None]  # called with what is better known
QUESTION_SECONDS, OTHER_SECONDS = 6.0, 3.0  # for one answer; for going on


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
        stimuli = (transfers_of if design.is_transfer else rated)(plans, stored, rng)
        if spec.repeats:
            stimuli = named_apart([*stimuli, *repeated(stimuli)])
    except BaseException:
        discard({clip.sha256 for clip in stored.values()} - before)
        raise
    record = provenance.of_sounds(
        spec,
        {file.name_in(checked.folder): sound.sha256 for file, sound in checked.sounds.items()},
        checked.lufs,
        checked.samples,
        stimuli,
        _trial_seconds(design, stimuli, questions),
    )
    return RecordedStudy(stimuli, "", record, trials, questions)


def _trial_seconds(
    design: Design, stimuli: Sequence[StimulusPair], questions: Sequence[Question]
) -> float:
    """About how long a trial takes: its clips heard once, and all answered."""
    if design.is_transfer:
        heard = sum(clip.seconds for clip in stimuli[0].clips)
        return round(heard + 5 * QUESTION_SECONDS / 2 + OTHER_SECONDS, 1)
    sizes = [len(one.systems) for one in stimuli]
    size = max(sizes)
    reply_count = sum(len(design.compared(size)) if one.each else 1 for one in questions)
    heard = size * stimuli[0].first.seconds
    return round(heard + reply_count * QUESTION_SECONDS + OTHER_SECONDS, 1)
