"""MIDI files made of mido's messages."""

import io

import mido
import pytest

from fadernets.music.midi import MidiError, read


def file(*tracks, tpq=480, kind=1):
    """The bytes of a MIDI file of tracks of (tick, mido message)."""
    midi_file = mido.MidiFile(ticks_per_beat=tpq, type=kind)
    for events in tracks:
        track, previous_tick = mido.MidiTrack(), 0
        for tick, message in sorted(events, key=lambda event: event[0]):
            track.append(message.copy(time=tick - previous_tick))
            previous_tick = tick
        midi_file.tracks.append(track)
    buffer = io.BytesIO()
    midi_file.save(file=buffer)
    return buffer.getvalue()


def on(pitch, velocity=64, channel=0):
    return mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)


def off(pitch, channel=0):
    return mido.Message("note_off", note=pitch, channel=channel)


def pedal(value, channel=0):
    return mido.Message("control_change", control=64, value=value, channel=channel)


def tempo(microseconds):
    return mido.MetaMessage("set_tempo", tempo=microseconds)


ONE = file([(0, on(60)), (480, off(60))])  # a file of one note


def refused(source):
    """The sentence with which a file is refused."""
    with pytest.raises(MidiError) as caught:
        read(source)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence
