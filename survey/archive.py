"""A closed study as one file to publish: ``python -m survey.archive``; see `survey.publishing`.

    python -m survey.archive --study NAME --licence CC-BY-4.0 --out mine.zip

Ratings without comments and moments, clips, a dictionary, versions and the licence, as a ZIP file:
the same bytes each time.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from fadernets.atomic_file import replacing
from survey.analysis.code_version import code_version, versions
from survey.analyze import FAILED, sentence
from survey.core import text_file
from survey.core.settings import Settings
from survey.export import opened
from survey.publishing.archive import archive
from survey.publishing.archive_tables import Extras
from survey.ratings.rating_table import choose


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 after one sentence on why nothing was written."""
    options = _parser().parse_args(arguments)
    try:
        licence = options.licence or text_file.read(options.licence_file)
        with opened(options.database) as database, database.read() as session:
            package = archive(
                session,
                choose(session, options.study),
                Settings.from_env().audio,
                licence,
                {"code": code_version(), **versions()},
                Extras(options.comments, options.moments, options.sources),
            )
        with replacing(options.out) as part:
            part.write_bytes(package.as_zip())
    except (ValueError, OSError, DBAPIError) as error:
        print(sentence(error), file=sys.stderr)
        return FAILED
    print(f"{options.out}: {len(package.files)} files")
    if package.alone:
        who = "participant is" if package.alone == 1 else "participants are"
        print(
            f"Warning: {package.alone} {who} the only one with their age, training and device; who "
            "knows these of somebody may find them."
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m survey.archive", description="Write a closed study as one file to publish."
    )
    parser.add_argument("--database", metavar="URL", help="default: DATABASE_URL, or data/")
    parser.add_argument("--study", metavar="NAME", help="default: the only one there is")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="a ZIP file")
    licence = parser.add_mutually_exclusive_group(required=True)
    licence.add_argument("--licence", metavar="NAME", help="of ratings and clips, as CC-BY-4.0")
    licence.add_argument("--licence-file", metavar="FILE", type=Path, help="its text")
    parser.add_argument("--comments", action="store_true", help="with what participants wrote")
    parser.add_argument("--moments", action="store_true", help="with the moments of answers")
    parser.add_argument("--sources", action="store_true", help="with the names of pieces")
    return parser


if __name__ == "__main__":
    sys.exit(main())
