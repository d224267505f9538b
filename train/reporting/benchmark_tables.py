"""What the tables on the demo's waits, and on the survey under load and killed, say."""

from __future__ import annotations

from typing import Any

from train.reporting.markdown import table


def latency(measured: dict[str, Any]) -> str:
    """How fast the demo answers, from `benchmarks.demo_latency`."""
    stages = ("rolls", "sound", "sound after rolls", "heard while playing", "undo")
    rows = [
        (
            f"{length['minutes']} minutes" if length["minutes"] else "one segment",
            f"{length['segments']}",
            f"{length['releases']}",
            *(_milliseconds(length[stage]) for stage in stages),
        )
        for length in measured["lengths"]
    ]
    served = measured["served"]
    of_server = ", ".join(f"{stage} {_milliseconds(served[stage])}" for stage in served)
    note = (
        "Median / 95 % in ms, from the release of a fader: both rolls drawn, first sound ready to"
        " play, the time between, the change heard while the music plays, and rolls and sound after"
        " undo. By the server alone, of one segment:"
        f" {of_server}. Start to usable page: {measured['start_s']:.1f} s. Measured on 2 cores"
        " without a GPU."
    )
    if memory := measured.get("memory"):
        note += (
            f" Over {memory['edits']:,} edits of a segment the page's memory went from"
            f" {memory['page_before_mb']:.0f} MB (after a tenth of them) to"
            f" {memory['page_after_mb']:.0f} MB, the server's from"
            f" {memory['server_before_mb']:.0f} MB to {memory['server_after_mb']:.0f} MB."
        )
    return f"{table(rows, ('all of', 'segments', 'releases', *stages))}\n\n{note}"


def _milliseconds(times: dict[str, float]) -> str:
    return f"{times['median_ms']:,.0f} / {times['p95_ms']:,.0f}"


def kills(sqlite: dict[str, int], postgresql: dict[str, int]) -> str:
    """Counts from `benchmarks.survey_kills` with both databases."""
    rows = [
        (name.replace("_", " "), f"{value:,}", f"{postgresql[name]:,}")
        for name, value in sqlite.items()
    ]
    return table(rows, ("killed", "SQLite", "PostgreSQL"))


def load(measured: dict[str, Any]) -> str:
    """Waiting times and errors from `benchmarks.survey_load`."""
    names = ("median_ms", "p95_ms", "max_ms")
    rows = [
        (kind, f"{times['n']:,}", *(f"{times[name]:.0f}" for name in names))
        for kind, times in measured["requests"].items()
    ]
    conditions = (
        f"{measured['participants']} participants, {measured['database']}: "
        f"{measured['errors']} errors, {measured['acknowledged']} answers acknowledged, "
        f"{measured['lost']} lost; server "
        f"{measured['server_cpu_s']:.0f} s of CPU in {measured['seconds']:.0f} s; load average "
        f"before it {measured['load_average_before']}, meanwhile "
        f"{measured['load_average_median']} (median, the participants' own process included)."
    )
    return f"{table(rows, ('request', 'n', 'median ms', '95 % ms', 'most ms'))}\n\n{conditions}"
