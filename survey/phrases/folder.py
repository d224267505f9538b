"""A folder of phrases, before and after, with the table of sounds that names them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from fadernets.atomic_file import replacing
from survey.phrases.choice import PhraseTake
from survey.phrases.plan import TABLE
from survey.phrases.system import System
from survey.ratings.csv_file import write_csv

HEADER = [
    *("item", "system", "file", "reference", "source", "direction", "model", "strength"),
    *("settings", "practice"),
]


@dataclass(frozen=True)
class Origin:
    """Where phrases come from, so that they can be made again.

    Attributes
    ----------
    music : str
        "midi" or "music21".
    digests : dict
        Name of a piece to its file's SHA-256; None for scores of music21.
    options : str
        Of the command that makes the same from the same music.
    """

    music: str
    digests: Mapping[str, str | None]
    options: str


def write(
    out: Path, takes: Sequence[PhraseTake], systems: Sequence[System], practice: int, origin: Origin
) -> Path:
    """Write MIDI files and their table to a new folder, whole or not at all; the table's path.

    The first `practice` phrases of each way are for practice.

    Raises
    ------
    OSError
        If there is something at `out`, or the disk cannot be written to.
    """
    if out.exists():
        raise FileExistsError(17, "it is there already", str(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as folder:
        folder.mkdir()
        rows = []
        counts: dict[str, int] = {}
        for take in takes:
            number = counts[take.way.name] = counts.get(take.way.name, 0) + 1
            item = f"{take.way.name}-{number:02d}"
            original = f"{item}-original.mid"
            (folder / original).write_bytes(take.original)
            settings_text = json.dumps(_made(take, systems, origin))
            for place, system in enumerate(systems, 1):
                name = f"{item}-{place}.mid"
                (folder / name).write_bytes(take.results[system.name])
                rows.append(
                    (
                        *(item, system.name, name, original, take.phrase.work),
                        *(take.way.direction, system.net.name, system.strength),
                        *(settings_text, number <= practice),
                    )
                )
        write_csv(pd.DataFrame(rows, columns=HEADER), folder / TABLE)
    return out / TABLE


def _made(take: PhraseTake, systems: Sequence[System], origin: Origin) -> dict[str, object]:
    """How an item's versions came about."""
    phrase = take.phrase
    return {
        "music": origin.music,
        "piece": phrase.work,
        "sha256": origin.digests[phrase.work],
        "bars": list(phrase.bars),
        "seconds": round(phrase.seconds, 2),
        "arousal": round(phrase.arousal, 3),
        "moods": take.way.moods,
        "segments": len(phrase.segments),
        "systems": {
            system.name: {
                "model": system.net.name,
                "strength": system.strength,
                "changed": take.changed[system.name],
            }
            for system in systems
        },
        "options": origin.options,
    }
