import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from survey.analysis import (
    heard_sentences,
    number_format,
    participant_sentences,
    report_figures,
)
from survey.analysis.analyse import NothingToAnalyse, analyse
from survey.analysis.report import as_json
from survey.analysis.report_figures import file_name
from survey.analysis.results import Results
from survey.analysis.tables import tables
from survey.statistics.simulation import simulate
from tests.survey.analysis.analysed import results, spread
from tests.survey.analysis.report_pages import PROVENANCE, Page, files_of


@pytest.mark.slow
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


@pytest.mark.slow
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
    for name, kept_sections, _ in full.parts():
        for row in kept_sections.direction.table:
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


@pytest.mark.slow
def test_without_intervals_nothing_is_said_of_them() -> None:
    kept_sections = results(spread(1), rules={}).kept
    words = " ".join(
        heard_sentences.intervals(kept_sections.intervals)
        + heard_sentences.music(kept_sections.music, False)
    )
    assert "The items are 20 segments of 1 piece." in words
    assert "intervals" not in words
    alone = spread(5)
    alone = alone[alone["participant"] == alone["participant"].iloc[0]]
    kept_sections = results(alone.assign(heard=alone["intended"]), rules={}).kept
    words = " ".join(
        heard_sentences.intervals(kept_sections.intervals)
        + heard_sentences.music(kept_sections.music, False)
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
