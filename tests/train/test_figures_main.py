"""The figures' command line: what it writes, the same bytes again, and what it refuses."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from fadernets.realisers import Arranger
from tests.train import results_files
from train.figures.__main__ import CAPTIONS, main
from train.reporting import comparison
from train.reporting.reading import read


def store(path, *entries):
    path.write_text(json.dumps(list(entries)))
    return str(path)


@pytest.fixture
def files(tmp_path):
    """One results file of every sort, and one of something else."""
    other_file = tmp_path / "latency.json"
    other_file.write_text('{"median": 3}')
    single = results_files.latent("single", "singlegmvae")
    return [
        store(tmp_path / "tiny.json", results_files.evaluation()),
        store(tmp_path / "latent.json", results_files.latent(), single),
        store(tmp_path / "transfers.json", results_files.transfers()),
        str(other_file),
    ]


def test_all_figures_are_written_and_repeat_to_the_byte(files, tmp_path, capsys, quick_figures):
    folder, second_folder = tmp_path / "one", tmp_path / "two"
    assert main([*files, "--out", str(folder)]) == 0
    names = {"table1", "figure3-mine", "figure3-single", "figure4", "figure5-mine"}
    names |= {"response", "movement"}
    expected = {f"{name}.{form}" for name in names for form in ("svg", "png")} | {CAPTIONS}
    assert {path.name for path in folder.iterdir()} == expected
    out, err = capsys.readouterr()
    assert main([files[0], "--out", str(second_folder)]) == 0
    repeated = {path.name for path in second_folder.iterdir()} - {CAPTIONS}
    assert len(repeated) == 6
    for name in repeated:
        assert (folder / name).read_bytes() == (second_folder / name).read_bytes(), name
    assert "table1.svg" in out
    assert "latency.json: nothing to draw" in err
    title = ET.parse(folder / "table1.svg").getroot()[0]
    assert title.text == "Scores of Table 1: tiny 0.30, 0.40, 0.40, 0.50, 0.50, 0.60"
    assert (folder / "table1.png").read_bytes().startswith(b"\x89PNG")
    captions = json.loads((folder / CAPTIONS).read_text())
    assert set(captions) == names
    page = comparison.figures(folder, "figure3")
    assert page.count("![") == 2 and "](one/figure3-single.svg)" in page
    assert "Not drawn" in comparison.figures(folder, "figure9")


def test_some_figures_alone(files, tmp_path, quick_figures):
    folder = tmp_path / "some"
    assert main([*files, "--out", str(folder), "--only", "figure4"]) == 0
    assert {path.name for path in folder.iterdir()} == {"figure4.svg", "figure4.png", CAPTIONS}
    assert list(json.loads((folder / CAPTIONS).read_text())) == ["figure4"]


def damaged(**changes):
    return results_files.evaluation() | changes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[{", "cannot be read"),
        ("[3]", "3, which is no result"),
        (json.dumps([damaged(weights_sha256=3)]), "weights_sha256"),
        (json.dumps([damaged(segments="many")]), "segments"),
        (
            json.dumps([damaged(reconstruction={"note_f1": float("nan")})]),
            "reconstruction.note_f1: Input should be a finite number",
        ),
        (
            json.dumps([damaged(identity={"rhythm": [{"distance": 1.0, "n": 2, "moved": 1.0}]})]),
            "note_f1 is missing",
        ),
        (
            json.dumps([results_files.latent() | {"labelled": {"segments": 3}}]),
            "labelled.pieces: Field required",
        ),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, capsys, text, reason):
    path = tmp_path / "broken.json"
    path.write_text(text)
    assert main([str(path), "--out", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("train.figures: ") and "broken.json" in err and reason in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_columns_of_different_lengths_are_damage(tmp_path):
    entry = results_files.evaluation()
    entry["faders"]["note"]["measured_sd"].pop()
    with pytest.raises(ValueError, match=r"faders\.note: .*\[2, 3\] values"):
        read([tmp_path / store(tmp_path / "short.json", entry)])


def test_two_results_of_one_name_are_refused(tmp_path):
    (tmp_path / "other").mkdir()
    store(tmp_path / "a.json", results_files.evaluation())
    store(tmp_path / "other" / "a.json", results_files.evaluation())
    with pytest.raises(ValueError, match="of one name: a"):
        read([tmp_path / "a.json", tmp_path / "other" / "a.json"])


@pytest.mark.parametrize("player", ["Arranging", Arranger.__name__])
def test_models_are_named_by_file_and_come_in_the_papers_order(tmp_path, player):
    arranging = results_files.evaluation() | {"player": player}
    store(tmp_path / "z.json", arranging)
    store(tmp_path / "glsr-192.json", results_files.evaluation(model="glsr"))
    store(tmp_path / "b.json", *(results_files.evaluation(n, "pati") for n in ("y", "x")))
    names = [e.name for e in comparison.evaluations(tmp_path)]
    assert names == ["x", "y", "glsr-192", "z"]


def test_tables_of_all_models_have_a_row_each(tmp_path):
    bare = results_files.evaluation(model="singlegmvae")
    for part in ("table", "reconstruction", "identity", "arousal", "classified_transfers"):
        bare[part] = None
    store(tmp_path / "single.json", bare)
    store(tmp_path / "tiny.json", results_files.evaluation())
    evaluations = comparison.evaluations(tmp_path)
    rows, head = comparison.control(evaluations)
    assert [row[0] for row in rows[1:3]] == ["GM-VAE, paper", "**tiny**"]
    assert rows[2][1:4] == ("z^d", "**0.300** ± 0.010", "**0.400** ± 0.010")
    assert rows[-1] == ("**single**", *"–" * 7) and {len(row) for row in rows} == {len(head)}
    rows, head = comparison.preserved(evaluations)
    assert rows[0] == ("**tiny**", "0.90, 0.80", *["0.50, 0.40"] * 4) and len(head) == 6
    rows, head = comparison.arousal(evaluations)
    assert rows[0] == ("**tiny**", "0.70", "75.0 %", "25.0 %", "75.0 %", "25.0 %")
    assert rows[-1][2:] == ("70.4 %", "–", "92.5 %", "–") and len(head) == 6
