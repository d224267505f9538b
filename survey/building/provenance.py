"""How a study was built, in so much detail that it can be built again: kept beside the study."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import soundfile

import fadernets
from fadernets import checkpoint
from fadernets.playback import audio
from survey.building import clips, selection
from survey.building.corpus import Work
from survey.building.pairs import Recording, StimulusPair
from survey.building.selection import Pool
from survey.building.study_spec import StudySpec
from survey.designs import registry
from survey.records.record_types import (
    BuildRecord,
    CheckpointRecord,
    ItemRecord,
    MusicRecord,
    SelectionRecord,
    SoundRecord,
    SoundsItemRecord,
    SoundsRecord,
)

if TYPE_CHECKING:
    from fadernets import FaderNet

VERSIONS = ("numpy", "torch", "music21", "midirenderer", "soundfile")


def record(
    spec: StudySpec,
    net: FaderNet,
    music: Sequence[Work],
    unread: dict[str, str],
    pool: Pool,
    samples: int,
    pairs: Sequence[StimulusPair],
    recorded: Sequence[Recording],
) -> BuildRecord:
    """What `db.models.Study.build` keeps, as JSON.

    Parameters
    ----------
    music, unread, pool
        What was read, what was not, and what could be chosen from.
    samples : int
        Length of every clip.
    pairs, recorded
        All pairs, and what they were made of.
    """
    return {
        "seed": spec.seed,
        "pairs": spec.pairs,
        "strengths": list(spec.strengths),
        "checkpoint": _checkpoint(spec.checkpoint),
        "music": _music(spec, music, unread | pool.left_out),
        "selection": _selection(spec, pool),
        "clips": _sound(samples),
        "items": _items(pairs, net, recorded),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """The versions of Python and of every library that has a say in the bytes of a clip."""
    return {
        "python": platform.python_version(),
        "fadernets": fadernets.__version__,
        "libsndfile": soundfile.__libsndfile_version__,
        **{name: version(name) for name in VERSIONS},
    }


def of_sounds(
    spec: StudySpec,
    files: Mapping[str, str],
    lufs: float | None,
    samples: int,
    pairs: Sequence[StimulusPair],
    trial_seconds: float,
) -> SoundsRecord:
    """The same of a study of sounds from anywhere.

    Parameters
    ----------
    files : mapping
        File, as the table names it, to the hash of its bytes.
    lufs : float or None
        Loudness of all clips, if they were aligned.
    samples : int
        Length of every clip.
    """
    return {
        "seed": spec.seed,
        "stimuli": dict(files),
        "loudness": spec.loudness,
        "anchors": list(
            registry.find(spec.design).anchors if spec.anchors is None else spec.anchors
        ),
        "lufs": lufs,
        "clips": {
            "samples": samples,
            "rate": audio.RATE,
            "kbits": clips.KBITS,
            "lead": clips.LEAD_SECONDS,
        },
        "items": {pair.name: _sounds_item(pair) for pair in pairs},
        "trial_seconds": trial_seconds,
        "repeats": spec.repeats,
        "versions": versions(),
    }


def _sounds_item(pair: StimulusPair) -> SoundsItemRecord:
    item: SoundsItemRecord = {"clips": [clip.sha256 for clip in pair.clips]}
    if pair.settings:
        item["settings"] = pair.settings
    return item


def _checkpoint(name: str | None) -> CheckpointRecord:
    folders = checkpoint.parts(name)
    sums = b"".join((folder / checkpoint.SUMS).read_bytes() for folder in folders)
    return {"name": folders[0].name, "sums_sha256": hashlib.sha256(sums).hexdigest()}


def _music(spec: StudySpec, music: Sequence[Work], left_out: dict[str, str]) -> MusicRecord:
    return {
        "from": "music21" if spec.midi is None else "midi",
        "works": {work.name: work.sha256 for work in music},
        "left_out": left_out,
    }


def _selection(spec: StudySpec, pool: Pool) -> SelectionRecord:
    return {
        "by": spec.chosen_by,
        "candidates": len(pool.candidates),
        "low_up_to": pool.limits[0],
        "high_from": pool.limits[1],
        "unchanged": [list(pair) for pair in pool.unchanged],
        "seconds": [selection.SHORTEST, selection.LONGEST],
        "most_each": selection.MOST_EACH,
    }


def _sound(samples: int) -> SoundRecord:
    font = Path(os.environ.get("FADERNETS_SOUNDFONT") or audio.PIANO).expanduser()
    with font.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "samples": samples,
        "rate": audio.RATE,
        "kbits": clips.KBITS,
        "lead": clips.LEAD_SECONDS,
        "tail": clips.TAIL_SECONDS,
        "synthesiser": os.environ.get("FADERNETS_SYNTHESISER") or audio.DEFAULT,
        "soundfont_sha256": digest,
    }


def _items(
    pairs: Sequence[StimulusPair], net: FaderNet, recorded: Sequence[Recording]
) -> dict[str, ItemRecord]:
    """The hashes of every pair's clips, and the arousal that the model hears in them."""
    notes, stored = [], []
    for recording in recorded:
        take = recording.take
        notes += [take.candidate.notes, *take.results.values()]
        stored += [recording.original, *recording.results.values()]
    arousal = {
        clip.sha256: value for clip, value in zip(stored, net.arousal(notes).tolist(), strict=True)
    }
    return {
        pair.name: {
            "clips": [pair.first.sha256, pair.second.sha256],
            "arousal": [arousal[pair.first.sha256], arousal[pair.second.sha256]],
        }
        for pair in pairs
    }
