"""The command line: what the faders do to a MIDI file. ``python -m fadernets --help``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fadernets import __version__, checkpoint
from fadernets.checkpoint import CheckpointError
from fadernets.command_line import arguments
from fadernets.command_line.commands import describe, edit, mix, render, slide, transfer
from fadernets.command_line.refusal import Refusal
from fadernets.expression.registry import EXPRESSIONS
from fadernets.lock_words import NAMES
from fadernets.mood_transfer import MOODS, PRESETS, SIDES
from fadernets.music import midi
from fadernets.music.attributes import PAPER


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it did what was asked, 2 after saying in one sentence why not.

    Without a command, its help lists them, and the status is 2.
    """
    top = parser(_model_named(argv))
    args = top.parse_args(argv)
    if args.run is None:
        top.print_help(sys.stderr)
        return 2
    try:
        args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the table has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    except (midi.MidiError, Refusal) as error:
        print(f"fadernets: {error}", file=sys.stderr)
        return 2
    return 0


def _model_named(argv: Sequence[str] | None) -> str | None:
    """The model that a command line names: its faders are options of the command."""
    model_only = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    model_only.add_argument("--model")
    try:
        return model_only.parse_known_args(argv)[0].model
    except argparse.ArgumentError:  # `parser` says what is wrong
        return None


def _faders(model: str | None) -> tuple[str, ...]:
    """The paper's faders and the model's own."""
    try:
        own = checkpoint.fader_names(model)
    except CheckpointError:  # loading the model says why
        own = ()
    return tuple(dict.fromkeys((*PAPER, *own)))


def parser(model: str | None = None) -> argparse.ArgumentParser:
    """The commands and their arguments, with an option for every fader of a model."""
    top = arguments.Parser(
        prog="fadernets", description="Faders for the rhythm, notes and mood of piano."
    )
    top.add_argument("--version", action="version", version=f"fadernets {__version__}")
    top.set_defaults(run=None)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], None], **files: str) -> argparse.ArgumentParser:
        text = run.__doc__ or ""
        added = commands.add_parser(
            run.__name__, help=text.splitlines()[0].rstrip("."), description=text
        )
        for name, file in files.items():
            added.add_argument(name, metavar=file, type=Path)
        added.set_defaults(run=run)
        return added

    describing = command(describe, source="IN.mid")
    describing.add_argument("--json", action="store_true", help="one JSON document, no table")
    describing.add_argument(
        "--notes", action="store_true", help="every note too, by the number that --lock knows it by"
    )
    sliding = command(slide, source="IN.mid", output="OUT.mid")
    for fader in _faders(model):
        sliding.add_argument(
            f"--{fader}",
            type=arguments.fader,
            metavar="X",
            help=f"how far to move the {fader} fader from where each segment has it: 1 is all the "
            "way up, -1 all the way down; a number, or a curve over beats or bars",
        )
    for expression in EXPRESSIONS.values():
        low, high = expression.words.ends
        sliding.add_argument(
            f"--{expression.name}",
            type=arguments.fader,
            metavar="X",
            help=f"{low} at -1, half of what it is, {high} at 1, twice that; a number or a curve",
        )
    sliding.add_argument(
        "--absolute",
        action="store_true",
        help="the faders' numbers are positions, 0 to 1, that every segment gets alike",
    )
    moving = command(transfer, source="IN.mid", output="OUT.mid")
    moving.add_argument("--arousal", choices=tuple(SIDES), help="calm or energetic")
    moving.add_argument("--valence", choices=tuple(SIDES), help="sad or joyful: minor or major")
    presets = (f"{name} ({_described(moods)})" for name, moods in PRESETS.items())
    moving.add_argument(
        "--preset", choices=tuple(PRESETS), help=f"both at once: {', '.join(presets)}"
    )
    moving.add_argument(
        "--strength",
        type=arguments.strength,
        default=1.0,
        metavar="X",
        help="how far; 1 goes all the way from calm to energetic music, or from minor to major, or "
        "back; a number, or a curve over beats or bars",
    )
    for mood in MOODS:
        moving.add_argument(
            f"--{mood}-strength",
            type=arguments.strength,
            metavar="X",
            help=f"how far {mood} goes, where it is another than --strength",
        )
    sliding.add_argument(
        "--strict",
        action="store_true",
        help="the density of a fader that does not move stays exactly as it is; without it, it "
        "may go along a little, where that cuts fewer notes",
    )
    moving.set_defaults(strict=False)
    editing = command(edit, source="IN.mid", settings="SETTINGS", output="OUT.mid")
    editing.set_defaults(strict=False)
    for carrying in (sliding, moving, editing):
        carrying.add_argument(
            "--curves",
            action="store_true",
            help="OUT.mid carries the curves of faders and moods, as controllers of a track of "
            "their own that the page and edit open again",
        )
    mixing = command(mix, source="RHYTHM.mid", donor="NOTES.mid", output="OUT.mid")
    mixing.set_defaults(strict=False)
    for locking in (sliding, moving, editing, mixing):
        locking.set_defaults(faders=_faders(model))
        locking.add_argument(
            "--lock",
            type=arguments.locks,
            action="extend",
            metavar="A,B",
            help="what of IN.mid, or of RHYTHM.mid, stays exactly as it is: "
            f"{', '.join(NAMES)}, track:2, and note:17 or note:17-20, numbered as describe --notes "
            "does",
        )
    for changing in (sliding, moving, editing, mixing):
        part = changing.add_mutually_exclusive_group()
        part.add_argument(
            "--bars",
            type=arguments.bars,
            metavar="A-B",
            help="only bars A to B, numbered from 1 as describe shows them; A alone works too",
        )
        part.add_argument(
            "--segments",
            type=arguments.span,
            metavar="A:B",
            help="only the segments from A up to but not including B, numbered from 0 as describe "
            "does; A:, :B and A alone work too",
        )
        changing.add_argument(
            "--seed",
            type=arguments.seed,
            metavar="N",
            help="draw a variation, segment K by seed N + K; not given, the likeliest",
        )
    for reading in (describing, sliding, moving, editing, mixing):
        reading.add_argument(
            "--tracks",
            type=arguments.tracks,
            metavar="A,B",
            help="the tracks of IN.mid that are the piece, numbered from 1 as describe does; not "
            "given, those of pianos. The others stay as they are",
        )
    for using in (sliding, moving, editing, mixing):
        using.add_argument("--model", metavar="M", help="a shipped model or a checkpoint's folder")
    rendering = command(render, source="IN.mid", output="OUT.wav")
    rendering.add_argument(
        "--synthesiser", metavar="S", help="midirenderer (the default) or fluidsynth"
    )
    return top


def _described(moods: Mapping[str, str]) -> str:
    return ", ".join(f"{side} {mood}" for mood, side in moods.items())


if __name__ == "__main__":
    sys.exit(main())
