"""When in its step a new note begins and ends: as the notes of its segment do.

Nobody plays exactly on a step. A new note in a step in which the segment strikes begins before or
after what is struck there, as far as the notes of its chords are apart; in any other step it parts
the time between the nearest strikes of the segment. It ends as early or late about the end of a
step as a note of the segment that is near to it, and lets go of a key that is struck again as long
before as the segment does. Music on a grid stays on it: what its notes differ by is nothing.
"""

from __future__ import annotations

import numpy as np

from fadernets.arranger.note_ends import HALF, MARGIN, ON_GRID, NoteEnds, near_note
from fadernets.music.notes import EARLY, STEPS, STEPS_PER_BEAT, Notes, first_steps
from fadernets.music.windows import Window

AGAIN_BEATS = 1.5  # after which a key that is struck anew is not struck again
RELEASE_BEATS = 0.15  # median of performances, from a note's end to the next one of its key
RELEASED = 0.5  # share of the time between two strikes of a key that it is up, at most
SHORTEST_BEATS = 0.08  # 40 ms of the token clock: a shorter note is a click
LEAST_BEATS = 0.04  # no new note is shorter, however short those of its segment are
CHORD_BEATS = 1 / 16  # notes struck within it of one another are a chord
SPREADS = (0.01, 0.025, 0.04)  # beats from the first note of a played chord to others
AT_ONCE = 0.006  # beats: played notes that are no further apart, 3 ms, are together by chance
FIRST = 0.4  # share of new notes that begin before the chord that they join, as in performances
TICKS = 48  # of a beat, on which all usual grids lie
BEHIND_THIRDS = 1 / 12  # beats from where the last third of a beat begins to the next step


class Touch:
    """How a segment is played.

    Parameters
    ----------
    window : Window
    """

    def __init__(self, window: Window) -> None:
        notes, beats = window.notes, window.steps / STEPS_PER_BEAT
        struck = notes.onset[notes.onset >= -EARLY]
        chord = np.cumsum(np.diff(struck, prepend=-np.inf) > CHORD_BEATS) - 1
        _, first_of_chord = np.unique(chord, return_index=True)
        self.beats, self.pedal = beats, window.pedal
        self.strikes = notes[notes.onset >= -EARLY]
        self.heard = self.strikes if len(self.strikes) else notes  # those that ring in
        self.spreads = np.delete(struck - struck[first_of_chord][chord], first_of_chord)
        order = np.lexsort((notes.onset, notes.pitch))
        since = notes.onset[order][1:] - notes.offset[order][:-1]
        again = since[(np.diff(notes.pitch[order]) == 0) & (since < AGAIN_BEATS)]
        # A grid may lie beside the beats, as where the first bar of a sequence was cut.
        is_played = not are_on_ticks(struck - struck[:1])
        # A grid on the beats goes on to the bar line and comes from it, in triplets, too.
        self.is_on_beats = not is_played and are_on_ticks(struck[:1])
        self.times = strike_times(notes, window.steps if self.is_on_beats else None)
        self.ends = NoteEnds(notes, beats, is_played)
        usual = RELEASE_BEATS if is_played else 0.0
        if not is_played:  # longer rests are other notes' time, not the hand's
            again = again[again < HALF]
        self.release = float(np.median(again)) if len(again) else usual
        # Where a quarter of what is played is shorter than a click, so may be what is new.
        least = max(self.ends.shortest, LEAST_BEATS) if is_played else SHORTEST_BEATS
        self.shortest = min(least, SHORTEST_BEATS)
        self.is_played = is_played
        # Most notes of chords exactly together, as nobody plays: a sequence with some notes moved.
        is_drawn = len(self.spreads) > 0 and np.median(self.spreads) <= ON_GRID
        if is_played and not is_drawn:
            apart = self.spreads[self.spreads > AT_ONCE]
            self.spreads = apart if len(apart) else np.array(SPREADS)

    def onset(self, step: int, pitch: int) -> float:
        """Beats at which a new note begins in a step."""
        time = float(self.times[step])
        least, latest = self.limits(step)
        if len(self.spreads):
            apart = float(self.spreads[(5 * step + pitch) % len(self.spreads)])
            is_first = (7 * step + 3 * pitch) % 10 < 10 * FIRST and time - apart >= least
            time += -apart if is_first else apart
        return min(max(time, least), latest)

    def limits(self, step: int) -> tuple[float, float]:
        """Beats between which a new note of a step begins.

        So no clock moves it to another step, nor does the segment's end make a click of it.
        """
        before, behind = (number / STEPS_PER_BEAT - EARLY for number in (step, step + 1))
        return max(before + MARGIN, 0.0), min(behind - MARGIN, self.beats - self.shortest)

    def end(self, step: int, pitch: int, start: float) -> float:
        """Beats at which a note from `start` ends that sounds up to a step, but not in it."""
        boundary = step / STEPS_PER_BEAT
        is_last_third = abs(boundary - start - BEHIND_THIRDS) <= ON_GRID
        if self.is_on_beats and is_last_third and step < STEPS:
            # To the step alone it would be a click: it lasts to where one is struck, or would be.
            return min(float(self.times[step]), boundary + HALF) + self.ends.early
        return self.ends.end(step, pitch, start)

    def let_go(self, start: float, again: float) -> float:
        """Beats at which a key is let go of that is struck at `start`, and `again`."""
        return again - min(self.release, RELEASED * (again - start))

    def off_pedal(self, stop: float, step: int, begun: float) -> float:
        """Where a note ends that ends about a step, if no pedal shall take it over anew.

        A press of the pedal takes over what ends during it. A note that lay before that press would
        sound on with it, in the next harmony as a rule; so it ends before or after the press, if it
        counts in the same steps then.

        Parameters
        ----------
        stop : float
            Beats, where it would end otherwise.
        step : int
            The first in which it does not count.
        begun : float
            Beats, up to where it lasts in the source; of a new note, where it begins.
        """
        boundary = min(step / STEPS_PER_BEAT, self.beats)
        press = int(np.searchsorted(self.pedal[:, 0], stop, side="right")) - 1
        if press < 0 or stop >= self.pedal[press, 1] or begun >= self.pedal[press, 0]:
            return stop
        down, up = self.pedal[press].tolist()
        if down - MARGIN >= boundary - HALF:
            return down - MARGIN
        latest = max(self.ends.latest[step % STEPS_PER_BEAT], 0.0)
        return up if up <= min(boundary + latest, self.beats) else stop

    def velocity(self, step: int, pitch: int, otherwise: float) -> float:
        """How loud a new note is: as one of the segment's that is near, if it has any."""
        if not len(self.heard):
            return otherwise
        near = near_note(self.heard.onset, self.heard.pitch, step, pitch)
        return float(self.heard.velocity[near])


def strike_times(notes: Notes, steps: int | None = None) -> np.ndarray:
    """When a segment strikes in each step, or would: float64, shape (16,), beats.

    In a step without an onset that is where it parts the time between the nearest strikes; where
    its `steps` are given, its start and its end part time, too.
    """
    step, struck = np.arange(STEPS), notes.onset[notes.onset >= -EARLY]
    if not len(struck):
        return step / STEPS_PER_BEAT
    own, first = np.unique(first_steps(struck), return_index=True)
    at = struck[first]
    if steps is not None:
        own, at = np.append(own, steps), np.append(at, steps / STEPS_PER_BEAT)
        if own[0] > 0:
            own, at = np.append(0, own), np.append(0.0, at)
    inside = step.clip(own[0], own[-1])
    return np.interp(inside, own, at) + (step - inside) / STEPS_PER_BEAT


def are_on_ticks(times: np.ndarray) -> bool:
    """Whether all of some times are where usual grids have steps, triplets and what parts them."""
    ticks = times * TICKS
    return bool((np.abs(ticks - np.rint(ticks)) <= ON_GRID * TICKS).all())
