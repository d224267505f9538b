import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from db.database import Database
from db.models import Study
from survey import analyze
from survey.analysis.analyse import analyse
from survey.ratings import rating_table
from survey.records import export_files
from survey.statistics.simulation import simulate
from tests.survey.answers import add_answers

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("--draws", "100")


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn but not painted, most of an analysis's time; test_report paints them."""
    contents = {"svg": b"<svg />", "png": b""}
    monkeypatch.setattr(
        "matplotlib.figure.Figure.savefig",
        lambda figure, file, *, format, **_: file.write(contents[format]),
    )


def save_csv(path: Path, table: pd.DataFrame) -> Path:
    rating_table.write_csv(table, path)
    return path


def refused(capsys: pytest.CaptureFixture, tmp_path: Path, *arguments: object) -> str:
    """The one sentence of an analysis that writes nothing."""
    out = tmp_path / "out"
    before = set(tmp_path.rglob("*"))
    assert analyze.main([*map(str, arguments), *QUICK, "--out", str(out)]) == 2
    assert set(tmp_path.rglob("*")) == before
    output = capsys.readouterr()
    assert not output.out
    sentences = [line for line in output.err.replace("\r", "\n").splitlines() if line.strip()]
    sentence = sentences[-1].strip()
    assert "Traceback" not in output.err
    return sentence


@pytest.mark.slow
def test_a_file_of_answers(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    table = simulate({"realistic": 12, "lazy": 1}, seed=2)
    file, out = save_csv(tmp_path / "a.csv", table), tmp_path / "out"
    assert analyze.main(["--csv", str(file), "--out", str(out), *QUICK]) == 0
    assert "report.html" in capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert {"results.json", "report.html", "figure6a.png", "figure6b.svg", "items.csv"} <= names
    results = json.loads((out / "results.json").read_text())
    assert results["provenance"]["data_sha256"] == rating_table.sha256(table)
    assert results["provenance"]["study"] == "simulated"
    assert len(results["provenance"]["code_version"]) >= 5
    assert results["flow"]["kept"] == 12
    second_folder = tmp_path / "again"
    assert analyze.main(["--csv", str(file), "--out", str(second_folder), *QUICK]) == 0
    for name in names:
        assert (second_folder / name).read_bytes() == (out / name).read_bytes(), name
    other_folder = tmp_path / "other"
    assert (
        analyze.main(["--csv", str(file), "--out", str(other_folder), *QUICK, "--seed", "1"]) == 0
    )
    assert (other_folder / "results.json").read_bytes() != (out / "results.json").read_bytes()


@pytest.mark.slow
def test_a_study_of_the_database(
    database: Database,
    study: Study,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    unpainted: None,
) -> None:
    add_answers(database, study, 4)
    url = database.url.render_as_string(hide_password=False)
    assert analyze.main(["--database", url, "--out", str(tmp_path / "a"), *QUICK]) == 0
    results = json.loads((tmp_path / "a" / "results.json").read_text())
    assert results["kept"]["intervals"]["overall"]["n"] == 4 * 8
    assert results["flow"]["consented"] == 4
    assert results["flow"]["finished"] == 3
    assert results["flow"]["rules"] == {}
    assert capsys.readouterr().err.count("Warning: the study is still open.") == 1
    # the same answers as a file give the same statistics
    with database.read() as session:
        file = save_csv(
            tmp_path / "a.csv", rating_table.frame(session, session.get(Study, study.id))
        )
    arguments = ["--csv", str(file), "--keep-all", "--out", str(tmp_path / "b"), *QUICK]
    assert analyze.main(arguments) == 0
    assert "still open" not in capsys.readouterr().err  # nobody knows of a file
    other_results = json.loads((tmp_path / "b" / "results.json").read_text())
    assert other_results["kept"] == results["kept"]
    assert other_results["provenance"]["data_sha256"] == results["provenance"]["data_sha256"]


@pytest.mark.slow
def test_an_exported_table_gives_the_report_of_the_database(
    database: Database, study: Study, tmp_path: Path, unpainted: None
) -> None:
    """With the study's own rules, by which a script is left out, and all who began."""
    add_answers(database, study, 4)
    with database.write() as session:
        row = session.get_one(Study, study.id)
        row.rules, row.withdrawn = {"finished": True, "faster_than_clips": 0.5}, 3
    with database.read() as session:
        file = tmp_path / "ratings.csv"
        file.write_text(export_files.ratings_csv(session, session.get_one(Study, study.id)))
    url = database.url.render_as_string(hide_password=False)
    for out, arguments in (("a", ["--database", url]), ("b", ["--csv", str(file)])):
        assert analyze.main([*arguments, "--out", str(tmp_path / out), *QUICK]) == 0
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert "report.html" in names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    results = json.loads((tmp_path / "b" / "results.json").read_text())
    assert results["flow"]["rules"] == {"finished": True, "faster_than_clips": 0.5}
    assert (results["flow"]["began"], results["flow"]["withdrawn"]) == (7, 3)


def test_a_table_that_says_two_things_of_a_study_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    table = simulate({"realistic": 3})
    file = tmp_path / "a.csv"

    def problem(**columns: object) -> str:
        save_csv(file, table.assign(**columns))
        return refused(capsys, tmp_path, "--csv", file)

    two = ['{"finished": true}', "{}"] * (len(table) // 2)
    assert (
        problem(rules=two) == f"column 'rules' of {file} differs from row to row; a study has one"
    )
    for wrong in ("[1]", "none"):
        assert (
            problem(rules=wrong) == f"column 'rules' of {file} holds no JSON object; leave it out"
        )
    assert problem(rules='{"fast": 1}').startswith("there is no exclusion rule 'fast'")
    reason = "does not say how many people came how far; leave it out"
    assert problem(people='{"came": 1}') == f"column 'people' of {file} {reason}"


def test_which_study(
    database: Database, study: Study, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    url = database.url.render_as_string(hide_password=False)
    ask = (capsys, tmp_path, "--database", url)
    assert refused(*ask) == "there are no answers yet"
    assert refused(*ask, "--study", "x") == "there is no study 'x'; there are: small"
    with database.write() as session:
        session.add(Study(name="other", title="", trials_each=1))
    assert refused(*ask) == "the database has several studies, name one of them: other, small"


def test_no_database(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    none = tmp_path / "none.sqlite"
    sentence = refused(capsys, tmp_path, "--database", f"sqlite:///{none}")
    assert sentence == f"there is no database {none}"
    none.write_text("this is no database, but it is long enough to look for a header in it" * 20)
    sentence = refused(capsys, tmp_path, "--database", f"sqlite:///{none}")
    assert sentence.startswith("the database cannot be read")
    assert "sqlite or postgresql" in refused(capsys, tmp_path, "--database", "mysql://a/b")


def test_files_that_cannot_be_analysed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    table = simulate({"realistic": 3})
    none = save_csv(tmp_path / "none.csv", rating_table.empty())
    assert refused(capsys, tmp_path, "--csv", none) == "there are no answers yet"
    two = tmp_path / "two.csv"
    save_csv(two, pd.concat([table, table.assign(study="other")]))
    several = refused(capsys, tmp_path, "--csv", two)
    assert several.endswith("several studies, name one of them: other, simulated")
    assert "there are: other, simulated" in refused(
        capsys, tmp_path, "--csv", two, "--study", "third"
    )
    wrong_file = tmp_path / "wrong.csv"
    wrong_file.write_text("participant,item,intended,heard,rhythm\np,i,lower,lower,9\n")
    assert "column rhythm, row 1: is '9'" in refused(capsys, tmp_path, "--csv", wrong_file)
    missing_file = tmp_path / "gone.csv"
    assert (
        refused(capsys, tmp_path, "--csv", missing_file)
        == f"{missing_file}: No such file or directory"
    )
    quick = save_csv(tmp_path / "quick.csv", table.assign(seconds=1.0))
    assert refused(capsys, tmp_path, "--csv", quick).startswith(
        "all answers are left out by the rules of exclusion (3 of 3 participants excluded, "
        "by median_seconds: 3)"
    )
    rules = tmp_path / "rules.json"
    rules.write_text('{"mood": 1}')
    assert "'mood'" in refused(capsys, tmp_path, "--csv", quick, "--rules", rules)
    rules.write_text("[]")
    assert "no exclusion rules" in refused(capsys, tmp_path, "--csv", quick, "--rules", rules)
    rules.write_text("{")
    assert (
        refused(capsys, tmp_path, "--csv", quick, "--rules", rules)
        == f"{rules} is not JSON, as line 1, column 2 shows"
    )


@pytest.mark.slow
def test_one_study_of_several_and_rules_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unpainted: None
) -> None:
    table = simulate({"realistic": 3, "lazy": 2})
    file = save_csv(tmp_path / "a.csv", pd.concat([table, table.assign(study="../other")]))
    rules = tmp_path / "rules.json"
    rules.write_text('{"median_seconds": 1}')
    monkeypatch.chdir(tmp_path)
    arguments = ["--csv", str(file), "--study", "../other", "--rules", str(rules), *QUICK]
    assert analyze.main(arguments) == 0
    results = json.loads((tmp_path / "analysis" / "_other" / "results.json").read_text())
    assert (results["flow"]["kept"], results["provenance"]["rows"]) == (5, len(table))


@pytest.mark.slow
@pytest.mark.parametrize(
    "table",
    [
        simulate({"realistic": 1}),
        simulate({"realistic": 3}, items=1, catch=0),
        simulate({"perfect": 3}),
        simulate({"realistic": 2}).assign(heard="same"),
    ],
    ids=["one participant", "one item", "perfect", "equal"],
)
def test_little_data_is_analysed(table: pd.DataFrame, tmp_path: Path, unpainted: None) -> None:
    file, out = save_csv(tmp_path / "a.csv", table), tmp_path / "out"
    assert analyze.main(["--csv", str(file), "--out", str(out), "--keep-all", *QUICK]) == 0
    text = (out / "results.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text


@pytest.mark.slow
def test_a_hundred_thousand_ratings(tmp_path: Path) -> None:
    table = simulate({"realistic": 1000}, items=96)
    assert len(table) == 100_000
    file = save_csv(tmp_path / "a.csv", table)
    start = time.process_time()  # whatever else the machine does
    assert analyze.main(["--csv", str(file), "--out", str(tmp_path / "out")]) == 0
    assert time.process_time() - start < 60
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["provenance"]["draws"] == 10_000


@pytest.mark.slow
def test_the_command_says_one_sentence_and_needs_no_model(tmp_path: Path) -> None:
    code = (
        "import sys; from survey import analyze, plan; "
        "heavy = {'torch', 'gradio', 'fastapi', 'krippendorff', 'pingouin', 'statsmodels'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules); "
        "assert 'matplotlib' not in sys.modules; sys.exit(analyze.main())"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, "--database", f"sqlite:///{tmp_path / 'none'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 2
    assert process.stderr == f"there is no database {tmp_path / 'none'}\n"


@pytest.mark.slow
def test_the_report_says_whose_rules_it_applies(
    database: Database, study: Study, tmp_path: Path, unpainted: None
) -> None:
    add_answers(database, study, 4)
    with database.read() as session:
        file = save_csv(
            tmp_path / "a.csv", rating_table.frame(session, session.get(Study, study.id))
        )
    rules = tmp_path / "rules.json"
    rules.write_text('{"finished": true}')
    url = database.url.render_as_string(hide_password=False)
    stored, out = ["--database", url], tmp_path / "out"
    for arguments, origin, words in (
        (stored, "study", "are the study&#39;s, fixed before its first answer"),
        ([*stored, "--keep-all"], "none", "No rule of exclusion was applied"),
        ([*stored, "--rules", str(rules)], "file", "were given at the analysis"),
        (["--csv", str(file), "--keep-all"], "none", "No rule of exclusion was applied"),
    ):
        assert analyze.main([*arguments, "--out", str(out), *QUICK]) == 0
        assert json.loads((out / "results.json").read_text())["provenance"]["rules_from"] == origin
        text = (out / "report.html").read_text()
        assert words in text
        assert ("fixed before" in text) == (origin == "study")
    file = save_csv(file, simulate({"realistic": 3}))
    assert analyze.main(["--csv", str(file), "--out", str(out), *QUICK]) == 0
    assert "this software&#39;s own, applied to answers from elsewhere" in (
        (out / "report.html").read_text()
    )


@pytest.mark.slow
def test_numbers_beyond_all_bounds_are_left_empty_and_named(tmp_path: Path) -> None:
    """An old database may hold such seconds, a file such changes."""
    table = simulate({"realistic": 3}, items=40, strengths=(0.5, 1.0))
    table["change_rhythm"] = [(-1) ** number * 1.7e308 for number in range(len(table))]
    analysis = analyse(table.assign(seconds=1.7e308), draws=50)
    assert [row.median_seconds for row in analysis.participants] == [None] * 3
    assert "participants.0.median_seconds" in analysis.lost
    file, out = save_csv(tmp_path / "a.csv", table), tmp_path / "out"
    assert analyze.main(["--csv", str(file), "--out", str(out), *QUICK]) == 0
    text = (out / "results.json").read_text()
    assert "NaN" not in text and "Infinity" not in text
    assert "are not finite; they are left empty" in (out / "report.html").read_text()
