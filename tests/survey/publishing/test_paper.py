"""The draft of a paper: as it was, of the report's numbers, without persons, and valid LaTeX."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.database import Database
from db.models import Study
from survey.analyze import main as analyze
from survey.paper import main as paper
from survey.publishing import latex
from survey.publishing.checklist import ITEMS, TO_BE_FILLED_IN
from survey.publishing.document import Document, Section, Table
from tests.survey.built import Build
from tests.survey.person import Person
from tests.survey.publishing import golden

NUMBER = re.compile(r"\d+(?:\.\d+)?")
QUICK = ["--draws", "50"]
small_paper = cache(golden.small_paper)


def texts(design: str) -> dict[str, str]:
    return {suffix: small_paper(design)[f"paper{suffix}"].decode() for suffix in (".md", ".tex")}


@pytest.mark.slow
@pytest.mark.parametrize("design", golden.RATINGS)
@pytest.mark.parametrize("suffix", [".md", ".tex"])
def test_a_draft_is_as_it_was(design: str, suffix: str) -> None:
    golden_text = (golden.FOLDER / f"{design}{suffix}").read_text(encoding="utf-8")
    assert texts(design)[suffix] == golden_text


@pytest.mark.slow
@pytest.mark.parametrize("design", golden.RATINGS)
def test_the_two_texts_say_the_same(design: str) -> None:
    """Every number of one is in the other, in the same order."""
    body = {
        ".md": texts(design)[".md"].replace("| --- ", ""),
        ".tex": texts(design)[".tex"].split("\\maketitle")[1].replace("width=0.7", ""),
    }
    body[".tex"] = body[".tex"].replace(r"\allowbreak{}", "")
    one, other = (NUMBER.findall(text.partition("Method")[2]) for text in body.values())
    captions = len(re.findall(r"includegraphics", body[".tex"]))
    assert captions == len(small_paper(design)) - 2
    assert sorted(one) == sorted(other)


@pytest.mark.slow
@pytest.mark.parametrize("design", golden.RATINGS)
def test_nobody_is_named(design: str) -> None:
    people = set(pd.read_csv(golden.RATINGS[design])["participant"])
    assert len(people) > 4
    for text in texts(design).values():
        assert not [name for name in people if name in text]
        assert "table by participant" not in text


@pytest.mark.slow
@pytest.mark.parametrize("design", golden.RATINGS)
def test_every_item_of_the_checklist_is_answered_or_left_to_the_authors(design: str) -> None:
    points = texts(design)[".md"].partition("## Reporting checklist")[2].partition("\n## ")[0]
    lines = [line for line in points.splitlines() if line.startswith("- ")]
    assert len(lines) == len(ITEMS)
    left = sum(line.endswith(TO_BE_FILLED_IN) for line in lines)
    assert 10 < left < len(ITEMS) - 8
    assert any(line.startswith("- Ethics") and line.endswith(TO_BE_FILLED_IN) for line in lines)


@pytest.mark.slow
def test_what_came_once_more_is_not_counted_and_how_alike_it_was_is_said() -> None:
    text = texts("ab")[".md"]
    assert "- Trials of one participant: 9 to 18 answered, median 18; some of them once" in text
    assert "- Answers to each trial: 3 to 4 participants a trial" in text
    assert "7 participants answered 14 trials once more: 50.0 % exactly as before" in text
    assert "Those who passed the headphone check are compared with" in text


@pytest.mark.slow
@pytest.mark.parametrize("design", golden.RATINGS)
def test_the_latex_is_well_formed(design: str) -> None:
    check_latex(texts(design)[".tex"])


def check_latex(text: str) -> None:
    """Braces and environments close, rows have their cells, no special character stands bare."""
    depth = 0
    for sign in re.findall(r"(?<!\\)(?:\\\\)*([{}])", text):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
    open_ones: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            open_ones.append(name)
        else:
            assert open_ones.pop() == name
    assert open_ones == []
    for columns, rows in re.findall(
        r"\\begin\{tabular\}\{(l+)\}(.*?)\\end\{tabular\}", text, re.DOTALL
    ):
        for row in rows.splitlines():
            if row.endswith(" \\\\"):
                assert len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1
    body = text.partition("\\begin{document}")[2]
    outside = re.sub(r"\\begin\{tabular\}.*?\\end\{tabular\}", "", body, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[&#~^]", outside.replace("\\fitted{%", ""))
    assert not re.search(r"(?<!\\)%", body.replace("\\fitted{%", ""))
    graphics = re.sub(r"\{figures/[\w.]+\}", "", body)
    assert not re.search(r"(?<!\\)_", graphics)
    assert body.count("$") - body.count(r"\$") == 2 * len(re.findall(r"(?<!\\)\$[^$]*\$", body))


def letters(folder: Path) -> set[str]:
    """What the texts of a folder's code have beyond ASCII."""
    texts = (
        node.value
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return {letter for text in texts for letter in text if not letter.isascii()}


def test_latex_knows_every_letter_that_reports_use() -> None:
    """pdfLaTeX stops at one that it has no name for, and XeLaTeX's font may leave it out."""
    survey = Path(latex.__file__).parents[1]
    text_letters = set[str]().union(
        *(letters(survey / name) for name in ("analysis", "designs", "publishing"))
    )
    known = set("–—‘’“”„…") | {chr(code) for code in range(0xA1, 0x180)}
    assert {"ρ", "α", "−"} <= text_letters
    assert {letter for letter in text_letters if latex.escaped(letter) == letter} <= known


def test_what_is_wide_or_long_stays_on_the_page() -> None:
    digits = "0123456789abcdef" * 4
    table = Table("Wide.", ("one",), (("x" * 200,),))
    text = latex.latex(Document("Title", [Section("One", [digits], [digits], [table])]))
    check_latex(text)
    assert text.count("\\fitted{%\n\\begin{tabular}") == 1
    lines = [line for line in text.splitlines() if digits[:8] in line]
    assert len(lines) == 2
    for line in lines:
        assert line.replace("\\allowbreak{}", "").endswith(digits)
        assert max(map(len, line.split("\\allowbreak{}"))) < 20


HOSTILE = r"a\b{c}$%#&_^~<x>|`é\input{/etc/passwd}"


@pytest.mark.slow
def test_names_are_printed_as_they_stand(tmp_path: Path) -> None:
    table = pd.read_csv(golden.RATINGS["mos"], dtype=str, keep_default_na=False)
    systems = {"alder": HOSTILE, "birch": "x\u202ey\u2066", "cedar": "[1] -- ''"}
    table["system"] = table["system"].replace(systems)
    table["participant"] = table["participant"].radd("%")
    file, out = tmp_path / "a.csv", tmp_path / "out"
    table.to_csv(file, index=False)
    assert paper(["--csv", str(file), "--out", str(out), *QUICK]) == 0
    text = (out / "paper.tex").read_text(encoding="utf-8")
    check_latex(text)
    assert r"a\textbackslash{}b\{c\}\$\%\#\&\_\textasciicircum{}\textasciitilde{}" in text
    assert r"\input{/etc" not in text and "{[}1{]} {-}{-} " in text
    marked = (out / "paper.md").read_text(encoding="utf-8")
    assert r"\<x\>\|\`é\\input\{/etc/passwd\}" in marked
    assert "\u202e" not in text + marked and "xy" in text and "xy" in marked


@pytest.mark.slow
def test_numbers_are_those_of_the_analysis(tmp_path: Path) -> None:
    arguments = ["--csv", str(golden.RATINGS["ab"]), *QUICK]
    assert analyze([*arguments, "--out", str(tmp_path / "report")]) == 0
    assert paper([*arguments, "--out", str(tmp_path / "paper")]) == 0
    results = json.loads((tmp_path / "report" / "results.json").read_text())
    text = (tmp_path / "paper" / "paper.md").read_text(encoding="utf-8")
    for row in results["tables"]["preferences"]:
        if row["participants"] != "with exclusions":
            continue
        ends = [f"{row[end]:.2f}".replace("-", "−") for end in ("value", "low", "high")]
        assert f"{ends[0]} \\[{ends[1]}, {ends[2]}\\]" in text
    figure = "preferences_preference.png"
    drawn = (tmp_path / "paper" / "figures" / figure).read_bytes()
    assert drawn == (tmp_path / "report" / figure).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("design", ["mushra", "ab"])
def test_a_study_of_the_database_knows_more(
    design: str,
    rated: Build,
    served: TestClient,
    database: Database,
    tmp_path: Path,
) -> None:
    rated(design, items=3, rules={"finished": True})
    for _ in range(3):
        person = Person.ready(served, "rated")
        while person.state().get("trial"):
            person.reply(_middle(design))
    url = database.url.render_as_string(hide_password=False)
    out = tmp_path / "out"
    assert paper(["--database", url, "--study", "rated", "--out", str(out), *QUICK]) == 0
    text = (out / "paper.md").read_text(encoding="utf-8")
    with database.read() as session:
        study = session.scalars(select(Study).where(Study.name == "rated")).one()
        opened = study.opened_at.date().isoformat()
    assert f"When the test ran: from {opened}, not yet closed" in text
    assert "LUFS (ITU-R BS.1770-4)" in text and "I am at least 18 years old" in text
    assert ("without what is above 3.5 and 7 kHz" in text) == (design == "mushra")
    assert "3 consented" in text and "3 items of 3 pieces" in text
    check_latex((out / "paper.tex").read_text(encoding="utf-8"))


def _middle(design: str) -> Callable[[dict[str, object]], dict[str, object]]:
    if design == "ab":
        return lambda trial: {"preference": 1}
    return lambda trial: {"quality": [10 * at for at in range(len(trial["clips"]) - 1)]}


def test_nothing_is_written_where_there_are_no_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pd.read_csv(golden.RATINGS["mos"], dtype=str, keep_default_na=False)
    file, out = tmp_path / "a.csv", tmp_path / "out"
    table.assign(finished="false").to_csv(file, index=False)
    for arguments in (["--csv", str(file)], ["--csv", str(tmp_path / "none.csv")]):
        assert paper([*arguments, "--out", str(out)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not out.exists()
