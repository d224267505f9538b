import struct
import threading
from xml.etree import ElementTree

import pandas as pd
import pytest

from survey.analysis import figures
from survey.ratings import rating_table
from survey.statistics.agreement import HeardRow, crosstab
from survey.statistics.estimate import Estimate
from survey.statistics.simulation import simulate

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '$x^$ <script>"&\x07'


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return simulate({"realistic": 12}, seed=1)


def texts(svg: str) -> list[str]:
    return [
        text
        for element in ElementTree.fromstring(svg).iter(SVG + "text")
        for text in element.itertext()
    ]


def test_the_heat_map_prints_shares_and_counts(table: pd.DataFrame) -> None:
    transfers = table[table["kind"] == "transfer"]
    printed = texts(figures.heatmap_svg(table))
    for row in crosstab(transfers, transfers["intended"], ["lower", "higher"]):
        for word, count in row.counts.items():
            assert str(count) in printed
            assert f"{row.shares[word]:.1%}" in printed
    assert {"lower", "same", "higher", "n = 120"} <= set(printed)


def test_the_bars_print_means_and_counts(table: pd.DataFrame) -> None:
    printed = texts(figures.mos_svg(table))
    transfers = table[table["kind"] == "transfer"]
    for scale in ("rhythm", "melody", "harmony", "naturalness"):
        assert scale in printed
        assert f"{transfers[scale].astype(float).mean():.2f}" in printed
    assert printed.count("n = 240") == 4


@pytest.mark.parametrize("draw", [figures.heatmap_svg, figures.mos_svg])
def test_no_answers_are_said_so(draw) -> None:
    assert texts(draw(rating_table.empty())) == [figures.NOTHING]


@pytest.mark.parametrize("draw", [figures.heatmap_svg, figures.mos_svg])
def test_one_answer_is_drawn(draw, table: pd.DataFrame) -> None:
    one_answer = table[table["kind"] == "transfer"].iloc[:1].reset_index(drop=True)
    assert "n = 1" in " ".join(texts(draw(one_answer)))


def test_svg_is_the_same_again_labelled_and_without_style(table: pd.DataFrame) -> None:
    svg = figures.heatmap_svg(table)
    assert svg == figures.heatmap_svg(table.copy())
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert "heard lower" in root.get("aria-label")
    for element in root.iter():
        assert "style" not in element.attrib  # a content security policy would drop it
        assert element.tag not in (SVG + "style", SVG + "image", SVG + "script")
    ids = {
        element.get("id")
        for svg in (svg, figures.mos_svg(table))
        for element in ElementTree.fromstring(svg).iter()
        if element.get("id")
    }
    assert all(name.startswith(("heatmap-", "mos-")) for name in ids)


def test_png_is_an_image_for_print_and_the_same_again(table: pd.DataFrame) -> None:
    transfers = table[table["kind"] == "transfer"]
    draw = figures.heatmap(crosstab(transfers, transfers["intended"], ["lower", "higher"]))
    png = figures.png("a", draw)
    assert png == figures.png("a", draw)
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">II", png[16:24]) == (1050, 780)  # 3.5 by 2.6 inches at 300 dpi


def test_intervals_past_the_scale_are_drawn_whole() -> None:
    mean = Estimate(4.9, 4.0, 5.8, n=9)
    low = Estimate(1.1, 0.4, 1.8, n=9)
    limits: dict[str, tuple[float, float]] = {}

    def draw(axes) -> None:
        figures.bars({"rhythm": mean, "melody": low})(axes)
        limits["y"] = axes.get_ylim()

    figures.png("a", draw)
    assert limits["y"][0] < 0.4
    assert limits["y"][1] > 5.8


def test_names_from_a_file_are_only_text() -> None:
    words = ("lower", "same", "higher")
    rows = [HeardRow([0.0, 1.0], dict.fromkeys(words, 0), dict.fromkeys(words), n=0, missing=0)]
    svg = figures.svg("a", figures.heatmap(rows, HOSTILE), HOSTILE.replace("\x07", ""), 1)
    root = ElementTree.fromstring(svg)
    assert '$x^$ <script>"&' in texts(svg)
    assert root.get("aria-label") == '$x^$ <script>"&'


@pytest.mark.slow
def test_many_threads_draw_at_once(table: pd.DataFrame) -> None:
    expected = figures.heatmap_svg(table), figures.mos_svg(table)
    drawings: list[tuple[str, str]] = []
    threads = [
        threading.Thread(
            target=lambda: drawings.append((figures.heatmap_svg(table), figures.mos_svg(table)))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawings == [expected] * 8
