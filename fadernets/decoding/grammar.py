"""The grammar of event tokens: which may come next, so that they always encode notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fadernets.music import events
from fadernets.music.attributes import MAX_POLYPHONY

END = events.SEGMENT_TICKS  # last tick at which a note may end
SHORTEST = 4  # ticks that a note lasts at least: nobody plays one of less than 40 ms
MAX_CHORD = 10  # notes struck at one instant: two hands' fingers
_BLOCKED = np.finfo(np.float32).min


class Line:
    """The state of one sequence: what sounds, and what may come next.

    Plain Python numbers: for one token at a time they are faster than tensors.
    """

    def __init__(self) -> None:
        self.tick = 0
        self.highest = -1  # highest pitch struck at this instant
        self.chord = 0  # notes struck at this instant
        self.released = -1  # highest pitch released at this instant
        self.loudness = -1
        self.previous = events.PAD
        self.struck: dict[int, int] = {}  # sounding pitch -> tick it was struck at
        self.begun = False
        self.ended = False

    @property
    def _loud(self) -> bool:
        """Whether the last token is a velocity, which a note-on has to follow."""
        return self.previous >= events.VELOCITY

    @property
    def _shifted(self) -> bool:
        return events.TIME_SHIFT <= self.previous < events.VELOCITY

    def _note_ons(self) -> range:
        """Note-ons above those of this instant, among them those of sounding notes."""
        room = self.tick <= END - SHORTEST and self.chord < MAX_CHORD
        if not room or len(self.struck) >= MAX_POLYPHONY:
            return range(0)
        return range(events.NOTE_ON + self.highest + 1, events.NOTE_OFF)

    def _allows_note_off(self, pitch: int) -> bool:
        """Whether a note-off of a pitch may come."""
        if self._loud or self.highest >= 0 or pitch not in self.struck or pitch <= self.released:
            return False
        if self.struck[pitch] > self.tick - SHORTEST:
            return False
        # Note-offs of one instant rise in pitch. At the last tick every note must still end, so
        # none below another may be passed over.
        return self.tick < END or pitch == min(self.struck)

    def _shifts(self) -> tuple[range, range]:
        """Time shifts after which something is possible: a note may begin, or one may end."""
        # A shift follows a shift only after the longest: one span of time has one encoding.
        if self._loud or (self._shifted and self.previous != events.VELOCITY - 1):
            return range(0), range(0)
        here = events.TIME_SHIFT - 1 - self.tick  # id of a shift to a tick, less the tick
        last = min(here + END, events.VELOCITY - 1)
        begins = range(0)
        if len(self.struck) < MAX_POLYPHONY:
            begins = range(events.TIME_SHIFT, min(here + END - SHORTEST, last) + 1)
        if not self.struck:
            return begins, range(0)
        oldest = min(self.struck.values())
        return begins, range(max(here + oldest + SHORTEST, events.TIME_SHIFT), last + 1)

    def _allows_velocity(self) -> bool:
        """Whether a velocity may come: a note-on can follow it."""
        above = events.PITCHES - 1 - self.highest
        free = above - sum(pitch > self.highest for pitch in self.struck)
        return not self._loud and len(self._note_ons()) > 0 and free > 0

    def _allows_end(self) -> bool:
        return self.begun and not (self.struck or self._shifted or self._loud)

    def permits(self, token: int) -> bool:
        """Whether a token may come next."""
        if self.ended or token < events.NOTE_ON:
            return token == events.PAD if self.ended else token == events.EOS and self._allows_end()
        if token < events.NOTE_OFF:
            free = token - events.NOTE_ON not in self.struck
            return self.loudness >= 0 and free and token in self._note_ons()
        if token < events.TIME_SHIFT:
            return self._allows_note_off(token - events.NOTE_OFF)
        if token < events.VELOCITY:
            return any(token in shifts for shifts in self._shifts())
        return token - events.VELOCITY != self.loudness and self._allows_velocity()

    def allowed(self) -> bytearray:
        """1 for each of the 342 tokens that may come next, else 0."""
        mask = bytearray(events.VOCABULARY)
        if self.ended:
            mask[events.PAD] = 1
            return mask
        mask[events.EOS] = self._allows_end()
        spans = [*self._shifts()]
        if self.loudness >= 0:
            spans.append(self._note_ons())
        if self._allows_velocity():
            spans.append(range(events.VELOCITY, events.VOCABULARY))
        for span in spans:
            mask[span.start : span.stop] = b"\1" * len(span)
        for pitch in self.struck:
            mask[events.NOTE_ON + pitch] = 0
            mask[events.NOTE_OFF + pitch] = self._allows_note_off(pitch)
        if self.loudness >= 0:
            mask[events.VELOCITY + self.loudness] = 0
        return mask

    def masked(self, scores: np.ndarray) -> np.ndarray:
        """Scores of the next tokens, float, (342,), with what is not allowed blocked.

        A shift past the segment's end stands for the end: its score counts for the shift to the
        last tick while notes sound, and else for EOS. If such shifts were only blocked, note-ons
        would win in their place, and segments would end in clusters of clicks.
        """
        allowed, ticks_left = np.frombuffer(self.allowed(), np.bool_), END - self.tick
        result = np.where(allowed, scores, _BLOCKED)
        beyond = scores[events.TIME_SHIFT + max(ticks_left, 0) : events.VELOCITY]
        end = events.EOS
        if self.struck:
            end = events.TIME_SHIFT - 1 + min(max(ticks_left, 1), events.SHIFTS)
        if len(beyond) and allowed[end]:
            result[end] = max(result[end], beyond.max())
        return result

    def take(self, token: int) -> None:
        """Note the token chosen."""
        if events.NOTE_ON <= token < events.NOTE_OFF:
            self.highest = token - events.NOTE_ON
            self.struck[self.highest] = self.tick
            self.chord += 1
            self.begun = True
        elif events.NOTE_OFF <= token < events.TIME_SHIFT:
            self.released = token - events.NOTE_OFF
            self.struck.pop(self.released, None)
        elif events.TIME_SHIFT <= token < events.VELOCITY:
            self.tick += token - events.TIME_SHIFT + 1
            self.highest, self.released, self.chord = -1, -1, 0
        elif token >= events.VELOCITY:
            self.loudness = token - events.VELOCITY
        elif token == events.EOS:
            self.ended = True
        self.previous = token


class Grammar:
    """What may come next in each sequence of a batch.

    The rules are those of `events.encode`'s own output: at one instant note-offs come before
    note-ons, each rising in pitch; a velocity comes when it changes and a note-on follows it;
    a note-off ends a sounding note, of 40 ms at least; time stays inside the segment; the end
    comes when all notes have ended. Without these rules a greedy decoder repeats itself in loops.
    Two limits are the hands' and the note label's: ten notes struck at one instant, fifteen
    sounding.

    Parameters
    ----------
    batch : int
    device : torch.device
        Where its masks lie.
    """

    def __init__(self, batch: int, device: torch.device) -> None:
        self.lines = [Line() for _ in range(batch)]
        self.device = device

    @property
    def ended(self) -> Tensor:
        """Which sequences have ended: bool, shape (b, 1)."""
        return torch.tensor([[line.ended] for line in self.lines], device=self.device)

    def allowed(self, rows: Sequence[int] | None = None) -> Tensor:
        """Mask of the next tokens, bool, shape (b, 342); only PAD where the sequence has ended.

        `rows` are those wanted; None means all.
        """
        lines = self.lines if rows is None else [self.lines[row] for row in rows]
        mask = torch.frombuffer(
            bytearray().join(line.allowed() for line in lines), dtype=torch.bool
        )
        return mask.view(-1, events.VOCABULARY).to(self.device)

    def masked(self, scores: Tensor, rows: Sequence[int] | None = None) -> Tensor:
        """Scores of the next tokens, (b, 342), as `Line.masked`.

        `rows` are the sequences that the scores are of; None means all.
        """
        lines = self.lines if rows is None else [self.lines[row] for row in rows]
        each = zip(lines, scores.cpu().numpy(), strict=True)
        return torch.from_numpy(np.stack([line.masked(row) for line, row in each])).to(self.device)

    def best(self, scores: Tensor) -> np.ndarray:
        """The token of the highest masked score in each row of (b, 342): int64, (b,).

        The highest score of all is nearly always allowed: masks, which cost more than the rest,
        are made only for the rows where it is not.
        """
        values = scores.cpu().numpy()
        tokens = values.argmax(1)
        for row, (line, token) in enumerate(zip(self.lines, tokens.tolist(), strict=True)):
            if line.ended:
                tokens[row] = events.PAD
            elif not line.permits(token):
                tokens[row] = line.masked(values[row]).argmax()
        return tokens

    def take(self, tokens: Tensor | np.ndarray) -> None:
        """Note the token chosen for each of the b sequences."""
        for line, token in zip(self.lines, tokens.tolist(), strict=True):
            line.take(token)

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all sequences but these."""
        self.lines = [self.lines[row] for row in rows]
