"""The sound of a selection as the page gets it: small, and the original only when it is new."""

from __future__ import annotations

import base64
import io

import numpy as np
import soundfile
from scipy.signal import resample_poly

from demo.study import Ask, Study, excerpt
from fadernets import audio
from fadernets.piece import Piece

LATER = 24.0  # seconds of sound that follows the notes instead of coming with them
PREVIEW = 240.0  # seconds of sound from which the page gets one channel at half the rate


def message(
    study: Study,
    ask: Ask,
    original: Piece,
    result: Piece,
    *,
    wanted: bool = True,
    vorbis: bool = False,
) -> dict:
    """Sound of the original, if wanted, and of the result, if it is another.

    Both are at one gain once the page has played the original at `volume`. What is short comes as
    FLAC, coded in no time; what is long as Vorbis, a tenth of the size, if the browser knows it.

    Parameters
    ----------
    original, result : Piece
        The selection.
    wanted : bool
        Whether the page lacks the original.
    vorbis : bool
        Whether the page can decode Vorbis.

    Returns
    -------
    dict
        ``made``; ``volume``, 0 to 1; ``original`` and ``result``, each None or ``data`` in
        base64, ``rate`` in Hz and ``channels``.

    Raises
    ------
    AudioError
        If there is nothing to be heard.
    """
    answer = {"made": True, "volume": 1.0, "original": None, "result": None}
    if wanted or study.peak is None or study.peak[0] != ask.span:
        before = audio.render(original)
        study.peak = ask.span, _peak(before)
        answer["original"] = _coded(before, vorbis) if wanted else None
    if result is not original:
        before, after = audio.pair(study.peak[1], result)
        answer |= {"volume": before.gain / study.peak[1].gain, "result": _coded(after, vorbis)}
    return answer


def _peak(sound: audio.Sound) -> audio.Sound:
    """One sample as loud as a sound's loudest: all that a comparison's gain depends on."""
    return audio.Sound(np.full((1, 2), sound.peak, np.float32), sound.rate, sound.gain)


def _coded(sound: audio.Sound, vorbis: bool) -> dict:
    samples, rate = sound.samples, sound.rate
    if sound.seconds > PREVIEW:
        samples = resample_poly(samples.mean(1), 1, 2).astype(np.float32)
        rate //= 2
    coding = ("FLAC", "PCM_16")
    if vorbis and sound.seconds > LATER:
        coding = ("OGG", "VORBIS")
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate, samples.ndim, coding[1], format=coding[0]) as coder:
        for start in range(
            0, len(samples), rate
        ):  # libsndfile crashes on minutes of Vorbis at once
            coder.write(samples[start : start + rate])
    return {
        "data": base64.b64encode(file.getvalue()).decode("ascii"),
        "rate": rate,
        "channels": samples.ndim,
    }


def wav(study: Study, ask: Ask, result: Piece, whole: bool) -> bytes:
    """A WAV file of the result: the selection, as loud as on the page, or the whole piece."""
    if whole:
        return audio.wav_bytes(audio.render(result))
    begin, end = study.ends(ask.span)
    after = excerpt(result, begin, end)
    if study.peak is None or study.peak[0] != ask.span:
        study.peak = ask.span, _peak(audio.render(excerpt(study.piece, begin, end)))
    return audio.wav_bytes(audio.pair(study.peak[1], after)[1])
