"""The log of a training run: a CSV file with a row for every few steps."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from fadernets.atomic_file import replacing


def append(path: Path, row: Mapping[str, object]) -> None:
    """Add a row, below a header if it is the first."""
    is_new = not path.exists() or not path.stat().st_size
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def trim(path: Path, step: int) -> None:
    """Drop the rows beyond a step, and one that was cut short while it was written."""
    if not path.exists():
        return
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        fields = reader.fieldnames or ()
        rows = [r for r in reader if None not in r.values() and int(r["step"]) <= step]
    with replacing(path) as part, part.open("w", newline="") as file:
        if fields:
            writer = csv.DictWriter(file, fields)
            writer.writeheader()
            writer.writerows(rows)
