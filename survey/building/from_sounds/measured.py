"""The sounds of a table, measured: whether they can be used, how loud and how long they become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fadernets.playback import audio
from survey.analysis.number_format import counted
from survey.building import clips, stimuli_file
from survey.building.corpus import Progress
from survey.building.from_sounds import sounds
from survey.building.from_sounds.sound_file import SoundError
from survey.building.from_sounds.sounds import AnalysedSound, decibels
from survey.building.stimuli_file import ListedItem, SoundFile
from survey.building.study_spec import BuildError, StudySpec
from survey.comparisons.anchors import is_anchor
from survey.designs import registry
from survey.designs.design import REFERENCE

LOUDEST = -16.0  # LUFS, to which all are brought if none is cut off by that
SOFTEST = -35.0  # LUFS: softer, and people turn the volume up
MOST_PADDING = 2.0  # seconds of silence after the shortest that are worth telling
UNLIKE = 0.5  # seconds by which an item's versions differ that are worth telling
NAMED = 100  # files that cannot be used and are named


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
    sounds: Mapping[SoundFile, AnalysedSound]
    gains: Mapping[SoundFile, float]
    lufs: float | None
    samples: int
    folder: Path

    def systems(self) -> str:
        """The systems whose versions these are, in words; reference and anchors are not counted."""
        names = list(dict.fromkeys(name for item in self.items for name in item.files))
        compared = [name for name in names if name != REFERENCE and not is_anchor(name)]
        beside = [name for name in names if name not in compared]
        sentence = f"{counted(len(compared), 'system')}: {', '.join(compared)}"
        return f"{sentence}; beside them {', '.join(beside)}." if beside else f"{sentence}."

    def report(self) -> list[str]:
        """What was measured, a line a file."""
        return [
            f"{file.name_in(self.folder)}: {sound.line()}" for file, sound in self.sounds.items()
        ]

    def sentences(self) -> list[str]:
        """What is better known, how much can be used, and of whom it is."""
        level = f"at {self.lufs:.1f} LUFS" if self.lufs is not None else "left as loud as they are"
        anchor_count = sum(file.is_made for file in self.sounds)
        files, items = (
            counted(len(self.sounds) - anchor_count, "file"),
            counted(len(self.items), "item"),
        )
        anchors = (
            f", and {counted(anchor_count, 'anchor')} made of references," if anchor_count else ""
        )
        warnings = [f"Warning: {remark}" for remark in self.remarks()]
        return [*warnings, f"{files} of {items}{anchors} can be used, {level}.", self.systems()]

    def remarks(self) -> list[str]:
        """What is better known before anybody hears them."""
        folder = self.folder
        remarks = [
            f"{file.name_in(folder)}: {remark}."
            for file, sound in self.sounds.items()
            for remark in sound.remarks()
        ]
        for item in self.items:
            lengths = [self.sounds[file].seconds for file in item.files.values()]
            if max(lengths) - min(lengths) > UNLIKE:
                remarks.append(
                    f"Item {item.name}: its versions last {min(lengths):.1f} to "
                    f"{max(lengths):.1f} s, which tells them apart."
                )
            remarks += _same(item, self.sounds)
        lengths = [sound.seconds for sound in self.sounds.values()]
        if max(lengths) - min(lengths) > MOST_PADDING:
            remarks.append(
                f"All clips are as long as the longest, {max(lengths):.1f} s: after the shortest "
                f"come {max(lengths) - min(lengths):.1f} s of silence. Cut them to like lengths."
            )
        if self.lufs is not None and self.lufs < SOFTEST:
            softest = max(self.sounds, key=lambda file: _crest(self.sounds[file]))
            remarks.append(
                f"All clips are brought to {self.lufs:.1f} LUFS, which is soft, because "
                f"{softest.name_in(folder)} has peaks far above its loudness."
            )
        return remarks


def _same(item: ListedItem, measured: Mapping[SoundFile, AnalysedSound]) -> Iterator[str]:
    """Versions of an item that are one file, or files of the same bytes."""
    systems: dict[str, list[str]] = {}
    for system, file in item.files.items():
        if not file.is_made:
            systems.setdefault(measured[file].sha256, []).append(system)
    for alike in systems.values():
        if len(alike) > 1:
            yield f"Item {item.name}: {' and '.join(alike)} are the same sound."


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
    measured: dict[SoundFile, AnalysedSound] = {}
    faults: dict[str, list[str]] = {}  # files by what is wrong with them
    for number, file in enumerate(files):
        progress("checking", number, len(files))
        try:
            measured[file] = sounds.read(file.path, file.low_pass).without_samples()
        except SoundError as error:
            faults.setdefault(str(error), []).append(file.name_in(spec.stimuli.parent))
    progress("checking", len(files), len(files))
    if faults:
        raise BuildError(_unusable(faults, len(files)))
    gains, lufs = _gains(measured, spec.loudness)
    samples = clips.whole_frames(max(sound.seconds for sound in measured.values()))
    return Checked(items, measured, gains, lufs, samples, spec.stimuli.parent)


def _unusable(faults: Mapping[str, list[str]], files: int) -> str:
    """Which files cannot be used, by the reason why not."""
    count, left, parts = sum(map(len, faults.values())), NAMED, []
    for fault, names in faults.items():
        if left > 0:
            parts.append(f"{', '.join(names[:left])}: {fault}")
        left -= len(names)
    more = f"; and {-left} more" if left < 0 else ""
    return f"{count} of {files} files cannot be used: {'; '.join(parts)}{more}."


def _gains(
    measured: Mapping[SoundFile, AnalysedSound], loudness: str
) -> tuple[dict[SoundFile, float], float | None]:
    """A factor for each sound, and the loudness that all get by it."""
    if loudness == "align":
        # None is cut off: the one with the highest peaks over its loudness decides.
        lufs = min(LOUDEST, decibels(audio.PEAK) - max(map(_crest, measured.values())))
        return {file: 10 ** ((lufs - sound.lufs) / 20) for file, sound in measured.items()}, lufs
    rendered = [sound.peak for sound in measured.values() if sound.is_rendered]
    factor = audio.PEAK / max(rendered) if rendered else 1.0  # one for all MIDI
    return {file: factor if one.is_rendered else 1.0 for file, one in measured.items()}, None


def _crest(sound: AnalysedSound) -> float:
    """How far the peak is above the loudness, in dB."""
    return decibels(sound.peak) - sound.lufs
