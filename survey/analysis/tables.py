"""Results as tidy tables, one observation a row: the CSV files, and the report's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from survey.analysis.results import ParticipantFlow, Results, Sections
from survey.statistics.agreement import Agreement, HeardRow
from survey.statistics.bootstrap import Percentiles
from survey.statistics.chance_tests import AgainstChance, LowerLessHigher
from survey.statistics.dose_response import Changes
from survey.statistics.estimate import Estimate, Interval
from survey.statistics.mean_opinion_score import Opinion
from survey.statistics.precision import Precision
from survey.statistics.reliability import Reliability, ScaleReliability
from survey.statistics.signal_detection import Detection
from survey.statistics.strength import AtStrength

TWOWAY = "two-way clustered"
DUST = 1e-12  # what is left of 0 by rounding
EXACT_COLUMNS = ("p", "holm")  # a p value may be as small as it likes

Row = dict[str, object]  # column to cell
Rows = Iterator[Row]


def tables(results: Results) -> dict[str, pd.DataFrame]:
    """All tables by name, in the report's order."""
    included = results.kept
    rows = {
        "flow": _flow(results.flow),
        "exclusions": map(asdict, results.flow.exclusions),
        "direction": _crosstab(included.direction.table, "intended"),
        "items": map(asdict, included.direction.items),
        "catch": _crosstab(included.direction.catch, "pair"),
        "agreement": _both(results, lambda sections: _agreement(sections.intervals)),
        "agreement_by_strength": _strengths(included.strengths, "items", lambda row: row.agreement),
        "chance": _chance(included.chance.against),
        "lower_less_higher": _paired(included.chance.lower_less_higher),
        "bias": _bias(included.bias),
        "opinion": _both(results, lambda sections: _opinion(sections.opinion)),
        "opinion_by_strength": _strengths(included.strengths, "scale", lambda row: row.opinion),
        "histogram": _histogram(included.opinion),
        "reliability": _reliability(included.reliability),
        "change": _change(included.change),
        "correlations": _correlations(included.change),
        "design_effects": _design_effects(included.planning),
        "half_widths": _half_widths(included.planning),
        "participants": map(asdict, results.participants),
    }
    return {
        name: pd.DataFrame([_clean(row) for row in of_table], dtype=object)
        for name, of_table in rows.items()
    }


def _clean(row: Row) -> Row:
    """A row without what rounding left of 0."""
    return {
        name: 0.0
        if isinstance(value, float) and abs(value) < DUST and name not in EXACT_COLUMNS
        else value
        for name, value in row.items()
    }


def _both(results: Results, rows: Callable[[Sections], Rows]) -> Rows:
    """A table of both, with exclusions and without."""
    for words, sections in (
        ("with exclusions", results.kept),
        ("without exclusions", results.everyone),
    ):
        for row in rows(sections):
            yield {"participants": words, **row}


def _flow(flow: ParticipantFlow) -> Rows:
    for stage in ("invited", "consented", "withdrawn", "answered", "finished", "kept"):
        yield {"stage": stage, "people": getattr(flow, stage)}


def _crosstab(rows: Sequence[HeardRow], label: str) -> Rows:
    for row in rows:
        for word, count in row.counts.items():
            yield {label: row.row, "heard": word, "count": count, "share": row.shares[word]}


def _methods(values: Agreement | Opinion) -> dict[str, Estimate | Percentiles | None]:
    """The intervals by what they are called."""
    return {
        TWOWAY: values.twoway,
        "clustered by participant": values.participants,
        "naive (answers as if independent)": values.naive,
        "pigeonhole bootstrap": values.bootstrap,
    }


def _agreement(intervals: Mapping[str, Agreement]) -> Rows:
    for name, values in intervals.items():
        for method, estimate in _methods(values).items():
            yield {
                "items": name,
                "method": method,
                "agree": values.agree,
                "n": values.n,
                **_estimate(estimate, values.twoway.value),
            }


def _strengths(
    rows: Sequence[AtStrength],
    label: str,
    estimates: Callable[[AtStrength], Mapping[str, Estimate]],
) -> Rows:
    for row in rows:
        for name, estimate in estimates(row).items():
            yield {"strength": row.strength, label: name, "n": estimate.n, **_estimate(estimate)}


def _estimate(ends: Estimate | Percentiles | None, value: float | None = None) -> Row:
    """The columns of an interval; a bootstrap's is about `value`."""
    if isinstance(ends, Estimate):
        row = asdict(ends)
        del row["n"]
        return row
    low, high = (None, None) if ends is None else (ends.low, ends.high)
    return {"value": value, "low": low, "high": high, "error": None, "freedom": None, "note": None}


def _chance(against: Mapping[str, AgainstChance]) -> Rows:
    for name, tests in against.items():
        for guess, test in tests.guesses.items():
            yield {
                "items": name,
                "guessing": guess,
                "chance": test.chance,
                "mean_rate": tests.mean_rate.value,
                "difference": test.difference,
                "p": test.p,
                "exact": test.exact,
                "participants": test.n,
            }


def _paired(paired: LowerLessHigher) -> Rows:
    difference = _estimate(paired.difference)
    yield {"method": "participants' differences", **difference, "p": paired.flips.p}
    yield {"method": TWOWAY, **_estimate(paired.twoway), "p": None}
    better = paired.better
    counts = f"{better.lower} better on lower, {better.higher} on higher, {better.equal} equal"
    yield {"method": f"sign test: {counts}", "p": paired.sign_test}


def _bias(bias: Mapping[str, Detection]) -> Rows:
    for answer, values in bias.items():

        def row(measure: str, value: float | None, ends: Interval | None = None) -> Row:
            named: Row = {"answer": answer, "measure": measure, "value": value}  # noqa: B023
            return named if ends is None else {**named, "low": ends.low, "high": ends.high}

        yield row("hits", values.hits.rate)
        yield row("alarms", values.alarms.rate)
        ends = values.bootstrap
        if ends is None or values.mean_d_prime is None or values.mean_criterion is None:
            continue
        for name, value, pooled, mean in (
            ("d_prime", values.d_prime, ends.d_prime, values.mean_d_prime),
            ("criterion", values.criterion, ends.criterion, values.mean_criterion),
        ):
            yield row(f"{name}, pooled", value, pooled)
            yield row(f"{name}, mean of participants", mean.value, mean)


def _opinion(opinion: Mapping[str, Opinion]) -> Rows:
    for scale, values in opinion.items():
        for method, estimate in _methods(values).items():
            tested = method == TWOWAY
            yield {
                "scale": scale,
                "method": method,
                "n": values.n,
                "median": values.median,
                **_estimate(estimate, values.twoway.value),
                "p": values.p if tested else None,
                "holm": values.holm if tested else None,
            }


def _histogram(opinion: Mapping[str, Opinion]) -> Rows:
    for scale, values in opinion.items():
        for rating, count in values.histogram.items():
            yield {"scale": scale, "rating": int(rating), "count": count}


def _reliability(reliability: Mapping[str, Reliability]) -> Rows:
    for name, values in reliability.items():
        kind = "ordinal" if isinstance(values, ScaleReliability) else "nominal"
        measures = {f"Krippendorff's alpha, {kind}": values.alpha}
        if isinstance(values, ScaleReliability):
            measures |= {"ICC(A,1)": values.icc_1, "ICC(A,k)": values.icc_k, "k": values.k}
        for measure, value in measures.items():
            yield {"answers": name, "measure": measure, "value": value}


def _change(change: Changes) -> Rows:
    maps = {
        "direction": change.annotated,
        "strength": change.strengths,
        **{f"change of {name}": rows for name, rows in change.measured.items()},
    }
    for name, rows in maps.items():
        for row in _crosstab(rows, "actual"):
            actual = row["actual"]
            if isinstance(actual, list):
                row["actual"] = f"{actual[0]:g} to {actual[1]:g}"
            yield {"map": name, **row}


def _correlations(change: Changes) -> Rows:
    estimates = {
        f"measured change of {name}": estimate for name, estimate in change.correlations.items()
    }
    if change.strength_correlation is not None:
        estimates["signed strength"] = change.strength_correlation
    for name, estimate in estimates.items():
        yield {
            "heard_against": name,
            "items": estimate.n,
            "spearman": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "note": estimate.note,
        }


def _design_effects(planning: Mapping[str, Precision]) -> Rows:
    for name, values in planning.items():
        for by, clustering in (("participants", values.participants), ("items", values.items)):
            observed = {"observed": values.observed}
            yield {"answers": name, "clusters": by, **asdict(clustering), **observed}


def _half_widths(planning: Mapping[str, Precision]) -> Rows:
    for name, values in planning.items():
        for size, width in values.half_widths.items():
            yield {"answers": name, "participants": int(size), "half_width": width}
        yield {"answers": name, "participants": None, "half_width": values.limit}
