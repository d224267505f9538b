"""Studies to try the survey with: rows and clips of the usual number and size, made of nothing."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from db.database import Database
from db.migrate import upgrade
from db.models import TRANSFER, Clip, Stimulus, StimulusClip, Study, now
from survey.core import texts
from survey.core.settings import Settings
from survey.designs import registry
from survey.designs.design import REFERENCE, Item

NAME = "trial"
CLIP_BYTES = 142_848  # of a clip of the default study
CLIP_SECONDS = 5.9
PAIRS, CATCH, PRACTICE = 20, 4, 2
ITEMS, SYSTEMS = 10, ("alder", "birch", "cedar")  # of designs whose questions are data
TRIALS = {"ab": 20, "mushra": 10}  # of one participant
NAMES = {TRANSFER: NAME, "ab": f"{NAME}-ab", "mushra": f"{NAME}-mushra"}  # of studies, by design

Replies = Callable[[dict[str, Any], random.Random], dict[str, Any]]


def _preference(trial: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    return {"preference": dice.randint(-3, 3)}


def _quality(trial: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    return {"quality": [dice.randint(0, 100) for _ in list(trial["clips"])[1:]]}


# By design, what somebody replies to a trial; None: direction and ratings.
REPLIES: dict[str, Replies | None] = {TRANSFER: None, "ab": _preference, "mushra": _quality}


def make(
    settings: Settings, clip_bytes: int = CLIP_BYTES, designs: Sequence[str] = (TRANSFER,)
) -> None:
    """An open study of each design, called as `NAMES` has it, its clips random bytes.

    That of the design `TRANSFER` has 20 transfers, 4 catch trials and 2 of practice; the others
    have 10 items of 3 systems and a reference.
    """
    database = Database(settings.database_url)
    upgrade(database)
    settings.audio.mkdir(parents=True, exist_ok=True)
    rng = random.Random(0)
    with database.write() as session:
        for design in designs:
            if design == TRANSFER:
                _transfers(session, settings, rng, clip_bytes)
            else:
                _rated(session, settings, rng, clip_bytes, design)
    database.close()


def _study(session: Session, design: str, trials: int, questions: Sequence[Any] = ()) -> Study:
    study = Study(
        name=NAMES[design],
        design=design,
        questions=list(questions),
        title="A trial",
        state="open",
        opened_at=now(),
        trials_each=trials,
        rules={},
        build={},
    )
    session.add(study)
    session.flush()
    return study


def _clip(session: Session, settings: Settings, rng: random.Random, size: int) -> Clip:
    content = rng.randbytes(size)
    sha256 = hashlib.sha256(content).hexdigest()
    (settings.audio / f"{sha256}.mp3").write_bytes(content)
    clip = Clip(sha256=sha256, bytes=size, seconds=CLIP_SECONDS)
    session.add(clip)
    session.flush()
    return clip


def _transfers(session: Session, settings: Settings, rng: random.Random, size: int) -> None:
    kinds = ["transfer"] * PAIRS + ["identical", "swapped"] * (CATCH // 2) + ["practice"] * PRACTICE
    study = _study(session, TRANSFER, PAIRS)
    for number, kind in enumerate(kinds):
        clips = [_clip(session, settings, rng, size) for _ in range(2)]
        session.add(
            Stimulus(
                study_id=study.id,
                name=f"{kind}-{number}",
                kind=kind,
                intended="same" if kind == "identical" else ("lower", "higher")[number % 2],
                strength=1.0,
                first_id=clips[0].id,
                second_id=clips[kind != "identical"].id,
            )
        )


def _rated(session: Session, settings: Settings, rng: random.Random, size: int, name: str) -> None:
    design = registry.find(name)
    design_questions = design.questions(texts.for_design(texts.load(texts.DEFAULT), name))
    questions = [question.model_dump(mode="json") for question in design_questions]
    study = _study(session, name, TRIALS[name], questions)
    for number in range(ITEMS):
        item = Item(f"item-{number}", SYSTEMS, has_reference=True)
        clips = {one: _clip(session, settings, rng, size) for one in (REFERENCE, *SYSTEMS)}
        for order, systems in enumerate(design.stimuli(item)):
            first, second, *more = (clips[system].id for system in systems)
            session.add(
                Stimulus(
                    study_id=study.id,
                    name=f"{item.name}-{order}",
                    kind="rated",
                    item=item.name,
                    systems=list(systems),
                    first_id=first,
                    second_id=second,
                    more=[StimulusClip(place=at, clip_id=one) for at, one in enumerate(more, 2)],
                )
            )
