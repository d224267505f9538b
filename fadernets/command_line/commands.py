"""What each command does: one function a command, whose docstring is its help.

`fadernets.__main__` reads their arguments.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fadernets import curve, description
from fadernets.command_line import output
from fadernets.command_line.changing import by_codes, by_settings, change_piece, write_unchanged
from fadernets.command_line.progress import status_lines
from fadernets.command_line.refusal import Refusal
from fadernets.donor import Donor
from fadernets.expression.registry import EXPRESSIONS
from fadernets.mood_transfer import MOODS, asked_moods
from fadernets.music import midi, user_file
from fadernets.music.attributes import ATTRIBUTES
from fadernets.music.piece import Piece
from fadernets.music.segments import segments
from fadernets.playback import audio, sound_file
from fadernets.playback.sound_file import SUFFIXES
from fadernets.score import file as score_file
from fadernets.score.settings import PieceSettings

if TYPE_CHECKING:
    pass


def describe(args: argparse.Namespace) -> None:
    """List the segments: start, densities, key and probability of high arousal.

    The densities are those of keys held; the pedal has no part in them.
    """
    piece = _piece(args.source, args.tracks)
    if args.json:
        print(json.dumps(description.document(piece, notes=args.notes), indent=2))
        return
    rows = [description.segment_row(piece, segment) for segment in segments(piece)]
    tracks = description.track_rows(piece)
    notes = description.note_rows(piece) if args.notes else []
    for track in tracks if len(tracks) > 1 else []:
        use = "the piece" if track["chosen"] else "stays as it is"
        print(f"track {track['track']}: {track['name']}, {track['notes']} notes, {use}")
    columns = "{:>7}  {:>3}  {:>5}  {:>8}" + "  {:>6}" * len(ATTRIBUTES) + "  {:<9}  {}"
    print(columns.format("segment", "bar", "beat", "time", *ATTRIBUTES, "key", "high arousal"))
    for row in rows:
        minutes, seconds = divmod(row.seconds, 60)
        start = row.bar, f"{row.beat:g}", f"{minutes:.0f}:{seconds:05.2f}"
        densities = (f"{row.densities[name]:.2f}" for name in ATTRIBUTES)
        arousal = "-" if row.arousal is None else f"{row.arousal:.2f}"
        last = arousal if row.problem is None else f"-     {row.problem}"
        print(columns.format(row.segment, *start, *densities, row.key or "-", last))
    for note in notes:
        where = "note {number}: bar {bar}, beat {beat:g}, {name}, velocity {velocity}"
        print(where.format(**note))


def slide(args: argparse.Namespace) -> None:
    """Move the faders from where each segment has them, so that the piece keeps its shape.

    X is a number, -1 to 1, or a curve, which a segment takes the value of in its middle: JSON such
    as [[0, 0.0], [16, 0.5]] in beats, {"bars": [[1, 0.0], [5, 0.5]]} in bars. Beats count from 0,
    bars from 1, and an upbeat is bar 0. At 0 a segment stays as it is, note for note; 1 and -1 are
    the ends of the range that the model was trained on, and in between all segments go equally far,
    those near the end that they go to less.

    The densities are those of keys held. OUT.mid is IN.mid with other notes; all else stays.
    """
    piece = _piece(args.source, args.tracks)
    faders, expression = (
        {name: vars(args)[name] for name in names if vars(args)[name] is not None}
        for names in (args.faders, EXPRESSIONS)
    )
    for name, value in faders.items():
        if args.absolute and (low := curve.lowest(value)) < 0:
            raise Refusal(f"--{name} {low:g} is no position: with --absolute it is from 0 to 1.")
    moved = {name: value for name, value in expression.items() if curve.moves(value)}
    still = not (moved or any(args.absolute or curve.moves(value) for value in faders.values()))
    if still and (faders or expression or args.seed is None):
        options = " or ".join(f"--{name}" for name in (*args.faders, *EXPRESSIONS))
        write_unchanged(args, piece, f"move a fader by {options}")
    elif still:
        change_piece(args, piece, by_codes(lambda net, batch: net.encode(batch)))
    else:
        kind = "positions" if args.absolute else "faders"
        settings = PieceSettings(**{kind: faders}, expression=moved)  # type: ignore[arg-type]
        change_piece(args, piece, by_settings(settings), settings)


def transfer(args: argparse.Namespace) -> None:
    """Make the music calmer or more energetic (arousal), sadder or more joyful (valence).

    Arousal is what listeners said of game music. Valence is mostly a rule: major or minor. The
    strength may be a curve, as of slide; where it is 0, segments stay as they are. Either mood can
    have its own.
    """
    target = _moods(args)
    piece = _piece(args.source, args.tracks)
    own_strengths = {mood: vars(args)[f"{mood}_strength"] for mood in target}
    strengths = {mood: args.strength if own is None else own for mood, own in own_strengths.items()}
    if not any(curve.moves(strength) for strength in strengths.values()):
        write_unchanged(args, piece, "move it by --strength")
        return

    signed = {
        mood: -strengths[mood] if side == "low" else strengths[mood]
        for mood, side in target.items()
    }
    settings = PieceSettings(**signed)
    change_piece(args, piece, by_settings(settings), settings)


def edit(args: argparse.Namespace) -> None:
    """Do what settings ask for, faders and moods at once, as the page does.

    SETTINGS is a JSON file that the page has saved, or a MIDI file that carries curves, such as one
    saved with --curves. They hold for the whole piece, with its seed and locks; --seed and --lock
    come in the place of theirs.
    """
    piece = _piece(args.source, args.tracks)
    try:
        settings = PieceSettings.read(score_file.read(args.settings), args.faders)
    except ValueError as error:
        raise Refusal(f"{error}".rstrip(".") + ".") from error
    args.seed = settings.seed if args.seed is None else args.seed
    args.lock = args.lock or settings.lock.words
    args.strict = args.strict or settings.strict
    if settings.is_neutral:
        write_unchanged(args, piece, f"{args.settings.name} moves nothing")
        return
    change_piece(args, piece, by_settings(settings), settings)


def _moods(args: argparse.Namespace) -> dict[str, str]:
    """What `transfer` shall move: mood -> side."""
    try:
        return asked_moods({mood: vars(args)[mood] for mood in MOODS}, args.preset)
    except ValueError as error:
        raise Refusal(f"{error}.") from error


def mix(args: argparse.Namespace) -> None:
    """Play the notes of one piece in the rhythm of another, segment by segment.

    Length, tempo and meter are those of RHYTHM.mid; what NOTES.mid is too short for stays as it
    is. What is locked is of RHYTHM.mid, and the notes of NOTES.mid make room for it.
    """
    piece = _piece(args.source, args.tracks)
    donor = Donor.of(_piece(args.donor), args.donor.name)
    change_piece(args, piece, by_codes(donor.mixed), lack=donor.problem)


def render(args: argparse.Namespace) -> None:
    """Play a MIDI file into a sound file: WAV, or by the name OGG or MP3."""
    piece = _piece(args.source)
    output.check(args.output, output.SOUND, "render writes sound")
    if args.synthesiser not in (None, *audio.SYNTHESISERS):
        raise Refusal(f"{args.synthesiser} is not one of {', '.join(audio.SYNTHESISERS)}.")
    try:
        with status_lines(lambda: "rendering"):
            sound = audio.render(piece, synthesiser=args.synthesiser)
    except audio.AudioError as error:
        raise Refusal(str(error)) from error
    kind = SUFFIXES.get(args.output.suffix.lower(), "wav")
    user_file.save(sound_file.coded(sound, kind), args.output)


def _piece(path: Path, tracks: Sequence[int] | None = None) -> Piece:
    """A file's piece; what is to be known of it goes to stderr."""
    piece = midi.read(path, tracks)
    midi.check_length(piece, name=path.name)
    for notice in piece.notices:
        print(notice, file=sys.stderr)
    return piece
