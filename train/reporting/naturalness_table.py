"""What the table on naturalness says, from the results of `train.naturalness`."""

from __future__ import annotations

from collections.abc import Mapping

from fadernets.mood_transfer import MOODS
from train.reporting.markdown import NONE, Table
from train.reporting.results.discriminator import Discriminating
from train.reporting.results.naturalness import (
    Naturalness,
    NaturalnessTries,
    SeparabilityByWay,
    WaySeparability,
)


def rows(result: Naturalness) -> Table:
    """AUCs of both classifiers, by what changed the music and by way."""
    ways = list(dict.fromkeys(way for changed in result.changed for way in changed.ways))
    floor = ("nothing (real against real)", _cell(result.floor), *(NONE for _ in ways[1:]))
    apart = [*([result.in_place] if result.in_place else []), *result.changed]
    return [floor, *(_row(changed, ways) for changed in apart)], ("changed by", *ways)


def _row(changed: SeparabilityByWay, ways: list[str]) -> tuple[str, ...]:
    cells = [_cell(changed.ways[way]) if way in changed.ways else NONE for way in ways]
    for column, way in enumerate(ways):  # only a mood asks for another loudness
        if (
            way.startswith(MOODS)
            and (separability := changed.ways.get(way))
            and separability.deaf_aucs
        ):
            cells[column] += f" (deaf {_numbers(separability.deaf_aucs)})"
    return (changed.name, *cells)


def _cell(separability: WaySeparability) -> str:
    return _numbers(separability.aucs)


def _numbers(aucs: Mapping[str, float]) -> str:
    return " / ".join(f"{value:.2f}" for value in aucs.values())


def tells(result: Naturalness) -> Table:
    """Which features tell most alone, by what changed the music and by way."""
    cells = [
        (
            changed.name,
            way,
            ", ".join(f"{name} ({auc:.2f})" for name, auc in separability.tells.items()),
        )
        for changed in result.changed
        for way, separability in changed.ways.items()
    ]
    return cells, ("changed by", "way", "what tells most (AUC alone; above .5: too much of it)")


# Of `train.metrics.music`, and of `train.metrics.changes`.
BESIDE = ("successive beats alike", "restrikes", "short notes", "chords for two hands")
BECAME = ("stubs", "new notes", "melody kept", "bass kept", "bass kept and still outermost")


def measures(result: Naturalness) -> Table:
    """Musical measures of what the first model changed, by way, beside real windows."""
    rows = []
    for way, separability in result.changed[0].ways.items():
        beside = [separability.measures.get(name) for name in BESIDE]
        became = [separability.changes.get(name) for name in BECAME]
        rows.append(
            (
                way,
                *(f"{each.changed:.2f} ({each.real:.2f})" if each else NONE for each in beside),
                *(f"{each.mean:.2f}" if each else NONE for each in became),
            )
        )
    return rows, ("way", *(f"{name} (real)" for name in BESIDE), *BECAME)


def tries(result: NaturalnessTries) -> Table:
    """What each idea does to naturalness, melody, bass and patterns."""
    rows = [
        (
            each.way,
            each.music,
            each.idea,
            " / ".join(f"{auc:.2f}" for auc in each.aucs.values()),
            *(
                NONE if share is None else f"{share:.{digits}f}"
                for share, digits in (
                    (each.melody_kept, 2),
                    (each.top_kept, 2),
                    (each.bottom_kept, 2),
                    (each.new, 3),
                )
            ),
            f"{each.beats_alike:.2f} ({each.beats_alike_real:.2f})",
        )
        for each in result.tries
    ]
    kept_columns = ("melody kept", "highest notes kept", "lowest kept")
    return rows, ("way", "music", "idea", "AUC", *kept_columns, "new notes", "beats alike (real)")


def discriminator(result: Discriminating) -> Table:
    """How well it tells arrangements of training pieces that it did not learn from."""
    cells = [
        (
            corpus.music,
            f"{corpus.pieces}, {corpus.held_out_pieces}",
            f"{corpus.windows:,}",
            f"{corpus.auc_of_any:.2f}",
            f"{corpus.auc_of_chosen:.2f}",
        )
        for corpus in result.corpora
    ]
    head = (
        "training pieces of", "pieces, held out", "segments",
        "AUC, a candidate at random", "AUC, the one it would take",
    )  # fmt: skip
    return cells, head
