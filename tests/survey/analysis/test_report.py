import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from survey.analysis import (
    heard_sentences,
    number_format,
    participant_sentences,
    report,
    report_figures,
)
from survey.analysis.analyse import NothingToAnalyse, analyse
from survey.analysis.report import as_json
from survey.analysis.report_figures import file_name
from survey.analysis.results import Provenance, Results
from survey.analysis.tables import tables
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results, spread

SECTIONS = [
    *("flow", "conditions", "direction", "intervals", "chance", "bias", "opinion"),
    *("reliability", "change", "planning", "provenance"),
]
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
    one = Page(files_of(results(simulate({"realistic": 3})))["report.html"].decode())
    headings = [attributes["id"] for tag, attributes in one.tags if tag == "h2"]
    assert headings == [name for name in SECTIONS if name != "conditions"]
    assert not [tag for tag, _ in one.tags if tag == "h3"]
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


@pytest.mark.slow
def test_figures_are_described_and_are_those_of_the_files(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"].decode())
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 2 * 4 + 1  # panels and two changes of each strength; by strength
    assert all(len(image["alt"]) > 60 for image in images)
    inside = {base64.b64decode(image["src"].split(",")[1]) for image in images}
    assert inside == {content for name, content in files.items() if name.endswith(".svg")}
    for name, content in files.items():
        if name.endswith(".svg"):
            ElementTree.fromstring(content)
            assert files[name.replace(".svg", ".png")].startswith(b"\x89PNG")
    assert {
        f"figure6{panel}_strength_{strength}.{form}"
        for panel in "ab"
        for strength in ("0_5", "1")
        for form in ("svg", "png")
    } <= set(files)


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
    assert (full.kept, full.everyone) == (None, None)
    for name, kept, _ in full.parts():
        overall = kept.intervals["overall"]
        lead = f"{overall.agree} of {overall.n} answers to all items agree"
        assert f"{name.capitalize()}: {lead}" in text
        for end in ("low", "high"):
            assert number_format.percent(getattr(overall.twoway, end)) in text
            assert number_format.percent(getattr(overall.naive, end)) in text
        for scale in ("rhythm", "melody", "harmony", "naturalness"):
            mean = kept.opinion[scale].twoway
            assert f"{scale.capitalize()}: mean {number_format.number(mean.value)}" in text
    for contrast in full.contrasts:
        assert f"{contrast.measure.capitalize()} at strength 0.5 less that at strength 1:" in text
    assert "0" * 64 in text
    assert f"{full.flow.kept} are analysed" in text


def test_exclusions_are_counted_by_rule_and_both_results_given(full: Results) -> None:
    flow = full.flow
    by_rule = {rule.rule: rule.participants for rule in flow.exclusions}
    assert by_rule["same_answers"] == 1
    assert flow.answered - flow.kept == len({row.participant for row in flow.excluded})
    words = " ".join(participant_sentences.comparison(full))
    for _, *both in full.parts():
        shares = [part.intervals["overall"].twoway.value for part in both]
        assert shares[0] > shares[1]
        assert f"{100 * shares[1]:.1f} %" in words


def test_tables_hold_what_the_results_hold(full: Results, files: dict[str, bytes]) -> None:
    from io import BytesIO

    read = {
        name: pd.read_csv(BytesIO(content))
        for name, content in files.items()
        if name.endswith(".csv")
    }
    names = [name for name, _, _ in full.parts()]
    assert names == ["strength 0.5", "strength 1"]
    direction = read["direction.csv"].set_index(["condition", "intended", "heard"])["count"]
    for name, kept, _ in full.parts():
        for row in kept.direction.table:
            assert {word: direction[name, row.row, word] for word in row.counts} == row.counts
    agreement = read["agreement.csv"]
    assert len(agreement) == 2 * 2 * 3 * 4  # strengths, with and without exclusions, items, methods
    assert len(read["contrasts.csv"]) == 5 and len(read["conditions.csv"]) == 2 * 7
    assert len(read["by_participant.csv"]) == 14
    assert len(read["items.csv"]) == 20
    assert read["histogram.csv"]["count"].sum() == 4 * 20 * full.flow.kept
    negative = read["bias.csv"]["value"]
    assert negative.dtype == float  # negative numbers are no formulas


def test_json_is_strict_and_rounded(full: Results, files: dict[str, bytes]) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    results = json.loads(files["results.json"], parse_constant=refuse)
    names = "flow kept everyone conditions contrasts doses participants lost provenance"
    assert list(results) == names.split()
    assert results["kept"] is None and results["everyone"] is None
    value = full.conditions[0].kept.intervals["overall"].twoway.low
    stored = results["conditions"][0]["kept"]["intervals"]["overall"]["twoway"]
    assert stored["low"] == float(f"{value:.10g}")
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


def report_text(table: pd.DataFrame) -> str:
    return Page(files_of(results(table, rules={}))["report.html"].decode()).text


@pytest.mark.slow
def test_what_the_intervals_may_be_said_of() -> None:
    text = report_text(spread(5))
    assert "The items are 20 segments of 5 pieces. The intervals count pieces" in text
    assert "5 pieces are few." in text
    assert "If every segment counted by itself, agreement on all items had the interval" in text
    assert "other music" not in text
    text_of_20_pieces = report_text(spread(20))
    assert "20 segments of 20 pieces" in text_of_20_pieces
    assert "are few." not in text_of_20_pieces and "by itself" not in text_of_20_pieces
    text_of_one_piece = report_text(spread(1))
    assert "all of one piece: nothing can be said of other pieces" in text_of_one_piece
    assert "The intervals count" not in text_of_one_piece
    assert "do not tell which piece every segment is from" in report_text(
        simulate({"realistic": 3})
    )


@pytest.mark.slow
def test_strengths_are_averaged_only_if_that_is_asked() -> None:
    table = spread(5, (0.5, 1.0))
    apart = results(table, rules={})
    assert apart.kept is None and [one.condition.strength for one in apart.conditions] == [0.5, 1]
    asked = results(table, rules={}, together=True)
    assert [name for name, _, _ in asked.parts()] == [
        "all conditions together, as asked",
        "strength 0.5",
        "strength 1",
    ]
    assert asked.kept.intervals["overall"].n == 2 * apart.conditions[0].kept.intervals["overall"].n
    for alone, beside in zip(apart.conditions, asked.conditions, strict=True):
        assert alone.kept.intervals == beside.kept.intervals
        assert alone.kept.lean.holm <= beside.kept.lean.holm  # of one more in the same report
    one = results(spread(5), rules={})
    assert (one.conditions, one.contrasts, one.doses) == ([], [], [])
    assert one.parts() == [("", one.kept, one.everyone)]


@pytest.mark.slow
def test_models_have_sections_and_figures_of_their_own() -> None:
    table = simulate({"realistic": 6}, seed=1)
    names = ["a b", "a/b"]  # the same as names of files
    models = table["item"].str[-1].astype(int) // 2 % 2
    table = table.assign(checkpoint=[names[at] for at in models])
    files = files_of(results(table, rules={}))
    assert {"figure6a_model_a_b.svg", "figure6b_model_a_b.svg"} <= set(files)
    assert sum(name.startswith("figure6a") for name in files) == 4  # SVG and PNG of both
    text = Page(files["report.html"].decode()).text
    assert "Agreement at model a b less that at model a/b:" in text
    assert "Model a b: " in text and "Model a/b: " in text
    assert text.count("Catch trials (identical)") == 1


@pytest.mark.slow
def test_heat_maps_are_called_by_what_they_are_drawn_against() -> None:
    table = spread(5, (0.5, 1.0))
    alone = [figure.name for figure in report_figures.drawings(results(table, rules={}))]
    maps = [name for name in alone if name.startswith("heatmap")]
    assert maps == [  # each strength by itself: both in one would average them
        *(f"heatmap_change_of_{of}_strength_0_5" for of in ("note", "rhythm")),
        *(f"heatmap_change_of_{of}_strength_1" for of in ("note", "rhythm")),
        "heatmap_strength",
    ]
    models = [("glsr", "gmvae")[int(item[-1]) % 2] for item in table["item"].str.split("-").str[1]]
    drawn = report_figures.drawings(results(table.assign(checkpoint=models), rules={}))
    of_maps = [figure.name for figure in drawn if figure.section == "change"]
    assert of_maps == [
        *(
            f"heatmap_change_of_{of}_model_{model}_strength_{strength}"
            for model in ("glsr", "gmvae")
            for strength in ("0_5", "1")
            for of in ("note", "rhythm")
        ),
        *(f"heatmap_strength_of_model_{model}" for model in ("glsr", "gmvae")),
    ]
    files = files_of(results(table, rules={}))
    page = Page(files["report.html"].decode())
    assert page.text.count("Annotated change against the") == len(maps)  # each once


def test_without_intervals_nothing_is_said_of_them() -> None:
    kept = results(spread(1), rules={}).kept
    words = " ".join(
        heard_sentences.intervals(kept.intervals) + heard_sentences.music(kept.music, False)
    )
    assert "The items are 20 segments of 1 piece." in words
    assert "intervals" not in words
    alone = spread(5)
    alone = alone[alone["participant"] == alone["participant"].iloc[0]]
    kept = results(alone.assign(heard=alone["intended"]), rules={}).kept
    words = " ".join(
        heard_sentences.intervals(kept.intervals) + heard_sentences.music(kept.music, False)
    )
    assert "intervals" not in words and "1 is analysed" in " ".join(
        participant_sentences.flow(results(alone, rules={}).flow)
    )


@pytest.mark.slow
def test_tables_without_rows_have_their_headings(files: dict[str, bytes]) -> None:
    from io import BytesIO

    blank = simulate({"realistic": 3}, catch=0)
    blank = blank[[name for name in blank if not name.startswith("change_")]]
    empty = files_of(results(blank, rules={}))
    for name in (
        "exclusions",
        "conditions",
        "contrasts",
        "catch",
        "doses",
        "slopes",
        "correlations",
        "measured_change",
    ):
        read = pd.read_csv(BytesIO(empty[f"{name}.csv"]))
        full = pd.read_csv(BytesIO(files[f"{name}.csv"]))
        assert not len(read) and len(full)
        assert list(read) == [
            column
            for column in full
            if name not in ("correlations", "measured_change") or column != "condition"
        ]


def test_what_rounding_left_of_0_is_0() -> None:
    assert number_format.number(-0.04, 1) == "0.0" and number_format.number(-3.6e-18) == "0.00"
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
