"""How loud a held note of a piano still is: strings fade from the moment they are struck."""

from __future__ import annotations

import numpy as np

FADING = 6.0  # seconds in which the velocity that a held string sounds like falls to 1/e: -3 dB/s


def faded(velocity: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The velocities at which notes would have to be struck to sound as they do by now.

    >>> faded(np.array([90, 90, 2]), np.array([0.0, 6.0, 60.0])).tolist()
    [90, 33, 1]

    Parameters
    ----------
    velocity : int64 array, shape (n,)
        MIDI velocities, 1 to 127.
    seconds : float array, shape (n,)
        How long each has been held.

    Returns
    -------
    int64 array, shape (n,)
        1 at least.
    """
    return np.rint(velocity * np.exp(-seconds / FADING)).clip(min=1).astype(np.int64)
