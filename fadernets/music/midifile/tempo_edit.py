"""Another tempo in a MIDI file, and everything else where it was."""

from __future__ import annotations

import numpy as np

from fadernets.music.midifile.edit import joined
from fadernets.music.midifile.events import MidiFile
from fadernets.music.midifile.maps import tempo_of
from fadernets.music.midifile.track_edit import TrackEdit
from fadernets.music.midifile.tracks import META, TEMPO, as_quantity

SIZE = 3  # bytes of a tempo


def with_tempo(file: MidiFile, tempo: np.ndarray) -> bytes:
    """The bytes of a file that is played at another tempo.

    Marks of the old tempo that hold no more are left out, and those of the new one put in, where
    the file had its first one or else in its first track. All other events keep their bytes.

    Parameters
    ----------
    file : MidiFile
    tempo : float array, shape (t, 2)
        Rows (beat, quarter notes per minute), the first at beat 0.
    """
    new_marks = {
        round(float(beat) * file.division): round(6e7 / float(qpm)) for beat, qpm in tempo.tolist()
    }
    edits = [TrackEdit() for _ in file.tracks]
    first: int | None = None
    to_put = dict(new_marks)
    for number, track in enumerate(file.tracks):
        for event, content in file.metas(track, TEMPO):
            if tempo_of(content) is None:
                continue  # says nothing
            first = number if first is None else first
            tick = int(track.tick[event])
            if new_marks.get(tick) == int.from_bytes(content[:SIZE], "big"):
                to_put.pop(tick, None)
            else:
                edits[number].removed.add(event)
    for tick, microseconds in to_put.items():
        mark = bytes([META, TEMPO]) + as_quantity(SIZE) + microseconds.to_bytes(SIZE, "big")
        edits[first or 0].strikes.append((tick, mark))
    return joined(file, edits) if any(edits) else file.data
