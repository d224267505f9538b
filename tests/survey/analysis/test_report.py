import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from survey.analysis import report, sentences
from survey.analysis.report import as_json, file_name
from survey.analysis.results import NothingToAnalyse, Provenance, Results, analyse
from survey.analysis.tables import tables
from survey.statistics.simulation import simulate

SECTIONS = (
    "flow direction intervals chance bias opinion reliability change planning provenance".split()
)
PROVENANCE = Provenance(
    study="<b>study</b>",
    rows=1,
    rules_from="study",
    data_sha256="0" * 64,
    code_version="1",
    seed=0,
    draws=50,
    versions={"numpy": "2"},
)


class Page(HTMLParser):
    """What a report holds: tags with their attributes, ids in order, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def results(table: pd.DataFrame, **options: Any) -> Results:
    return analyse(table, draws=50, **options)


def files_of(results: Results) -> dict[str, bytes]:
    return report.files(results, PROVENANCE)


@pytest.fixture(scope="module")
def full() -> Results:
    people = {"realistic": 10, "random": 2, "lazy": 1, "biased": 1}
    return results(simulate(people, seed=3, strengths=(0.5, 1.0)))


@pytest.fixture(scope="module")
def files(full: Results) -> dict[str, bytes]:
    return files_of(full)


@pytest.mark.slow
def test_all_sections_in_their_order(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"].decode())
    headings = [attributes["id"] for tag, attributes in page.tags if tag == "h2"]
    assert headings == SECTIONS
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.slow
def test_nothing_is_fetched(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"].decode())
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "object")]
    for _, attributes in page.tags:
        for name in ("src", "href", "srcset", "data"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:image/svg+xml;base64,")), value
    assert "url(" not in files["report.html"].decode()
    assert "@import" not in files["report.html"].decode()


def test_figures_are_described_and_are_those_of_the_files(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"].decode())
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 5  # both panels, by strength, by two measured changes
    assert all(len(image["alt"]) > 60 for image in images)
    inside = {base64.b64decode(image["src"].split(",")[1]) for image in images}
    assert inside == {content for name, content in files.items() if name.endswith(".svg")}
    for name, content in files.items():
        if name.endswith(".svg"):
            ElementTree.fromstring(content)
            assert files[name.replace(".svg", ".png")].startswith(b"\x89PNG")
    assert {"figure6a.svg", "figure6a.png", "figure6b.svg", "figure6b.png"} <= set(files)


def test_tables_can_be_read_by_a_screen_reader(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"].decode())
    tables = sum(tag == "table" for tag, _ in page.tags)
    assert tables == sum(tag == "caption" for tag, _ in page.tags) >= 15
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert ("html", {"lang": "en"}) in page.tags


def test_names_are_text_in_the_page(files: dict[str, bytes]) -> None:
    assert b"<b>study</b>" not in files["report.html"]
    assert "“<b>study</b>”" in Page(files["report.html"].decode()).text


def test_the_page_says_what_the_results_say(full: Results, files: dict[str, bytes]) -> None:
    text = re.sub(r"\s+", " ", Page(files["report.html"].decode()).text)
    overall = full.kept.intervals["overall"]
    assert f"{overall.agree} of {overall.n} answers to all items agree" in text
    for end in ("low", "high"):
        assert sentences.percent(getattr(overall.twoway, end)) in text
        assert sentences.percent(getattr(overall.naive, end)) in text
    for scale in ("rhythm", "melody", "harmony", "naturalness"):
        mean = full.kept.opinion[scale].twoway
        assert f"{scale.capitalize()}: mean {sentences.number(mean.value)}" in text
    assert "0" * 64 in text
    assert f"{full.flow.kept} are analysed" in text


def test_exclusions_are_counted_by_rule_and_both_results_given(full: Results) -> None:
    flow = full.flow
    by_rule = {rule.rule: rule.participants for rule in flow.exclusions}
    assert by_rule["same_answers"] == 1
    assert flow.answered - flow.kept == len({row.participant for row in flow.excluded})
    shares = [sections.intervals["overall"].twoway.value for sections in (full.kept, full.everyone)]
    assert shares[0] > shares[1]
    assert f"{100 * shares[1]:.1f} %" in " ".join(sentences.comparison(full))


def test_tables_hold_what_the_results_hold(full: Results, files: dict[str, bytes]) -> None:
    from io import BytesIO

    read = {
        name: pd.read_csv(BytesIO(content))
        for name, content in files.items()
        if name.endswith(".csv")
    }
    direction = read["direction.csv"].set_index(["intended", "heard"])["count"]
    for row in full.kept.direction.table:
        assert {word: direction[row.row, word] for word in row.counts} == row.counts
    agreement = read["agreement.csv"]
    assert len(agreement) == 2 * 3 * 4  # with and without exclusions, items, methods
    assert len(read["participants.csv"]) == 14
    assert len(read["items.csv"]) == 20
    assert read["histogram.csv"]["count"].sum() == 4 * 20 * full.flow.kept
    negative = read["bias.csv"]["value"]
    assert negative.dtype == float  # negative numbers are no formulas


def test_json_is_strict_and_rounded(full: Results, files: dict[str, bytes]) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    results = json.loads(files["results.json"], parse_constant=refuse)
    assert list(results) == ["flow", "kept", "everyone", "participants", "lost", "provenance"]
    value = full.kept.intervals["overall"].twoway.low
    assert results["kept"]["intervals"]["overall"]["twoway"]["low"] == float(f"{value:.10g}")
    with pytest.raises(ValueError):
        as_json(replace(full, lost=[float("nan")]), PROVENANCE)  # type: ignore[list-item]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [pytest.param("perfect", marks=pytest.mark.slow), "lazy"])
def test_equal_answers_are_reported(kind: str) -> None:
    analysis = results(simulate({kind: 3}), rules={})
    text = Page(files_of(analysis)["report.html"].decode()).text
    assert "Clopper-Pearson" in text
    assert "None" not in text
    assert "nan" not in text.replace("finan", "")


@pytest.mark.parametrize(
    "share",
    [
        pytest.param({"people": 1}, marks=pytest.mark.slow),
        pytest.param({"items": 1}, marks=pytest.mark.slow),
        {"people": 1, "items": 1},
    ],
)
def test_one_participant_and_one_item_are_reported(share: dict[str, int]) -> None:
    table = simulate({"realistic": 3}, seed=1)
    if "people" in share:
        table = table[table["participant"] == table["participant"].iloc[0]]
    if "items" in share:
        table = table[table["item"] == "transfer-000"]
    analysis = results(table.reset_index(drop=True), rules={})
    page = Page(files_of(analysis)["report.html"].decode())
    assert "no 95 % interval" in page.text
    assert "None" not in page.text


@pytest.mark.slow
def test_ratings_alone_and_directions_alone_are_reported() -> None:
    table = simulate({"realistic": 5}, seed=1)
    only = files_of(results(table.assign(heard=None), rules={}))
    assert "figure6a.svg" not in only
    assert "figure6b.svg" in only
    blank = dict.fromkeys(("rhythm", "melody", "harmony", "naturalness"))
    partial_table = table.assign(**blank).astype(dict.fromkeys(blank, "Int64"))
    only = files_of(results(partial_table, rules={}))
    assert "figure6a.svg" in only
    assert "figure6b.svg" not in only


def test_an_empty_analysis_is_refused() -> None:
    table = simulate({"realistic": 2})
    with pytest.raises(NothingToAnalyse, match="no answers yet"):
        analyse(table.iloc[:0])
    with pytest.raises(NothingToAnalyse, match="no answers yet"):
        analyse(table[table["kind"] == "identical"])
    with pytest.raises(NothingToAnalyse, match="2 of 2 participants excluded"):
        analyse(table, rules={"median_seconds": 1000})
    with pytest.raises(ValueError, match="several studies"):
        analyse(pd.concat([table, table.assign(study="other")]))


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "", "a\x00b", "C:\\x"])
def test_no_name_leaves_its_folder(name: str) -> None:
    assert re.fullmatch(r"[\w-]*", file_name(name), flags=re.ASCII)


def spread(pieces: int, strengths: tuple[float, ...] = (1.0,)) -> pd.DataFrame:
    """Ratings of segments, in turn of so many pieces; each at every strength."""
    table = simulate({"realistic": 8}, seed=1)
    number = table["item"].str.extract(r"(\d+)$")[0].astype(int)
    table = table.assign(source="p" + (number % pieces).astype(str), segment=number.astype("Int64"))
    return pd.concat(
        [
            table.assign(item=table["item"] + f"-{strength:g}", strength=strength)
            for strength in strengths
        ],
        ignore_index=True,
    )


def report_text(table: pd.DataFrame) -> str:
    return Page(files_of(results(table, rules={}))["report.html"].decode()).text


@pytest.mark.slow
def test_what_the_intervals_may_be_said_of() -> None:
    text = report_text(spread(5))
    assert "The items are 20 segments of 5 pieces." in text
    assert "With pieces for units, 95 % interval of agreement on all items" in text
    assert "other music" not in text
    text_of_20_pieces = report_text(spread(20))
    assert (
        "20 segments of 20 pieces" in text_of_20_pieces
        and "pieces for units" not in text_of_20_pieces
    )
    assert "all of one piece: nothing can be said of other pieces" in report_text(spread(1))
    assert "do not tell which piece every segment is from" in report_text(
        simulate({"realistic": 3})
    )


@pytest.mark.slow
def test_strengths_apart() -> None:
    analysis = results(spread(5, (0.5, 1.0)), rules={})
    files = files_of(analysis)
    text = Page(files["report.html"].decode()).text
    assert "The items are 20 segments of 5 pieces." in text
    assert re.search(r"Agreement by strength: \d\d\.\d % \(.* at 0.5; .* at 1\.", text)
    assert "Its 2 strengths are together." in text
    assert {"agreement_by_strength.csv", "opinion_by_strength.csv"} <= set(files)
    assert "opinion_by_strength" in text.replace(" ", "_").lower()
    assert "strengths" not in report_text(spread(5))


def test_what_rounding_left_of_0_is_0() -> None:
    assert sentences.number(-0.04, 1) == "0.0" and sentences.number(-3.6e-18) == "0.00"
    analysis = results(simulate({"realistic": 3}))
    paired = analysis.kept.chance.lower_less_higher
    paired = replace(
        paired,
        difference=replace(paired.difference, value=-3.62e-18),
        flips=replace(paired.flips, p=3e-18),
    )
    chance = replace(analysis.kept.chance, lower_less_higher=paired)
    table = tables(replace(analysis, kept=replace(analysis.kept, chance=chance)))[
        "lower_less_higher"
    ]
    assert str(table["value"][0]) == "0.0" and table["p"][0] == 3e-18
