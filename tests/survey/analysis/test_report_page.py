"""The page of a report: its sections, sentences, tables and figures."""

import base64
import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from survey.analysis import (
    number_format,
)
from survey.analysis.results import Results
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results, spread
from tests.survey.analysis.report_pages import Page, files_of

SECTIONS = [
    *("flow", "conditions", "direction", "intervals", "chance", "bias", "opinion"),
    *("reliability", "change", "planning", "provenance"),
]


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
    for name, kept_sections, _ in full.parts():
        overall = kept_sections.intervals["overall"]
        lead = f"{overall.agree} of {overall.n} answers to all items agree"
        assert f"{name.capitalize()}: {lead}" in text
        for end in ("low", "high"):
            assert number_format.percent(getattr(overall.twoway, end)) in text
            assert number_format.percent(getattr(overall.naive, end)) in text
        for scale in ("rhythm", "melody", "harmony", "naturalness"):
            mean = kept_sections.opinion[scale].twoway
            assert f"{scale.capitalize()}: mean {number_format.number(mean.value)}" in text
    for contrast in full.contrasts:
        assert f"{contrast.measure.capitalize()} at strength 0.5 less that at strength 1:" in text
    assert "0" * 64 in text
    assert f"{full.flow.kept} are analysed" in text


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
    averaged = results(table, rules={}, together=True)
    assert [name for name, _, _ in averaged.parts()] == [
        "all conditions together, as asked",
        "strength 0.5",
        "strength 1",
    ]
    assert (
        averaged.kept.intervals["overall"].n == 2 * apart.conditions[0].kept.intervals["overall"].n
    )
    for alone, beside in zip(apart.conditions, averaged.conditions, strict=True):
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
