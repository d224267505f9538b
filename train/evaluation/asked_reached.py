"""Densities that were asked for and those that were reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.notes import BEATS
from fadernets.music.piece import Piece
from fadernets.music.windows import ROUNDING, Span
from train import metrics
from train.data.density_requests import Asked
from train.evaluation.pair_scores import DIGITS, Compared, estimate, spread
from train.metrics.half_step import of_windows
from train.metrics.over_pieces import Tally
from train.reporting.results.part import present
from train.reporting.results.score import Reached

LEAST_ASKED = 3  # densities through which a line says something


@dataclass(frozen=True)
class AskedDensity:
    """One density that was asked for, and all densities of its place before and after."""

    request: Asked
    before: Mapping[str, float]
    after: Mapping[str, float]

    @property
    def reached(self) -> float:
        """The density that was asked for, after."""
        return self.after[self.request.attribute]


def reached(
    requests: Sequence[Asked], pairs: Sequence[Compared], seed: int
) -> tuple[dict[str, Reached], list[str]]:
    """How near densities came to what was asked, by attribute, and names that no pair has.

    Raises
    ------
    ValueError
        If a place is beyond a piece, or nothing was asked of any pair.
    """
    by_name = {pair.pair.name: pair for pair in pairs}
    left_out = sorted({row.file for row in requests} - by_name.keys())
    answers = [_answer(row, by_name[row.file]) for row in requests if row.file in by_name]
    if not answers:
        raise ValueError(f"nothing was asked of any pair: there is no {left_out[0]}")
    sd = spread(pairs)
    by_attribute = {
        name: [answer for answer in answers if answer.request.attribute == name]
        for name in ATTRIBUTES
    }
    return {n: _reached(each, sd, seed) for n, each in by_attribute.items() if each}, left_out


def _answer(request: Asked, pair: Compared) -> AskedDensity:
    sides = pair.pair.before, pair.pair.after
    if request.segment is not None:
        if request.segment >= len(pair.before):
            raise ValueError(
                f"{request.file} has no segment {request.segment}: they go from 0 to "
                f"{len(pair.before) - 1}"
            )
        before, after = (
            pair.before[request.segment].measure(),
            pair.after[request.segment].measure(),
        )
        return AskedDensity(request, before, after)
    length = sides[0].length
    start, end = (0.0, length) if request.from_ is None else (request.from_, present(request.to))
    if start >= length:
        raise ValueError(f"{request.file} has {length:g} beats: nothing can be asked at {start:g}")
    before, after = (between(piece, start, min(end, length)) for piece in sides)
    return AskedDensity(request, before, after)


def between(piece: Piece, start: float, end: float) -> dict[str, float]:
    """Mean densities of the steps between two beats, by name, with the notes that ring in."""
    spans = [
        Span(begin, min(begin + BEATS, end), 0)
        for begin in np.arange(start, end - ROUNDING, BEATS).tolist()
    ]
    densities = of_windows(piece.notes, spans, ATTRIBUTES)
    means = np.average(densities, axis=0, weights=[span.steps for span in spans])
    return dict(zip(ATTRIBUTES, means.tolist(), strict=True))


def _reached(answers: Sequence[AskedDensity], sd: Mapping[str, float], seed: int) -> Reached:
    """What was reached of one attribute."""
    name = answers[0].request.attribute
    targets = np.array([answer.request.density for answer in answers])
    after = np.array([answer.reached for answer in answers])
    before = np.array([answer.before[name] for answer in answers])
    file = [answer.request.file for answer in answers]
    error, before_error = (
        present(estimate([Tally.of(v[rows]) for rows in _groups(file)], seed))
        for v in (np.abs(after - targets), np.abs(before - targets))
    )
    alike = _groups(targets.round(6).tolist())
    one_place = [
        rows
        for rows in _groups([answer.request.origin for answer in answers])
        if np.ptp(targets[rows]) > 0
    ]
    others = {
        other: np.array([answer.after[other] for answer in answers]) / sd[other]
        for other in ATTRIBUTES
        if other != name and sd[other] > 0
    }
    return Reached(
        error=error,
        largest_error=round(float(np.abs(after - targets).max()), DIGITS),
        before_error=before_error,
        consistency=_mean(
            metrics.consistency(after[rows, None] / sd[name])
            for rows in alike
            if len(rows) > 1 and sd[name] > 0
        ),
        restrictiveness={
            other: present(_mean(metrics.restrictiveness(v[None, rows]) for rows in one_place))
            for other, v in others.items()
        }
        if one_place
        else None,
        linearity_each=_mean(
            metrics.linearity_each(targets[rows], after[None, rows])
            for rows in one_place
            if len(np.unique(targets[rows])) >= LEAST_ASKED
        ),
        linearity_pooled=round(metrics.linearity_pooled(targets, after[None]), DIGITS)
        if len(np.unique(targets)) >= LEAST_ASKED
        else None,
    )


def _groups(keys: Sequence[Hashable]) -> list[np.ndarray]:
    """Rows of what has the same key: int64 arrays."""
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        rows[key].append(row)
    return [np.array(each) for each in rows.values()]


def _mean(values: Iterable[float]) -> float | None:
    some = list(values)
    return round(float(np.mean(some)), DIGITS) if some else None
