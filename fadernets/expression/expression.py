"""What every fader of expression has: how it plays a piece, and what people read at it."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from fadernets.music.attributes import Words
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece


class Expression(ABC):
    """A quality of playing that a fader multiplies, by 2 to the power of its amount.

    A further one is a file with a subclass, named in `fadernets.expression.registry`.

    Attributes
    ----------
    name : str
        Of its settings, options and controllers.
    words : Words
        What people read at its fader.
    of_arousal : float
        Octaves that a whole step towards high arousal moves it.
    """

    name: str
    words: Words
    of_arousal: float = 0.0

    @abstractmethod
    def played(self, piece: Piece, edges: np.ndarray, octaves: np.ndarray, fixed: Notes) -> Piece:
        """A piece with other expression.

        Parameters
        ----------
        piece : Piece
        edges : float array, shape (n + 1,)
            Beats at which its n parts begin, and the end of the last.
        octaves : float array, shape (n,)
            By how much each part gets more of it; -1 is half, 1 twice as much.
        fixed : Notes
            Notes of the piece that stay as they are.
        """

    @abstractmethod
    def value(self, piece: Piece, begin: float, end: float) -> float:
        """How much of it there is between two beats of a piece; NaN where that means nothing."""

    @abstractmethod
    def text(self, piece: Piece, begin: float, end: float) -> str:
        """`value` as people read it."""
