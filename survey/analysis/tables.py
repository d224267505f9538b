"""Results as tidy tables, one observation a row: the CSV files, and the report's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from typing import cast

import pandas as pd

from survey.analysis.results import ParticipantFlow, Results, Sections
from survey.statistics.agreement import Agreement, HeardRow
from survey.statistics.bootstrap import Percentiles
from survey.statistics.chance_tests import AgainstChance, LowerLessHigher
from survey.statistics.conditions import Contrast
from survey.statistics.dose_response import Correlation, Dose
from survey.statistics.estimate import Estimate
from survey.statistics.mean_opinion_score import Opinion
from survey.statistics.precision import Precision
from survey.statistics.reliability import NO_ALPHA, Reliability, ScaleReliability

TWOWAY = "two-way clustered"
DUST = 1e-12  # what is left of 0 by rounding
EXACT_COLUMNS = ("p", "holm")  # a p value may be as small as it likes

STAGES = (
    *("invited", "consented", "began", "withdrawn", "answered", "finished", "left_out", "kept"),
)
ANSWERS = "lower −1, same 0, higher 1"
AS_INTENDED = "as intended 1, same 0, the other way −1"
HEADINGS = {  # of tables that may have no rows
    "exclusions": ("rule", "meaning", "participants", "checked"),
    "conditions": (
        *("condition", "measure", "n", "value", "low", "high", "error", "freedom", "note"),
    ),
    "contrasts": (
        *("measure", "first", "second", "value", "low", "high", "error", "freedom", "note"),
        *("p", "holm"),
    ),
    "catch": ("pair", "heard", "count", "share"),
    "measured_change": ("attribute", "from", "to", "heard", "count", "share"),
    "doses": ("model", "strength", "heard", "count", "share"),
    "slopes": (
        *("model", "intended", "least", "most", "n", "value", "low", "high", "error"),
        *("freedom", "note", "p", "holm"),
    ),
    "correlations": (
        *("heard_against", "heard_as", "intended", "items", "spearman", "low", "high", "note"),
        *("p", "holm"),
    ),
}

Row = dict[str, object]  # column to cell
Rows = Iterator[Row]


def tables(results: Results) -> dict[str, pd.DataFrame]:
    """All tables by name, in the report's order."""
    first = results.parts()[0][1]
    rows = {
        **flow_rows(results.flow),
        "conditions": _conditions(results),
        "contrasts": map(_contrast, results.contrasts),
        "direction": _parts(results, lambda part: _crosstab(part.direction.table, "intended")),
        "items": _parts(results, lambda part: map(asdict, part.direction.items)),
        "catch": _crosstab(first.direction.catch, "pair"),
        "agreement": _parts_of_both(results, lambda part: _agreement(part.intervals)),
        "chance": _parts(results, lambda part: _chance(part.chance.against)),
        "lower_less_higher": _parts(results, lambda part: _paired(part.chance.lower_less_higher)),
        "bias": _parts(results, _bias),
        "opinion": _parts_of_both(results, lambda part: _opinion(part.opinion)),
        "histogram": _parts(results, lambda part: _histogram(part.opinion)),
        "reliability": _parts(results, lambda part: _reliability(part.reliability)),
        "change": _parts(results, lambda part: _crosstab(part.change.annotated, "intended")),
        "measured_change": _parts(results, _measured_change),
        "doses": chain.from_iterable(map(_dose, results.doses)),
        "slopes": chain.from_iterable(map(_slopes, results.doses)),
        "correlations": _correlations(results),
        "design_effects": _parts(results, lambda part: _design_effects(part.planning)),
        "half_widths": _parts(results, lambda part: _half_widths(part.planning)),
        # Not "participants": an export has a file of that name, which says who is who.
        "by_participant": map(asdict, results.participants),
    }
    return {name: as_table(name, of_table) for name, of_table in rows.items()}


def as_table(name: str, rows: Iterable[Row]) -> pd.DataFrame:
    """A table of rows."""
    cleaned = [_clean(row) for row in rows]
    return pd.DataFrame(cleaned, columns=None if cleaned else HEADINGS.get(name), dtype=object)


def _clean(row: Row) -> Row:
    """A row without what rounding left of 0."""
    return {
        name: 0.0
        if isinstance(value, float) and abs(value) < DUST and name not in EXACT_COLUMNS
        else value
        for name, value in row.items()
    }


def _parts(results: Results, rows: Callable[[Sections], Iterable[Row]]) -> Rows:
    """A table with exclusions, of each condition where there are several."""
    for name, kept_sections, _ in results.parts():
        for row in rows(kept_sections):
            yield {"condition": name, **row} if name else row


def _parts_of_both(results: Results, rows: Callable[[Sections], Rows]) -> Rows:
    """The same with exclusions and without."""
    for name, kept_sections, everyone in results.parts():
        for words, part in (("with exclusions", kept_sections), ("without exclusions", everyone)):
            for row in rows(part):
                yield {**({"condition": name} if name else {}), "participants": words, **row}


def _conditions(results: Results) -> Rows:
    """The two results that are compared first: agreement and opinion, with exclusions."""
    for both in results.conditions:
        estimates = {f"agreement, {name}": a.twoway for name, a in both.kept.intervals.items()}
        estimates |= {scale: opinion.twoway for scale, opinion in both.kept.opinion.items()}
        for measure, estimate in estimates.items():
            keys = {"condition": both.condition.name, "measure": measure, "n": estimate.n}
            yield {**keys, **of_estimate(estimate)}


def _contrast(contrast: Contrast) -> Row:
    return {
        "measure": contrast.measure,
        "first": contrast.first,
        "second": contrast.second,
        **of_estimate(contrast.difference),
        "p": contrast.p,
        "holm": contrast.holm,
    }


def flow_rows(flow: ParticipantFlow) -> dict[str, Iterable[Row]]:
    """Who came how far, and who was left out."""
    return {"flow": _stages(flow), "exclusions": map(asdict, flow.exclusions)}


def _stages(flow: ParticipantFlow) -> Rows:
    for stage in STAGES:
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
                **of_estimate(estimate, values.twoway.value),
            }


def of_estimate(ends: Estimate | Percentiles | None, value: float | None = None) -> Row:
    """The columns of an interval; a bootstrap's is about `value`."""
    if isinstance(ends, Estimate):
        row = asdict(ends)
        del row["n"]
        return row
    row = dict.fromkeys(("value", "low", "high", "error", "freedom", "note"), None)
    if ends is not None:
        row |= {"low": ends.low, "high": ends.high, "note": ends.note}
    return row | {"value": value}


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
                "holm": test.holm,
                "exact": test.exact,
                "participants": test.n,
            }


def _paired(paired: LowerLessHigher) -> Rows:
    difference = of_estimate(paired.difference)
    flips = {"p": paired.flips.p, "holm": paired.flips.holm}
    yield {"method": "participants' differences", **difference, **flips}
    yield {"method": TWOWAY, **of_estimate(paired.twoway), "p": paired.p, "holm": paired.holm}
    better = paired.better
    counts = f"{better.lower} better on lower, {better.higher} on higher, {better.equal} equal"
    yield {"method": f"sign test: {counts}", "p": paired.sign_test}


def _bias(part: Sections) -> Rows:
    for answer, values in part.bias.items():
        measures = {
            "hits": Estimate(values.hits.rate),
            "alarms": Estimate(values.alarms.rate),
            "d_prime, pooled": values.d_prime,
            "d_prime, mean of participants": values.mean_d_prime,
            "criterion, pooled": values.criterion,
            "criterion, mean of participants": values.mean_criterion,
        }
        for measure, estimate in measures.items():
            if estimate is not None:
                yield _measured(answer, measure, estimate)
    lean = _measured("lower less higher", "difference of shares", part.lean.more_lower)
    yield {**lean, "p": part.lean.p, "holm": part.lean.holm}


def _measured(answer: str, measure: str, estimate: Estimate) -> Row:
    ends = {name: getattr(estimate, name) for name in ("value", "low", "high", "note")}
    return {"answer": answer, "measure": measure, **ends}


def _opinion(opinion: Mapping[str, Opinion]) -> Rows:
    for scale, values in opinion.items():
        for method, estimate in _methods(values).items():
            tested = method == TWOWAY
            yield {
                "scale": scale,
                "method": method,
                "n": values.n,
                "median": values.median,
                **of_estimate(estimate, values.twoway.value),
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
            note = getattr(values, "note", None) if measure.startswith("ICC") else None
            if value is None and measure.startswith("Krippendorff"):
                note = NO_ALPHA
            yield {"answers": name, "measure": measure, "value": value, "note": note}


def _dose(dose: Dose) -> Rows:
    for row in _crosstab(dose.strengths, "strength"):
        yield {"model": dose.checkpoint, **row}


def _slopes(dose: Dose) -> Rows:
    for word, slope in dose.slopes.items():
        row = {"model": dose.checkpoint, "intended": word, **asdict(slope)}
        yield {name: row[name] for name in HEADINGS["slopes"]}


def _measured_change(part: Sections) -> Rows:
    for name, rows in part.change.measured.items():
        for row in _crosstab(rows, "change"):
            low, high = cast(Sequence[float], row.pop("change"))
            yield {"attribute": name, "from": low, "to": high, **row}


def _correlations(results: Results) -> Rows:
    measured = _parts(results, _of_measured)
    doses = (row for dose in results.doses for row in _of_strength(dose, bool(results.conditions)))
    return chain(measured, doses)


def _of_measured(part: Sections) -> Rows:
    for name, by_direction in part.change.correlations.items():
        yield from _by_direction(f"measured change of {name}", ANSWERS, by_direction)


def _of_strength(dose: Dose, with_condition: bool) -> Rows:
    words = "all strengths" + (f" of model {dose.checkpoint}" if dose.checkpoint else "")
    for row in _by_direction("strength", AS_INTENDED, dose.correlations):
        yield {"condition": words, **row} if with_condition else row


def _by_direction(name: str, counting: str, correlations: Mapping[str, Correlation]) -> Rows:
    for direction, estimate in correlations.items():
        yield {
            "heard_against": name,
            "heard_as": counting,
            "intended": direction,
            "items": estimate.n,
            "spearman": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "note": estimate.note,
            "p": estimate.p,
            "holm": estimate.holm,
        }


def _design_effects(planning: Mapping[str, Precision]) -> Rows:
    for name, values in planning.items():
        for by, clustering in (("participants", values.participants), ("pieces", values.pieces)):
            observed = {"observed": values.observed}
            yield {"answers": name, "clusters": by, **asdict(clustering), **observed}


def _half_widths(planning: Mapping[str, Precision]) -> Rows:
    for name, values in planning.items():
        for size, width in values.half_widths.items():
            yield {"answers": name, "participants": int(size), "half_width": width}
        yield {"answers": name, "participants": None, "half_width": values.limit}
