"""A study to try the survey with: rows and clips of the usual number and size, made of nothing."""

from __future__ import annotations

import hashlib
import random

from db.database import Database
from db.migrate import upgrade
from db.models import Clip, Stimulus, Study, now
from survey.core.settings import Settings

NAME = "trial"
CLIP_BYTES = 142_848  # of a clip of the default study
PAIRS, CATCH, PRACTICE = 20, 4, 2


def make(settings: Settings, clip_bytes: int = CLIP_BYTES) -> None:
    """An open study of 20 transfers, 4 catch trials and 2 of practice, its clips random bytes."""
    database = Database(settings.database_url)
    upgrade(database)
    settings.audio.mkdir(parents=True, exist_ok=True)
    rng = random.Random(0)
    kinds = ["transfer"] * PAIRS + ["identical", "swapped"] * (CATCH // 2) + ["practice"] * PRACTICE
    with database.write() as session:
        study = Study(
            name=NAME,
            title="A trial",
            state="open",
            opened_at=now(),
            trials_each=PAIRS,
            rules={},
            build={},
        )
        session.add(study)
        session.flush()
        for number, kind in enumerate(kinds):
            clips = []
            for _ in range(2):
                content = rng.randbytes(clip_bytes)
                sha256 = hashlib.sha256(content).hexdigest()
                (settings.audio / f"{sha256}.mp3").write_bytes(content)
                clips.append(Clip(sha256=sha256, bytes=clip_bytes, seconds=5.9))
            session.add_all(clips)
            session.flush()
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
    database.close()
