"""Results as tidy tables, one observation a row: the CSV files, and the report's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

METHODS = {
    "twoway": "two-way clustered",
    "participants": "clustered by participant",
    "naive": "naive (answers as if independent)",
    "bootstrap": "pigeonhole bootstrap",
}
DUST = 1e-12  # what is left of 0 by rounding
WHO = {"kept": "with exclusions", "everyone": "without exclusions"}

Rows = Iterator[dict[str, Any]]


def tables(results: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """All tables by name, in the report's order.

    Parameters
    ----------
    results : dict
        As of `survey.analysis.results.analyse`.
    """
    kept = results["kept"]
    made = {
        "flow": _flow(results["flow"]),
        "exclusions": iter(results["flow"]["exclusions"]),
        "direction": _crosstab(kept["direction"]["table"], "intended"),
        "items": iter(kept["direction"]["items"]),
        "catch": _crosstab(kept["direction"]["catch"], "pair"),
        "agreement": _agreement(results),
        "agreement_by_strength": _strengths(kept["strengths"], "agreement", "items"),
        "chance": _chance(kept["chance"]["against"]),
        "lower_less_higher": _paired(kept["chance"]["lower_less_higher"]),
        "bias": _bias(kept["bias"]),
        "opinion": _opinion(results),
        "opinion_by_strength": _strengths(kept["strengths"], "opinion", "scale"),
        "histogram": _histogram(kept["opinion"]),
        "reliability": _reliability(kept["reliability"]),
        "change": _change(kept["change"]),
        "correlations": _correlations(kept["change"]),
        "design_effects": _design_effects(kept["planning"]),
        "half_widths": _half_widths(kept["planning"]),
        "participants": iter(results["participants"]),
    }
    return {
        name: pd.DataFrame([_clean(row) for row in rows], dtype=object)
        for name, rows in made.items()
    }


def _clean(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what rounding left of 0; a p value may be as small as it likes."""
    return {
        name: 0.0
        if isinstance(value, float) and abs(value) < DUST and name not in ("p", "holm")
        else value
        for name, value in row.items()
    }


def _flow(flow: dict[str, Any]) -> Rows:
    stages = ("invited", "consented", "withdrawn", "answered", "finished", "kept")
    return ({"stage": stage, "people": flow[stage]} for stage in stages)


def _crosstab(rows: list[dict[str, Any]], label: str) -> Rows:
    for row in rows:
        for word, count in row["counts"].items():
            yield {label: row["row"], "heard": word, "count": count, "share": row["shares"][word]}


def _agreement(results: dict[str, Any]) -> Rows:
    for who, words in WHO.items():
        for name, found in results[who]["intervals"].items():
            for method, called in METHODS.items():
                yield {
                    "participants": words,
                    "items": name,
                    "method": called,
                    "agree": found["agree"],
                    "n": found["n"],
                    **_estimate(found[method], found["twoway"]["value"]),
                }


def _strengths(found: list[dict[str, Any]], of: str, label: str) -> Rows:
    for row in found:
        for name, one in row[of].items():
            estimate = _estimate(one, None)
            yield {"strength": row["strength"], label: name, "n": one["n"], **estimate}


def _estimate(found: dict[str, Any], value: float | None) -> dict[str, Any]:
    return {
        "value": found.get("value", value),
        "low": found["low"],
        "high": found["high"],
        "error": found.get("error"),
        "freedom": found.get("freedom"),
        "note": found.get("note"),
    }


def _chance(found: dict[str, Any]) -> Rows:
    for name, tests in found.items():
        for guess in ("one of three", "one of two"):
            test = tests[guess]
            yield {
                "items": name,
                "guessing": guess,
                "chance": test["chance"],
                "mean_rate": tests["mean_rate"]["value"],
                "difference": test["difference"],
                "p": test["p"],
                "exact": test["exact"],
                "participants": test["n"],
            }


def _paired(found: dict[str, Any]) -> Rows:
    tests = {"difference": found["flips"]["p"], "twoway": None}
    called = {"difference": "participants' differences", "twoway": METHODS["twoway"]}
    for method, p in tests.items():
        yield {"method": called[method], **_estimate(found[method], None), "p": p}
    counts = "{lower} better on lower, {higher} on higher, {equal} equal".format(**found["better"])
    yield {"method": f"sign test: {counts}", "p": found["sign_test"]}


def _bias(found: dict[str, Any]) -> Rows:
    for answer, values in found.items():
        for name in ("hits", "alarms"):
            yield {"answer": answer, "measure": name, "value": values[name]["rate"]}
        if values["d_prime"] is None:
            continue
        for name in ("d_prime", "criterion"):
            ends = values["bootstrap"][name]
            yield {
                "answer": answer,
                "measure": f"{name}, pooled",
                "value": values[name],
                "low": ends["low"],
                "high": ends["high"],
            }
            mean = values[f"mean_{name}"]
            yield {
                "answer": answer,
                "measure": f"{name}, mean of participants",
                "value": mean["value"],
                "low": mean["low"],
                "high": mean["high"],
            }


def _opinion(results: dict[str, Any]) -> Rows:
    for who, words in WHO.items():
        for scale, found in results[who]["opinion"].items():
            for method, called in METHODS.items():
                yield {
                    "participants": words,
                    "scale": scale,
                    "method": called,
                    "n": found["n"],
                    "median": found["median"],
                    **_estimate(found[method], found["twoway"]["value"]),
                    "p": found["p"] if method == "twoway" else None,
                    "holm": found["holm"] if method == "twoway" else None,
                }


def _histogram(found: dict[str, Any]) -> Rows:
    for scale, values in found.items():
        for rating, count in values["histogram"].items():
            yield {"scale": scale, "rating": int(rating), "count": count}


def _reliability(found: dict[str, Any]) -> Rows:
    for name, values in found.items():
        kind = "nominal" if name == "direction" else "ordinal"
        yield {
            "answers": name,
            "measure": f"Krippendorff's alpha, {kind}",
            "value": values["alpha"],
        }
        if name != "direction":
            yield {"answers": name, "measure": "ICC(A,1)", "value": values["icc_1"]}
            yield {"answers": name, "measure": "ICC(A,k)", "value": values["icc_k"]}
            yield {"answers": name, "measure": "k", "value": values["k"]}


def _change(found: dict[str, Any]) -> Rows:
    maps = {
        "direction": found["annotated"],
        "strength": found["strengths"],
        **{f"change of {name}": rows for name, rows in found["measured"].items()},
    }
    for name, rows in maps.items():
        for row in _crosstab(rows, "actual"):
            actual = row["actual"]
            if isinstance(actual, list):
                row["actual"] = f"{actual[0]:g} to {actual[1]:g}"
            yield {"map": name, **row}


def _correlations(found: dict[str, Any]) -> Rows:
    named = {f"measured change of {name}": values for name, values in found["correlations"].items()}
    if found["strength_correlation"] is not None:
        named["signed strength"] = found["strength_correlation"]
    for name, values in named.items():
        yield {
            "heard_against": name,
            "items": values["n"],
            "spearman": values["value"],
            "low": values["low"],
            "high": values["high"],
            "note": values["note"],
        }


def _design_effects(found: dict[str, Any]) -> Rows:
    for name, values in found.items():
        for by in ("participants", "items"):
            yield {"answers": name, "clusters": by, **values[by], "observed": values["observed"]}


def _half_widths(found: dict[str, Any]) -> Rows:
    for name, values in found.items():
        for size, width in values["half_widths"].items():
            yield {"answers": name, "participants": int(size), "half_width": width}
        yield {"answers": name, "participants": None, "half_width": values["limit"]}
