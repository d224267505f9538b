"""The clips of a study: segments chosen, transferred, recorded, and written to their folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from db.database import Database, DatabaseError
from db.models import Study
from fadernets import mood_classifier
from fadernets.checkpoint import CheckpointError
from fadernets.playback.audio import AudioError
from survey.building import clips, corpus, insert, provenance, selection
from survey.building.clips import ClipError
from survey.building.corpus import CorpusError, Progress
from survey.building.from_sounds import measured, trials
from survey.building.from_sounds import study as sounds_study
from survey.building.from_sounds.study import Tell
from survey.building.insert import RecordedStudy, check_name, may_open, register
from survey.building.pairs import Recording, pairs
from survey.building.selection import Listener, SegmentTake, SelectionError
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings
from survey.designs.questions import parsed
from survey.journal.durability import durability
from survey.records.record_types import ItemRecord, SoundsItemRecord

if TYPE_CHECKING:
    from fadernets import FaderNet

# Errors of `build` whose message is one sentence for a person
REFUSALS = (
    AudioError,
    BuildError,
    CheckpointError,
    ClipError,
    DatabaseError,
    SelectionError,
    CorpusError,
)


FILES_PER_PAIR = 2  # of MIDI; a third of their segments may be chosen in each direction


def look(spec: StudySpec, progress: Progress, tell: Tell) -> None:
    """Read the sounds of a table and say what is in them; writes nothing.

    Raises
    ------
    BuildError
        If they cannot be used.
    """
    checked = measured.check(spec, progress)
    trials.check_design(spec, checked)
    tell([*checked.report(), *checked.sentences()])


def make(
    settings: Settings,
    spec: StudySpec,
    progress: Progress = lambda *_: None,
) -> RecordedStudy:
    """Choose, transfer and record segments; writes the clips to their folder, and no rows.

    Raises
    ------
    As `build` does.
    """
    net = _net(spec.checkpoint)
    rng = np.random.default_rng(spec.seed)
    unread: dict[str, str]
    if spec.midi is None:
        music, unread = corpus.from_corpus(progress), {}
    else:
        music, unread = corpus.from_folder(spec.midi, FILES_PER_PAIR * spec.pairs, rng, progress)
    selection.require_pieces(len(music), spec.pairs + 1)
    by_model = spec.chosen_by == "model"
    pool = selection.pool(music, _listener(spec, net), rng, progress, own_sides=by_model)
    selection.require(pool, spec.pairs + 1)
    takes = {
        target: selection.choose(pool, net, target, spec.pairs + 1, spec.strengths, rng)
        for target in selection.TARGETS
    }
    all_takes = [take for takes_of_one in takes.values() for take in takes_of_one]
    samples = clips.length(max(take.candidate.seconds for take in all_takes))
    recordings = _record(all_takes, samples, settings.audio, progress)
    by_target = {
        target: [recording for recording in recordings if recording.take.target == target]
        for target in takes
    }
    practice = [recordings_of_one.pop() for recordings_of_one in by_target.values()]
    all_pairs = pairs(by_target, practice, rng)
    record = provenance.record(spec, net, music, unread, pool, samples, all_pairs, recordings)
    return RecordedStudy(all_pairs, net.name, record)


def _listener(spec: StudySpec, net: FaderNet) -> Listener:
    """Who hears whether a segment is calm or energetic."""
    return net.arousal if spec.chosen_by == "model" else mood_classifier.of_arousal().probability


def _made(
    database: Database, settings: Settings, spec: StudySpec, progress: Progress, tell: Tell
) -> RecordedStudy:
    """See `make`; or of sounds from elsewhere."""
    if spec.stimuli is None:
        return make(settings, spec, progress)
    discard = partial(insert.discard, database, settings.audio)
    return sounds_study.make(settings, spec, discard, progress, tell)


def _net(name: str | None) -> FaderNet:
    """A model that knows arousal; refused before the music is read if it does not."""
    from fadernets import FaderNet  # brings PyTorch, which a study of sounds does without

    net = FaderNet.load(name)
    try:
        net.arousal([])
    except ValueError as error:
        raise BuildError(f"The model {net.name} cannot transfer arousal: {error}.") from error
    return net


def restore(
    database: Database,
    settings: Settings,
    spec: StudySpec,
    progress: Progress = lambda *_: None,
) -> None:
    """Write the clips of a study in the database again, after the disk has lost them.

    Parameters
    ----------
    spec : StudySpec
        Its name, and where the music and the model are; the rest is in the study's own record.

    Raises
    ------
    BuildError
        If there is no such study, or if the clips come out different from those it had.
    As `make` does.
    """
    with database.read() as session:
        study = session.scalar(select(Study).where(Study.name == spec.name))
    if study is None or "items" not in study.build:
        raise BuildError(f"There is no study named {spec.name} that was built here.")
    record = study.build
    same_spec = _spec_of(study, spec)
    new_study = _made(database, settings, same_spec, progress, lambda _: None)
    if _hashes(new_study.record["items"]) != _hashes(record["items"]):
        raise BuildError(
            f"The clips of {spec.name} came out different: the music, the model or a library is "
            "not what it was."
        )


def _spec_of(study: Study, spec: StudySpec) -> StudySpec:
    """What a study was built from, with the spec's music or sounds, which are not in its record."""
    record = study.build
    if "stimuli" in record:
        if spec.stimuli is None:
            raise BuildError(f"{study.name} was built from a table of sounds: add --stimuli FILE.")
        questions = tuple(parsed(study.questions)) or None
        return replace(
            spec,
            design=study.design,
            questions=questions,
            seed=record["seed"],
            loudness=record["loudness"],
            anchors=tuple(record["anchors"]),
            repeats=record.get("repeats", 0),
            trials_each=None,
        )
    return replace(
        spec,
        pairs=record["pairs"],
        strengths=tuple(record["strengths"]),
        seed=record["seed"],
        trials_each=None,
        chosen_by=record["selection"].get("by", "model"),
    )


def _hashes(
    items: Mapping[str, ItemRecord] | Mapping[str, SoundsItemRecord],
) -> dict[str, list[str]]:
    """The hashes of every pair's clips."""
    return {name: item["clips"] for name, item in items.items()}


def _record(
    takes: Sequence[SegmentTake], samples: int, folder: Path, progress: Progress
) -> list[Recording]:
    recordings = []
    for number, take in enumerate(takes):
        progress("recording", number, len(takes))
        segment = take.candidate
        versions = [segment.notes, *take.results.values()]
        original, *transferred = (
            clips.store(data, samples, folder)
            for data in clips.make(versions, segment.tempo, segment.seconds, samples)
        )
        recordings.append(
            Recording(take, original, dict(zip(take.results, transferred, strict=True)))
        )
    progress("recording", len(takes), len(takes))
    return recordings


def build(
    database: Database,
    settings: Settings,
    spec: StudySpec,
    progress: Progress = lambda *_: None,
    tell: Tell = lambda _: None,
) -> str:
    """Make a study and put it into the database; gives its name.

    `tell` is called with what is better known of the sounds of a table.

    The database must have its tables. If it is stopped, the database has no study; clips that are
    on the disk stay, and the next build finds them by their hash.

    Raises
    ------
    BuildError
        If the name is taken or the study may not be open here.
    fadernets.checkpoint.CheckpointError, survey.building.corpus.CorpusError,
    survey.building.selection.SelectionError, survey.building.clips.ClipError,
    fadernets.playback.audio.AudioError, OSError
        If the model, the music, the sound or the disk cannot be used.
    """
    check(database, settings, spec)
    new_study = _made(database, settings, spec, progress, tell)
    register(database, settings.audio, spec, new_study)
    return spec.name


def check(database: Database, settings: Settings, spec: StudySpec) -> None:
    """Refuse before the work what would be refused after it.

    Raises
    ------
    BuildError, survey.building.clips.ClipError
    """
    if spec.is_open and not may_open(database, settings):
        raise BuildError(durability(settings, database).sentence)
    clips.check_coder()
    with database.read() as session:
        check_name(session, spec.name)
