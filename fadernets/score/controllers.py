"""Settings in MIDI files: curves as controllers in a track of their own, which opens again.

The track is called "FaderNets" and has channel 16. For arousal and valence there are the
controllers 102 and 103; for the offset and the position of the first fader 104 and 105, of the next
one 106 and 107, and so on; for expression 119 (tempo), 118 (articulation), and downwards: numbers
without a meaning in the standard. Where nothing is moved they
stand at 64; a position that is not given is 0. A text event at the beginning has the settings as
JSON, to the last digit: it counts as long as the controllers say the same, and where somebody has
drawn others, these count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fadernets.curve import MAX_POINTS, Amount, Curve
from fadernets.expression.registry import EXPRESSIONS
from fadernets.mood_transfer import MOODS
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.midifile import added_track
from fadernets.music.midifile.events import CONTROL, MidiFile
from fadernets.music.midifile.tracks import META, as_quantity
from fadernets.music.piece import Piece
from fadernets.score.settings import PieceSettings

NAME = "FaderNets"  # of the track
CHANNEL = 15  # from 0
FIRST_NUMBER, LAST_NUMBER = 102, 119
TEXT = 0x01  # kind of meta event
STEP_BEATS = 0.25  # between two values of a controller that moves
MIDDLE, REACH = 64, 63  # an offset of 0, and of 1 from there
POSITIONS = 126  # levels above the first of them, 1; 0 is none
TOLERANCE = 0.75  # levels that a curve may be off a controller that it was made of
LEVELS = 127  # more than any two are apart
MOST_MOVES = 20_000  # of a controller that are looked at; of more, some at equal distances
FARTHEST = 1e12  # beats; a curve may go on behind every piece
# Controllers: what each is of, "offset" or "position", and the fader's or mood's name.
KINDS = [("offset", mood) for mood in MOODS] + [
    (kind, name) for name in ATTRIBUTES for kind in ("offset", "position")
]
NUMBERS = {kind: FIRST_NUMBER + place for place, kind in enumerate(KINDS)} | {
    ("offset", name): LAST_NUMBER - place for place, name in enumerate(EXPRESSIONS)
}


def written(data: bytes, settings: PieceSettings, piece: Piece) -> bytes:
    """A MIDI file that carries settings; where nothing is moved, without any.

    Parameters
    ----------
    data : bytes
        The file; all of its other bytes stay.
    settings : PieceSettings
    piece : Piece
        What they are of; it says where bars and beats are.

    Raises
    ------
    MidiError
        If the file has as many tracks as can be read already.
    """
    if settings.is_neutral:
        return added_track.with_track(data, NAME, [])
    division = MidiFile.parse(data, "the MIDI data").division
    curves = {kind: in_beats(amount, piece) for kind, amount in _amounts(settings).items()}
    own = replace(settings, lock=replace(settings.lock, notes=()))  # notes have other numbers now
    document = json.dumps(own.to_json(), separators=(",", ":")).encode()
    events = [(0, bytes([META, TEXT]) + as_quantity(len(document)) + document)]
    moves: list[tuple[int, bytes]] = []
    for kind, curve in curves.items():
        for tick, level in _levels(kind, curve, piece.length, division):
            moves.append((tick, bytes([CONTROL << 4 | CHANNEL, NUMBERS[kind], level])))
    return added_track.with_track(data, NAME, [*events, *sorted(moves, key=lambda move: move[0])])


def read(data: bytes, piece: Piece) -> dict[str, Any] | None:
    """What `PieceSettings.read` takes of a MIDI file that carries settings; None if it has none.

    Parameters
    ----------
    data : bytes
    piece : Piece
        The piece that it holds.
    """
    if NAME.encode() not in data:
        return None
    file = MidiFile.parse(data, "the MIDI data")
    number = added_track.track_number(file, NAME)
    if number is None:
        return None
    track = file.tracks[number]
    events = np.flatnonzero(track.status == (CONTROL << 4 | CHANNEL))
    of, level = file.data_bytes(track, events, 0), file.data_bytes(track, events, 1)
    played = {
        kind: np.stack([track.tick[events][mine], level[mine]], axis=1)
        for kind in NUMBERS
        if (mine := of == NUMBERS[kind]).any()
    }
    texts = [text for text in added_track.text(track, file, TEXT) if text.startswith("{")]
    document, settings = _parsed(texts[0]) if texts else ({}, PieceSettings())
    document_amounts = _amounts(settings)
    amounts: dict[tuple[str, str], Amount] = {}
    for kind, moves in played.items():
        document_amount = document_amounts.get(kind)
        exact = None if document_amount is None else in_beats(document_amount, piece)
        if exact is not None and np.array_equal(
            np.array(_levels(kind, exact, piece.length, file.division)), moves
        ):
            amounts[kind] = document_amounts[kind]
        else:
            amounts[kind] = _drawn(kind, moves, file.division)
    if not amounts:
        return None
    options = {
        name: document[name] for name in ("seed", "lock", "strict", "redrawn") if name in document
    }
    offsets = {name: value for (kind, name), value in amounts.items() if kind == "offset"}
    positions = {name: value for (kind, name), value in amounts.items() if kind == "position"}
    moods = {mood: offsets.pop(mood) for mood in MOODS if mood in offsets}
    expression = {name: offsets.pop(name) for name in EXPRESSIONS if name in offsets}
    whole = PieceSettings(
        faders=offsets,
        positions=positions,
        expression=expression,
        **moods,  # type: ignore[arg-type]
    )
    return whole.to_json() | options


def _amounts(settings: PieceSettings) -> dict[tuple[str, str], Amount]:
    """The amounts that have a controller."""
    rows: dict[tuple[str, str], Amount] = {}
    for kind, by_name in (
        ("offset", {**settings.moods, **settings.faders, **settings.expression}),
        ("position", settings.positions),
    ):
        rows |= {(kind, name): value for name, value in by_name.items() if (kind, name) in NUMBERS}
    return rows


def _parsed(text: str) -> tuple[Mapping[str, object], PieceSettings]:
    """A document and the settings in it, none where somebody has made them something else."""
    try:
        document = json.loads(text)
        return document, PieceSettings.read(document, tuple(ATTRIBUTES))
    except (ValueError, RecursionError, AttributeError):
        return {}, PieceSettings()


def in_beats(amount: Amount, piece: Piece) -> Curve:
    """An amount as a curve over beats, straight where the one over bars is."""
    if not isinstance(amount, Curve):
        return Curve([(0.0, amount)])
    if amount.unit == "beats":
        return amount
    # Bars of one meter are as long as each other: straight lines stay so between its changes.
    starts = piece.meter[:, 0].astype(float)
    ends = np.append(starts[1:] - 1e-9, max(piece.length, starts[-1] + 1))
    beats = np.stack([starts, ends], axis=1).ravel()
    bars = piece.bars(beats)
    last = amount.points[-1][0]
    if last > bars[-1]:  # behind the end in bars of the last meter
        length = (beats[-1] - beats[-2]) / (bars[-1] - bars[-2])
        beyond = min(last - bars[-1], FARTHEST) * length
        beats = np.append(beats, min(beats[-1] + beyond, FARTHEST))
        bars = np.append(bars, last)
    points = list(amount.points)
    inside = [bar for bar in bars.tolist() if points[0][0] < bar < last]
    times = {time for time, _ in points}
    points += [
        (bar, None if np.isnan(value := float(amount.at(bar))) else value)
        for bar in inside
        if bar not in times
    ]
    points.sort(key=lambda point: point[0])
    at = np.interp([time for time, _ in points], bars, beats).tolist()
    return Curve([(beat, value) for beat, (_, value) in zip(at, points, strict=True)])


def _levels(
    kind: tuple[str, str], curve: Curve, length: float, division: int
) -> list[tuple[int, int]]:
    """What a controller is moved to: tick and value, 0 to 127."""
    grid = np.arange(0.0, max(length, STEP_BEATS), STEP_BEATS)
    times = np.array([time for time, _ in curve.points if time < length])
    ticks = np.unique(np.rint(np.append(grid, times) * division).astype(np.int64))
    values = curve.at(ticks / division)
    if kind[0] == "offset":
        level = np.rint(MIDDLE + REACH * values.clip(-1, 1))
    else:
        level = np.nan_to_num(np.rint(1 + POSITIONS * values.clip(0, 1)), nan=0)
    is_new = np.append(True, np.diff(level) != 0)
    return list(zip(ticks[is_new].tolist(), level[is_new].astype(int).tolist(), strict=True))


def _drawn(kind: tuple[str, str], moves: np.ndarray, division: int) -> Curve:
    """The curve that a controller draws, (tick, level) by row: lines where it moves, else steps."""
    step = round(STEP_BEATS * division) + 1
    points: list[tuple[int, int]] = []
    for tick, level in moves[:: -(-len(moves) // MOST_MOVES)].tolist():
        if points and tick > points[-1][0] + step:
            points.append((tick - step + 1, points[-1][1]))
        if points and points[-1][0] == tick:
            points.pop()
        points.append((tick, level))
    corners, tolerance = points, TOLERANCE
    while len(corners) > MAX_POINTS or tolerance == TOLERANCE:
        # Where something comes and goes at every other step no tolerance is enough for its borders.
        if tolerance < LEVELS:
            corners = _simplified(kind, points, tolerance)
        else:
            corners = _thinned(points, tolerance)
        tolerance *= 2
    return Curve([(tick / division, _value(kind, level)) for tick, level in corners])


def _value(kind: tuple[str, str], level: int) -> float | None:
    if kind[0] == "offset":
        return round(min(1.0, max(-1.0, (level - MIDDLE) / REACH)), 4)
    return None if level == 0 else round((level - 1) / POSITIONS, 4)


def _simplified(
    kind: tuple[str, str], points: Sequence[tuple[int, int]], tolerance: float
) -> list[tuple[int, int]]:
    """The points that are needed: straight lines between them pass all others.

    Where nothing is moved is a run of its own, so that it stays so; of positions it goes on up to
    where one is given.
    """
    is_position = kind[0] == "position"
    rests = [level == (0 if is_position else MIDDLE) for _, level in points]
    edges = [i for i in range(1, len(points)) if rests[i] != rests[i - 1]]
    result: list[tuple[int, int]] = []
    for first, end in zip([0, *edges], [*edges, len(points)], strict=True):
        run = list(points[first:end])
        if is_position and end < len(points) and run[-1][0] < points[end][0]:
            run.append((points[end][0], run[-1][1]))
        result += _thinned(run, tolerance)
    return result


def _thinned(points: Sequence[tuple[int, int]], tolerance: float) -> list[tuple[int, int]]:
    """The points that are kept of a run: each the farthest to which a line passes all between.

    In one way along the run: a cone from the point kept last holds the slopes that pass all others
    so far (Williams, 1978).
    """
    corners = [points[0]]
    low, high = -np.inf, np.inf
    before = points[0]
    for tick, level in points[1:]:
        start, base = corners[-1]
        slope = (level - base) / (tick - start)
        if not low <= slope <= high:
            corners.append(before)
            start, base = before
            low, high = -np.inf, np.inf
        aside = tick - start
        low = max(low, (level - tolerance - base) / aside)
        high = min(high, (level + tolerance - base) / aside)
        before = (tick, level)
    if before != corners[-1]:
        corners.append(before)
    return corners
