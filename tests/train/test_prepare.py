import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fadernets.music import attributes, events, key, midi, segment_limits
from fadernets.music.notes import Notes
from fadernets.music.segments import segments
from tests.fadernets.tiny import bars, piece
from tests.train.conftest import PERFORMANCES, RATED, RATED_SEGMENTS, ROOT, SEGMENTS, command
from train import prepare
from train.data import corpora
from train.data.corpora import Source


def source(path: Path, ratings=None) -> Source:
    return Source(path, path.name, corpora.PERFORMANCES, ratings)


def prepared(music, folder: Path, ratings=None) -> prepare.Prepared:
    """What becomes of a piece, by way of a MIDI file."""
    path = folder / "music.mid"
    midi.write(music, path)
    return prepare.prepare_file(source(path, ratings))


def unusable() -> dict[str, Notes]:
    """A segment for every rule that drops one."""
    first, late = bars(2, seed=9)
    dense = [(s / 8, s / 8 + 0.1, 40 + 5 * v, 20 + 3 * s) for s in range(32) for v in range(3)]
    return {
        segment_limits.NO_NOTES: Notes.empty(),
        segment_limits.NO_FIRST_ONSET: late[late.onset > 0],
        segment_limits.MOSTLY_SILENT: Notes.of([0, 1, 1.5], [1, 1.5, 2.5], [60, 62, 64], [64] * 3),
        segment_limits.FEW_PITCHES: replace(first, pitch=first.pitch * 0 + 60),
        segment_limits.TOO_LONG: Notes.of(*zip(*dense, strict=True)),
    }


def test_every_usable_segment_becomes_a_row(tmp_path):
    parts = bars(7)
    result = prepared(piece(parts), tmp_path)
    assert result.error is None and not result.dropped
    arrays = result.arrays
    assert arrays["start"].tolist() == [0, 4, 8, 12, 16, 20, 24]
    assert arrays["tokens"].shape == (7, 100) and arrays["tokens"].dtype == np.int16
    for row, notes in enumerate(parts):
        tokens, length = arrays["tokens"][row], arrays["length"][row]
        assert tokens[:length].tolist() == events.encode(notes).tolist()
        assert tokens[length - 1] == events.EOS and not tokens[length:].any()
        assert arrays["rhythm"][row].tolist() == attributes.rhythm_label(notes).tolist()
        assert arrays["note"][row].tolist() == attributes.note_label(notes).tolist()
        assert arrays["key"][row] == key.find(notes)
    assert np.isnan(arrays["arousal"]).all() and np.isnan(arrays["valence"]).all()


def test_labels_by_keys_leave_the_pedal_out(tmp_path):
    part = Notes.of([0, 0, 1, 2, 3], [0.5, 1, 2, 3, 4], [60, 64, 62, 65, 67], [64] * 5)
    arrays = prepared(piece([part] * 2, pedal=np.array([[0.25, 4.0]])), tmp_path).arrays
    assert arrays["note_by_keys"].tolist() == [attributes.note_label(part).tolist()] * 2
    assert arrays["rhythm_by_keys"].tolist() == arrays["rhythm"].tolist()
    assert arrays["note"][0].sum() > arrays["note_by_keys"][0].sum()
    assert arrays["note"][1].tolist() == arrays["note_by_keys"][1].tolist()


def test_segments_are_dropped_by_rule(tmp_path):
    dropped = unusable()
    usable = bars(2)
    result = prepared(piece([usable[0], *dropped.values(), usable[1]]), tmp_path)
    assert result.dropped == Counter(dropped.keys())
    assert result.arrays["start"].tolist() == [0, 4 * (1 + len(dropped))]


def test_a_file_without_a_usable_segment_cannot_be_used(tmp_path):
    sparse = list(unusable().values())[1:]
    result = prepared(piece(sparse), tmp_path)
    assert result.error == "none of its 4 segments can be used"
    assert result.dropped.total() == 4


def test_tempo_does_not_change_segments(tmp_path):
    parts = bars(6)
    plain = prepared(piece(parts), tmp_path).arrays
    changing = piece(parts, tempo=[(0, 60), (3, 240), (8, 97.3), (13.5, 180)])
    arrays = prepared(changing, tmp_path).arrays
    assert plain.keys() == arrays.keys()
    for name, expected in plain.items():
        np.testing.assert_array_equal(arrays[name], expected)


def test_ratings_of_measures_in_three_four_and_a_change_of_tempo(tmp_path):
    # Measures begin at 0, 3, 6, 9, 12 and, from the change to 4/4, at 12, 16.
    music = piece(bars(5), tempo=[(0, 60), (7, 150)], meter=[(0, 3, 4), (12, 4, 4)])
    ratings = np.array([[0.8, 0.2, -0.4, -1.0, 0.5, -0.3], np.arange(6)])
    arrays = prepared(music, tmp_path, ratings).arrays
    assert np.allclose(arrays["arousal"], [0.5, -0.1, -0.7, 0.5, -0.3])
    assert np.allclose(arrays["valence"], [0.5, 1.5, 2.5, 4, 5])


def test_ratings_follow_segments_past_those_dropped(tmp_path):
    first, second = bars(2)
    music = piece([first, Notes.empty(), second])
    ratings = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    assert np.allclose(prepared(music, tmp_path, ratings).arrays["arousal"], [0.1, 0.3])
    short = prepared(music, tmp_path, ratings[:, :2]).arrays["arousal"]
    assert short[0] == pytest.approx(0.1) and np.isnan(short[1])


@given(st.integers(0, 400), st.integers(0, 2**32))
def test_a_split_has_its_shares(n, seed):
    sides = prepare.split(n, np.random.default_rng(seed))
    assert sides.shape == (n,)
    counts = np.bincount(sides, minlength=3)
    assert counts.sum() == n
    assert (abs(counts - np.array([0.8, 0.1, 0.1]) * n) <= 1).all()


def damage(folder: Path) -> dict[str, str]:
    """Put files into a folder that cannot be used: their names, and what is to be said of each."""
    folder.mkdir(parents=True)
    content = midi.dump(piece(bars(4)))
    (folder / "cut.mid").write_bytes(content[: len(content) // 2])
    (folder / "empty.mid").touch()
    (folder / "text.mid").write_text("Not a MIDI file, whatever its name says.")
    drums = pretty_midi.PrettyMIDI()
    drums.instruments = [pretty_midi.Instrument(0, is_drum=True)]
    drums.instruments[0].notes = [pretty_midi.Note(90, 38, t, t + 0.1) for t in range(8)]
    drums.write(str(folder / "drums.mid"))
    pretty_midi.PrettyMIDI().write(str(folder / "silent.mid"))
    midi.write(piece([unusable()[segment_limits.FEW_PITCHES]]), folder / "sparse.mid")
    return {
        "cut.mid": "damaged or cut short",
        "empty.mid": "not a MIDI file",
        "text.mid": "not a MIDI file",
        "drums.mid": "only drums",
        "silent.mid": "no notes",
        "sparse.mid": "none of its 1 segments can be used",
    }


@dataclass(frozen=True)
class Run:
    """One run of the command over the corpus and files that cannot be used."""

    process: subprocess.CompletedProcess
    out: Path
    summary: Path
    damaged: dict[str, str]

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        with np.load(self.out) as file:
            return dict(file)


@pytest.fixture(scope="module")
def run(corpus, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    piano, vgmidi = folder / "piano", folder / "vgmidi"
    shutil.copytree(corpus.piano, piano)
    shutil.copytree(corpus.vgmidi, vgmidi)
    damaged = {f"bad/{name}": reason for name, reason in damage(piano / "bad").items()}
    pieces = json.loads((vgmidi / "annotations.json").read_text())
    pieces["lost"] = pieces["game0"] | {"midi": "lost.mid"}
    (vgmidi / "annotations.json").write_text(json.dumps(pieces))
    damaged["vgmidi/lost"] = "cannot be read"
    out, summary = folder / "new" / "segments.npz", folder / "new" / "summary.json"
    options = ("--piano", piano, "--vgmidi", vgmidi, "--out", out, "--summary", summary)
    process = subprocess.run(command(*options, workers=2), cwd=ROOT, capture_output=True, text=True)
    return Run(process, out, summary, damaged)


def test_a_file_that_cannot_be_used_is_told_in_one_line_and_skipped(run):
    assert run.process.returncode == 0
    lines = run.process.stderr.splitlines()
    assert len(lines) == len(run.damaged)
    for name, reason in run.damaged.items():
        (line,) = (line for line in lines if line.startswith(f"skipped {name}: "))
        assert reason in line
    assert not set(run.damaged) & set(run.arrays["piece_name"])


def test_the_summary_counts_files_segments_and_drops(run):
    summary = json.loads(run.process.stdout)
    assert json.loads(run.summary.read_text()) == summary
    assert summary["files"] == PERFORMANCES + RATED + len(run.damaged)
    assert summary["files_unusable"] == len(run.damaged)
    assert summary["segments_performances"] == PERFORMANCES * SEGMENTS
    assert summary["segments_vgmidi"] == RATED * RATED_SEGMENTS
    assert summary["segments_high_arousal"] == summary["segments_low_arousal"] == 30
    assert summary["dropped"] == {segment_limits.FEW_PITCHES: 1}
    arrays = run.arrays
    performed = arrays["piece_corpus"][arrays["piece"]] == corpora.PERFORMANCES
    density = attributes.rhythm_density(arrays["rhythm"][performed])
    figures = summary["rhythm_density"]
    assert (figures["mean"], figures["sd"]) == pytest.approx(
        (density.mean(), density.std()), abs=1e-4
    )


def test_output_is_the_same_whatever_the_workers_and_their_order(run, data_file):
    # `data_file` was prepared file by file in this process.
    assert run.out.read_bytes() == data_file.read_bytes()


def test_nothing_but_the_output_is_left(run):
    assert {path.name for path in run.out.parent.iterdir()} == {run.out.name, run.summary.name}


def test_files_come_back_in_order_of_name_with_all_their_segments(data_file, corpus):
    with np.load(data_file) as file:
        arrays = dict(file)
    names = sorted(s.name for s in corpus.sources if s.corpus == corpora.PERFORMANCES)
    assert arrays["piece_name"].tolist()[:PERFORMANCES] == names
    assert arrays["piece_name"].tolist()[PERFORMANCES:] == [f"vgmidi/game{n}" for n in range(RATED)]
    counts = np.bincount(arrays["piece"])
    assert counts.tolist() == [SEGMENTS] * PERFORMANCES + [RATED_SEGMENTS] * RATED
    for number in (0, PERFORMANCES + 3):
        path = next(s.path for s in corpus.sources if s.name == arrays["piece_name"][number])
        starts = [s.start for s in segments(midi.read(path)) if s.problem is None]
        assert arrays["start"][arrays["piece"] == number].tolist() == starts


def fake(corpus: int, number: int, rows: int) -> prepare.Prepared:
    """A file of so many segments, which need no notes to be split."""
    arrays = {"length": np.full(rows, number, np.uint8)}
    return prepare.Prepared(f"{number:03}", corpus, arrays, Counter())


def test_the_split_keeps_a_piece_on_one_side_in_shares_of_each_corpus():
    files = [fake(corpora.PERFORMANCES, n, 3 + n % 5) for n in range(100)]
    files += [fake(corpora.VGMIDI, 100 + n, 2) for n in range(20)]
    arrays = prepare.join(files, seed=0)
    sides = [np.unique(arrays["split"][arrays["piece"] == p]) for p in range(120)]
    assert all(len(side) == 1 for side in sides)
    of_piece = np.concatenate(sides)
    assert np.bincount(of_piece[:100]).tolist() == [80, 10, 10]
    assert np.bincount(of_piece[100:]).tolist() == [16, 2, 2]
    assert np.bincount(arrays["random_split"]).tolist() == [432, 54, 54]  # of 540 segments
    mixed = [len(np.unique(arrays["random_split"][arrays["piece"] == p])) for p in range(120)]
    assert max(mixed) > 1


def test_the_split_is_of_its_seed_and_not_of_the_order_of_files():
    files = [fake(corpora.PERFORMANCES, n, 4) for n in range(30)]
    first, reordered, reseeded = (
        prepare.join(f, seed=s) for f, s in ((files, 1), (files[::-1], 1), (files, 2))
    )
    for name in ("split", "random_split", "piece_name", "length"):
        assert first[name].tolist() == reordered[name].tolist()
    assert first["split"].tolist() != reseeded["split"].tolist()
    assert first["random_split"].tolist() != reseeded["random_split"].tolist()


def test_a_split_can_be_that_of_another_file(capsys, corpus, tmp_path):
    files = [fake(corpora.PERFORMANCES, n, 4) for n in range(30)]
    theirs = prepare.join(files, seed=1)
    path = tmp_path / "theirs.npz"
    prepare.save(theirs, path)
    sides = prepare.sides_of(path)
    fewer = prepare.join(files[3:], seed=2, sides=sides)  # with other pieces another is drawn
    names = fewer["piece_name"][fewer["piece"]].tolist()
    assert fewer["split"].tolist() == [sides[name] for name in names]
    assert fewer["split"].tolist() != prepare.join(files[3:], seed=2)["split"].tolist()
    (tmp_path / "no.npz").write_bytes(b"PK")
    arguments = ("--piano", corpus.piano, "--out", tmp_path / "new.npz", "--split-of")
    assert "no file of train.prepare" in refused(capsys, *arguments, tmp_path / "no.npz")
    assert "nowhere" in refused(capsys, *arguments, tmp_path / "nowhere.npz")


class Unwritable:
    """Breaks off a save that has begun."""

    def __reduce__(self):
        raise OSError("no space left on device")


def test_a_save_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "segments.npz"
    prepare.save({"tokens": np.arange(5)}, path)
    before = path.read_bytes()
    broken = {"tokens": np.arange(100_000), "last": np.array([Unwritable()], object)}
    with pytest.raises(OSError, match="no space left"):
        prepare.save(broken, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def refused(capsys, *options) -> str:
    """The one line with which the command refuses."""
    assert prepare.main([*map(str, options)]) == 2
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("train.prepare: ")
    (line,) = output.err.splitlines()
    return line


def test_what_cannot_be_prepared_is_refused_in_one_line(capsys, corpus, tmp_path):
    out = tmp_path / "segments.npz"
    nothing = tmp_path / "nothing"
    assert "holds no MIDI file" in refused(capsys, "--piano", nothing, "--out", out)
    plain = ("--piano", corpus.piano)
    assert "annotations.json" in refused(capsys, *plain, "--vgmidi", nothing, "--out", out)
    assert "workers must be" in refused(capsys, *plain, "--out", out, "--workers", 0)
    assert "is a folder" in refused(capsys, *plain, "--out", tmp_path)
    (tmp_path / "file").touch()
    assert "file" in refused(capsys, *plain, "--out", tmp_path / "file" / "segments.npz")
    assert not out.exists()


def test_a_corpus_with_nothing_usable_is_refused(capsys, tmp_path):
    damaged = damage(tmp_path / "piano")
    options = ("--piano", tmp_path / "piano", "--out", tmp_path / "segments.npz", "--workers", 1)
    assert prepare.main([*map(str, options)]) == 2
    *skipped, summary = capsys.readouterr().err.splitlines()
    assert len(skipped) == len(damaged)
    assert summary == "train.prepare: no file holds a usable segment"
    assert [path.name for path in tmp_path.iterdir()] == ["piano"]


@pytest.mark.filterwarnings("error")
def test_without_ratings_the_summary_says_so(corpus):
    files = [prepare.prepare_file(s) for s in corpora.performances(corpus.piano)[:2]]
    summary = prepare.summary(files, prepare.join(files, seed=0), seconds=1.0)
    assert summary.segments_vgmidi == 0
    assert summary.densities["rhythm"].mean_high_arousal is None
    json.dumps(summary.stored(), allow_nan=False)
    rated = [prepare.prepare_file(s) for s in corpora.vgmidi(corpus.vgmidi)[:2]]
    summary = prepare.summary(rated, prepare.join(rated, seed=0), seconds=1.0)
    assert summary.densities["note"].percentiles_5_50_95 == [None] * 3
    json.dumps(summary.stored(), allow_nan=False)
