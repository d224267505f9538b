"""Draw all figures that results files allow.

``python -m train.figures RESULTS.json … --out docs/figures`` writes each as SVG and PNG, and what
their captions have to say into ``captions.json``. What a file lacks is named and passed by.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tqdm import tqdm

from train.figures import figure3, figure4, figure5, movement, response, style, table1
from train.reporting.reading import read
from train.reporting.writing import write

FIGURES = (table1, figure3, figure4, figure5, response, movement)
CAPTIONS = "captions.json"


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.figures", description=__doc__)
    parser.add_argument("results", type=Path, nargs="+", help="JSON files of results")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    names = {figure.__name__.rpartition(".")[2]: figure for figure in FIGURES}
    parser.add_argument("--only", nargs="+", choices=names, default=list(names), help="figures")
    options = parser.parse_args(arguments)
    try:
        results = read(options.results)
        notes = [f"{path}: nothing to draw in it" for path in results.others]
        options.out.mkdir(parents=True, exist_ok=True)
        captions = {}
        with style.settings():
            chosen = [names[name] for name in options.only]
            for figure in tqdm(chosen, desc="figures", disable=None):
                drawn, missing = figure.draw(results)
                notes += missing
                for drawing in drawn:
                    style.write(drawing, options.out)
                    captions[drawing.name] = {"words": drawing.words, "facts": drawing.facts}
        write(options.out / CAPTIONS, json.dumps(captions, indent=1) + "\n")
    except (OSError, ValueError) as error:
        print(f"train.figures: {error}", file=sys.stderr)
        return 2
    for note in notes:
        print(note, file=sys.stderr)
    for name in captions:
        print(options.out / f"{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
