"""The scores of `train.score` as tables to read."""

from __future__ import annotations

from collections.abc import Iterator

from fadernets.music.attributes import title
from train.data.pairs import names_listed
from train.reporting.markdown import NONE, Table, table
from train.reporting.results.part import Estimate
from train.reporting.results.score import Crossing, Reached, Score

IDENTITY = {
    "note_f1": "note F1",
    "pitch_class_cosine": "harmony (cosine of pitch classes)",
    "key_kept": "key kept",
    "contour": "melody (correlation of the top notes)",
}


def text(score: Score) -> str:
    """All tables, with what has to be said beside them, as Markdown."""
    parts = [
        f"{score.pairs:,} pairs, {score.segments:,} segments, of which {score.changed_segments:,} "
        f"changed; notes by {score.by}. In brackets: 95 % intervals over pieces.",
        *notices(score),
    ]
    for head, rows in tables(score).items():
        parts.append(f"## {head}\n\n{table(*rows)}")
    if score.naturalness_left_out:
        parts.append(f"## Naturalness\n\nLeft out: {score.naturalness_left_out}.")
    return "\n\n".join(parts) + "\n"


def notices(score: Score) -> Iterator[str]:
    """Sentences on what was left out, or may not be as it looks."""
    if score.only_before:
        yield f"Only before: {names_listed(score.only_before)}."
    if score.only_after:
        yield f"Only after: {names_listed(score.only_after)}."
    if score.unreadable:
        yield f"Skipped: {names_listed([line.rstrip('.') for line in score.unreadable])}."
    if score.empty:
        yield f"Without a note after, and counted: {names_listed(score.empty)}."
    if score.asked_left_out:
        yield f"Asked of no pair, and left out: {names_listed(score.asked_left_out)}."
    if score.other_tempo and score.clock == "beats":
        yield (
            f"Of another tempo after: {names_listed(score.other_tempo)}. Beats were compared; "
            "--clock seconds compares times."
        )


def tables(score: Score) -> dict[str, Table]:
    """Rows and head of each table, by its title."""
    result: dict[str, Table] = {}
    if score.asked:
        result["Control: asked and reached"] = control_table(score.asked)
    result["Control: densities"] = densities(score)
    result["Identity"] = identity(score)
    if score.naturalness:
        result["Naturalness"] = naturalness(score)
    result["Borders"] = borders(score)
    result["Music"] = music(score)
    return result


def control_table(reached: dict[str, Reached]) -> Table:
    """How near densities came to what was asked."""
    rows = []
    for name, each in reached.items():
        restrictiveness = each.restrictiveness or {}
        others = ", ".join(f"{value:.3f} ({other})" for other, value in restrictiveness.items())
        rows.append(
            (
                title(name),
                f"{each.error.n:,}",
                _cell(each.error),
                f"{each.largest_error:.3f}",
                _cell(each.before_error),
                _number(each.consistency),
                others or NONE,
                _number(each.linearity_each),
                _number(each.linearity_pooled),
            )
        )
    return rows, (
        "attribute",
        "asked",
        "mean error",
        "largest",
        "mean error before",
        "consistency",
        "restrictiveness",
        "linearity, each",
        "linearity, pooled",
    )


def densities(score: Score) -> Table:
    """Mean densities before and after."""
    rows = [
        (
            title(name),
            group,
            *map(_cell, (moved.before, moved.after, moved.change, moved.absolute_change)),
            f"{moved.change.mean / moved.sd:+.2f}" if moved.sd else NONE,
        )
        for name, by_group in score.densities.items()
        for group, moved in by_group.items()
    ]
    return rows, ("density", "of", "before", "after", "change", "absolute change", "change in sd")


def identity(score: Score) -> Table:
    """What is left of segments."""
    groups = list(score.identity)
    rows = [
        (label, *(_cell(score.identity[group].get(name)) for group in groups))
        for name, label in IDENTITY.items()
    ]
    return rows, ("what is left", *groups)


def naturalness(score: Score) -> Table:
    """How well classifiers tell changed windows from real ones."""
    natural = score.naturalness
    assert natural is not None
    rows = []
    for label, separability in (("after", natural.after), ("before (the floor)", natural.floor)):
        if separability:
            strongest = ", ".join(f"{name} ({auc:.2f})" for name, auc in separability.tells.items())
            aucs = (f"{auc:.2f}" for auc in separability.aucs.values())
            rows.append((label, f"{separability.pairs:,}", *aucs, strongest))
    real = "the pieces before" if natural.real == "before" else "other real music"
    names = natural.after.aucs
    return rows, (f"told from {real}", "pairs", *(f"AUC, {name}" for name in names), "tells")


def borders(score: Score) -> Table:
    """Cuts and jumps at borders, and elsewhere."""
    sides = {
        f"{kind}, {when}": getattr(part, place)
        for place, kind in (("border", "borders"), ("middle", "middles of segments"))
        for when, part in (("before", score.borders_before), ("after", score.borders_after))
    }
    jumps = list(dict.fromkeys(name for crossing in sides.values() for name in crossing.jumps))
    return [
        (name, f"{crossing.crossing:,}", _cell(crossing.cut), *_jumps(crossing, jumps))
        for name, crossing in sides.items()
    ], ("at", "notes that cross", "of these there, cut", *(f"jump: {name}" for name in jumps))


def _jumps(crossing: Crossing, names: list[str]) -> Iterator[str]:
    return (_number(crossing.jumps.get(name), 2) for name in names)


def music(score: Score) -> Table:
    """A composer's measures."""
    rows = [(name, _cell(each.before), _cell(each.after)) for name, each in score.music.items()]
    return rows, ("share of", "before", "after")


def _cell(value: Estimate | None) -> str:
    if value is None:
        return NONE
    ends = f" [{value.interval[0]:.3f}, {value.interval[1]:.3f}]" if value.interval else ""
    return f"{value.mean:.3f}{ends}"


def _number(value: float | None, digits: int = 3) -> str:
    return NONE if value is None else f"{value:.{digits}f}"
