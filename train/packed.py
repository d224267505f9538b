"""Prepared files as one folder: ``python -m train.packed A.npz B.npz … --out DIR``.

See `train.data.packed`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from train.data.packed import pack


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m train.packed", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="files of train.prepare")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    options = parser.parse_args(arguments)
    try:
        index = pack(options.files, options.out)
    except (OSError, ValueError) as error:
        print(f"train.packed: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("train.packed: interrupted", file=sys.stderr)
        return 130
    print(json.dumps({name: value for name, value in index.items() if name != "sha256"}, indent=1))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up, as for Ctrl-C
    sys.exit(main())
