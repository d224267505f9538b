"""Faders moved in codes: the densities that are asked for, and the z^d that brings each.

A code has the density of an attribute in one of its dimensions, z^d (`SegmentVAE.handles` says in
which); `fadernets.faders.Fader` is the scale between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from fadernets.codes import Codes
from fadernets.faders import Fader
from fadernets.models.segmentvae import SegmentVAE
from fadernets.net_arguments import Each, Positions, check_count


@dataclass(frozen=True)
class CodeFaders:
    """The faders of a model, as they stand in codes and move them.

    Attributes
    ----------
    model : SegmentVAE
    scales : name -> Fader
    described : str
        What sentences call the model.
    """

    model: SegmentVAE
    scales: Mapping[str, Fader]
    described: str

    def scale(self, name: str) -> Fader:
        """The scale of a fader; raises ValueError if there is no such fader."""
        if name not in self.scales:
            raise ValueError(f"no fader {name!r}; there are: {', '.join(self.scales) or 'none'}")
        return self.scales[name]

    def wanted_densities(self, codes: Codes) -> dict[str, np.ndarray]:
        """As `fadernets.net.FaderNet.wanted_densities`."""
        planned = codes.request.densities if codes.request is not None else {}
        densities = {}
        for name, scale in self.scales.items():
            if name in planned:
                densities[name] = planned[name].double().cpu().numpy()
            else:
                densities[name] = scale.density_of(self._level(codes, name))
        return densities

    def moved(
        self, codes: Codes, positions: Positions, offsets: Positions, home: Positions
    ) -> Codes:
        """Codes with faders moved; arguments and errors as `fadernets.net.FaderNet.slide`."""
        for name, amounts in positions.items():
            scale = self.scale(name)
            check_count(amounts, len(codes), f"positions of the {name} fader")
            codes = self._put(codes, name, scale.density_at(amounts), scale.code_at(amounts), True)
        for name, amounts in offsets.items():
            self.scale(name)
            check_count(amounts, len(codes), f"offsets of the {name} fader")
            density, level = self._offset(codes, name, amounts, home.get(name))
            codes = self._put(codes, name, density, level, np.asarray(amounts, float) != 0)
        return codes

    def _offset(
        self, codes: Codes, name: str, by: Each, home: Each | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The densities and the z^d, each (n,), of codes after a fader was moved by offsets."""
        scale, by = self.scale(name), np.asarray(by, float)
        now, code = self.wanted_densities(codes)[name], self._level(codes, name)
        density = scale.offset(now if home is None else home, by)
        level = scale.code_of(density)
        if codes.request is None:  # a code beyond an end of the scale goes no further
            beyond = np.where(by > 0, code >= scale.code[-1], code <= scale.code[0])
            level = np.where(beyond, code, level)
        return np.where(by == 0, now, density), np.where(by == 0, code, level)

    def _level(self, codes: Codes, name: str) -> np.ndarray:
        """z^d of codes: float64, (n,)."""
        handle = self.model.handles[name]
        return codes.values[handle.code][:, handle.dimension].double().cpu().numpy()

    def _put(
        self,
        codes: Codes,
        name: str,
        density: np.ndarray,
        level: np.ndarray,
        is_asked: np.ndarray | bool,
    ) -> Codes:
        """Codes with other densities and z^d of an attribute, one for all or (n,).

        A density that is not asked for, in the same shape, may stay free.
        """
        request = codes.request
        if request is not None:
            if name not in request.densities:
                planned = f"{self.described} arranges notes by {' and '.join(request.densities)}"
                raise ValueError(f"{planned} and leaves {name} as it is")
            target = torch.as_tensor(density).to(request.densities[name])
            target = target.expand_as(request.densities[name])
            mask = torch.as_tensor(is_asked, device=target.device)
            request = request.asking(name, target, mask)
        handle = self.model.handles[name]
        code = codes.values[handle.code].clone()
        code[:, handle.dimension] = torch.as_tensor(level, dtype=code.dtype, device=code.device)
        return replace(codes, values=codes.values | {handle.code: code}, request=request)
