"""All files of an analysis: results.json, tables, figures, and a report that opens anywhere.

Made in memory first, so that an analysis that fails writes nothing.
"""

from __future__ import annotations

import base64
import io
import json
import math
import re
from typing import Any, NamedTuple

import pandas as pd

from survey.analysis import figures
from survey.analysis import sentences as wording
from survey.analysis.tables import DUST, tables
from survey.core.templates import templates
from survey.ratings.csv_file import write_csv

DIGITS = 10  # significant ones in results.json: beyond them, processors differ
LONG = 12  # rows from which a table of the report is folded

ABOUT = {
    "flow": (
        "Who took part",
        "All results are computed with the rules of exclusion and without.",
    ),
    "direction": (
        "Direction heard and intended",
        "An answer agrees if it says what was intended. “Same” disagrees; no answer is neither.",
    ),
    "intervals": (
        "Agreement and how sure it is",
        "The interval to report is clustered by participants and items, because answers of one "
        "person, or about one item, are alike. The naive one is shown to be compared, not used.",
    ),
    "chance": (
        "More than chance?",
        "Guessing is right once in three times, or in two for who never answers “same”. The "
        "participant is the unit of the tests, never the single answer: they are about these very "
        "items.",
    ),
    "bias": (
        "Hearing apart from habit",
        "Who always answers “lower” agrees with every lower item and hears nothing. d′ measures "
        "hearing alone, c the habit.",
    ),
    "opinion": (
        "Mean opinion scores",
        "Ratings from 1, worst, to 5, best. Means are over all ratings alike.",
    ),
    "reliability": (
        "Do participants agree with each other?",
        "Low values mean that people differ, not that the study is wrong.",
    ),
    "change": (
        "Heard against actual change",
        "Correlations are over items: −1 to 1, 0 for none.",
    ),
    "planning": (
        "Precision, and planning the next study",
        "How much wider intervals are for answers being alike, and what more people would bring.",
    ),
}
SHOWN = {
    "flow": ("flow", "exclusions", "participants"),
    "direction": ("direction", "items", "catch"),
    "intervals": ("agreement", "agreement_by_strength"),
    "chance": ("chance", "lower_less_higher"),
    "bias": ("bias",),
    "opinion": ("opinion", "opinion_by_strength", "histogram"),
    "reliability": ("reliability",),
    "change": ("change", "correlations"),
    "planning": ("design_effects", "half_widths"),
}


class Figure(NamedTuple):
    """A figure, the section it belongs to, and what it shows."""

    name: str
    section: str
    draw: figures.Draw
    words: str
    caption: str
    rows: int = 2


def files(results: dict[str, Any]) -> dict[str, bytes]:
    """Everything an analysis writes, by file name.

    Parameters
    ----------
    results : dict
        As of `survey.analysis.results.analyse`, and "provenance".
    """
    made = tables(results)
    drawn = drawings(results)
    vectors = {one.name: figures.svg(one.name, one.draw, one.words, one.rows) for one in drawn}
    found = {"results.json": as_json(results).encode()}
    for name, table in made.items():
        text = io.StringIO()
        write_csv(table, text)
        found[f"{name}.csv"] = text.getvalue().encode()
    for one in drawn:
        found[f"{one.name}.svg"] = vectors[one.name].encode()
        found[f"{one.name}.png"] = figures.png(one.name, one.draw, one.rows)
    found["report.html"] = html(results, made, drawn, vectors).encode()
    return found


def as_json(results: dict[str, Any]) -> str:
    """Results as JSON, floats rounded to `DIGITS` significant digits; NaN is an error."""
    return json.dumps(_rounded(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def drawings(results: dict[str, Any]) -> list[Figure]:
    """The figures there is something to draw for."""
    change, opinion = results["kept"]["change"], results["kept"]["opinion"]
    annotated, several = change["annotated"], len(results["kept"]["strengths"])
    together = f" Its {several} strengths are together." if several else ""
    found = []
    if any(row["n"] for row in annotated):
        found.append(
            Figure(
                "figure6a",
                "direction",
                figures.heatmap(annotated),
                figures.heatmap_words(annotated),
                "Annotated against actual change of arousal: share of the row, and count."
                + together
                + (" Section 8 has them apart." if several else ""),
            )
        )
    if any(values["n"] for values in opinion.values()):
        found.append(
            Figure(
                "figure6b",
                "opinion",
                figures.bars(opinion),
                figures.bars_words(opinion),
                "Mean opinion scores with two-way clustered 95 % intervals."
                + together
                + (" The table by strength has them apart." if several else ""),
            )
        )
    maps = {"strength": change["strengths"]} if change["strengths"] else {}
    maps.update({f"change of {name}": rows for name, rows in change["measured"].items() if rows})
    for label, rows in maps.items():
        found.append(
            Figure(
                file_name(f"heatmap_{label}"),
                "change",
                figures.heatmap(rows, f"actual {label}"),
                figures.heatmap_words(rows),
                f"Annotated change against the {label}, signed.",
                len(rows),
            )
        )
    return found


def file_name(words: str) -> str:
    """Words from a file or a database as a name that stays within its folder."""
    return re.sub(r"[^\w-]+", "_", words, flags=re.ASCII)


def html(
    results: dict[str, Any],
    made: dict[str, pd.DataFrame],
    drawn: list[Figure],
    vectors: dict[str, str],
) -> str:
    """The report, one page with all that it shows in itself."""
    kept, place = results["kept"], results["provenance"]
    sentences = {
        "flow": [
            wording.RULES_FROM[place["rules_from"]],
            *wording.flow(results["flow"]),
            *wording.comparison(results),
        ],
        **{name: getattr(wording, name)(kept[name]) for name in ABOUT if name != "flow"},
    }
    sentences["intervals"] += wording.music(kept["music"]) + wording.strengths(kept["strengths"])
    sections = [
        {
            "id": name,
            "title": title,
            "about": about,
            "sentences": sentences[name],
            "figures": [_shown(one, vectors) for one in drawn if one.section == name],
            "tables": [_table(one, made[one]) for one in SHOWN[name] if len(made[one])],
        }
        for name, (title, about) in ABOUT.items()
    ]
    page = templates.get_template("report.html").render(
        title=f"Listening test “{place['study']}”" if place["study"] else "Listening test",
        lead=wording.intervals({"overall": kept["intervals"]["overall"]})[:1],
        sections=sections,
        provenance=[*_provenance(place), *wording.lost(results["lost"])],
    )
    return page + "\n"


def _provenance(place: dict[str, Any]) -> list[str]:
    libraries = ", ".join(f"{name} {version}" for name, version in place["versions"].items())
    return [
        f"{place['rows']} ratings, SHA-256 {place['data_sha256']}.",
        f"Code version {place['code_version']}; {libraries}.",
        f"Random seed {place['seed']}, {place['draws']} resamples. The same ratings, code and seed "
        "give the same results.",
        "All numbers are in results.json, and all tables beside it as CSV.",
    ]


def _shown(one: Figure, vectors: dict[str, str]) -> dict[str, str]:
    coded = base64.b64encode(vectors[one.name].encode()).decode()
    return {
        "source": f"data:image/svg+xml;base64,{coded}",
        "words": one.words,
        "caption": one.caption,
    }


def _table(name: str, table: pd.DataFrame) -> dict[str, Any]:
    return {
        "caption": name.replace("_", " ").capitalize(),
        "names": [str(column).replace("_", " ") for column in table],
        "rows": [[_cell(value) for value in row] for row in table.itertuples(index=False)],
        "long": len(table) > LONG,
    }


def _cell(value: Any) -> dict[str, Any]:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return {"text": "–", "number": True}
    if isinstance(value, bool):
        return {"text": "yes" if value else "no", "number": False}
    if isinstance(value, float):
        value = 0.0 if abs(value) < DUST else value
        shown = f"{value:.3g}" if 0 < abs(value) < 0.001 else f"{value:.3f}"
        return {"text": shown.replace("-", "−"), "number": True}
    return {"text": str(value), "number": isinstance(value, int)}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else value
    return value
