"""Requests for densities."""

from __future__ import annotations

import dataclasses

import torch

from fadernets.arranger.request import ArrangementRequest


def asking(request: ArrangementRequest, **densities: float) -> ArrangementRequest:
    size = len(request.notes)
    targets = {n: torch.full((size,), float(d)) for n, d in densities.items()}
    return dataclasses.replace(request, densities=request.densities | targets)
