"""What the tables on arousal as classifiers hear it say, from the results of `train.arousal`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from train.reporting.markdown import NONE, Table
from train.reporting.results.arousal import (
    Arousal,
    ArousalTries,
    ChangesByWay,
    Fitted,
    HeardChange,
    WayChange,
)

MOODS = ("arousal low", "arousal high")
UNMOVED = "nothing moved"


def classifiers(result: Arousal) -> Table:
    """How well each tells the ratings of pieces that its fits left out."""
    rows = [
        (
            c.name,
            "yes" if c.hears_loudness else "no",
            f"{c.pieces}, {c.segments:,}",
            f"{c.auc:.2f} [{c.interval[0]:.2f}, {c.interval[1]:.2f}]",
        )
        for c in result.classifiers
    ]
    return rows, ("classifier", "hears loudness", "pieces, segments", "AUC")


def gains(result: Arousal) -> Table:
    """What classifiers gain from further means beside the densities."""
    names = list(result.gains[0].aucs)
    rows = [
        (
            " + ".join(["the two densities", *gain.means]),
            *(
                f"{gain.aucs[n]:.2f} [{gain.intervals[n][0]:.2f}, {gain.intervals[n][1]:.2f}]"
                for n in names
            ),
        )
        for gain in result.gains
    ]
    return rows, ("classifiers hear", *names)


def heard(result: Arousal) -> Table:
    """Share of segments that move as asked, by each classifier; and what a decoder does unasked."""
    rows = []
    for music, changed, way, change in _changes(result):
        if way in MOODS:
            cells = (_interval(change.heard[c.name], way) for c in result.classifiers)
        elif way == UNMOVED:
            cells = (_both(change.heard[c.name]) for c in result.classifiers)
        else:
            continue
        rows.append((music, f"{changed.name}: {way}", str(change.segments), *cells))
    return rows, ("music", "way", "segments", *(c.name for c in result.classifiers))


def relation(result: Arousal) -> Table:
    """The paper's relation: what becomes of onsets and of sounding notes."""
    rows = [
        (
            music,
            f"{changed.name}: {way}",
            *(f"{change.before[n]:.2f} → {change.after[n]:.2f}" for n in change.before),
            _percent(change.fewer_onsets),
            _percent(change.more_sounding),
        )
        for music, changed, way, change in _changes(result)
        if way in MOODS and change.before
    ]
    names = next(iter(_changes(result)))[3].before
    densities = (f"{name} density" for name in names)
    return rows, ("music", "way", *densities, "fewer onsets", "more sounding notes")


def ways(result: Arousal) -> Table:
    """Share of segments heard as lower / higher, by way, by the classifiers that are deaf."""
    deaf = [c for c in result.classifiers if not c.hears_loudness]
    names = [music.name for music in result.music]
    changes_by_way: dict[tuple[str, str], dict[str, WayChange]] = {}
    for music, changed, way, change in _changes(result):
        changes_by_way.setdefault((changed.name, way), {})[music] = change
    rows = [
        (
            f"{model}: {way}",
            *(_by_all(changes[name], deaf) if name in changes else NONE for name in names),
        )
        for (model, way), changes in changes_by_way.items()
        if way not in MOODS
    ]
    return rows, ("way", *names)


def contributions(result: Arousal) -> Table:
    """The regression's weights, and what each feature adds to the mean change of log-odds.

    By the first model alone, the features of the largest weight first.
    """
    regression = next(c for c in result.classifiers if c.weights)
    weights = regression.weights or {}
    columns = [
        (f"{way}, {music.name}", music.changed[0].ways[way].contributions)
        for music in result.music
        for way in MOODS
    ]
    rows = [
        (name, f"{weight:+.2f}", *(f"{added[name]:+.2f}" for _, added in columns))
        for name, weight in sorted(weights.items(), key=lambda item: -abs(item[1]))
    ]
    return rows, ("feature", "weight", *(name for name, _ in columns))


def tries(result: ArousalTries) -> Table:
    """What each idea does to what classifiers hear, and to naturalness."""
    names = list(dict.fromkeys(name for each in result.tries for name in each.heard))
    rows = [
        (
            each.way,
            each.music,
            each.idea,
            *(_percent(each.heard.get(name)) for name in names),
            " / ".join(f"{auc:.2f}" for auc in each.aucs.values()),
        )
        for each in result.tries
    ]
    return rows, ("way", "music", "idea", *names, "naturalness, AUC")


def _changes(result: Arousal) -> Iterator[tuple[str, ChangesByWay, str, WayChange]]:
    for music in result.music:
        for changed in music.changed:
            for way, change in changed.ways.items():
                yield music.name, changed, way, change


def _interval(heard: HeardChange, way: str) -> str:
    is_low = way == MOODS[0]
    share = heard.lower if is_low else heard.higher
    low, high = heard.lower_interval if is_low else heard.higher_interval
    return f"{100 * share:.0f} [{100 * low:.0f}, {100 * high:.0f}]"


def _both(heard: HeardChange) -> str:
    return f"{100 * heard.lower:.0f} / {100 * heard.higher:.0f}"


def _by_all(change: WayChange, classifiers: Sequence[Fitted]) -> str:
    return ", ".join(_both(change.heard[c.name]) for c in classifiers)


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.0f} %"
