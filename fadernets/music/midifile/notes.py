"""The notes of a MIDI file: which events strike and release them, and which part plays them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fadernets.music.midifile.events import PROGRAM, MidiFile
from fadernets.music.midifile.part import Part
from fadernets.music.midifile.tracks import TRACK_NAME, Track
from fadernets.music.notes import HIGHEST_PITCH, LOWEST_PITCH, STEPS_PER_BEAT, Notes, one_string
from fadernets.music.plain_text import plain_text

HELD = -1  # as the release of a note that is never released
LETTERS_OF_NAME = 60  # of a track, at most
# Beats behind the last event: the end of a track counts as music's end where it lies within these
# or on a sixteenth; some programs put it a tick after the last note, some minutes.
LEAST_SILENCE, MOST_SILENCE = 1 / STEPS_PER_BEAT, 64
# A drum kit's keys lie below middle C, and a groove uses few of them, again and again.
KIT_LOWEST, KIT_TOP, KIT_KEYS = 35, 60, 12
FILL_KEYS, GROOVE_STRIKES = 3, 3  # keys of a few beats, and strikes of each, that a groove has


@dataclass(frozen=True, eq=False)
class RawNotes:
    """All notes of a file, n of them, as its events have them; by part, key and time.

    Attributes
    ----------
    part : int64 array, shape (n,)
        Number of the part in `parts`.
    start, end : int64 arrays, shape (n,)
        Ticks; a note that is never released ends with its track.
    pitch, velocity : int64 arrays, shape (n,)
    strike, release : int64 arrays, shape (n,)
        Numbers of the events in their track; the release is `HELD` where there is none. Notes may
        share one.
    parts : tuple of Part
        Those with notes, by track, then channel.
    """

    part: np.ndarray
    start: np.ndarray
    end: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    strike: np.ndarray
    release: np.ndarray
    parts: tuple[Part, ...]


def last_tick(file: MidiFile, track: Track) -> int:
    """Tick at which a track is over: its end, or its last event if the end lies far behind it."""
    if not len(track):
        return 0
    if not file.is_closed(track) or len(track) == 1:
        return int(track.tick[-1])
    last, end = track.tick[-2:].tolist()
    # A tick after the last event is where some programs end every track, and by chance on a step.
    is_on_step = end - last > 1 and end * STEPS_PER_BEAT % file.division == 0
    if (end - last) / file.division < LEAST_SILENCE and not is_on_step:
        return last
    return min(end, last + MOST_SILENCE * file.division)


def raw_notes(file: MidiFile) -> RawNotes:
    """The notes of a file.

    If a key is struck again while it is down, the first release ends the first strike, as in most
    programs. If a key is struck more often than it is released, each strike ends with the next
    release, as on a synthesiser. A release of a key that is not down is ignored.
    """
    columns = []
    parts: list[Part] = []
    programs = _programs(file)
    for number, track in enumerate(file.tracks):
        events, pitch, velocity = file.strikes[number]
        if not len(events):
            continue
        channel = (track.status[events] & 0x0F).astype(np.int64)
        on, off = _pairs(channel * 128 + pitch, velocity > 0)
        if not len(on):
            continue
        name = _name(file, track)
        channels, part = np.unique(channel[on], return_inverse=True)
        counts = np.bincount(part)
        first = len(parts)
        for each, count in zip(channels.tolist(), counts.tolist(), strict=True):
            parts.append(Part(number, each, programs.get((number, each), 0), name, count))
        released = off >= 0
        end = np.full(len(on), last_tick(file, track))
        end[released] = track.tick[events[off[released]]]
        columns.append(
            (
                part + first,
                track.tick[events[on]],
                end,
                pitch[on],
                velocity[on],
                events[on],
                np.where(released, events[off], HELD),
            )
        )
    none = np.zeros(0, np.int64)
    part, start, end, pitch, velocity, strike, release = (
        np.concatenate([none, *column])
        for column in (zip(*columns, strict=True) if columns else [()] * 7)
    )
    return RawNotes(part, start, end, pitch, velocity, strike, release, tuple(parts))


def _pairs(key: np.ndarray, is_strike: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strikes and what releases each, first in, first out: indices (n,) and (n,), or `HELD`."""
    order = np.argsort(key, kind="stable")
    key, is_strike = key[order], is_strike[order]
    change = np.where(is_strike, 1, -1)
    first = np.ones(len(key), bool)
    first[1:] = key[1:] != key[:-1]
    group = np.cumsum(first) - 1
    # Strikes less releases so far, each key far below the one before, so that one running minimum
    # over all keys is one over each key. A release that makes a new minimum finds no key down.
    total = np.cumsum(change)
    begin = np.flatnonzero(first)
    level = total - (total[begin] - change[begin])[group] - group * (2 * len(key) + 2)
    floor = -group * (2 * len(key) + 2)
    lowest = np.minimum.accumulate(np.minimum(level, floor))
    before = np.where(first, floor, np.append(0, lowest[:-1]))
    counts = is_strike | (level >= before)
    strikes = np.flatnonzero(is_strike)
    releases = np.flatnonzero(~is_strike & counts)
    # The k-th release of a key that counts belongs to its k-th strike.
    keys = np.arange(len(begin))
    first_strike = np.searchsorted(group[strikes], keys)
    first_release = np.searchsorted(group[releases], keys)
    struck = np.diff(first_strike, append=len(strikes))
    let_go = np.diff(first_release, append=len(releases))
    of = group[strikes]
    match = np.arange(len(strikes)) - first_strike[of] + first_release[of]
    # If a key is struck more often than released, each strike takes the next release.
    following = np.searchsorted(releases, strikes)
    match = np.where((struck > let_go)[of], following, match)
    released = match < (first_release + let_go)[of]
    off = np.full(len(strikes), HELD)
    off[released] = order[releases[match[released]]]
    return order[strikes], off


def _programs(file: MidiFile) -> dict[tuple[int, int], int]:
    """The first program of each track and channel; one that a track lacks is another track's."""
    own: dict[tuple[int, int], int] = {}
    first: dict[int, tuple[int, int]] = {}  # of a channel: tick and program
    for number, track in enumerate(file.tracks):
        changes = np.flatnonzero(track.status >> 4 == PROGRAM)
        programs = file.data_bytes(track, changes, 0)
        for event, program in zip(changes.tolist(), programs.tolist(), strict=True):
            channel = int(track.status[event]) & 0x0F
            own.setdefault((number, channel), program)
            entry = (int(track.tick[event]), program)
            first[channel] = min(first.get(channel, entry), entry, key=lambda e: e[0])
    numbers = range(len(file.tracks))
    shared = {(n, channel): program for n in numbers for channel, (_, program) in first.items()}
    return shared | own


def _name(file: MidiFile, track: Track) -> str:
    names = file.metas(track, TRACK_NAME)
    text = names[0][1] if names else b""
    try:
        name = text.decode()
    except UnicodeDecodeError:
        name = text.decode("latin-1")
    return plain_text(name)[:LETTERS_OF_NAME]


def default_parts(notes: RawNotes) -> list[int]:
    """The parts that faders change unless told otherwise: pianos; without any, all but drums.

    Where nothing but the drums' channel has notes, they may be a piano's all the same: then they
    use keys beyond a kit's, and many, or some that are struck seldom, as in a few beats of a piano.
    Empty if they are drums.
    """
    parts = notes.parts
    music = [number for number, part in enumerate(parts) if not part.is_drums]
    pianos = [number for number in music if parts[number].is_piano]
    if music:
        return pianos or music
    outside = np.count_nonzero((notes.pitch < KIT_LOWEST) | (notes.pitch >= KIT_TOP))
    keys = len(np.unique(notes.pitch))
    seldom = keys >= FILL_KEYS and keys * GROOVE_STRIKES > len(notes.pitch)
    is_music = outside * 4 >= len(notes.pitch) and (keys > KIT_KEYS or seldom)
    return list(range(len(parts))) if is_music else []


def keyboard_notes(raw: RawNotes, parts: Sequence[int], division: int) -> tuple[Notes, np.ndarray]:
    """The notes of some parts as one piano plays them, in beats.

    Returns
    -------
    notes : Notes
        Those within a piano's keys, made one string a key by
        `fadernets.music.notes.struck_once`.
    row : int64 array, shape (n,)
        Of each raw note its number in `notes`, -1 where it is of another part or beyond the keys.
    """
    visible = np.flatnonzero(
        np.isin(raw.part, list(parts)) & (raw.pitch >= LOWEST_PITCH) & (raw.pitch <= HIGHEST_PITCH)
    )
    end = np.maximum(raw.end, raw.start + 1)  # released as it was struck: the shortest note
    order = visible[np.lexsort((raw.pitch[visible], raw.start[visible]))]
    notes, rows = one_string(
        Notes(
            raw.start[order] / division,
            end[order] / division,
            raw.pitch[order],
            raw.velocity[order],
        )
    )
    row = np.full(len(raw.pitch), -1)
    row[order] = rows
    return notes, row
