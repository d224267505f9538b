"""How loud a sound is: integrated loudness after ITU-R BS.1770-4, in LUFS.

Two filters (a shelf for the head, a high pass for the ear), mean squares of blocks of 400 ms, and
two gates: blocks below -70 LUFS do not count, nor those 10 LU below the mean of the others. The
filters are those that the recommendation prints for 48 kHz, so sounds have to have that rate.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

RATE = 48_000  # Hz
SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
BLOCK, STEP = round(0.4 * RATE), round(0.1 * RATE)  # samples; blocks overlap by three quarters
OFFSET = -0.691  # dB, so that a 997 Hz sine of full scale in one channel is -3.01 LUFS
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU


def loudness(samples: np.ndarray) -> float:
    """Integrated loudness in LUFS; -inf where nothing passes the gates.

    Parameters
    ----------
    samples : float array, shape (n, channels)
        At 48 kHz, full scale at -1 and 1; one or two channels. Shorter than 0.4 s it is one block.
    """
    weighted = samples.astype(float)
    for numerator, denominator in (SHELF, HIGH_PASS):
        weighted = signal.lfilter(numerator, denominator, weighted, axis=0)
    # Left and right have weight 1, so powers of channels are summed.
    power = np.concatenate([[0.0], np.cumsum((weighted**2).sum(axis=1))])
    starts = np.arange(0, max(len(samples) - BLOCK, 0) + 1, STEP)
    ends = np.minimum(starts + BLOCK, len(samples))
    blocks = (power[ends] - power[starts]) / np.maximum(ends - starts, 1)
    blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE]
    if not len(blocks):
        return -np.inf
    blocks = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE]
    return float(_lufs(blocks.mean()))


def _lufs(power: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        of_power: np.ndarray = OFFSET + 10 * np.log10(power)
    return of_power
