"""Labels by sound, by keys and as the authors' code has them."""

from dataclasses import replace

import numpy as np
import pretty_midi
import pytest

from fadernets.music import attributes, events, midi
from fadernets.music.attributes import HOLD, ONSET, REST
from fadernets.music.notes import Notes, concatenate
from fadernets.music.segment_limits import FEW_PITCHES, MOSTLY_SILENT, NO_NOTES, TOO_LONG
from fadernets.music.segments import segments
from tests.fadernets.tiny import bars, piece
from tests.train.conftest import command
from train import prepare
from train.data import definitions, packed
from train.data.dataset import Segments
from train.data.definitions import AUTHORS, DEFINITIONS, KEYS, SOUND, labelled, labels_of, roll

# A chord held through four beats, and in each beat a note and the same struck again.
PART = Notes.of(
    [0, 0, 1, 2, 2.5, 3], [4, 1, 2, 2.5, 3, 4], [40, 60, 62, 64, 64, 67], [50, 64, 64, 64, 64, 64]
)


def test_a_note_begins_on_the_nearest_step_and_ends_with_the_last_it_fills():
    times = [(0.13, 0.75), (0.12, 0.76), (1.0, 1.49), (2.15, 2.24), (-0.5, 0.6)]
    for time, steps in zip(times, ([1, 2], [0, 1, 2], [4], [], [0, 1]), strict=True):
        note = Notes(*(np.array([v]) for v in (*time, 60, 70)))
        velocities = roll(note)
        assert velocities.shape == (16, 88)
        assert np.flatnonzero(velocities[:, 39]).tolist() == steps, time
        assert set(velocities.ravel().tolist()) <= {0, 70}
        assert not np.delete(velocities, 39, axis=1).any()


def test_an_onset_is_a_pitch_that_the_step_before_lacks():
    notes = Notes.of([0, 0.5, 1, 1.25, 2], [0.5, 1, 1.5, 1.5, 3], [60, 60, 60, 64, 65], [64] * 5)
    labels = labels_of(roll(notes))
    expected = [ONSET, *[HOLD] * 4, ONSET, REST, REST, ONSET, *[HOLD] * 3, *[REST] * 4]
    assert labels["rhythm"].tolist() == expected
    assert labels["note"].tolist() == [1, 1, 1, 1, 1, 2, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]


def test_each_definition_has_its_tokens_and_labels():
    music = piece([PART] * 2, pedal=np.array([[0.5, 4.0]]))
    (own, *_), heard = segments(music, "beats"), segments(music, "beats")[0].sounding
    by_name = {name: labelled(music, name)[0] for name in DEFINITIONS}
    for name, notes in ((SOUND, heard), (KEYS, own.notes), (AUTHORS, heard)):
        assert events.encode(by_name[name].notes).tolist() == events.encode(notes).tolist()
    assert by_name[SOUND].labels["note"].tolist() == attributes.note_label(heard).tolist()
    assert by_name[KEYS].labels["note"].tolist() == attributes.note_label(own.notes).tolist()
    assert by_name[AUTHORS].labels["note"].tolist() == [2] * 16
    struck_again = 10  # the key 64 at 2.5 beats
    assert by_name[AUTHORS].labels["rhythm"][struck_again] == HOLD
    assert by_name[KEYS].labels["rhythm"][struck_again] == ONSET
    assert not any(part.problem for part in by_name.values())


def authors_problem(*parts: Notes) -> str | None:
    """Why the second segment of a piece of these is left out."""
    return labelled(piece(list(parts)), AUTHORS)[1].problem


def test_the_authors_choose_other_segments():
    over = Notes.of([0, 3], [1, 4.5], [60, 45], [64, 64])  # its last note rings into the next
    held = concatenate([over, PART[PART.onset > 0].shifted(4)])
    music = replace(piece([PART, PART]), notes=held)
    by_authors, by_keys = (labelled(music, name)[1] for name in (AUTHORS, KEYS))
    assert by_authors.problem is None and by_keys.problem is not None
    assert by_authors.labels["rhythm"][0] == ONSET and by_keys.labels["rhythm"][0] == REST


def test_the_authors_leave_segments_out_by_rule():
    dense = [(s / 8, s / 8 + 0.4, 40 + s + 9 * v, 64) for s in range(32) for v in range(3)]
    silent = Notes.of([0, 1, 1.5], [1, 1.5, 2.5], [60, 62, 64], [64] * 3)
    below = replace(PART, velocity=np.where(PART.pitch == 40, 100, 20))  # one pitch is the loudest
    late = PART[PART.onset > 0]
    for problem, part in (
        (None, PART),
        (NO_NOTES, Notes.empty()),
        (definitions.NO_FIRST_SOUND, late),
        (MOSTLY_SILENT, silent),
        (FEW_PITCHES, below),
        (TOO_LONG, Notes.of(*zip(*dense, strict=True))),
    ):
        assert authors_problem(PART, part) == problem


def test_the_authors_label_the_first_track(tmp_path):
    song = pretty_midi.PrettyMIDI(initial_tempo=120)
    for pitches in ((72, 74, 76, 77), (40, 43, 47, 48)):
        hand = pretty_midi.Instrument(0)
        for beat, pitch in enumerate(pitches):
            hand.notes.append(pretty_midi.Note(64, pitch, beat / 2, beat / 2 + 0.5))
        song.instruments.append(hand)
    song.write(str(tmp_path / "hands.mid"))
    music = midi.read(tmp_path / "hands.mid")
    assert len(music.notes) == 8
    by_authors, by_keys = (labelled(music, name)[0] for name in (AUTHORS, KEYS))
    assert by_authors.labels["note"].tolist() == [1] * 16
    assert by_keys.labels["note"].tolist() == [2] * 16
    assert len(by_authors.notes) == 8  # its tokens hold both hands


def test_what_is_played_is_measured_as_the_labels():
    again = Notes.of([0, 1], [1, 2], [60, 60], [64, 64])
    assert definitions.measure(again, definition=AUTHORS) == {"rhythm": 1 / 16, "note": 0.5}
    assert definitions.measure(again, ["rhythm"], KEYS) == {"rhythm": 2 / 16}
    for notes in bars(5):
        assert definitions.measure(notes) == attributes.measure(notes)
        by_authors = definitions.measure(notes, ["note"], AUTHORS)
        assert by_authors == {"note": labels_of(roll(notes))["note"].mean()}


@pytest.fixture(scope="module")
def files(corpus, tmp_path_factory):
    """The corpus prepared by every definition."""
    folder = tmp_path_factory.mktemp("definitions")
    paths = {name: folder / f"{name}.npz" for name in DEFINITIONS}
    for name, path in paths.items():
        options = ("--piano", corpus.piano, "--vgmidi", corpus.vgmidi, "--definition", name)
        arguments = command(*options, "--out", path, "--summary", path.with_suffix(".json"))
        assert prepare.main(arguments[3:]) == 0
    return paths


def test_a_file_knows_its_definition(files, data):
    assert data.definition == SOUND
    for name, path in files.items():
        loaded = Segments.load(path)
        assert loaded.definition == name
        notes = events.decode(loaded.tokens[0].numpy())
        assert loaded.measure(notes) == definitions.measure(notes, definition=name)
    by_sound, by_authors = (Segments.load(files[name]) for name in (SOUND, AUTHORS))
    assert not np.array_equal(by_sound.labels["rhythm"], by_authors.labels["rhythm"])


def test_packing_keeps_the_definition(files, tmp_path):
    packed.pack([files[AUTHORS]], tmp_path / "packed")
    assert Segments.load(tmp_path / "packed").definition == AUTHORS
    with np.load(files[SOUND]) as stored:
        arrays = dict(stored)
    arrays["piece_name"] = np.char.add("other/", arrays["piece_name"])
    prepare.save(arrays, tmp_path / "other.npz")
    with pytest.raises(ValueError, match="has labels by sound, .* by authors"):
        packed.pack([files[AUTHORS], tmp_path / "other.npz"], tmp_path / "both")
