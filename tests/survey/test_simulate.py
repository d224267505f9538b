from pathlib import Path

import pytest

from survey.ratings.csv_file import read_csv
from survey.simulate import main
from survey.statistics.simulation import simulate


def test_the_command_writes_answers_that_can_be_analysed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.csv"
    command = ["--participants", "3", "--lazy", "1", "--items", "6", "--seed", "4"]
    assert main([*command, "--out", str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    assert read_csv(out).equals(simulate({"realistic": 3, "lazy": 1}, 6, 4, pieces=6))
    assert main([*command, "--pieces", "2", "--out", str(out)]) == 0
    assert set(read_csv(out)["source"]) == {"piece 01", "piece 02"}
    assert main(["--participants", "2", "--items", "20", "--out", str(out)]) == 0
    assert read_csv(out)["source"].nunique() == 12
    for options in (
        *(["--participants", "0"], ["--items", "0"], ["--seed", "-1"], ["--lazy", "-1"]),
        *(["--pieces", "0"], ["--pieces", "21"]),
    ):
        assert main([*options, "--out", str(tmp_path / "none.csv")]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["--out", str(tmp_path / "no" / "folder.csv")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
