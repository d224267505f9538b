"""Putting a study into the database: all of it in one transaction, or nothing."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.database import Database
from db.models import SIDES, TRANSFER, Audit, Clip, Stimulus, StimulusClip, Study, now
from survey.building.pairs import StimulusPair
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings
from survey.designs import rules
from survey.designs.questions import Question
from survey.journal.durability import durability
from survey.ratings.exclusion import NEW_STUDY_RULES, Rules
from survey.records.record_types import BuildRecord, SoundsRecord

CLIP_GONE = "A study that has some of the same clips was deleted meanwhile; please try again."
LONGEST_SOURCE = 300  # characters
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordedStudy:
    """A study whose clips are on the disk, ready to be registered.

    Attributes
    ----------
    pairs : list of StimulusPair
    model : str
        The checkpoint's name.
    record : BuildRecord or SoundsRecord
        How it was built: what `db.models.Study.build` keeps.
    trials : int or None
        How many one participant can have, where the spec does not tell.
    questions : list of Question
        What is asked; none in the design `transfer`.
    """

    pairs: list[StimulusPair]
    model: str
    record: BuildRecord | SoundsRecord = field(repr=False)
    trials: int | None = None
    questions: Sequence[Question] = ()


def may_open(database: Database, settings: Settings) -> bool:
    """Whether answers outlive a restart, or a copy will keep them, or the settings force it."""
    is_copied = settings.copied_to is not None
    return settings.force_open or is_copied or durability(settings, database).ok


def register(database: Database, folder: Path, spec: StudySpec, new_study: RecordedStudy) -> None:
    """Put a study into the database, in one transaction.

    Parameters
    ----------
    folder : Path
        Where the clips are.

    Raises
    ------
    BuildError
        If the name has been taken meanwhile, or a clip has gone with another study: it was there
        when this one was made, since both have it.
    """
    try:
        with database.write() as session:
            check_name(session, spec.name)
            add(session, spec, new_study)
            # From here on `discard`, of whatever process, finds that a study has them.
            names = {clip.sha256 for pair in new_study.pairs for clip in pair.clips}
            if not all((folder / f"{name}.mp3").is_file() for name in names):
                raise BuildError(CLIP_GONE)
    except IntegrityError as error:  # PostgreSQL: another build took the name before the commit
        raise BuildError(name_is_taken(spec.name)) from error


def keep_from_new(session: Session) -> None:
    """Until the transaction ends, no study is put in, by any process, that could have old clips.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE clips IN SHARE ROW EXCLUSIVE MODE"))


def discard(database: Database, folder: Path, hashes: Collection[str]) -> None:
    """Remove the files of clips that no study has; one that cannot be removed is logged."""
    if not hashes:
        return
    with database.write() as session:
        keep_from_new(session)
        hashes_in_use = set(session.scalars(select(Clip.sha256).where(Clip.sha256.in_(hashes))))
        for name in sorted(set(hashes) - hashes_in_use):
            try:
                (folder / f"{name}.mp3").unlink(missing_ok=True)
            except OSError as error:
                log.error("a clip that no study has could not be removed: %s", error.strerror)


def add(session: Session, spec: StudySpec, new_study: RecordedStudy) -> Study:
    """A study's rows, in a transaction of the caller's."""
    ids = _clip_rows(session, new_study.pairs)
    moment = now() if spec.is_open else None
    study = Study(
        name=spec.name,
        design=spec.design,
        questions=[question.model_dump(mode="json") for question in new_study.questions],
        title=spec.title,
        language=spec.language,
        contact=spec.contact,
        retention=spec.retention,
        information=spec.information,
        statement=spec.statement,
        state="open" if spec.is_open else "draft",
        opened_at=moment,
        trials_each=spec.trials_each or new_study.trials or spec.each,
        rules=dict(_rules(spec)),
        lease_minutes=spec.lease,
        build=dict(new_study.record),
    )
    session.add(study)
    session.flush()
    for pair in new_study.pairs:
        session.add(
            Stimulus(
                study_id=study.id,
                name=pair.name,
                kind=pair.kind,
                intended=pair.intended,
                strength=pair.strength,
                checkpoint=(pair.checkpoint or new_study.model)[:100],
                item=pair.item,
                systems=list(pair.systems),
                text=pair.text,
                source=pair.source[-LONGEST_SOURCE:],
                segment=pair.segment,
                measured=pair.measured,
                first_id=ids[pair.first.sha256],
                second_id=ids[pair.second.sha256],
                more=[
                    StimulusClip(place=place, clip_id=ids[clip.sha256])
                    for place, clip in enumerate(pair.more, len(SIDES))
                ],
            )
        )
        session.flush()  # one by one, so that ids rise in the order of the pairs
    for action in ("built", "opened") if spec.is_open else ("built",):
        session.add(Audit(actor=spec.actor, action=action, study_id=study.id))
    return study


def _rules(spec: StudySpec) -> Rules:
    """Whom the analysis leaves out: as asked, or as new studies of the design have it."""
    if spec.rules is not None:
        return spec.rules
    return NEW_STUDY_RULES if spec.design == TRANSFER else rules.NEW_STUDY_RULES


def check_name(session: Session, name: str) -> None:
    """Refuse a name that a study has already.

    Raises
    ------
    BuildError
    """
    if session.scalar(select(Study.id).where(Study.name == name)) is not None:
        raise BuildError(name_is_taken(name))


def name_is_taken(name: str) -> str:
    """What is said of a name that another study has."""
    return f"There is a study named {name} already; choose another name with --name."


def _clip_rows(session: Session, pairs: Sequence[StimulusPair]) -> dict[str, int]:
    """Rows of all clips, shared with other studies that have the same: hash -> id."""
    clips = {clip.sha256: clip for pair in pairs for clip in pair.clips}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    rows = [
        {"sha256": name, "bytes": clip.bytes, "seconds": clip.seconds}
        for name, clip in sorted(clips.items())  # in a fixed order: else two builds could deadlock
    ]
    session.execute(dialect.insert(Clip).on_conflict_do_nothing(), rows)
    stored = session.execute(select(Clip.sha256, Clip.id).where(Clip.sha256.in_(clips)))
    return {row.sha256: row.id for row in stored}
