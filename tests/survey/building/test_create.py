"""A study's segments, transfers and clips: what they are, and that they can be made again."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from db.models import Study
from fadernets import FaderNet, checkpoint
from survey.building import clips, create
from survey.building.create import make
from survey.building.study_spec import BuildError, StudySpec
from survey.core.settings import Settings
from survey.publishing.study_facts import facts
from survey.ratings import exclusion
from tests.fadernets import tiny
from tests.postgres import ONE
from tests.survey import music
from tests.survey.built import PAIRS, stored

pytestmark = pytest.mark.slow


def test_a_study_has_what_it_should(two):
    assert Counter((s.kind, s.intended) for s in two.stimuli) == {
        ("transfer", "higher"): PAIRS,
        ("transfer", "lower"): PAIRS,
        ("identical", "same"): 2,
        ("swapped", "lower"): 1,
        ("swapped", "higher"): 1,
        ("practice", "higher"): 1,
        ("practice", "lower"): 1,
    }
    assert [s.name for s in two.stimuli][:5] == ["lh-01", "lh-02", "hl-01", "hl-02", "identical-1"]
    assert two.state == "draft" and two.opened_at is None
    assert two.trials_each == 2 * PAIRS
    assert two.rules == exclusion.NEW_STUDY_RULES and exclusion.checked(two.rules)


def test_a_transfer_is_heard_after_its_original(two):
    for stimulus in two.stimuli:
        if stimulus.kind == "transfer":
            assert stimulus.strength == 1.0 and stimulus.checkpoint == checkpoint.DEFAULT
        if stimulus.kind != "identical":
            assert stimulus.first_id != stimulus.second_id
            assert stimulus.measured["rhythm"]["before"] > 0
        assert set(stimulus.measured) == {"rhythm", "note"}


def test_catch_trials_are_of_the_study(two):
    kinds = {kind: [s for s in two.stimuli if s.kind == kind] for kind in ("transfer", "swapped")}
    originals = {s.first_id: s for s in kinds["transfer"]}
    for stimulus in (s for s in two.stimuli if s.kind == "identical"):
        assert stimulus.first_id == stimulus.second_id and stimulus.first_id in originals
        assert all(m["before"] == m["after"] for m in stimulus.measured.values())
        assert stimulus.strength == 0
    for stimulus in kinds["swapped"]:
        main = originals[stimulus.second_id]
        assert stimulus.first_id == main.second_id
        assert {stimulus.intended, main.intended} == {"lower", "higher"}
        for name, measured in stimulus.measured.items():
            assert measured["before"] == main.measured[name]["after"]
            assert measured["after"] == main.measured[name]["before"]
    practised = {(s.source, s.segment) for s in two.stimuli if s.kind == "practice"}
    assert not practised & {(s.source, s.segment) for s in kinds["transfer"]}
    places = [(s.source, s.segment) for s in two.stimuli if s.kind in ("identical", "swapped")]
    assert len(set(places)) == 4  # of other segments while there are enough


def test_clips_are_files_of_one_size(two, recorded):
    settings, _ = recorded
    clips_by_hash = {clip.sha256: clip for s in two.stimuli for clip in (s.first, s.second)}
    assert len(clips_by_hash) == 2 * (2 * PAIRS + 2)
    assert len({(clip.bytes, clip.seconds) for clip in clips_by_hash.values()}) == 1
    for name, clip in clips_by_hash.items():
        data = (settings.audio / f"{name}.mp3").read_bytes()
        assert hashlib.sha256(data).hexdigest() == name and len(data) == clip.bytes
        assert len(clips.decode(data)) / two.build["clips"]["rate"] == clip.seconds


def test_how_it_was_built_is_kept(two, folder):
    record = two.build
    sums = b"".join((part / checkpoint.SUMS).read_bytes() for part in checkpoint.parts())
    assert record["checkpoint"] == {
        "name": checkpoint.DEFAULT,
        "sums_sha256": hashlib.sha256(sums).hexdigest(),
    }
    assert record["seed"] == 5 and record["strengths"] == [1.0] and record["pairs"] == PAIRS
    assert {"python", "torch", "libsndfile", "midirenderer"} <= set(record["versions"])
    for name, digest in record["music"]["works"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert list(record["music"]["left_out"]) == ["broken.mid"]
    assert str(folder) not in json.dumps(record)


def test_the_classifier_of_notes_says_what_is_calm_whatever_the_model(two, spec, tmp_path):
    """So segments do not depend on the model that is judged by them."""
    gmvae = make(Settings(data=tmp_path), replace(spec, checkpoint="gmvae")).record
    assert gmvae["selection"]["by"] == "classifier"
    for limit in ("candidates", "low_up_to", "high_from"):
        assert gmvae["selection"][limit] == two.build["selection"][limit]


@ONE
def test_a_study_whose_model_chose_is_restored_as_it_was(database, spec, tmp_path):
    """Studies of earlier versions do not say who chose."""
    settings = Settings(data=tmp_path / "old")
    create.build(database, settings, replace(spec, name="old", pairs=1, chosen_by="model"))
    with database.write() as session:
        study = session.scalars(select(Study).where(Study.name == "old")).one()
        assert study.build["selection"]["by"] == "model"
        assert "most energetic, by the model itself." in facts(study).sounds
        chosen = {k: v for k, v in study.build["selection"].items() if k != "by"}
        study.build = study.build | {"selection": chosen}
    names = {path.name for path in settings.audio.iterdir()}
    bare = Settings(data=tmp_path / "bare")
    create.restore(database, bare, replace(spec, name="old"))
    assert {path.name for path in bare.audio.iterdir()} == names
    classified = make(Settings(data=tmp_path / "new"), replace(spec, pairs=1))
    assert {clip.sha256 for pair in classified.pairs for clip in pair.clips} != {
        name.removesuffix(".mp3") for name in names
    }


@ONE
def test_another_seed_gives_another_study(two, spec, tmp_path):
    reseeded = make(Settings(data=tmp_path), replace(spec, seed=6))
    chosen = {(pair.source, pair.segment) for pair in reseeded.pairs}
    assert chosen != {(s.source, s.segment) for s in two.stimuli}


@ONE
def test_every_segment_at_every_strength(database, spec, tmp_path):
    settings = Settings(data=tmp_path)
    create.build(database, settings, replace(spec, pairs=1, strengths=(0.5, 1.0), trials_each=2))
    study = stored(database, "two")
    transfers = [s for s in study.stimuli if s.kind == "transfer"]
    assert [s.name for s in transfers] == ["lh-01-0.5", "lh-01-1", "hl-01-0.5", "hl-01-1"]
    assert [s.strength for s in transfers] == [0.5, 1.0] * 2
    for first, second in zip(transfers[::2], transfers[1::2], strict=True):
        assert first.first_id == second.first_id  # the original, at one gain for both
        assert first.second_id != second.second_id
    assert {s.strength for s in study.stimuli if s.kind in ("swapped", "practice")} == {1.0}
    assert study.trials_each == 2


@ONE
def test_lost_clips_are_written_anew(two, database, spec, tmp_path):
    settings = Settings(data=tmp_path / "bare")
    create.restore(database, settings, replace(spec, seed=99))
    names = {path.stem for path in settings.audio.iterdir()}
    assert names == {clip.sha256 for s in two.stimuli for clip in (s.first, s.second)}
    with pytest.raises(BuildError, match="There is no study named three that was built here"):
        create.restore(database, settings, replace(spec, name="three"))
    fewer_files = music.write(tmp_path / "less", files=6)
    with pytest.raises(BuildError, match="The clips of two came out different"):
        create.restore(database, settings, replace(spec, midi=fewer_files))


def test_progress_is_told_step_by_step(spec, tmp_path):
    progress: list[tuple[str, int, int]] = []
    make(Settings(data=tmp_path), replace(spec, pairs=1), lambda *step: progress.append(step))
    assert list(dict.fromkeys(step for step, _, _ in progress)) == [
        "reading MIDI files",
        "listening",
        "recording",
    ]
    for step in {step for step, _, _ in progress}:
        counts = [(d, total) for name, d, total in progress if name == step]
        assert counts == sorted(counts) and counts[-1][0] == counts[-1][1]


def test_a_model_without_arousal_is_refused(tmp_path):
    model = tiny.model(replace(tiny.TINY, model="vanilla"))
    checkpoint.save(model, FaderNet.load().scales, tmp_path / "plain")
    with pytest.raises(BuildError, match="The model plain cannot transfer arousal"):
        make(Settings(data=tmp_path), StudySpec(checkpoint=str(tmp_path / "plain")))


@ONE
def test_open_at_once_where_answers_are_kept(database, spec, tmp_path):
    wiped = Settings(data=tmp_path, ephemeral=True)
    with pytest.raises(BuildError, match="wipes its disk"):
        create.check(database, wiped, replace(spec, is_open=True))
    create.check(database, wiped, spec)
    for settings in (replace(wiped, force_open=True), replace(wiped, dataset="a/b")):
        create.check(database, settings, replace(spec, is_open=True))


@pytest.mark.browser
def test_a_browser_plays_every_clip(two, recorded, browser):
    """Decoded by the browser: all of one length, none silent, an identical pair identical."""
    settings, _ = recorded
    decode = """async (coded) => {
        const bytes = Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
        const context = new OfflineAudioContext(2, 48000, 48000);
        const sound = await context.decodeAudioData(bytes.buffer);
        const peak = sound.getChannelData(0).reduce((m, x) => Math.max(m, Math.abs(x)), 0);
        return [sound.length, sound.numberOfChannels, peak];
    }"""
    names = {clip.sha256 for s in two.stimuli for clip in (s.first, s.second)}
    decoded = []
    with browser.new_page() as page:
        for name in sorted(names):
            data = (settings.audio / f"{name}.mp3").read_bytes()
            decoded.append(page.evaluate(decode, base64.b64encode(data).decode()))
    assert {(length, channels) for length, channels, _ in decoded} == {
        (two.build["clips"]["samples"], 2)
    }
    assert all(0.03 < peak <= 1.0 for _, _, peak in decoded)
