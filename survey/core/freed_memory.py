"""Memory that is free goes back to the system, where glibc would keep it for good."""

from __future__ import annotations

import ctypes

LARGE_BYTES = 256 * 1024
M_MMAP_THRESHOLD = -3  # of glibc's malloc.h


def give_back_large_blocks() -> None:
    """Have glibc give each large block back when it is freed; elsewhere this does nothing.

    By itself it takes blocks as large as any that was freed before, up to 32 MB, from a heap whose
    end alone it gives back.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another library; Windows
        return
    mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
