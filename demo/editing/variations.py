"""Other drawings of the bars that are chosen, beside the result as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from demo.editing.answers import Variation, Variations
from demo.editing.excerpts import excerpt
from demo.editing.piece_session import PieceSession
from demo.editing.requests import EditRequest, Values
from fadernets.music.piece import Piece
from fadernets.playback import clocks, comparison
from fadernets.score.settings import Redrawn

if TYPE_CHECKING:
    from fadernets.net import FaderNet

MOST = 3  # at once
SAME = "As it is now: nothing else can be drawn here."


def variations(net: FaderNet, session: PieceSession, values: Values) -> Variations:
    """The selection drawn by other seeds, each beside the result as it is now.

    Parameters
    ----------
    values : mapping
        `EditRequest`'s fields, and ``seeds``, up to `MOST`. ``redrawn`` is without what was drawn
        in the selection before; ``redrawn_now`` is what the result has now.

    Raises
    ------
    ValueError
        If a value is missing or outside its range.
    """
    seeds = values.get("seeds")
    if not isinstance(seeds, list) or not 0 < len(seeds) <= MOST:
        raise ValueError(f"seeds are no list of up to {MOST} seeds")
    count, faders = len(session.segments), net.faders
    now = EditRequest.of({**values, "redrawn": values.get("redrawn_now")}, count, faders)
    edit = EditRequest.of(values, count, faders)
    begin, end = session.ends(edit.span)
    latest = session.latest
    present = _drawn(session, session.result(net, now), (begin, end))
    drawn: list[Variation] = []
    for own in Redrawn.read([[begin, end, seed] for seed in seeds]):
        result = session.result(net, replace(edit, redrawn=(*edit.redrawn, own)))
        roll = comparison.compare(present, _drawn(session, result, (begin, end)))
        drawn.append(
            {
                "seed": own.seed,
                "sentence": _sentence(comparison.counts(roll)),
                "roll": {
                    "notes": roll["result"]["notes"],
                    "marks": comparison.words(roll)[1],
                    "origins": comparison.origins(roll),
                    "pedal": roll["result"]["pedal"],
                    "beats": roll["original"]["beats"],
                    "bars": [],
                    "length": roll["length_s"],
                    "pitches": roll["pitches"],
                    "start": 0.0,
                },
            }
        )
    session.latest = latest
    return {"piece": session.id, "variations": drawn}


def _drawn(session: PieceSession, result: Piece, ends: tuple[float, float]) -> Piece:
    """What lies between two beats of a result, over the seconds of the original."""
    return excerpt(clocks.in_step(result, session.piece), *ends)


def _sentence(counts: comparison.Counts) -> str:
    if not counts.added and not counts.removed and not counts.moved:
        return SAME
    moved = f"{counts.moved} moved, " if counts.moved else ""
    return f"{moved}{counts.added} new, {counts.removed} gone."
