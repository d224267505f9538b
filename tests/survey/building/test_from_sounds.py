"""A study of sounds from anywhere: equally loud, equally long, and named apart."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import func, select

from db.database import Database
from db.models import Clip, Study
from survey.build import main
from survey.building import clips
from survey.building.create import build, restore
from survey.building.from_sounds.measured import check
from survey.building.loudness import loudness
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings
from survey.designs.questions import Question
from tests.postgres import ONE
from tests.survey import sound_files
from tests.survey.built import Build
from tests.survey.sound_files import RATE, SYSTEMS, tone

pytestmark = ONE


def study_of(database: Database, name: str = "rated") -> Study:
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == name)).one()
        assert all(stimulus.clips for stimulus in study.stimuli)
    return study


def sound_of(settings: Settings, clip: Clip) -> np.ndarray:
    return clips.decode((settings.audio / f"{clip.sha256}.mp3").read_bytes())


@pytest.mark.slow
def test_clips_are_equally_loud_and_long(
    rated: Build, database: Database, settings: Settings
) -> None:
    rated("mos")
    study = study_of(database)
    files = list(settings.audio.glob("*.mp3"))
    assert len({path.stat().st_size for path in files}) == 1
    sounds = [sound_of(settings, stimulus.first) for stimulus in study.stimuli]
    assert len({len(sound) for sound in sounds}) == 1
    levels = [loudness(sound) for sound in sounds]
    assert np.ptp(levels) < 0.1
    # The silence around so short a sound takes half a LU.
    assert levels[0] == pytest.approx(study.build["lufs"], abs=0.7)
    assert study.build["lufs"] == pytest.approx(-16, abs=0.1)
    names = {name.encode() for name in (*SYSTEMS, "item0", "flac")}
    assert not any(name in path.read_bytes() for path in files for name in names)


@pytest.mark.slow
def test_left_alone_they_are_as_loud_as_they_were(
    rated: Build, database: Database, settings: Settings
) -> None:
    rated("mos", loudness="keep")
    levels: dict[str, list[float]] = {}
    for stimulus in study_of(database).stimuli:
        sound = loudness(sound_of(settings, stimulus.first))
        levels.setdefault(stimulus.systems[0], []).append(sound)
    alder, birch = (np.mean(levels[name]) for name in ("alder", "birch"))
    assert birch - alder == pytest.approx(6.02, abs=0.2)


def test_the_loudest_peak_decides_how_loud_all_are(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    """A click above soft sound must not be cut off."""
    sharp = tone(440, 0.02, 1.0)
    sharp[RATE // 2] = 0.9
    soundfile.write(tmp_path / "sharp.wav", sharp, RATE)
    soundfile.write(tmp_path / "even.wav", tone(440, 0.5, 1.0), RATE)
    rows = [{"item": "i", "system": name, "file": f"{name}.wav"} for name in ("sharp", "even")]
    spec = StudySpec(design="mos", stimuli=sound_files.table(tmp_path, rows))
    checked = check(spec)
    assert checked.lufs is not None and checked.lufs < -30
    peaks = [sound.peak * checked.gains[file] for file, sound in checked.sounds.items()]
    assert max(peaks) == pytest.approx(10 ** (-1 / 20), rel=1e-6)


def test_what_is_worth_telling_is_told(database: Database, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", tone(440, 0.2, 4.0), RATE)
    soundfile.write(tmp_path / "short.wav", np.clip(tone(440, 2, 1.0), -1, 1), RATE)
    rows = [{"item": "i", "system": name, "file": f"{name}.wav"} for name in ("long", "short")]
    spec = StudySpec(design="mos", stimuli=sound_files.table(tmp_path, rows))
    remarks = " ".join(check(spec).remarks())
    assert "short.wav: waves are cut off" in remarks
    assert "its versions last 1.0 to 4.0 s, which tells them apart" in remarks
    assert "come 3.0 s of silence" in remarks


def test_versions_that_are_one_sound_are_told(database: Database, tmp_path: Path) -> None:
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", tone(440, 0.2, 1.0), RATE)
    rows = [{"item": "i", "system": name, "file": f" {name}.wav"} for name in ("a", "b")]
    (remark,) = check(StudySpec(design="ab", stimuli=sound_files.table(tmp_path, rows))).remarks()
    assert remark == "Item i: a and b are the same sound."
    rows[1] = rows[1] | {"file": "a.wav", "reference": "b.wav"}
    rows[0] = rows[0] | {"reference": "b.wav"}
    checked = check(StudySpec(design="mushra", stimuli=sound_files.table(tmp_path, rows)))
    assert "Item i: reference and a and b are the same sound." in checked.remarks()


def test_bad_files_are_named_and_nothing_is_written(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    table = sound_files.write(tmp_path, 2)
    (tmp_path / "0-alder.flac").write_bytes(b"no sound")
    soundfile.write(tmp_path / "1-birch.flac", np.zeros(RATE), RATE)
    with pytest.raises(BuildError) as error:
        build(database, settings, StudySpec(design="mos", stimuli=table))
    assert str(error.value).startswith("2 of 8 files cannot be used: 0-alder.flac: it is no")
    assert "1-birch.flac: it is silent" in str(error.value)
    assert not list(settings.audio.glob("*"))
    with database.read() as session:
        assert session.scalar(select(func.count(Study.id))) == 0


def test_all_bad_files_are_named(database: Database, tmp_path: Path) -> None:
    table = sound_files.write(tmp_path, 8)
    for number in range(8):
        soundfile.write(tmp_path / f"{number}-birch.flac", np.zeros(RATE), RATE)
    (tmp_path / "3-alder.flac").write_bytes(b"no sound")
    with pytest.raises(BuildError) as error:
        check(StudySpec(design="mos", stimuli=table))
    silent = ", ".join(f"{number}-birch.flac" for number in range(8))
    assert f"{silent}: it is silent" in str(error.value)
    assert "3-alder.flac: it is no WAV" in str(error.value) and "more" not in str(error.value)


def test_checking_says_it_all_and_writes_nothing(
    settings: Settings, database: Database, tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("FADERNETS_DATA", str(settings.data))
    table = sound_files.write(tmp_path, 1)
    arguments = ["--stimuli", str(table), "--design", "ab", "--database", settings.database_url]
    assert main([*arguments, "--check"]) == 0
    output = capsys.readouterr().out
    assert "0-cedar.flac: 0.60 s, -" in output and "4 files of 1 item can be used" in output
    assert "3 systems: alder, birch, cedar; beside them reference." in output
    assert not list(settings.audio.glob("*"))
    mushra = [*arguments[:3], "mushra", *arguments[4:], "--check"]
    assert main(mushra) == 0
    output = capsys.readouterr().out
    assert "4 files of 1 item, and 2 anchors made of references, can be used" in output
    assert (
        "3 systems: alder, birch, cedar; beside them reference, anchor-3.5kHz, anchor-7kHz."
        in output
    )
    assert main([*arguments, "--name", "mine"]) == 0
    output = capsys.readouterr().out
    assert (
        "6 rated" in output
        and "in how many trials: “alder” in 4, “birch” in 4, “cedar” in 4." in output
    )


@pytest.mark.parametrize(
    ("design", "systems", "reason"),
    [("ab", ("one",), "one system only"), ("transfer", SYSTEMS, "says no direction for alder")],
)
def test_what_a_design_lacks_is_named(
    settings: Settings,
    database: Database,
    tmp_path: Path,
    design: str,
    systems: tuple[str, ...],
    reason: str,
) -> None:
    table = sound_files.write(tmp_path, 1, systems)
    with pytest.raises(BuildError, match=reason):
        build(database, settings, StudySpec(design=design, stimuli=table))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"design": "mos", "trials_each": 9}, "cannot have 9 of 8 trials"),
        ({"design": "mos", "questions": ()}, "has to be answered"),
        ({"design": "mos", "questions": (Question(name="seconds", text="?"),)}, "is taken"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    rated: Build, database: Database, fields: dict[str, object], reason: str
) -> None:
    with pytest.raises(BuildError, match=reason):
        rated(**fields)


@pytest.mark.slow
def test_practice_is_for_practice(settings: Settings, database: Database, tmp_path: Path) -> None:
    table = sound_files.write(tmp_path, 2)
    lines = table.read_text().splitlines()
    marked = [f"{line},{'true' if line.startswith('item1') else ''}" for line in lines[1:]]
    table.write_text("\n".join([f"{lines[0]},practice", *marked]))
    build(database, settings, StudySpec(name="rated", design="ab", stimuli=table))
    kinds = Counter(stimulus.kind for stimulus in study_of(database).stimuli)
    assert kinds == {"rated": 6, "practice": 1}
    table.write_text("\n".join([f"{lines[0]},practice", *(f"{line},yes" for line in lines[1:])]))
    with pytest.raises(BuildError, match="true or false"):
        build(database, settings, StudySpec(name="other", design="ab", stimuli=table))


@pytest.mark.slow
def test_transfers_can_be_anyones(settings: Settings, database: Database, tmp_path: Path) -> None:
    table = sound_files.write(tmp_path, 3, ("ours", "theirs"), direction="higher")
    build(database, settings, StudySpec(name="rated", stimuli=table))
    study = study_of(database)
    kinds = Counter((s.kind, s.intended) for s in study.stimuli)
    assert kinds == {
        ("transfer", "higher"): 6,
        ("identical", "same"): 2,
        ("swapped", "lower"): 2,
    }
    by_name = {stimulus.name: stimulus for stimulus in study.stimuli}
    ours, theirs = by_name["item0-ours"], by_name["item0-theirs"]
    assert ours.first == theirs.first and ours.second != theirs.second
    assert (ours.checkpoint, theirs.checkpoint) == ("ours", "theirs")
    assert (ours.source, ours.segment) == (theirs.source, theirs.segment) == ("item0", 0)
    swapped = by_name["swapped-1"]
    assert any(s.kind == "transfer" and s.second == swapped.first for s in study.stimuli)
    assert study.trials_each == 6 and study.questions == [] and study.design == "transfer"


@pytest.mark.slow
@pytest.mark.parametrize(("design", "repeats"), [("mushra", 0), ("mushra", 1), ("ab", 2)])
def test_lost_clips_are_written_anew(
    rated: Build,
    settings: Settings,
    database: Database,
    tmp_path: Path,
    design: str,
    repeats: int,
) -> None:
    rated(design, repeats=repeats)
    before = {path.name: path.read_bytes() for path in settings.audio.iterdir()}
    shutil.rmtree(settings.audio)
    table = tmp_path / "sounds" / "stimuli.csv"
    spec = StudySpec(name="rated", stimuli=table)
    with pytest.raises(BuildError, match="add --stimuli FILE"):
        restore(database, settings, replace(spec, stimuli=None))
    restore(database, settings, spec)
    assert {path.name: path.read_bytes() for path in settings.audio.iterdir()} == before
    soundfile.write(table.parent / "0-alder.flac", tone(999), RATE)
    with pytest.raises(BuildError, match="came out different"):
        restore(database, settings, spec)
