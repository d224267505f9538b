"""Writing results files, whole or not at all."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fadernets.atomic_file import replacing
from fadernets.checkpoint import CheckpointError
from train.reporting.results.part import ResultsPart


def text_of(results: ResultsPart | Sequence[ResultsPart], compact: bool = False) -> str:
    """Results as JSON; when compact, with each list of numbers on one line."""
    parts = (
        results.stored()
        if isinstance(results, ResultsPart)
        else [part.stored() for part in results]
    )
    text = json.dumps(parts, indent=1)
    if compact:
        text = re.sub(r"\[[^][{}\"]*\]", lambda m: re.sub(r"\s+", " ", m[0]), text)
    return text + "\n"


def finish(command: str, measure: Callable[[], ResultsPart], out: Path) -> int:
    """Measure, write the results and print them; returns the exit status of a command.

    What cannot be measured is one line on standard error, and nothing is written.
    """
    try:
        result = measure()
    except (OSError, ValueError, CheckpointError) as error:
        print(f"train.{command}: {error}", file=sys.stderr)
        return 2
    text = text_of(result)
    write(out, text)
    print(text, end="")
    return 0


def write(path: Path, text: str) -> None:
    """Write a text file in a folder that is made if it is not there; a reader never sees half.

    Raises
    ------
    OSError
        If the file cannot be written; an older one is as before then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # a pipe cannot be replaced
        path.write_text(text)
        return
    with replacing(path, shared=True) as part:
        part.write_text(text)
