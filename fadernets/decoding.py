"""Batched decoding of event tokens: greedy or sampled, always a well-formed segment."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fadernets import events
from fadernets.attributes import MAX_POLYPHONY
from fadernets.models.layers import EventDecoder

END = events.SEGMENT_TICKS  # last tick at which a note may end
SHORTEST = 4  # ticks that a note lasts at least: nobody plays one of less than 40 ms
MAX_CHORD = 10  # notes struck at one instant: two hands' fingers
MAX_LENGTH = 200  # tokens; training segments have 100 at most, a denser one may need more
FEW = 0.75  # share of sequences still being told from which on the others are left behind
_BLOCKED = torch.finfo(torch.float32).min


class Grammar:
    """What may come next in each sequence of a batch, so that tokens always spell notes.

    The rules are those of `events.encode`'s own output: at one instant note-offs come before
    note-ons, each rising in pitch; a velocity is told when it changes and a note-on follows it;
    a note-off ends a sounding note, of 40 ms at least; time stays inside the segment; the end
    comes when all notes have ended. Without them a greedy decoder stalls in loops. Two limits are
    the hands' and the note label's: ten notes struck at one instant, fifteen sounding.

    Parameters
    ----------
    batch : int
    device : torch.device
    """

    _ROWS = ("tick", "highest", "chord", "released", "loudness", "previous", "struck", "begun",
             "ended")  # fmt: skip

    def __init__(self, batch: int, device: torch.device) -> None:
        def full(value: int) -> Tensor:
            return torch.full((batch, 1), value, dtype=torch.long, device=device)

        self.tick = full(0)
        self.highest = full(-1)  # highest pitch struck at this instant
        self.chord = full(0)  # notes struck at this instant
        self.released = full(-1)  # highest pitch released at this instant
        self.loudness = full(-1)
        self.previous = full(events.PAD)
        self.struck = torch.full((batch, events.PITCHES), -1, device=device)  # tick, -1 if silent
        self.begun = torch.zeros((batch, 1), dtype=torch.bool, device=device)
        self.ended = torch.zeros((batch, 1), dtype=torch.bool, device=device)
        self._pitch = torch.arange(events.PITCHES, device=device)
        self._shift = torch.arange(1, events.SHIFTS + 1, device=device)
        self._bin = torch.arange(events.VELOCITY_BINS, device=device)

    def allowed(self) -> Tensor:
        """Mask of the next tokens, bool, shape (b, 342); only PAD where the sequence has ended."""
        sounding = self.struck >= 0
        ringing = sounding.any(1, keepdim=True)
        loud = (self.previous >= events.VELOCITY) & (self.previous < events.VOCABULARY)
        shifted = (self.previous >= events.TIME_SHIFT) & ~loud
        full_shift = self.previous == events.VELOCITY - 1
        room = self.tick <= END - SHORTEST
        room &= (self.chord < MAX_CHORD) & (sounding.sum(1, keepdim=True) < MAX_POLYPHONY)
        strike = room & ~sounding & (self._pitch > self.highest)
        release = sounding & (self.struck <= self.tick - SHORTEST) & (self.highest < 0) & ~loud
        lowest = sounding.long().argmax(1, keepdim=True)  # at the last tick none may be passed over
        release &= (self._pitch > self.released) & ((self.tick < END) | (self._pitch == lowest))
        then = self.tick + self._shift  # something must be possible there
        oldest = self.struck.masked_fill(~sounding, END).amin(1, keepdim=True)
        few = sounding.sum(1, keepdim=True) < MAX_POLYPHONY
        fits = ((then <= END - SHORTEST) & few) | (ringing & (oldest <= then - SHORTEST))
        shift = (then <= END) & fits & (~shifted | full_shift) & ~loud
        velocity = (self._bin != self.loudness) & ~loud & strike.any(1, keepdim=True)
        end = self.begun & ~ringing & ~shifted & ~loud
        pad = torch.zeros_like(end)
        mask = torch.cat([pad, end, strike & (self.loudness >= 0), release, shift, velocity], 1)
        mask &= ~self.ended
        mask[:, :1] |= self.ended
        return mask

    def masked(self, scores: Tensor) -> Tensor:
        """Scores of the next tokens, (b, 342), with what is not allowed blocked.

        A wish to let more time pass than is left is a wish for the segment's end: it counts for
        the shift to the end while notes sound, and else for EOS. Merely blocked, it would leave
        the word to note-ons, and segments would end in clusters of clicks.
        """
        allowed = self.allowed()
        left = END - self.tick
        shifts = scores[:, events.TIME_SHIFT : events.VELOCITY]
        beyond = shifts.masked_fill(self._shift <= left, _BLOCKED).amax(1, keepdim=True)
        to_end = events.TIME_SHIFT - 1 + left.clamp(1, events.SHIFTS)
        ringing = (self.struck >= 0).any(1, keepdim=True)
        end = torch.where(ringing, to_end, events.EOS)
        masked = scores.masked_fill(~allowed, _BLOCKED)
        wished = masked.gather(1, end).maximum(beyond)
        return masked.scatter(1, end, wished.where(allowed.gather(1, end), _BLOCKED))

    def take(self, token: Tensor) -> None:
        """Note the token chosen for each sequence: int64, shape (b,)."""
        token = token[:, None]
        on = (token >= events.NOTE_ON) & (token < events.NOTE_OFF)
        off = (token >= events.NOTE_OFF) & (token < events.TIME_SHIFT)
        shift = (token >= events.TIME_SHIFT) & (token < events.VELOCITY)
        velocity = token >= events.VELOCITY
        here = self._pitch == token - torch.where(on, events.NOTE_ON, events.NOTE_OFF)
        self.struck = torch.where(on & here, self.tick, self.struck)
        self.struck = torch.where(off & here, -1, self.struck)
        self.highest = torch.where(on, token - events.NOTE_ON, self.highest)
        self.highest = torch.where(shift, -1, self.highest)
        self.chord = torch.where(shift, 0, self.chord + on)
        self.released = torch.where(off, token - events.NOTE_OFF, self.released)
        self.released = torch.where(shift, -1, self.released)
        self.tick = self.tick + torch.where(shift, token - events.TIME_SHIFT + 1, 0)
        self.loudness = torch.where(velocity, token - events.VELOCITY, self.loudness)
        self.begun = self.begun | on
        self.ended = self.ended | (token == events.EOS)
        self.previous = token

    def keep(self, rows: Tensor) -> None:
        """Forget all sequences but those of a mask, bool, shape (b,)."""
        for name in self._ROWS:
            setattr(self, name, getattr(self, name)[rows])


def _noise(seeds: Sequence[int], device: torch.device) -> Tensor:
    """Gumbel noise, (b, 200, 342): a row depends on its own seed only, not on its neighbours."""
    rows = {}
    for seed in set(seeds):
        generator = torch.Generator().manual_seed(seed)
        uniform = torch.rand(MAX_LENGTH, events.VOCABULARY, generator=generator)
        rows[seed] = -(-uniform.clamp(1e-9, 1 - 1e-7).log()).log()
    return torch.stack([rows[seed] for seed in seeds]).to(device)


@torch.inference_mode()
def generate(
    decoder: EventDecoder,
    condition: Tensor,
    *,
    seeds: Sequence[int] | None = None,
    temperature: float = 1.0,
    max_length: int = MAX_LENGTH,
) -> Tensor:
    """Tokens for each row of a condition, decoded together.

    Parameters
    ----------
    decoder : EventDecoder
    condition : float tensor, shape (b, codes + 24)
    seeds : sequence of b int, optional
        Sample each row with its seed; without, take the likeliest token (greedy).
    temperature : float
        Of the sampling, above 0.
    max_length : int
        At most 200 tokens, EOS included.

    Returns
    -------
    int64 tensor, shape (b, t)
        EOS and then PAD end every row that found its end in time.

    Raises
    ------
    ValueError
        If `temperature` or `max_length` is out of range, or `seeds` are not one a row.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, not {temperature}")
    if not 1 <= max_length <= MAX_LENGTH:
        raise ValueError(f"max_length {max_length} is outside 1 to {MAX_LENGTH}")
    if seeds is not None and len(seeds) != len(condition):
        raise ValueError(f"{len(seeds)} seeds for {len(condition)} rows")
    noise = None if seeds is None else _noise(seeds, condition.device)
    grammar = Grammar(len(condition), condition.device)
    state = decoder.start(condition)
    token = torch.full((len(condition), 1), events.PAD, device=condition.device)
    chosen = token.repeat(1, max_length)
    rows = torch.arange(len(condition), device=condition.device)  # those still being told
    for step in range(max_length):
        logits, state = decoder(token, condition, state)
        scores = logits[:, 0].float() / temperature
        if noise is not None:
            scores = scores + noise[:, step]
        token = grammar.masked(scores).argmax(1, keepdim=True)
        grammar.take(token[:, 0])
        chosen[rows, step] = token[:, 0]
        told = ~grammar.ended[:, 0]
        left = int(told.sum())
        if not left:
            break
        if left <= FEW * len(rows):  # most have ended: tell only the others on
            grammar.keep(told)
            rows, token, condition, state = rows[told], token[told], condition[told], state[:, told]
            noise = None if noise is None else noise[told]
    return chosen[:, : step + 1]
