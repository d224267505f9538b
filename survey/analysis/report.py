"""All files of an analysis: results.json, tables, figures, and a report that opens anywhere.

Made in memory first, so that an analysis that fails writes nothing.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from survey.analysis import figures
from survey.analysis.report_figures import ReportFigure, as_vectors, drawings
from survey.analysis.report_page import html
from survey.analysis.results import Provenance, Results
from survey.analysis.tables import tables
from survey.ratings.csv_file import write_csv
from survey.statistics.json_fields import plain

SIGNIFICANT_DIGITS = 10  # in results.json: beyond them, processors differ


def files(results: Results, provenance: Provenance) -> dict[str, bytes]:
    """Everything an analysis writes, by file name."""
    study_tables = tables(results)
    drawn = drawings(results)
    vectors = as_vectors(drawn)
    return {
        "results.json": as_json(results, provenance).encode(),
        **of_tables_and_figures(study_tables, drawn, vectors),
        "report.html": html(results, provenance, study_tables, drawn, vectors).encode(),
    }


def of_tables_and_figures(
    study_tables: Mapping[str, pd.DataFrame], drawn: list[ReportFigure], vectors: dict[str, str]
) -> dict[str, bytes]:
    """Files of tables and figures, by name."""
    contents = {}
    for name, table in study_tables.items():
        text = io.StringIO(newline="")
        write_csv(table, text)
        contents[f"{name}.csv"] = text.getvalue().encode()
    for figure in drawn:
        contents[f"{figure.name}.svg"] = vectors[figure.name].encode()
        contents[f"{figure.name}.png"] = figures.png(figure.name, figure.draw, figure.rows)
    return contents


def as_json(results: Results, provenance: Provenance) -> str:
    """Results as JSON, floats rounded to `SIGNIFICANT_DIGITS`; NaN is an error."""
    record = {**plain(results), "provenance": plain(provenance)}
    return json.dumps(rounded(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def rounded(value: Any) -> Any:
    """The same with its floats rounded to `SIGNIFICANT_DIGITS`."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else value
    return value
