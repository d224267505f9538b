"""What the machine can do at the shapes of a GRU: bytes read and multiplications a second."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from benchmarks.measuring.timing import interleaved, rounded
from fadernets.compute.recurrence import product

STREAMED = 64 * 2**20  # weights of 256 MiB, more than any cache here holds
MIN_OPERATIONS = 5e8  # multiplications and additions a timing: the clock's grain is nothing
MAX_CALLS = 200  # of one product in a timing


@torch.inference_mode()
def memory(weights: int, repeats: int) -> dict[str, float]:
    """Gigabytes a second that a product of one row reads: of so many weights, and of `STREAMED`.

    The first number is the limit of a decoder of that size at batch 1: it stays in the cache. A
    decoder has several matrices; here there are four.
    """
    side = max(1, int((weights / 4) ** 0.5))
    small = [torch.randn(side, side) for _ in range(4)]
    large = [torch.randn(STREAMED // 8192, 8192)]
    actions = {}
    for name, matrices, times in (("cached", small, 20), ("streamed", large, 1)):

        def read(matrices=matrices, times=times) -> None:
            row = torch.ones(1, matrices[0].shape[1])
            for _ in range(times):
                for matrix in matrices:
                    F.linear(row, matrix)

        actions[name] = read
    times_by_name = interleaved(actions, repeats)
    amounts = {"cached": 20 * 4 * 4 * side**2, "streamed": 4 * STREAMED}
    return {
        f"{name}_gb_s": rounded(amounts[name] / np.median(t) / 1e9)
        for name, t in times_by_name.items()
    }


@torch.inference_mode()
def arithmetic(hidden: int, rows: int, repeats: int) -> dict[str, float]:
    """Billions of operations a second of (rows × hidden) · (hidden × 3 hidden), by kind."""
    weight, bias = torch.randn(3 * hidden, hidden), torch.randn(3 * hidden)
    inputs = torch.randn(rows, hidden)
    half = weight.bfloat16(), bias.bfloat16(), inputs.bfloat16()
    packed = product([weight], [bias], batched=True)
    operations = 2 * rows * 3 * hidden * hidden
    calls = min(MAX_CALLS, max(1, int(MIN_OPERATIONS / operations)))

    def repeated(call):
        return lambda: [call() for _ in range(calls)]

    actions = {
        "mkl_float32": repeated(lambda: F.linear(inputs, weight, bias)),
        "onednn_float32": repeated(lambda: packed(inputs)),
        "bfloat16": repeated(lambda: F.linear(half[2], half[0], half[1])),
    }
    times_by_name = interleaved(actions, repeats)
    return {
        name: rounded(calls * operations / np.median(t) / 1e9) for name, t in times_by_name.items()
    }
