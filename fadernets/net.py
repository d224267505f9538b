"""FaderNet: a trained model as musicians and researchers use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import index
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fadernets import checkpoint, events, key, transfer
from fadernets.decoding import generate
from fadernets.faders import Fader
from fadernets.notes import Notes

TEMPERATURE = 0.8  # of sampled decoding
DIMENSION = 0  # z^d, the regularised dimension of every code
BATCH = 256  # segments decoded together at most, which bounds memory


@dataclass(frozen=True)
class Codes:
    """Latent codes of n segments.

    Attributes
    ----------
    values : name -> float tensor, shape (n, latent)
    key : int64 tensor, shape (n,)
        Key of each segment, told to the decoder beside the codes.
    """

    values: dict[str, Tensor]
    key: Tensor

    def __len__(self) -> int:
        return len(self.key)


Source = Sequence[Notes] | Codes


class FaderNet:
    """A model that takes segments apart into codes and plays codes as segments.

    Every method takes many segments at once and decodes them in one batch. Without a seed the
    likeliest notes are played; with one, notes are drawn at random, and the same seed draws the
    same notes for a segment whatever is decoded beside it. A sequence of seeds gives each segment
    its own.

    Parameters
    ----------
    model : torch module
        Of `fadernets.models`.
    faders : name -> Fader
    name : str
    """

    def __init__(self, model: nn.Module, faders: Mapping[str, Fader], name: str = "") -> None:
        self.model = model
        self.scales = dict(faders)
        self.name = name

    @classmethod
    def load(cls, name: str | Path | None = None, device: str = "cpu") -> FaderNet:
        """A shipped model by name, any model by its folder, or the default one.

        Raises
        ------
        fadernets.checkpoint.CheckpointError
            If there is none or it is damaged.
        """
        folder = checkpoint.find(name)
        return cls(*checkpoint.load(folder, device), name=folder.name)

    @property
    def faders(self) -> tuple[str, ...]:
        """Names of the faders."""
        return tuple(self.scales)

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return next(self.model.parameters()).device

    def density(self, name: str, position: float | np.ndarray) -> float | np.ndarray:
        """The density that a position, 0 to 1, of a fader asks for."""
        return _like(position, self._scale(name).density_at(position))

    def position(self, name: str, density: float | np.ndarray) -> float | np.ndarray:
        """The position, 0 to 1, that stands for a density, clipped to the fader's ends."""
        return _like(density, self._scale(name).position_of(density))

    @torch.inference_mode()
    def encode(self, segments: Sequence[Notes]) -> Codes:
        """Codes of segments: the means of their posteriors, always the same.

        Raises
        ------
        ValueError
            If a segment has no notes.
        """
        for number, notes in enumerate(segments):
            if not len(notes):
                raise ValueError(f"segment {number} of {len(segments)} has no notes to encode")
        parts: dict[str, list[Tensor]] = {
            name: [torch.empty(0, self.model.config.latent, device=self.device)]
            for name in self.model.config.attributes
        }
        for first in range(0, len(segments), BATCH):
            tokens = [
                torch.from_numpy(events.encode(notes)) for notes in segments[first : first + BATCH]
            ]
            lengths = torch.tensor([len(t) for t in tokens], device=self.device)
            padded = nn.utils.rnn.pad_sequence(tokens, batch_first=True).to(self.device)
            for name, (mean, _) in self.model.posteriors(padded, lengths).items():
                parts[name].append(mean)
        keys = torch.tensor([key.find(n) for n in segments], dtype=torch.long, device=self.device)
        return Codes({name: torch.cat(means) for name, means in parts.items()}, keys)

    @torch.inference_mode()
    def reconstruct(
        self, source: Source, *, seed: int | Sequence[int] | None = None
    ) -> list[Notes]:
        """What the model plays for segments or for codes as they are."""
        codes = self._codes(source)
        if not len(codes):
            return []
        condition = self.model.condition(codes.values, codes.key)
        seeds = None
        if seed is not None:
            seeds = [index(s) for s in (seed if np.ndim(seed) else [seed] * len(codes))]
            if len(seeds) != len(codes):
                raise ValueError(f"{len(seeds)} seeds for {len(codes)} segments")
        played = []
        for first in range(0, len(codes), BATCH):
            tokens = generate(
                self.model.decoder,
                condition[first : first + BATCH],
                seeds=None if seeds is None else seeds[first : first + BATCH],
                temperature=1.0 if seeds is None else TEMPERATURE,
            )
            played += [events.decode(row) for row in tokens.cpu().numpy()]
        return played

    def slide(
        self,
        source: Source,
        positions: Mapping[str, float | Sequence[float]],
        *,
        seed: int | Sequence[int] | None = None,
    ) -> list[Notes]:
        """Segments with faders moved.

        Parameters
        ----------
        source : sequence of n Notes, or Codes
        positions : name -> position, or n positions
            0 and 1 are the ends of the training range. A fader not named stays where each
            segment has it.
        seed : int or n int, optional

        Raises
        ------
        ValueError
            If a name is no fader or a position is outside 0 to 1.
        """
        return self.reconstruct(self.moved(source, positions), seed=seed)

    def moved(self, source: Source, positions: Mapping[str, float | Sequence[float]]) -> Codes:
        """The codes that `slide` plays."""
        codes = self._codes(source)
        values = dict(codes.values)
        for name, position in positions.items():
            asked = self._scale(name).code_at(position)
            code = values[name].clone()
            code[:, DIMENSION] = torch.as_tensor(asked, dtype=code.dtype, device=code.device)
            values[name] = code
        return replace(codes, values=values)

    def transfer(
        self,
        source: Source,
        target: str,
        strength: float = 1.0,
        *,
        seed: int | Sequence[int] | None = None,
    ) -> list[Notes]:
        """Segments with arousal moved towards "low" or "high" (paper 5.2).

        Raises
        ------
        ValueError
            If `target` is neither or `strength` is no number of 0 or more.
        """
        return self.reconstruct(self.shifted(source, target, strength), seed=seed)

    def shifted(self, source: Source, target: str, strength: float = 1.0) -> Codes:
        """The codes that `transfer` plays."""
        codes = self._codes(source)
        logits = self.model.component_logits(codes.values)
        values = transfer.shift(codes.values, logits, self.model.poles, target, strength)
        return replace(codes, values=values)

    def mix(
        self, rhythm: Source, notes: Source, *, seed: int | Sequence[int] | None = None
    ) -> list[Notes]:
        """The rhythm code of one music with every other code, and the key, of another (paper 5).

        Raises
        ------
        ValueError
            If the two are not equally many segments.
        """
        first, second = self._codes(rhythm), self._codes(notes)
        if len(first) != len(second):
            raise ValueError(f"{len(first)} segments cannot be mixed with {len(second)}")
        values = second.values | {"rhythm": first.values["rhythm"]}
        return self.reconstruct(replace(second, values=values), seed=seed)

    @torch.inference_mode()
    def arousal(self, source: Source) -> np.ndarray:
        """Probability of high arousal of each segment, the mean over its codes: float64, (n,)."""
        logits = self.model.component_logits(self._codes(source).values)
        high = [value.double().softmax(1)[:, transfer.AROUSAL["high"]] for value in logits.values()]
        return torch.stack(high).mean(0).cpu().numpy()

    def _codes(self, source: Source) -> Codes:
        return source if isinstance(source, Codes) else self.encode(source)

    def _scale(self, name: str) -> Fader:
        if name not in self.scales:
            raise ValueError(f"no fader {name!r}; there are: {', '.join(self.scales)}")
        return self.scales[name]


def _like(given: float | np.ndarray, found: np.ndarray) -> float | np.ndarray:
    """A float for a number, an array for an array."""
    return float(found) if np.ndim(given) == 0 else found
