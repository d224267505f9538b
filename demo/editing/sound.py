"""The sound of a selection as the page gets it: small, and only what is about to be heard.

A short selection's sound comes whole, with its notes; original and result are brought to one gain
by the peak of the louder one. A long selection's comes in chunks (`fadernets.playback.chunks`), one
for each time it is asked for; there the peak is not known before everything is rendered, so the
gain is estimated from the notes. It is the same for every chunk, and what goes beyond full scale is
bent.

A result whose tempo is another has seconds of its own: they come as ``clock``, and it has as many
chunks as the original, each of about the same music.

Either way the original is sent once, at a gain of its own, and played at ``volume`` beside a louder
result. What that depends on, ``peak`` or ``gain``, the page keeps and sends along, so that nothing
depends on which process answers; without it, it is worked out again, to the same number.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.signal
import soundfile

from demo.editing.answers import Chunk, CodedSound, SoundMessage, SoundTime
from demo.editing.excerpts import excerpt
from demo.editing.piece_session import PieceSession, WorkProgress, ignore_progress
from demo.editing.requests import (
    HIGHEST_NUMBER,
    EditRequest,
    Values,
    flag,
    number,
    require_range,
    whole,
)
from fadernets.music.piece import Piece
from fadernets.playback import audio, chunks, clocks, sound_file

if TYPE_CHECKING:
    from fadernets.net import FaderNet

CHUNKED_FROM_SECONDS = 24.0  # so long a sound comes in chunks, after the notes
PREVIEW_FROM_SECONDS = 240.0  # of so long a sound the page gets one channel at half the rate
LEAST_GAIN = 1e-3  # a sound a thousand times too loud: no sound has ever needed less
HIGHEST_PEAK = 1 / LEAST_GAIN


@dataclass(frozen=True)
class SoundRequest:
    """What sound the page lacks and can play; what it knows of a sound from earlier answers.

    Attributes
    ----------
    original : bool
        Whether it lacks the original.
    vorbis : bool
        Whether it can decode Vorbis.
    peak : float or None
        The largest sample of a short selection's original, before any gain.
    chunk : int or None
        Which chunk of the selection's sound it asks for, from 0.
    gain : float or None
        Of the chunks of a long selection's result.
    """

    original: bool = False
    vorbis: bool = False
    peak: float | None = None
    chunk: int | None = None
    gain: float | None = None

    @classmethod
    def read(cls, values: Values) -> SoundRequest:
        """Raises ValueError if a value is outside its range."""
        return cls(
            flag(values, "original"),
            flag(values, "vorbis"),
            number(values, "peak", audio.SILENCE, HIGHEST_PEAK),
            whole(values, "chunk", 0, HIGHEST_NUMBER),
            number(values, "gain", LEAST_GAIN, audio.LOUDEST_GAIN),
        )


def is_long(selection: Piece) -> bool:
    """Whether a selection's sound comes in chunks."""
    return selection.duration + audio.TAIL > CHUNKED_FROM_SECONDS


def message(
    session: PieceSession,
    edit: EditRequest,
    original: Piece,
    result: Piece,
    request: SoundRequest,
) -> SoundMessage:
    """Sound of the original, if the page lacks it, and of the result, if it is another.

    Both are at one gain once the page has played the original at `volume`.

    Parameters
    ----------
    original, result : Piece
        The selection.

    Returns
    -------
    SoundMessage
        With ``starts``, ``same``, ``volume`` and ``peak``; of another tempo also ``clock``.

    Raises
    ------
    AudioError
        If there is nothing to be heard.
    """
    peak = request.peak
    if peak is None and session.peak is not None and session.peak[0] == edit.span:
        peak = session.peak[1]
    coded: CodedSound | None = None
    if request.original or peak is None:
        rendered = audio.render(original)
        peak = rendered.peak / rendered.gain
        session.peak = edit.span, peak
        coded = _coded(rendered, original, request.vorbis) if request.original else None
    answer: SoundMessage = {
        "made": True,
        "starts": [0.0],
        "same": result is original,
        "volume": 1.0,
        "peak": peak,
        "original": coded,
        "result": None,
    }
    if result is not original:
        before, after = audio.pair(_loudest(peak), result)
        answer["volume"] = before.gain / audio.normalising(peak)
        answer["result"] = _coded(after, original, request.vorbis)
        answer.update(_own_time(clocks.clock(original, result)))
    return answer


def promise(original: Piece, result: Piece) -> SoundMessage:
    """What the page needs to know of a long selection before it asks for its chunks.

    Returns
    -------
    SoundMessage
        Without sound; with ``later``, ``starts``, ``same``, ``volume`` and ``gain``, which the page
        sends along when it asks for a chunk. Where the tempo is another, also with ``clock`` and
        ``result_starts``.

    Raises
    ------
    AudioError
        If there is nothing to be heard.
    """
    gain = chunks.gain_of(original, result)
    edges = chunks.borders(original.duration)
    answer: SoundMessage = {
        "made": False,
        "later": True,
        "starts": edges[:-1],
        "same": result is original,
        "volume": min(1.0, gain / _own_gain(original)),
        "gain": gain,
        "original": None,
        "result": None,
    }
    answer.update(_own_time(clocks.clock(original, result), edges))
    return answer


def _own_time(clock: np.ndarray | None, edges: list[float] | None = None) -> SoundTime:
    """The clock of a result, and where its chunks begin if the original's have these edges."""
    if clock is None:
        return {}
    rows = clock.tolist()
    if edges is None:
        return {"clock": rows}
    return {"clock": rows, "result_starts": chunks.following(edges, clock)[:-1]}


def _own_gain(original: Piece) -> float:
    """The gain of an original's chunks; without notes any gain gives silence."""
    return chunks.gain_of(original) if len(original.notes) else audio.LOUDEST_GAIN


def chunk(net: FaderNet, session: PieceSession, edit: EditRequest, request: SoundRequest) -> Chunk:
    """One chunk of the selection's sound, by default the first.

    Of a long selection it costs as much as the chunk is long, however long the selection is.

    Returns
    -------
    Chunk
        Its sound without what `promise` said already.

    Raises
    ------
    ValueError
        If there is no such chunk.
    AudioError
        If there is nothing to be heard.
    """
    begin, end = session.ends(edit.span)
    original = excerpt(session.piece, begin, end)
    edges = chunks.borders(original.duration) if is_long(original) else [0.0, original.duration]
    index = request.chunk or 0
    require_range("chunk", index, 0, len(edges) - 2)
    if is_long(original):
        part = _part(net, session, edit, original, index, request)
    else:
        changed = session.result(net, edit)
        result = original if changed is session.piece else excerpt(changed, begin, end)
        part = message(session, edit, original, result, request)
    return {
        "chunk": index,
        "chunks": len(edges) - 1,
        "start": edges[index],
        "length": round(edges[index + 1] - edges[index], 3),
        "sound": part,
    }


def _part(
    net: FaderNet,
    session: PieceSession,
    edit: EditRequest,
    original: Piece,
    index: int,
    request: SoundRequest,
) -> SoundMessage:
    answer: SoundMessage = {"made": True, "original": None, "result": None}
    if request.original:
        before = chunks.render(original, index, _own_gain(original))
        answer["original"] = _coded(before, original, request.vorbis)
    if session.leaves(edit):
        return answer
    begin, end = session.ends(edit.span)
    gain = request.gain
    if gain is None:
        gain = chunks.gain_of(original, excerpt(session.result(net, edit), begin, end))
    edges = chunks.borders(original.duration)
    paced = session.expressed(net, edit, session.piece)  # has the tempo of the result
    clock = clocks.clock(original, excerpt(paced, begin, end))
    answer.update(_own_time(clock, edges))
    own_edges = edges if clock is None else chunks.following(edges, clock)
    near = np.array(chunks.reach(own_edges, index)) + paced.seconds(begin)
    result = excerpt(session.nearby(net, edit, *paced.beats(near)), begin, end)
    rendered = chunks.render(result, index, gain, edges=own_edges)
    answer["result"] = _coded(rendered, original, request.vorbis)
    return answer


def _loudest(peak: float) -> audio.Sound:
    """One sample as loud as a sound's loudest: all that a comparison's gain depends on."""
    return audio.Sound(np.full((1, 2), peak, np.float32), audio.RATE)


def _coded(sound: audio.Sound, selection: Piece, vorbis: bool) -> CodedSound:
    """What is short as FLAC, coded in no time; else Vorbis, a tenth of the size, if it may be."""
    samples, rate = sound.samples, sound.rate
    if selection.duration + audio.TAIL > PREVIEW_FROM_SECONDS:
        samples = scipy.signal.resample_poly(samples.mean(1), 1, 2).astype(np.float32)
        rate //= 2
    is_large = is_long(selection) or sound.seconds > CHUNKED_FROM_SECONDS  # at a slower tempo
    coding = ("OGG", "VORBIS") if vorbis and is_large else ("FLAC", "PCM_16")
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, samples.ndim, coding[1], format=coding[0]) as coder:
        sound_file.put(coder, samples)
    return {
        "data": base64.b64encode(file.getvalue()).decode("ascii"),
        "rate": rate,
        "channels": samples.ndim,
    }


def write(
    path: Path, kind: str, session: PieceSession, edit: EditRequest, result: Piece, is_whole: bool
) -> None:
    """Write the result as a sound file: the selection, as loud as on the page, or the whole piece.

    What is long is rendered as the page hears it, chunk by chunk: only a chunk is in memory.

    Parameters
    ----------
    kind : str
        One of `fadernets.playback.sound_file.KINDS`.

    Raises
    ------
    AudioError
        If there is nothing to be heard.
    """
    begin, end = (0.0, session.piece.length) if is_whole else session.ends(edit.span)
    after = excerpt(result, begin, end)
    before = after if is_whole else excerpt(session.piece, begin, end)
    if is_long(before):
        write_long(path, kind, after, chunks.gain_of(before, after), session.progress)
        return
    if is_whole:
        path.write_bytes(sound_file.coded(audio.render(after), kind))
        return
    if session.peak is None or session.peak[0] != edit.span:
        rendered = audio.render(before)
        session.peak = edit.span, rendered.peak / rendered.gain
    sound = audio.pair(_loudest(session.peak[1]), after)[1]
    path.write_bytes(sound_file.coded(sound, kind))


def write_long(
    path: Path, kind: str, piece: Piece, gain: float, progress: WorkProgress = ignore_progress
) -> None:
    """Write a piece's sound at a gain, chunk by chunk."""
    with sound_file.opened(path, kind, audio.RATE) as coder:
        for samples in chunks.joined(piece, gain):
            progress(coder.frames, round(piece.duration * audio.RATE))
            sound_file.put(coder, samples)
