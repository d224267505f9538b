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
from survey.ratings.exclusion import NEW_STUDY_RULES
from survey.statistics.simulation import simulate

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
    assert len(images) == 2 * 2 + 3  # both panels of each strength; by strength, by two changes
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
            assert sentences.percent(getattr(overall.twoway, end)) in text
            assert sentences.percent(getattr(overall.naive, end)) in text
        for scale in ("rhythm", "melody", "harmony", "naturalness"):
            mean = kept.opinion[scale].twoway
            assert f"{scale.capitalize()}: mean {sentences.number(mean.value)}" in text
    for contrast in full.contrasts:
        assert f"{contrast.measure.capitalize()} at strength 0.5 less that at strength 1:" in text
    assert "0" * 64 in text
    assert f"{full.flow.kept} are analysed" in text


def test_exclusions_are_counted_by_rule_and_both_results_given(full: Results) -> None:
    flow = full.flow
    by_rule = {rule.rule: rule.participants for rule in flow.exclusions}
    assert by_rule["same_answers"] == 1
    assert flow.answered - flow.kept == len({row.participant for row in flow.excluded})
    words = " ".join(sentences.comparison(full))
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
    assert len(read["participants.csv"]) == 14
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
    assert asked.conditions == apart.conditions
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


def test_who_answers_without_listening_is_shown() -> None:
    table = simulate({"realistic": 3, "random": 1}, seed=1)
    script = (table["participant"] == "random-00003").to_numpy()
    table["time_to_hear"] = pd.array(~script, dtype="boolean")
    analysis = results(table)
    words = " ".join(sentences.flow(analysis.flow))
    assert f"{script.sum()} of {len(table)} answers (25.0 %) came before both clips" in words
    assert "1 participant gave more than half of theirs so. No rule leaves them out" in words
    assert [row.faster_than_clips for row in analysis.participants] == [1, 0, 0, 0]
    ruled = results(table, rules=NEW_STUDY_RULES)
    words = " ".join(sentences.flow(ruled.flow))
    assert "“faster_than_clips”, left out who answered more than 50% of the trials" in words
    assert "No rule" not in words and "random-00003" in {
        row.participant for row in ruled.flow.excluded
    }
    table.loc[script, "seconds"] = 1.0
    words = " ".join(sentences.flow(results(table).flow))  # another rule leaves the script out
    assert "gave more than half of theirs so. The rules leave them out." in words
    unknown = results(simulate({"realistic": 3}))
    assert "is not known" in " ".join(sentences.flow(unknown.flow))


def test_who_left_is_said_and_what_that_means() -> None:
    table = simulate({"realistic": 8, "random": 2}, seed=1)
    assert "left before the end" not in " ".join(sentences.flow(results(table).flow))
    table["finished"] = ~table["participant"].str.startswith("random")
    words = " ".join(sentences.flow(results(table).flow))
    assert "2 of 10 people who answered left before the end" in words
    assert "None of them is analysed." in words
    assert "the results are for people who stay, and intervals hold" in words
    assert "less often than 95 times in 100" in words
    words = " ".join(sentences.flow(results(table, rules={}).flow))
    assert "2 of them are analysed." in words
    assert "for people who stay more than for others, for who left gave fewer" in words


def test_what_is_near_its_end_is_said() -> None:
    few_pieces = results(simulate({"perfect": 4}), rules={})
    words = " ".join(sentences.intervals(few_pieces.kept.intervals))
    assert (
        "Nearly all answers, or nearly none, agree on all items, items meant to be lower" in words
    )
    middling = results(simulate({"random": 8}), rules={})
    assert "Nearly all" not in " ".join(sentences.intervals(middling.kept.intervals))


def test_equal_answers_and_one_person_make_no_claim() -> None:
    table = simulate({"realistic": 6})
    alike = results(table.assign(rhythm=4, heard="same"), rules={}).kept
    words = sentences.opinion(alike.opinion)[0]
    assert words == (
        "Rhythm: mean 4.00, no 95 % interval (all answers are equal, so their spread cannot be "
        "estimated); median 4 of 120 ratings."
    )
    assert "no ICC: too few answers, or too alike" in " ".join(
        sentences.reliability(alike.reliability)
    )
    assert "cannot be told" in " ".join(sentences.bias(alike.bias, alike.lean))
    one = results(table[table["participant"] == "realistic-00000"], rules={}).kept
    claims = [
        *sentences.intervals(one.intervals),
        *sentences.chance(one.chance),
        *sentences.bias(one.bias, one.lean),
        *sentences.opinion(one.opinion),
        *sentences.reliability(one.reliability),
    ]
    for claim in claims:
        assert "Naively" not in claim and "p = " not in claim and "p <" not in claim, claim
    assert "one person cannot be tested against guessing" in " ".join(claims)
    assert "cannot be told: fewer than two items have two answers" in " ".join(claims)


def words_of(table: pd.DataFrame) -> str:
    """All sentences of a study without conditions, nobody left out."""
    kept = results(table, rules={}).kept
    return " ".join(
        [
            *sentences.intervals(kept.intervals),
            *sentences.chance(kept.chance),
            *sentences.bias(kept.bias, kept.lean),
            *sentences.reliability(kept.reliability),
            *sentences.planning(kept.planning),
        ]
    )


@pytest.mark.parametrize("heard", ["higher", "same", "what was intended"])
def test_who_all_answer_alike_get_no_interval_without_width(heard: str) -> None:
    table = spread(5)
    table["heard"] = table["intended"] if heard == "what was intended" else heard
    words = words_of(table)
    assert not re.search(r"(\d[\d.]*)( %)? to \1\b", words), words
    assert "± 0.0" not in words
    assert "No interval, for answers to each direction are all alike" in words
    bias = tables(results(table, rules={}))["bias"]
    widths = bias[bias["low"].notna() & (bias["low"] == bias["high"])]
    assert len(widths) and widths["note"].notna().all()


def test_a_lean_of_all_is_told_with_what_was_heard_of_identical_pairs() -> None:
    words = words_of(spread(5).assign(heard="higher"))
    assert "“lower” less “higher” is −100.0 percentage points, no 95 % interval" in words
    assert "0 were called lower and 16 higher" in words


def test_agreement_is_said_to_be_above_or_below_guessing() -> None:
    assert "below 33.3 %, guessing one of three" in words_of(spread(5).assign(heard="same"))
    assert "above 50.0 %, guessing one of two" in words_of(spread(5))
    half_lower = spread(5).assign(heard="lower")
    assert "at 50.0 %, guessing one of two: p = 1.000" in words_of(half_lower)


def test_no_limit_is_claimed_of_items_that_differ_by_no_more_than_chance() -> None:
    kept = results(simulate({"random": 12}, items=10, seed=2), rules={}).kept
    words = " ".join(sentences.planning(kept.planning))
    assert "if items differ as little as it seems; what any number of them would give" in words
    assert "± 0.0" not in words
    kept = results(simulate({"realistic": 24}, seed=5), rules={}).kept
    assert "any number of them ± " in " ".join(sentences.planning(kept.planning))


def test_why_there_is_no_interval_is_what_is_lacking() -> None:
    assert "no 95 % interval (it takes two pieces, and there is one)" in words_of(spread(1))
    table = spread(5)
    alone = table[table["participant"] == table["participant"].iloc[0]]
    assert "no 95 % interval (it takes two participants, and there is one)" in words_of(alone)


def test_few_independent_answers_are_those_of_pieces() -> None:
    table = spread(5)
    assert table["participant"].nunique() > 5
    words = words_of(table.assign(heard=table["intended"]))
    assert "for as few answers as there are pieces, which are fewer than participants" in words


def test_without_intervals_nothing_is_said_of_them() -> None:
    kept = results(spread(1), rules={}).kept
    words = " ".join(sentences.intervals(kept.intervals) + sentences.music(kept.music, False))
    assert "The items are 20 segments of 1 piece." in words
    assert "intervals" not in words
    alone = spread(5)
    alone = alone[alone["participant"] == alone["participant"].iloc[0]]
    kept = results(alone.assign(heard=alone["intended"]), rules={}).kept
    words = " ".join(sentences.intervals(kept.intervals) + sentences.music(kept.music, False))
    assert "intervals" not in words and "1 is analysed" in " ".join(
        sentences.flow(results(alone, rules={}).flow)
    )


def test_one_participant_is_singular() -> None:
    kept = results(spread(5), rules={}).kept
    paired = kept.chance.lower_less_higher
    one = replace(paired, better=replace(paired.better, lower=1))
    words = " ".join(sentences.chance(replace(kept.chance, lower_less_higher=one)))
    assert "1 participant agrees more on lower" in words


def test_a_rule_that_could_not_be_checked_is_not_one_that_found_nobody() -> None:
    table = simulate({"realistic": 3}, seed=1)
    table = table[table["kind"] != "identical"].assign(seconds=float("nan"))
    table.loc[table["participant"] == "realistic-00000", "seconds"] = 20.0
    words = " ".join(sentences.flow(results(table).flow))
    assert "of the identical pairs lower or higher: this could not be checked" in words
    assert "for the median trial: 0 participants; of 2 participants the answers do not" in words
    assert "in more than 95% of the trials: 0 participants." in words


def test_strength_is_correlated_with_going_the_intended_way() -> None:
    """Lower items are heard lower the stronger they are, and in no other way."""
    table = spread(5, (0.5, 1.0))
    weak = (table["strength"] == 0.5).to_numpy()
    table["heard"] = table["intended"].mask(weak & (table.index % 3 > 0), "same")
    analysis = results(table, rules={})
    correlation = analysis.doses[0].correlations["lower"]
    assert correlation.value > 0
    (words,) = sentences.doses(analysis.doses)
    assert words.startswith("How far arousal is heard to go the way that was intended, against")
    rows = tables(analysis)["correlations"]
    of_strength = rows[rows["heard_against"] == "strength"]
    assert set(of_strength["heard_as"]) == {"as intended 1, same 0, the other way −1"}


@pytest.mark.slow
def test_tables_without_rows_have_their_headings(files: dict[str, bytes]) -> None:
    from io import BytesIO

    blank = simulate({"realistic": 3}, catch=0)
    blank = blank[[name for name in blank if not name.startswith("change_")]]
    empty = files_of(results(blank, rules={}))
    for name in ("exclusions", "conditions", "contrasts", "catch", "doses", "correlations"):
        read = pd.read_csv(BytesIO(empty[f"{name}.csv"]))
        full = pd.read_csv(BytesIO(files[f"{name}.csv"]))
        assert not len(read) and len(full)
        assert list(read) == [
            column for column in full if name != "correlations" or column != "condition"
        ]


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
