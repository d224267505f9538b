"""A piece, and commands that do something with it."""

import argparse

import numpy as np

from fadernets import __main__ as cli
from fadernets.music import midi
from fadernets.music.notes import Notes
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from tests.fadernets.music.generated import rows

SILENT = 2  # the segment of `music` that cannot be encoded
CHANGES = ("slide", "transfer", "mix")


def music(segment_count=6, *, step=0.5, base=48):
    """Broken triads, a note every `step` beats; one segment empty, the last a little short."""
    steps = np.arange(0, 4 * segment_count, step)
    steps = steps[(steps < 4 * SILENT) | (steps >= 4 * SILENT + 4)]
    pitch = base + np.array([0, 4, 7, 12, 16])[np.arange(len(steps)) % 5]
    velocity = 50 + np.arange(len(steps)) % 40
    return Piece(
        notes=Notes.of(steps, steps + step * 0.9, pitch, velocity),
        pedal=np.array([(0.25, 1.75), (3.5, 4.5), (4 * SILENT + 4.5, 4 * SILENT + 7)]),
        tempo=np.array([(0, 100.0), (9, 80)]),
        meter=np.array([(0, 4, 4)]),
        length=4 * segment_count - 0.1 * step,
    )


def command_names():
    """Names of all commands, as its help lists them."""
    (commands,) = [
        action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction)
    ]
    return list(commands.choices)


def run(*arguments):
    return cli.main([str(argument) for argument in arguments])


def error_sentence(capsys):
    """The one sentence on stderr of a command that printed nothing else."""
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("fadernets")
    return err.strip()


def change(name, source, output):
    """The arguments of a command that changes a piece."""
    return {
        "slide": ["slide", source, output, "--rhythm", 0.8],
        "transfer": ["transfer", source, output, "--arousal", "low"],
        "mix": ["mix", source, source, output],
    }[name]


def unchanged(before, after, indices):
    """Are these segments of two files the same?"""
    before, after = segments(midi.read(before)), segments(midi.read(after))
    assert len(before) == len(after)
    return [rows(before[k].notes) == rows(after[k].notes) for k in indices]
