"""Parts of the work in threads of their own."""

from __future__ import annotations

import os

import pytest
import torch

from fadernets.compute.threads import side_by_side


def test_threads_are_as_before_after_an_error(two_threads):
    def fail(part: slice):
        assert torch.get_num_threads() == 1
        raise KeyError(part)

    with pytest.raises(KeyError):
        side_by_side(fail, 2, 32, torch.device("cpu"))
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("load", "threads"), [(0.5, 2), (99.0, 1)])
def test_one_segment_has_one_thread_beside_other_work(two_threads, monkeypatch, load, threads):
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    results = side_by_side(lambda part: [torch.get_num_threads()], 1, 32, torch.device("cpu"))
    assert results == [[threads]] and torch.get_num_threads() == 2


@pytest.mark.parametrize(
    ("count", "device", "sizes"),
    [
        (0, "cpu", []),
        (1, "cpu", [1]),
        (5, "cpu", [3, 2]),
        (9, "cpu", [3, 3, 3]),
        (9, "cuda", [3, 3, 3]),
        (4, "cuda", [2, 2]),
    ],
)
def test_parts_are_as_even_as_threads_can_share_them(two_threads, count, device, sizes):
    def size(part: slice) -> list:
        return [None] * len(range(count)[part])

    parts = side_by_side(size, count, 4 if device == "cpu" else 3, torch.device(device))
    assert [len(part) for part in parts] == sizes
