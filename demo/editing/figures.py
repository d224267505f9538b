"""Figures beside the faders: where the piece is and where the result came out, and the scales."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from demo.editing.answers import FaderFigure, FaderFigures, Tables
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest
from fadernets import mood_classifier
from fadernets.expression.registry import EXPRESSIONS
from fadernets.expression.tempo import Tempo
from fadernets.music import key
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import Segment, segments

if TYPE_CHECKING:
    from fadernets.net import FaderNet

SAMPLE = 32  # segments whose mean arousal stands for that of a longer selection
MOST_ALONG = 512  # segments whose arousal is drawn along the piece: .2 ms each
SCALE_POINTS = 21  # of a fader's scale, which the page interpolates
NO_FIGURE: FaderFigure = {"position": 0.5, "text": "–"}


def figures(
    net: FaderNet, session: PieceSession, edit: EditRequest, changed: Piece
) -> dict[str, FaderFigures]:
    """Figures of each fader: where the piece is, where the result came out, and the fader's scale.

    Means over the segments that can change, or over all if none can. The scale has the mean
    density that each position asks for, or each offset from what the segments have.
    """
    selected = session.segments[edit.first : edit.last + 1]
    usable = session.usable(edit.span)
    before = after = usable or selected
    along = along_after = net.densities(selected)
    if changed is not session.piece:
        results = segments(changed, numbers={segment.index for segment in selected})
        after = [results[s.index - edit.first] for s in usable]
        along_after = net.densities(results)
    rows = [s.index - edit.first for s in before]
    had, has = (
        {name: values[rows] for name, values in each.items()} for each in (along, along_after)
    )
    home = had
    if edit.moods and usable:
        home = session.home(net, edit, usable, session.codes(net, session.moving(edit)))
    places = np.linspace(0, 1, SCALE_POINTS)
    by_fader: dict[str, FaderFigures] = {}
    for name in net.faders:
        offsets = [net.offset_density(name, home[name], by).mean() for by in 2 * places - 1]
        positions = net.density(name, places)
        scales = np.array(offsets), positions
        piece, result = (_density(float(each[name].mean()), scales, places) for each in (had, has))
        tables: Tables = {
            "offsets": np.round(offsets, 4).tolist(),
            "positions": np.round(positions, 4).tolist(),
        }
        by_fader[name] = {
            "piece": piece,
            "result": result,
            "tables": tables,
            "along": {
                "original": np.round(along[name], 4).tolist(),
                "result": np.round(along_after[name], 4).tolist(),
            },
        }
    arousal = _arousal(before) if usable else NO_FIGURE
    by_fader["arousal"] = {
        "piece": arousal,
        "result": arousal if after is before else _arousal(after, octaves_faster(before, after)),
    }
    by_fader["valence"] = {"piece": _in_major(before), "result": _in_major(after)}
    return by_fader | _expression(session.piece, changed, session.ends(edit.span))


def octaves_faster(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    """Octaves by which segments are played faster than they were, from first to last."""
    first, last = before[0].span.start, before[-1].span.end
    had, has = (Tempo().value(parts[0].piece, first, last) for parts in (before, after))
    return math.log2(has / had) if had > 0 and has > 0 else 0.0


def _expression(piece: Piece, changed: Piece, ends: tuple[float, float]) -> dict[str, FaderFigures]:
    """How a piece and its result are played between two beats.

    A fader's ends are half as much and twice as much as the piece has.
    """
    by_fader: dict[str, FaderFigures] = {}
    for name, expression in EXPRESSIONS.items():
        had, has = (expression.value(each, *ends) for each in (piece, changed))
        octaves = math.log2(has / had) if had > 0 and has > 0 else 0.0
        place = (1 + max(-1.0, min(1.0, octaves))) / 2
        by_fader[name] = {
            "piece": {"position": 0.5, "text": expression.text(piece, *ends)},
            "result": {"position": place, "text": expression.text(changed, *ends)},
        }
    return by_fader


def along(net: FaderNet, session: PieceSession) -> dict[str, list[float]]:
    """Each density, by where it is on its fader's scale, and arousal in every segment: 0 to 1."""
    densities = net.densities(session.segments)
    places = {name: net.position(name, values) for name, values in densities.items()}
    return {name: np.round(values, 3).tolist() for name, values in places.items()} | {
        "arousal": np.round(_arousal_along(session.segments), 3).tolist()
    }


def _arousal_along(chosen: Sequence[Segment]) -> np.ndarray:
    """Probability of high arousal in each; of many, of `MOST_ALONG` and what lies between these.

    What is silent has that of its neighbours.
    """
    sounding = [segment for segment in chosen if len(segment.sounding)]
    if len(sounding) > MOST_ALONG:
        places = np.linspace(0, len(sounding) - 1, MOST_ALONG)
        sounding = [sounding[i] for i in places.astype(int)]
    if not sounding:
        return np.zeros(len(chosen))
    values = mood_classifier.of_arousal().probability([segment.sounding for segment in sounding])
    indices = [segment.index for segment in sounding]
    return np.interp([segment.index for segment in chosen], indices, values)


def _density(
    density: float, scales: tuple[np.ndarray, np.ndarray], places: np.ndarray
) -> FaderFigure:
    """A mean density, and where it is on a fader's scales of offsets and of positions."""
    offset, position = (_place(density, table, places) for table in scales)
    return {"position": offset, "level": position, "text": f"{density:.2f}"}


def _place(density: float, table: np.ndarray, places: np.ndarray) -> float:
    """Where a density is on a fader's scale, 0 to 1."""
    # Segments beyond an end of the scale do not move, so that the table may be level there: of
    # places with one density the one nearest to the middle counts.
    level = np.isclose(table, density)
    place = places[level] if level.any() else np.interp(density, table, places)
    nearest = np.atleast_1d(place)[np.argmin(np.abs(np.atleast_1d(place) - 0.5))]
    return float(nearest)


def _arousal(chosen: Sequence[Segment], octaves: float = 0.0) -> FaderFigure:
    return _percent(mean_arousal([segment.sounding for segment in chosen], octaves))


def mean_arousal(source: Sequence[Notes], octaves: float = 0.0) -> float:
    """Mean probability of high arousal; of many segments, of `SAMPLE` that lie evenly among them.

    The shipped classifier says it, not the model: the model's mixtures tell arousal apart less
    well, and the model moves the music by them. Played faster than it was, by octaves of tempo,
    music counts as more energetic.
    """
    chosen = [notes for notes in source if len(notes)]
    if len(chosen) > SAMPLE:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, SAMPLE).astype(int)]
    if not chosen:
        return 0.0
    return float(mood_classifier.of_arousal().probability(chosen, octaves).mean())


def _percent(probability: float) -> FaderFigure:
    return {"position": probability, "text": f"{100 * probability:.0f} %"}


def _in_major(chosen: Sequence[Segment]) -> FaderFigure:
    """Share of segments in major, by which valence is moved; those without notes have no key."""
    is_major = [key.find(s.notes) < key.MINOR for s in chosen if len(s.notes)]
    return _percent(float(np.mean(is_major))) if is_major else NO_FIGURE
