"""The sound of a selection as the page gets it: small, and only what is about to be heard.

A short selection's sound comes whole, with its notes; original and result are brought to one gain
by the peak of the louder one. A long selection's comes in chunks (`fadernets.playback.chunks`), one
for each time it is asked for; there the peak is not known before everything is rendered, so the
gain is estimated from the notes. It is the same for every chunk, and what goes beyond full scale is
bent.

Either way the original is sent once, at a gain of its own, and played at ``volume`` beside a louder
result. What that depends on, ``peak`` or ``gain``, the page keeps and sends along, so that nothing
depends on which process answers; without it, it is worked out again, to the same number.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from scipy.signal import resample_poly

from demo.editing.piece_session import EditRequest, PieceSession, excerpt, flag, number, whole
from fadernets.music.piece import Piece
from fadernets.playback import audio, chunks

if TYPE_CHECKING:
    from fadernets.net import FaderNet

LATER = 24.0  # seconds of sound from which it comes in chunks, after the notes
PREVIEW = 240.0  # seconds of sound from which the page gets one channel at half the rate
LEAST_GAIN = 1e-3  # a sound a thousand times too loud: nothing has ever needed less
MOST_PEAK = 1 / LEAST_GAIN


def is_long(selection: Piece) -> bool:
    """Whether a selection's sound comes in chunks."""
    return selection.duration + audio.TAIL > LATER


def message(
    study: PieceSession,
    ask: EditRequest,
    original: Piece,
    result: Piece,
    *,
    wanted: bool = True,
    vorbis: bool = False,
    peak: float | None = None,
) -> dict:
    """Sound of the original, if wanted, and of the result, if it is another.

    Both are at one gain once the page has played the original at `volume`.

    Parameters
    ----------
    original, result : Piece
        The selection.
    wanted : bool
        Whether the page lacks the original.
    vorbis : bool
        Whether the page can decode Vorbis.
    peak : float, optional
        The original's, as an earlier message gave it.

    Returns
    -------
    dict
        ``made``; ``starts``, seconds at which its chunks begin, here one; ``same``, whether the
        result is the original; ``volume``, 0 to 1; ``peak``, the original's largest sample before
        any gain; ``original`` and ``result``, each None or ``data`` in base64, ``rate`` in Hz and
        ``channels``.

    Raises
    ------
    AudioError
        If there is nothing to be heard.
    """
    answer = {"made": True, "starts": [0.0], "same": result is original, "volume": 1.0}
    answer |= {"original": None, "result": None}
    if peak is None and study.peak is not None and study.peak[0] == ask.span:
        peak = study.peak[1]
    if wanted or peak is None:
        before = audio.render(original)
        peak = before.peak / before.gain
        study.peak = ask.span, peak
        answer["original"] = _coded(before, original, vorbis) if wanted else None
    if result is not original:
        before, after = audio.pair(_loudest(peak), result)
        answer["volume"] = before.gain / audio.normalising(peak)
        answer["result"] = _coded(after, original, vorbis)
    return answer | {"peak": peak}


def promise(original: Piece, result: Piece) -> dict:
    """What the page needs to know of a long selection before it asks for its chunks.

    Returns
    -------
    dict
        ``made``, False; ``later``, True; ``starts``, ``same`` and ``volume`` as `message` has
        them; ``gain`` of the result's chunks, to be sent along when one is asked for.

    Raises
    ------
    AudioError
        If there is nothing to be heard.
    """
    gain = chunks.gain_of(original, result)
    return {
        "made": False,
        "later": True,
        "starts": chunks.borders(original.duration)[:-1],
        "same": result is original,
        "volume": min(1.0, gain / _own_gain(original)),
        "gain": gain,
        "original": None,
        "result": None,
    }


def _own_gain(original: Piece) -> float:
    """The gain of an original's chunks; without notes any gain gives silence."""
    return chunks.gain_of(original) if len(original.notes) else audio.LOUDEST_GAIN


def chunk(net: FaderNet, study: PieceSession, ask: EditRequest, values: Mapping) -> dict:
    """One chunk of the selection's sound.

    Of a long selection it costs as much as the chunk is long, however long the selection is.

    Parameters
    ----------
    values : mapping
        ``chunk``, from 0, by default the first; ``original``, ``vorbis`` and ``peak`` as for
        `message`; ``gain`` as `promise` gave it.

    Returns
    -------
    dict
        ``chunk``, ``chunks``, their number, ``start`` and ``length`` in seconds, and ``sound`` as
        `message` has it, without what `promise` told already.

    Raises
    ------
    ValueError
        If a value is outside its range.
    AudioError
        If there is nothing to be heard.
    """
    begin, end = study.ends(ask.span)
    original = excerpt(study.piece, begin, end)
    edges = chunks.borders(original.duration) if is_long(original) else [0.0, original.duration]
    which = whole(values, "chunk", 0, len(edges) - 2) or 0
    page = wishes(values)
    gain = number(values, "gain", LEAST_GAIN, audio.LOUDEST_GAIN)
    if is_long(original):
        made = _part(net, study, ask, original, which, gain, page["wanted"], page["vorbis"])
    else:
        changed = study.result(net, ask)
        result = original if changed is study.piece else excerpt(changed, begin, end)
        made = message(study, ask, original, result, **page)
    length = edges[which + 1] - edges[which]
    told = {"chunk": which, "chunks": len(edges) - 1, "start": edges[which]}
    return {**told, "length": round(length, 3), "sound": made}


def _part(
    net: FaderNet,
    study: PieceSession,
    ask: EditRequest,
    original: Piece,
    which: int,
    gain: float | None,
    wanted: bool,
    vorbis: bool,
) -> dict:
    answer = {"made": True, "original": None, "result": None}
    if wanted:
        before = chunks.render(original, which, _own_gain(original))
        answer["original"] = _coded(before, original, vorbis)
    if study.leaves(ask):
        return answer
    begin, end = study.ends(ask.span)
    if gain is None:
        gain = chunks.gain_of(original, excerpt(study.result(net, ask), begin, end))
    edges = chunks.borders(original.duration)
    near = np.array(chunks.reach(edges, which)) + study.piece.seconds(begin)
    result = excerpt(study.nearby(net, ask, *study.piece.beats(near)), begin, end)
    answer["result"] = _coded(chunks.render(result, which, gain), original, vorbis)
    return answer


def wishes(values: Mapping) -> dict:
    """What the page asks of `message`; raises ValueError if a value is outside its range."""
    return {
        "wanted": flag(values, "original"),
        "vorbis": flag(values, "vorbis"),
        "peak": number(values, "peak", audio.SILENCE, MOST_PEAK),
    }


def _loudest(peak: float) -> audio.Sound:
    """One sample as loud as a sound's loudest: all that a comparison's gain depends on."""
    return audio.Sound(np.full((1, 2), peak, np.float32), audio.RATE)


def _coded(sound: audio.Sound, selection: Piece, vorbis: bool) -> dict:
    """What is short as FLAC, coded in no time; else Vorbis, a tenth of the size, if it may be."""
    samples, rate = sound.samples, sound.rate
    if selection.duration + audio.TAIL > PREVIEW:
        samples = resample_poly(samples.mean(1), 1, 2).astype(np.float32)
        rate //= 2
    coding = ("OGG", "VORBIS") if vorbis and is_long(selection) else ("FLAC", "PCM_16")
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, samples.ndim, coding[1], format=coding[0]) as coder:
        for start in range(0, len(samples), rate):  # libsndfile crashes on much Vorbis at once
            coder.write(samples[start : start + rate])
    return {
        "data": base64.b64encode(file.getvalue()).decode("ascii"),
        "rate": rate,
        "channels": samples.ndim,
    }


def write_wav(
    path: Path, study: PieceSession, ask: EditRequest, result: Piece, whole: bool
) -> None:
    """Write the result as a WAV file: the selection, as loud as on the page, or the whole piece.

    What is long is rendered as the page hears it, chunk by chunk: only a chunk is in memory.

    Raises
    ------
    AudioError
        If there is nothing to be heard.
    """
    begin, end = (0.0, study.piece.length) if whole else study.ends(ask.span)
    after = excerpt(result, begin, end)
    before = after if whole else excerpt(study.piece, begin, end)
    if is_long(after):
        gain = chunks.gain_of(before, after)
        with soundfile.SoundFile(path, "w", audio.RATE, 2, "PCM_16", format="WAV") as coder:
            for samples in chunks.joined(after, gain):
                study.progress(coder.frames, round(after.duration * audio.RATE))
                coder.write(samples)
        return
    if whole:
        path.write_bytes(audio.wav_bytes(audio.render(after)))
        return
    if study.peak is None or study.peak[0] != ask.span:
        rendered = audio.render(before)
        study.peak = ask.span, rendered.peak / rendered.gain
    path.write_bytes(audio.wav_bytes(audio.pair(_loudest(study.peak[1]), after)[1]))
