"""Workers and files that remember what they were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from pathlib import Path
from typing import Any


class FakeWorkers:
    """Returns or raises the prepared results, and records the calls."""

    def __init__(self, **results: Any) -> None:
        self.results, self.calls = results, []

    async def run(self, task: str, *arguments: Any, **options: Any) -> Any:
        self.calls.append((task, arguments, options))
        await asyncio.sleep(0)  # other events go on meanwhile
        result = self.results[task]
        if isinstance(result, Exception):
            raise result
        return result() if callable(result) else result

    def progress(self, key: Any) -> Any:
        return self.results.get("progress")

    def give_up(self, key: Any, order: int) -> None:
        self.calls.append(("give up", (key, order), {}))


class FakeFiles:
    def __init__(self, folder: Path, is_full: bool = False) -> None:
        self.folder, self._is_full, self.counted = folder, is_full, []
        self.visitors: list[Hashable] = []  # whose room was looked at, and whose files counted

    def is_full(self, visitor: Hashable, *, downloads: bool) -> bool:
        self.visitors.append(visitor)
        return self._is_full and downloads

    def new_folder(self) -> Path:
        return self.folder / "own"

    def count(self, path: str, visitor: Hashable) -> None:
        self.counted.append(path)
        self.visitors.append(visitor)
