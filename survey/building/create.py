"""The clips of a study: segments chosen, transferred, recorded, and written to their folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from db.database import Database, DatabaseError
from db.models import Study
from fadernets import FaderNet
from fadernets.checkpoint import CheckpointError
from fadernets.playback.audio import AudioError
from survey.building import clips, corpus, provenance, selection
from survey.building.clips import ClipError
from survey.building.corpus import Progress, WorkError
from survey.building.insert import Made, check_name, may_open, register
from survey.building.pairs import Recording, pairs
from survey.building.selection import SelectionError, Take
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings
from survey.journal.durability import durability

# What `build` says in one sentence for a person
REFUSALS = (
    AudioError,
    BuildError,
    CheckpointError,
    ClipError,
    DatabaseError,
    SelectionError,
    WorkError,
)


FILES_A_PAIR = 2  # of MIDI; a third of their segments may be chosen in each direction


def make(settings: Settings, plan: StudySpec, progress: Progress = lambda *_: None) -> Made:
    """Choose, transfer and record; the clips are then in their folder, the database is not asked.

    Raises
    ------
    As `build` does.
    """
    net = _net(plan.checkpoint)
    rng = np.random.default_rng(plan.seed)
    unread: dict[str, str]
    if plan.midi is None:
        music, unread = corpus.from_corpus(progress), {}
    else:
        music, unread = corpus.from_folder(plan.midi, FILES_A_PAIR * plan.pairs, rng, progress)
    selection.require_pieces(len(music), plan.pairs + 1)
    pool = selection.pool(music, net, rng, progress)
    selection.require(pool, plan.pairs + 1)
    takes = {
        target: selection.choose(pool, net, target, plan.pairs + 1, plan.strengths, rng)
        for target in selection.TARGETS
    }
    everything = [take for some in takes.values() for take in some]
    samples = clips.length(max(take.candidate.seconds for take in everything))
    recorded = _record(everything, samples, settings.audio, progress)
    by_target = {t: [r for r in recorded if r.take.target == t] for t in takes}
    practice = [some.pop() for some in by_target.values()]
    made = pairs(by_target, practice, rng)
    record = provenance.record(plan, net, music, unread, pool, samples, made, recorded)
    return Made(made, net.name, record)


def _net(name: str | None) -> FaderNet:
    """A model that knows arousal; found out before the music is read."""
    net = FaderNet.load(name)
    try:
        net.arousal([])
    except ValueError as error:
        raise BuildError(f"The model {net.name} cannot transfer arousal: {error}.") from error
    return net


def restore(
    database: Database,
    settings: Settings,
    plan: StudySpec,
    progress: Progress = lambda *_: None,
) -> None:
    """Write the clips of a study that is in the database anew, for a disk that lost them.

    Parameters
    ----------
    plan : Plan
        Its name, and where the music and the model are; the rest is in the study's own record.

    Raises
    ------
    BuildError
        If there is no such study, or if the clips come out different from those it had.
    As `make` does.
    """
    with database.read() as session:
        study = session.scalar(select(Study).where(Study.name == plan.name))
    if study is None or "items" not in study.build:
        raise BuildError(f"There is no study named {plan.name} that was built here.")
    old = study.build
    again = replace(
        plan,
        pairs=old["pairs"],
        strengths=tuple(old["strengths"]),
        seed=old["seed"],
        trials_each=None,
    )
    made = make(settings, again, progress)
    if _hashes(made.record) != _hashes(old):
        raise BuildError(
            f"The clips of {plan.name} came out different: the music, the model or a library is "
            "not what it was."
        )


def _hashes(record: dict[str, Any]) -> dict[str, list[str]]:
    return {name: item["clips"] for name, item in record["items"].items()}


def _record(
    takes: Sequence[Take], samples: int, folder: Path, progress: Progress
) -> list[Recording]:
    recorded = []
    for done, take in enumerate(takes):
        progress("recording", done, len(takes))
        own = take.candidate
        versions_ = [own.notes, *take.results.values()]
        stored = [
            clips.store(data, samples, folder)
            for data in clips.make(versions_, own.tempo, own.seconds, samples)
        ]
        results = dict(zip(take.results, stored[1:], strict=True))
        recorded.append(Recording(take, stored[0], results))
    progress("recording", len(takes), len(takes))
    return recorded


def build(
    database: Database, settings: Settings, plan: StudySpec, progress: Progress = lambda *_: None
) -> str:
    """Make a study and put it into the database; gives its name.

    The database must have its tables. Stopped anywhere, it leaves no study behind, only clips,
    which the next build finds again by their hash.

    Raises
    ------
    BuildError
        If the name is taken or the study may not be open here.
    fadernets.checkpoint.CheckpointError, survey.building.corpus.WorkError,
    survey.building.selection.SelectionError, survey.building.clips.ClipError,
    fadernets.playback.audio.AudioError, OSError
        If the model, the music, the sound or the disk cannot be used.
    """
    check(database, settings, plan)
    made = make(settings, plan, progress)
    register(database, plan, made)
    return plan.name


def check(database: Database, settings: Settings, plan: StudySpec) -> None:
    """Refuse before the work what would be refused after it.

    Raises
    ------
    BuildError, survey.building.clips.ClipError
    """
    if plan.is_open and not may_open(database, settings):
        raise BuildError(durability(settings, database).sentence)
    clips.check_coder()
    with database.read() as session:
        check_name(session, plan.name)
