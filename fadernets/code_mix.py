"""The rhythm of one music with all else of another, and with what is locked in the first."""

from __future__ import annotations

from dataclasses import replace

import torch

from fadernets.arranger.request import ArrangementRequest, arrangement_request
from fadernets.codes import Codes
from fadernets.music.attributes import MIXED
from fadernets.music.locks import with_notes_of


def mixed(rhythm: Codes, notes: Codes, described: str) -> Codes:
    """The rhythm code of one music with every other code, and the key, of another (paper 5).

    Parameters
    ----------
    rhythm, notes : Codes
    described : str
        What messages call the model.

    Raises
    ------
    ValueError
        If the two are not equally many segments, or the model's rhythm has no code of its own.
    """
    if len(rhythm) != len(notes):
        raise ValueError(f"{len(rhythm)} segments cannot be mixed with {len(notes)}")
    if MIXED not in rhythm.values:
        raise ValueError(f"{described} has no code of its own for the {MIXED} to mix")
    values = notes.values | {MIXED: rhythm.values[MIXED]}
    request, own = notes.request, rhythm.request
    if request is not None and own is not None:
        request = _under_locks(own, request)
        request = replace(
            request,
            labels=request.labels | {MIXED: own.labels[MIXED]},
            densities=request.densities | {MIXED: own.densities[MIXED]},
            counts_are_free=torch.zeros_like(request.counts_are_free),
        )
    coded = rhythm.is_coded & notes.is_coded
    return replace(notes, values=values, request=request, coded=coded)


def _under_locks(own: ArrangementRequest, other: ArrangementRequest) -> ArrangementRequest:
    """Another music's request with what is locked in a music: the densities stay the other's."""
    if not any(window.is_locked for window in own.windows):
        return other
    windows = [
        with_notes_of(window, notes) if window.is_locked else notes
        for window, notes in zip(own.windows, other.windows, strict=True)
    ]
    beside_locked = arrangement_request(windows, other.louder.device)
    return replace(other, windows=beside_locked.windows, labels=beside_locked.labels)
