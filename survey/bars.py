"""Progress on a terminal."""

from __future__ import annotations

from tqdm import tqdm


class Bars:
    """Progress on a terminal, a bar for every step; nothing elsewhere."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._step = ""

    def __call__(self, step: str, count: int, total: int) -> None:
        if self._bar is None or self._step != step:
            self.close()
            self._step = step
            self._bar = tqdm(total=total, desc=step, leave=False, disable=None)
        self._bar.update(count - self._bar.n)

    def close(self) -> None:
        """Clear the last bar."""
        if self._bar is not None:
            self._bar.close()
