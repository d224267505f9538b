"""Threads for parts of the work, beside those that PyTorch has for each operation."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

ALONE = 0.5  # of the load average, what a program that has all cores may be above their number
Part = TypeVar("Part")
Made = TypeVar("Made")


def is_busy() -> bool:
    """Whether more is running than the processor has cores, as far as the last minute tells.

    PyTorch's threads wait for each other at every operation: beside other work a step of a GRU then
    takes many times as long. On a processor of their own they are the faster way.
    """
    if not hasattr(os, "getloadavg"):  # Windows
        return False
    return os.getloadavg()[0] > (os.cpu_count() or 1) + ALONE


def in_threads(make: Callable[[Part], Made], parts: Sequence[Part], threads: int) -> list[Made]:
    """What is made of each part, without gradients, in so many threads of one PyTorch thread each.

    Meanwhile the rest of the program has one of PyTorch's threads, too.
    """
    before = torch.get_num_threads()
    if before == 1 or not parts:
        return [make(part) for part in parts]
    is_inference = torch.is_inference_mode_enabled()

    def of_part(part: Part) -> Made:
        with torch.inference_mode(is_inference), torch.no_grad():  # of this thread
            return make(part)

    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(of_part, parts))
    finally:
        torch.set_num_threads(before)


def side_by_side(
    make: Callable[[slice], Made], count: int, most: int, device: torch.device
) -> list[Made]:
    """What is made of parts of so many segments: on a processor a part for each PyTorch thread.

    Half of an arrangement is work of one thread, through which the others would wait. Meanwhile
    each part has one of PyTorch's threads, and so has what else the program computes. A single part
    has all of them, unless the processor is busy.

    Parameters
    ----------
    make : function
        From a part to what is made of its segments.
    count, most : int
        Segments in all, and of a part.
    device : torch.device
    """
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    rounds = math.ceil(count / (threads * most))  # in each of which all threads have a part
    size = math.ceil(count / (threads * max(rounds, 1)))
    parts = [slice(first, first + size) for first in range(0, count, max(size, 1))]
    if device.type == "cpu" and (len(parts) > 1 or is_busy()):
        return in_threads(make, parts, threads)
    return [make(part) for part in parts]
